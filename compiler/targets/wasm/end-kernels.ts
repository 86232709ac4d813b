/** What happens at the ends of sequences: the first and the last step, the way back, and the places past the end. */
import * as dim from '../../../dsl/dims.ts'
import type { Dim } from '../../../dsl/dims.ts'
import { alongOf, extent, historyDepth, inUse, reached, type Axis, type Id, type Value } from '../../graph.ts'
import { layoutOf, type Layout } from '../../plan/layout.ts'
import { stretchesOf, type Stretch } from '../../schedule/padding.ts'
import { loopsOf, type Loop } from '../nest.ts'
import { atFirst, stepsOf, type PassSteps } from '../pass-steps.ts'
import { placeOf, type Place } from '../places.ts'
import type { End, Zero } from '../sequence.ts'
import { choose, countUp, f32x4, get, i32, load, op, set, store, when, type Code, type Func, type Local } from './assembler.ts'
import { callWords, Kernel, read, walk, type Context, type Width } from './kernel.ts'

const write = (width: Width, pointer: Code, value: Code): Code =>
  width === 4 ? store('v128.store', pointer, value) : store('v128.store32_lane', pointer, value, 0, 0)

/** How many steps the sequence `b` has. */
const endAt = (k: Kernel, along: Axis, b: Local): Code => {
  const lengths = layoutOf(k.ctx.plan, k.ctx.plan.graph.face.lengths.get(along)!)!
  return load('i32.load', op('i32.add', k.address(lengths, undefined), op('i32.shl', get(b), i32(2))))
}

/** Loops over all places of a value but those of some axes, and of one dim of its shape. */
const rest = (v: Value, layouts: readonly Layout[], axes: readonly (Axis | undefined)[], d?: number, steps?: PassSteps, depth = 1): readonly Loop[] => {
  const value: Value = { ...v, axes: v.axes.filter(a => !axes.includes(a)), shape: d === undefined ? v.shape : v.shape.filter((_, i) => i !== d) }
  return loopsOf(
    value,
    layouts.map(l => ({ value, layout: d === undefined ? l : { ...l, inner: l.inner.filter((_, i) => i !== d) } })),
    [],
    dim.constant(depth),
    steps,
  )
}

const strideOf = (l: Layout, s: Stretch): Dim => (s.dim === undefined ? (l.axes[s.along] ?? dim.zero) : l.inner[s.dim]!)

const stays = (loop: Loop | undefined, i: number): boolean => loop === undefined || dim.equal(loop.strides[i]!, dim.zero)

/** Runs the body for each sequence of the batch. */
const eachSequence = (k: Kernel, b: Local, body: Code): Code => [set(b, i32(0)), countUp(b, k.size(extent('b')), i32(1), body)]

const row = (k: Kernel, base: Code, l: Layout, b: Local): Code => op('i32.add', base, op('i32.mul', get(b), k.bytes(l.axes['b'] ?? dim.zero)))

