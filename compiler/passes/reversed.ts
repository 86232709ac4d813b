/**
 * Which streams count their steps from the end: what `reverse` has turned along t, and all that is computed from it. A
 * loop among them runs backward in t, and a truncation window reaches the other way there.
 */
import { alongOf, type Graph, type Id, type Node } from '../graph.ts'

export const reversedNodes = ({ nodes }: Pick<Graph, 'nodes'>): ReadonlySet<Id> => {
  const found = new Set<Id>()
  const turns = (n: Node): boolean => n.op === 'reverse' && alongOf(n) === 't'
  for (let before = -1; before !== found.size;) {
    before = found.size
    for (const n of nodes) {
      if (!n.axes.includes('t')) continue
      const turned = n.args.some(a => found.has(a) && nodes[a]!.axes.includes('t'))
      if (turns(n) ? !turned : turned) found.add(n.id)
    }
  }
  return found
}

/** Notes it in the delays, which a window may cut, and where losses leave their steps. */
export const markReversed = (graph: Graph): Graph => {
  const found = reversedNodes(graph)
  if (found.size === 0) return graph
  return {
    ...graph,
    nodes: graph.nodes.map(n => ((n.op === 'shift' || n.op === 'seed') && found.has(n.id) ? { ...n, attrs: { ...n.attrs, reversed: true } } : n)),
  }
}
