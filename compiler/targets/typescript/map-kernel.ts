/** Elementwise chains, with reductions at the end of each row, as one nest of loops. */
import * as dim from '../../../dsl/dims.ts'
import type { Id, Node } from '../../graph.ts'
import { mapRow, rowOf } from '../../ops/table.ts'
import type { Kernel } from '../../schedule/schedule.ts'
import type { Loop } from '../nest.ts'
import { counting, countingOn, immediate } from '../places.ts'
import { mapSpace } from '../spaces.ts'
import { indent, literal } from '../writer.ts'
import { Signature, withAddress, type Context, type Emitted, type Operand } from './kernel.ts'
import { inlineCalls } from './inline.ts'

export const mapKernel = (ctx: Context, kernel: Kernel, name: string, head: string): Emitted => {
  const { plan } = ctx
  const node = (id: Id): Node => plan.graph.nodes[id]!
  const space = mapSpace(plan, kernel, ctx.stepped, ctx.steps)
  const { slot: use, inside, stores, reducedDims, rows, inner } = space
  const own = new Set([...kernel.nodes, ...kernel.reductions])
  const sig = new Signature(ctx.dims)
  const operands = space.operands.map(o => withAddress(ctx, o))

  // Addresses: a base for each operand, moved on by the loops outside, indexed by the innermost.
  const counters: string[] = []
  const bases = operands.map(o => {
    if (!isCounting(o)) return sig.named(o, label(ctx, o))
    const name = sig.names.own('index')
    const start = o.layout.region === countingOn ? `${sig.param('first', 'number')} + ` : ''
    counters.push(`const ${name} = ${start}${sig.size(o.layout.offset)}\n`)
    return name
  })
  // Operands at one address that move alike share a pointer.
  const pointers = new Map<string, string>()
  const pointer = (i: number): string => {
    if (rows.every(l => dim.equal(l.strides[i]!, dim.zero))) return bases[i]!
    const key = `${bases[i]} ${rows.map(l => l.strides[i]!.key).join(' ')}`
    const known = pointers.get(key) ?? sig.names.fresh(`${bases[i]}_`)
    pointers.set(key, known)
    return known
  }
  const innerVar = (level: number): string => (inner.length === 1 ? 'j' : `j${level}`)
  const at = (i: number): string => {
    const terms = inner.flatMap((l, level) => {
      const s = l.strides[i]!
      if (dim.equal(s, dim.zero)) return []
      return [dim.isOne(s) ? innerVar(level) : `${innerVar(level)} * ${sig.size(s, true)}`]
    })
    return [pointer(i), ...terms].filter((x, k) => !(x === '0' && (k > 0 || terms.length > 0))).join(' + ')
  }
  const varies = (i: number): boolean => inner.some(l => !dim.equal(l.strides[i]!, dim.zero))
  const load = (i: number): string => {
    const o = operands[i]!
    if (isCounting(o)) return at(i)
    const text = `${o.type === 'index' ? 'n' : 'x'}[${at(i)}]`
    return o.node.type === 'condition' ? `(${text} !== 0)` : text
  }

  // Values: what is used once and has no name is written in place.
  const locals = new Map<Id, string>()
  const counts = new Map<Id, number>()
  for (const id of own) for (const a of node(id).args) counts.set(a, (counts.get(a) ?? 0) + 1)
  const hoisted: string[] = []
  const lines: string[] = []
  const loaded = new Map<Id, string>()
  const stored = new Set(stores)
  const constant = (n: Node): string =>
    n.op === 'constant'
      ? literal(n.attrs.value!)
      : n.op === 'size'
        ? `(${sig.size(n.attrs.size!)})`
        : n.op === 'chunk'
          ? sig.param(chunkNames[n.attrs.at!], 'number')
          : n.attrs.local === true
            ? sig.param('t', 'number')
            : sig.param('step', 'number', 'first + t')
  const read = (id: Id): string => {
    const local = locals.get(id)
    if (local !== undefined) return local
    const made = immediate(plan, id, ctx.stepped)
    if (made !== undefined) return constant(made)
    const known = loaded.get(id)
    if (known !== undefined) return known
    const i = use(id)
    const name = sig.names.fresh(shortName(ctx, id))
    ;(varies(i) ? lines : hoisted).push(`const ${name} = ${load(i)}`)
    loaded.set(id, name)
    return name
  }
  // Everything that is read comes before anything is written: a result may lie where an operand lay.
  for (const id of own) for (const a of node(id).args) if (!inside(a)) read(a)
  for (const id of kernel.nodes) {
    const n = node(id)
    const row = mapRow(n.op)
    const inlined =
      row.uses.length === 0 ? undefined : inlineCalls(row.code(...n.args.map(read)), ctx.dtype, w => sig.names.fresh(`${ctx.streamNames.get(id) ?? n.op}_${w}`))
    if (inlined !== undefined) {
      lines.push(...inlined.before)
      inlined.needs.forEach(u => ctx.used.add(u))
    }
    const text = inlined?.value ?? row.code(...n.args.map(read))
    const rounded = ctx.dtype === 'f32' && stored.has(id) && (counts.get(id) ?? 0) > 0 && n.type === 'real' && n.op !== 'copy' ? `Math.fround(${text})` : text
    const name = ctx.streamNames.get(id)
    if (name === undefined && counts.get(id) === 1 && !stored.has(id)) locals.set(id, `(${text})`)
    else {
      const local = sig.names.fresh(name ?? shortName(ctx, id))
      lines.push(`const ${local} = ${strip(rounded)}`)
      locals.set(id, local)
    }
  }
  for (const id of stores) {
    const i = use(id)
    const value = node(id).type === 'condition' ? `${locals.get(id)!} ? 1 : 0` : locals.get(id)!
    const target = `x[${at(i)}]`
    if (ctx.accumulated.has(id)) {
      sig.param('keep', 'boolean')
      lines.push(`${target} = keep ? ${target} + ${value} : ${value}`)
    } else lines.push(`${target} = ${strip(value)}`)
  }

  const reduced = kernel.reductions.map(id => ({ id, n: node(id), value: read(node(id).args[0]!), s: sig.names.fresh(shortName(ctx, id)) }))
  const store = (id: Id, value: string): string => {
    const target = `x[${at(use(id))}]`
    // What is added is one number: its own sum comes first.
    return ctx.accumulated.has(id) ? `${target} = ${sig.param('keep', 'boolean')} ? ${target} + (${value}) : ${value}` : `${target} = ${value}`
  }
  const body = reducedDims === 0 ? plain(inner, sig, lines) : reducing(inner, sig, lines, reduced, store)
  let text = `${hoisted.map(h => `${h}\n`).join('')}${body}`
  const moving = operands.map((_, i) => i).filter(i => pointer(i) !== bases[i])
  const movingNames = [...new Set(moving.map(pointer))]
  rows.toReversed().forEach((l, up) => {
    const level = rows.length - 1 - up
    const steps = movingNames.map(p => {
      const i = moving.find(m => pointer(m) === p)!
      const inward = rows[level + 1]
      const back = inward === undefined ? dim.zero : dim.multiply(inward.strides[i]!, inward.count)
      const by = dim.subtract(l.strides[i]!, back)
      return dim.equal(by, dim.zero) ? '' : `${p} += ${sig.size(by)}\n`
    })
    text = `for (let row${level} = 0; row${level} < ${sig.size(l.count)}; row${level}++) {\n${indent(text + steps.join(''), 1)}}\n`
  })
  const lets = movingNames.map(p => `let ${p} = ${bases[moving.find(m => pointer(m) === p)!]!}\n`).join('')
  return sig.emit(name, head, indent(counters.join('') + lets + text, 1), ctx.dtype === 'f32' ? 'Float32Array' : 'Float64Array')
}

