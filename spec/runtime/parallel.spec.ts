import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import type { Net } from '../../compiler/signature.ts'
import { load } from '../../runtime/load.ts'
import { divide, parallel, type Group } from '../../runtime/parallel/index.ts'

/** Workers that share a batch give what one net gives. */

const lstm = readFileSync(new URL('../../dsl/std/lstm.cell', import.meta.url), 'utf8')
const language = `import { LSTM } from "std"
model LM(V, E, H) {
  input  word: index(V)
  target next: index(V)
  param  Emb: [V, E] ~ normal(0, 0.1), Wy: [V, H], by: [V]
  l = LSTM(H=H)(Emb[word])
  loss cross_entropy(Wy @ l.h + by, next) where next >= 0
  total loss 0.01 * sum(l.h * l.h)   # a comment
}`

type Passes = Pick<Net, 'params' | 'inputs' | 'targets' | 'initial' | 'outputGrads' | 'finalGrads'>
const fill = (net: Passes, size: number): void => {
  let k = 0
  for (const arrays of [net.params, net.inputs, net.targets, net.initial, net.outputGrads, net.finalGrads])
    for (const a of Object.values(arrays)) {
      k++
      for (let i = 0; i < a.length; i++) a[i] = a instanceof Int32Array ? ((i * 7 + k) % (size + 1)) - 1 : Math.sin(i * 0.7 + k)
    }
}
const results = (net: Pick<Net, 'grads' | 'inputGrads' | 'initialGrads' | 'outputs' | 'final'>): Record<string, number[]> =>
  Object.fromEntries(
    (['grads', 'inputGrads', 'initialGrads', 'outputs', 'final'] as const).flatMap(kind =>
      Object.entries(net[kind]).map(([n, a]) => [`${kind} ${n}`, Array.from(a as Float64Array)] as const),
    ),
  )
const near = (a: Readonly<Record<string, readonly number[]>>, b: Readonly<Record<string, readonly number[]>>): void => {
  assert.deepEqual(Object.keys(a).sort(), Object.keys(b).sort())
  for (const [n, list] of Object.entries(a)) {
    const most = list.reduce((m, v) => Math.max(m, Math.abs(v)), 1e-300)
    list.forEach((v, i) => assert.ok(Math.abs(v - b[n]![i]!) <= 1e-13 * most, `${n}[${i}]: ${v} and ${b[n]![i]}`))
  }
}

describe('parallel', function () {
  this.timeout(30_000)
  const groups: Group[] = []
  const made = async (...args: Parameters<typeof parallel>): Promise<Group> => {
    const group = await parallel(...args)
    groups.push(group)
    return group
  }
  afterEach(async () => {
    await Promise.all(groups.splice(0).map(g => g.dispose()))
  })

  for (const [what, source, options, dims] of [
    ['an LSTM', lstm, { cell: 'LSTM', dtype: 'f64' }, { D: 3, H: 4 }],
    ['a language model with masked losses', language, { dtype: 'f64' }, { V: 5, E: 3, H: 4 }],
  ] as const)
    for (const workers of [1, 2, 3])
      it(`${what}: ${workers} ${workers === 1 ? 'worker gives' : 'workers give'} what one net gives, a batch of 4 being no multiple`, async () => {
        const sizes = { t: 5, batch: 4 }
        const net = (await load(source, options)).create(dims, sizes, { window: 3 })
        const group = await made(divide(source, options), dims, sizes, { workers, window: 3 })
        fill(net, 5)
        fill(group as unknown as Passes, 5)
        const wanted = net.forward()
        net.backward()
        const loss = await group.step()
        assert.ok(Math.abs(loss - wanted) <= 1e-13 * Math.max(1, Math.abs(wanted)), `${loss} instead of ${wanted}`)
        near(results(group as unknown as Net), results(net))
        // The next window goes on from the states; gradients are added.
        net.carry()
        await group.carry()
        net.forward()
        net.backward({ accumulate: true, window: 2 })
        await group.forward()
        await group.backward({ accumulate: true, window: 2 })
        near(results(group as unknown as Net), results(net))
        net.reset()
        await group.reset()
        net.forward()
        await group.forward({ tape: false })
        near({ ...results(group as unknown as Net) }, results(net))
      })

  it('the same seed and number of workers give the same bits, in WebAssembly too', async () => {
    const divided = divide(lstm, { cell: 'LSTM', target: 'wasm' })
    const run = async (): Promise<Record<string, number[]>> => {
      const group = await made(divided, { D: 5, H: 9 }, { t: 6, batch: 5 }, { workers: 2 })
      group.initialise(3)
      group.inputs['x']!.forEach((_, i, a) => void (a[i] = Math.sin(i)))
      group.outputGrads['h']!.fill(0.5)
      await group.step({ training: true, seed: 1 })
      return results(group as unknown as Net)
    }
    assert.deepEqual(await run(), await run())
  })

  it('noise of the parts is not the same noise', async () => {
    const divided = divide('cell N(H) {\n  input x: [H]\n  state h: [H]\n  noise m: [H] ~ bernoulli(0.5)\n  h = h[t-1] + m * x\n}', { dtype: 'f64' })
    const group = await made(divided, { H: 40 }, { t: 1, batch: 2 }, { workers: 2 })
    ;(group.inputs['x'] as Float64Array).fill(1)
    await group.forward({ training: true, seed: 4 })
    const h = Array.from(group.final['h']!)
    assert.deepEqual(new Set(h), new Set([0, 1]))
    assert.notDeepEqual(h.slice(0, 40), h.slice(40))
  })

  it('an error names the sequence of the whole batch, changes nothing, and the workers go on', async () => {
    const sizes = { t: 2, batch: 4 }
    const group = await made(divide(language, { dtype: 'f64' }), { V: 5, E: 3, H: 4 }, sizes, { workers: 2 })
    fill(group as unknown as Passes, 5)
    await group.step()
    const before = results(group as unknown as Net)
    const word = group.inputs['word'] as Int32Array
    const kept = word[7]!
    word[7] = 99
    await assert.rejects(group.step(), (e: Error) => e instanceof RangeError && /word: 99 at step 1 of sequence 3 is not an index below 5/.test(e.message))
    assert.deepEqual(results(group as unknown as Net), before)
    word[7] = kept
    await group.step()
    assert.deepEqual(results(group as unknown as Net), before)
  })

  it('refuses what makes no sense', async () => {
    const divided = divide(lstm, { cell: 'LSTM' })
    await assert.rejects(parallel(divided, { D: 1, H: 1 }, { t: 1, batch: 2 }, { workers: 3 }), /3 workers are more than the 2 sequences/)
    await assert.rejects(parallel(divided, { D: 1, H: 1 }, { t: 1, batch: 2 }, { workers: 0 }), /a positive integer is needed, not 0/)
    await assert.rejects(parallel(divided, { D: 0, H: 1 }, { t: 1, batch: 2 }, { workers: 1 }), /D: a positive integer is needed/)
    const group = await made(divided, { D: 1, H: 1 }, { t: 1, batch: 2 }, { workers: 1 })
    const running = group.forward()
    await assert.rejects(group.forward(), /a pass is running/)
    await running
    await group.dispose()
    await assert.rejects(group.forward(), /disposed of/)
  })
})
