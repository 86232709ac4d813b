/** Functions along the last dim in which each entry sees others: cumulative sums, convolutions. Both are products with a matrix. */
import * as dim from '../../dsl/dims.ts'
import type { Dim } from '../../dsl/dims.ts'
import type { Builder } from '../builder.ts'
import type { Id } from '../graph.ts'
import { ShapeError } from '../ops/row.ts'

export type Edge = 'same' | 'valid' | 'circular'
export const edges: readonly Edge[] = ['same', 'valid', 'circular']

const letters = 'abcdefgh'

/** `v` along its last dim times a matrix [n, last]. */
const times = (b: Builder, v: Id, matrix: Id): Id => {
  const rest = letters.slice(0, b.node(v).shape.length - 1)
  return b.add('contract', [v, matrix], { spec: { operands: [`${rest}j`, 'ij'], result: `${rest}i` }, over: [] })
}

const lastDim = (b: Builder, v: Id): Dim => {
  const found = b.node(v).shape.at(-1)
  if (found === undefined) throw new ShapeError('a vector is needed', [b.node(v)])
  return found
}

/** 0, 1, 2, … along a dim of its own, `behind` dims being left for others. */
const count = (b: Builder, n: Dim, behind: number): Id => b.reshape(b.range(n), [n, ...Array.from({ length: behind }, () => dim.one)])

const oneWhere = (b: Builder, condition: Id): Id => b.map('select', condition, b.constant(1), b.constant(0))

/** out[i] = v[0] + … + v[i]. */
export const cumulativeSum = (b: Builder, v: Id): Id => {
  const n = lastDim(b, v)
  return times(b, v, oneWhere(b, b.map('ge', count(b, n, 1), count(b, n, 0))))
}

/** out[i] = sum over j of kernel[j] v[i + j - floor(K / 2)], zero outside, or round about; `valid`: out[i] = sum over j of kernel[j] v[i + j]. */
export const convolution = (b: Builder, v: Id, kernel: Id, edge: Edge): Id => {
  const n = lastDim(b, v)
  const { shape } = b.node(kernel)
  if (shape.length !== 1) throw new ShapeError('the kernel is a vector', [b.node(v), b.node(kernel)])
  const [width] = shape as [Dim]
  const length = edge === 'valid' ? dim.add(dim.subtract(n, width), dim.one) : n
  // reads[i, j, p] is 1 where out[i] takes kernel[j] times v[p].
  const at = b.map('add', count(b, length, 2), count(b, width, 1))
  const half = b.map('floor', b.map('mul', b.size(width), b.constant(0.5)))
  const place = edge === 'valid' ? at : b.map('sub', at, half)
  const wrapped =
    edge === 'circular'
      ? b.formula(
          'a - n * floor(a / n)',
          new Map([
            ['a', place],
            ['n', b.size(n)],
          ]),
        )
      : place
  const reads = oneWhere(b, b.map('eq', wrapped, count(b, n, 0)))
  const toeplitz = b.add('contract', [reads, kernel], { spec: { operands: ['ijp', 'j'], result: 'ip' }, over: [] })
  return times(b, v, toeplitz)
}
