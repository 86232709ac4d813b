/**
 * A witness for gradients that shares nothing with the adjoint: complex-step differentiation of the forward graph, in
 * which `stop_gradient` and whatever a truncation window cuts are inputs frozen at their values.
 */
import type { Graph, Id, Node } from '../../compiler/graph.ts'
import { complexDouble, double, edgeApplies, interpret } from '../../compiler/interpret/interpret.ts'
import { wholePass } from '../../compiler/interpret/passes.ts'
import type { Sizes, Tensor } from '../../compiler/interpret/tensor.ts'
import type { Read } from './data.ts'

const frozenRole = 'frozen'

/** The graph with `select(is cut, value as it was, value)` behind each delay, and the old value behind each stop. */
const frozen = (graph: Graph, window: number): { graph: Graph; of: ReadonlyMap<string, Id> } => {
  const nodes: Node[] = []
  const map = new Map<Id, Id>()
  const of = new Map<string, Id>()
  const push = (n: Omit<Node, 'id'>): Id => nodes.push({ ...n, id: nodes.length }) - 1
  const source = (like: Node, name: string, type: Node['type'] = 'real'): Id =>
    push({
      op: 'source',
      args: [],
      attrs: { role: frozenRole as 'input', name },
      shape: type === 'real' ? like.shape : [],
      axes: type === 'real' ? like.axes : ['t'],
      type,
    })
  const shifts: { made: Id; node: Node }[] = []
  for (const n of graph.nodes) {
    const name = `${n.id}`
    if (n.op === 'stop') {
      of.set(name, n.id)
      map.set(n.id, source(n, name))
      continue
    }
    const made = push({ ...n, args: n.op === 'shift' ? [0, ...n.args.slice(1).map(a => map.get(a)!)] : n.args.map(a => map.get(a)!) })
    if (n.op === 'shift') shifts.push({ made, node: n })
    if (n.op !== 'shift' || n.type !== 'real' || window === Infinity || n.attrs.by! < 0) {
      map.set(n.id, made)
      continue
    }
    of.set(name, n.id)
    const [mask, value] = [source(n, `mask ${n.attrs.by!}`, 'condition'), source(n, name)]
    map.set(n.id, push({ op: 'select', args: [mask, value, made], attrs: {}, shape: n.shape, axes: n.axes, type: 'real' }))
  }
  for (const { made, node } of shifts) nodes[made] = { ...nodes[made]!, args: [map.get(node.args[0]!)!, ...nodes[made]!.args.slice(1)] }
  return { graph: { nodes, face: graph.face }, of: new Map([...of, ...[...map].map(([k, v]) => [`to ${k}`, v] as const)]) }
}

/** What the read is of is from before the chunk of the reader; the initial values belong to the step they precede. */
const maskOf = (by: number, T: number, window: number): number[] =>
  Array.from({ length: T }, (_, t) =>
    t - by >= 0 ? (Math.floor((t - by) / window) === Math.floor(t / window) ? 0 : 1) : edgeApplies(by, t - by, T) && t >= window ? 1 : 0,
  )

/** The derivative of `roots` along a direction of the sources: values by id of the original graph. */
export const directional = (
  graph: Graph,
  sizes: Sizes,
  read: Read,
  direction: (n: Node) => ArrayLike<number> | undefined,
  window: number,
  roots: readonly Id[],
): ReadonlyMap<Id, Tensor> => {
  const plain = interpret({
    graph,
    sizes,
    arithmetic: double,
    read,
    pass: wholePass,
    roots: [...graph.nodes.filter(n => n.op === 'stop' || n.op === 'shift').map(n => n.id), ...roots],
  })
  const other = frozen(graph, window)
  const h = 2 ** -100
  const result = interpret({
    graph: other.graph,
    sizes,
    arithmetic: complexDouble,
    pass: wholePass,
    roots: roots.map(r => other.of.get(`to ${r}`)!),
    read: n => {
      if ((n.attrs.role as string) === frozenRole) {
        const name = n.attrs.name!
        if (name.startsWith('mask ')) return { re: maskOf(Number(name.slice(5)), sizes.t, window) }
        return { re: plain.get(other.of.get(name)!)!.re }
      }
      const along = direction(n)
      const re = read(n)
      return re === undefined || along === undefined ? re : { re: re.re, im: Array.from(along, x => x * h) }
    },
  })
  return new Map(
    roots.map(r => {
      const v = result.get(other.of.get(`to ${r}`)!)!
      return [r, { ...v, re: v.im!.map(x => x / h) }] as const
    }),
  )
}
