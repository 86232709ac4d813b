/**
 * Adds the adjoint: walks the graph backwards and writes each op's rule as new nodes. A delay becomes an advance, so
 * that back-propagation through time is the same graph transposed, and a cycle forward is a cycle backward.
 */
import * as dim from '../../dsl/dims.ts'
import type { Builder } from '../builder.ts'
import { alongIn, alongOf, ordered, type Axis, type Gradients, type Graph, type Id, type Node, type Value } from '../graph.ts'
import { wayBack } from '../ops/structural.ts'
import { advanced, inChunk } from '../ops/truncation.ts'
import { isComputed, rowOf } from '../ops/table.ts'
import { reachOf, type Reach } from './reach.ts'
import { copyInto, mapInterface } from './rebuild.ts'
import { all, conditions, isAll, joint, sameTerm, takenTerms, variesBeyond, type Term } from './taken.ts'

export interface Request {
  /** Outputs whose cotangents come from outside. */
  readonly outputs: readonly string[]
  /** States whose final values have cotangents from outside. */
  readonly finals: readonly string[]
  /** Streams whose total derivative is wanted. */
  readonly adjoints: readonly string[]
}

export interface Derivative {
  readonly graph: Graph
  /** Of each forward node, its adjoint. */
  readonly bar: ReadonlyMap<Id, Id>
  /** What a node gives to its k-th operand's adjoint, by `node:k`. */
  readonly edges: ReadonlyMap<string, Id>
  /** The cotangents from outside as they count, by role and name. */
  readonly cotangents: ReadonlyMap<string, Id>
  /** How many nodes the forward part has: they come first. */
  readonly forward: number
  /** How far losses reach along t. */
  readonly reach: Reach
}

/** True where a change of the operand can change the result, to first order. */
export const flows = (graph: { nodes: readonly Node[] }, node: Node, k: number): boolean => {
  const row = rowOf(node.op)
  if (row.class === 'map') return row.adjoint[k] !== null
  if (node.op === 'stop' || graph.nodes[node.args[k]!]!.type !== 'real') return false
  return node.type === 'real'
}

/** What the rule of the op adds to each operand's adjoint. */
export const adjointParts = (b: Builder, node: Node, dy: Id): readonly (Id | undefined)[] => {
  const row = rowOf(node.op)
  if (row.class !== 'map') return row.adjoint(b, node, dy)
  const scope = new Map<string, Id>([...row.params.map((p, i) => [p, node.args[i]!] as const), ['y', node.id], ['dy', dy]])
  return row.adjoint.map(text => (text === null ? undefined : b.formula(text, scope)))
}

const closure = (starts: Iterable<Id>, next: (id: Id) => readonly Id[]): ReadonlySet<Id> => {
  const seen = new Set<Id>()
  const stack = [...starts]
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    if (seen.has(id)) continue
    seen.add(id)
    stack.push(...next(id))
  }
  return seen
}

export const isWanted = (graph: Graph, n: Node): boolean =>
  n.op === 'source' &&
  n.type === 'real' &&
  (n.attrs.role === 'input' || n.attrs.role === 'initial' || (n.attrs.role === 'param' && !graph.face.params.get(n.attrs.name!)!.fixed))

