/**
 * Which entries of a cotangent a choice has taken. Where `if` chose the other side, or `loss … where` left a step out, a
 * value's cotangent is zero because nobody took the value: it contributes exactly +0 through every rule below, though
 * that side may be NaN or infinite there (0 * NaN is NaN). So beside the cotangent goes a condition, true where it counts.
 *
 * A term says how that condition comes about. Most values are taken everywhere, which costs nothing: terms are worked
 * out first, and only conditions that are not always true become nodes.
 */
import * as dim from '../../dsl/dims.ts'
import type { Builder } from '../builder.ts'
import { alongIn, alongOf, sameAxes, type Axis, type Graph, type Id, type Node, type Value } from '../graph.ts'
import { wayBack } from '../ops/structural.ts'
import { rowOf } from '../ops/table.ts'

/** Along what a condition varies: axes, and whether also from entry to entry of a place. */
interface Extent {
  readonly axes: readonly Axis[]
  readonly entries: boolean
}

export type Term =
  /** Taken everywhere. */
  | { readonly kind: 'all' }
  /** By nobody. */
  | { readonly kind: 'none' }
  | (Extent & { readonly kind: 'side'; readonly key: string; readonly under: Term; readonly condition: Id; readonly holds: boolean })
  | (Extent & { readonly kind: 'any'; readonly key: string; readonly of: readonly Term[] })
  /** What a node makes of its own term on the way to an operand; `write` works on numbers, positive where it is taken. */
  | (Extent & { readonly kind: 'routed'; readonly key: string; readonly of: Term; readonly write: (b: Builder, weight: Id) => Id })
  /** The term of a delay, at the step of the value that it reads. */
  | (Extent & { readonly kind: 'delayed'; readonly key: string; readonly shift: Id })

export const all: Term = { kind: 'all' }
const none: Term = { kind: 'none' }

export const isAll = (t: Term): boolean => t.kind === 'all'
const keyOf = (t: Term): string => ('key' in t ? t.key : t.kind)
export const sameTerm = (a: Term, b: Term): boolean => keyOf(a) === keyOf(b)
const extentOf = (t: Term): Extent => ('axes' in t ? t : { axes: [], entries: false })
const union = (list: readonly Extent[]): Extent => ({ axes: [...new Set(list.flatMap(e => e.axes))].sort(), entries: list.some(e => e.entries) })

const hasEntries = (v: Value): boolean => v.shape.some(d => !dim.isOne(d))

/** The extent of a term together with that of a condition. */
export const joint = (t: Term, condition: Node): Extent => union([extentOf(t), { axes: condition.axes, entries: hasEntries(condition) }])

/** True where a sum over what the operand lacks would meet places of which some are taken and some are not. */
export const variesBeyond = (t: Extent | Term, node: Node, operand: Node): boolean => {
  const { axes, entries } = 'axes' in t ? t : extentOf(t)
  return (
    axes.some(a => !operand.axes.includes(a) && !(node.op === 'unfold' && a === alongOf(node))) ||
    (entries && !dim.sameShape(node.shape, operand.shape) && !reshapes.has(node.op))
  )
}

/** Ops whose operands have other shapes, though each entry goes to one place. */
const reshapes: ReadonlySet<string> = new Set(['reshape', 'transpose', 'slice', 'concat', 'fold', 'unfold', 'pad'])

const side = (under: Term, condition: Node, holds: boolean): Term =>
  under.kind === 'none'
    ? none
    : {
        kind: 'side',
        key: `(${keyOf(under)} ${holds ? '' : '!'}${condition.id})`,
        under,
        condition: condition.id,
        holds,
        ...joint(under, condition),
      }

/** Both sides of a choice are what the choice is; a side says no more than the whole. */
const any = (list: readonly Term[]): Term => {
  const found = new Map(list.flatMap(t => (t.kind === 'any' ? t.of : [t])).map(t => [keyOf(t), t] as const))
  found.delete('none')
  for (let again = true; again;) {
    again = false
    for (const [key, t] of found) {
      if (t.kind !== 'side') continue
      const other = `(${keyOf(t.under)} ${t.holds ? '!' : ''}${t.condition})`
      if (!found.has(other) && !found.has(keyOf(t.under))) continue
      found.delete(key)
      found.delete(other)
      for (const u of t.under.kind === 'any' ? t.under.of : [t.under]) found.set(keyOf(u), u)
      again = true
      break
    }
  }
  if (found.has('all')) return all
  const of = [...found.values()]
  if (of.length < 2) return of[0] ?? none
  return { kind: 'any', key: `[${[...found.keys()].sort().join(' ')}]`, of, ...union(of.map(extentOf)) }
}

