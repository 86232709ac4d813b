/** What sums over axes visit, and in which order. */
import { isSequence, ordered, type Axis, type Node } from '../graph.ts'
import type { Run } from './interpret.ts'
import { longest, type Place, type Tensor } from './tensor.ts'

/** The places that a sum over axes visits, in its order: time outside, the batch inside; all of it backward where a backward loop makes the summands. */
export const visited = (run: Pick<Run, 'sizes'>, node: Node, operands: readonly Tensor[]): readonly Place[] => {
  const over = ordered(node.attrs.over ?? []).filter(a => operands.some(o => o.axes.includes(a)))
  const count = (a: Axis): number => {
    const operand = operands.find(o => o.axes.includes(a))!
    const whole = operand.counts[operand.axes.indexOf(a)]!
    return isSequence(a) ? Math.min(whole, longest(a, run.sizes)) : whole
  }
  let places: Place[] = [{}]
  for (const a of over) {
    const n = count(a)
    const back = node.attrs.backward === true && a !== 'k'
    places = places.flatMap(p => Array.from({ length: n }, (_, i) => ({ ...p, [a]: back ? n - 1 - i : i })))
  }
  return places
}

/** The sequence that a sum goes along, outside of all else. */
export const outermost = (node: Node, operands: readonly Tensor[]): Axis | undefined =>
  ordered(node.attrs.over ?? []).find(a => isSequence(a) && operands.some(o => o.axes.includes(a)))