export const differentiate = (source: Graph, request: Request): Derivative => {
  const copied = copyInto(source)
  const b = copied.builder
  const face = mapInterface(source.face, copied.map)
  const forward: Graph = { nodes: [...b.nodes], face }
  const users = new Map<Id, Id[]>()
  for (const n of forward.nodes)
    n.args.forEach((a, k) => {
      if (flows(forward, n, k)) users.set(a, [...(users.get(a) ?? []), n.id])
    })

  const seeds = new Map<Id, Id[]>()
  const runsAlong = new Map<Id, Axis>()
  const cotangents = new Map<string, Id>()
  const finals = new Map<Id, Id[]>()
  const seed = (to: Map<Id, Id[]>, at: Id, part: Id): void => void to.set(at, [...(to.get(at) ?? []), part])
  for (const name of request.outputs) {
    const id = face.outputs.get(name) ?? face.states.get(name)!.value
    const { shape, axes } = b.node(id)
    const masked = inChunk(b, b.source({ role: 'outputGrad', name }, { shape, axes, type: 'real' }), axes)
    cotangents.set(`outputGrad ${name}`, masked)
    seed(seeds, id, masked)
  }
  for (const name of request.finals) {
    const { value, along } = face.states.get(name)!
    const { shape, axes } = b.node(value)
    const own = ordered(axes.filter(a => a !== along))
    const masked = inChunk(b, b.source({ role: 'finalGrad', name }, { shape, axes: own, type: 'real' }), own)
    cotangents.set(`finalGrad ${name}`, masked)
    seed(finals, value, masked)
    runsAlong.set(value, along)
    const { from } = face.states.get(name)!
    if (from !== undefined) seed(seeds, from, b.whereEmpty(finals.get(value)!.at(-1)!, along, b.node(from)))
  }
  if (face.loss !== undefined) seed(seeds, face.loss, b.constant(1))

  const reached = closure([...seeds.keys(), ...finals.keys()], id => {
    const n = forward.nodes[id]!
    return n.args.filter((_, k) => flows(forward, n, k))
  })
  const wanted = forward.nodes.filter(n => isWanted(forward, n))
  const named = request.adjoints.flatMap(n => face.streams.get(n) ?? face.states.get(n)?.value ?? [])
  const active = closure([...wanted.map(n => n.id), ...named], id => users.get(id) ?? [])
  const alive = (id: Id): boolean => reached.has(id) && active.has(id)

  const terms = takenTerms(
    forward,
    alive,
    id => seeds.has(id) || finals.has(id),
    (n, k) => flows(forward, n, k),
  )
  const { holds, weight, finish } = conditions(b, forward, terms)
  /** Zero where a choice has not taken the value, whatever stands there. */
  const cleaned = (v: Id, t: Term): Id => (isAll(t) ? v : b.map('select', holds(t), v, b.constant(0)))

  const bar = new Map<Id, Id>()
  const edges = new Map<string, Id>()
  const parts = new Map<Id, Contribution[]>()
  const waiting = new Map<Id, Id>()
  const give = (to: Id, part: Contribution): void => void parts.set(to, [...(parts.get(to) ?? []), part])
  for (let y = forward.nodes.length - 1; y >= 0; y--) {
    if (!alive(y)) continue
    const node = forward.nodes[y]!
    const list: Contribution[] = [...(seeds.get(y) ?? []).map(plain), ...(parts.get(y) ?? [])]
    const left = [...(finals.get(y) ?? [])]
    b.at(node.span, () => {
      for (const n of forward.nodes) {
        if (n.op !== 'shift' || n.args[0] !== y || n.id > y || !alive(n.id)) continue
        const by = -n.attrs.by!
        const term = terms.at(n, 0)
        // The cotangent of a final state comes in where the advance ends, unless a choice may not take what the advance brings.
        const edge = by === -1 && alongOf(n) === runsAlong.get(y) && isAll(term) ? left.shift() : undefined
        const advance = b.openShift(by, wayBack(n), node, edge)
        waiting.set(n.id, advance)
        // What is cut on the way back may be a final cotangent no more than the loop of another delay.
        const part = advanced(b, advance, n)
        edges.set(`${n.id}:0`, part)
        list.push({ part, term, clean: () => cleaned(part, term) })
      }
      for (const final of left) list.push(plain(b.shift(b.constant(0), -1, alongIn(runsAlong.get(y)!), final, node)))
      if (list.length === 0) return
      const own = terms.of(y)
      // What the same choice has taken is added up as it is; else zeros come first where nobody took it.
      const mixed = list.some(c => !sameTerm(c.term, own))
      const dy = total(
        b,
        list.map(c => (mixed ? c.clean() : c.part)),
        node,
      )
      const clean = mixed || isAll(own) ? dy : cleaned(dy, own)
      bar.set(y, clean)
      const advance = waiting.get(y)
      if (advance !== undefined) b.close(advance, dy)
      const raw = adjointParts(b, node, dy)
      const safe = isAll(own) ? raw : adjointParts(b, node, clean)
      raw.forEach((part, k) => {
        const a = node.args[k]
        if (part === undefined || a === undefined || !flows(forward, node, k) || !alive(a)) return
        if (k === 0 && advance !== undefined) return
        const made = contribution(node, k, part, safe[k]!, own)
        edges.set(`${y}:${k}`, made.clean())
        give(a, made)
      })
    })
  }
  /** What a node adds to the cotangent of an operand: `raw` from its own as it is, `safe` from its own with zeros where it was not taken. */
  function contribution(node: Node, k: number, raw: Id, safe: Id, own: Term): Contribution {
    const operand = forward.nodes[node.args[k]!]!
    const like = (id: Id): Id => (b.node(id).op === 'pad' ? id : b.fit(id, operand))
    const term = terms.at(node, k)
    const same = (id: Id): Contribution => ({ part: like(id), term, clean: () => like(id) })
    if (isAll(own)) return same(raw)
    const { class: kind } = rowOf(node.op)
    const choice = node.op === 'select' ? joint(own, forward.nodes[node.args[0]!]!) : own
    // A sum over what the operand lacks must not meet what is not taken.
    const sums = variesBeyond(choice, node, operand)
    if (kind === 'map') {
      if (sums) return same(cleaned(raw, own))
      return { part: like(raw), term, clean: () => (node.op === 'select' ? like(cleaned(raw, own)) : cleaned(like(raw), term)) }
    }
    if (kind === 'contract' && !(node.attrs.continued === true && k === 0)) {
      const guarded = guardedBy(raw, safe, own, operand)
      return guarded === undefined ? { part: like(raw), term, clean: () => cleaned(like(raw), term) } : same(guarded)
    }
    if (sums || !(kind === 'contract' || passesOn.has(node.op)) || (node.op === 'shift' && k > 0)) return same(safe)
    return { part: like(raw), term, clean: () => (b.node(safe).op === 'pad' ? safe : cleaned(like(raw), term)) }
  }
  /** A sum of products whose terms are not all taken leaves those out: the other factor may be anything there. `undefined`: no sum mixes them. */
  function guardedBy(raw: Id, safe: Id, own: Term, operand: Node): Id | undefined {
    const product = b.node(b.node(raw).op === 'reshape' ? b.node(raw).args[0]! : raw)
    const w = b.node(weight(own))
    const [letters] = product.attrs.spec!.operands as readonly [string]
    const aligned = letters.slice(letters.length - w.shape.length)
    const varied = [...aligned].filter((_, i) => !dim.isOne(w.shape[i]!)).join('')
    const sums = [...varied].some(l => !product.attrs.spec!.result.includes(l)) || w.axes.some(a => product.attrs.over!.includes(a))
    if (!sums) return undefined
    const clean = b.node(safe).op === 'reshape' ? b.node(b.node(safe).args[0]!) : b.node(safe)
    if (clean.args.length < 2) return safe
    const guard = b.reshape(
      w.id,
      w.shape.filter(d => !dim.isOne(d)),
    )
    const { spec } = clean.attrs
    const made = b.add('contract', [...clean.args, guard], {
      ...clean.attrs,
      spec: { operands: [...spec!.operands, varied], result: spec!.result },
      guarded: true,
    })
    return b.reshape(made, operand.shape.length === b.node(safe).shape.length ? b.node(safe).shape : b.node(made).shape)
  }
  finish()
  const zero = (v: Node): Id =>
    v.attrs.depth === undefined
      ? b.expand(b.constant(0), v.shape, v.axes)
      : b.add('expand', [b.constant(0)], { shape: v.shape, axes: v.axes, depth: v.attrs.depth })
  const gradients = (role: string): ReadonlyMap<string, Id> =>
    new Map(wanted.filter(n => n.attrs.role === role).map(n => [n.attrs.name!, bar.get(n.id) ?? zero(n)]))
  const result: Gradients = {
    params: gradients('param'),
    inputs: gradients('input'),
    initial: gradients('initial'),
    adjoints: new Map(
      request.adjoints.flatMap(n => {
        const id = face.streams.get(n) ?? face.states.get(n)?.value
        return id === undefined ? [] : [[n, bar.get(id) ?? zero(b.node(id))] as const]
      }),
    ),
  }
  const ends = [
    ...request.outputs.map(n => ({ id: face.outputs.get(n) ?? face.states.get(n)!.value, final: false })),
    ...request.finals.map(n => ({ id: face.states.get(n)!.value, final: true })),
  ]
  const reach = reachOf(forward, ends, alive, (n, k) => flows(forward, n, k))
  return { graph: { nodes: b.nodes, face, gradients: result }, bar, edges, cotangents, forward: forward.nodes.length, reach }
}

