/**
 * Sums of products: which index runs along the vectors, which along the rows of a tile, and which parameters are packed
 * once per sequence. The tiles themselves are in tiles.ts.
 */
import * as dim from '../../../dsl/dims.ts'
import type { Dim } from '../../../dsl/dims.ts'
import type { Id } from '../../graph.ts'
import type { Layout } from '../../plan/layout.ts'
import { partialSum } from '../../interpret/sums.ts'
import { guardOf } from '../../ops/structural.ts'
import { moves, productSpace, type Index, type ProductSpace } from '../spaces.ts'
import { choose, countUp, f32, get, i32, load, op, set, store, when, type Code, type Func, type Local } from './assembler.ts'
import { callWords, Kernel, type Context } from './kernel.ts'
import { begin, packFunction, packedLine, panel, productFunction, rowBlock, tileFunction } from './tiles.ts'

/** An operand in panels: made before the loop that reads it at every step. */
export interface Pack {
  readonly name: string
  /** The call that makes it. */
  readonly make: (k: Kernel) => Code
}

export interface Packs {
  readonly all: Map<string, Pack>
  /** Those that the loop at hand needs. */
  readonly used: Set<Pack>
}

export const productKernel = (ctx: Context, id: Id, name: string, packs: Packs): Func => {
  const k = new Kernel(ctx, name)
  const space = productSpace(ctx.plan, id, ctx.stepped, ctx.steps, true)
  const arrays = space.factors.length + (space.start === undefined ? 0 : 1) + 1
  const result = arrays - 1
  const places = [...space.factors, ...(space.start === undefined ? [] : [space.start]), space.result]
  const pointers = places.map(p => {
    const l = k.local('i32')
    return { l, start: set(l, k.base(p)) }
  })
  // Sums that run backward begin at the end.
  const toEnd = space.summed
    .filter(i => i.backward)
    .flatMap(i =>
      space.factors.flatMap((_, f) =>
        moves(i, f)
          ? [set(pointers[f]!.l, op('i32.add', get(pointers[f]!.l), op('i32.mul', op('i32.sub', k.size(i.count), i32(1)), k.bytes(i.strides[f]!))))]
          : [],
      ),
    )
  const shape = shapeOf(space, result)
  const at = pointers.map(p => p.l)
  const accumulated = ctx.accumulated.has(id)
  const body = shape === undefined ? entryByEntry(k, space, at, accumulated) : inTiles(k, space, shape, at, accumulated, packs)
  // Tiles have at least one term, and a batch may have no step at all.
  const steps = space.summed.filter(i => i.time || dim.names(i.count).some(n => /^[#%]/.test(n))).map(i => k.size(i.count))
  const all =
    steps.length === 0
      ? body
      : when(
          steps.reduce((x, y) => op('i32.mul', x, y)),
          body,
          nothing(k, space, at, accumulated),
        )
  return k.finish([pointers.map(p => p.start), toEnd, all, guardOf(ctx.plan.graph.nodes[id]!) === undefined ? [] : mend(ctx, k, id, at)])
}

/**
 * Where the guard lets no term in, a factor is zero, which leaves the sum as it is, unless the other factor is NaN or
 * infinite there. Such sums are not finite: they are made once more, of the terms that there are.
 */
const mend = (ctx: Context, k: Kernel, id: Id, pointers: readonly Local[]): Code => {
  const space = productSpace(ctx.plan, id, ctx.stepped, ctx.steps, true, true)
  const guard = k.local('i32')
  const toEnd = space.summed
    .filter(i => i.backward && moves(i, pointers.length))
    .map(i => plus(guard, op('i32.mul', op('i32.sub', k.size(i.count), i32(1)), k.bytes(i.strides[pointers.length]!))))
  return [set(guard, k.base(space.guard!)), toEnd, entryByEntry(k, space, [...pointers, guard], false)]
}

/** What a sum of no terms is: what is there already, or where it starts, or zero. */
const nothing = (k: Kernel, space: ProductSpace, pointers: readonly Local[], accumulated: boolean): Code => {
  const start = space.start === undefined ? f32(0) : load('f32.load', get(pointers[space.factors.length]!))
  const write = store('f32.store', get(pointers.at(-1)!), start)
  const all = space.kept.reduceRight<Code>((body, i) => alongIndex(k, i, pointers, body), write)
  return accumulated ? when(op('i32.eqz', k.word(callWords.keep)), all) : all
}

/** How the indices of a sum of products are those of a tile. */
interface Shape {
  /** Along the vectors: the result lies in one piece along it. */
  readonly n: Index
  /** The factor that moves along n, and the other one. */
  readonly b: number
  readonly a?: number
  /** Both move along n, entry by entry. */
  readonly columns: boolean
  /** Along the rows of a tile. */
  readonly m?: Index
  readonly outer: readonly Index[]
  /** Summed in one call. */
  readonly terms?: Index
  /** Summed around the call, one after the other. */
  readonly around: readonly Index[]
  /** Summed in blocks of whole steps; in one call together with `terms`. */
  readonly time?: Index
}

const shapeOf = (space: ProductSpace, result: number): Shape | undefined => {
  const { kept, factors, summed } = space
  const along = kept.findLastIndex(i => dim.isOne(i.strides[result]!) && factors.some((_, f) => moves(i, f)))
  const n = kept[along]
  if (n === undefined) return undefined
  const moving = factors.map((_, f) => f).filter(f => moves(n, f))
  const columns = moving.length === 2
  if (columns && !moving.every(f => dim.isOne(n.strides[f]!))) return undefined
  const start = space.start === undefined ? undefined : n.strides[factors.length]!
  if (start !== undefined && !dim.isOne(start) && !dim.equal(start, dim.zero)) return undefined
  const b = moving.at(-1)!
  const a = factors.length === 1 ? undefined : 1 - b
  const rest = kept.filter((_, i) => i !== along)
  const rows = columns || a === undefined ? -1 : rest.findLastIndex(i => moves(i, a) && !moves(i, b))
  const m = rest[rows]
  const outer = rest.filter((_, i) => i !== rows)
  const common = { n, b, columns, ...(a === undefined ? {} : { a }), ...(m === undefined ? {} : { m }), outer }
  const time = summed.find(i => i.time)
  if (time === undefined) {
    const terms = summed.at(-1)
    return { ...common, ...(terms === undefined ? {} : { terms }), around: summed.slice(0, -1) }
  }
  const [terms, more] = summed.filter(i => i !== time)
  const joint =
    terms === undefined ||
    (more === undefined &&
      terms.backward === time.backward &&
      factors.every((_, f) => dim.equal(time.strides[f]!, dim.multiply(terms.strides[f]!, terms.count))))
  return joint ? { ...common, time, ...(terms === undefined ? {} : { terms }), around: [] } : undefined
}

const plus = (l: Local, by: Code): Code => set(l, op('i32.add', get(l), by))
const minus = (l: Local, by: Code): Code => set(l, op('i32.sub', get(l), by))
const stepBytes = (k: Kernel, i: Index, array: number): Code => k.bytes(i.backward ? dim.scale(i.strides[array]!, -1) : i.strides[array]!)

/** Runs the body along an index; the pointers of the arrays move, and come back. */
const alongIndex = (k: Kernel, i: Index, pointers: readonly Local[], body: Code): Code => {
  const at = k.local('i32')
  const moving = pointers.map((_, p) => p).filter(p => moves(i, p))
  return [
    set(at, i32(0)),
    countUp(at, k.size(i.count), i32(1), [body, moving.map(p => plus(pointers[p]!, stepBytes(k, i, p)))]),
    moving.map(p => minus(pointers[p]!, op('i32.mul', k.size(i.count), stepBytes(k, i, p)))),
  ]
}

/** Runs the body for blocks of steps that make a partial sum; `steps` holds how many they are. */
const inBlocks = (k: Kernel, time: Index, others: readonly Index[], factors: readonly Local[], steps: Local, body: Code): Code => {
  const rest = dim.product(others.map(i => i.count))
  // Where no sequence has a step, there is nothing to sum.
  const each = k.size(rest)
  const whole = op('i32.div_u', i32(partialSum), op('select', each, i32(1), each))
  const block = k.fixed(dim.isOne(rest) ? i32(partialSum) : op('select', whole, i32(1), op('i32.gt_s', whole, i32(0))))
  const from = k.local('i32')
  const left = k.local('i32')
  return [
    set(from, i32(0)),
    countUp(from, k.size(time.count), get(block), [
      set(left, op('i32.sub', k.size(time.count), get(from))),
      set(steps, op('select', get(left), get(block), op('i32.lt_s', get(left), get(block)))),
      body,
      factors.map((l, f) => (moves(time, f) ? plus(l, op('i32.mul', get(steps), stepBytes(k, time, f))) : [])),
    ]),
    factors.map((l, f) => (moves(time, f) ? minus(l, op('i32.mul', k.size(time.count), stepBytes(k, time, f))) : [])),
  ]
}

const inTiles = (k: Kernel, space: ProductSpace, shape: Shape, pointers: readonly Local[], accumulated: boolean, packs: Packs): Code => {
  const { n, m, terms, time } = shape
  const result = pointers.length - 1
  const count = (i: Index | undefined): Code => (i === undefined ? i32(1) : k.size(i.count))
  const [how, from, fromM, steps] = [k.local('i32'), k.local('i32'), k.local('i32'), k.local('i32')]
  const stride = (i: Index | undefined, array: number | undefined): Code => (i === undefined || array === undefined ? i32(0) : stepBytes(k, i, array))
  const call: Call = {
    m: count(m),
    n: count(n),
    terms: time === undefined ? count(terms) : terms === undefined ? get(steps) : op('i32.mul', get(steps), count(terms)),
    a: shape.a === undefined ? i32(k.ctx.header.at(one)) : get(pointers[shape.a]!),
    aM: stride(m, shape.a),
    aK: stride(terms ?? time, shape.a),
    c: get(pointers[result]!),
    cM: stride(m, result),
    s: get(from),
    sM: get(fromM),
    how: get(how),
  }
  const body = shape.columns ? inColumns(k, shape, call, pointers) : inPanels(k, shape, call, pointers, packOf(k, space, shape, packs))
  const keep = accumulated ? k.word(callWords.keep) : i32(0)
  const begins = (mode: Code, array: number): Code => [set(how, mode), set(from, get(pointers[array]!)), set(fromM, stride(m, array))]
  if (time !== undefined) {
    const first = begins(op('select', i32(begin.add), i32(begin.zero), keep), result)
    const blocks = inBlocks(k, time, terms === undefined ? [] : [terms], pointers.slice(0, space.factors.length), steps, [body, set(how, i32(begin.add))])
    return shape.outer.reduceRight<Code>((inner, i) => alongIndex(k, i, pointers, inner), [first, blocks])
  }
  // Sums around the call go on with what the one before has left.
  const start = space.factors.length
  const first =
    space.start === undefined
      ? begins(op('select', i32(begin.start), i32(begin.zero), keep), result)
      : begins(i32(moves(n, start) ? begin.start : begin.spread), start)
  const goOn = shape.around.length === 0 ? [] : begins(i32(begin.start), result)
  const factors = pointers.slice(0, space.factors.length)
  const sums = shape.around.reduceRight<Code>((inner, i) => alongIndex(k, i, factors, inner), [body, goOn])
  return shape.outer.reduceRight<Code>((inner, i) => alongIndex(k, i, pointers, inner), [first, sums])
}

/** 1 as an f32, in memory: what a sum without a second factor is multiplied by. */
const one = '1065353216'

/** The operands of a product, in bytes. */
interface Call {
  readonly m: Code
  readonly n: Code
  readonly terms: Code
  readonly a: Code
  readonly aM: Code
  readonly aK: Code
  readonly c: Code
  readonly cM: Code
  readonly s: Code
  readonly sM: Code
  readonly how: Code
}

const inPanels = (k: Kernel, { n, m, a, b, terms, time }: Shape, x: Call, pointers: readonly Local[], pack: Pack | undefined): Code => {
  const { module, fma } = k.ctx
  const each = terms === undefined ? '1' : k.text(terms.count)
  const lines = time === undefined ? each : `Math.min(Math.max(${partialSum}, ${each}), ${k.text(time.count)} * ${each})`
  const isTurned = a !== undefined && m !== undefined && dim.isOne(m.strides[a]!)
  const spare = isTurned ? k.room('packedRows', `${rowBlock} * ${lines}`) : i32(0)
  const product = (from: Code, panelStride: Code, lineStride: Code): Code =>
    module.call(productFunction(module, fma), x.m, x.n, x.terms, x.a, x.aM, x.aK, from, panelStride, lineStride, x.c, x.cM, x.s, x.sM, x.how, spare)
  if (pack !== undefined) return product(k.word(`4 * ${pack.name}`), op('i32.mul', x.terms, i32(packedLine)), i32(packedLine))
  const along = stepBytes(k, n, b)
  const down = terms === undefined && time === undefined ? i32(0) : stepBytes(k, (terms ?? time)!, b)
  const inPlace = product(get(pointers[b]!), i32(4 * panel), down)
  const isInPieces = dim.isOne(n.strides[b]!)
  if (isInPieces && m === undefined) return inPlace
  const room = k.room('packed', `(${k.text(n.count)} + ${panel}) * ${lines}`)
  const packed = [
    module.call(packFunction(module), room, get(pointers[b]!), along, down, x.n, x.terms),
    product(room, op('i32.mul', x.terms, i32(packedLine)), i32(packedLine)),
  ]
  // Copying pays where many rows read what was copied.
  return isInPieces ? when(op('i32.ge_s', x.m, i32(16)), packed, inPlace) : packed
}

/** Both factors move along the vectors. */
const inColumns = (k: Kernel, { n, a, b, terms, time }: Shape, x: Call, pointers: readonly Local[]): Code => {
  const { module, fma } = k.ctx
  const summed = terms ?? time
  const down = (f: number): Code => (summed === undefined ? i32(0) : stepBytes(k, summed, f))
  const j = k.local('i32')
  const at = (start: Code): Code => op('i32.add', start, op('i32.shl', get(j), i32(2)))
  const started = op('select', x.s, at(x.s), op('i32.eq', x.how, i32(begin.spread)))
  const tile = (vectors: number, last: boolean, lanes?: Code): Code =>
    module.call(
      tileFunction(module, 1, vectors, fma, last, true),
      at(get(pointers[a!]!)),
      i32(0),
      down(a!),
      at(get(pointers[b]!)),
      down(b),
      at(x.c),
      i32(0),
      started,
      i32(0),
      x.terms,
      i32(1),
      x.how,
      ...(lanes === undefined ? [] : [lanes]),
    )
  return [
    set(j, i32(0)),
    countUp(j, op('i32.sub', k.size(n.count), i32(panel - 1)), i32(panel), tile(4, false)),
    countUp(j, k.size(n.count), i32(4), tile(1, true, op('i32.sub', k.size(n.count), get(j)))),
  ]
}

/** The operand in panels, where it stays the same while the loop runs. */
const packOf = (k: Kernel, space: ProductSpace, { n, m, b, columns, outer, terms, around, time }: Shape, packs: Packs): Pack | undefined => {
  const place = space.factors[b]!
  const { stepped } = k.ctx
  const isFixed = stepped !== undefined && !place.node.axes.includes(stepped) && place.selected === undefined && time === undefined
  if (!isFixed || columns || around.length > 0 || outer.some(i => moves(i, b)) || (m === undefined && dim.isOne(n.strides[b]!))) return undefined
  const { layout } = place
  const strides = [n.strides[b]!, terms === undefined ? dim.zero : terms.strides[b]!]
  const lines = terms === undefined ? dim.one : terms.count
  const key = [layout.region, layout.offset.key, ...strides.map(s => s.key), n.count.key, lines.key].join(' ')
  const pack = packs.all.get(key) ?? newPack(k, `panels${packs.all.size + 1}`, layout, strides, n.count, lines)
  packs.all.set(key, pack)
  packs.used.add(pack)
  return pack
}

const newPack = (k: Kernel, name: string, layout: Layout, strides: readonly Dim[], columns: Dim, lines: Dim): Pack => {
  k.room(name, `(${k.text(columns)} + ${panel}) * ${k.text(lines)}`)
  const make = (maker: Kernel): Code => {
    const [along, down] = strides.map(s => maker.bytes(s)) as [Code, Code]
    const { module } = maker.ctx
    return module.call(packFunction(module), maker.word(`4 * ${name}`), maker.address(layout, undefined), along, down, maker.size(columns), maker.size(lines))
  }
  return { name, make }
}

/** One result after the other, for what does not lie as tiles need it; with a guard those that are not finite, without the terms that it leaves out. */
const entryByEntry = (k: Kernel, space: ProductSpace, pointers: readonly Local[], accumulated: boolean): Code => {
  const result = space.factors.length + (space.start === undefined ? 0 : 1)
  const moving = pointers.filter((_, p) => p < space.factors.length || p > result)
  const places = pointers.map((_, p) => p).filter(p => p < space.factors.length || p > result)
  const sum = k.local('f32')
  const steps = k.local('i32')
  const time = space.summed.find(i => i.time)
  const others = space.summed.filter(i => i !== time)
  const number = (l: Local): Code => load('f32.load', get(l))
  const [first, second] = pointers.slice(0, space.factors.length) as [Local, Local | undefined]
  const add = set(sum, op('f32.add', get(sum), second === undefined ? number(first) : op('f32.mul', number(first), number(second))))
  const term = space.guard === undefined ? add : when(op('f32.ne', number(pointers.at(-1)!), f32(0)), add)
  // Only what is summed moves: the strides of the start and the result are zero.
  const along = (i: Index): Index => ({ ...i, strides: places.map(p => i.strides[p]!) })
  const inner = others.reduceRight<Code>((body, i) => alongIndex(k, along(i), moving, body), term)
  const there = number(pointers[result]!)
  const keep = accumulated ? k.word(callWords.keep) : i32(0)
  const write = store('f32.store', get(pointers[result]!), get(sum))
  const more = k.local('i32')
  const one =
    time === undefined
      ? [set(sum, space.start === undefined ? choose('f32', keep, there, f32(0)) : number(pointers[space.factors.length]!)), inner, write]
      : [
          set(more, keep),
          inBlocks(k, along(time), others, moving, steps, [
            set(sum, f32(0)),
            alongSteps(k, along(time), steps, moving, inner),
            when(get(more), set(sum, op('f32.add', there, get(sum)))),
            write,
            set(more, i32(1)),
          ]),
        ]
  const whole = space.guard === undefined ? one : when(op('f32.ne', op('f32.sub', there, there), f32(0)), one)
  return space.kept.reduceRight<Code>((body, i) => alongIndex(k, i, pointers, body), whole)
}

/** The steps of a block; the pointers come back. */
const alongSteps = (k: Kernel, time: Index, steps: Local, factors: readonly Local[], body: Code): Code => {
  const at = k.local('i32')
  return [
    set(at, i32(0)),
    countUp(at, get(steps), i32(1), [body, factors.map((l, f) => (moves(time, f) ? plus(l, stepBytes(k, time, f)) : []))]),
    factors.map((l, f) => (moves(time, f) ? minus(l, op('i32.mul', get(steps), stepBytes(k, time, f))) : [])),
  ]
}
