import assert from 'node:assert/strict'
import fc from 'fast-check'
import { parse } from '../../dsl/parse.ts'
import { readProgram } from '../../dsl/program.ts'
import { scan } from '../../dsl/tokens.ts'
import { frame } from '../../dsl/frame.ts'
import { corpus } from './corpus.ts'

/** What holds for every text: a tree or an error, all places inside of the text, and frames that can be drawn. */
const judge = (text: string): void => {
  const { program, diagnostics } = readProgram('a.cell', text)
  const errors = diagnostics.filter(d => d.severity === 'error')
  assert.equal(program === undefined, errors.length > 0)
  for (const d of diagnostics) {
    for (const { start, end } of [d.span, ...(d.related ?? []).map(r => r.span)])
      assert.ok(0 <= start && start <= end && end <= text.length, `${d.code} at ${start}..${end} of ${text.length}`)
    assert.ok(d.message.length > 0 && d.message.length < 300)
    assert.ok(frame(d, () => text).includes(d.code))
  }
}

const source = fc.constantFrom(...corpus.flatMap(c => c.text.split(/^(?=cell |model |fn )/m)).filter(b => b.includes('{')))

/** A text of the corpus with one of its tokens dropped, doubled, exchanged with another, or put in its place. */
const mutated = fc.tuple(source, fc.nat(), fc.nat(), fc.constantFrom('drop', 'double', 'swap', 'replace')).map(([text, i, j, how]) => {
  const { tokens } = scan('a.cell', text)
  const [a, b] = [tokens[i % tokens.length]!, tokens[j % tokens.length]!].sort((x, y) => x.start - y.start) as [(typeof tokens)[0], (typeof tokens)[0]]
  const put = (at: typeof a, by: string, t: string): string => t.slice(0, at.start) + by + t.slice(at.end)
  if (how === 'drop') return put(a, '', text)
  if (how === 'double') return put(a, `${a.text} ${a.text}`, text)
  if (how === 'replace') return put(b, a.text, text)
  return put(a, b.text, put(b, a.text, text))
})

describe('any text', () => {
  it('mutations of the corpus give a tree, or errors with places inside of the text', function () {
    this.timeout(60_000)
    fc.assert(fc.property(mutated, judge), { numRuns: 300 })
  })

  it('characters thrown together', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 60 }), judge), { numRuns: 300 })
    const words = 'cell model fn A ( ) { } [ ] , : = ~ if then else not - + 1 1.5 "s" state input h repeat < over return \n'.split(/(?<= )/)
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...words), { maxLength: 30 }).map(w => w.join('')),
        judge,
      ),
      { numRuns: 300 },
    )
  })

  it('a text cut off anywhere ends unexpectedly, or is whole', function () {
    this.timeout(60_000)
    const text =
      'import { LSTM } from "std"\n# doc\ncell A(D, H = 2) {\n  input x: [D]\n  state h: [H] from 0\n  h = tanh(x[0:H] + -h[t-1]^2) # c\n}\nfn f(x) {\n a = x\n return a\n}'
    for (let end = 1; end < text.length; end++) {
      const cut = text.slice(0, end)
      judge(cut)
      const { diagnostics } = parse('a.cell', cut)
      const told = diagnostics.every(d => /unexpected end|never closed/.test(d.message))
      assert.ok(told, `${JSON.stringify(cut)}: ${diagnostics.map(d => d.message).join('; ')}`)
    }
  })
})
