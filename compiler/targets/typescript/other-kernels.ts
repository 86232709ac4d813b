/** Look-ups, scattered sums, and what happens at the ends of a sequence. */
import * as dim from '../../../dsl/dims.ts'
import type { Dim } from '../../../dsl/dims.ts'
import { alongOf, extent, reached, type Axis, type Id, type Value } from '../../graph.ts'
import type { Plan } from '../../plan/plan.ts'
import { layoutOf } from '../../plan/layout.ts'
import { address, around, array, operandOf, Signature, type Context, type Emitted } from './kernel.ts'
import { loopsOf } from '../nest.ts'
import { formula, indent } from '../writer.ts'

export const gatherKernel = (ctx: Context, id: Id, name: string, head: string): Emitted => {
  const [table, index] = ctx.plan.graph.nodes[id]!.args.map(a => operandOf(ctx, a)!)
  const result = operandOf(ctx, id)!
  const sig = new Signature(ctx.dims)
  const bases = [sig.base(table!, 'table'), sig.base(index!, 'index'), sig.base(result, 'y')]
  const skip: readonly Axis[] = ctx.stepped === undefined ? [] : [ctx.stepped]
  const value = result.node
  const rows = loopsOf(
    { ...value, shape: [] },
    [table!, index!, result].map(o => ({ value: { ...o.node, shape: [] }, layout: { ...o.layout, inner: [] } })),
    skip,
    dim.one,
    ctx.stepped === 't' ? undefined : ctx.steps,
  )
  const row = { ...table!.node, shape: value.shape }
  const entries = loopsOf(
    { ...value, axes: [] },
    [
      { value: row, layout: { ...table!.layout, inner: table!.layout.inner.slice(1) } },
      { value: { ...value, shape: [] }, layout: { ...result.layout, inner: [] } },
      { value, layout: result.layout },
    ],
    skip,
  )
  const body = around(sig, rows, bases, 'row', at => {
    const pick = `const pick = ${index!.type === 'index' ? 'n' : 'x'}[${at(1)}]\n`
    const starts = [`(${at(0)} + pick * ${sig.size(table!.layout.inner[0]!, true)})`, '', at(2)]
    // Past the end of a sequence an index may be anything.
    const there = `const there = pick >= 0 && pick < ${sig.size(table!.node.shape[0]!)}\n`
    return pick + there + around(sig, entries, starts, 'j', inner => `x[${inner(2)}] = there ? x[${inner(0)}] : 0\n`)
  })
  return sig.emit(name, head, indent(body, 1), array(ctx))
}

export const scatterKernel = (ctx: Context, id: Id, name: string, head: string): Emitted => {
  const node = ctx.plan.graph.nodes[id]!
  const [v, index] = node.args.map(a => operandOf(ctx, a)!)
  const result = operandOf(ctx, id)!
  const sig = new Signature(ctx.dims)
  const keep = ctx.accumulated.has(id)
  if (keep) sig.param('keep', 'boolean')
  const [from, at, to] = [sig.base(v!, 'v'), sig.base(index!, 'index'), sig.base(result, 'y')]
  const whole: Value = { ...node, axes: [] }
  const kept = node.axes.filter(a => a !== ctx.stepped)
  const strided = (o: typeof result): { value: Value; layout: typeof o.layout } => ({ value: { ...o.node, shape: [] }, layout: { ...o.layout, inner: [] } })
  const steps = ctx.stepped === 't' ? undefined : ctx.steps
  const outer = loopsOf({ ...node, shape: [], axes: kept }, [v!, index!, result].map(strided), [], dim.one, steps)
  const visits = loopsOf({ ...v!.node, shape: [], axes: node.attrs.over! }, [v!, index!, result].map(strided), [], dim.one, steps)
  const entries = loopsOf(
    { ...v!.node, axes: [] },
    [
      { value: v!.node, layout: v!.layout },
      { value: { ...v!.node, shape: [] }, layout: { ...v!.layout, inner: [] } },
      { value: v!.node, layout: { ...result.layout, inner: result.layout.inner.slice(1) } },
    ],
    [],
  )
  const body = around(sig, outer, [from, at, to], 'o', start => {
    const zero = around(sig, loopsOf(whole, [{ value: whole, layout: result.layout }], []), [start(2)], 'z', p => `x[${p(0)}] = 0\n`)
    const clear = keep ? `if (!keep) {\n${indent(zero, 1)}}\n` : zero
    // A backward loop made the summands: this one runs backward, too.
    const back = node.attrs.backward === true
    const moved = back ? visits.map(l => ({ ...l, strides: l.strides.map(s => dim.scale(s, -1)) })) : visits
    const last = (i: number): string =>
      visits.map(l => (back && !dim.equal(l.strides[i]!, dim.zero) ? ` + (${sig.size(l.count)} - 1) * ${sig.size(l.strides[i]!, true)}` : '')).join('')
    const starts = [0, 1, 2].map(i => `${start(i)}${last(i)}`)
    const adds = around(sig, moved, starts, 'row', p => {
      const pick = `const pick = ${index!.type === 'index' ? 'n' : 'x'}[${p(1)}]\nif (!(pick >= 0 && pick < ${sig.size(node.shape[0]!)})) continue\n`
      return pick + around(sig, entries, [p(0), '', `(${p(2)} + pick * ${sig.size(result.layout.inner[0]!, true)})`], 'j', q => `x[${q(2)}] += x[${q(0)}]\n`)
    })
    return clear + adds
  })
  return sig.emit(name, head, indent(body, 1), array(ctx))
}

