/** What a phase does, in its order: kernels of its stages, and initial values that are copied to their places before they are read. */
import type { Graph, Id } from '../graph.ts'
import type { Plan } from '../plan/plan.ts'
import { isComputed } from '../schedule/copies.ts'
import type { Kernel, Stage } from '../schedule/schedule.ts'

export type Fill = Plan['fills'][number]

export type Step =
  | { readonly kind: 'fill'; readonly name: string; readonly fill: Fill }
  | { readonly kind: 'stage'; readonly stage: Stage; readonly kernels: readonly { readonly name: string; readonly kernel: Kernel }[] }

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

export const sequence = ({ graph, schedule, fills }: Plan, phase: 'forward' | 'backward'): readonly Step[] => {
  const result: Step[] = []
  const waiting = new Set(fills.filter(f => f.phase === phase))
  let filled = 0
  const fillReady = (done: number): void => {
    for (const fill of waiting) {
      const stages = [...behind(graph, fill.edge)].map(id => schedule.position.get(id)!).filter(at => at.phase === phase)
      if (stages.some(at => at.stage >= done)) continue
      waiting.delete(fill)
      result.push({ kind: 'fill', name: `${phase}Initial${++filled}`, fill })
    }
  }
  let count = 0
  schedule[phase].forEach((stage, done) => {
    fillReady(done)
    result.push({ kind: 'stage', stage, kernels: stage.kernels.map(kernel => ({ name: `${phase}${++count}`, kernel })) })
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
