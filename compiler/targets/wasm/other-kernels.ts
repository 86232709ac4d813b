/** Look-ups, scattered sums, and what happens at the ends of a sequence. */
import * as dim from '../../../dsl/dims.ts'
import { alongOf, extent, reached, type Id, type Value } from '../../graph.ts'
import type { Layout } from '../../plan/layout.ts'
import type { Plan } from '../../plan/plan.ts'
import { loopsOf, type Loop } from '../nest.ts'
import { atFirst } from '../pass-steps.ts'
import { placeOf, type Place } from '../places.ts'
import { choose, countUp, f32x4, get, i32, load, op, opWith, set, store, when, type Code, type Func, type Local } from './assembler.ts'
import { callWords, Kernel, read, walk, type Context, type Width } from './kernel.ts'

/** What remains of an operand when its shape, or its axes, are visited apart. */
const axesOnly = ({ node, layout }: Place): { value: Value; layout: Layout } => ({ value: { ...node, shape: [] }, layout: { ...layout, inner: [] } })
const write = (width: Width, pointer: Code, value: Code): Code =>
  width === 4 ? store('v128.store', pointer, value) : store('v128.store32_lane', pointer, value, 0, 0)

interface Pointer {
  readonly local: Local
  readonly begin: Code
}

const pointer = (k: Kernel, start: Code): Pointer => {
  const local = k.local('i32')
  return { local, begin: set(local, start) }
}

/** The index at an address as a whole number. */
const indexAt = (place: Place, address: Code): Code =>
  place.type === 'index' ? load('i32.load', address) : opWith('i32x4.extract_lane', [0], op('i32x4.trunc_sat_f32x4_s', load('v128.load32_zero', address)))

export const gatherKernel = (ctx: Context, id: Id, name: string): Func => {
  const [table, index] = ctx.plan.graph.nodes[id]!.args.map(a => placeOf(ctx.plan, a)!) as [Place, Place]
  const result = placeOf(ctx.plan, id)!
  const k = new Kernel(ctx, name)
  const value = result.node
  const outside = [table, index, result].map(p => pointer(k, k.base(atFirst(p, k.steps))))
  const rows = loopsOf({ ...value, shape: [] }, [table, index, result].map(axesOnly), ctx.stepped === undefined ? [] : [ctx.stepped], dim.one, k.steps)
  const entries = loopsOf(
    { ...value, axes: [] },
    [
      { value: { ...table.node, shape: value.shape }, layout: { ...table.layout, inner: table.layout.inner.slice(1) } },
      { value, layout: result.layout },
    ],
    [],
  )
  const pick = k.local('i32')
  const none = k.local('v128')
  const [from, to] = [k.local('i32'), k.local('i32')]
  const row = [
    set(pick, indexAt(index, get(outside[1]!.local))),
    // Past the end of a sequence an index may be anything.
    set(pick, op('select', get(pick), i32(-1), op('i32.lt_u', get(pick), k.size(table.node.shape[0]!)))),
    set(none, op('i32x4.splat', op('i32.lt_s', get(pick), i32(0)))),
    set(none, op('i32x4.sub', f32x4(0), get(none))),
    // Without an index nothing is read, and the row is zero.
    set(
      from,
      op('i32.add', get(outside[0]!.local), op('i32.mul', op('select', i32(0), get(pick), op('i32.lt_s', get(pick), i32(0))), k.bytes(table.layout.inner[0]!))),
    ),
    set(to, get(outside[2]!.local)),
    walk(k, entries, [from, to], (width, loop) =>
      write(width, get(to), op('v128.andnot', read(width, get(from), loop === undefined || dim.equal(loop.strides[0]!, dim.zero)), get(none))),
    ),
  ]
  return k.finish([
    outside.map(p => p.begin),
    walk(
      k,
      rows,
      outside.map(p => p.local),
      () => row,
      true,
    ),
  ])
}

