import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import type { GeneratedModule, Net } from '../../compiler/signature.ts'
import { load } from '../../runtime/load.ts'

/** What a program sees that imports a generated file. */

const std = (file: string): string => readFileSync(new URL(`../../dsl/std/${file}.cell`, import.meta.url), 'utf8')
const dims = { D: 3, H: 4 }
const size = { t: 6, batch: 2 }

const filled = (net: Net, from = 0): Net => {
  net.initialise(5)
  const fill = (a: { length: number; [i: number]: number }, k: number): void => {
    for (let i = 0; i < a.length; i++) a[i] = Math.sin(from + i * 0.7 + k)
  }
  fill(net.inputs['x']!, 1)
  if (net.outputGrads['h'] !== undefined) fill(net.outputGrads['h'], 2)
  return net
}
const copies = (arrays: Readonly<Record<string, ArrayLike<number>>>): Record<string, number[]> =>
  Object.fromEntries(Object.entries(arrays).map(([n, a]) => [n, Array.from(a)]))

describe('a generated module', () => {
  let lstm: GeneratedModule
  before(async () => {
    lstm = await load(std('lstm'), { cell: 'LSTM', dtype: 'f64' })
  })

  it('has a signature of plain data', () => {
    const { signature } = lstm
    assert.deepEqual(JSON.parse(JSON.stringify(signature)), signature)
    assert.deepEqual(signature.dims, ['D', 'H'])
    assert.deepEqual(signature.params['Wi'], { shape: ['H', 'D'], axes: [], type: 'real', init: { scheme: 'glorot', args: [], scaled: 1 }, fixed: false })
    assert.match(signature.source, /^[0-9a-f]{64}$/)
  })

  for (const [what, make] of [
    ['a dim of 0', () => lstm.create({ D: 0, H: 1 }, size)],
    ['a fraction', () => lstm.create({ D: 1.5, H: 1 }, size)],
    ['a number in a string', () => lstm.create({ D: '3' as unknown as number, H: 1 }, size)],
    ['a missing dim', () => lstm.create({ D: 3 }, size)],
    ['an unknown dim', () => lstm.create({ ...dims, K: 1 }, size)],
    ['an unknown option', () => lstm.create(dims, size, { windw: 3 } as object)],
    ['no steps', () => lstm.create(dims, { t: 0, batch: 1 })],
    ['a window of 0', () => lstm.create(dims, size, { window: 0 })],
    ['chunks longer than the window', () => lstm.create(dims, size, { window: 4, every: 5 })],
    ['an output that is not there', () => lstm.create(dims, size, { outputs: ['q'] })],
    ['an adjoint that is not there', () => lstm.create(dims, size, { adjoints: ['q'] })],
    ['more memory than the limit', () => lstm.create({ D: 2 ** 16, H: 2 ** 17 }, size)],
  ] as const)
    it(`refuses ${what} with a RangeError that names it`, () => assert.throws(make, RangeError))

  it('refuses a backward pass without a forward one, a second one, and one after an evaluation', () => {
    const net = filled(lstm.create(dims, size))
    assert.throws(() => net.backward(), /forward/)
    net.forward()
    net.backward()
    assert.throws(() => net.backward(), /again/)
    net.forward({ tape: false })
    assert.throws(() => net.backward(), /tape/)
  })

  it('keeps the tape when asked to: a second pass gives the same bits, and accumulates', () => {
    const plain = filled(lstm.create(dims, size))
    plain.forward()
    plain.backward()
    const net = filled(lstm.create(dims, size, { again: true }))
    net.forward()
    net.backward()
    const once = copies(net.grads)
    assert.deepEqual(once, copies(plain.grads))
    net.backward()
    assert.deepEqual(copies(net.grads), once)
    net.backward({ accumulate: true })
    for (const [n, g] of Object.entries(copies(net.grads))) g.forEach((v, i) => assert.ok(Math.abs(v - 2 * once[n]![i]!) <= 1e-13 * (1 + Math.abs(v)), n))
    assert.ok(net.bytes.work + net.bytes.tape > plain.bytes.work + plain.bytes.tape)
  })

  it('carries the state: two halves are the whole', () => {
    const whole = filled(lstm.create(dims, { t: 6, batch: 2 }))
    whole.forward()
    const half = lstm.create(dims, { t: 3, batch: 2 })
    half.initialise(5)
    const x = whole.inputs['x']!
    half.inputs['x']!.set(x.subarray(0, x.length / 2))
    half.forward()
    half.carry()
    half.inputs['x']!.set(x.subarray(x.length / 2))
    half.forward()
    assert.deepEqual(Array.from(half.final['h']!), Array.from(whole.final['h']!))
    half.reset()
    half.inputs['x']!.set(x.subarray(0, x.length / 2))
    half.forward()
    assert.deepEqual(Array.from(half.outputs['h']!), Array.from(whole.outputs['h']!.subarray(0, whole.outputs['h']!.length / 2)))
  })

  it('a window of all steps is full BPTT to the last bit; a shorter one is not; the values never change', () => {
    const grads = (window: number | undefined): { grads: Record<string, number[]>; h: number[] } => {
      const net = filled(lstm.create(dims, size, window === undefined ? {} : { window }))
      net.forward()
      net.backward()
      return { grads: copies(net.grads), h: Array.from(net.outputs['h']!) }
    }
    const full = grads(undefined)
    assert.deepEqual(grads(6), full)
    assert.deepEqual(grads(100), full)
    assert.deepEqual(grads(Infinity), full)
    assert.notDeepEqual(grads(2).grads, full.grads)
    assert.deepEqual(grads(2).h, full.h)
  })

  it('steps that no loss reaches get exactly +0', () => {
    const net = filled(lstm.create(dims, { t: 6, batch: 1 }, { window: 2 }))
    net.outputGrads['h']!.fill(0)
    net.outputGrads['h']!.set([1, 1, 1, 1], 5 * 4)
    net.forward()
    net.backward()
    const dx = net.inputGrads['x']!
    for (let i = 0; i < 4 * 3; i++) assert.ok(Object.is(dx[i], 0), `step ${Math.floor(i / 3)}: ${dx[i]}`)
    assert.ok(dx.subarray(12).some(v => v !== 0))
  })

  it('a loss may read a state at another step, which nothing else reads there', async () => {
    const summed = await load('model M(H) {\n  input x: [H]\n  state h: [H]\n  h = x\n  total loss sum(h[t-1])\n}', { dtype: 'f64' })
    const net = summed.create({ H: 2 }, { t: 3, batch: 1 })
    net.inputs['x']!.set([1, 2, 3, 4, 5, 6])
    net.initial['h']!.set([10, 20])
    assert.equal(net.forward(), 40)
    net.backward()
    assert.deepEqual(Array.from(net.inputGrads['x']!), [1, 1, 1, 1, 0, 0])
    assert.deepEqual(Array.from(net.initialGrads['h']!), [1, 1])
  })

  it('gives total derivatives of the streams that are asked for', () => {
    const net = filled(lstm.create(dims, size, { adjoints: ['h', 'c'] }))
    net.forward()
    net.backward()
    assert.equal(net.adjoints['h']!.length, 6 * 2 * 4)
    // After the last step only the cotangent of that step is left.
    assert.deepEqual(Array.from(net.adjoints['h']!.subarray(5 * 8)), Array.from(net.outputGrads['h']!.subarray(5 * 8)))
    assert.deepEqual(Object.keys(filled(lstm.create(dims, size)).adjoints), [])
  })

  it('initialises from a seed, the same each time', () => {
    const [a, b, c] = [1, 1, 2].map(seed => {
      const net = lstm.create(dims, size)
      net.initialise(seed)
      return copies(net.params)
    })
    assert.deepEqual(a, b)
    assert.notDeepEqual(a, c)
    assert.deepEqual(a!['bf'], [1, 1, 1, 1])
    assert.throws(() => lstm.create(dims, size).initialise(-1), RangeError)
    assert.throws(() => lstm.create(dims, size).initialise(1.5), RangeError)
  })

  it('refuses an index out of range, naming input, step and sequence', async () => {
    const lookup = await load('cell L(V, E) { input w: index(V) param Emb: [V, E] y = tanh(Emb[w]) output y }')
    const net = lookup.create({ V: 3, E: 2 }, { t: 2, batch: 2 })
    net.inputs['w']!.set([0, 1, 2, 3])
    assert.throws(() => net.forward(), /w: 3 at step 1 of sequence 1/)
    net.inputs['w']!.set([0, 1, 2, -1])
    net.initialise(1)
    net.forward()
    assert.deepEqual(Array.from(net.outputs['y']!.subarray(6)), [0, 0])
  })

  it('is of no use once disposed of; a second time is nothing', () => {
    const net = lstm.create(dims, size)
    net.dispose()
    net.dispose()
    assert.throws(() => net.forward(), /disposed/)
  })

  it('takes initial values for a state that has an expression when told so, and after carry', async () => {
    const learned = await load(
      `cell A(H) { input x: [H] state h: [H] from h0 param h0: [H] ~ ones, U: [H, H]
        h = tanh(U @ h[t-1] + x) }`,
      { dtype: 'f64' },
    )
    const net = learned.create({ H: 2 }, { t: 2, batch: 1 })
    net.initialise(1)
    net.outputGrads['h']!.fill(1)
    net.forward()
    net.backward()
    assert.ok(net.grads['h0']!.every(v => v !== 0))
    net.carry()
    net.forward()
    net.backward()
    assert.ok(net.grads['h0']!.every(v => v === 0))
    assert.ok(net.initialGrads['h']!.every(v => v !== 0))
    net.reset()
    assert.equal(net.given['h'], false)
  })
})
