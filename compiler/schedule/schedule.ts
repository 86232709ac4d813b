/**
 * Decides what runs where. Loops are the components with a cycle; contractions, look-ups and reductions outside of a
 * cycle run for all steps at once, before or after; elementwise work goes where its consumer runs. One scheduler serves
 * the forward and the backward part.
 */
import { InternalError } from '../../dsl/diagnostics.ts'
import * as dim from '../../dsl/dims.ts'
import {
  alongOf,
  backwardResults,
  forwardResults,
  historyDepth,
  isSequence,
  nameOfAxis,
  printGraph,
  type Axis,
  type Graph,
  type Id,
  type Node,
} from '../graph.ts'
import { liveNodes } from '../passes/rebuild.ts'
import { isComputed, rowOf } from '../ops/table.ts'
import { isTurned } from '../passes/reversed.ts'
import { components } from './components.ts'
import { isPack, isSelected } from './copies.ts'
import { forwardNodes } from './tape.ts'

/** Elementwise nodes and reductions that run through the same places together, or one node of another class. */
export interface Kernel {
  readonly kind: 'map' | 'contract' | 'gather' | 'scatter' | 'edge' | 'pick'
  /** In the order of computation. */
  readonly nodes: readonly Id[]
  /** `map`: reductions at the end of each row. */
  readonly reductions: readonly Id[]
}

export interface Stage {
  /** `once`: no time in it; `steps`: all steps at once; `loop`: one step after the other. */
  readonly kind: 'once' | 'steps' | 'loop'
  /** `loop`: the sequence along which it runs. */
  readonly along?: Axis
  readonly direction: 1 | -1
  readonly kernels: readonly Kernel[]
}

export interface Position {
  readonly phase: 'forward' | 'backward'
  readonly stage: number
  readonly kernel: number
}

export interface Schedule {
  readonly forward: readonly Stage[]
  readonly backward: readonly Stage[]
  readonly position: ReadonlyMap<Id, Position>
}

const isTimed = (n: Node): boolean => n.axes.some(isSequence)

/** What a node needs computed before it, looking through views; `direct`: read in place, entry by entry. */
const needs = (graph: Graph, n: Node, inLoop: (id: Id) => boolean): { direct: ReadonlySet<Id>; whole: ReadonlySet<Id> } => {
  const direct = new Set<Id>()
  const whole = new Set<Id>()
  // What a loop carries from step to step need not be there before; other parts of the stream must.
  const visit = (id: Id, viewed: boolean, carried: boolean): void => {
    const a = graph.nodes[id]!
    if (isComputed(a)) {
      if (!carried || !inLoop(id)) (viewed ? whole : direct).add(id)
    } else if (a.op === 'shift') {
      visit(a.args[0]!, true, true)
      if (a.args[1] !== undefined) visit(a.args[1], true, false)
    } else for (const x of a.args) visit(x, true, carried)
  }
  for (const a of n.args) visit(a, false, false)
  return { direct, whole }
}

const placement = (graph: Graph, ids: ReadonlySet<Id>, loops: ReadonlyMap<Id, number>, along: (loop: number) => Axis): ReadonlyMap<Id, number> => {
  const place = new Map(loops)
  const users = new Map<Id, Id[]>()
  for (const id of ids) for (const a of graph.nodes[id]!.args) users.set(a, [...(users.get(a) ?? []), id])
  const ancestors = new Map<number, ReadonlySet<Id>>()
  const before = (loop: number): ReadonlySet<Id> => {
    const known = ancestors.get(loop)
    if (known !== undefined) return known
    const found = liveNodes(
      graph,
      [...loops].filter(([, l]) => l === loop).map(([id]) => id),
    )
    ancestors.set(loop, found)
    return found
  }
  for (const id of [...ids].sort((a, b) => b - a)) {
    const n = graph.nodes[id]!
    const { class: kind } = rowOf(n.op)
    if (place.has(id) || !isTimed(n) || (kind !== 'map' && (kind !== 'view' || n.op === 'concat'))) continue
    const uses = users.get(id) ?? []
    const inside = new Set(uses.flatMap(u => place.get(u) ?? []))
    if (inside.size !== 1 || uses.some(u => ['shift', 'concat', 'reverse', 'end'].includes(graph.nodes[u]!.op))) continue
    const [loop] = [...inside] as [number]
    if (!n.axes.includes(along(loop))) continue
    const outside = uses.filter(u => !place.has(u))
    if (outside.every(u => !before(loop).has(u))) place.set(id, loop)
  }
  return place
}

interface Item {
  readonly id: Id
  readonly kind: Kernel['kind'] | 'reduce' | 'loop'
  readonly space: string
  readonly direct: ReadonlySet<Id>
  readonly whole: ReadonlySet<Id>
  readonly loop?: number
}

