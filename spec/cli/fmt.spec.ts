import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { command, elman, workshop } from './fake-session.ts'

const untidy = elman.replaceAll('  ', ' ').replace(' + b)', '+b)')
const tidy = elman

describe('recurve fmt', () => {
  const { path, write } = workshop()
  const now = (file: string): string => readFileSync(path(file), 'utf8')

  it('lays files out in place, and names those that changed', async () => {
    const files = [write('a.cell', untidy), write('b.cell', tidy)]
    const { code, out, err } = await command(['fmt', ...files])
    assert.deepEqual([code, out], [0, ''])
    assert.equal(err, `${files[0]}\n1 file changed, 1 already laid out\n`)
    assert.equal(now('a.cell'), tidy)
    assert.equal(now('b.cell'), tidy)
  })

  it('changes nothing with --check, lists what would change, and fails', async () => {
    const files = [write('a.cell', untidy), write('b.cell', tidy)]
    const { code, out } = await command(['fmt', '--check', ...files])
    assert.deepEqual([code, out], [1, `${files[0]}\n`])
    assert.equal(now('a.cell'), untidy)
    assert.equal((await command(['fmt', '--check', files[1]!])).code, 0)
  })

  it('leaves a file with an error as it is, shows the error, and goes on', async () => {
    const wrong = untidy.replace('tanh(', 'tanh((')
    const files = [write('w.cell', wrong), write('a.cell', untidy)]
    const { code, err } = await command(['fmt', ...files, path('none.cell')])
    assert.equal(code, 1)
    assert.match(err, /w\.cell:\d+:\d+: error E0106/)
    assert.match(err, /none\.cell/)
    assert.equal(now('w.cell'), wrong)
    assert.equal(now('a.cell'), tidy)
  })

  it('does not mind names and shapes', async () => {
    const file = write('n.cell', untidy.replace('tanh', 'tahn'))
    assert.equal((await command(['fmt', file])).code, 0)
    assert.equal(now('n.cell'), tidy.replace('tanh', 'tahn'))
  })
})
