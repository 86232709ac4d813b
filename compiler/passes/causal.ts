/** What a model may be run on one step at a time: nothing that comes out looks ahead along t. */
import { alongOf, type Graph, type Id, type Node } from '../graph.ts'
import { liveNodes } from './rebuild.ts'

/** Why the outputs cannot be computed step by step, in words of the language; `undefined`: they can. */
export const looksAhead = (graph: Graph): string | undefined => {
  for (const id of [...liveNodes(graph, [...graph.face.outputs.values()])].sort((a, b) => a - b)) {
    const n = graph.nodes[id]!
    if (n.op === 'shift' && n.attrs.by! < 0 && alongOf(n) === 't') return `a look ahead, [t+${-n.attrs.by!}]`
    if (n.op === 'reverse' && alongOf(n) === 't') return '`reverse`'
    if (n.op === 'end' && n.attrs.at === 'first' && alongOf(n) === 't') return '`first`'
    if ((n.op === 'fold' && alongOf(n) === 't') || (n.attrs.over?.includes('t') === true && n.args.some(a => graph.nodes[a]!.axes.includes('t'))))
      return '`over t`'
  }
  return undefined
}

/** The nodes that have something to do with the steps of t. */
export const steppedNodes = ({ nodes }: Pick<Graph, 'nodes'>): ReadonlySet<Id> => {
  const found = new Set<Id>()
  const own = (n: Node): boolean => n.axes.includes('t') || (n.op === 'source' && n.attrs.role === 'length' && alongOf(n) === 't')
  for (let before = -1; before !== found.size;) {
    before = found.size
    for (const n of nodes) if (!found.has(n.id) && (own(n) || n.args.some(a => found.has(a)))) found.add(n.id)
  }
  return found
}