/** What a delay gives back to the initial values of its stream. */
export const edgeKernel = (ctx: Context, id: Id, name: string, head: string): Emitted => {
  const node = ctx.plan.graph.nodes[id]!
  const { by, depth, cut } = node.attrs
  const whole: Context = { ...ctx, steps: undefined }
  const dy = operandOf(whole, node.args[0]!)!
  const near = node.args[1] === undefined ? undefined : operandOf(whole, node.args[1])!
  const result = operandOf(whole, id)!
  const sig = new Signature(ctx.dims)
  const bases = [
    sig.base({ base: address(ctx, dy.layout, undefined) }, 'dy'),
    sig.base(result, 'y'),
    ...(near === undefined ? [] : [sig.base({ base: address(ctx, near.layout, undefined) }, 'near')]),
  ]
  const keep = ctx.accumulated.has(id)
  if (keep) sig.param('keep', 'boolean')
  const along = alongOf(node)
  const run = along === 't' ? ctx.steps : undefined
  const count = sig.size(run?.end ?? reached(along))
  const least = cut === true ? `Math.min(${by}, ${count}, ${sig.param('reach', 'number')})` : `Math.min(${by}, ${count})`
  // What a stream goes on from after a carry is not what it began with.
  const limit = node.attrs.carries === true ? `${sig.param('carried', 'boolean')} ? 0 : ${least}` : least
  const first = run === undefined ? '0' : sig.size(run.first)
  const value: Value = { ...node, axes: node.axes.filter(a => a !== 'k') }
  const loops = loopsOf(
    value,
    [{ value: dy.node, layout: dy.layout }, { value: node, layout: result.layout }, ...(near === undefined ? [] : [{ value: near.node, layout: near.layout }])],
    [],
  )
  /** The address of an operand at the step t. */
  const stepped = (o: typeof dy, base: string, t: string): string => {
    const stride = o.layout.axes[along] ?? dim.zero
    return dim.equal(stride, dim.zero) ? base : `${base} + ${t} * ${sig.size(stride, true)}`
  }
  const starts = (t: string, to: string): readonly string[] => [stepped(dy, bases[0]!, t), to, ...(near === undefined ? [] : [stepped(near, bases[2]!, t)])]
  const there = (at: (i: number) => string): string => (near === undefined ? '' : ` && x[${at(2)}] !== 0`)
  const begin = (target: string): string => (keep ? `(keep ? ${target} : 0)` : '0')
  const body =
    depth! > 1
      ? `for (let k = 0; k < ${depth}; k++) {\n  const t = k - ${depth! - by!}\n${indent(
          around(
            sig,
            loops,
            starts('t', `${bases[1]!} + k * ${sig.size(result.layout.axes['k']!, true)}`),
            'j',
            at => `x[${at(1)}] = ${begin(`x[${at(1)}]`)} + (t >= ${first} && t < limit${there(at)} ? x[${at(0)}] : 0)\n`,
          ),
          1,
        )}}\n`
      : by === 1
        ? around(
            sig,
            loops,
            starts('0', bases[1]!),
            'j',
            at => `x[${at(1)}] = ${begin(`x[${at(1)}]`)} + (${first === '0' ? '' : `${first} === 0 && `}limit > 0${there(at)} ? x[${at(0)}] : 0)\n`,
          )
        : around(
            sig,
            loops,
            starts('t', bases[1]!),
            'j',
            at =>
              `let sum = ${begin(`x[${at(1)}]`)}\nfor (let t = ${first}; t < limit; t++) ${near === undefined ? '' : `if (x[${at(2)}] !== 0) `}sum += x[${at(0)}]\nx[${at(1)}] = sum\n`,
          )
  return sig.emit(name, head, indent(`const limit = ${limit}\n${body}`, 1), array(ctx))
}

