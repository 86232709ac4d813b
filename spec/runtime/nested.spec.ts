import assert from 'node:assert/strict'
import fc from 'fast-check'
import { InputError } from '../../runtime/errors.ts'
import { flatten, nest, shapeOfNested } from '../../runtime/nested.ts'

const anyShape = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 })
const anyArray = anyShape.chain(shape => {
  const n = shape.reduce((a, b) => a * b, 1)
  return fc.tuple(fc.constant(shape), fc.float64Array({ minLength: n, maxLength: n }))
})
const says = (run: () => unknown, message: string): void =>
  assert.throws(run, (e: unknown) => {
    assert.ok(e instanceof InputError)
    assert.equal(e.message, message)
    return true
  })

describe('nested lists', () => {
  it('come back as they were, through JSON, NaN and infinities too', () =>
    fc.assert(
      fc.property(anyArray, ([shape, flat]) => {
        const nested: unknown = JSON.parse(JSON.stringify(nest(flat, shape)))
        assert.deepEqual(shapeOfNested(nested), shape)
        assert.deepEqual(
          flatten(nested, shape, 'x'),
          flat.map(x => (x === 0 ? 0 : x)),
        ) // JSON has no -0
      }),
    ))

  it('are row-major', () => {
    assert.deepEqual(
      [
        ...flatten(
          [
            [1, 2, 3],
            [4, 5, 6],
          ],
          [2, 3],
          'x',
        ),
      ],
      [1, 2, 3, 4, 5, 6],
    )
    assert.deepEqual(nest([1, 2, 3, 4, 5, 6], [3, 1, 2]), [[[1, 2]], [[3, 4]], [[5, 6]]])
  })

  it('of the shape [] are one number', () => {
    assert.deepEqual([...flatten(3, [], 'x')], [3])
    assert.equal(nest([3], []), 3)
    assert.deepEqual(shapeOfNested(3), [])
  })

  it('may be empty', () => {
    assert.deepEqual([...flatten([], [0, 3], 'x')], [])
    assert.deepEqual([...flatten([[], []], [2, 0], 'x')], [])
    assert.deepEqual(nest([], [2, 0]), [[], []])
    assert.deepEqual(shapeOfNested([[]]), [1, 0])
  })

  it('write NaN and infinities as strings, and keep a zero its sign', () => {
    assert.deepEqual(nest([NaN, Infinity, -Infinity, -0], [4]), ['NaN', 'Infinity', '-Infinity', -0])
    assert.deepEqual([...flatten(['NaN', 'Infinity', '-Infinity', -0], [4], 'x')], [NaN, Infinity, -Infinity, -0])
  })

  it('name the place where they are wrong', () => {
    const x = [[[1, 2, 3]], [[1, 2, 3]], [[1, 2, 3, 4]]]
    says(() => flatten(x, [3, 1, 3], 'inputs.x'), 'inputs.x[2][0]: expected 3 numbers, got 4')
    says(() => flatten(x, [3, 2, 3], 'inputs.x'), 'inputs.x[0]: expected 2 lists, got 1')
    says(() => flatten([1], [1, 1], 'x'), 'x[0]: expected a list of 1 number, got the number 1')
    says(() => flatten(null, [2], 'x'), 'x: expected a list of 2 numbers, got null')
    says(() => flatten({}, [2, 2], 'x'), 'x: expected a list of 2 lists, got an object')
    says(() => flatten([1, [2]], [2], 'x'), 'x[1]: expected a number, got a list')
    says(() => flatten([1, '2'], [2], 'x'), 'x[1]: expected a number, got the string "2"')
    says(() => flatten([1, null], [2], 'x'), 'x[1]: expected a number, got null')
    says(() => flatten([1, true], [2], 'x'), 'x[1]: expected a number, got true')
    says(() => flatten('nan', [], 'x'), 'x: expected a number, got the string "nan"')
  })

  it('of indices hold integers from -1', () => {
    assert.deepEqual(
      flatten(
        [
          [0, -1],
          [5, 2 ** 31 - 1],
        ],
        [2, 2],
        'w',
        'index',
      ),
      Int32Array.of(0, -1, 5, 2 ** 31 - 1),
    )
    for (const [bad, shown] of [
      [0.5, 'the number 0.5'],
      [-2, 'the number -2'],
      [2 ** 31, 'the number 2147483648'],
      ['NaN', 'the string "NaN"'],
      [null, 'null'],
    ] as const)
      says(() => flatten([0, bad], [2], 'w', 'index'), `w[1]: expected an index (an integer from 0, or -1 for none), got ${shown}`)
    says(() => flatten([0], [2], 'w', 'index'), 'w: expected 2 integers, got 1')
  })

  it('refuse a shape that does not fit', () => {
    says(() => nest([1, 2, 3], [2, 2]), 'the shape [2, 2] does not fit 3 numbers')
    says(() => nest([1, 2], []), 'the shape [] does not fit 2 numbers')
  })
})
