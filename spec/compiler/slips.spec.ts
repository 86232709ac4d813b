/**
 * What people write who know other languages, libraries or the paper: one error, at the thing that is wrong, whose hint
 * is the mend; and the mended text compiles.
 */
import assert from 'node:assert/strict'
import { checkText } from '../../cli/check-text.ts'
import type { Diagnostic } from '../../dsl/diagnostics.ts'
import { slips, texts } from './slips.ts'

const errorsOf = (text: string): readonly Diagnostic[] => checkText('a.cell', text).filter(d => d.severity === 'error')

describe('slips', function () {
  this.timeout(30_000)
  for (const [name, whole] of Object.entries(texts)) it(`${name} is right as it is`, () => assert.deepEqual(errorsOf(whole), []))

  for (const { text, mark, mend, wrong, right } of slips)
    it(`${mark} -> ${mend}`, () => {
      const found = errorsOf(wrong)
      assert.equal(found.length, 1, found.map(d => d.message).join('; ') || `nothing said of\n${wrong}`)
      const [d] = found
      const at = wrong.indexOf(mark, text.indexOf('«'))
      // What is missing is missed where it is used.
      assert.ok(
        mark === '' || (d!.span.start < at + mark.length && d!.span.end > at),
        `the place is ${JSON.stringify(wrong.slice(d!.span.start, d!.span.end))}: ${d!.message}`,
      )
      assert.ok(d!.hint?.includes(mend) === true, `the hint is ${d!.hint}`)
      assert.ok(d!.message.length < 300 && d!.hint.length < 300)
      assert.deepEqual(
        errorsOf(right).map(e => `${e.message} ${e.hint}`),
        [],
        right,
      )
    })
})