/** Copies initial values to their places before (or after) the steps of a stream. */
export const fillKernel = (ctx: Context, fill: Plan['fills'][number], name: string): Emitted => {
  const { graph } = ctx.plan
  const stream = graph.nodes[fill.stream]!
  const to = layoutOf(ctx.plan, fill.stream)!
  const edge = fill.edge === undefined ? undefined : graph.nodes[fill.edge]!
  const sig = new Signature(ctx.dims)
  const type = ctx.plan.regions[to.region]!.type
  const step = to.axes[fill.along]!
  const first = fill.side === 'lead' ? ` - ${fill.steps} * (${formula(step, ctx.dims)})` : ''
  const target = sig.base({ base: `${address(ctx, to, undefined)}${first}` }, 'y')
  const constant = fill.edge === undefined ? 0 : constantOf(ctx, fill.edge)
  const from = constant === undefined ? operandOf({ ...ctx, stepped: undefined }, fill.edge!) : undefined
  const history = edge?.axes.includes('k') === true
  const trails = fill.side === 'trail'
  const value: Value = { ...stream, axes: ['k', ...stream.axes.filter(a => a !== fill.along && !(trails && a === 'b'))] }
  const places = [
    { value: stream, layout: { ...to, axes: { ...to.axes, k: step } } },
    ...(from === undefined ? [] : [{ value: edge!, layout: history ? from.layout : { ...from.layout, axes: { ...from.layout.axes, k: dim.zero } } }]),
  ]
  const loops = loopsOf(value, places, [], dim.constant(fill.steps))
  const bases = [target, ...(from === undefined ? [] : [sig.base(from, 'edge')])]
  const write = (starts: readonly string[]): string =>
    around(sig, loops, starts, 'j', at => `${type === 'index' ? 'n' : 'x'}[${at(0)}] = ${from === undefined ? constant : `x[${at(1)}]`}\n`)
  if (!trails || !stream.axes.includes('b')) {
    const last = trails ? ` + ${sig.size(reached(fill.along))} * ${sig.size(step, true)}` : ''
    return sig.emit(name, '', indent(write([`${bases[0]!}${last}`, ...bases.slice(1)]), 1), array(ctx))
  }
  // Behind the end of each sequence.
  const ends = sig.base(operandOf({ ...ctx, stepped: undefined }, graph.face.lengths.get(fill.along)!)!, 'ends')
  const row = (base: string, stride: Dim | undefined): string => `${base} + b * ${sig.size(stride ?? dim.zero, true)}`
  const starts = [
    `${row(bases[0]!, to.axes['b'])} + n[${ends} + b] * ${sig.size(step, true)}`,
    ...(from === undefined ? [] : [row(bases[1]!, from.layout.axes['b'])]),
  ]
  return sig.emit(name, '', indent(`for (let b = 0; b < ${sig.size(extent('b'))}; b++) {\n${indent(write(starts), 1)}}\n`, 1), array(ctx))
}

const constantOf = (ctx: Context, id: Id): number | undefined => {
  const n = ctx.plan.graph.nodes[id]!
  if (n.op === 'expand') return constantOf(ctx, n.args[0]!)
  return n.op === 'constant' ? n.attrs.value : undefined
}
