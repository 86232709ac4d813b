import assert from 'node:assert/strict'
import fc from 'fast-check'
import { batches, padded, paddingOf } from '../../runtime/batches.ts'
import { InputError } from '../../runtime/errors.ts'

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
    for (const bad of [{ size: 0 }, { size: 1.5 }, { seed: -1 }, { epoch: -1 }, { bucket: 0 }])
      assert.throws(() => batches([1], { size: 1, seed: 1, ...bad }), InputError)
  })
})

describe('padding', () => {
  it('stands behind the ends, and takes nothing away', () =>
    fc.assert(
      fc.property(fc.array(fc.array(fc.nat({ max: 99 }), { maxLength: 7 }), { maxLength: 5 }), sequences => {
        const { data, lengths: found } = padded(sequences, { steps: 7, rows: 5 })
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
})
