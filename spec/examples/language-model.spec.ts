import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CommanderError } from 'commander'
import { fileName } from '../../examples/language-model/build.ts'
import { runJob, type Outcome } from '../../examples/language-model/job.ts'
import { learn, smoothed } from '../../examples/language-model/learn.ts'
import { ngramBits } from '../../examples/language-model/ngram.ts'
import { readOptions, type Talk } from '../../examples/language-model/options.ts'
import { drawSample, reload, sameBits } from '../../examples/language-model/results.ts'
import { Refused } from '../../dsl/diagnostics.ts'
import { InputError } from '../../runtime/errors.ts'
import { readBytes, readText } from '../../runtime/files.ts'
import { createModel } from '../../runtime/model.ts'
import { split, vocabulary } from '../../runtime/text.ts'

const folder = 'examples/language-model'
const mean = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0) / list.length

const quiet = (): Talk & { readonly said: () => string } => {
  let text = ''
  const say = (more: string): void => void (text += more)
  return { out: say, err: say, status: () => {}, texts: new Map(), said: () => text }
}

describe('the language model of the examples', () => {
  let place: string
  let text: string
  const run = async (...args: readonly string[]): Promise<{ readonly outcome: Outcome; readonly said: string }> => {
    const session = quiet()
    const small = ['--text', text, '--out', join(place, 'out'), '--hidden', '12', '--embedding', '6', '--length', '12', '--runs', '1', '--sample', '50']
    const outcome = await runJob(readOptions([...small, ...args], session, folder), session)
    return { outcome, said: session.said() }
  }
  before(() => {
    place = mkdtempSync(join(tmpdir(), 'language-model-'))
    text = join(place, 'text.txt')
    writeFileSync(text, readText(`${folder}/data/input.txt`).slice(0, 30_000))
  })
  after(() => rmSync(place, { recursive: true }))

  it('learns, writes weights that come back bit for bit, and draws the same sample for the same seed', async () => {
    const { outcome, said } = await run('--steps', '150')
    const { built, model, learned, validation, sample, written } = outcome
    assert.equal(learned.losses.length, 150)
    assert.ok(mean(learned.losses.slice(-20)) < mean(learned.losses.slice(0, 20)) - 0.7, `${learned.losses[0]} to ${learned.losses.at(-1)}`)
    const symbols = vocabulary(readText(text))
    assert.ok(validation < Math.log2(symbols.symbols.length) - 1, `${validation} bits`)

    const again = reload(built, written.weights)
    assert.ok(sameBits(model, again))
    assert.ok(model.net.params['Wy']!.some(w => w !== 0))
    again.net.params['Wy']![0]! += 1
    assert.ok(!sameBits(model, again))

    const draw = (seed: number): string => drawSample(built, model, symbols, { length: 50, temperature: 0.8, seed })
    assert.equal(Array.from(sample).length, 50)
    assert.equal(draw(1), sample)
    assert.notEqual(draw(2), sample)

    assert.match(readText(written.module), /export function create/)
    assert.match(readText(written.plot), /^<svg /)
    for (const part of ['lstm.{Ui, Uf, Ug, Uo} @ lstm.h[t-1]', 'carries lstm.h, lstm.c', '3-gram', 'seed 1', 'bit for bit'])
      assert.ok(said.includes(part), part)

    const weights = readBytes(written.weights)
    const { outcome: second } = await run('--steps', '150')
    assert.deepEqual(second.learned.losses, learned.losses)
    assert.deepEqual(readBytes(second.written.weights), weights)
    assert.equal(second.sample, sample)
  })

  it('stops when it is told to, with what it has learned', async () => {
    const { outcome } = await run('--steps', '1')
    const { built } = outcome
    const [model, probe] = [createModel(built.module, {}, { t: 12, batch: 4 }), createModel(built.module, {}, { t: 12, batch: 1 })]
    const tokens = Int32Array.from({ length: 400 }, (_, i) => i % 5)
    const options = { seconds: 1000, rate: 0.01, clip: 1, seed: 1, probe: { model: probe, text: tokens }, onStep: () => {} }
    const { losses, interrupted } = await learn(model, tokens, { ...options, stopped: () => true })
    assert.ok(interrupted && losses.length > 0)
  })

  it('takes another model, and names a dim that nothing gives', async () => {
    const cell = join(place, 'other.cell')
    const source = (size: string): string => `import { GRU } from "std"
model Other(A, H, M) {
  input letter: index(A)
  target following: index(A)
  output y
  param Emb: [A, ${size}], Wy: [A, H], by: [A]
  r = GRU(H=H)(Emb[letter])
  y = Wy @ r.h + by
  loss cross_entropy(y, following)
}
`
    writeFileSync(cell, source('M'))
    await assert.rejects(
      run('--cell', cell, '--steps', '1'),
      (e: unknown) => e instanceof InputError && /how large M of Other is: give --set M=32/.test(e.message),
    )
    const { outcome } = await run('--cell', cell, '--steps', '2', '--set', 'M=5')
    assert.deepEqual({ ...outcome.built.dims, A: 0 }, { A: 0, H: 12, M: 5 })
    await assert.rejects(run('--cell', cell, '--set', 'Q=5'), /--set Q: the dims of Other that can be set are H, M/)
    writeFileSync(cell, source('Z'))
    await assert.rejects(run('--cell', cell), Refused)
  })

  it('refuses what it cannot use', async () => {
    for (const args of [['--steps', '0'], ['--rate', 'fast'], ['--seed', '-1'], ['--temperature', '1e9'], ['--nothing'], ['more'], ['--set', 'M']])
      assert.throws(
        () => readOptions(args, quiet(), folder),
        (e: unknown) => e instanceof CommanderError && e.exitCode === 1,
        args.join(' '),
      )
    await assert.rejects(run('--cell', 'dsl/std/gru.cell'), /is no language model: it needs a loss/)
    await assert.rejects(run('--text', join(place, 'none.txt')), /none\.txt: no such file/)
    writeFileSync(join(place, 'short.txt'), 'to be or not to be')
    await assert.rejects(run('--text', join(place, 'short.txt')), /short\.txt has 18 characters: at least 400 are needed/)
    await assert.rejects(run('--hidden', '100000', '--steps', '1'), (e: unknown) => e instanceof InputError && /too large/.test(e.message))
  })

  it('compares with counting models, whose figures on the vendored text are known', function () {
    this.slow(3000)
    const all = readText(`${folder}/data/input.txt`)
    const symbols = vocabulary(all)
    const parts = split(Int32Array.from(all, c => symbols.index.get(c)!))
    const bits = ngramBits(parts.train, [parts.validation, parts.test], symbols.symbols.length, 3)
    assert.deepEqual(
      bits[0]!.map(b => b.toFixed(2)),
      ['4.81', '4.85'],
    )
    assert.deepEqual(
      bits[2]!.map(b => b.toFixed(2)),
      ['2.88', '3.04'],
    )
  })

  it('names files and thins curves', () => {
    assert.deepEqual(['CharLSTM', 'My_Model', 'gru2Net'].map(fileName), ['char-lstm', 'my-model', 'gru2-net'])
    assert.deepEqual(smoothed([1, 3, 5], 2), [
      [2, 2],
      [3, 5],
    ])
    assert.deepEqual(smoothed([]), [])
  })
})
