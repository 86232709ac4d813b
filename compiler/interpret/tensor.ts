/** Values of the interpreter: every entry of a stream, axes outside, shape inside, row-major. */
import { isSequence, type Axis, type Value } from '../graph.ts'
import * as dim from '../../dsl/dims.ts'

export interface Sizes {
  readonly t: number
  readonly b: number
  readonly dims: Readonly<Record<string, number>>
  /** Of the sequences beside `t`. */
  readonly axes?: Readonly<Record<Axis, number>>
  /** How many steps each sequence of the batch has; all, if left out. */
  readonly lengths?: Readonly<Record<Axis, ArrayLike<number>>>
  /** How many sequences of the batch are in use; all, if left out. */
  readonly rows?: number
}

export interface Tensor {
  readonly axes: readonly Axis[]
  /** The lengths of the axes. */
  readonly counts: readonly number[]
  readonly shape: readonly number[]
  /** Entries at one place of the axes. */
  readonly inner: number
  readonly re: Float64Array
  /** The imaginary part, in complex-step differentiation. */
  readonly im?: Float64Array
}

/** Every size by the name of its dim. */
export const dimValues = (sizes: Sizes): Record<string, number> => ({
  ...sizes.dims,
  '@t': sizes.t,
  '@b': sizes.b,
  '#b': rowsIn(sizes),
  ...Object.fromEntries(Object.entries(sizes.axes ?? {}).map(([a, n]) => [`@${a}`, n])),
  ...Object.fromEntries(['t', ...Object.keys(sizes.axes ?? {})].map(a => [`#${a}`, longest(a, sizes)])),
})

export const axisLength = (axis: Axis, sizes: Sizes, depth: number): number =>
  axis === 't' ? sizes.t : axis === 'b' ? sizes.b : axis === 'k' ? depth : sizes.axes![axis]!

const rowsIn = (sizes: Sizes): number => sizes.rows ?? sizes.b

/** How many steps a sequence of the batch has; none, if it is not in use. */
export const lengthAt = (axis: Axis, sizes: Sizes, b: number): number => (b < rowsIn(sizes) ? (sizes.lengths?.[axis]?.[b] ?? axisLength(axis, sizes, 1)) : 0)

/** The steps that any sequence of the batch has. */
export const longest = (axis: Axis, sizes: Sizes): number => {
  let most = 0
  for (let b = 0; b < rowsIn(sizes); b++) most = Math.max(most, lengthAt(axis, sizes, b))
  return most
}

/** True where the row is in use, and no step lies past the end of its sequence; without a batch, past that of the longest. */
export const exists = (axes: readonly Axis[], p: Place, sizes: Sizes): boolean => {
  if (sizes.lengths === undefined && sizes.rows === undefined) return true
  const batched = axes.includes('b')
  if (batched && p['b']! >= rowsIn(sizes)) return false
  return axes.every(a => !isSequence(a) || p[a]! < (batched ? lengthAt(a, sizes, p['b']!) : longest(a, sizes)))
}

export const tensor = (value: Value, sizes: Sizes, depth: number, complex: boolean): Tensor => {
  const values = dimValues(sizes)
  const shape = value.shape.map(d => dim.evaluate(d, values))
  const counts = value.axes.map(a => axisLength(a, sizes, depth))
  const inner = shape.reduce((x, y) => x * y, 1)
  const size = counts.reduce((x, y) => x * y, inner)
  const re = new Float64Array(size)
  return { axes: value.axes, counts, shape, inner, re, ...(complex ? { im: new Float64Array(size) } : {}) }
}

/** A place along the axes. */
export type Place = Readonly<Record<Axis, number>>

/** Where the entries at a place begin. */
export const offset = (v: Tensor, p: Place): number => {
  let row = 0
  v.axes.forEach((a, i) => {
    row = row * v.counts[i]! + p[a]!
  })
  return row * v.inner
}

/** For each entry of a shape, the entry of a smaller shape that broadcasts to it. */
export const broadcastIndex = (from: readonly number[], to: readonly number[]): Int32Array => {
  const size = to.reduce((x, y) => x * y, 1)
  const index = new Int32Array(size)
  const strides = stridesOf(from)
  for (let i = 0; i < size; i++) {
    let rest = i
    let at = 0
    for (let d = to.length - 1; d >= 0; d--) {
      const c = rest % to[d]!
      rest = Math.floor(rest / to[d]!)
      const own = d - to.length + from.length
      if (own >= 0 && from[own] !== 1) at += c * strides[own]!
    }
    index[i] = at
  }
  return index
}

export const stridesOf = (shape: readonly number[]): readonly number[] => {
  const strides = shape.map(() => 1)
  for (let d = shape.length - 2; d >= 0; d--) strides[d] = strides[d + 1]! * shape[d + 1]!
  return strides
}
