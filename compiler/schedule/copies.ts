/**
 * Gives values a place of their own where memory asks for it: results are contiguous and belong to nobody else, what is
 * read at another step lies in a region with room at its ends, the parts of a join are written where they are joined.
 */
import * as dim from '../../dsl/dims.ts'
import type { Builder } from '../builder.ts'
import { alongOf, forwardResults, resultIds, sameAxes, usersOf, type Axis, type Graph, type Id, type Node } from '../graph.ts'
import { copyNode, liveNodes, rebuild, type Pass } from '../passes/rebuild.ts'
import { isComputed, rowOf } from '../ops/table.ts'
import { basesOf, countedOperands, isOwn, unendedOperand } from './padding.ts'

/** A join of parameters: they lie side by side, and nothing is written. A parameter lies in the first such join only. */
export const isPack = (graph: Graph, n: Node): boolean =>
  isParamJoin(graph, n) &&
  new Set(n.args).size === n.args.length &&
  !graph.nodes.some(m => m.id < n.id && isParamJoin(graph, m) && m.args.some(a => n.args.includes(a)))

const isParamJoin = (graph: Graph, n: Node): boolean =>
  n.op === 'concat' && n.attrs.dim === 0 && n.args.every(a => graph.nodes[a]!.op === 'source' && graph.nodes[a]!.attrs.role === 'param')

/** Numbers that kernels make themselves, and that have no place in memory. */
const isImmediate = (graph: Graph, id: Id): boolean => {
  const n = graph.nodes[id]!
  if (n.op === 'expand' || n.op === 'reshape' || n.op === 'slice' || n.op === 'transpose') return isImmediate(graph, n.args[0]!)
  return n.op === 'constant' || n.op === 'size' || n.op === 'chunk' || n.op === 'range' || n.op === 'step'
}

/** Zeros, at every step. */
const isZero = (graph: Graph, id: Id): boolean => {
  const n = graph.nodes[id]!
  if (n.op === 'expand' || n.op === 'reshape' || n.op === 'slice' || n.op === 'transpose') return isZero(graph, n.args[0]!)
  return n.op === 'constant' && n.attrs.value === 0
}

/** A look ahead whose operand must be chosen at each step: it may be cut, or there is no stream behind it. */
export const isSelected = (graph: Graph, n: Node): boolean => n.op === 'shift' && (n.attrs.chosen === true || (n.attrs.by! < 0 && isZero(graph, n.args[0]!)))

/** Copies for different readers are different: each has its place. */
const copy = (b: Builder, id: Id, reader: Id, place = 0): Id => b.add('copy', [id], { reader, place })

export const placeCopies: Pass = {
  name: 'place-copies',
  doc: 'copies what needs a place of its own',
  exact: true,
  run: graph => separate(rebuild(graph, (b, node, map) => rewritten(graph, b, node, map))),
}

