/** What a phase does, in its order: kernels of its stages, what lies past the ends, and initial values that are copied to their places. */
import type { Graph, Id, Node } from '../graph.ts'
import { isComputed, rowOf } from '../ops/table.ts'
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

export type Step =
  | { readonly kind: 'fill'; readonly name: string; readonly fill: Fill }
  | { readonly kind: 'stage'; readonly stage: Stage; readonly kernels: readonly Run[]; readonly ends: readonly End[] }

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
  const counts = { fill: 0, kernel: 0, zero: 0, end: 0 }
  const fillReady = (done: number): void => {
    for (const fill of waiting) {
      // What comes behind the end overwrites what the kernel of the stream has left there.
      const needed = [...(fill.edge === undefined ? [] : behind(graph, fill.edge)), ...(fill.side === 'trail' ? [fill.stream] : [])]
      if (needed.some(id => schedule.position.get(id)?.phase === phase && schedule.position.get(id)!.stage >= done)) continue
      waiting.delete(fill)
      result.push({ kind: 'fill', name: `${phase}Initial${++counts.fill}`, fill })
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
    result.push({ kind: 'stage', stage, kernels, ends })
  })
  fillReady(schedule[phase].length)
  return result
}

/** The computed values behind the gradients: what may be added to. */
export const gradientParts = (graph: Graph): ReadonlySet<Id> => {
  const found = new Set<Id>()
  const visit = (id: Id): void => {
    const n = graph.nodes[id]!
    if (isComputed(n)) found.add(id)
    else if (n.op !== 'shift') n.args.forEach(visit)
  }
  const adjoints = new Set(graph.gradients?.adjoints.values() ?? [])
  const { params, inputs, initial } = graph.gradients ?? { params: new Map<string, Id>(), inputs: new Map<string, Id>(), initial: new Map<string, Id>() }
  for (const m of [params, inputs, initial]) for (const id of m.values()) if (!adjoints.has(id)) visit(id)
  return found
}
