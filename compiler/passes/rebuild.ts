/** Copies a graph node by node, with changes; what nobody needs is left out, equal nodes become one. */
import { InternalError } from '../../dsl/diagnostics.ts'
import { Builder } from '../builder.ts'
import { printGraph, resultIds, type Graph, type Gradients, type Id, type Interface, type Node } from '../graph.ts'

/** A named step of the compiler. `exact`: every value stays the same to the last bit. */
export interface Pass {
  readonly name: string
  readonly doc: string
  readonly exact: boolean
  readonly run: (graph: Graph) => Graph
}

/** Writes the node anew; `undefined`: as it is. `map` gives the new id of an old one. */
export type Rewrite = (b: Builder, node: Node, map: (id: Id) => Id) => Id | undefined

/** What is declared stays, used or not: its array is part of the interface. */
const ports = (graph: Graph): readonly Id[] => graph.nodes.flatMap(n => (n.op === 'source' && n.attrs.name !== undefined ? [n.id] : []))

/** The nodes that the results need, and everything that is declared; or those that some roots need, along the operands that `through` takes. */
export const liveNodes = (
  graph: Graph,
  roots: readonly Id[] = [...resultIds(graph), ...ports(graph)],
  through: (n: Node, operand: number) => boolean = () => true,
): ReadonlySet<Id> => {
  const live = new Set<Id>()
  const stack = [...roots]
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    if (live.has(id)) continue
    live.add(id)
    const node = graph.nodes[id]!
    stack.push(...node.args.filter((_, k) => through(node, k)))
  }
  return live
}

/** The same node over other operands, through the builder's own normal forms. */
export const copyNode = (b: Builder, node: Node, args: readonly Id[]): Id => {
  const { attrs, op } = node
  switch (op) {
    case 'source':
      return b.source(attrs, node)
    case 'reshape':
      return b.reshape(args[0]!, attrs.shape!)
    case 'transpose':
      return b.transpose(args[0]!, attrs.order!)
    case 'slice':
      return b.slice(args[0]!, attrs.dim!, attrs.from!, attrs.to!)
    case 'concat':
      return b.concat(args, attrs.dim!)
    default:
      return b.add(op, args, attrs)
  }
}

export interface Copied {
  readonly builder: Builder
  readonly map: ReadonlyMap<Id, Id>
}

export const copyInto = (graph: Graph, rewrite: Rewrite = () => undefined, live = liveNodes(graph)): Copied => {
  const builder = new Builder()
  const map = new Map<Id, Id>()
  const open: { shift: Id; of: Id }[] = []
  const mapped = (id: Id): Id => {
    const to = map.get(id)
    if (to === undefined) throw new InternalError(`%${id} is read before it is copied`, printGraph(graph))
    return to
  }
  for (const node of graph.nodes) {
    if (!live.has(node.id)) continue
    const made = builder.at(node.span, () => {
      const changed = rewrite(builder, node, mapped)
      if (changed !== undefined) return changed
      if (node.op === 'shift' && !map.has(node.args[0]!)) {
        const { by, axes: _axes, shape: _shape, ...attrs } = node.attrs
        const shift = builder.openShift(by!, attrs, node, node.args[1] === undefined ? undefined : mapped(node.args[1]))
        open.push({ shift, of: node.args[0]! })
        return shift
      }
      return copyNode(builder, node, node.args.map(mapped))
    })
    map.set(node.id, made)
  }
  for (const { shift, of } of open) builder.close(shift, mapped(of))
  return { builder, map }
}

const mapValues = <V, W>(m: ReadonlyMap<string, V>, f: (v: V) => W): ReadonlyMap<string, W> => new Map([...m].map(([k, v]) => [k, f(v)]))

/** Streams that were left out lose their names. */
export const mapInterface = (face: Interface, map: ReadonlyMap<Id, Id>): Interface => {
  const id = (old: Id): Id => map.get(old)!
  const { loss, ...rest } = face
  return {
    ...rest,
    lengths: new Map([...face.lengths].map(([a, old]) => [a, id(old)] as const)),
    states: mapValues(face.states, ({ from, ...s }) => ({
      ...s,
      value: id(s.value),
      final: id(s.final),
      ...(from === undefined || !map.has(from) ? {} : { from: id(from) }),
    })),
    outputs: mapValues(face.outputs, id),
    streams: new Map([...face.streams].flatMap(([n, old]) => (map.has(old) ? [[n, id(old)] as const] : []))),
    ...(loss === undefined ? {} : { loss: id(loss) }),
  }
}

const mapGradients = (g: Gradients, map: ReadonlyMap<Id, Id>): Gradients => {
  const id = (old: Id): Id => map.get(old)!
  return {
    params: mapValues(g.params, id),
    inputs: mapValues(g.inputs, id),
    initial: mapValues(g.initial, id),
    adjoints: mapValues(g.adjoints, id),
  }
}

export const rebuild = (graph: Graph, rewrite?: Rewrite, live?: ReadonlySet<Id>): Graph => {
  const { builder, map } = copyInto(graph, rewrite, live)
  return {
    nodes: builder.nodes,
    face: mapInterface(graph.face, map),
    ...(graph.gradients === undefined ? {} : { gradients: mapGradients(graph.gradients, map) }),
  }
}

/** How often each node is read, results counting as readers. */
export const useCounts = (graph: Graph): ReadonlyMap<Id, number> => {
  const counts = new Map<Id, number>()
  const live = liveNodes(graph)
  const count = (id: Id): void => void counts.set(id, (counts.get(id) ?? 0) + 1)
  for (const n of graph.nodes) if (live.has(n.id)) n.args.forEach(count)
  resultIds(graph).forEach(count)
  return counts
}
