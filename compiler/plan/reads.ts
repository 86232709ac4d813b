/** Who reads what, and how: the facts that storage and memory are decided on. */
import * as dim from '../../dsl/dims.ts'
import type { Dim } from '../../dsl/dims.ts'
import { resultIds, type Graph, type Id } from '../graph.ts'
import { isComputed, rowOf } from '../ops/table.ts'
import { isSelected } from '../schedule/copies.ts'
import type { Position, Schedule } from '../schedule/schedule.ts'

/** A stretch of one dim, or everything. */
export type Range = { readonly dim: number; readonly from: Dim; readonly to: Dim } | 'whole'

export interface Read {
  readonly by: Id
  readonly at: Position
  /** The part of the value that is read. */
  readonly range: Range
  /** Entry i is read where entry i of the result is written, and nowhere else. */
  readonly identity: boolean
  /** Read through a delay or an advance: at another step. */
  readonly shifted: 'no' | 'halo' | 'selected'
}

export const overlap = (a: Range, b: Range): boolean =>
  a === 'whole' || b === 'whole' || a.dim !== b.dim || !(dim.dominates(b.from, a.to) || dim.dominates(a.from, b.to))

export const compare = (a: Position, b: Position): number => (a.phase === b.phase ? a.stage - b.stage || a.kernel - b.kernel : a.phase === 'forward' ? -1 : 1)

/** The reads of every value that lies in memory: sources and what kernels write. */
export const readsOf = (graph: Graph, schedule: Schedule): ReadonlyMap<Id, readonly Read[]> => {
  const reads = new Map<Id, Read[]>()
  for (const [by, at] of schedule.position) {
    const node = graph.nodes[by]!
    const elementwise = rowOf(node.op).class === 'map' || (node.op === 'contract' && node.attrs.continued === true)
    node.args.forEach((arg, k) => {
      const start = elementwise && (node.op !== 'contract' || k === 0)
      const visit = (id: Id, range: Range, identity: boolean, shifted: Read['shifted']): void => {
        const n = graph.nodes[id]!
        if (isComputed(n) || n.op === 'source') {
          const same = n.axes.length === node.axes.length
          const list = reads.get(id) ?? []
          reads.set(id, [...list, { by, at, range, identity: identity && same && start, shifted }])
          return
        }
        if (n.op === 'shift') {
          const kind = isSelected(graph, n) ? 'selected' : 'halo'
          visit(n.args[0]!, 'whole', kind === 'selected' && identity, kind)
          if (n.args[1] !== undefined) visit(n.args[1], 'whole', false, 'no')
          return
        }
        if (n.op === 'slice') {
          const plain = range === 'whole'
          visit(n.args[0]!, plain ? { dim: n.attrs.dim!, from: n.attrs.from!, to: n.attrs.to! } : 'whole', identity && plain, shifted)
          return
        }
        const keeps = n.op === 'reshape' && range === 'whole'
        for (const a of n.args) visit(a, 'whole', identity && keeps, shifted)
      }
      visit(arg, 'whole', dim.sameShape(graph.nodes[arg]!.shape, node.shape), 'no')
    })
  }
  for (const id of resultIds(graph)) if (!reads.has(id)) reads.set(id, [])
  return reads
}