/** Zeros past the ends; of what has no steps, behind the rows that are in use. */
export const zeroKernel = (ctx: Context, { id, how, name }: Zero): Func => {
  const k = new Kernel(ctx, name)
  const place = placeOf(ctx.plan, id)!
  const { node, layout } = place
  const batched = node.axes.includes('b')
  const [b, i, y] = [k.local('i32'), k.local('i32'), k.local('i32')]
  const { steps } = ctx
  const inPass = (along: Axis): boolean => along === 't' && steps !== undefined
  const to = (along: Axis): Dim => {
    if (inPass(along)) return how === 'all' ? steps!.room : steps!.end
    return how === 'all' ? extent(along) : reached(along)
  }
  const wide = (l: Loop): Loop => {
    if (l.over === 't' && steps !== undefined) return { ...l, count: dim.subtract(to('t'), steps.first) }
    return how === 'all' && typeof l.over === 'string' && l.over !== 'k' ? { ...l, count: extent(l.over) } : l
  }
  const parts = stretchesOf(node).map(s => {
    const loops = rest(node, [layout], ['b', ctx.stepped, s.dim === undefined ? s.along : undefined], s.dim).map(wide)
    const zero = (from: Code): Code => [set(y, from), walk(k, loops, [y], width => write(width, get(y), f32x4(0)))]
    // Without a batch there is one sequence: the longest.
    // Zeros of another sequence are needed at the steps that the pass runs.
    const others = steps !== undefined && ctx.stepped !== 't' && node.axes.includes('t') && !(s.dim === undefined && s.along === 't')
    const own = others ? atFirst(place, steps) : place
    const start = batched ? row(k, k.base(own), layout, b) : k.base(own)
    const end = batched ? endAt(k, s.along, b) : k.size(reached(s.along))
    const later = k.local('i32')
    const from = inPass(s.along) ? [set(later, end), op('select', get(later), k.size(steps!.first), op('i32.gt_s', get(later), k.size(steps!.first)))] : end
    const all = (body: Code): Code => (batched ? eachSequence(k, b, body) : body)
    if (s.along === ctx.stepped && s.dim === undefined) return all(when(op('i32.ge_s', k.step, end), zero(start)))
    // All steps of it are kept only where they are asked for.
    const optional = s.dim === undefined && ctx.plan.regions[layout.region]!.optional !== undefined && dim.equal(strideOf(layout, s), dim.zero)
    const by = optional ? k.word(`4 * step${layout.region}`) : k.bytes(strideOf(layout, s))
    const at = op('i32.add', start, op('i32.mul', get(i), by))
    const each = all([set(i, from), countUp(i, k.size(to(s.along)), i32(1), zero(at))])
    return optional && ctx.stepped === undefined ? when(by, each) : each
  })
  if (parts.length === 0) {
    const loops = rest(node, [layout], ['b'], undefined, undefined, historyDepth(ctx.plan.graph, id))
    const zero: Code = [set(y, row(k, k.base(place), layout, b)), walk(k, loops, [y], width => write(width, get(y), f32x4(0)))]
    parts.push([set(b, k.size(inUse)), countUp(b, k.size(extent('b')), i32(1), zero)])
  }
  return k.finish(parts)
}

/** Puts what comes behind the end where the last step of a sequence looks ahead; or takes it away again. */
export const endKernel = (ctx: Context, { shift, name }: End, put: boolean): Func | undefined => {
  const { node, selected, layout } = placeOf(ctx.plan, shift)!
  const { along, ahead, stream, edge, cut } = selected!
  const passing = stream !== undefined && dim.equal(stream.axes[along] ?? dim.zero, dim.zero)
  // The place of a value that passes is written anew at each step.
  if (!put && passing && !cut && ctx.steps === undefined) return undefined
  const k = new Kernel(ctx, put ? name : `${name}Off`)
  const [b, y, from] = [k.local('i32'), k.local('i32'), k.local('i32')]
  const base = k.fixed(k.selectedAddress(selected!, !put && passing))
  const loops = rest(node, [layout, ...(put ? [edge!] : [])], ['b', along])
  const body = [
    set(y, row(k, get(base), layout, b)),
    put ? set(from, row(k, k.address(edge!, undefined), edge!, b)) : [],
    walk(k, loops, put ? [y, from] : [y], (width, loop) => write(width, get(y), put ? read(width, get(from), stays(loop, 1)) : f32x4(0))),
  ]
  const here = op('i32.eq', endAt(k, along, b), op('i32.add', k.step, i32(ahead)))
  const all = eachSequence(k, b, when(here, body))
  // Behind the longest sequence, what comes there is read where it lies.
  const inside = op('i32.lt_s', op('i32.add', k.step, i32(ahead)), k.size(reached(along)))
  return k.finish(when(put || !passing ? inside : op('i32.and', inside, op('i32.ge_s', get(base), i32(0))), all))
}

