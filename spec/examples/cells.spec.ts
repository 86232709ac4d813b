import assert from 'node:assert/strict'
import { readProgram } from '../../dsl/program.ts'
import { verify } from '../../runtime/verify/index.ts'
import { corpus } from '../dsl/corpus.ts'

/** Every cell is verified because it is there: its gradient, and what is emitted for it, on every target. */

describe('the cells that are there', function () {
  this.timeout(60_000)
  for (const { path, text } of corpus)
    for (const cell of readProgram(path, text).program!.own)
      it(`${cell} (${path})`, async () => {
        const { cells, diagnostics } = await verify(text, { cell, runs: 2, seed: 3 })
        assert.deepEqual(diagnostics, [])
        assert.deepEqual(
          cells.map(c => [c.name, c.outcome, c.checks.filter(k => k.outcome !== 'pass').map(k => k.check)]),
          [[cell, 'pass', []]],
        )
      })

  it('are those of the library and of the examples', () => {
    for (const folder of ['dsl/std/', 'examples/cells/']) assert.ok(corpus.filter(c => c.path.startsWith(folder)).length > 2)
  })
})
