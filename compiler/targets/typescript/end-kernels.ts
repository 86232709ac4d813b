/** What happens at the ends of sequences: the first and the last step, the way back, and the places past the end. */
import * as dim from '../../../dsl/dims.ts'
import type { Dim } from '../../../dsl/dims.ts'
import { alongOf, extent, historyDepth, inUse, reached, type Axis, type Id, type Node, type Value } from '../../graph.ts'
import type { Layout } from '../../plan/layout.ts'
import { layoutOf } from '../../plan/layout.ts'
import { stretchesOf, type Stretch } from '../../schedule/padding.ts'
import { loopsOf, type Loop } from '../nest.ts'
import { stepsOf, type PassSteps } from '../pass-steps.ts'
import { placeOf } from '../places.ts'
import type { End, Zero } from '../sequence.ts'
import { indent } from '../writer.ts'
import { address, around, array, operandOf, selectedAddress, Signature, type Context, type Emitted } from './kernel.ts'

/** The address of the lengths of a sequence. */
const endsOf = (ctx: Context, along: Axis): string => operandOf({ ...ctx, stepped: undefined, steps: undefined }, ctx.plan.graph.face.lengths.get(along)!)!.base

const without = (v: Value, axes: readonly (Axis | undefined)[], d?: number): Value => ({
  ...v,
  axes: v.axes.filter(a => !axes.includes(a)),
  shape: d === undefined ? v.shape : v.shape.filter((_, i) => i !== d),
})

/** Loops over all places of a value but those of some axes, and of one dim of its shape. */
const rest = (v: Value, layouts: readonly Layout[], axes: readonly (Axis | undefined)[], d?: number, steps?: PassSteps, depth = 1): readonly Loop[] => {
  const value = without(v, axes, d)
  return loopsOf(
    value,
    layouts.map(l => ({ value, layout: d === undefined ? l : { ...l, inner: l.inner.filter((_, i) => i !== d) } })),
    [],
    dim.constant(depth),
    steps,
  )
}

const stride = (l: Layout, s: Stretch): Dim => (s.dim === undefined ? (l.axes[s.along] ?? dim.zero) : l.inner[s.dim]!)

/** Zeros past the ends; of what has no steps, behind the rows that are in use. */
export const zeroKernel = (ctx: Context, { id, how, name }: Zero): Emitted => {
  const node = ctx.plan.graph.nodes[id]!
  const layout = layoutOf(ctx.plan, id)!
  const sig = new Signature(ctx.dims)
  const y = sig.base(operandOf({ ...ctx, steps: undefined }, id)!, 'y')
  const batched = node.axes.includes('b')
  const b = batched ? sig.size(layout.axes['b']!, true) : ''
  const inPass = (along: Axis): boolean => along === 't' && ctx.steps !== undefined
  const to = (along: Axis): Dim => {
    if (inPass(along)) return how === 'all' ? ctx.steps!.room : ctx.steps!.end
    return how === 'all' ? extent(along) : reached(along)
  }
  const wide = (l: Loop): Loop => {
    if (l.over === 't' && ctx.steps !== undefined) return { ...l, count: dim.subtract(to('t'), ctx.steps.first) }
    return how === 'all' && typeof l.over === 'string' && l.over !== 'k' ? { ...l, count: extent(l.over) } : l
  }
  const parts = stretchesOf(node).map(s => {
    const end = batched ? `n[${sig.named({ base: endsOf(ctx, s.along) }, `ends_${s.along}`)} + b]` : sig.size(reached(s.along))
    // All steps of it are kept only where they are asked for.
    const optional = s.dim === undefined && ctx.plan.regions[layout.region]!.optional !== undefined && dim.equal(stride(layout, s), dim.zero)
    const by = optional ? sig.param('step', 'number', `step${layout.region}`) : sig.size(stride(layout, s), true)
    const loops = rest(node, [layout], ['b', ctx.stepped, s.dim === undefined ? s.along : undefined], s.dim).map(wide)
    const zero = (from: string): string => around(sig, loops, [from], 'j', at => `x[${at(0)}] = 0\n`)
    // Zeros of another sequence are needed at the steps that the pass runs.
    const others = ctx.steps !== undefined && ctx.stepped !== 't' && node.axes.includes('t') && !(s.dim === undefined && s.along === 't')
    const at = others ? ` + ${sig.size(ctx.steps!.first)} * ${sig.size(layout.axes['t'] ?? dim.zero, true)}` : ''
    const row = `${batched ? `${y} + b * ${b}` : y}${at}`
    const body =
      s.along === ctx.stepped && s.dim === undefined
        ? `if (${sig.param('t', 'number')} >= ${end}) {\n${indent(zero(row), 1)}}\n`
        : `for (let i = ${inPass(s.along) ? `Math.max(${end}, ${sig.size(ctx.steps!.first)})` : end}; i < ${sig.size(to(s.along))}; i++) {\n${indent(zero(`${row} + i * ${by}`), 1)}}\n`
    const loop = !batched ? body : `for (let b = 0; b < ${sig.size(extent('b'))}; b++) {\n${indent(body, 1)}}\n`
    return optional && ctx.stepped === undefined ? `if (${by} > 0) {\n${indent(loop, 1)}}\n` : loop
  })
  if (parts.length === 0) {
    const loops = rest(node, [layout], ['b'], undefined, undefined, historyDepth(ctx.plan.graph, id))
    const body = around(sig, loops, [`${y} + b * ${b}`], 'j', at => `x[${at(0)}] = 0\n`)
    parts.push(`for (let b = ${sig.size(inUse)}; b < ${sig.size(extent('b'))}; b++) {\n${indent(body, 1)}}\n`)
  }
  return sig.emit(name, '', indent(parts.join(''), 1), array(ctx))
}

