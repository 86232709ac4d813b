import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { compile } from '../../compiler/compile.ts'
import { readProgram } from '../../dsl/program.ts'
import { verify } from '../../runtime/verify/index.ts'

/** Every cell is verified because it is there: its gradient, and what is emitted for it, on every target. */

/** Refused where they use what this version does not compile yet. */
const later: ReadonlySet<string> = new Set(['EncoderDecoder', 'AttentiveLSTM', 'Translator'])

for (const folder of ['dsl/std', 'examples/cells'])
  describe(`the cells of ${folder}`, function () {
    this.timeout(60_000)
    const files = readdirSync(folder).filter(f => f.endsWith('.cell'))
    for (const file of files) {
      const text = readFileSync(`${folder}/${file}`, 'utf8')
      for (const cell of readProgram(file, text).program!.own)
        if (later.has(cell))
          it(`${cell} (${file}) is refused where it uses what is not there yet`, () => {
            const { diagnostics } = compile(text, { cell })
            assert.ok(diagnostics.length > 0)
            for (const d of diagnostics) assert.equal(d.code, 'E0390', d.message)
          })
        else
          it(`${cell} (${file})`, async () => {
            const { cells, diagnostics } = await verify(text, { cell, runs: 2, seed: 1 })
            assert.deepEqual(diagnostics, [])
            assert.deepEqual(
              cells.map(c => [c.name, c.outcome, c.checks.filter(k => k.outcome !== 'pass').map(k => k.check)]),
              [[cell, 'pass', []]],
            )
          })
    }
    it('are there', () => assert.ok(files.length > 2))
  })
