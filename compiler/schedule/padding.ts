/**
 * Steps past the end of a sequence do not exist, nor do sequences behind those that are in use. Kernels run over all rows
 * of the batch alike, as far as the longest sequence goes; what they leave past the end of a shorter one is nobody's
 * business, except where places are summed up, read from a step before, or handed out. Those values are zeroed there, by
 * a call behind the kernel that writes them.
 */
import { alongOf, foldedAxis, backwardResults, forwardResults, isSequence, type Axis, type Graph, type Id, type Node } from '../graph.ts'
import { isComputed, rowOf } from '../ops/table.ts'

/** A sequence along which a value has places: an axis, or a dim of the shape that counts its steps. */
export interface Stretch {
  readonly along: Axis
  readonly dim?: number
}

/** The sequences along which a value has places. */
export const stretchesOf = (n: Node): readonly Stretch[] => [
  ...n.axes.filter(isSequence).map(along => ({ along })),
  ...n.shape.flatMap((d, i) => {
    const along = foldedAxis(d)
    return along === undefined ? [] : [{ along, dim: i }]
  }),
]

/** True where the value's places end where each sequence of the batch does, and with the rows that are in use; without a batch, they end with the longest. */
const endsEach = (n: Node): boolean => n.axes.includes('b')

/** The values in memory that a value is, or is made of by views; not what lies outside of its steps. */
export const basesOf = (graph: Graph, id: Id): readonly Node[] => {
  const found: Node[] = []
  const seen = new Set<Id>()
  const visit = (at: Id): void => {
    if (seen.has(at)) return
    seen.add(at)
    const n = graph.nodes[at]!
    if (isComputed(n) || rowOf(n.op).class === 'source') found.push(n)
    else (n.op === 'shift' ? n.args.slice(0, 1) : n.args).forEach(visit)
  }
  visit(id)
  return found
}

/** The operands of which places past the end of a sequence would count: those of sums over steps or over the batch, and of what begins a stream. */
export const countedOperands = (n: Node): readonly Id[] => {
  if (n.op === 'edge') return n.args.slice(0, 1)
  if (n.op !== 'contract' && n.op !== 'scatter') return []
  if (!n.attrs.over!.some(a => a === 'b' || isSequence(a))) return []
  return n.op === 'scatter' ? n.args.slice(0, 1) : n.attrs.continued === true ? n.args.slice(1) : n.args
}

/** The sequences along which what lies at a later step is read, through views. */
const delayedAlong = (graph: Graph, id: Id): ReadonlySet<Axis> => {
  const found = new Set<Axis>()
  const seen = new Set<Id>()
  const visit = (at: Id): void => {
    const n = graph.nodes[at]!
    if (seen.has(at) || isComputed(n) || rowOf(n.op).class === 'source') return
    seen.add(at)
    if (n.op === 'shift' && n.attrs.by! > 0) found.add(alongOf(n))
    ;(n.op === 'shift' ? n.args.slice(0, 1) : n.args).forEach(visit)
  }
  visit(id)
  return found
}

/**
 * An operand that must be copied, since nothing else ends a sum where its sequences end: through a delay, the last steps
 * of a sequence are read past its end, too.
 */
export const unendedOperand = (graph: Graph, n: Node): Id | undefined => {
  const counted = countedOperands(n)
  const summed = n.op === 'edge' ? [alongOf(n)] : (n.attrs.over ?? []).filter(isSequence)
  for (const along of counted.length === 0 ? [] : summed) {
    const steps = counted.filter(a => graph.nodes[a]!.axes.includes(along))
    if (steps.length > 0 && steps.every(a => delayedAlong(graph, a).has(along))) return steps[0]
  }
  return undefined
}

/** True where the operand has a place of its own at each step, so that those past the end can be zeroed. */
export const isOwn = (graph: Graph, id: Id): boolean => {
  const n = graph.nodes[id]!
  return basesOf(graph, id).every(
    base =>
      (rowOf(base.op).class !== 'source' || !endsEach(base) || base.attrs.role === 'param') &&
      (!endsEach(n) || (base.axes.includes('b') && stretchesOf(n).every(s => stretchesOf(base).some(x => x.along === s.along)))),
  )
}

/** The values that are zeroed past the ends, and whether as far as there is room: what is handed out. */
export const zeroed = (graph: Graph, live: ReadonlySet<Id>): ReadonlyMap<Id, 'reached' | 'all'> => {
  const found = new Map<Id, 'reached' | 'all'>()
  const note = (id: Id, how: 'reached' | 'all'): void => {
    for (const base of basesOf(graph, id))
      if (isComputed(base) && (endsEach(base) || (how === 'all' && stretchesOf(base).length > 0)) && found.get(base.id) !== 'all') found.set(base.id, how)
  }
  for (const n of graph.nodes) {
    if (!live.has(n.id)) continue
    for (const a of countedOperands(n)) note(a, 'reached')
    if (n.op === 'shift' && n.attrs.by! < 0) note(n.args[0]!, 'reached')
    // What a stream begins with lies in its memory.
    if (n.op === 'shift' && n.args[1] !== undefined) note(n.args[1], 'reached')
  }
  for (const id of [...forwardResults(graph), ...backwardResults(graph)]) note(id, 'all')
  return found
}