/** Ops that only lay entries out anew: a condition that is the same for all entries of a place stays as it is. */
const layouts: ReadonlySet<string> = new Set(['reshape', 'transpose', 'slice', 'pad', 'concat', 'expand', 'copy'])

/** The term of a node at its k-th operand. */
const onTheWay = (graph: Graph, node: Node, k: number, term: Term): Term => {
  if (term.kind === 'none' || (term.kind === 'all' && node.op !== 'select')) return term
  const row = rowOf(node.op)
  const operand = graph.nodes[node.args[k]!]!
  if (node.op === 'select') return fitted(node, operand, k, side(term, graph.nodes[node.args[0]!]!, k === 1))
  const { axes, entries } = extentOf(term)
  const along = alongOf(node)
  // Sequences end at different steps: what moves along them moves in each by itself.
  const each = union([{ axes: [...axes, along, ...node.axes.filter(a => a === 'b')], entries }])
  if (node.op === 'shift' && k === 0) return { kind: 'delayed', key: `@${node.id}`, shift: node.id, ...each }
  const routed = (to: Extent, write: (b: Builder, weight: Id) => Id): Term => ({ kind: 'routed', key: `${node.id}:${k}${keyOf(term)}`, of: term, write, ...to })
  if (row.class === 'map') return fitted(node, operand, k, term)
  // Steps are only renamed: it matters where the condition changes from step to step.
  if (node.op === 'reverse' && axes.includes(along))
    return routed(each, (b, w) => b.add('reverse', [b.expand(w, entries ? node.shape : [], each.axes)], alongIn(along)))
  if (node.op === 'unfold' && axes.includes(along))
    return routed({ axes: axes.filter(a => a !== along), entries: true }, (b, w) => b.add('fold', [b.expand(w, node.shape, axes)], { along }))
  if (node.op === 'fold' && entries)
    return routed({ axes: [...axes, along].sort(), entries }, (b, w) => b.add('unfold', [b.expand(w, node.shape, axes)], { along }))
  if (node.op === 'contract' && entries) {
    const { spec } = node.attrs
    const at = node.attrs.continued === true ? k - 1 : k
    if (at < 0) return fitted(node, operand, k, term)
    const own = spec!.operands[at]!
    const known = [...own].filter(l => spec!.result.includes(l)).join('')
    const kept = axes.filter(a => operand.axes.includes(a))
    return routed({ axes: kept, entries: known !== '' }, (b, w) =>
      b.reshape(
        b.add('contract', [b.expand(w, node.shape, axes)], { spec: { operands: [spec!.result], result: known }, over: axes.filter(a => !kept.includes(a)) }),
        operand.shape.map((d, i) => (known.includes(own[i]!) ? d : dim.one)),
      ),
    )
  }
  if (entries && (layouts.has(node.op) || (node.op === 'reduce' && node.attrs.kind === 'sum')) && row.adjoint !== undefined)
    return fitted(
      node,
      operand,
      k,
      routed({ axes, entries }, (b, w) => row.adjoint(b, node, b.expand(w, node.shape, axes))[k]!),
      operand,
    )
  if (!entries) return fitted(node, operand, k, term)
  // Whatever mixes the entries of a place: all of them, if any is.
  return fitted(
    node,
    operand,
    k,
    routed({ axes, entries: false }, (b, w) => b.fit(w, { shape: [], axes, type: 'real' })),
  )
}

/** What is summed up on the way to an operand that lacks dims or axes is taken where any of it is. `like`: what the term fits already. */
const fitted = (node: Node, operand: Node, k: number, term: Term, like: Value = node): Term => {
  const { axes, entries } = extentOf(term)
  const kept = axes.filter(a => operand.axes.includes(a))
  const shrinks = entries && !dim.sameShape(like.shape, operand.shape)
  if (!shrinks && kept.length === axes.length) return term
  return {
    kind: 'routed',
    key: `${node.id}>${k}${keyOf(term)}`,
    of: term,
    axes: kept,
    entries: entries && hasEntries(operand),
    write: (b, w) => b.fit(entries ? b.expand(w, like.shape, axes) : w, { shape: entries ? operand.shape : [], axes: kept, type: 'real' }),
  }
}

