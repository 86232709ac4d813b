/** Every kernel of a schedule as a function of a WebAssembly module; `forward` and `backward` call them in their order. */
import type { Plan } from '../../plan/plan.ts'
import type { Kernel as Scheduled } from '../../schedule/schedule.ts'
import { gradientParts } from '../../passes/differentiate.ts'
import { sequence, type Step } from '../sequence.ts'
import { reached, type Id } from '../../graph.ts'
import type { Dim } from '../../../dsl/dims.ts'
import type { Reach } from '../../passes/reach.ts'
import { kernelSteps, stepsOf, type PassSteps } from '../pass-steps.ts'
import { formula, type DimNames } from '../writer.ts'
import { countUp, Func, get, i32, load, Module, op, repeatWhile, set, when, type Code, type Local } from './assembler.ts'
import { endKernel, pickKernel, zeroKernel } from './end-kernels.ts'
import { callWords, Header, Kernel, type Context } from './kernel.ts'
import { mapKernel } from './map-kernel.ts'
import { edgeKernel, fillKernel, gatherKernel, scatterKernel } from './other-kernels.ts'
import { productKernel, type Pack, type Packs } from './product-kernel.ts'

export interface KernelCode {
  readonly bytes: Uint8Array
  /** The words at the start of the memory, as formulas in JavaScript. */
  readonly words: readonly string[]
  /** Names of rooms beside the plan, and their sizes in entries. */
  readonly rooms: readonly (readonly [name: string, size: string])[]
}

export const kernelCode = (plan: Plan, dims: DimNames, reach: Reach, fma: boolean): KernelCode => {
  const module = new Module()
  const header = new Header()
  const rooms = new Map<string, Set<string>>()
  const outside: Context = { plan, module, header, dims, fma, accumulated: gradientParts(plan.graph), rooms, stepped: undefined, steps: undefined }
  const kernel = (ctx: Context, scheduled: Scheduled, name: string, packs: Packs): Func => {
    const [id] = scheduled.nodes
    if (scheduled.kind === 'contract') return productKernel(ctx, id!, name, packs)
    if (scheduled.kind === 'gather') return gatherKernel(ctx, id!, name)
    if (scheduled.kind === 'scatter') return scatterKernel(ctx, id!, name)
    if (scheduled.kind === 'edge') return edgeKernel(ctx, id!, name)
    if (scheduled.kind === 'pick') return pickKernel(ctx, id!, name)
    return mapKernel(ctx, scheduled, name)
  }
  const word = (text: string): Code => load('i32.load', i32(0), header.at(text))
  const all = new Map<string, Pack>()
  for (const phase of ['forward', 'backward'] as const) {
    const main = new Func(phase, [])
    const calls: Code[] = []
    const { graph } = plan
    /** A pass of the backward part runs some of the steps. */
    const inPass = (steps: () => PassSteps): PassSteps | undefined => (phase === 'backward' && !reach.whole ? steps() : undefined)
    const push = (step: Step, code: Code): void => void calls.push(step.once ? when(op('i32.eqz', word(callWords.prepared)), code) : code)
    for (const step of sequence(plan, phase)) {
      if (step.kind === 'fill') {
        const fill = module.call(module.add(fillKernel(outside, step.fill, step.name)))
        push(step, step.fill.carries ? when(op('i32.eqz', word(callWords.carried)), fill) : fill)
        continue
      }
      const { stage } = step
      const stepped = stage.along
      const ragged = (list: readonly Func[], t: readonly Code[]): Code =>
        list.length === 0
          ? []
          : when(
              word(callWords.ragged),
              list.map(f => module.call(f, ...t)),
            )
      // What one product of the loop has packed serves all of them.
      const used = new Set<Pack>()
      const of = (ids: readonly Id[]): Context => ({ ...outside, stepped, steps: inPass(() => stepsOf(graph, ids)) })
      const added = (f: Func | undefined): readonly Func[] => (f === undefined ? [] : [module.add(f)])
      const placed = step.ends.flatMap(e => added(endKernel(of([e.shift]), e, true)))
      const made = step.kernels.map(k => ({
        run: module.add(kernel(of([...k.kernel.nodes, ...k.kernel.reductions]), k.kernel, k.name, { all, used })),
        zeros: k.zeros.flatMap(z => added(zeroKernel(of([z.id]), z))),
      }))
      const taken = step.ends.flatMap(e => added(endKernel(of([e.shift]), e, false)))
      const after = step.after.flatMap(z => added(zeroKernel({ ...of([z.id]), stepped: undefined }, z)))
      if (used.size > 0) {
        const maker = new Kernel(outside, `${phase}Pack${calls.length}`)
        calls.push(module.call(module.add(maker.finish([...used].map(p => p.make(maker))))))
      }
      const body = (...t: readonly Code[]): Code => [ragged(placed, t), made.map(m => [module.call(m.run, ...t), ragged(m.zeros, t)]), ragged(taken, t)]
      const run = stepped === 't' ? inPass(() => kernelSteps(graph, stage.kernels)) : undefined
      const size = (d: Dim): Code => word(formula(d, dims))
      const end = (): Code => (run === undefined ? size(reached(stepped!)) : op('i32.add', size(run.first), size(run.count)))
      push(
        step,
        stepped === undefined ? body() : [loop(main, stage.direction, run === undefined ? undefined : size(run.first), end(), body), ragged(after, [])],
      )
    }
    main.body = calls
    module.add(main, true)
  }
  return { bytes: module.bytes(), words: header.words, rooms: [...rooms].map(([name, sizes]) => [name, largest([...sizes])]) }
}

const largest = (sizes: readonly string[]): string => (sizes.length === 1 ? sizes[0]! : `Math.max(${sizes.join(', ')})`)

const loop = (main: Func, direction: 1 | -1, first: Code | undefined, end: Code, body: (t: Code) => Code): Code => {
  const t: Local = main.local('i32')
  if (direction > 0) return [set(t, first ?? i32(0)), countUp(t, end, i32(1), body(get(t)))]
  const more = first === undefined ? get(t) : op('i32.gt_s', get(t), first)
  return [set(t, end), when(more, repeatWhile([set(t, op('i32.sub', get(t), i32(1))), body(get(t))], more))]
}
