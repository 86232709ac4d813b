import assert from 'node:assert/strict'
import { manual, manualPage, type ManualEntry } from '../../compiler/manual.ts'
import { functionNames } from '../../compiler/elaborate/functions.ts'
import { allRows } from '../../compiler/ops/table.ts'
import { assertAccepted } from '../support/golden.ts'
import { command } from './fake-session.ts'

describe('recurve ops', () => {
  it('has every function and every op, each with a line', () => {
    const names = manual().map(e => e.name)
    assert.deepEqual([...new Set(names)].sort(), [...new Set([...functionNames, ...allRows().keys()])].sort())
    for (const e of manual()) assert.ok(e.doc.length > 2, e.name)
  })

  it('lists them, shows one, and gives them as JSON', async () => {
    const { out, code } = await command(['ops'])
    assert.equal(code, 0)
    assert.match(out, /^ {2}layer_norm\(v, gain\?, bias\?\) +layer normalisation/m)
    assert.match((await command(['ops', 'max'])).out, /adjoint of b: if a >= b then 0 else dy\n/)
    const { ops } = JSON.parse((await command(['ops', 'tanh', '--json'])).out) as { ops: ManualEntry[] }
    assert.deepEqual(
      ops.map(e => [e.kind, e.signature]),
      [
        ['function', 'tanh(a)'],
        ['elementwise', 'tanh(a)'],
      ],
    )
  })

  it('offers the name that was meant', async () => {
    const { code, err } = await command(['ops', 'tahn'])
    assert.equal(code, 2)
    assert.match(err, /there is no function or op tahn: did you mean tanh\?/)
  })

  it('is the page of the docs', async () => {
    assertAccepted('docs/ops.md', manualPage())
    assert.equal((await command(['ops', '--markdown'])).out, manualPage())
  })
})
