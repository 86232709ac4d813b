/** Every kernel of a schedule as a function, and the calls in their order. */
import { extent, type Id } from '../../graph.ts'
import type { Plan } from '../../plan/plan.ts'
import type { Kernel, Stage } from '../../schedule/schedule.ts'
import { gradientParts, sequence } from '../sequence.ts'
import { formula, indent, type DimNames } from '../writer.ts'
import type { Context, Emitted } from './kernel.ts'
import { mapKernel } from './map-kernel.ts'
import { edgeKernel, fillKernel, gatherKernel, scatterKernel } from './other-kernels.ts'
import { productKernel } from './product-kernel.ts'

export interface KernelTexts {
  readonly functions: readonly string[]
  /** The bodies of `forward` and `backward`. */
  readonly forward: string
  readonly backward: string
  /** What the numeric library and the small helpers must provide. */
  readonly used: ReadonlySet<string>
}

export const kernelTexts = (plan: Plan, dims: DimNames, dtype: 'f32' | 'f64', headOf: (kernel: Kernel) => string): KernelTexts => {
  const { graph } = plan
  const streamNames = new Map<Id, string>()
  for (const [n, id] of graph.face.streams) if (!streamNames.has(id) && graph.nodes[id]!.op !== 'source') streamNames.set(id, n)
  const used = new Set<string>()
  const functions: string[] = []
  const outside: Context = { plan, dims, dtype, streamNames, accumulated: gradientParts(graph), stepped: undefined, used }
  const emit = (kernel: Kernel, stage: Stage, name: string): Emitted => {
    const ctx: Context = { ...outside, stepped: stage.along }
    const head = headOf(kernel)
    const [id] = kernel.nodes
    if (kernel.kind === 'contract') return productKernel(ctx, id!, name, head)
    if (kernel.kind === 'gather') return gatherKernel(ctx, id!, name, head)
    if (kernel.kind === 'scatter') return scatterKernel(ctx, id!, name, head)
    if (kernel.kind === 'edge') return edgeKernel(ctx, id!, name, head)
    return mapKernel(ctx, kernel, name, head)
  }
  const phase = (name: 'forward' | 'backward'): string =>
    sequence(plan, name)
      .map(step => {
        const made = step.kind === 'fill' ? [fillKernel(outside, step.fill, step.name)] : step.kernels.map(k => emit(k.kernel, step.stage, k.name))
        functions.push(...made.map(m => m.text))
        const calls = made.map(m => m.call).join('\n')
        if (step.kind === 'fill' || step.stage.kind !== 'loop') return `${calls}\n`
        const count = formula(extent(step.stage.along!), dims)
        return `for (let t = ${step.stage.direction > 0 ? `0; t < ${count}; t++` : `${count} - 1; t >= 0; t--`}) {\n${indent(calls, 1)}\n}\n`
      })
      .join('')
  const forward = phase('forward')
  return { functions, forward, backward: phase('backward'), used }
}
