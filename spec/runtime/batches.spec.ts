import assert from 'node:assert/strict'
import fc from 'fast-check'
import { batches, padded, paddingOf, putBatch } from '../../runtime/batches.ts'
import { InputError } from '../../runtime/errors.ts'
import { load } from '../../runtime/load.ts'
import { createModel, type Model } from '../../runtime/model.ts'

const lengths = fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 200 })
const settings = fc.record({
  size: fc.integer({ min: 1, max: 9 }),
  seed: fc.nat({ max: 1e6 }),
  epoch: fc.nat({ max: 5 }),
  bucket: fc.integer({ min: 1, max: 9 }),
})

describe('batches', () => {
  it('have each example once, and are as large as asked, but for the last', () =>
    fc.assert(
      fc.property(lengths, settings, (list, s) => {
        const all = batches(list, s)
        assert.deepEqual(
          all.flat().sort((a, b) => a - b),
          list.map((_, i) => i),
        )
        assert.ok(all.filter(b => b.length < s.size).length <= 1 && all.every(b => b.length <= s.size))
      }),
    ))

  it('depend on seed and epoch only', () =>
    fc.assert(fc.property(lengths, settings, (list, s) => assert.deepEqual(batches(list, s), batches([...list], { ...s })))))

  it('of another epoch or seed come in another order', () => {
    const list = Array.from({ length: 100 }, (_, i) => i % 17)
    const of = (seed: number, epoch: number): string => JSON.stringify(batches(list, { size: 8, seed, epoch }))
    assert.equal(new Set([of(1, 0), of(1, 1), of(2, 0), of(2, 1)]).size, 4)
  })

  it('of like lengths pad less', () => {
    const list = Array.from({ length: 512 }, (_, i) => (i * 37) % 41)
    const share = (bucket: number): number => paddingOf(list, batches(list, { size: 16, seed: 1, bucket }))
    assert.ok(share(16) < 0.1 && share(1) > 0.3, `${share(16)} against ${share(1)}`)
  })

  it('refuse what makes no sense', () => {
    for (const bad of [{ size: 0 }, { size: 1.5 }, { size: '8' }, { seed: -1 }, { seed: undefined }, { epoch: -1 }, { bucket: 0 }, { sizes: 1 }])
      assert.throws(() => batches([1], { size: 1, seed: 1, ...bad } as never), InputError)
    for (const length of [-1, 1.5, NaN, '3']) assert.throws(() => batches([1, length as number], { size: 1, seed: 1 }), /the length of example 1 must be/)
  })
})

describe('padding', () => {
  it('stands behind the ends, and takes nothing away', () =>
    fc.assert(
      fc.property(fc.array(fc.array(fc.nat({ max: 99 }), { maxLength: 7 }), { maxLength: 5 }), sequences => {
        const { data, lengths: found, rows } = padded(sequences, { steps: 7, rows: 5 })
        assert.equal(rows, sequences.length)
        sequences.forEach((s, b) =>
          assert.deepEqual(
            Array.from({ length: found[b]! }, (_, t) => data[t * 5 + b]),
            [...s],
          ),
        )
        assert.equal(data.filter(x => x === -1).length, 35 - sequences.flat().length)
        assert.deepEqual(
          Array.from(found.subarray(sequences.length)),
          Array.from({ length: 5 - sequences.length }, () => 0),
        )
      }),
    ))

  it('has room for no longer sequence, and no more of them', () => {
    assert.throws(() => padded([[1, 2, 3]], { steps: 2, rows: 1 }), /sequence 0 has 3 steps/)
    assert.throws(() => padded([[1], [2]], { steps: 2, rows: 1 }), /2 sequences do not go into 1 rows/)
  })

  it('is done with options and symbols that are ones', () => {
    for (const bad of [{ steps: 0 }, { rows: 1.5 }, { fill: NaN }, { fill: 2 ** 31 }, { row: 1 }])
      assert.throws(() => padded([[1]], { steps: 2, rows: 1, ...bad } as never), InputError)
    for (const symbol of [1.5, NaN, '1', undefined, 2 ** 31])
      assert.throws(() => padded([[1], [2, symbol as number]], { steps: 2, rows: 2 }), /step 1 of sequence 1 must be an integer/)
  })
})

describe('a batch in a net', () => {
  const source = `model M(V) {
    input src: index(V) over s
    input x: index(V)
    input label: index(V) once
    input z: [V]
    target y: index(V)
    state h: [V]
    param E: [V, V]
    h = tanh(h[t-1] + E[x] + z + E[label] + sum(E[src] over s))
    loss cross_entropy(h, y)
  }`
  let model: Model
  before(async () => (model = createModel(await load(source), { V: 9 }, { s: 3, t: 4, batch: 3 })))

  it('has its sequences side by side, their lengths, and how many there are', () => {
    const { net } = model
    putBatch(model, { src: [[1, 2, 3], [4]], x: [[5], [6, 7, 8, 1]], y: [[2], [3, 4, 5, 6]] })
    assert.deepEqual([...net.inputs['src']!], [1, 4, -1, 2, -1, -1, 3, -1, -1])
    assert.deepEqual([...net.inputs['x']!], [5, 6, -1, -1, 7, -1, -1, 8, -1, -1, 1, -1])
    assert.deepEqual([...net.targets['y']!].slice(0, 3), [2, 3, -1])
    assert.deepEqual([[...net.lengths['s']!], [...net.lengths['t']!], net.rows], [[3, 1, 0], [1, 4, 0], 2])
    putBatch(model, { src: [] })
    assert.deepEqual([[...net.lengths['s']!], net.rows], [[0, 0, 0], 0])
  })

  it('is refused as a whole where a part does not fit', () => {
    const before = [...model.net.inputs['x']!]
    const says = (sequences: Record<string, readonly ArrayLike<number>[]>, message: RegExp): void =>
      assert.throws(
        () => putBatch(model, { x: [[7]], ...sequences }),
        (e: unknown) => e instanceof InputError && message.test(e.message),
      )
    says({ srcs: [[1]] }, /M: there is no input or target "srcs"; there are: .*Did you mean src\?/)
    says({ z: [[1]] }, /z of M is no index for each step of a sequence/)
    says({ label: [[1]] }, /label of M is no index/)
    says({ y: [[1], [2]] }, /x has 1 sequences, and y has 2/)
    says({ y: [[1, 2]] }, /sequence 0 has 1 steps in x, and 2 in y: both run over t/)
    says({ src: [[1, 2, 3, 4]] }, /sequence 0 has 4 steps, and there is room for 3/)
    assert.deepEqual([...model.net.inputs['x']!], before)
  })
})
