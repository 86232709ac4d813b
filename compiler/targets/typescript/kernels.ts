/** Every kernel of a schedule as a function, and the calls in their order. */
import type { Graph, Id } from '../../graph.ts'
import type { Plan } from '../../plan/plan.ts'
import { isComputed } from '../../schedule/copies.ts'
import type { Kernel, Stage } from '../../schedule/schedule.ts'
import type { Context, Emitted } from './kernel.ts'
import { mapKernel } from './map-kernel.ts'
import { edgeKernel, fillKernel, gatherKernel, scatterKernel } from './other-kernels.ts'
import { productKernel } from './product-kernel.ts'
import { indent, type DimNames } from '../writer.ts'

export interface KernelTexts {
  readonly functions: readonly string[]
  /** The bodies of `forward` and `backward`. */
  readonly forward: string
  readonly backward: string
  /** What the numeric library and the small helpers must provide. */
  readonly used: ReadonlySet<string>
}

/** The computed values behind the gradients: what may be added to. */
const gradientParts = (graph: Graph): ReadonlySet<Id> => {
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

export const kernelTexts = (plan: Plan, dims: DimNames, dtype: 'f32' | 'f64', headOf: (kernel: Kernel) => string): KernelTexts => {
  const { graph, schedule } = plan
  const streamNames = new Map<Id, string>()
  for (const [n, id] of graph.face.streams) if (!streamNames.has(id) && graph.nodes[id]!.op !== 'source') streamNames.set(id, n)
  const used = new Set<string>()
  const accumulated = gradientParts(graph)
  const functions: string[] = []
  const emit = (kernel: Kernel, stage: Stage, name: string): Emitted => {
    const ctx: Context = { plan, dims, dtype, streamNames, accumulated, stepped: stage.kind === 'loop', used }
    const head = headOf(kernel)
    const [id] = kernel.nodes
    if (kernel.kind === 'contract') return productKernel(ctx, id!, name, head)
    if (kernel.kind === 'gather') return gatherKernel(ctx, id!, name, head)
    if (kernel.kind === 'scatter') return scatterKernel(ctx, id!, name, head)
    if (kernel.kind === 'edge') return edgeKernel(ctx, id!, name, head)
    return mapKernel(ctx, kernel, name, head)
  }
  const phase = (name: 'forward' | 'backward'): string => {
    let count = 0
    const ctx: Context = { plan, dims, dtype, streamNames, accumulated, stepped: false, used }
    const lines: string[] = []
    const fills = plan.fills.filter(f => f.phase === name)
    const filled = new Set<(typeof fills)[number]>()
    const fillReady = (): void => {
      for (const f of fills) {
        const at = schedule.position.get(f.edge)
        if (filled.has(f) || (at !== undefined && at.phase === name && at.stage >= done)) continue
        filled.add(f)
        const made = fillKernel(ctx, f, `${name}Initial${filled.size}`)
        functions.push(made.text)
        lines.push(made.call)
      }
    }
    let done = 0
    for (const stage of schedule[name]) {
      fillReady()
      const made = stage.kernels.map(k => emit(k, stage, `${name}${++count}`))
      functions.push(...made.map(m => m.text))
      const calls = made.map(m => m.call).join('\n')
      if (stage.kind !== 'loop') lines.push(calls)
      else lines.push(`for (let t = ${stage.direction > 0 ? '0; t < T; t++' : 'T - 1; t >= 0; t--'}) {\n${indent(calls, 1)}\n}`)
      done++
    }
    fillReady()
    return lines.map(l => `${l}\n`).join('')
  }
  const forward = phase('forward')
  const backward = phase('backward')
  return { functions, forward, backward, used }
}
