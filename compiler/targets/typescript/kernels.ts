/** Every kernel of a schedule as a function, and the calls in their order. */
import { reached, type Id } from '../../graph.ts'
import type { Plan } from '../../plan/plan.ts'
import type { Kernel, Stage } from '../../schedule/schedule.ts'
import { gradientParts } from '../../passes/differentiate.ts'
import type { Reach } from '../../passes/reach.ts'
import * as dim from '../../../dsl/dims.ts'
import { kernelSteps, stepsOf, type PassSteps } from '../pass-steps.ts'
import { sequence, type Step } from '../sequence.ts'
import { formula, indent, type DimNames } from '../writer.ts'
import type { Context, Emitted } from './kernel.ts'
import { mapKernel } from './map-kernel.ts'
import { endKernel, pickKernel, zeroKernel } from './end-kernels.ts'
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

export const kernelTexts = (plan: Plan, dims: DimNames, dtype: 'f32' | 'f64', reach: Reach, headOf: (kernel: Kernel) => string): KernelTexts => {
  const { graph } = plan
  const streamNames = new Map<Id, string>()
  for (const [n, id] of graph.face.streams) if (!streamNames.has(id) && graph.nodes[id]!.op !== 'source') streamNames.set(id, n)
  const used = new Set<string>()
  const functions: string[] = []
  const outside: Context = { plan, dims, dtype, streamNames, accumulated: gradientParts(graph), stepped: undefined, steps: undefined, used }
  /** A pass of the backward part runs some of the steps. */
  const inPass = (phase: 'forward' | 'backward', steps: () => PassSteps): PassSteps | undefined => (phase === 'backward' && !reach.whole ? steps() : undefined)
  const emit = (kernel: Kernel, stage: Stage, name: string, phase: 'forward' | 'backward'): Emitted => {
    const ctx: Context = { ...outside, stepped: stage.along, steps: inPass(phase, () => kernelSteps(graph, [kernel])) }
    const head = headOf(kernel)
    const [id] = kernel.nodes
    if (kernel.kind === 'contract') return productKernel(ctx, id!, name, head)
    if (kernel.kind === 'gather') return gatherKernel(ctx, id!, name, head)
    if (kernel.kind === 'scatter') return scatterKernel(ctx, id!, name, head)
    if (kernel.kind === 'edge') return edgeKernel(ctx, id!, name, head)
    if (kernel.kind === 'pick') return pickKernel(ctx, id!, name, head)
    return mapKernel(ctx, kernel, name, head)
  }
  const phase = (name: 'forward' | 'backward'): string =>
    sequence(plan, name)
      .map(step => (step.once ? `if (!prepared) {\n${indent(textOf(step, name), 1)}}\n` : textOf(step, name)))
      .join('')
  const textOf = (step: Step, phase: 'forward' | 'backward'): string => {
    if (step.kind === 'fill') {
      const fill = fillKernel(outside, step.fill, step.name)
      functions.push(fill.text)
      return step.fill.carries ? `if (!carried) ${fill.call}\n` : `${fill.call}\n`
    }
    const ctx: Context = { ...outside, stepped: step.stage.along }
    const of = (ids: readonly Id[]): Context => ({ ...ctx, steps: inPass(phase, () => stepsOf(graph, ids)) })
    const placed = step.ends.map(e => endKernel(of([e.shift]), e, true)!)
    const taken = step.ends.flatMap(e => endKernel(of([e.shift]), e, false) ?? [])
    const made = step.kernels.map(k => ({ kernel: emit(k.kernel, step.stage, k.name, phase), zeros: k.zeros.map(z => zeroKernel(of([z.id]), z)) }))
    const after = step.after.map(z => zeroKernel({ ...of([z.id]), stepped: undefined }, z))
    functions.push(...[...placed, ...taken, ...made.flatMap(m => [m.kernel, ...m.zeros]), ...after].map(m => m.text))
    const ragged = (list: readonly Emitted[]): string =>
      list.length === 0 ? '' : list.length === 1 ? `if (ragged) ${list[0]!.call}\n` : `if (ragged) {\n${indent(list.map(m => `${m.call}\n`).join(''), 1)}}\n`
    const calls = `${ragged(placed)}${made.map(m => `${m.kernel.call}\n${ragged(m.zeros)}`).join('')}${ragged(taken)}`.trimEnd()
    if (step.stage.kind !== 'loop') return `${calls}\n`
    const run = step.stage.along === 't' ? inPass(phase, () => kernelSteps(graph, step.stage.kernels)) : undefined
    const [first, end] = [run?.first ?? dim.zero, run?.end ?? reached(step.stage.along!)].map(d => formula(d, dims))
    return `for (let t = ${step.stage.direction > 0 ? `${first}; t < ${end}; t++` : `${end} - 1; t >= ${first}; t--`}) {\n${indent(calls, 1)}\n}\n${ragged(after)}`
  }
  const forward = phase('forward')
  return { functions, forward, backward: phase('backward'), used }
}
