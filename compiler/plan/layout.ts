/** Where values and views of them lie: a region, an offset, and strides, as formulas of the dims. */
import { InternalError } from '../../dsl/diagnostics.ts'
import * as dim from '../../dsl/dims.ts'
import type { Dim } from '../../dsl/dims.ts'
import type { Reach } from '../passes/reach.ts'
import { alongOf, nameOfAxis, printGraph, type Axis, type Id, type Node } from '../graph.ts'
import { isPack, isSelected } from '../schedule/copies.ts'
import type { Plan, Region } from './plan.ts'
import type { Range } from './reads.ts'

export interface Layout {
  readonly region: number
  readonly offset: Dim
  /** Strides of the axes that the value has. */
  readonly axes: Partial<Readonly<Record<Axis, Dim>>>
  /** Strides of the dims of the shape. */
  readonly inner: readonly Dim[]
}

/** Row-major strides. */
export const strides = (shape: readonly Dim[]): readonly Dim[] => shape.map((_, i) => dim.product(shape.slice(i + 1)))

/** The place of a stretch. */
export const sliced = (l: Layout, r: Range): Layout => (r === 'whole' ? l : { ...l, offset: dim.add(l.offset, dim.multiply(r.from, l.inner[r.dim]!)) })

/** Where a view lies, from where its operand does; `undefined` for what has no place. */
export const layoutOf = (p: Plan, id: Id): Layout | undefined => {
  const known = p.layouts.get(id)
  if (known !== undefined) return known
  const n = p.graph.nodes[id]!
  const [a] = n.args
  const from = a === undefined ? undefined : layoutOf(p, a)
  return from === undefined ? undefined : viewOf(p, n, from)
}

/** Where a view of something lies that lies at `from`. */
export const viewOf = (p: Plan, n: Node, from: Layout): Layout | undefined => {
  const [a] = n.args
  switch (n.op) {
    case 'slice':
      return sliced(from, { dim: n.attrs.dim!, from: n.attrs.from!, to: n.attrs.to! })
    case 'transpose':
      return { ...from, inner: n.attrs.order!.map(o => from.inner[o]!) }
    case 'expand': {
      const { shape } = p.graph.nodes[a!]!
      const extra = n.shape.length - shape.length
      return { ...from, inner: n.shape.map((d, i) => (i < extra || (dim.isOne(shape[i - extra]!) && !dim.isOne(d)) ? dim.zero : from.inner[i - extra]!)) }
    }
    case 'fold':
      return { ...from, axes: without(from.axes, n.attrs.along!), inner: [...from.inner, from.axes[n.attrs.along!] ?? dim.zero] }
    case 'unfold':
      return { ...from, axes: { ...from.axes, [n.attrs.along!]: from.inner.at(-1)! }, inner: from.inner.slice(0, -1) }
    case 'reshape':
      return reshaped(p, n, from)
    case 'shift':
      return isSelected(p.graph, n) ? undefined : { ...from, offset: dim.subtract(from.offset, dim.scale(from.axes[alongOf(n)]!, n.attrs.by!)) }
    case 'concat':
      return isPack(p.graph, n) ? { ...from, inner: strides(n.shape) } : undefined
    default:
      return undefined
  }
}

const without = (axes: Layout['axes'], axis: Axis): Layout['axes'] => Object.fromEntries(Object.entries(axes).filter(([a]) => a !== axis))

const reshaped = (p: Plan, n: Node, from: Layout): Layout => {
  const { shape } = p.graph.nodes[n.args[0]!]!
  const plain = strides(shape)
  if (from.inner.every((s, i) => dim.equal(s, plain[i]!) || dim.isOne(shape[i]!))) return { ...from, inner: strides(n.shape) }
  const old = shape.flatMap((d, i) => (dim.isOne(d) ? [] : [{ d, s: from.inner[i]! }]))
  let next = 0
  const inner = n.shape.map(d => (dim.isOne(d) ? dim.one : old[next++]!.s))
  if (next !== old.length || n.shape.filter(d => !dim.isOne(d)).some((d, i) => !dim.equal(d, old[i]!.d)))
    throw new InternalError('a reshape of a value that does not lie in one piece', printGraph(p.graph))
  return { ...from, inner }
}

/** What backward passes cost where a window cuts, and where everything lies. */
export const printPlan = (p: Plan, reach: Reach): string => {
  const where = (r: Region): string =>
    r.inside === undefined ? '' : ` in the place of ${p.regions[r.inside]!.name}${r.unlessAgain === true ? ', unless the tape is kept' : ''}`
  const list = p.regions.map(
    r =>
      `region ${r.id} ${r.role} ${r.name}: ${r.sizes.map(show).join(' or ')} ${r.type}${where(r)}${r.optional === undefined ? '' : `, all steps if the adjoint of ${r.optional} is wanted`}`,
  )
  const values = [...p.layouts].map(
    ([id, l]) =>
      `%${id} ${p.graph.nodes[id]!.op} in region ${l.region} at ${show(l.offset)}, strides ${Object.entries(l.axes)
        .map(([a, s]) => `${nameOfAxis(a)} ${show(s!)}`)
        .join(', ')} [${l.inner.map(show).join(', ')}]`,
  )
  return [windowLine(reach), ...list, ...values].join('\n')
}

const windowLine = ({ couples, whole }: Reach): string =>
  couples !== undefined
    ? `window: each chunk has a pass over all steps, since ${couples}`
    : whole
      ? 'window: chunks as long as it take one pass; shorter ones have a pass over all steps each, since something looks ahead'
      : 'window: chunks as long as it take one pass; shorter ones have a pass each over the steps that it reaches'

const show = (d: Dim): string => d.key.replaceAll(/@\d*(\w+)/g, (_, name: string) => name.toUpperCase())
