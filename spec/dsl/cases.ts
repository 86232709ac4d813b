/** Reads the case files: a title after `===`, a source, other files after `+++ path`, and after `---` what is expected. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import assert from 'node:assert/strict'
import type { Diagnostic } from '../../dsl/diagnostics.ts'
import { place } from '../../dsl/text.ts'

export interface Case {
  readonly title: string
  readonly source: string
  readonly files: ReadonlyMap<string, string>
  readonly expected: readonly string[]
}

/** What a stage says of a source, named `main.cell`, and the files that it imports. */
export type Diagnose = (source: string, files: (path: string) => string | undefined) => readonly Diagnostic[]

/** `\u{1b}`, `\r` and `\n` stand for characters that an editor would hide or change. */
const unescape = (text: string): string =>
  text
    .replace(/(?<!\\)\\u\{([0-9A-Fa-f]+)\}/g, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)))
    .replace(/(?<!\\)\\r/g, '\r')
    .replace(/(?<!\\)\\n/g, '\n')
    .replaceAll('\\\\', '\\')

const readCases = (file: URL): readonly Case[] =>
  readFileSync(file, 'utf8')
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
const answer = ({ source, files }: Case, diagnose: Diagnose): readonly string[] =>
  diagnose(source, p => files.get(p)).map(d => {
    const { line, column } = place(d.span.file === 'main.cell' ? source : (files.get(d.span.file) ?? ''), d.span.start)
    const file = d.span.file === 'main.cell' ? '' : `${d.span.file}:`
    return `${d.code} ${file}${line}:${column} ${d.message}${d.hint === undefined ? '' : ` (${d.hint})`}`
  })

/** Writes the answers of today into a case file, to be read before they are kept. */
const accept = (file: URL, diagnose: Diagnose): void => {
  const cases = readCases(file)
  const updated = readFileSync(file, 'utf8')
    .split(/^(?==== )/m)
    .map(
      (part, i) =>
        `${part.split(/^---\n/m)[0]!}---\n${answer(cases[i]!, diagnose)
          .map(l => `${l}\n`)
          .join('')}`,
    )
    .join('')
  writeFileSync(file, updated)
}

/** One spec for each case of each file in the folder. */
export const describeCases = (folder: URL, diagnose: Diagnose): void => {
  for (const name of readdirSync(folder)
    .filter(f => f.endsWith('.txt'))
    .sort()) {
    const file = new URL(name, folder)
    if (process.env['UPDATE_GOLDEN'] === '1') accept(file, diagnose)
    describe(name.replace('.txt', ''), () => {
      for (const c of readCases(file)) it(c.title, () => assert.deepEqual(answer(c, diagnose), c.expected))
    })
  }
}
