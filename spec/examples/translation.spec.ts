import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '../../examples/translation/main.ts'

describe('the translation of the examples', function () {
  this.timeout(60_000)

  it('learns from some of the sentences, writes one down, and draws what it looked at', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'recurve-translation-'))
    try {
      const said: string[] = []
      const share = await run(['--epochs', '6', '--out', folder], line => said.push(line))
      assert.ok(share > 0.5, said.join('\n'))
      assert.match(said.join('\n'), /^I am going -> मैं जा रहा हूँ$/m)
      const svg = readFileSync(join(folder, 'attention.svg'), 'utf8')
      assert.equal(svg.match(/<rect x=/g)?.length ?? 0, 6 * (svg.match(/text-anchor="end"/g)?.length ?? 0))
      assert.ok(existsSync(join(folder, 'attention.svg')))
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('writes short sequences down again, with attention', async () => {
    const said: string[] = []
    const share = await run(['--task', 'reverse', '--length', '4', '--examples', '1000', '--epochs', '12'], line => said.push(line))
    assert.ok(share > 0.3, said.join('\n'))
  })

  it('refuses what makes no sense', async () => {
    for (const args of [
      ['--epochs', '0'],
      ['--model', 'LSTM'],
      ['--rate', '2'],
    ])
      await assert.rejects(async () => run([...args], () => undefined))
  })
})
