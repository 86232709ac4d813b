/**
 * The tape is a cut through the graph: what the backward part reads of the forward part is stored, or computed again
 * from what is stored. Which of both is a minimum cut over bytes stored and work repeated; only elementwise work is.
 */
import * as dim from '../../dsl/dims.ts'
import { forwardResults, isSequence, type Graph, type Id, type Node } from '../graph.ts'
import { copyNode, liveNodes, rebuild, type Pass } from '../passes/rebuild.ts'
import { rowOf } from '../ops/table.ts'
import { sinkSide, type FlowEdge } from './min-cut.ts'

/** Sizes at which bytes are weighed, where the build does not fix them. */
const nominal = { dims: 64, steps: 64, batch: 16 } as const

const bytes = (n: Node): number => {
  const values = Object.fromEntries(n.shape.flatMap(dim.names).map(name => [name, name.startsWith('@') ? nominal.steps : nominal.dims]))
  const axes = n.axes.reduce((p, a) => p * (isSequence(a) ? nominal.steps : a === 'b' ? nominal.batch : 1), 4)
  return axes * dim.evaluate(dim.product(n.shape), values)
}

export const forwardNodes = (graph: Graph): ReadonlySet<Id> => liveNodes(graph, forwardResults(graph))

/** What the forward part keeps anyway: sources, results, and streams that are read at another step. */
const kept = (graph: Graph): ReadonlySet<Id> => {
  const ids = new Set(forwardResults(graph))
  for (const n of graph.nodes) {
    if (rowOf(n.op).class === 'source' || n.op === 'shift') ids.add(n.id)
    if (n.op === 'shift') ids.add(n.args[0]!)
  }
  return ids
}

const repeatable = (n: Node): boolean => {
  const { class: kind } = rowOf(n.op)
  return kind === 'map' || kind === 'view'
}

/** What it costs to compute an entry again, where storing and reading it costs 1: measured in WebAssembly, in which functions are cheapest. */
const costAgain = (n: Node): number => {
  const row = rowOf(n.op)
  return row.class !== 'map' ? 0 : row.uses.length > 0 ? 0.6 : 0.1
}

/** The forward nodes that the backward part computes again. */
export const repeated = (graph: Graph): ReadonlySet<Id> => {
  const forward = forwardNodes(graph)
  const free = kept(graph)
  const read = new Set<Id>()
  for (const id of liveNodes(graph)) {
    if (forward.has(id)) continue
    for (const a of graph.nodes[id]!.args) if (forward.has(a)) read.add(a)
  }
  if (read.size === 0) return read
  const [source, sink] = [graph.nodes.length * 2, graph.nodes.length * 2 + 1]
  const entry = (id: Id): number => id * 2
  const exit = (id: Id): number => id * 2 + 1
  const edges: FlowEdge[] = []
  for (const id of forward) {
    const n = graph.nodes[id]!
    edges.push({ from: entry(id), to: exit(id), capacity: free.has(id) ? 0 : bytes(n) })
    if (free.has(id) || !repeatable(n)) edges.push({ from: source, to: entry(id), capacity: Infinity })
    else {
      edges.push({ from: source, to: entry(id), capacity: costAgain(n) * bytes(n) })
      for (const a of n.args) edges.push({ from: exit(a), to: entry(id), capacity: Infinity })
    }
    if (read.has(id)) edges.push({ from: exit(id), to: sink, capacity: Infinity })
  }
  const side = sinkSide(graph.nodes.length * 2 + 2, edges, source, sink)
  return new Set([...forward].filter(id => side.has(entry(id)) && side.has(exit(id))))
}

export const chooseTape: Pass = {
  name: 'choose-tape',
  doc: 'writes what the backward part computes again as nodes of its own',
  exact: true,
  run: graph => {
    const again = repeated(graph)
    if (again.size === 0) return graph
    const forward = forwardNodes(graph)
    const copies = new Map<Id, Id>()
    return rebuild(graph, (b, node, map) => {
      if (forward.has(node.id) || node.op === 'shift') return undefined
      const copied = (id: Id): Id => (again.has(id) ? copies.get(id)! : map(id))
      const copy = (id: Id): Id => {
        // Chains may be long: what is needed is found first, and written in its order.
        const needed = new Set<Id>()
        const waiting = [id]
        for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
          if (!again.has(next) || copies.has(next) || needed.has(next)) continue
          needed.add(next)
          waiting.push(...graph.nodes[next]!.args)
        }
        for (const at of [...needed].sort((x, y) => x - y)) {
          const n = graph.nodes[at]!
          const args = n.args.map(copied)
          const made = rowOf(n.op).class === 'map' ? b.at(n.span, () => b.add(n.op, args, { ...n.attrs, again: true })) : copyNode(b, n, args)
          copies.set(at, made)
        }
        return copied(id)
      }
      return copyNode(b, node, node.args.map(copy))
    })
  },
}
