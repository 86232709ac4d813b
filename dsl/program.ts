/** A whole program: a file, what it imports, and what its names are. */
import { blockErrors, fnErrors } from './declarations.ts'
import { fewest, type Diagnostic } from './diagnostics.ts'
import { load, type Files, type Scope } from './imports.ts'
import { messages, report } from './messages.ts'
import { parse } from './parse.ts'
import type { Block, Fn, SourceFile } from './syntax.ts'

export type { Files, Scope } from './imports.ts'
export { axesOf, declared, expand, type Declared } from './declarations.ts'

export interface Program {
  /** Every file that was read, by path; those of the compiler itself begin with `std/`. */
  readonly files: ReadonlyMap<string, SourceFile>
  /** What the main file may use: its own blocks and functions, and the imported ones. */
  readonly blocks: ReadonlyMap<string, Block>
  readonly fns: ReadonlyMap<string, Fn>
  /** The names of the blocks that the main file defines, in order. */
  readonly own: readonly string[]
  readonly main: SourceFile
  /** What the equations of a block or function may use: that of the file in which it stands. */
  readonly scopeOf: (item: Block | Fn) => Scope
}

export interface ReadProgram {
  /** Missing when there is an error. */
  readonly program?: Program
  readonly diagnostics: readonly Diagnostic[]
}

const noBuiltins: ReadonlySet<string> = new Set()

export const readProgram = (path: string, text: string, files: Files = () => undefined, builtins: ReadonlySet<string> = noBuiltins): ReadProgram => {
  const parsed = parse(path, text)
  const main = parsed.file
  if (main === undefined) return { diagnostics: parsed.diagnostics }
  const loaded = load(main, files)
  const checks = [...loaded.files.values()].flatMap(f => fileErrors(f, f.path.startsWith('std/') && f !== main ? noBuiltins : builtins))
  const place = new Map([...loaded.files.keys()].map((file, i) => [file, i]))
  const all = [...parsed.diagnostics, ...loaded.diagnostics, ...checks]
  const order = (d: Diagnostic): number => place.get(d.span.file) ?? -1
  const diagnostics = fewest(all.sort((a, b) => order(a) - order(b) || a.span.start - b.span.start))
  if (diagnostics.some(d => d.severity === 'error')) return { diagnostics }
  const scopeOf = (item: Block | Fn): Scope => loaded.scopes.get(item.span.file) ?? { blocks: new Map(), fns: new Map() }
  const { blocks, fns } = loaded.scopes.get(main.path)!
  const own = main.items.flatMap(i => (i.kind === 'cell' || i.kind === 'model' ? [i.name.name] : []))
  return { program: { files: loaded.files, blocks, fns, own, main, scopeOf }, diagnostics }
}

const fileErrors = (file: SourceFile, builtins: ReadonlySet<string>): readonly Diagnostic[] =>
  file.items.flatMap(item => {
    if (item.kind === 'import') return item.names.filter(n => builtins.has(n.name)).map(n => report(n.span, messages.hidesFunction(n.name)))
    const hides = builtins.has(item.name.name) ? [report(item.name.span, messages.hidesFunction(item.name.name))] : []
    return [...hides, ...(item.kind === 'fn' ? fnErrors(item, builtins) : blockErrors(item, builtins))]
  })
