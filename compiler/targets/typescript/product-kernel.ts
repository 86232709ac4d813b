/**
 * Sums of products in register tiles: four results along two indices at a time, so that each number that is loaded
 * serves four multiplications. Every sum runs in ascending order; remainders take narrower tiles of the same code.
 */
import * as dim from '../../../dsl/dims.ts'
import type { Id } from '../../graph.ts'
import { partialSum } from '../../interpret/sums.ts'
import { moves, productSpace, type Index } from '../spaces.ts'
import { indent } from '../writer.ts'
import { guardOf } from '../../ops/structural.ts'
import { Signature, withAddress, type Context, type Emitted } from './kernel.ts'

const tile = 4
/** With one result along the other index (a batch of one), more of them are needed to hide the latency of an addition. */
const narrow = 8

export const productKernel = (ctx: Context, id: Id, name: string, head: string): Emitted => {
  const sig = new Signature(ctx.dims)
  const space = productSpace(ctx.plan, id, ctx.stepped, ctx.steps, ctx.dtype === 'f32')
  const { kept, summed } = space
  const inputs = space.factors.map(o => withAddress(ctx, o))
  const start = space.start === undefined ? undefined : withAddress(ctx, space.start)
  const result = withAddress(ctx, space.result)
  const arrays = inputs.length + (start === undefined ? 0 : 1) + 1
  const labels = ['a', 'b'].slice(0, inputs.length).concat(start === undefined ? [] : ['s'], ['c'])
  const bases = [...inputs, ...(start === undefined ? [] : [start]), result].map((o, i) => sig.base(o, labels[i]!))
  // The same address twice is one parameter; a pointer of its own keeps the text simple.
  const pointers = labels.map(l => sig.names.own(`${l}At`))

  const m = kept.findLastIndex(i => dim.isOne(i.strides[arrays - 1]!))
  const first = m >= 0 ? m : kept.length - 1
  const second = kept.findLastIndex((i, at) => at !== first && first >= 0 && inputs.every((_, k) => moves(i, k) !== moves(kept[first]!, k)))
  const outer = kept.filter((_, at) => at !== first && at !== second)
  const blocked = ctx.dtype === 'f32' && summed.some(i => i.time)
  const keep = ctx.accumulated.has(id)
  if (keep) sig.param('keep', 'boolean')

  const inner = tiles(sig, {
    m: kept[first],
    n: kept[second],
    summed,
    pointers,
    inputs: inputs.length,
    start: start !== undefined,
    arrays,
    keep,
    blocked,
    array: labels,
  })
  let text = inner
  outer.toReversed().forEach((o, i) => {
    const v = `o${outer.length - 1 - i}`
    const back = pointers.map((p, k) => (dim.equal(o.strides[k]!, dim.zero) ? '' : `${p} += ${sig.size(o.strides[k]!)}\n`)).join('')
    const rewind = pointers.map((p, k) => (dim.equal(o.strides[k]!, dim.zero) ? '' : `${p} -= ${sig.size(dim.multiply(o.strides[k]!, o.count))}\n`)).join('')
    text = `for (let ${v} = 0; ${v} < ${sig.size(o.count)}; ${v}++) {\n${indent(text + back, 1)}}\n${i === outer.length - 1 && !blocked ? '' : rewind}`
  })
  if (blocked) text = inBlocks(sig, summed, inputs.length, text, pointers, keep)
  const ends = summed.filter(i => i.backward)
  const starts = pointers
    .map((p, k) => {
      const shift =
        k < inputs.length
          ? ends.map(e => (dim.equal(e.strides[k]!, dim.zero) ? '' : ` + (${sig.size(e.count)} - 1) * ${sig.size(e.strides[k]!, true)}`)).join('')
          : ''
      return `let ${p} = ${bases[k]!}${shift}\n`
    })
    .join('')
  const mended = guardOf(ctx.plan.graph.nodes[id]!) === undefined ? '' : mend(ctx, sig, id, bases, inputs.length, arrays - 1)
  return sig.emit(name, head, indent(starts + text + mended, 1), ctx.dtype === 'f32' ? 'Float32Array' : 'Float64Array')
}

/**
 * Where the guard lets no term in, a factor is zero, which leaves the sum as it is, unless the other factor is NaN or
 * infinite there. Such sums are not finite: they are made once more, of the terms that there are.
 */