const rewritten = (graph: Graph, b: Builder, node: Node, map: (id: Id) => Id): Id | undefined => {
  const { class: kind } = rowOf(node.op)
  const owned = ownership(graph)
  const counted = countedOperands(node)
  const unended = unendedOperand(graph, node)
  const placed = (id: Id): Id => {
    if (isImmediate(graph, id) || isSelected(graph, graph.nodes[id]!)) return copy(b, map(id), node.id)
    // Past the end of a sequence there may be anything in an array from outside.
    return (counted.includes(id) && !isOwn(graph, id)) || id === unended ? b.add('copy', [map(id)], {}) : map(id)
  }
  if (kind === 'view' && node.op !== 'concat' && isSelected(graph, graph.nodes[node.args[0]!]!))
    return copyNode(b, node, [copy(b, map(node.args[0]!), node.id)])
  if (kind === 'contract' || kind === 'gather' || kind === 'scatter' || kind === 'edge' || kind === 'pick')
    return b.add(node.op, node.args.map(placed), node.attrs)
  if (kind === 'reduce') {
    // A reduction ends a row: its dims come last.
    const operand = graph.nodes[node.args[0]!]!
    const kept = operand.shape.map((_, i) => i).filter(i => !node.attrs.dims!.includes(i))
    const order = [...kept, ...node.attrs.dims!]
    const dims = node.attrs.dims!.map((_, i) => kept.length + i)
    return b.add('reduce', [b.transpose(map(node.args[0]!), order)], { ...node.attrs, dims })
  }
  if (node.op === 'reshape' && !inOnePiece(graph, node.args[0]!) && !dim.sameShape(withoutOnes(node), withoutOnes(graph.nodes[node.args[0]!]!)))
    return b.reshape(copy(b, map(node.args[0]!), node.id), node.shape)
  if (node.op === 'concat' && !isPack(graph, node)) {
    const parts = node.args.map((a, i) => {
      const n = graph.nodes[a]!
      const homeless =
        (isComputed(n) || (n.op === 'concat' && !isPack(graph, n))) &&
        !owned.has(a) &&
        firstJoin(graph, a) === node.id &&
        node.args.filter(x => x === a).length === 1 &&
        sameExtent(n, node)
      return homeless ? map(a) : copy(b, b.expand(map(a), n.shape, node.axes), node.id, i)
    })
    return b.add('concat', parts, node.attrs)
  }
  return undefined
}

const sameExtent = (part: Node, whole: Node): boolean => part.axes.length === whole.axes.length

const cache = new WeakMap<Graph, ReadonlySet<Id>>()

const withoutOnes = (n: Node): readonly dim.Dim[] => n.shape.filter(d => !dim.isOne(d))

/** True where the entries of one place lie one after the other. */
const inOnePiece = (graph: Graph, id: Id): boolean => {
  const n = graph.nodes[id]!
  const operand = (): boolean => inOnePiece(graph, n.args[0]!)
  if (n.op === 'slice') return n.shape.slice(0, n.attrs.dim!).every(dim.isOne) && operand()
  if (n.op === 'transpose') return false
  if (n.op === 'expand') return dim.sameShape(n.shape, graph.nodes[n.args[0]!]!.shape) && operand()
  // A stream that is read at other steps has a place of its own.
  if (n.op === 'shift') return true
  if (n.op === 'reshape') return operand()
  const join = firstJoin(graph, id)
  return join === undefined || graph.nodes[join]!.shape.slice(0, graph.nodes[join]!.attrs.dim!).every(dim.isOne)
}

/** What is part of several joins lies in the first of them. */
const firstJoin = (graph: Graph, id: Id): Id | undefined => usersOf(graph, id).find(n => n.op === 'concat')?.id

/** Nodes that have a place already: results, and streams read at other steps. */
const ownership = (graph: Graph): ReadonlySet<Id> => {
  const known = cache.get(graph)
  if (known !== undefined) return known
  const owned = new Set<Id>(resultIds(graph))
  const live = liveNodes(graph)
  for (const n of graph.nodes) {
    if (!live.has(n.id)) continue
    if (n.op === 'shift') owned.add(n.args[0]!)
  }
  cache.set(graph, owned)
  return owned
}