/** Values along the history of states have as many places as their own state has; a pass runs other steps of those that count from the end. */
const spaceOf = (graph: Graph, n: Node, place: string): string =>
  `${place}${isTurned(graph, n) ? ' turned' : ''} ${n.axes.join(' ')} ${n.axes.includes('k') ? historyDepth(graph, n.id) : ''} ${dim.showShape(n.shape)}`

/** A reduction may end a map kernel where its dims are the last ones. */
const isTail = (n: Node, rank: number): boolean => n.attrs.dims!.every((d, i) => d === rank - n.attrs.dims!.length + i)

/** Groups items to kernels: one kernel takes what it can, products go before elementwise work that is not begun. */
const grouped = (graph: Graph, items: readonly Item[]): readonly (Kernel | { loop: number })[] => {
  const result: (Kernel | { loop: number })[] = []
  const left = new Map(items.map(i => [i.id, i]))
  const pending = new Set(items.map(i => i.id))
  let current: { nodes: Id[]; reductions: Id[]; space: string } | undefined
  const done = (id: Id): boolean => !pending.has(id)
  const ready = (i: Item): boolean => [...i.direct, ...i.whole].every(done)
  const joins = (i: Item): boolean =>
    current !== undefined &&
    (i.kind === 'map' || i.kind === 'reduce') &&
    i.space === current.space &&
    (i.kind === 'map' || current.reductions.every(r => isSum(r) === isSum(i.id) && sameDims(r, i.id))) &&
    [...i.whole].every(done) &&
    [...i.direct].every(d => done(d) || current!.nodes.includes(d))
  const sameDims = (a: Id, b: Id): boolean => graph.nodes[a]!.attrs.dims!.length === graph.nodes[b]!.attrs.dims!.length
  const isSum = (id: Id): boolean => graph.nodes[id]!.attrs.kind === 'sum'
  const close = (): void => {
    if (current === undefined) return
    for (const id of [...current.nodes, ...current.reductions]) pending.delete(id)
    result.push({ kind: 'map', nodes: current.nodes, reductions: current.reductions })
    current = undefined
  }
  while (left.size > 0) {
    const list = [...left.values()]
    const next = list.find(joins)
    if (next !== undefined) {
      left.delete(next.id)
      ;(next.kind === 'reduce' ? current!.reductions : current!.nodes).push(next.id)
      continue
    }
    close()
    const chosen = list.find(i => ready(i) && i.kind !== 'map' && i.kind !== 'reduce') ?? list.find(ready)
    if (chosen === undefined) throw new InternalError('no order of kernels', printGraph(graph))
    if (chosen.kind === 'map' || chosen.kind === 'reduce') {
      current = { nodes: [], reductions: [], space: chosen.space }
      continue
    }
    left.delete(chosen.id)
    pending.delete(chosen.id)
    if (chosen.kind === 'loop') {
      for (const i of items) if (i.loop === chosen.loop) pending.delete(i.id)
      result.push({ loop: chosen.loop! })
    } else result.push({ kind: chosen.kind, nodes: [chosen.id], reductions: [] })
  }
  close()
  return result
}

const itemOf = (graph: Graph, id: Id, place: string, inLoop: (id: Id) => boolean): Item => {
  const n = graph.nodes[id]!
  const { class: kind } = rowOf(n.op)
  if (kind === 'source' || kind === 'view' || kind === 'shift' || kind === 'defined') throw new InternalError(`${n.op} has no kernel`)
  const operand = kind === 'reduce' ? graph.nodes[n.args[0]!]! : n
  if (kind === 'reduce' && !isTail(n, operand.shape.length)) throw new InternalError('a reduction over dims that are not the last', printGraph(graph))
  return { id, kind, space: spaceOf(graph, operand, place), ...needs(graph, n, inLoop) }
}

