/** Reads the case files: a title after `===`, a source, other files after `+++ path`, and after `---` what is expected. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { readProgram } from '../../dsl/program.ts'
import { place } from '../../dsl/text.ts'

export interface Case {
  readonly title: string
  readonly source: string
  readonly files: ReadonlyMap<string, string>
  readonly expected: readonly string[]
}

const folder = new URL('./cases/', import.meta.url)
const builtins: ReadonlySet<string> = new Set(['tanh', 'norm', 'split', 'sum'])

export const caseFiles = (): readonly string[] => readdirSync(folder).filter(f => f.endsWith('.txt')).sort()

/** `\u{1b}`, `\r` and `\n` stand for characters that an editor would hide or change. */
const unescape = (text: string): string =>
  text
    .replace(/(?<!\\)\\u\{([0-9A-Fa-f]+)\}/g, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)))
    .replace(/(?<!\\)\\r/g, '\r')
    .replace(/(?<!\\)\\n/g, '\n')
    .replaceAll('\\\\', '\\')

export const readCases = (name: string): readonly Case[] =>
  readFileSync(new URL(name, folder), 'utf8')
    .split(/^=== /m)
    .slice(1)
    .map(text => {
      const [above, below = ''] = text.split(/^---\n/m)
      const [first = '', ...others] = above!.split(/^\+\+\+ /m)
      const title = first.slice(0, first.indexOf('\n'))
      const body = (s: string): string => unescape(s.slice(s.indexOf('\n') + 1).replace(/\n$/, ''))
      const files = new Map(others.map(o => [o.slice(0, o.indexOf('\n')), body(o)]))
      return { title, source: body(first), files, expected: below.split('\n').filter(l => l.trim() !== '') }
    })

/** What the compiler says, one line each: code, place, message, hint. */
export const answer = ({ source, files }: Case): readonly string[] => {
  const { program, diagnostics } = readProgram('main.cell', source, p => files.get(p), builtins)
  if ((program === undefined) !== diagnostics.some(d => d.severity === 'error')) throw new Error('a program or an error')
  return diagnostics.map(d => {
    const { line, column } = place(d.span.file === 'main.cell' ? source : (files.get(d.span.file) ?? ''), d.span.start)
    const file = d.span.file === 'main.cell' ? '' : `${d.span.file}:`
    return `${d.code} ${file}${line}:${column} ${d.message}${d.hint === undefined ? '' : ` (${d.hint})`}`
  })
}

/** Writes the answers of today into a case file, to be read before they are kept. */
export const accept = (name: string): void => {
  const text = readFileSync(new URL(name, folder), 'utf8')
  const cases = readCases(name)
  const updated = text
    .split(/^(?==== )/m)
    .map((part, i) => `${part.split(/^---\n/m)[0]!}---\n${answer(cases[i]!).map(l => `${l}\n`).join('')}`)
    .join('')
  writeFileSync(new URL(name, folder), updated)
}