/** Puts what comes behind the end where the last step of a sequence looks ahead; or takes it away again. */
export const endKernel = (ctx: Context, { shift, name }: End, place: boolean): Emitted | undefined => {
  const { plan } = ctx
  const node = plan.graph.nodes[shift]!
  const { selected, layout } = placeOf(plan, shift)!
  const { along, ahead, stream, edge } = selected!
  const passing = stream !== undefined && dim.equal(stream.axes[along] ?? dim.zero, dim.zero)
  // The place of a value that passes is written anew at each step.
  if (!place && passing && !selected!.cut && ctx.steps === undefined) return undefined
  const sig = new Signature(ctx.dims)
  const y = sig.base({ base: selectedAddress(ctx, selected!, !place && passing) }, 'y')
  const ends = sig.base({ base: endsOf(ctx, along) }, 'ends')
  const from = place ? sig.base({ base: address(ctx, edge!, undefined) }, 'edge') : undefined
  const layouts = [layout, ...(from === undefined ? [] : [edge!])]
  const loops = rest(node, layouts, ['b', along])
  const start = (base: string, l: Layout): string => `${base} + b * ${sig.size(l.axes['b'] ?? dim.zero, true)}`
  const body = around(
    sig,
    loops,
    [start(y, layout), ...(from === undefined ? [] : [start(from, edge!)])],
    'j',
    at => `x[${at(0)}] = ${from === undefined ? 0 : `x[${at(1)}]`}\n`,
  )
  // Behind the longest sequence, what comes there is read where it lies.
  const last = `if (${sig.param('t', 'number')} + ${ahead} >= ${sig.size(reached(along))}) return\n`
  const skip = `${last}${!place && passing ? `if (${y} < 0) return\n` : ''}`
  const text = `${skip}for (let b = 0; b < ${sig.size(extent('b'))}; b++) {\n  if (n[${ends} + b] !== ${sig.param('t', 'number')} + ${ahead}) continue\n${indent(body, 1)}}\n`
  return sig.emit(`${name}${place ? '' : 'Off'}`, '', indent(text, 1), array(ctx))
}

/** The first or the last step, or all of them backward. */
export const pickKernel = (outer: Context, id: Id, name: string, head: string): Emitted => {
  const node = outer.plan.graph.nodes[id]!
  const along = alongOf(node)
  // Along t itself, steps are counted from where the sequence begins.
  const ctx: Context = along === 't' ? { ...outer, steps: undefined } : outer
  const [first, last] = along === 't' && outer.steps !== undefined ? [outer.steps.first, outer.steps.end] : [dim.zero, reached(along)]
  const v = operandOf(ctx, node.args[0]!)!
  const otherwise = node.args[1] === undefined ? undefined : operandOf(ctx, node.args[1])!
  const result = operandOf(ctx, id)!
  const sig = new Signature(ctx.dims)
  const [from, y] = [sig.base({ base: along === ctx.stepped ? address(ctx, v.layout, undefined) : v.base }, 'v'), sig.base(result, 'y')]
  const ends = sig.base({ base: endsOf(ctx, along) }, 'ends')
  const initial = otherwise === undefined ? undefined : sig.base(otherwise, 'initial')
  const keep = ctx.accumulated.has(id)
  if (keep) sig.param('keep', 'boolean')
  const layouts = [v.layout, result.layout, ...(otherwise === undefined ? [] : [otherwise.layout])]
  const loops = rest(node as Node, layouts, ['b', along, ctx.stepped], undefined, ctx.steps)
  const row = (base: string, l: Layout): string => `${base} + b * ${sig.size(l.axes['b'] ?? dim.zero, true)}`
  const step = sig.size(v.layout.axes[along] ?? dim.zero, true)
  const newest = otherwise === undefined ? dim.zero : dim.scale(otherwise.layout.axes['k'] ?? dim.zero, historyDepth(ctx.plan.graph, otherwise.id) - 1)
  const starts = (at: string, to: string): readonly string[] => [
    `${row(from, v.layout)} + (${at}) * ${step}`,
    `${row(y, result.layout)}${to}`,
    ...(otherwise === undefined ? [] : [`${row(initial!, otherwise.layout)} + ${sig.size(newest)}`]),
  ]
  const load = (o: typeof v, at: string): string => `${o.type === 'index' ? 'n' : 'x'}[${at}]`
  const write = (at: string, to: string, there: string): string =>
    around(sig, loops, starts(at, to), 'j', p => {
      const value = `${there} ? ${load(v, p(0))} : ${otherwise === undefined ? 0 : load(otherwise, p(2))}`
      return `x[${p(1)}] = ${keep ? `keep ? x[${p(1)}] + (${value}) : ${value}` : value}\n`
    })
  // The steps that the pass has not run of the operand hold what another has left.
  const ran = along === 't' && outer.steps !== undefined ? stepsOf(ctx.plan.graph, [node.args[0]!]) : undefined
  const reversed = ['i < end', ...(ran === undefined ? [] : [`end - 1 - i >= ${sig.size(ran.first)}`, `end - 1 - i < ${sig.size(ran.end)}`])].join(' && ')
  const body =
    node.op === 'reverse'
      ? `for (let i = ${sig.size(first)}; i < ${sig.size(last)}; i++) {\n${indent(write('end - 1 - i', ` + i * ${sig.size(result.layout.axes[along]!, true)}`, reversed), 1)}}\n`
      : write(node.attrs.at === 'first' ? '0' : 'end - 1', '', 'end > 0')
  const text = `for (let b = 0; b < ${sig.size(extent('b'))}; b++) {\n  const end = n[${ends} + b]\n${indent(body, 1)}}\n`
  return sig.emit(name, head, indent(text, 1), array(ctx))
}