/** What the driver calls the numbers of a pass. */
const chunkNames = { first: 'chunkFrom', last: 'chunkTo', low: 'low', high: 'high', window: 'window' } as const

const isCounting = ({ layout }: Operand): boolean => layout.region === counting || layout.region === countingOn

/** `(a + b)` alone needs no parentheses. */
const strip = (text: string): string => {
  if (!text.startsWith('(') || !text.endsWith(')')) return text
  let depth = 0
  for (let i = 0; i < text.length - 1; i++) {
    if (text[i] === '(') depth++
    if (text[i] === ')' && --depth === 0) return text
  }
  return text.slice(1, -1)
}

const shortName = (ctx: Context, id: Id): string => {
  const n = ctx.plan.graph.nodes[id]!
  const known = ctx.streamNames.get(id)
  if (known !== undefined) return known
  if (n.op === 'source')
    return `${n.attrs.role === 'outputGrad' || n.attrs.role === 'finalGrad' ? 'grad_' : n.attrs.role === 'initial' ? 'initial_' : ''}${n.attrs.name}`
  if (n.op === 'shift') return `${n.attrs.by! > 0 ? 'last' : 'next'}_${ctx.streamNames.get(n.args[0]!) ?? 'v'}`
  return `${rowOf(n.op).class === 'map' || n.op === 'reduce' ? n.op : 'v'}`.replace(/^(slice|reshape|concat|expand|transpose)$/, 'v')
}

