/**
 * A witness for gradients that shares nothing with the adjoint, its passes or its windows: complex-step differentiation of
 * the forward graph, chunk by chunk, in which `stop_gradient`, whatever the window cuts and the losses of other chunks are
 * inputs frozen at their values.
 */
import type { Graph, Id, Node } from '../../compiler/graph.ts'
import { complexDouble, double, interpret } from '../../compiler/interpret/interpret.ts'
import { wholePass } from '../../compiler/interpret/passes.ts'
import { type Sizes, type Tensor } from '../../compiler/interpret/tensor.ts'
import type { Read } from './data.ts'

/** The losses and cotangents of the steps from `from` to before `to`; no gradient passes `low` backward, or `high` onward. */
interface Chunk {
  readonly from: number
  readonly to: number
  readonly low: number
  readonly high: number
}

const chunksOf = (span: number, window: number, every: number): readonly Chunk[] => {
  if (window === Infinity) return [{ from: 0, to: Infinity, low: 0, high: Infinity }]
  const chunks: Chunk[] = []
  for (let a = 0; a === 0 || a < span; a += every) chunks.push({ from: a, to: a + every, low: a + every - window, high: a + window })
  return chunks
}

const timed = (n: Pick<Node, 'axes'>): boolean => n.axes.includes('t')
const alongT = (n: Node): boolean => (n.attrs.along ?? 't') === 't'

/** The streams whose steps count from the end, because `reverse` turned them or what they are made of. */
const backwardStreams = ({ nodes }: Graph): ReadonlySet<Id> => {
  const found = new Map<Id, boolean>()
  for (let changes = 1; changes > 0;) {
    changes = 0
    for (const n of nodes) {
      const from = n.args.map(a => nodes[a]!).filter(timed)
      const turned = from.some(a => found.get(a.id) === true)
      const value = timed(n) && (n.op === 'reverse' && alongT(n) ? !turned : turned)
      if (found.get(n.id) === value) continue
      found.set(n.id, value)
      changes++
    }
  }
  return new Set([...found].flatMap(([id, x]) => (x ? [id] : [])))
}

/** True where what is read comes, by whatever way, from the read itself. */
const feedsItself = ({ nodes }: Graph, shift: Node): boolean => {
  const seen = new Set<Id>()
  const stack = [shift.args[0]!]
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    if (id === shift.id) return true
    if (!seen.has(id)) stack.push(...nodes[seen.add(id) && id]!.args)
  }
  return false
}

const frozenRole = 'frozen'

/** The graph with `select(is constant, value as it was, value)` behind each delay and each loss, and the old value behind each stop. */
interface Frozen {
  readonly graph: Graph
  /** Ids of the original graph in it. */
  readonly map: ReadonlyMap<Id, Id>
  /** What is constant, by the id of the original. */
  readonly masks: ReadonlySet<Id>
}

const frozen = (graph: Graph): Frozen => {
  const nodes: Node[] = []
  const map = new Map<Id, Id>()
  const masks = new Set<Id>()
  const push = (n: Omit<Node, 'id'>): Id => nodes.push({ ...n, id: nodes.length }) - 1
  const source = (like: Node, name: string, type: Node['type'] = 'real'): Id =>
    push({ op: 'source', args: [], attrs: { role: frozenRole as 'input', name }, shape: type === 'real' ? like.shape : [], axes: like.axes, type })
  const shifts: { made: Id; node: Node }[] = []
  for (const n of graph.nodes) {
    if (n.op === 'stop') {
      map.set(n.id, source(n, `${n.id}`))
      continue
    }
    const made = push({ ...n, args: n.op === 'shift' ? [0, ...n.args.slice(1).map(a => map.get(a)!)] : n.args.map(a => map.get(a)!) })
    map.set(n.id, made)
    if (n.op === 'shift') shifts.push({ made, node: n })
    if (n.op !== 'seed' && !(n.op === 'shift' && n.type === 'real' && alongT(n) && timed(n) && (n.attrs.by! > 0 || feedsItself(graph, n)))) continue
    masks.add(n.id)
    const [mask, value] = [source(n, `mask ${n.id}`, 'condition'), source(n, `${n.id}`)]
    map.set(n.id, push({ op: 'select', args: [mask, value, made], attrs: {}, shape: n.shape, axes: n.axes, type: 'real' }))
  }
  for (const { made, node } of shifts) nodes[made] = { ...nodes[made]!, args: [map.get(node.args[0]!)!, ...nodes[made]!.args.slice(1)] }
  return { graph: { nodes, face: graph.face }, map, masks }
}