const mend = (ctx: Context, sig: Signature, id: Id, bases: readonly string[], inputs: number, result: number): string => {
  const space = productSpace(ctx.plan, id, ctx.stepped, ctx.steps, ctx.dtype === 'f32', true)
  const guard = sig.base(withAddress(ctx, space.guard!), 'guard')
  const all = [...bases, guard]
  const g = all.length - 1
  const blocked = ctx.dtype === 'f32' && space.summed.some(i => i.time)
  const address = (k: number, kept: boolean): string =>
    [
      all[k]!,
      ...space.kept.flatMap((i, at) => (moves(i, k) ? [`u${at} * ${sig.size(i.strides[k]!, true)}`] : [])),
      ...(kept
        ? []
        : space.summed.flatMap((i, at) =>
            moves(i, k) ? [`${i.backward ? `(${sig.size(i.count)} - 1 - v${at})` : `v${at}`} * ${sig.size(i.strides[k]!, true)}`] : [],
          )),
    ].join(' + ')
  const loops = (list: readonly Index[], v: string, body: (at: number) => string): string =>
    list.reduceRight(
      (text, i, at) => `for (let ${v}${at} = 0; ${v}${at} < ${sig.size(i.count)}; ${v}${at}++) {\n${indent(body(at) + text, 1)}}\n`,
      v === 'u'
        ? whole()
        : `if (x[${address(g, false)}] !== 0) sum += ${range(inputs)
            .map(k => `x[${address(k, false)}]`)
            .join(' * ')}\n`,
    )
  const whole = (): string => {
    const rest = dim.product(space.summed.filter(i => !i.time).map(i => i.count))
    const block = dim.isOne(rest) ? `${partialSum}` : `Math.max(1, Math.floor(${partialSum} / (${sig.size(rest)})))`
    const sums = loops(space.summed, 'v', at =>
      blocked && space.summed[at]!.time ? `if (v${at} > 0 && v${at} % (${block}) === 0) {\n  total = Math.fround(total + sum)\n  sum = 0\n}\n` : '',
    )
    return `const u = ${address(result, true)}\nif (x[u] - x[u] === 0) continue\nlet sum = 0${blocked ? ', total = 0' : ''}\n${sums}x[u] = ${blocked ? 'total + sum' : 'sum'}\n`
  }
  // One place is a loop of its own, so that it can be left.
  return space.kept.length === 0 ? `for (let u0 = 0; u0 < 1; u0++) {\n${indent(whole(), 1)}}\n` : loops(space.kept, 'u', () => '')
}

/** In single precision a sum over time is a sum of partial sums, of as many whole steps as have at most 4096 summands. */
const inBlocks = (sig: Signature, summed: readonly Index[], inputs: number, text: string, pointers: readonly string[], keep: boolean): string => {
  const time = summed.find(i => i.time)!
  const rest = dim.product(summed.filter(i => !i.time).map(i => i.count))
  const move = pointers
    .slice(0, inputs)
    .map((p, k) => (moves(time, k) ? `${p} ${time.backward ? '-' : '+'}= steps * ${sig.size(time.strides[k]!, true)}\n` : ''))
    .join('')
  const block = dim.isOne(rest) ? `${partialSum}` : `Math.max(1, Math.floor(${partialSum} / (${sig.size(rest)})))`
  return `const block = ${block}\nlet more = ${keep ? 'keep' : 'false'}\nfor (let from = 0; from === 0 || from < ${sig.size(time.count)}; from += block) {\n${indent(
    `const steps = Math.min(block, ${sig.size(time.count)} - from)\n${text}${move}more = true\n`,
    1,
  )}}\n`
}

interface Tiles {
  readonly m: Index | undefined
  readonly n: Index | undefined
  readonly summed: readonly Index[]
  readonly pointers: readonly string[]
  readonly inputs: number
  readonly start: boolean
  readonly arrays: number
  readonly keep: boolean
  readonly blocked: boolean
  readonly array: readonly string[]
}

/** Loops over tiles of results: full ones first, then the remainders. */
const tiles = (sig: Signature, t: Tiles): string => {
  const head = t.summed.length === 2 ? twoLevelHead(sig, t) : ''
  const along = (v: string, index: Index | undefined, most: number, body: (width: number) => string): string => {
    if (index === undefined) return body(1)
    const count = sig.size(index.count)
    const loops = `for (; ${v} + ${most} <= ${count}; ${v} += ${most}) {\n${indent(body(most), 1)}}\nfor (; ${v} < ${count}; ${v}++) {\n${indent(body(1), 1)}}\n`
    return `let ${v} = 0\n${loops}`
  }
  return head + along('q', t.n, tile, width => along('p', t.m, width === 1 ? narrow : tile, height => oneTile(sig, t, height, width)))
}

/** The address of an array at the tile's corner. */
const corner = (sig: Signature, t: Tiles, k: number): string => {
  const step = (v: string, i: Index | undefined): string =>
    i === undefined || !moves(i, k) ? '' : dim.isOne(i.strides[k]!) ? ` + ${v}` : ` + ${v} * ${sig.size(i.strides[k]!, true)}`
  return `${t.pointers[k]!}${step('q', t.n)}${step('p', t.m)}`
}

/** `base + i * stride`, as simply as it can be said. */
const offset = (sig: Signature, base: string, index: Index | undefined, k: number, i: number): string => {
  if (i === 0 || index === undefined || !moves(index, k)) return base
  const s = index.strides[k]!
  return dim.isOne(s) ? `${base} + ${i}` : i === 1 ? `${base} + ${sig.size(s, true)}` : `${base} + ${i} * ${sig.size(s, true)}`
}

const range = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i)

