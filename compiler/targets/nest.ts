/** Nests of loops over axes and dims, joined where every operand lies in one piece. */
import * as dim from '../../dsl/dims.ts'
import type { Dim } from '../../dsl/dims.ts'
import { foldedAxis, reached, type Axis, type Value } from '../graph.ts'
import type { Layout } from '../plan/layout.ts'
import type { PassSteps } from './pass-steps.ts'

/** One loop: how often, and by how much each operand moves (operands in the order of the nest). */
export interface Loop {
  readonly count: Dim
  readonly strides: readonly Dim[]
  /** What it runs over: an axis, or a dim of the shape by its place. */
  readonly over: Axis | number
}

export const axisCount = (axis: Axis, depth: Dim, steps?: PassSteps): Dim =>
  axis === 'k' ? depth : axis === 't' && steps !== undefined ? steps.count : reached(axis)

/** How often a loop over a dim runs: over the steps that any sequence has, where it counts steps. */
export const dimCount = (d: Dim): Dim => {
  const along = foldedAxis(d)
  return along === undefined ? d : reached(along)
}

/** The stride of an operand along one loop of a value's places: 0 where it lacks the axis or is stretched. */
export const strideAlong = (over: Axis | number, value: Value, operand: { value: Value; layout: Layout }): Dim => {
  if (typeof over === 'string') return operand.layout.axes[over] ?? dim.zero
  const own = over - value.shape.length + operand.value.shape.length
  if (own < 0 || (dim.isOne(operand.value.shape[own]!) && !dim.isOne(value.shape[over]!))) return dim.zero
  return operand.layout.inner[own]!
}

/** The loops over all places of a value. `skip`: axes that are fixed outside; `steps`: those of t that are visited. */
export const loopsOf = (
  value: Value,
  operands: readonly { value: Value; layout: Layout }[],
  skip: readonly Axis[],
  depth: Dim = dim.one,
  steps?: PassSteps,
): readonly Loop[] => [
  ...value.axes.filter(a => !skip.includes(a)).map(a => ({ over: a, count: axisCount(a, depth, steps), strides: operands.map(o => strideAlong(a, value, o)) })),
  ...value.shape.map((size, i) => ({ over: i, count: dimCount(size), strides: operands.map(o => strideAlong(i, value, o)) })),
]

/** Joins a loop with the next inner one, where each operand's entries follow one another; `apart` keeps two apart. */
export const joined = (loops: readonly Loop[], apart: (outer: Loop, inner: Loop) => boolean = () => false): readonly Loop[] => {
  const result: Loop[] = []
  for (const loop of [...loops].reverse()) {
    if (dim.isOne(loop.count)) continue
    const inner = result[0]
    const fits = inner !== undefined && !apart(loop, inner) && loop.strides.every((s, i) => dim.equal(s, dim.multiply(inner.strides[i]!, inner.count)))
    if (fits) result[0] = { over: inner.over, count: dim.multiply(loop.count, inner.count), strides: inner.strides }
    else result.unshift(loop)
  }
  return result
}
