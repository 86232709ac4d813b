/** The one door of the runtime to Node's file system. Every error is a FileError that names the path and the reason. */

import { closeSync, fsyncSync, openSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { FileError } from './errors.ts'

const reason = (e: unknown): string => {
  const { code, message } = e as NodeJS.ErrnoException
  const text = code === undefined ? undefined : known.get(code)
  return text === undefined ? message : `${text} (${code})`
}

const known: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'no such file or directory'],
  ['EACCES', 'permission denied'],
  ['EPERM', 'operation not permitted'],
  ['EISDIR', 'it is a directory'],
  ['ENOTDIR', 'a part of the path is not a directory'],
  ['ENOSPC', 'no space left on the device'],
  ['EROFS', 'the file system is read-only'],
  ['ELOOP', 'too many symbolic links'],
  ['ENAMETOOLONG', 'the name is too long'],
  ['EMFILE', 'too many open files'],
])

/** The bytes of a file. */
export const readBytes = (path: string): Uint8Array => {
  try {
    return readFileSync(path)
  } catch (e) {
    throw new FileError(`cannot read ${path}: ${reason(e)}`, { cause: e })
  }
}

/** The text of a file, without a byte-order mark. The error for bytes that are not UTF-8 gives the first one's offset. */
export const readText = (path: string): string => {
  const bytes = readBytes(path)
  const decoder = new TextDecoder('utf-8', { fatal: true })
  try {
    return decoder.decode(bytes)
  } catch {
    const at = firstNotUtf8(bytes)
    throw new FileError(`${path} is not UTF-8: byte 0x${bytes[at]!.toString(16).padStart(2, '0')} at offset ${at}`)
  }
}

/** Where the first ill-formed sequence begins (Unicode 15, table 3-7); the length where there is none. */
const firstNotUtf8 = (bytes: Uint8Array): number => {
  let at = 0
  while (at < bytes.length) {
    const a = bytes[at]!
    const more = a < 0x80 ? 0 : a >= 0xc2 && a < 0xe0 ? 1 : a >= 0xe0 && a < 0xf0 ? 2 : a >= 0xf0 && a < 0xf5 ? 3 : -1
    if (more < 0) return at
    for (let k = 1; k <= more; k++) {
      const least = k > 1 ? 0x80 : a === 0xe0 ? 0xa0 : a === 0xf0 ? 0x90 : 0x80
      const most = k > 1 ? 0xbf : a === 0xed ? 0x9f : a === 0xf4 ? 0x8f : 0xbf
      const b = bytes[at + k]
      if (b === undefined || b < least || b > most) return at
    }
    at += more + 1
  }
  return at
}

/**
 * Writes a file as a whole or not at all: into a new file beside it, which then takes its place. A link is followed.
 * Where it fails, what stood at the path is as it was, and nothing is left behind.
 */
export const writeAtomic = (path: string, content: Uint8Array | string): void => {
  let temporary: string | undefined
  try {
    const target = follow(path)
    temporary = join(dirname(target), `.${basename(target).slice(0, 200)}.${process.pid}.tmp`)
    const file = openSync(temporary, 'w')
    try {
      writeFileSync(file, content)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(temporary, target)
  } catch (e) {
    if (temporary !== undefined) discard(temporary)
    throw new FileError(`cannot write ${path}: ${reason(e)}`, { cause: e })
  }
}

const discard = (path: string): void => {
  try {
    rmSync(path, { force: true })
  } catch {
    // What stopped the writing is told; that this failed as well adds nothing.
  }
}

const follow = (path: string): string => {
  try {
    return realpathSync(path)
  } catch (e) {
    if ((e as NodeJS.ErrnoException).code === 'ENOENT') return path
    throw e
  }
}
