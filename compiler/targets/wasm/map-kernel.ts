/** Elementwise chains, with reductions at the end of each row, four places at a time. */
import * as dim from '../../../dsl/dims.ts'
import type { Id, Node } from '../../graph.ts'
import { mapRow } from '../../ops/table.ts'
import type { Kernel as Scheduled } from '../../schedule/schedule.ts'
import type { Loop } from '../nest.ts'
import { counting, countingOn, immediate } from '../places.ts'
import { mapSpace } from '../spaces.ts'
import { choose, f32, f32x4, get, i32, load, op, opWith, set, store, when, type Code, type Func, type Local } from './assembler.ts'
import { callWords, Kernel, read, walk, type Context, type Width } from './kernel.ts'
import { condition, lower, real, type Vector } from './lower.ts'

export const mapKernel = (ctx: Context, kernel: Scheduled, name: string): Func => {
  const { plan } = ctx
  const node = (id: Id): Node => plan.graph.nodes[id]!
  const k = new Kernel(ctx, name)
  const space = mapSpace(plan, kernel, ctx.stepped, ctx.steps)
  const { operands, slot } = space
  const loops = [...space.rows, ...space.inner]
  const pointers = operands.map(o => ({ local: k.local('i32'), start: k.base(o) }))
  const starts = pointers.map(p => set(p.local, p.start))
  const moving = pointers.map(p => p.local)

  /** The number, or four, that a kernel makes itself. */
  const made = (n: Node): Code => {
    if (n.op === 'constant') return f32x4(n.attrs.value!)
    if (n.op === 'chunk') return get(k.fixed(op('f32x4.splat', op('f32.convert_i32_s', k.word(chunkWords[n.attrs.at!]))), 'v128'))
    const whole = n.op === 'size' ? k.size(n.attrs.size!) : n.attrs.local === true ? k.step : op('i32.add', k.word(callWords.first), k.step)
    return get(k.fixed(op('f32x4.splat', op('f32.convert_i32_s', whole)), 'v128'))
  }
  const values = (width: Width, loop: Loop | undefined): { code: Code[]; value: (id: Id) => Vector } => {
    const code: Code[] = []
    const known = new Map<Id, Vector>()
    const keep = (v: Vector): Vector => {
      const local = k.local('v128')
      code.push(set(local, v.code))
      return { code: get(local), type: v.type }
    }
    const loaded = (id: Id): Vector => {
      const i = slot(id)
      const o = operands[i]!
      const stays = loop === undefined || dim.equal(loop.strides[i]!, dim.zero)
      if (o.layout.region === counting || o.layout.region === countingOn) {
        // Addresses count in bytes; the entry is its own number.
        const first = op('f32x4.splat', op('f32.mul', op('f32.convert_i32_s', get(moving[i]!)), f32(0.25)))
        return real(width === 1 || stays ? first : op('f32x4.add', first, opWith('v128.const', [...new Uint8Array(new Float32Array([0, 1, 2, 3]).buffer)])))
      }
      const entries = read(width, get(moving[i]!), stays)
      if (o.type === 'index') return real(op('f32x4.convert_i32x4_s', entries))
      return o.node.type === 'condition' ? condition(op('f32x4.ne', entries, f32x4(0))) : real(entries)
    }
    const value = (id: Id): Vector => {
      const before = known.get(id)
      if (before !== undefined) return before
      const own = immediate(plan, id, ctx.stepped)
      const v = own === undefined ? keep(loaded(id)) : real(made(own))
      known.set(id, v)
      return v
    }
    // Everything that is read comes before anything is written: a result may lie where an operand lay.
    for (const id of [...kernel.nodes, ...kernel.reductions]) for (const a of node(id).args) if (!space.inside(a)) value(a)
    for (const id of kernel.nodes) {
      const n = node(id)
      const letters = n.args.map((_, i) => `v${i}`)
      const before: Code[] = []
      const v = lower(mapRow(n.op).code(...letters), new Map(letters.map((l, i) => [l, value(n.args[i]!)])), { func: k.func, fma: ctx.fma, before })
      code.push(...before)
      known.set(id, keep(v))
    }
    for (const id of space.stores) {
      const v = known.get(id)!
      const entries = v.type === 'condition' ? op('v128.and', v.code, f32x4(1)) : v.code
      const pointer = get(moving[slot(id)]!)
      code.push(put(width, pointer, ctx.accumulated.has(id) ? added(k, entries, read(width, pointer, false)) : entries))
    }
    return { code, value }
  }
  if (kernel.reductions.length === 0) return k.finish([starts, walk(k, loops, moving, (width, loop) => values(width, loop).code)])

  const reductions = kernel.reductions.map(id => ({ id, node: node(id), operand: node(id).args[0]! }))
  const sum = reductions[0]!.node.attrs.kind === 'sum'
  const fold = sum ? sums(k, reductions) : extrema(k, reductions)
  const target = (i: number): Code => get(moving[slot(reductions[i]!.id)]!)
  const row = [
    fold.begin,
    walk(
      k,
      space.inner,
      moving,
      (width, loop) => {
        const { code, value } = values(width, loop)
        return [code, fold.take(width, value)]
      },
      !sum || space.inner.length > 1,
    ),
    // The walk has moved the pointers to the end of the row.
    fold.end.map((value, i) => store('f32.store', target(i), ctx.accumulated.has(reductions[i]!.id) ? more(k, value, load('f32.load', target(i))) : value)),
    rewind(k, space.inner, moving),
  ]
  return k.finish([starts, space.rows.length === 0 ? row : rows(k, space.rows, moving, row)])
}