/** Results and shifted streams that are views, sources or shared get copies; these are appended, since shifts may look forward. */
const separate = (graph: Graph): Graph => {
  const nodes = [...graph.nodes]
  const push = (n: Omit<Node, 'id'>): Id => nodes.push({ ...n, id: nodes.length }) - 1
  /** A copy along the axes of its reader, if it is given. */
  const make = (id: Id, reader?: Node): Id => {
    const { shape, type, span } = nodes[id]!
    const own = { shape, type, ...(span === undefined ? {} : { span }) }
    const { axes } = reader ?? nodes[id]!
    const stretched = sameAxes(axes, nodes[id]!.axes) ? id : push({ ...own, op: 'expand', args: [id], attrs: { shape, axes }, axes })
    return push({ ...own, op: 'copy', args: [stretched], attrs: {}, axes })
  }
  const ownPlace = (id: Id): boolean => isComputed(nodes[id]!) || (nodes[id]!.op === 'concat' && !isPack(graph, nodes[id]!))
  // What a stream is outside of its steps lies beside it: another kind of outside needs a copy of the stream.
  const kinds = new Map<string, string[]>()
  const kindOf = (n: Node): { place: string; outside: string } => ({
    place: `${n.args[0]} ${Math.sign(n.attrs.by!)}`,
    outside: `${n.args[1] ?? 'zero'} ${alongOf(n)}`,
  })
  const shifts = graph.nodes.filter(n => n.op === 'shift' && (n.attrs.by! > 0 || !isZero(graph, n.args[0]!)))
  for (const n of [...shifts].sort((x, y) => y.args.length - x.args.length || x.id - y.id)) {
    if (isSelected(graph, n)) continue
    const { place, outside } = kindOf(n)
    const list = kinds.get(place) ?? []
    kinds.set(place, list.includes(outside) ? list : [...list, outside])
  }
  // What a stream begins with ends with the rows that are in use.
  const starts = new Map<Id, Id>()
  const started = (edge: Id): Id => {
    const outside = basesOf(graph, edge).some(n => n.op === 'source' && n.axes.includes('b') && n.attrs.role !== 'initial')
    if (!outside) return edge
    const made = starts.get(edge) ?? make(edge)
    starts.set(edge, made)
    return made
  }
  const shifted = new Map<string, Id>()
  // Room at the ends is along one sequence.
  const axisOf = new Map<Id, Axis>()
  for (const n of shifts) {
    const v = n.args[0]!
    const source = nodes[v]!.op === 'source' && nodes[v]!.attrs.role !== 'param'
    const { place, outside } = kindOf(n)
    const first = isSelected(graph, n) || (kinds.get(place)?.[0] === outside && (axisOf.get(v) ?? alongOf(n)) === alongOf(n))
    if (first && !isSelected(graph, n)) axisOf.set(v, alongOf(n))
    const varies = nodes[v]!.axes.includes(alongOf(n))
    if (varies && (ownPlace(v) || (source && n.attrs.by! > 0)) && first) continue
    const key = first ? `${v}` : `${place} ${outside}`
    const made = shifted.get(key) ?? make(v, n)
    shifted.set(key, made)
    nodes[n.id] = { ...n, args: [made, ...n.args.slice(1)] }
  }
  for (const n of shifts) if (n.args[1] !== undefined) nodes[n.id] = { ...nodes[n.id]!, args: [nodes[n.id]!.args[0]!, started(n.args[1])] }
  const sorted = sortedByNeed({ ...graph, nodes })
  return resultsApart(sorted)
}

/** Restores the rule that every edge but a shift's first goes back. */
const sortedByNeed = (graph: Graph): Graph => rebuildInOrder(graph, topological(graph))

const topological = (graph: Graph): readonly Id[] => {
  const seen = new Set<Id>()
  const order: Id[] = []
  for (const root of graph.nodes) {
    const stack: { id: Id; next: number }[] = [{ id: root.id, next: 0 }]
    while (stack.length > 0) {
      const frame = stack.at(-1)!
      const n = graph.nodes[frame.id]!
      if (frame.next === 0 && seen.has(n.id)) {
        stack.pop()
        continue
      }
      seen.add(n.id)
      const args = n.op === 'shift' ? n.args.slice(1) : n.args
      const next = args[frame.next++]
      if (next === undefined) {
        order.push(n.id)
        stack.pop()
      } else if (!seen.has(next)) stack.push({ id: next, next: 0 })
    }
  }
  return order
}

const rebuildInOrder = (graph: Graph, order: readonly Id[]): Graph => {
  const to = new Map(order.map((id, i) => [id, i] as const))
  const id = (old: Id): Id => to.get(old)!
  const nodes = order.map((old, i) => {
    const n = graph.nodes[old]!
    return { ...n, id: i, args: n.args.map(id) }
  })
  return renamed({ ...graph, nodes }, id)
}