const phase = (graph: Graph, ids: ReadonlySet<Id>): readonly Stage[] => {
  const found = components(graph, ids).filter(c => c.direction !== 0)
  const loops = new Map(found.flatMap((c, i) => c.nodes.map(id => [id, i] as const)))
  const place = placement(graph, ids, loops, l => found[l]!.along)
  const computed = [...ids].sort((a, b) => a - b).filter(id => isComputed(graph.nodes[id]!))
  const where = (id: Id): string => {
    const n = graph.nodes[id]!
    return isTimed(n) ? (stepwise(graph, n) ?? 'steps') : 'once'
  }
  const foreign = (item: Item): Item => ({
    ...item,
    direct: new Set([...item.direct].filter(d => ids.has(d))),
    whole: new Set([...item.whole].filter(d => ids.has(d))),
  })
  const bodies = found.map((_, l) => {
    const inLoop = (id: Id): boolean => place.get(id) === l
    const all = computed.filter(inLoop).map(id => itemOf(graph, id, 'loop', inLoop))
    const inner = (i: Item): Item => ({ ...i, direct: new Set([...i.direct].filter(inLoop)), whole: new Set([...i.whole].filter(inLoop)) })
    const outer = new Set(all.flatMap(i => [...i.direct, ...i.whole]).filter(d => !inLoop(d) && ids.has(d)))
    return { kernels: grouped(graph, all.map(inner)) as readonly Kernel[], outer }
  })
  const outside = computed.filter(id => !place.has(id)).map(id => foreign(itemOf(graph, id, where(id), () => false)))
  const units: Item[] = [
    ...outside,
    ...bodies.map(({ outer }, l) => ({ id: -1 - l, kind: 'loop' as const, space: 'loop', direct: new Set<Id>(), whole: outer, loop: l })),
  ]
  // A value from inside a loop is there once the loop has run.
  const viaLoop = (d: Id): Id => (place.has(d) ? -1 - place.get(d)! : d)
  const linked = units.map(u => ({ ...u, direct: new Set([...u.direct].map(viaLoop)), whole: new Set([...u.whole].map(viaLoop)) }))
  const sequence = grouped(
    graph,
    linked.sort((a, b) => rank(a, found) - rank(b, found)),
  )
  const stages: Stage[] = []
  for (const step of sequence) {
    if ('loop' in step) {
      stages.push({ kind: 'loop', along: found[step.loop]!.along, direction: found[step.loop]!.direction as 1 | -1, kernels: bodies[step.loop]!.kernels })
      continue
    }
    const n = graph.nodes[step.nodes[0] ?? step.reductions[0]!]!
    const operand = step.nodes.length === 0 ? graph.nodes[n.args[0]!]! : n
    const chosen = [...step.nodes, ...step.reductions].flatMap(id => stepwise(graph, graph.nodes[id]!) ?? [])
    const each = step.kind === 'map' && isTimed(operand) ? chosen[0] : undefined
    const timed = isTimed(operand) || operand.args.some(a => isTimed(graph.nodes[a]!))
    stages.push({ kind: each !== undefined ? 'loop' : timed ? 'steps' : 'once', ...(each === undefined ? {} : { along: each }), direction: 1, kernels: [step] })
  }
  return stages
}

const rank = (u: Item, found: readonly { nodes: readonly Id[] }[]): number => (u.kind === 'loop' ? found[u.loop!]!.nodes[0]! - 0.5 : u.id)

/** The sequence at each of whose steps something that is read must be chosen. */
const stepwise = (graph: Graph, n: Node): Axis | undefined => {
  for (const a of n.args) {
    const x = graph.nodes[a]!
    if (isSelected(graph, x)) return alongOf(x)
    const inner = rowOf(x.op).class === 'view' && !isPack(graph, x) && x.op !== 'concat' ? stepwise(graph, x) : undefined
    if (inner !== undefined) return inner
  }
  return undefined
}

export const schedule = (graph: Graph): Schedule => {
  const live = liveNodes(graph)
  const forward = forwardNodes(graph)
  const backward = new Set([...live].filter(id => !forward.has(id)))
  const stages = { forward: phase(graph, forward), backward: phase(graph, backward) }
  const position = new Map<Id, Position>()
  for (const name of ['forward', 'backward'] as const)
    stages[name].forEach((s, stage) =>
      s.kernels.forEach((k, kernel) => {
        for (const id of [...k.nodes, ...k.reductions]) position.set(id, { phase: name, stage, kernel })
      }),
    )
  for (const id of [...forwardResults(graph), ...backwardResults(graph)])
    if (isComputed(graph.nodes[id]!) && !position.has(id)) throw new InternalError(`%${id} has no kernel`, printGraph(graph))
  return { ...stages, position }
}

export const printSchedule = (graph: Graph, s: Schedule): string => {
  const kernel = (k: Kernel, indent: string): string =>
    `${indent}${k.kind} ${[...k.nodes, ...k.reductions].map(id => `%${id} ${graph.nodes[id]!.op}`).join(', ')}`
  const stage = (x: Stage): string =>
    x.kind === 'loop'
      ? [`  loop ${nameOfAxis(x.along!)} ${x.direction > 0 ? 'forward' : 'backward'}`, ...x.kernels.map(k => kernel(k, '    '))].join('\n')
      : x.kernels.map(k => kernel(k, `  ${x.kind} `)).join('\n')
  return ['forward', ...s.forward.map(stage), 'backward', ...s.backward.map(stage)].join('\n')
}