const chunkWords = { first: callWords.chunkFrom, last: callWords.chunkTo, low: callWords.low, high: callWords.high, window: callWords.window } as const

/** Loops whose innermost body is a whole row. */
const rows = (k: Kernel, loops: readonly Loop[], pointers: readonly Local[], row: Code): Code => walk(k, loops, pointers, () => row, true)

/** Takes pointers back to where the row began; results of reductions have not moved. */
const rewind = (k: Kernel, inner: readonly Loop[], pointers: readonly Local[]): Code => {
  const [first] = inner
  if (first === undefined) return []
  return pointers.flatMap((p, i) => {
    const by = dim.multiply(first.strides[i]!, first.count)
    return dim.equal(by, dim.zero) ? [] : [set(p, op('i32.sub', get(p), k.bytes(by)))]
  })
}

const put = (width: Width, pointer: Code, value: Code): Code =>
  width === 4 ? store('v128.store', pointer, value) : store('v128.store32_lane', pointer, value, 0, 0)

/** Added to what is there, where the caller wants that. */
const added = (k: Kernel, value: Code, there: Code): Code => {
  const local = k.local('v128')
  return [set(local, value), choose('v128', k.word(callWords.keep), op('f32x4.add', there, get(local)), get(local))]
}

/** The same for one number. */
const more = (k: Kernel, value: Code, there: Code): Code => {
  const local = k.local('f32')
  return [set(local, value), choose('f32', k.word(callWords.keep), op('f32.add', there, get(local)), get(local))]
}

interface Reduction {
  readonly id: Id
  readonly node: Node
  readonly operand: Id
}

interface Fold {
  readonly begin: Code
  readonly take: (width: Width, value: (id: Id) => Vector) => Code
  /** The results, one for each reduction. */
  readonly end: readonly Code[]
}

const lane = (v: Code, i: number): Code => opWith('f32x4.extract_lane', [i], v)

/** Four interleaved lanes, then a fixed tree. */
const sums = (k: Kernel, reductions: readonly Reduction[]): Fold => {
  const lanes = reductions.map(() => k.local('v128'))
  const next = k.local('i32')
  const mask = k.local('v128')
  // What is left over goes to one lane after the other: to those whose number is `next`.
  const numbers = opWith('v128.const', [...new Uint8Array(new Float32Array([0, 1, 2, 3]).buffer)])
  const only = set(mask, op('f32x4.eq', numbers, op('f32x4.splat', op('f32.convert_i32_s', get(next)))))
  const spread = (v: Code): Code => op('f32x4.splat', lane(v, 0))
  return {
    begin: [set(next, i32(0)), lanes.map(l => set(l, f32x4(0)))],
    take: (width, value) =>
      width === 4
        ? reductions.map((r, i) => set(lanes[i]!, op('f32x4.add', get(lanes[i]!), value(r.operand).code)))
        : [
            only,
            reductions.map((r, i) =>
              set(lanes[i]!, op('v128.bitselect', op('f32x4.add', get(lanes[i]!), spread(value(r.operand).code)), get(lanes[i]!), get(mask))),
            ),
            set(next, op('i32.and', op('i32.add', get(next), i32(1)), i32(3))),
          ],
    end: lanes.map(l => op('f32.add', op('f32.add', lane(get(l), 0), lane(get(l), 1)), op('f32.add', lane(get(l), 2), lane(get(l), 3)))),
  }
}

/** One after the other: of equals the first counts. */
const extrema = (k: Kernel, reductions: readonly Reduction[]): Fold => {
  const best = reductions.map(() => ({ value: k.local('f32'), index: k.local('i32') }))
  const at = k.local('i32')
  const now = k.local('f32')
  return {
    begin: [set(at, i32(0)), best.map(b => [set(b.value, f32(0)), set(b.index, i32(-1))])],
    take: (_, value) => [
      reductions.map((r, i) => {
        const { value: old, index } = best[i]!
        const better = op(r.node.attrs.kind!.endsWith('max') ? 'f32.gt' : 'f32.lt', get(now), get(old))
        return [
          set(now, lane(value(r.operand).code, 0)),
          when(op('i32.or', op('i32.lt_s', get(index), i32(0)), better), [set(old, get(now)), set(index, get(at))]),
        ]
      }),
      set(at, op('i32.add', get(at), i32(1))),
    ],
    end: reductions.map((r, i) => (r.node.attrs.kind!.startsWith('arg') ? op('f32.convert_i32_s', get(best[i]!.index)) : get(best[i]!.value))),
  }
}
