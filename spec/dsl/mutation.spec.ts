import assert from 'node:assert/strict'
import fc from 'fast-check'
import { parse } from '../../dsl/parse.ts'
import { readProgram } from '../../dsl/program.ts'
import { broken, changed, faultIn, faultOf, touches } from './mutants.ts'

/** What holds for every text: a tree or an error, all places inside of the text, and frames that can be drawn. */
const judge = (text: string): void => {
  const { program, diagnostics } = readProgram('a.cell', text)
  const errors = diagnostics.filter(d => d.severity === 'error')
  assert.equal(program === undefined, errors.length > 0)
  assert.equal(faultIn(text, diagnostics), undefined)
}

describe('any text', () => {
  it('2,000 mutants of the corpus get an answer, with places inside of the text', function () {
    this.timeout(120_000)
    for (let seed = 1; seed <= 2000; seed++) {
      const { text } = broken(seed)
      assert.equal(faultOf(text), undefined, `seed ${seed}: ${text}`)
    }
  })

  it('a name, number or operator that became another, and is refused, is shown: nine times in ten', function () {
    this.timeout(120_000)
    const answers = Array.from({ length: 900 }, (_, i) => changed(i + 1)).flatMap(m => (m === undefined ? [] : [touches(m)]))
    const shown = answers.filter(a => a === true).length
    const missed = answers.filter(a => a === false).length
    assert.ok(shown + missed > 500 && shown >= 9 * missed, `${shown} of ${shown + missed}`)
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
