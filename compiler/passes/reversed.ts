/**
 * In which order streams count their steps, and what a truncation window cuts. What `reverse` has turned along t, and all
 * that is computed from it, counts from the end: a loop among those runs backward in t, as a loop of looks ahead does,
 * and a window reaches the other way there.
 */
import { alongOf, type Graph, type Id, type Node } from '../graph.ts'
import { components } from '../schedule/components.ts'
import { copyNode, rebuild, type Rewrite } from './rebuild.ts'

const isReversal = (n: Node): boolean => n.op === 'reverse' && alongOf(n) === 't'

const known = new WeakMap<readonly Node[], ReadonlySet<Id>>()

/** The nodes along t whose steps count from the end. Worked out once for a list of nodes, which is never changed. */
export const turnedNodes = ({ nodes }: Pick<Graph, 'nodes'>): ReadonlySet<Id> => {
  const before = known.get(nodes)
  if (before !== undefined) return before
  const found = new Set<Id>()
  for (let size = -1; size !== found.size;) {
    size = found.size
    for (const n of nodes) {
      if (!n.axes.includes('t')) continue
      const turned = n.args.some(a => found.has(a) && nodes[a]!.axes.includes('t'))
      if (isReversal(n) ? !turned : turned || (n.op === 'step' && n.attrs.reversed === true)) found.add(n.id)
    }
  }
  known.set(nodes, found)
  return found
}

/** True where the steps that a node works on count from the end: its own, or, where it sums over t, those of its operands. */
export const isTurned = (graph: Pick<Graph, 'nodes'>, n: Node): boolean => {
  const turned = turnedNodes(graph)
  return turned.has(n.id) || (!n.axes.includes('t') && n.args.some(a => turned.has(a)))
}

/** Nodes along t that are counted, not computed from any stream: they have no order of their own. */
const countedNodes = ({ nodes }: Graph): ReadonlySet<Id> => {
  const found = new Set<Id>()
  const timed = (id: Id): boolean => nodes[id]!.axes.includes('t')
  for (const n of nodes) {
    if (!n.axes.includes('t') || isReversal(n) || n.op === 'source') continue
    if (n.op === 'step' ? alongOf(n) === 't' : n.args.some(timed) && n.args.every(a => !timed(a) || found.has(a))) found.add(n.id)
  }
  return found
}

/** Streams that count from the end get counts of their own: what both orders read would be needed at the steps of both. */
const apartCounts = (graph: Graph): Graph => {
  const { nodes } = graph
  const [turned, counted] = [turnedNodes(graph), countedNodes(graph)]
  const isMixed = (n: Node): boolean => turned.has(n.id) && !isReversal(n) && n.args.some(a => counted.has(a))
  if (!nodes.some(isMixed)) return graph
  const split: Rewrite = (b, n, map) => {
    const own = (id: Id): Id => {
      const x = nodes[id]!
      if (!counted.has(id)) return map(id)
      return x.op === 'step' ? b.add('step', [], { ...x.attrs, reversed: true }) : copyNode(b, x, x.args.map(own))
    }
    return isMixed(n) ? copyNode(b, n, n.args.map(own)) : undefined
  }
  return rebuild(graph, split, new Set(nodes.keys()))
}

/**
 * Notes in what has an order whether it counts from the end, and in the delays along t which reads a window cuts: of what lies before the steps that it reaches (`past`), or, in
 * loops that run backward in t, of what lies behind them (`future`). Looks ahead outside of loops are not cut.
 */
export const markCuts = (source: Graph): Graph => {
  const graph = apartCounts(source)
  const turned = turnedNodes(graph)
  const looped = new Set(components(graph, new Set(graph.nodes.keys())).flatMap(c => (c.direction !== 0 && c.along === 't' ? c.nodes : [])))
  return {
    ...graph,
    nodes: graph.nodes.map(n => {
      if (alongOf(n) !== 't') return n
      if (n.op === 'end' && turned.has(n.args[0]!)) return { ...n, attrs: { ...n.attrs, reversed: true } }
      if (n.op !== 'shift') return n
      const reversed = turned.has(n.id)
      if (n.attrs.by! < 0 && !looped.has(n.id)) return n
      const cuts = n.attrs.by! > 0 === reversed ? 'future' : 'past'
      return { ...n, attrs: { ...n.attrs, cuts, ...(reversed ? { reversed: true } : {}) } }
    }),
  }
}
