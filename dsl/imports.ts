/** Reads a file and all that it imports. */
import { enough, type Diagnostic } from './diagnostics.ts'
import { limits } from './limits.ts'
import { messages, report, type Message } from './messages.ts'
import { parse } from './parse.ts'
import { std } from './std.generated.ts'
import { suggest } from './suggest.ts'
import type { Block, Fn, Import, Name, SourceFile } from './syntax.ts'

/** What the equations of a file may call: its own blocks and functions, and those that it imports. */
export interface Scope {
  readonly blocks: ReadonlyMap<string, Block>
  readonly fns: ReadonlyMap<string, Fn>
}

/** The text of a file by its path; undefined where there is none, and the reason where it cannot be read. */
export type Files = (path: string) => string | { readonly unreadable: string } | undefined

interface Loaded {
  readonly files: ReadonlyMap<string, SourceFile>
  /** By path. */
  readonly scopes: ReadonlyMap<string, Scope>
  readonly diagnostics: readonly Diagnostic[]
}

/** The place of an imported file, from the path of the file that imports it. */
export const resolve = (importer: string, path: string): string => {
  const folder = importer.split(/[/\\]/).slice(0, -1)
  const parts: string[] = []
  for (const part of [...folder, ...path.split('/')]) {
    if (part === '.' || (part === '' && parts.length > 0)) continue
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..' && parts.at(-1) !== '') parts.pop()
    else parts.push(part)
  }
  return parts.join('/')
}

const stdPath = (file: string): string => `std/${file}`
/** The names that a file defines, read off its text: std files are parsed only when they are asked for. */
const definedIn = (text: string): readonly string[] => [...text.matchAll(/^(?:cell|model|fn)\s+(\w+)/gm)].map(m => m[1]!)

/** The cells that ship with the compiler, and their files. */
const stdCells = (): ReadonlyMap<string, string> => new Map(Object.keys(std).flatMap(file => definedIn(std[file]!).map(name => [name, file] as const)))
export const definedInStd = (): readonly string[] => [...stdCells().keys()]

const kindOf = (item: Block | Fn): string => (item.kind === 'fn' ? 'function' : item.kind)

export const load = (main: SourceFile, files: Files): Loaded => {
  const loaded = new Map<string, SourceFile>([[main.path, main]])
  const scopes = new Map<string, Scope>()
  const diagnostics: Diagnostic[] = []
  const broken = new Set<string>()
  let known: ReadonlyMap<string, string> | undefined
  const cellsOfStd = (): ReadonlyMap<string, string> => (known ??= stdCells())

  const read = (path: string, text: string): SourceFile | undefined => {
    const known = loaded.get(path)
    if (known !== undefined || broken.has(path)) return known
    const parsed = parse(path, text)
    diagnostics.push(...parsed.diagnostics)
    if (parsed.file === undefined) broken.add(path)
    else loaded.set(path, parsed.file)
    return parsed.file
  }

  /** Often the ending is left out. */
  const missing = (path: string, from: string): Message =>
    messages.fileMissing(path || from, !path.endsWith('.cell') && typeof files(`${path}.cell`) === 'string' ? `${from}.cell` : undefined)

  /** The file that should define `name`; undefined after an error. */
  const source = (i: Import, name: Name, importer: SourceFile): SourceFile | undefined => {
    const from = i.from.value
    if (from === 'std') {
      const file = cellsOfStd().get(name.name)
      if (file !== undefined) return read(stdPath(file), std[file]!)
      diagnostics.push(report(name.span, messages.nameMissing(name.name, from, suggest(name.name, definedInStd()))))
      return undefined
    }
    const path = resolve(importer.path, from)
    const text = loaded.get(path)?.text ?? files(path)
    if (typeof text !== 'string') {
      if (name === i.names[0])
        diagnostics.push(report(i.from.span, text === undefined ? missing(path, from) : messages.fileUnreadable(path || from, text.unreadable)))
      return undefined
    }
    const fresh = !broken.has(path)
    const file = read(path, text)
    if (file === undefined && fresh) diagnostics.push(report(i.from.span, messages.brokenImport(path)))
    return file
  }

  const visit = (file: SourceFile, trail: readonly string[]): void => {
    const blocks = new Map<string, Block>()
    const fns = new Map<string, Fn>()
    const first = new Map<string, Name>()
    const kinds = new Map<Name, string>()
    scopes.set(file.path, { blocks, fns })
    const define = (name: Name, item: Block | Fn, imported: boolean): void => {
      const before = first.get(name.name)
      if (before !== undefined) {
        const what = imported ? 'import' : kindOf(item)
        diagnostics.push(report(name.span, messages.duplicate(name.name, what, kinds.get(before) ?? what), [{ span: before.span, message: 'the first' }]))
        return
      }
      first.set(name.name, name)
      kinds.set(name, imported ? 'import' : kindOf(item))
      if (item.kind === 'fn') fns.set(name.name, item)
      else blocks.set(name.name, item)
    }
    // Imports first: where a name of the file's own is the same, that one is the second.
    for (const item of file.items) if (item.kind === 'import') importNames(item, file, trail, define)
    for (const item of file.items) if (item.kind !== 'import') define(item.name, item, false)
  }

  const importNames = (i: Import, importer: SourceFile, trail: readonly string[], define: (name: Name, item: Block | Fn, imported: boolean) => void): void => {
    const from = i.from.value
    if (from !== 'std' && !/^\.\.?\//.test(from)) {
      diagnostics.push(report(i.from.span, messages.importSource(from)))
      return
    }
    const cycle = from === 'std' ? -1 : trail.indexOf(resolve(importer.path, from))
    if (cycle >= 0) {
      diagnostics.push(report(i.from.span, messages.importCycle([...trail.slice(cycle), trail[cycle]!])))
      return
    }
    if (trail.length >= limits.nesting) {
      diagnostics.push(report(i.from.span, messages.importDepth()))
      return
    }
    for (const name of i.names) {
      if (enough(diagnostics)) return
      const file = source(i, name, importer)
      if (file === undefined) continue
      if (!scopes.has(file.path)) visit(file, [...trail, file.path])
      const own = file.items.filter(item => item.kind !== 'import')
      const item = own.find(o => o.name.name === name.name)
      if (item !== undefined) define(name, item, true)
      else {
        const candidate = suggest(
          name.name,
          own.map(o => o.name.name),
        )
        diagnostics.push(report(name.span, messages.nameMissing(name.name, from, candidate)))
      }
    }
  }

  visit(main, [resolve(main.path, `./${main.path.split(/[/\\]/).at(-1)!}`)])
  return { files: loaded, scopes, diagnostics }
}
