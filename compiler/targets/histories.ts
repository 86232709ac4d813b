/** What a carry keeps: of every stream that a delay reads, as many steps as it reaches back. */
import * as dim from '../../dsl/dims.ts'
import type { Dim } from '../../dsl/dims.ts'
import { alongOf, extent, type Id } from '../graph.ts'
import { layoutOf, type Layout } from '../plan/layout.ts'
import type { Plan } from '../plan/plan.ts'
import { isSelected } from '../schedule/copies.ts'
import { forwardNodes } from '../schedule/tape.ts'

export interface History {
  readonly stream: Id
  readonly layout: Layout
  /** Entries from a step to the next: for each step of other sequences, those of each sequence of the batch. */
  readonly step: Dim
  readonly others: Dim
  readonly row: Dim
  /** How many steps lie before the first. */
  readonly lead: number
  readonly batched: boolean
  readonly index: boolean
  /** Nothing is put there before a pass: it begins with zeros. */
  readonly plain: boolean
}

/** Those along `t`: another sequence begins anew with each pass. */
export const histories = (plan: Plan): readonly History[] => {
  const { graph, regions, fills } = plan
  const found = new Map<Id, History>()
  for (const id of forwardNodes(graph)) {
    const n = graph.nodes[id]!
    if (n.op !== 'shift' || n.attrs.by! < 0 || alongOf(n) !== 't' || isSelected(graph, n)) continue
    const [stream, edge] = n.args as [Id, Id | undefined]
    const layout = layoutOf(plan, stream)
    const value = graph.nodes[stream]!
    if (layout === undefined || found.has(stream)) continue
    const { lead, type } = regions[layout.region]!
    found.set(stream, {
      stream,
      layout,
      step: layout.axes['t']!,
      others: dim.product(value.axes.filter(a => a !== 't' && a !== 'b').map(extent)),
      row: dim.product(value.shape),
      lead,
      batched: value.axes.includes('b'),
      index: type === 'index',
      plain: edge === undefined && !fills.some(f => f.stream === stream && f.side === 'lead'),
    })
  }
  return [...found.values()]
}
