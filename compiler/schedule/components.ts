/** Strongly connected components: a component with a cycle is a loop along a sequence. */
import { InternalError } from '../../dsl/diagnostics.ts'
import { alongOf, printGraph, type Axis, type Graph, type Id } from '../graph.ts'

export interface Component {
  /** In an order in which every edge but a delay goes forward. */
  readonly nodes: readonly Id[]
  /** 1: the loop runs forward; -1: backward; 0: there is no cycle. */
  readonly direction: 1 | -1 | 0
  /** The sequence along which it runs. */
  readonly along: Axis
}

/** The components of the nodes in `live`, operands first (Tarjan 1972, without recursion). */
export const components = (graph: Graph, live: ReadonlySet<Id>): readonly Component[] => {
  const index = new Map<Id, number>()
  const low = new Map<Id, number>()
  const onStack = new Set<Id>()
  const stack: Id[] = []
  const found: Component[] = []
  for (const root of graph.nodes) {
    if (!live.has(root.id) || index.has(root.id)) continue
    const work: { id: Id; next: number }[] = [{ id: root.id, next: 0 }]
    while (work.length > 0) {
      const frame = work.at(-1)!
      const { id } = frame
      if (frame.next === 0) {
        index.set(id, index.size)
        low.set(id, index.get(id)!)
        stack.push(id)
        onStack.add(id)
      }
      const args = graph.nodes[id]!.args.filter(a => live.has(a))
      if (frame.next < args.length) {
        const a = args[frame.next++]!
        if (!index.has(a)) work.push({ id: a, next: 0 })
        else if (onStack.has(a)) low.set(id, Math.min(low.get(id)!, index.get(a)!))
        continue
      }
      work.pop()
      const parent = work.at(-1)
      if (parent !== undefined) low.set(parent.id, Math.min(low.get(parent.id)!, low.get(id)!))
      if (low.get(id) !== index.get(id)) continue
      const nodes: Id[] = []
      for (let n = stack.pop(); n !== undefined; n = stack.pop()) {
        onStack.delete(n)
        nodes.push(n)
        if (n === id) break
      }
      found.push(
        component(
          graph,
          nodes.sort((a, b) => a - b),
        ),
      )
    }
  }
  return found
}

const component = (graph: Graph, nodes: readonly Id[]): Component => {
  const own = new Set(nodes)
  const delays = nodes.map(id => graph.nodes[id]!).filter(n => n.op === 'shift' && own.has(n.args[0]!))
  if (delays.length === 0) {
    if (nodes.length > 1) throw new InternalError('a cycle without a delay', printGraph(graph))
    return { nodes, direction: 0, along: 't' }
  }
  const direction = delays[0]!.attrs.by! > 0 ? 1 : -1
  if (delays.some(d => Math.sign(d.attrs.by!) !== direction)) throw new InternalError('a cycle with delays of both signs', printGraph(graph))
  const along = alongOf(delays[0]!)
  if (delays.some(d => alongOf(d) !== along)) throw new InternalError('a cycle with delays along two sequences', printGraph(graph))
  return { nodes, direction, along }
}