export interface Terms {
  readonly of: (id: Id) => Term
  /** What a node's term is at its k-th operand. */
  readonly at: (node: Node, k: number) => Term
}

const everywhere: Terms = { of: () => all, at: () => all }

/** The terms of the nodes that have cotangents. `seeded`: taken from outside; `flows`: a cotangent goes on to that operand. */
export const takenTerms = (graph: Graph, alive: (id: Id) => boolean, seeded: (id: Id) => boolean, flows: (node: Node, k: number) => boolean): Terms => {
  if (!graph.nodes.some(n => n.op === 'select' && alive(n.id))) return everywhere
  const found = new Map<Id, Term>()
  const of = (id: Id): Term => found.get(id) ?? none
  // A delay may be read before it is reached: what is known of it grows until it stays.
  for (let before = ''; ;) {
    const parts = new Map<Id, Term[]>()
    const give = (to: Id, t: Term): void => void parts.set(to, [...(parts.get(to) ?? []), t])
    for (const n of graph.nodes) if (n.op === 'shift' && alive(n.id)) give(n.args[0]!, onTheWay(graph, n, 0, of(n.id)))
    for (let id = graph.nodes.length - 1; id >= 0; id--) {
      if (!alive(id)) continue
      const node = graph.nodes[id]!
      found.set(id, any([...(seeded(id) ? [all] : []), ...(parts.get(id) ?? [])]))
      node.args.forEach((a, k) => {
        if (!flows(node, k) || !alive(a) || (node.op === 'shift' && k === 0)) return
        give(a, onTheWay(graph, node, k, of(id)))
      })
    }
    const now = [...found].map(([id, t]) => `${id} ${keyOf(t)} ${JSON.stringify(extentOf(t))}`).join()
    if (now === before) break
    before = now
  }
  return { of, at: (node, k) => onTheWay(graph, node, k, of(node.id)) }
}

/** Writes terms as conditions. Delays among them are closed by `finish`. */
export interface Conditions {
  /** The condition, which broadcasts to the value. */
  readonly holds: (t: Term) => Id
  /** A positive number where it holds, else 0. */
  readonly weight: (t: Term) => Id
  readonly finish: () => void
}

export const conditions = (b: Builder, graph: Graph, terms: Terms): Conditions => {
  const known = new Map<string, Id>()
  const delays = new Map<Id, Id>()
  const memo = (key: string, make: () => Id): Id => {
    const id = known.get(key) ?? make()
    known.set(key, id)
    return id
  }
  const holds = (t: Term): Id =>
    memo(`holds ${keyOf(t)}`, () => {
      if (t.kind === 'any') return t.of.map(holds).reduce((x, y) => b.map('or', x, y))
      if (t.kind !== 'side') return b.map('gt', weight(t), b.constant(0))
      const own = t.holds ? t.condition : b.map('not', t.condition)
      return t.under.kind === 'all' ? own : b.map('and', holds(t.under), own)
    })
  const weight = (t: Term): Id =>
    memo(`weight ${keyOf(t)}`, () => {
      if (t.kind === 'routed') return t.write(b, weight(t.of))
      if (t.kind === 'delayed') return delayed(t.shift, t)
      return b.map('select', holds(t), b.constant(1), b.constant(0))
    })
  /** At the step of the value: outside of the sequence nobody takes it. */
  const delayed = (shift: Id, { axes, entries }: Extent): Id => {
    const known = delays.get(shift)
    if (known !== undefined) return known
    const node = graph.nodes[shift]!
    const value: Value = { shape: entries ? node.shape : [], axes: node.axes.filter(a => axes.includes(a)), type: 'real' }
    const made = b.openShift(-node.attrs.by!, wayBack(node), value)
    delays.set(shift, made)
    waiting.push({ made, shift, value })
    return made
  }
  const waiting: { readonly made: Id; readonly shift: Id; readonly value: Value }[] = []
  const finish = (): void => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const { made, shift } = next
      const { shape, axes } = b.node(made)
      const w = weight(terms.of(shift))
      b.close(made, sameAxes(b.node(w).axes, axes) && dim.sameShape(b.node(w).shape, shape) ? w : b.expand(w, shape, axes))
    }
  }
  return { holds, weight, finish }
}