export const scatterKernel = (ctx: Context, id: Id, name: string): Func => {
  const node = ctx.plan.graph.nodes[id]!
  const [v, index] = node.args.map(a => placeOf(ctx.plan, a)!) as [Place, Place]
  const result = placeOf(ctx.plan, id)!
  const k = new Kernel(ctx, name)
  const outside = [v, index, result].map(p => pointer(k, k.base(atFirst(p, k.steps))))
  const pointers = outside.map(p => p.local)
  const outer = loopsOf({ ...node, shape: [], axes: node.axes.filter(a => a !== ctx.stepped) }, [v, index, result].map(axesOnly), [], dim.one, k.steps)
  const plain = loopsOf({ ...v.node, shape: [], axes: node.attrs.over! }, [v, index, result].map(axesOnly), [], dim.one, k.steps)
  // A backward loop made the summands: this one runs backward, too.
  const back = node.attrs.backward === true
  const visits = back ? plain.map(l => ({ ...l, strides: l.strides.map(s => dim.scale(s, -1)) })) : plain
  const toEnd = (sign: 'i32.add' | 'i32.sub'): Code =>
    back ? plain.map(l => pointers.map((p, i) => set(p, op(sign, get(p), op('i32.mul', op('i32.sub', k.size(l.count), i32(1)), k.bytes(l.strides[i]!)))))) : []
  const entries = loopsOf(
    { ...v.node, axes: [] },
    [
      { value: v.node, layout: v.layout },
      { value: v.node, layout: { ...result.layout, inner: result.layout.inner.slice(1) } },
    ],
    [],
  )
  const pick = k.local('i32')
  const [from, to] = [k.local('i32'), k.local('i32')]
  const add = [
    set(pick, indexAt(index, get(pointers[1]!))),
    when(op('i32.lt_u', get(pick), k.size(node.shape[0]!)), [
      set(from, get(pointers[0]!)),
      set(to, op('i32.add', get(pointers[2]!), op('i32.mul', get(pick), k.bytes(result.layout.inner[0]!)))),
      walk(k, entries, [from, to], (width, loop) =>
        write(
          width,
          get(to),
          op('f32x4.add', read(width, get(to), false), read(width, get(from), loop === undefined || dim.equal(loop.strides[0]!, dim.zero))),
        ),
      ),
    ]),
  ]
  const zeroAt = k.local('i32')
  const whole: Value = { ...node, axes: [] }
  const zero = [
    set(zeroAt, get(pointers[2]!)),
    walk(k, loopsOf(whole, [{ value: whole, layout: result.layout }], []), [zeroAt], width => write(width, get(zeroAt), f32x4(0))),
  ]
  const clear = ctx.accumulated.has(id) ? when(op('i32.eqz', k.word(callWords.keep)), zero) : zero
  const saved = pointers.map(() => k.local('i32'))
  // The visits move the pointers; the loops outside go on from where they were.
  const body = [
    saved.map((s, i) => set(s, get(pointers[i]!))),
    clear,
    toEnd('i32.add'),
    walk(k, visits, pointers, () => add, true),
    saved.map((s, i) => set(pointers[i]!, get(s))),
  ]
  return k.finish([outside.map(p => p.begin), walk(k, outer, pointers, () => body, true)])
}

/** What a delay gives back to the initial values of its stream. */
export const edgeKernel = (ctx: Context, id: Id, name: string): Func => {
  const node = ctx.plan.graph.nodes[id]!
  const { by, depth, cut } = node.attrs
  const dy = placeOf(ctx.plan, node.args[0]!)!
  const near = node.args[1] === undefined ? undefined : placeOf(ctx.plan, node.args[1])!
  const result = placeOf(ctx.plan, id)!
  const k = new Kernel(ctx, name)
  const smaller = (a: Code, b: Code): Code => {
    const [x, y] = [k.fixed(a), k.fixed(b)]
    return op('select', get(x), get(y), op('i32.lt_s', get(x), get(y)))
  }
  const along = alongOf(node)
  const run = along === 't' ? ctx.steps : undefined
  const most = smaller(i32(by!), k.size(run?.end ?? reached(along)))
  const least = cut === true ? smaller(most, k.word(callWords.reach)) : most
  // What a stream goes on from after a carry is not what it began with.
  const limit = k.fixed(node.attrs.carries === true ? op('select', i32(0), least, k.word(callWords.carried)) : least)
  const begins = k.fixed(run === undefined ? i32(0) : k.size(run.first))
  const value: Value = { ...node, axes: node.axes.filter(a => a !== 'k') }
  const operands = [dy, result, ...(near === undefined ? [] : [near])]
  const loops = loopsOf(
    value,
    operands.map(p => ({ value: p.node, layout: p.layout })),
    [],
  )
  const stride = (p: Place): Code => k.bytes(p.layout.axes[along] ?? dim.zero)
  const pointers = operands.map(p => pointer(k, k.address(p.layout, undefined)))
  const [from, to, guard] = pointers as [Pointer, Pointer, Pointer | undefined]
  const keep = ctx.accumulated.has(id)
  const there = (width: Width): Code => (keep ? choose('v128', k.word(callWords.keep), read(width, get(to.local), false), f32x4(0)) : f32x4(0))
  const [sum, t] = [k.local('v128'), k.local('i32')]
  const stays = (loop: Loop | undefined, i: number): boolean => loop === undefined || dim.equal(loop.strides[i]!, dim.zero)
  const entries = (p: Place, at: Pointer, width: Width, stay: boolean): Code =>
    read(width, op('i32.add', get(at.local), op('i32.mul', get(t), stride(p))), stay)
  /** Adds the steps from `first` to the limit, or only the first. */
  const row = (first: Code, single: boolean): Code =>
    walk(
      k,
      loops,
      pointers.map(p => p.local),
      (width, loop) => {
        const found = entries(dy, from, width, stays(loop, 0))
        const counted = near === undefined ? found : op('v128.and', found, op('f32x4.ne', entries(near, guard!, width, stays(loop, 2)), f32x4(0)))
        return [
          set(sum, there(width)),
          set(t, first),
          (single ? when : whileBelow)(op('i32.and', op('i32.ge_s', get(t), get(begins)), op('i32.lt_s', get(t), get(limit))), [
            set(sum, op('f32x4.add', get(sum), counted)),
            set(t, op('i32.add', get(t), i32(1))),
          ]),
          write(width, get(to.local), get(sum)),
        ]
      },
    )
  const start = pointers.map(p => p.begin)
  if (depth! === 1) return k.finish([start, row(get(begins), false)])
  const history = k.local('i32')
  return k.finish([
    set(history, i32(0)),
    countUp(history, i32(depth!), i32(1), [
      start,
      set(to.local, op('i32.add', k.address(result.layout, undefined), op('i32.mul', get(history), k.bytes(result.layout.axes['k']!)))),
      row(op('i32.sub', get(history), i32(depth! - by!)), true),
    ]),
  ])
}

