/** The reference manual of functions and ops, made from their rows: `recurve ops` and docs/ops.md. */
import { suggest } from '../dsl/suggest.ts'
import { functionTable } from './elaborate/functions.ts'
import type { MapRow, StructuralRow } from './ops/row.ts'
import { allRows } from './ops/table.ts'

export interface ManualEntry {
  readonly name: string
  /** `function`: of the language; `elementwise`: carried over shapes; other ops by their class. */
  readonly kind: string
  readonly signature: string
  readonly doc: string
  /** What each operand's adjoint gets, given `dy`, and the tangent of the result, in the cell language. */
  readonly adjoint?: Readonly<Record<string, string | null>>
  readonly tangent?: Readonly<Record<string, string | null>>
  /** Where random checks take the operands from, and where the derivative jumps. */
  readonly domain?: readonly [number, number]
  readonly ties?: readonly number[]
  readonly latex?: string
}

const functionEntries = (): readonly ManualEntry[] =>
  [...functionTable].map(([name, { params, least, doc }]) => {
    const list = params.length === 0 ? 'v, …' : params.map((p, i) => (i < least ? p : `${p}?`)).join(', ')
    return { name, kind: 'function', signature: `${name}(${list})`, doc }
  })

const each = <T>(row: MapRow, column: readonly T[]): Readonly<Record<string, T>> => Object.fromEntries(row.params.map((p, i) => [p, column[i]!]))

const mapEntry = (name: string, row: MapRow): ManualEntry => ({
  name,
  kind: 'elementwise',
  signature: `${name}(${row.params.join(', ')})${row.result === 'condition' ? ': condition' : ''}`,
  doc: row.doc,
  adjoint: each(row, row.adjoint),
  tangent: each(row, row.tangent),
  domain: row.domain,
  ties: row.ties,
  latex: row.latex(...row.params),
})

const structuralEntry = (name: string, row: StructuralRow): ManualEntry => ({ name, kind: row.class, signature: name, doc: row.doc })

/** Functions of the language first, then the ops of the graph, in the order of their tables. */
export const manual = (): readonly ManualEntry[] => [
  ...functionEntries(),
  ...[...allRows()].map(([name, row]) => (row.class === 'map' ? mapEntry(name, row) : structuralEntry(name, row))),
]

export interface ManualGroup {
  readonly title: string
  readonly entries: readonly ManualEntry[]
}

/** The chapters of the manual. */
export const manualGroups = (): Readonly<Record<'functions' | 'maps' | 'others', ManualGroup>> => {
  const all = manual()
  const group = (title: string, keep: (e: ManualEntry) => boolean): ManualGroup => ({ title, entries: all.filter(keep) })
  return {
    functions: group('Functions of the language', e => e.kind === 'function'),
    maps: group('Elementwise ops', e => e.kind === 'elementwise'),
    others: group('Ops with shapes of their own', e => e.kind !== 'function' && e.kind !== 'elementwise'),
  }
}

/** All entries of a name: a function and the op under it may share one. */
export const manualOf = (name: string): readonly ManualEntry[] => manual().filter(e => e.name === name)

export const suggestEntry = (name: string): string | undefined =>
  suggest(
    name,
    manual().map(e => e.name),
  )

const cell = (text: string): string => text.replaceAll('|', '\\|')
const rowText = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [rowText(head), rowText(head.map(() => '---')), ...rows.map(rowText)].join('\n')
const code = (text: string): string => `\`${text}\``
const formulas = (of: Readonly<Record<string, string | null>>): string =>
  Object.entries(of)
    .map(([p, f]) => `${p}: ${f === null ? 'none' : code(f)}`)
    .join('; ')

/** docs/ops.md */
export const manualPage = (): string => {
  const { functions, maps, others } = manualGroups()
  return `# Functions and ops

Made from the tables of the compiler by \`recurve ops --markdown\`.

## ${functions.title}

What may be left out has a question mark.

${table(
  ['function', 'what it gives'],
  functions.entries.map(e => [code(e.signature), e.doc]),
)}

## ${maps.title}

Ops of the graph that are carried over shapes and axes. \`y\` is the result, \`dy\` its cotangent; what an operand's adjoint gets, and
what the tangent \`da\` of an operand \`a\` adds to that of the result, are formulas of the cell language.

${table(
  ['op', 'what it is', 'adjoint', 'tangent', 'smooth within', 'ties at'],
  maps.entries.map(e => [code(e.signature), e.doc, formulas(e.adjoint!), formulas(e.tangent!), e.domain!.join(' to '), e.ties!.join(', ')]),
)}

## ${others.title}

The class says how targets see one; a \`defined\` op has an adjoint of its own, and is then written as simpler ops.

${table(
  ['op', 'class', 'what it is'],
  others.entries.map(e => [code(e.name), e.kind, e.doc]),
)}
`
}
