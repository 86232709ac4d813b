import assert from 'node:assert/strict'
import { initialise } from '../../compiler/numeric/initialise.ts'
import { normalAt, philox, uniformAt } from '../../compiler/numeric/random.ts'

const hex = (words: Uint32Array): string => [...words].map(w => w.toString(16).padStart(8, '0')).join(' ')

describe('numeric: random', () => {
  it('philox gives the known answers of Random123', () => {
    const out = new Uint32Array(4)
    const all = 0xffffffff
    philox(0, 0, 0, 0, 0, 0, out)
    assert.equal(hex(out), '6627e8d5 e169c58d bc57ac4c 9b00dbd8')
    philox(all, all, all, all, all, all, out)
    assert.equal(hex(out), '408f276d 41c83b0e a20bc7c6 6d5451fd')
    philox(0xa4093822, 0x299f31d0, 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, out)
    assert.equal(hex(out), 'd16cfe09 94fdcceb 5001e420 24126ea1')
  })

  it('uniform: multiples of 2^-24 in [0, 1), even and uncorrelated', () => {
    const n = 40000
    const sums = [0, 0, 0]
    for (let i = 0; i < n; i++) {
      const u = uniformAt(3, 1, i)
      assert.ok(u >= 0 && u < 1 && Number.isInteger(u * 2 ** 24))
      sums[0]! += u - 0.5
      sums[1]! += (u - 0.5) ** 2 - 1 / 12
      sums[2]! += (u - 0.5) * (uniformAt(3, 1, i + 1) - 0.5)
    }
    for (const sum of sums) assert.ok(Math.abs(sum / n) < 0.005, `${sums.join()}`)
  })

  it('normal: moments of a standard normal', () => {
    const n = 40000
    const moments = [0, 0, 0, 0]
    let neighbours = 0
    for (let i = 0; i < n; i++) {
      const x = normalAt(3, 1, i)
      moments.forEach((_, k) => (moments[k]! += x ** (k + 1) / n))
      neighbours += (x * normalAt(3, 1, i + 1)) / n
    }
    ;[0, 1, 0, 3].forEach((m, k) => assert.ok(Math.abs(moments[k]! - m) < 0.1, `moment ${k + 1} is ${moments[k]}`))
    assert.ok(Math.abs(neighbours) < 0.02)
  })

  it('every bit of seed, stream and index counts', () => {
    const values = new Set<number>()
    for (let bit = 0; bit < 53; bit++) {
      values.add(normalAt(2 ** bit, 0, 0))
      values.add(normalAt(0, 0, 2 ** bit))
      if (bit < 32) values.add(normalAt(0, 2 ** bit, 0))
    }
    assert.equal(values.size, 53 + 53 + 32)
  })
})

describe('numeric: initialisers', () => {
  const fill = (shape: readonly number[], scheme: string, args: readonly number[] = [], scaled = 1, seed = 1, stream = 0): Float64Array => {
    const out = new Float64Array(shape.reduce((a, b) => a * b, 1))
    initialise(out, shape, scheme, args, scaled, seed, stream)
    return out
  }
  const mean = (x: Float64Array): number => x.reduce((a, b) => a + b, 0) / x.length
  const deviation = (x: Float64Array): number => Math.sqrt(x.reduce((a, b) => a + b * b, 0) / x.length - mean(x) ** 2)
  const near = (actual: number, expected: number, within: number): void => assert.ok(Math.abs(actual - expected) <= within, `${actual}, not ${expected}`)

  it('constants', () => {
    assert.deepEqual([...fill([3], 'zeros')], [0, 0, 0])
    assert.deepEqual([...fill([2], 'ones', [], 0.5)], [0.5, 0.5])
    assert.deepEqual([...fill([], 'constant', [3], 2)], [6])
    assert.deepEqual([...fill([2, 2, 3], 'identity', [], 2)], [2, 0, 0, 0, 2, 0, 2, 0, 0, 0, 2, 0])
    assert.throws(() => fill([1], 'nought'), /nought/)
  })

  it('distributions have their mean, spread and limits', () => {
    const shape = [200, 100]
    const uniform = fill(shape, 'uniform', [-1, 3])
    near(mean(uniform), 1, 0.03)
    near(deviation(uniform), 4 / Math.sqrt(12), 0.03)
    const normal = fill(shape, 'normal', [2, 0.5], 2)
    near(mean(normal), 4, 0.03)
    near(deviation(normal), 1, 0.03)
    near(deviation(fill(shape, 'he')), Math.sqrt(2 / 100), 0.003)
    near(deviation(fill(shape, 'lecun')), Math.sqrt(1 / 100), 0.003)
    near(deviation(fill([7, 200, 100], 'lecun')), Math.sqrt(1 / 100), 0.003)
    const glorot = fill(shape, 'glorot')
    assert.ok(Math.max(...glorot.map(Math.abs)) <= Math.sqrt(6 / 300))
    near(deviation(glorot), Math.sqrt(2 / 300), 0.003)
    near(deviation(fill([5000], 'glorot')), Math.sqrt(1 / 5000), 0.001)
  })

  for (const shape of [[20, 20], [30, 12], [12, 30], [3, 8, 8], [1, 5], [5, 1], [40]])
    it(`orthogonal [${shape.join(', ')}] is orthonormal along its shorter side`, () => {
      const q = fill(shape, 'orthogonal', [], 1, 9, 4)
      const columns = shape.at(-1)!
      const rows = shape.at(-2) ?? 1
      const at = rows < columns ? (v: number, i: number) => v * columns + i : (v: number, i: number) => i * columns + v
      for (let block = 0; block < q.length; block += rows * columns)
        for (let a = 0; a < Math.min(rows, columns); a++)
          for (let b = 0; b <= a; b++) {
            let dot = 0
            for (let i = 0; i < Math.max(rows, columns); i++) dot += q[block + at(a, i)]! * q[block + at(b, i)]!
            near(dot, a === b ? 1 : 0, 1e-12)
          }
    })

  it('streams and seeds differ, and f32 is f64 rounded', () => {
    const wide = fill([8, 8], 'orthogonal', [], 1, 5, 1)
    assert.notDeepEqual(wide, fill([8, 8], 'orthogonal', [], 1, 5, 2))
    assert.notDeepEqual(wide, fill([8, 8], 'orthogonal', [], 1, 6, 1))
    const single = new Float32Array(64)
    initialise(single, [8, 8], 'orthogonal', [], 1, 5, 1)
    assert.deepEqual(single, new Float32Array(wide))
  })
})
