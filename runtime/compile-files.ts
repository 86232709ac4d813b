/** Sources that lie in files: for programs that run in Node, where the compiler itself takes texts only. */
import { compile, type CompileOptions, type Compiled } from '../compiler/compile.ts'
import type { GeneratedModule } from '../compiler/signature.ts'
import { Refused } from '../dsl/diagnostics.ts'
import { report } from '../dsl/messages.ts'
import type { Files } from '../dsl/program.ts'
import { std } from '../dsl/std.generated.ts'
import { decode } from '../dsl/text.ts'
import { FileError } from './errors.ts'
import { readBytes } from './files.ts'
import { load } from './load.ts'

export interface Source {
  readonly path: string
  readonly text: string
  /** Imported files, by their paths as the compiler gives them. */
  readonly files: Files
  /** The text of any file that a diagnostic may name. */
  readonly texts: (file: string) => string | undefined
}

/** Texts that were read, by path. Whoever keeps it can show code frames even where reading stopped with an error. */
export type Texts = Map<string, string>

const notUtf8 = (path: string, offset: number, byte: number, at: number): Refused => {
  const hex = byte.toString(16).padStart(2, '0')
  const message = `the byte 0x${hex} at offset ${at} is not UTF-8`
  return new Refused([report({ file: path, start: offset, end: offset + 1 }, { code: 'E0100', message, hint: 'save the file as UTF-8' })])
}

/** The text of bytes. Throws a Refused with the place of the first byte that is not UTF-8. */
export const textOf = (path: string, bytes: Uint8Array, texts: Texts = new Map()): string => {
  const decoded = decode(bytes)
  if ('text' in decoded) {
    texts.set(path, decoded.text)
    return decoded.text
  }
  // The decoder stops behind a character that is cut short: it begins at most three bytes earlier.
  for (let at = decoded.badByte; ; at--) {
    const before = decode(bytes.subarray(0, at))
    if (!('text' in before)) continue
    texts.set(path, before.text)
    throw notUtf8(path, before.text.length, bytes[at]!, at)
  }
}

export const textIn =
  (texts: Texts) =>
  (file: string): string | undefined =>
    texts.get(file) ?? (file.startsWith('std/') ? std[file.slice('std/'.length)] : undefined)

/** That an imported file is missing, or cannot be read, is told at the place of the import. */
const bytesOrWhy = (path: string): Uint8Array | { readonly unreadable: string } | undefined => {
  try {
    return readBytes(path)
  } catch (e) {
    if (!(e instanceof FileError)) throw e
    const { code } = e.cause as { code?: string }
    return code === 'ENOENT' || code === 'ENOTDIR' ? undefined : { unreadable: e.message.replace(`cannot read ${path}: `, '') }
  }
}

/**
 * A source and what it imports. `bytes` stand for the file itself, such as those of standard input. Throws a FileError
 * for a file that cannot be read, and a Refused for one that is not UTF-8.
 */
export const openSource = (path: string, bytes: Uint8Array = readBytes(path), texts: Texts = new Map()): Source => {
  const text = textOf(path, bytes, texts)
  const files: Files = wanted => {
    const known = texts.get(wanted)
    if (known !== undefined) return known
    const found = bytesOrWhy(wanted)
    return found instanceof Uint8Array ? textOf(wanted, found, texts) : found
  }
  return { path, text, files, texts: textIn(texts) }
}

/** Compiles a file. Throws as `openSource` does. */
export const compileFile = (path: string, options: CompileOptions = {}): Compiled => {
  const { text, files } = openSource(path)
  return compile(text, { ...options, path, files })
}

/** Compiles a file and loads what comes out. Throws a Refused with the diagnostics where the source is wrong. */
export const loadFile = (path: string, options: CompileOptions = {}): Promise<GeneratedModule> => {
  const { text, files } = openSource(path)
  return load(text, { ...options, path, files })
}
