import assert from 'node:assert/strict'
import type { Net } from '../../compiler/signature.ts'
import { runJson } from '../../runtime/execute.ts'
import { load } from '../../runtime/load.ts'

/** What is known before the first step: how parameters begin, and how noise is distributed. */

const source = `cell Noisy(D, H) {
  input x: [D]
  state h: [H]
  hyper rate = 0.25
  noise m: [H] ~ bernoulli(1 - rate), z: [H] ~ normal(0, rate), u: [] ~ uniform(0.5, 1.5), v: [D] once ~ normal(1, 0.1)
  param W: [H, D], A: [H] ~ -log(1 + range(H)), P: [H, D] ~ range(H)[:, new] * 10 + range(D) scaled 2
  param q: [D] ~ if mod(range(D), 2) == 0 then 1 else H, s ~ rate * H
  g = tanh(W @ (x * v) + A + P @ x + dot(q, x) + s)
  h = m * g + (1 - m) * h[t-1] + z * u
}`
const dims = { D: 2, H: 3 }
const size = { t: 50, batch: 2 }
const list = (a: ArrayLike<number>): number[] => Array.from(a)

for (const target of ['ts', 'wasm'] as const)
  describe(`before the first step, on ${target}`, () => {
    let net: Net
    beforeEach(async () => {
      net = (await load(source, { target })).create(dims, size)
      net.initialise(1)
    })

    it('parameters begin as formulas of dims, hypers and range say', () => {
      assert.deepEqual(
        list(net.params['A']!),
        [1, 2, 3].map(n => Math.fround(-Math.log(n))),
      )
      assert.deepEqual(list(net.params['P']!), [0, 2, 20, 22, 40, 42])
      assert.deepEqual(list(net.params['q']!), [1, 3])
      assert.deepEqual(list(net.params['s']!), [0.75])
      net.hyper['rate'] = 0.5
      net.initialise(1)
      assert.deepEqual(list(net.params['s']!), [1.5])
    })

    it('noise is its mean outside of training', () => {
      net.forward()
      assert.deepEqual(new Set(net.noise['m']), new Set([0.75]))
      assert.deepEqual(new Set(net.noise['z']), new Set([0]))
      assert.deepEqual(new Set(net.noise['u']), new Set([1]))
    })

    it('noise is drawn in training, by its distribution, the same for the same seed, anew after carry', () => {
      const draw = (seed: number): Record<string, number[]> => {
        net.forward({ training: true, seed })
        return Object.fromEntries(['m', 'z', 'u', 'v'].map(n => [n, list(net.noise[n]!)]))
      }
      const first = draw(7)
      assert.deepEqual(draw(7), first)
      assert.notDeepEqual(draw(8), first)
      const mean = (a: readonly number[]): number => a.reduce((s, x) => s + x, 0) / a.length
      assert.deepEqual(new Set(first['m']), new Set([0, 1]))
      assert.ok(Math.abs(mean(first['m']!) - 0.75) < 0.1)
      assert.ok(Math.abs(mean(first['z']!.map(x => x * x)) - 0.0625) < 0.02)
      assert.ok(first['u']!.every(x => x >= 0.5 && x < 1.5))
      assert.equal(first['v']!.length, 4)
      net.carry()
      const next = draw(7)
      assert.notDeepEqual(next['m'], first['m'])
      assert.deepEqual(next['v'], first['v'], 'what is drawn once belongs to the sequence')
    })

    it('two windows draw what one twice as long draws', async () => {
      net.forward({ training: true, seed: 3 })
      const all = list(net.noise['m']!)
      const half = (await load(source, { target })).create(dims, { t: 25, batch: 2 })
      half.forward({ training: true, seed: 3 })
      const begun = list(half.noise['m']!)
      half.carry()
      half.forward({ training: true, seed: 3 })
      assert.deepEqual([...begun, ...list(half.noise['m']!)], all)
    })

    it('noise that is given is left alone', () => {
      net.noise['m']!.fill(0.5)
      net.given['m'] = true
      net.forward({ training: true, seed: 1 })
      assert.deepEqual(new Set(net.noise['m']), new Set([0.5]))
    })
  })

describe('noise in `recurve run`', () => {
  const plain = `cell N(H) {
  input x: [H]
  state h: [H]
  noise m: [H] ~ bernoulli(0.5)
  h = h[t-1] + m * x
}`
  const request = { inputs: { x: [[[1, 1]], [[1, 1]]] }, params: {} }
  const final = async (more: object, target: 'reference' | 'ts' | 'wasm' = 'ts'): Promise<unknown> => {
    const { result } = await runJson(plain, { ...request, ...more }, { target })
    return (result as { final: { h: unknown } }).final.h
  }

  it('is what is given, else drawn in training, else the mean, on every target', async () => {
    for (const target of ['reference', 'ts', 'wasm'] as const) {
      assert.deepEqual(await final({ noise: { m: [[[1, 0]], [[1, 0]]] } }, target), [[2, 0]])
      assert.deepEqual(await final({}, target), [[1, 1]])
      assert.deepEqual(await final({ training: true, seed: 5 }, target), await final({ training: true, seed: 5 }, 'reference'))
    }
  })
})