/** Ops through which what is not taken goes on, entry by entry. */
const passesOn: ReadonlySet<string> = new Set(['reshape', 'transpose', 'slice', 'concat', 'expand', 'reverse', 'end', 'fold', 'unfold', 'shift'])

/** What a user adds to the cotangent of a value, and where it is taken. */
interface Contribution {
  /** Where it is not taken, it may be anything. */
  readonly part: Id
  readonly term: Term
  /** The same with zeros there. */
  readonly clean: () => Id
}

const plain = (part: Id): Contribution => ({ part, term: all, clean: () => part })

/** The sum of what a node's users give it; pads that tile a dim are joined instead of added. */
const total = (b: Builder, list: readonly Id[], like: Value): Id => {
  const pads = list.filter(id => b.node(id).op === 'pad')
  const others = list.filter(id => b.node(id).op !== 'pad')
  const sums = [...others.map(id => b.fit(id, like)), ...joined(b, pads, like)]
  return b.expand(
    sums.reduce((x, y) => b.map('add', x, y)),
    like.shape,
    like.axes,
  )
}

const joined = (b: Builder, pads: readonly Id[], like: Value): readonly Id[] => {
  const layers: { dim: number; parts: Id[] }[] = []
  for (const id of pads) {
    const pad = b.node(id)
    const layer = layers.find(l => l.dim === pad.attrs.dim && l.parts.every(p => apart(b.node(p), pad)))
    if (layer === undefined) layers.push({ dim: pad.attrs.dim!, parts: [id] })
    else layer.parts.push(id)
  }
  return layers.map(({ dim: d, parts }) => {
    const sorted = [...parts].sort((p, q) => (before(b.node(p), b.node(q)) ? -1 : 1))
    const { axes } = like
    const pieces: Id[] = []
    let at = dim.zero
    const fill = (to: dim.Dim): void => {
      if (!dim.equal(at, to))
        pieces.push(
          b.expand(
            b.constant(0),
            like.shape.map((s, i) => (i === d ? dim.subtract(to, at) : s)),
            axes,
          ),
        )
      at = to
    }
    for (const id of sorted) {
      const { attrs, args } = b.node(id)
      fill(attrs.from!)
      const inner = { ...like, shape: like.shape.map((s, i) => (i === d ? dim.subtract(attrs.to!, attrs.from!) : s)) }
      pieces.push(b.fit(args[0]!, inner))
      at = attrs.to!
    }
    fill(like.shape[d]!)
    return b.concat(pieces, d)
  })
}

/** Stretches of one dim that surely do not overlap. */
const apart = (p: Node, q: Node): boolean => before(p, q) || before(q, p)
const before = (p: Node, q: Node): boolean => dim.dominates(q.attrs.from!, p.attrs.to!)

/** The computed values behind the gradients: what may be added to. */
export const gradientParts = (graph: Graph): ReadonlySet<Id> => {
  const found = new Set<Id>()
  const visit = (id: Id): void => {
    const n = graph.nodes[id]!
    if (isComputed(n)) found.add(id)
    else if (n.op !== 'shift') n.args.forEach(visit)
  }
  const adjoints = new Set(graph.gradients?.adjoints.values() ?? [])
  const { params, inputs, initial } = graph.gradients ?? { params: new Map<string, Id>(), inputs: new Map<string, Id>(), initial: new Map<string, Id>() }
  for (const m of [params, inputs, initial]) for (const id of m.values()) if (!adjoints.has(id)) visit(id)
  return found
}