/** The first or the last step, or all of them backward. */
export const pickKernel = (ctx: Context, id: Id, name: string): Func => {
  const k = new Kernel(ctx, name)
  const { graph } = ctx.plan
  const node = graph.nodes[id]!
  const along = alongOf(node)
  // Along t itself, steps are counted from where the sequence begins.
  const steps = along === 't' ? undefined : k.steps
  const operand = (a: Id): Place => atFirst(placeOf(ctx.plan, a)!, steps)
  const v = operand(node.args[0]!)
  const otherwise = node.args[1] === undefined ? undefined : operand(node.args[1])
  const result = operand(id)
  const [b, i, end, at, y, initial] = [k.local('i32'), k.local('i32'), k.local('i32'), k.local('i32'), k.local('i32'), k.local('i32')]
  const layouts = [v.layout, result.layout, ...(otherwise === undefined ? [] : [otherwise.layout])]
  const loops = rest(node, layouts, ['b', along, ctx.stepped], undefined, steps)
  const start = along === ctx.stepped ? k.address(v.layout, undefined) : k.base(v)
  const step = k.bytes(v.layout.axes[along] ?? dim.zero)
  const keep = ctx.accumulated.has(id)
  const numbers = (place: Place, width: Width, pointer: Code, stay: boolean): Code =>
    place.type === 'index' ? op('f32x4.convert_i32x4_s', read(width, pointer, stay)) : read(width, pointer, stay)
  const put = (width: Width, value: Code): Code => {
    if (!keep) return write(width, get(y), value)
    const local = k.local('v128')
    return [
      set(local, value),
      write(width, get(y), choose('v128', k.word(callWords.keep), op('f32x4.add', read(width, get(y), false), get(local)), get(local))),
    ]
  }
  const newest = otherwise === undefined ? dim.zero : dim.scale(otherwise.layout.axes['k'] ?? dim.zero, historyDepth(graph, otherwise.id) - 1)
  const moving = [at, y, ...(otherwise === undefined ? [] : [initial])]
  const entries = (there: Code): Code => [
    otherwise === undefined ? [] : set(initial, op('i32.add', row(k, k.base(otherwise), otherwise.layout, b), k.bytes(newest))),
    when(
      there,
      walk(k, loops, moving, (width, loop) => put(width, numbers(v, width, get(at), stays(loop, 0)))),
      walk(k, loops, moving, (width, loop) => put(width, otherwise === undefined ? f32x4(0) : numbers(otherwise, width, get(initial), stays(loop, 2)))),
    ),
  ]
  const from = (n: Code): Code => set(at, op('i32.add', row(k, start, v.layout, b), op('i32.mul', n, step)))
  const to = row(k, k.base(result), result.layout, b)
  const last = op('i32.sub', get(end), i32(1))
  // The steps that the pass has not run of the operand hold what another has left.
  const ran = along === 't' && ctx.steps !== undefined ? stepsOf(graph, [node.args[0]!]) : undefined
  const place = op('i32.sub', last, get(i))
  const reversed = [
    op('i32.lt_s', get(i), get(end)),
    ...(ran === undefined ? [] : [op('i32.ge_s', place, k.size(ran.first)), op('i32.lt_s', place, k.size(ran.end))]),
  ].reduce((x, z) => op('i32.and', x, z))
  const body =
    node.op === 'reverse'
      ? [
          set(i, along === 't' && ctx.steps !== undefined ? k.size(ctx.steps.first) : i32(0)),
          countUp(i, k.size(along === 't' && ctx.steps !== undefined ? ctx.steps.end : reached(along)), i32(1), [
            from(place),
            set(y, op('i32.add', to, op('i32.mul', get(i), k.bytes(result.layout.axes[along]!)))),
            entries(reversed),
          ]),
        ]
      : [from(node.attrs.at === 'first' ? i32(0) : last), set(y, to), entries(op('i32.gt_s', get(end), i32(0)))]
  return k.finish(eachSequence(k, b, [set(end, endAt(k, along, b)), body]))
}