const oneTile = (sig: Signature, t: Tiles, height: number, width: number): string => {
  const cells = range(width).flatMap(q => range(height).map(p => ({ p, q, name: `s${p}${q}` })))
  const c = t.arrays - 1
  const place = (base: string, k: number, p: number, q: number): string => offset(sig, offset(sig, base, t.m, k, p), t.n, k, q)
  const begin = t.start
    ? `const i0 = ${corner(sig, t, t.inputs)}\n${cells.map(s => `let ${s.name} = x[${place('i0', t.inputs, s.p, s.q)}]\n`).join('')}`
    : t.keep && !t.blocked
      ? `const i0 = ${corner(sig, t, c)}\n${cells.map(s => `let ${s.name} = keep ? x[${place('i0', c, s.p, s.q)}] : 0\n`).join('')}`
      : `let ${cells.map(s => `${s.name} = 0`).join(', ')}\n`
  const end = `const c0 = ${corner(sig, t, c)}\n${cells
    .map(s => {
      const to = `x[${place('c0', c, s.p, s.q)}]`
      return t.blocked ? `${to} = more ? ${to} + ${s.name} : ${s.name}\n` : `${to} = ${s.name}\n`
    })
    .join('')}`
  return `${begin}${sums(sig, t, height, width, cells)}${end}`
}

/** The loops over what is summed, the accumulators staying in registers. */
const sums = (sig: Signature, t: Tiles, height: number, width: number, cells: readonly { p: number; q: number; name: string }[]): string => {
  const inputs = range(t.inputs)
  const value = new Map<string, string>()
  const loads = inputs
    .flatMap(k => {
      const [byM, byN] = [t.m !== undefined && moves(t.m, k), t.n !== undefined && moves(t.n, k)]
      return range(byN ? width : 1).flatMap(q =>
        range(byM ? height : 1).map(p => {
          const name = `${t.array[k]}${byM ? p : ''}${byN ? q : ''}`.padEnd(2, '0')
          for (const s of cells) if ((!byM || s.p === p) && (!byN || s.q === q)) value.set(`${k} ${s.name}`, name)
          return `const ${name} = x[${offset(sig, offset(sig, `k${t.array[k]}`, t.m, k, p), t.n, k, q)}]\n`
        }),
      )
    })
    .join('')
  const add = cells.map(s => `${s.name} += ${inputs.map(k => value.get(`${k} ${s.name}`)).join(' * ')}\n`).join('')
  const body = `${loads}${add}`
  const lets = inputs.map(k => `let k${t.array[k]} = ${corner(sig, t, k)}\n`).join('')
  const text = t.summed.length === 2 ? twoLevels(t, body) : levels(sig, t, body)
  return lets + text
}

const countOf = (sig: Signature, t: Tiles, i: Index): string => (i.time && t.blocked ? 'steps' : sig.size(i.count))

const levels = (sig: Signature, t: Tiles, body: string): string => {
  const inputs = range(t.inputs)
  const step = (i: Index): string => inputs.map(k => (moves(i, k) ? `k${t.array[k]} ${i.backward ? '-' : '+'}= ${sig.size(i.strides[k]!)}\n` : '')).join('')
  let text = body
  t.summed.toReversed().forEach((index, up) => {
    const level = t.summed.length - 1 - up
    const inward = t.summed[level + 1]
    const rewind =
      inward === undefined
        ? ''
        : inputs
            .map(k =>
              moves(inward, k) ? `k${t.array[k]} ${inward.backward ? '+' : '-'}= ${countOf(sig, t, inward)} * ${sig.size(inward.strides[k]!, true)}\n` : '',
            )
            .join('')
    text = `for (let k${level} = 0; k${level} < ${countOf(sig, t, index)}; k${level}++) {\n${indent(text + rewind + step(index), 1)}}\n`
  })
  return text
}

/** The counts and steps of two nested sums; a batch of one makes the long loop the inner one. */
const twoLevelHead = (sig: Signature, t: Tiles): string => {
  const [outer, inner] = t.summed as readonly [Index, Index]
  const stride = (i: Index, k: number): string => `${i.backward && moves(i, k) ? '-' : ''}${sig.size(i.strides[k]!, true)}`
  const inputs = range(t.inputs)
  const lets = inputs.map(k => `let ${t.array[k]}Outer = ${stride(outer, k)}, ${t.array[k]}Inner = ${stride(inner, k)}\n`).join('')
  const swap = inputs.map(k => `  ${t.array[k]}Inner = ${t.array[k]}Outer\n`).join('')
  return `let outer = ${countOf(sig, t, outer)}, inner = ${countOf(sig, t, inner)}\n${lets}if (inner === 1) {\n  inner = outer\n  outer = 1\n${swap}}\n`
}

const twoLevels = (t: Tiles, body: string): string => {
  const inputs = range(t.inputs).map(k => t.array[k]!)
  const forward = inputs.map(a => `k${a} += ${a}Inner\n`).join('')
  const turn = inputs.map(a => `k${a} += ${a}Outer - inner * ${a}Inner\n`).join('')
  return `for (let k0 = 0; k0 < outer; k0++) {\n${indent(`for (let k1 = 0; k1 < inner; k1++) {\n${indent(body + forward, 1)}}\n${turn}`, 1)}}\n`
}