/** Runs through the places of a value, in the order in which they are stored. */
const places = (axes: readonly string[], sizes: Sizes): readonly Readonly<Record<string, number>>[] =>
  axes.reduce<readonly Readonly<Record<string, number>>[]>(
    (list, a) =>
      list.flatMap(p => Array.from({ length: a === 'b' ? sizes.b : a === 't' ? sizes.t : sizes.dims[a.replace(/^\d+/, '')]! }, (_, i) => ({ ...p, [a]: i }))),
    [{}],
  )

/** A root whose derivative is wanted, and the weights of its entries. */
export interface Root {
  readonly id: Id
  readonly by: ArrayLike<number>
}

export interface Slope {
  /** The sum of weights times derivatives. */
  readonly sum: number
  /** The same of absolute values. */
  readonly mass: number
}

/** The directional derivative of weighted roots, as the sum over the chunks of a window. */
export const directional = (
  graph: Graph,
  sizes: Sizes,
  read: Read,
  direction: (n: Node) => ArrayLike<number> | undefined,
  { window, every }: { readonly window: number; readonly every: number },
  roots: readonly Root[],
): Slope => {
  const other = frozen(graph)
  const backward = backwardStreams(graph)
  const plain = interpret({
    graph,
    sizes,
    arithmetic: double,
    read,
    pass: wholePass,
    roots: [...graph.nodes.filter(n => n.op === 'stop' || other.masks.has(n.id)).map(n => n.id), ...roots.map(r => r.id)],
  })
  const ends = Array.from({ length: sizes.b }, (_, b) => (b >= (sizes.rows ?? sizes.b) ? 0 : (sizes.lengths?.['t']?.[b] ?? sizes.t)))
  const span = Math.max(0, ...ends)
  const endOf = (p: Readonly<Record<string, number>>): number => (p['b'] === undefined ? span : ends[p['b']]!)
  /** The step of the caller at which a loss or a cotangent stands. */
  const stepOf = (p: Readonly<Record<string, number>>): number => p['t'] ?? Math.max(0, endOf(p) - 1)

  const isCut = (n: Node, p: Readonly<Record<string, number>>, { low, high }: Chunk): boolean => {
    const [t, by, end] = [p['t']!, n.attrs.by!, endOf(p)]
    const turned = backward.has(n.id)
    // Where the reader and the value stand for the caller; what lies before the first step belongs to it.
    const reader = turned ? end - 1 - t : t
    const from = by > 0 ? Math.max(t - by, 0) : t - by
    const value = turned ? end - 1 - from : from
    return by > 0 === turned ? value >= high && reader < high : low > 0 && value < low && reader >= low
  }
  const h = 2 ** -100
  let [sum, mass] = [0, 0]
  for (const chunk of chunksOf(span, window, every)) {
    const isIn = (p: Readonly<Record<string, number>>): boolean => stepOf(p) >= chunk.from && stepOf(p) < chunk.to
    const mask = (n: Node): Float64Array => {
      const at = places(n.axes, sizes)
      return Float64Array.from(at, p => ((n.op === 'seed' ? !isIn(p) : isCut(n, p, chunk)) ? 1 : 0))
    }
    const result = interpret({
      graph: other.graph,
      sizes,
      arithmetic: complexDouble,
      pass: wholePass,
      roots: roots.map(r => other.map.get(r.id)!),
      read: n => {
        if ((n.attrs.role as string) === frozenRole) {
          const name = n.attrs.name!
          return { re: name.startsWith('mask ') ? mask(graph.nodes[Number(name.slice(5))]!) : plain.get(Number(name))!.re }
        }
        const along = direction(n)
        const re = read(n)
        return re === undefined || along === undefined ? re : { re: re.re, im: Array.from(along, x => x * h) }
      },
    })
    for (const { id, by } of roots) {
      const v: Tensor = result.get(other.map.get(id)!)!
      const node = graph.nodes[id]!
      const isLoss = id === graph.face.loss
      const at = places(node.axes, sizes)
      for (let i = 0; i < v.im!.length; i++) {
        // The losses of other chunks are frozen already.
        if (!isLoss && !isIn(at[Math.floor(i / v.inner)]!)) continue
        if (v.im![i] === 0) continue
        const part = (v.im![i]! / h) * by[i]!
        sum += part
        mass += Math.abs(part)
      }
    }
  }
  return { sum, mass }
}
