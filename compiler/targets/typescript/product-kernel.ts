/**
 * Sums of products in register tiles: four results along two indices at a time, so that each number that is loaded
 * serves four multiplications. Every sum runs in ascending order; remainders take narrower tiles of the same code.
 */
import * as dim from '../../../dsl/dims.ts'
import type { Dim } from '../../../dsl/dims.ts'
import { batch, steps } from '../../elaborate/block.ts'
import { historyDepth, unionAxes, type Axis, type Id, type Node } from '../../graph.ts'
import { partialSum } from '../../interpret/interpret.ts'
import { factors, letterDims } from '../../ops/structural.ts'
import type { Layout } from '../../plan/layout.ts'
import { operandOf, Signature, type Context, type Emitted, type Operand } from './kernel.ts'
import { indent } from './writer.ts'

/** An index of the product: how often it counts, and how far each array moves with it: factors, start, result. */
interface Index {
  readonly count: Dim
  readonly strides: readonly Dim[]
  readonly backward: boolean
  readonly time: boolean
}

const tile = 4
/** With one result along the other index (a batch of one), more of them are needed to hide the latency of an addition. */
const narrow = 8

export const productKernel = (ctx: Context, id: Id, name: string, head: string): Emitted => {
  const node = ctx.plan.graph.nodes[id]!
  const sig = new Signature(ctx.dims)
  const inputs = factors(node).map(a => operandOf(ctx, a)!)
  const start = node.attrs.continued === true ? operandOf(ctx, node.args[0]!)! : undefined
  const result = operandOf(ctx, id)!
  const { kept, summed } = indices(ctx, node, inputs, start, result)
  const arrays = inputs.length + (start === undefined ? 0 : 1) + 1
  const labels = ['a', 'b'].slice(0, inputs.length).concat(start === undefined ? [] : ['s'], ['c'])
  const bases = [...inputs, ...(start === undefined ? [] : [start]), result].map((o, i) => sig.base(o, labels[i]!))
  // The same address twice is one parameter; a pointer of its own keeps the text simple.
  const pointers = labels.map(l => sig.names.fresh(`${l}At`))

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
    text = `for (let ${v} = 0; ${v} < ${sig.size(o.count)}; ${v}++) {\n${indent(text + back, 1)}}\n${i === outer.length - 1 ? '' : rewind}`
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
  return sig.emit(name, head, indent(starts + text, 1), ctx.dtype === 'f32' ? 'Float32Array' : 'Float64Array')
}

const moves = (i: Index, k: number): boolean => !dim.equal(i.strides[k]!, dim.zero)

/** In single precision a sum over time is a sum of partial sums, of as many whole steps as have at most 4096 summands. */
const inBlocks = (sig: Signature, summed: readonly Index[], inputs: number, text: string, pointers: readonly string[], keep: boolean): string => {
  const time = summed.find(i => i.time)!
  const rest = dim.product(summed.filter(i => !i.time).map(i => i.count))
  const move = pointers
    .slice(0, inputs)
    .map((p, k) => (moves(time, k) ? `${p} ${time.backward ? '-' : '+'}= steps * ${sig.size(time.strides[k]!, true)}\n` : ''))
    .join('')
  const block = dim.isOne(rest) ? `${partialSum}` : `Math.max(1, Math.floor(${partialSum} / (${sig.size(rest)})))`
  return `const block = ${block}\nlet more = ${keep ? 'keep' : 'false'}\nfor (let from = 0; from < ${sig.size(time.count)}; from += block) {\n${indent(
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

const indices = (
  ctx: Context,
  node: Node,
  inputs: readonly Operand[],
  start: Operand | undefined,
  result: Operand,
): { kept: readonly Index[]; summed: readonly Index[] } => {
  const spec = node.attrs.spec!
  const arrays = [...inputs, ...(start === undefined ? [] : [start]), result]
  const letters = letterDims(
    spec,
    inputs.map(o => o.node),
  )
  const layouts = arrays.map(o => o.layout)
  const lettersOf = (k: number): string => (k < inputs.length ? spec.operands[k]! : spec.result)
  const alongAxis = (a: Axis): readonly Dim[] => layouts.map(l => l.axes[a] ?? dim.zero)
  const alongLetter = (l: string): readonly Dim[] => layouts.map((y: Layout, k) => (lettersOf(k).includes(l) ? y.inner[lettersOf(k).indexOf(l)]! : dim.zero))
  const fixed = ctx.stepped ? 't' : ''
  const over = node.attrs.over ?? []
  const count = (a: Axis): Dim =>
    a === 't' ? steps : a === 'b' ? batch : dim.constant(Math.max(...[node, ...inputs.map(o => o.node)].map(n => historyDepth(ctx.plan.graph, n.id))))
  const kept = [
    ...node.axes.filter(a => a !== fixed).map(a => ({ count: count(a), strides: alongAxis(a), backward: false, time: false })),
    ...[...spec.result].map(l => ({ count: letters.get(l)!, strides: alongLetter(l), backward: false, time: false })),
  ]
  const present = unionAxes(inputs.map(o => o.node.axes))
  const summed = [
    ...present
      .filter(a => over.includes(a))
      .map(a => ({ count: count(a), strides: alongAxis(a), backward: a === 't' && node.attrs.backward === true, time: a === 't' })),
    ...[...letters.keys()].filter(l => !spec.result.includes(l)).map(l => ({ count: letters.get(l)!, strides: alongLetter(l), backward: false, time: false })),
  ]
  const blocked = ctx.dtype === 'f32'
  return { kept: joinIndices(kept, () => true), summed: joinIndices(summed, (o, i) => !o.backward && !i.backward && !(blocked && (o.time || i.time))) }
}

const joinIndices = (list: readonly Index[], may: (outer: Index, inner: Index) => boolean): readonly Index[] => {
  const result: Index[] = []
  for (const index of [...list].reverse()) {
    if (dim.isOne(index.count) && !index.time) continue
    const inner = result[0]
    const fits = inner !== undefined && may(index, inner) && index.strides.every((s, k) => dim.equal(s, dim.multiply(inner.strides[k]!, inner.count)))
    if (fits) result[0] = { count: dim.multiply(index.count, inner.count), strides: inner.strides, backward: false, time: index.time || inner.time }
    else result.unshift(index)
  }
  return result
}