const label = (ctx: Context, o: Operand): string => `${shortName(ctx, o.id)}_At`

const plain = (inner: readonly Loop[], sig: Signature, lines: readonly string[]): string => {
  const body = lines.map(l => `${l}\n`).join('')
  const [loop] = inner
  return loop === undefined ? body : `for (let j = 0; j < ${sig.size(loop.count)}; j++) {\n${indent(body, 1)}}\n`
}

interface Reduced {
  readonly id: Id
  readonly n: Node
  readonly value: string
  readonly s: string
}

/** A sum goes in four interleaved lanes, then a fixed tree; extrema go in order. */
const reducing = (
  inner: readonly Loop[],
  sig: Signature,
  lines: readonly string[],
  reduced: readonly Reduced[],
  store: (id: Id, value: string) => string,
): string => {
  const nested = inner.length !== 1
  const sum = reduced[0]!.n.attrs.kind === 'sum'
  const counts = inner.map(l => sig.size(l.count))
  const wrap = (text: string): string =>
    counts.reduceRight((t, c, level) => {
      const v = nested ? `j${level}` : 'j'
      return `for (let ${v} = 0; ${v} < ${c}; ${v}++) {\n${indent(t, 1)}}\n`
    }, text)
  const body = lines.map(l => `${l}\n`).join('')
  const value = (r: Reduced): string =>
    sum ? `((${r.s}Lane0 + ${r.s}Lane1) + (${r.s}Lane2 + ${r.s}Lane3))` : r.n.attrs.kind!.startsWith('arg') ? `${r.s}Index` : r.s
  const ends = reduced.map(r => `${store(r.id, strip(value(r)))}\n`).join('')
  if (!sum) {
    const lets = reduced.map(r => `let ${r.s} = 0\nlet ${r.s}Index = -1\n`).join('') + 'let at = 0\n'
    const better = (r: Reduced): string =>
      `if (${r.s}Index < 0 || ${r.value} ${r.n.attrs.kind!.endsWith('max') ? '>' : '<'} ${r.s}) {\n  ${r.s} = ${r.value}\n  ${r.s}Index = at\n}\n`
    return `${lets}${wrap(body + reduced.map(better).join('') + 'at++\n')}${ends}`
  }
  const lets = reduced.map(r => `let ${r.s}Lane0 = 0, ${r.s}Lane1 = 0, ${r.s}Lane2 = 0, ${r.s}Lane3 = 0\n`).join('')
  if (nested) {
    const lane = reduced.map(r => [0, 1, 2, 3].map(i => `${i === 0 ? '' : 'else '}if (lane === ${i}) ${r.s}Lane${i} += ${r.value}\n`).join('')).join('')
    return `${lets}let lane = 0\n${wrap(`${body}${lane}lane = (lane + 1) & 3\n`)}${ends}`
  }
  const laneBody = `${body}${reduced.map(r => `${r.s} += ${r.value}\n`).join('')}`
  const close = reduced
    .map(
      r =>
        `if (lane === 0) ${r.s}Lane0 = ${r.s}\nelse if (lane === 1) ${r.s}Lane1 = ${r.s}\nelse if (lane === 2) ${r.s}Lane2 = ${r.s}\nelse ${r.s}Lane3 = ${r.s}\n`,
    )
    .join('')
  const loop = `for (let j = lane; j < ${counts[0]}; j += 4) {\n${indent(laneBody, 1)}}\n`
  return `${lets}for (let lane = 0; lane < 4; lane++) {\n${indent(`${reduced.map(r => `let ${r.s} = 0\n`).join('')}${loop}${close}`, 1)}}\n${ends}`
}
