/** What a phase does, in its order: kernels of its stages, what lies past the ends, and initial values that are copied to their places. */
import { InternalError } from '../../dsl/diagnostics.ts'
import type { Graph, Id, Node } from '../graph.ts'
import { isComputed, rowOf } from '../ops/table.ts'
import { steppedNodes } from '../passes/causal.ts'
import { liveNodes } from '../passes/rebuild.ts'
import type { Plan } from '../plan/plan.ts'
import { isPack, isSelected } from '../schedule/copies.ts'
import { zeroed } from '../schedule/padding.ts'
import type { Kernel, Stage } from '../schedule/schedule.ts'

export type Fill = Plan['fills'][number]

/** Zeros past the ends of sequences, as far as any sequence goes or as there is room. */
export interface Zero {
  readonly name: string
  readonly id: Id
  readonly how: 'reached' | 'all'
}

/** Where a sequence ends before others do: what comes behind its end, placed where a look ahead reads it, and taken away after the step. */
export interface End {
  readonly name: string
  readonly shift: Id
}

export interface Run {
  readonly name: string
  readonly kernel: Kernel
  readonly zeros: readonly Zero[]
}

/** `once`: it has nothing to do with t, and is done at the first step where a net is run step by step. */
export type Step =
  | { readonly kind: 'fill'; readonly name: string; readonly once: boolean; readonly fill: Fill }
  | {
      readonly kind: 'stage'
      readonly once: boolean
      readonly stage: Stage
      readonly kernels: readonly Run[]
      readonly ends: readonly End[]
      readonly after: readonly Zero[]
    }

/** The computed values that a value is, or is made of by views. */
const behind = (graph: Graph, id: Id): ReadonlySet<Id> => {
  const found = new Set<Id>()
  const visit = (at: Id): void => {
    const n = graph.nodes[at]!
    if (isComputed(n)) found.add(at)
    else n.args.forEach(visit)
  }
  visit(id)
  return found
}

/** Looks ahead that a kernel reads, in place or through views. */
const selectedBy = (graph: Graph, n: Node): readonly Node[] =>
  n.args.flatMap(a => {
    const x = graph.nodes[a]!
    if (isSelected(graph, x)) return [x]
    return rowOf(x.op).class === 'view' && !isPack(graph, x) ? selectedBy(graph, x) : []
  })

export const sequence = ({ graph, schedule, fills, stored }: Plan, phase: 'forward' | 'backward'): readonly Step[] => {
  const result: Step[] = []
  const waiting = new Set(fills.filter(f => f.phase === phase))
  const past = zeroed(graph, liveNodes(graph))
  const stepped = steppedNodes(graph)
  const isOnce = (ids: readonly Id[]): boolean => phase === 'forward' && ids.every(id => !stepped.has(id))
  const looksAhead = (stream: Id): boolean => {
    const at = schedule.position.get(stream)
    return at?.phase === phase && schedule[phase][at.stage]!.kind === 'loop' && schedule[phase][at.stage]!.direction < 0
  }
  const counts = { fill: 0, kernel: 0, zero: 0, end: 0 }
  const fillReady = (done: number): void => {
    for (const fill of waiting) {
      // What comes behind the end overwrites what the kernel of the stream has left there; a loop that looks ahead needs it before.
      const ahead = fill.side === 'trail' && looksAhead(fill.stream)
      if (ahead && fill.edge !== undefined) throw new InternalError('a loop that looks ahead, at what comes behind the end')
      const needed = [...(fill.edge === undefined ? [] : behind(graph, fill.edge)), ...(fill.side === 'trail' && !ahead ? [fill.stream] : [])]
      if (needed.some(id => schedule.position.get(id)?.phase === phase && schedule.position.get(id)!.stage >= done)) continue
      waiting.delete(fill)
      // Where a net is run step by step, what lies before the first step is kept from the step before.
      result.push({ kind: 'fill', once: phase === 'forward' && (fill.side === 'lead' || isOnce([fill.stream])), name: `${phase}Initial${++counts.fill}`, fill })
    }
  }
  schedule[phase].forEach((stage, done) => {
    fillReady(done)
    const kernels = stage.kernels.map((kernel): Run => {
      const ids = [...kernel.nodes, ...kernel.reductions].filter(id => past.has(id) && (stored.has(id) || kernel.reductions.includes(id)))
      return { name: `${phase}${++counts.kernel}`, kernel, zeros: ids.map(id => ({ name: `${phase}Zero${++counts.zero}`, id, how: past.get(id)! })) }
    })
    const nodes = stage.kernels.flatMap(k => [...k.nodes, ...k.reductions]).map(id => graph.nodes[id]!)
    const shifts = stage.kind === 'loop' ? new Set(nodes.flatMap(n => selectedBy(graph, n)).flatMap(s => (s.args[1] === undefined ? [] : [s.id]))) : []
    const ends = [...shifts].map((shift): End => ({ name: `${phase}End${++counts.end}`, shift }))
    // A loop goes as far as any sequence does: what is handed out has room for more.
    const all = stage.kind === 'loop' ? kernels.flatMap(k => k.zeros).filter(z => z.how === 'all') : []
    const after = all.map(z => ({ ...z, name: `${z.name}All` }))
    result.push({ kind: 'stage', once: isOnce(nodes.map(n => n.id)), stage, kernels, ends, after })
  })
  fillReady(schedule[phase].length)
  return result
}