const whileBelow = (condition: Code, body: Code): Code => [
  opWith('block', []),
  opWith('loop', []),
  opWith('br_if', [1], op('i32.eqz', condition)),
  body,
  opWith('br', [0]),
  op('end'),
  op('end'),
]

/** Copies initial values to their places before (or after) the steps of a stream. */
export const fillKernel = (ctx: Context, fill: Plan['fills'][number], name: string): Func => {
  const { plan } = ctx
  const { graph } = plan
  const k = new Kernel(ctx, name)
  const stream = placeOf(plan, fill.stream)!
  const edge = fill.edge === undefined ? undefined : graph.nodes[fill.edge]!
  const trails = fill.side === 'trail'
  const t = stream.layout.axes[fill.along]
  const b = k.local('i32')
  const batched = trails && stream.node.axes.includes('b')
  const row = (l: Layout): Code => (batched ? op('i32.mul', get(b), k.bytes(l.axes['b'] ?? dim.zero)) : i32(0))
  const lengths = placeOf(plan, graph.face.lengths.get(fill.along)!)!
  const end = batched ? load('i32.load', op('i32.add', k.address(lengths.layout, undefined), op('i32.shl', get(b), i32(2)))) : k.size(reached(fill.along))
  const shift = trails ? end : i32(-fill.steps)
  const to = pointer(k, op('i32.add', op('i32.add', k.address(stream.layout, undefined), row(stream.layout)), op('i32.mul', shift, k.bytes(t!))))
  const constant = fill.edge === undefined ? 0 : constantOf(plan, fill.edge)
  const from = constant === undefined ? placeOf(plan, fill.edge!) : undefined
  const history = edge?.axes.includes('k') === true
  const value: Value = { ...stream.node, axes: ['k', ...stream.node.axes.filter(a => a !== fill.along && !(batched && a === 'b'))] }
  const source = from === undefined ? undefined : pointer(k, op('i32.add', k.address(from.layout, undefined), row(from.layout)))
  const places = [
    { value: stream.node, layout: { ...stream.layout, axes: { ...stream.layout.axes, k: t! } } },
    ...(from === undefined ? [] : [{ value: edge!, layout: history ? from.layout : { ...from.layout, axes: { ...from.layout.axes, k: dim.zero } } }]),
  ]
  const loops = loopsOf(value, places, [], dim.constant(fill.steps))
  const isIndex = stream.type === 'index'
  const spread = constant === undefined ? [] : isIndex ? op('i32x4.splat', i32(constant)) : f32x4(constant)
  const pointers = [to.local, ...(source === undefined ? [] : [source.local])]
  const body = walk(k, loops, pointers, (width, loop) =>
    write(width, get(to.local), source === undefined ? spread : read(width, get(source.local), loop === undefined || dim.equal(loop.strides[1]!, dim.zero))),
  )
  const all = [to.begin, source === undefined ? [] : source.begin, body]
  // Behind the end of each sequence.
  return k.finish(batched ? [set(b, i32(0)), countUp(b, k.size(extent('b')), i32(1), all)] : all)
}

const constantOf = (plan: Plan, id: Id): number | undefined => {
  const n = plan.graph.nodes[id]!
  if (n.op === 'expand') return constantOf(plan, n.args[0]!)
  return n.op === 'constant' ? n.attrs.value : undefined
}