const mapValues = <V, W>(m: ReadonlyMap<string, V>, f: (v: V) => W): ReadonlyMap<string, W> => new Map([...m].map(([k, v]) => [k, f(v)]))

const renamed = (graph: Graph, id: (old: Id) => Id): Graph => {
  const { face, gradients } = graph
  return {
    nodes: graph.nodes,
    face: {
      ...face,
      states: mapValues(face.states, s => ({ ...s, value: id(s.value), final: id(s.final), ...(s.from === undefined ? {} : { from: id(s.from) }) })),
      outputs: mapValues(face.outputs, id),
      streams: mapValues(face.streams, id),
      ...(face.loss === undefined ? {} : { loss: id(face.loss) }),
    },
    ...(gradients === undefined
      ? {}
      : {
          gradients: {
            params: mapValues(gradients.params, id),
            inputs: mapValues(gradients.inputs, id),
            initial: mapValues(gradients.initial, id),
            adjoints: mapValues(gradients.adjoints, id),
          },
        }),
  }
}

/** Each result has a place; a gradient's place is nobody else's, since it may be added to. */
const resultsApart = (graph: Graph): Graph => {
  const nodes = [...graph.nodes]
  const copied = (id: Id): Id => {
    const { shape, axes, type, span } = nodes[id]!
    nodes.push({ id: nodes.length, op: 'copy', args: [id], attrs: {}, shape, axes, type, ...(span === undefined ? {} : { span }) })
    return nodes.length - 1
  }
  const placed = (id: Id): boolean => isComputed(nodes[id]!) || (nodes[id]!.op === 'concat' && !isPack(graph, nodes[id]!))
  const shared = new Map<Id, Id>()
  const result = (id: Id): Id => {
    if (placed(id)) return id
    const known = shared.get(id) ?? copied(id)
    shared.set(id, known)
    return known
  }
  const taken = new Set<Id>([...forwardResults(graph), ...(graph.gradients?.adjoints.values() ?? [])])
  const readers = new Map<Id, number>()
  const live = liveNodes(graph)
  for (const n of graph.nodes) if (live.has(n.id)) for (const a of n.args) readers.set(a, (readers.get(a) ?? 0) + 1)
  /** A gradient may stay a stretch of a larger one, when that one is read for nothing else. */
  const wanted = [...(graph.gradients?.params.values() ?? [])]
  const all = [...wanted, ...(graph.gradients?.inputs.values() ?? []), ...(graph.gradients?.initial.values() ?? [])]
  const gradient = (id: Id): Id => {
    const n = graph.nodes[id]!
    const stretch = n.op === 'slice' && n.attrs.dim === 0 && n.axes.length === 0
    const base = stretch ? n.args[0]! : id
    const others = usersOf(graph, base).some(m => live.has(m.id) && !(m.op === 'slice' && wanted.includes(m.id)))
    const free =
      all.filter(x => x === id).length === 1 &&
      !taken.has(id) &&
      !taken.has(base) &&
      isComputed(graph.nodes[base]!) &&
      // Where terms are left out, a sum may be made twice: what it is added to lies elsewhere.
      graph.nodes[base]!.attrs.guarded !== true &&
      !others &&
      (!stretch || !readers.has(id))
    taken.add(id)
    return free ? id : copied(id)
  }
  const { face, gradients } = graph
  const next = {
    ...face,
    states: mapValues(face.states, s => ({ ...s, value: result(s.value), final: result(s.final) })),
    outputs: mapValues(face.outputs, result),
    ...(face.loss === undefined ? {} : { loss: result(face.loss) }),
  }
  return {
    nodes,
    face: next,
    ...(gradients === undefined
      ? {}
      : {
          gradients: {
            adjoints: mapValues(gradients.adjoints, result),
            params: mapValues(gradients.params, gradient),
            inputs: mapValues(gradients.inputs, gradient),
            initial: mapValues(gradients.initial, gradient),
          },
        }),
  }
}
