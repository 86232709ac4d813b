/** Fixes the order of every sum, once it is known what runs where: from here on rounding is part of the graph. */
import { isComputed } from './ops/table.ts'
import type { Graph, Id } from './graph.ts'
import { schedule, type Schedule } from './schedule/schedule.ts'

export interface Frozen {
  readonly graph: Graph
  readonly schedule: Schedule
}

/** Sums over time go in the order of the loop that makes the summands. */
export const freeze = (graph: Graph): Frozen => {
  const made = schedule(graph)
  const fromBackward = (id: Id): boolean => {
    const n = graph.nodes[id]!
    const at = made.position.get(id)
    if (isComputed(n)) return at !== undefined && made[at.phase][at.stage]!.direction < 0
    return n.args.some((a, k) => !(n.op === 'shift' && k > 0) && fromBackward(a))
  }
  const nodes = graph.nodes.map(n => {
    const sumsTime = n.attrs.over?.includes('t') === true && n.args.some(a => graph.nodes[a]!.axes.includes('t'))
    return sumsTime && n.args.some(fromBackward) ? { ...n, attrs: { ...n.attrs, backward: true } } : n
  })
  return { graph: { ...graph, nodes }, schedule: made }
}
