/** The pages about codes: all of them, and what they show is what the compiler says. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { checkProgram, checkText } from '../../cli/check-text.ts'
import { compile } from '../../compiler/compile.ts'
import { Refused, type Diagnostic } from '../../dsl/diagnostics.ts'
import { pages, type Page } from '../../dsl/explanations/index.ts'
import { limits } from '../../dsl/limits.ts'
import { textOf } from '../../runtime/compile-files.ts'

type Files = Page['files']

const main = 'example.cell'
/** The codes that a source can have. `runtime/compile-files.ts` has the one about bytes. */
const made = new Set(['dsl/messages.ts', 'runtime/compile-files.ts'].flatMap(f => readFileSync(f, 'utf8').match(/\b[EW]\d{4}\b/g) ?? []))

/** What `check` says, or `check --pedantic`. */
const told = (text: string, files: Files = {}, pedantic = false): readonly Diagnostic[] =>
  checkProgram(main, text, name => (name === main ? text : files[name]), { pedantic }).diagnostics
const codes = (diagnostics: readonly Diagnostic[]): readonly string[] => [...new Set(diagnostics.map(d => d.code))].sort()

/** Codes that come with that of the page: of a file that is imported. */
const alsoGives: Readonly<Record<string, readonly string[]>> = { E0217: ['E0101'] }

const inCell = (...lines: readonly string[]): string =>
  `cell A(D, K) {\n  input x: [D]\n  state h: [D]\n  h = h[t-1]\n${lines.map(l => `  ${l}\n`).join('')}}\n`
const numbers = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i)
const refusal = (bytes: Uint8Array): readonly Diagnostic[] => {
  try {
    textOf(main, bytes)
    return []
  } catch (e) {
    if (e instanceof Refused) return e.diagnostics
    throw e
  }
}
/** File `i` imports the next one. */
const chain = (n: number): Files =>
  Object.fromEntries(
    numbers(n).map(i => [`f${i}.cell`, i === n - 1 ? `fn f${i}(v) = v\n` : `import { f${i + 1} } from "./f${i + 1}.cell"\nfn f${i}(v) = f${i + 1}(v)\n`]),
  )

/** What their pages do not show: sources that would fill a book, bytes, and options of the command. */
const elsewhere: Readonly<Record<string, () => readonly Diagnostic[]>> = {
  E0100: () => refusal(Uint8Array.of(0x23, 0xe9)),
  E0114: () => told(`# ${'a'.repeat(limits.bytes)}\n`),
  E0115: () => told(inCell(`y = ${'('.repeat(limits.nesting + 1)}x${')'.repeat(limits.nesting + 1)}`)),
  E0117: () => told(inCell(`y = ${'x + '.repeat(limits.depth + 1)}x`)),
  E0130: () => told(inCell(`y = concat(${'x, '.repeat(limits.items)}x)`)),
  E0216: () => told(`import { f0 } from "./f0.cell"\n${inCell('y = f0(x)')}`, chain(limits.nesting + 1)),
  E0221: () => checkProgram(main, `import { B } from "./b"\n${inCell('y = x')}`, () => ({ unreadable: 'it is a directory (EISDIR)' }), {}).diagnostics,
  E0332: () => checkProgram(main, inCell('y = x'), () => undefined, { cell: 'B', pedantic: false }).diagnostics,
  E0348: () => compile(inCell('y = x[t-K]'), { path: main }).diagnostics,
  E0360: () =>
    told(
      `fn f0(v) = v\n${numbers(limits.nesting + 1)
        .map(i => `fn f${i + 1}(v) = f${i}(v)\n`)
        .join('')}${inCell(`y = f${limits.nesting + 1}(x)`)}`,
    ),
  E0408: () => told(inCell(...numbers(limits.chain + 2).map(i => `v${i} = v${i + 1}`), `v${limits.chain + 2} = x`)),
}

describe('the pages about codes', () => {
  it('there is one for every code, and for no other', () => assert.deepEqual([...pages.keys()].sort(), [...made].sort()))

  it('all but a few show an example', () =>
    assert.deepEqual(
      [...pages].flatMap(([code, page]) => (page.wrong === undefined ? [code] : [])),
      Object.keys(elsewhere),
    ))

  for (const [code, give] of Object.entries(elsewhere)) it(`${code} is made by what is not shown`, () => assert.deepEqual(codes(give()), [code]))

  for (const [code, { title, text, wrong, right, files, mended }] of pages)
    describe(`${code}: ${title}`, () => {
      const habit = code.startsWith('W05')
      it('has two to six sentences', () => {
        const sentences = text.match(/[.?](?= [^a-z]|$)/g)?.length ?? 0
        assert.ok(sentences >= 2 && sentences <= 6 && text.endsWith('.'), text)
      })
      if (wrong !== undefined) {
        it('is what its example gives, and nothing else', () =>
          assert.deepEqual(
            codes(told(wrong, files, habit)).filter(c => !habit || c === code || c.startsWith('E')),
            [...(alsoGives[code] ?? []), code],
          ))
        it('has its place in the example', () => {
          const found = checkText(main, wrong, files).find(d => d.code === code)
          assert.ok(found !== undefined && [found.span, ...(found.related ?? []).map(r => r.span)].every(s => s.file === main || files?.[s.file] !== undefined))
        })
      }
      if (right !== undefined)
        it('is mended by what stands below', () => {
          const after = { ...files, ...mended }
          assert.deepEqual(codes(told(right, after)), [])
          assert.ok(!codes(told(right, after, true)).includes(code))
        })
    })
})
