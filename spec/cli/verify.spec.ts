import assert from 'node:assert/strict'
import { defaultRuns } from '../../runtime/verify/index.ts'
import { command, elman, misspelt, workshop } from './fake-session.ts'

describe('recurve verify', () => {
  const { write } = workshop()

  it('prints a table for people, of all cells of a file', async () => {
    const two = `${elman}${elman.replace('Plain', 'Other')}`
    const { code, out, err } = await command(['verify', write('two.cell', two), '--runs', '3', '--seed', '7'])
    assert.deepEqual([code, err], [0, ''])
    assert.match(out, /^Plain \(ts\): pass\n {2}check +cases +worst +limit\n[^]*\nOther \(ts\): pass\n/)
  })

  it('prints the outcome as JSON, and is the same for the same seed', async () => {
    const args = ['verify', write('a.cell', elman), '--cell', 'Plain', '--runs', '3', '--seed', '7', '--json']
    const { code, out, err } = await command(args)
    assert.deepEqual([code, err], [0, ''])
    const { cells } = JSON.parse(out) as { cells: { name: string; target: string; outcome: string; checks: Record<string, unknown>[] }[] }
    assert.deepEqual(
      cells.map(c => [Object.keys(c), c.name, c.target, c.outcome]),
      [[['name', 'target', 'outcome', 'checks'], 'Plain', 'ts', 'pass']],
    )
    assert.ok(cells[0]!.checks.length > 0)
    for (const c of cells[0]!.checks) assert.deepEqual(Object.keys(c), ['check', 'cases', 'worst', 'limit'])
    assert.equal((await command(args)).out, out)
  })

  it('draws a seed where none is given, and tells it', async () => {
    const { code, err } = await command(['verify', write('a.cell', elman), '--runs', '1', '--json'])
    assert.equal(code, 0)
    assert.match(err, /^seed \d+\n$/)
  })

  it('exits with 1 for a wrong source, with JSON all the same', async () => {
    const { code, out, err } = await command(['verify', write('b.cell', misspelt), '--seed', '1', '--json'])
    assert.deepEqual([code, out], [1, '{"cells":[]}\n'])
    assert.match(err, /b\.cell:6:7: error E0302/)
    const unknown = await command(['verify', write('a.cell', elman), '--seed', '1', '--cell', 'Plan'])
    assert.equal(unknown.code, 1)
    assert.match(unknown.err, /did you mean `Plain`\?/)
  })

  it('fixes dims where counts need them, and refuses those that no cell has', async () => {
    const delayed = write('k.cell', elman.replace('(D, H)', '(D, H, K)').replace('[t-1]', '[t-K]'))
    assert.equal((await command(['verify', delayed, '--seed', '1', '--runs', '1', '--set', 'K=2'])).code, 0)
    const { code, err } = await command(['verify', delayed, '--seed', '1', '--set', 'N=2'])
    assert.equal(code, 2)
    assert.match(err, /--set N: .*k\.cell has no cell or model with a dim N/)
  })

  it('says in its help how many cases there are', async () => assert.ok((await command(['verify', '--help'])).out.includes(`${defaultRuns} if left out`)))
})
