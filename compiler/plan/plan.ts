/**
 * The plan of memory: which values lie where, as formulas of the dims. Everything is in one block. Regions whose
 * contents are dead are used again; a value may take the place of what it is computed from, entry by entry.
 */
import { isComputed } from '../ops/table.ts'
import { InternalError } from '../../dsl/diagnostics.ts'
import * as dim from '../../dsl/dims.ts'
import type { Dim } from '../../dsl/dims.ts'
import {
  alongOf,
  backwardResults,
  extent,
  forwardResults,
  historyDepth,
  isSequence,
  printGraph,
  sameAxes,
  usersOf,
  type Axis,
  type Graph,
  type Id,
  type Node,
} from '../graph.ts'
import { steppedNodes } from '../passes/causal.ts'
import { liveNodes } from '../passes/rebuild.ts'
import { isPack, isSelected } from '../schedule/copies.ts'
import type { Kernel, Position, Schedule, Stage } from '../schedule/schedule.ts'
import { sliced, strides, type Layout } from './layout.ts'
import { compare, overlap, readsOf, type Range, type Read } from './reads.ts'
import { share } from './share.ts'

export interface Region {
  readonly id: number
  /** For people: the equation's name, or the op. */
  readonly name: string
  /** Entries; the largest of several formulas. */
  readonly sizes: readonly Dim[]
  readonly type: 'real' | 'index'
  readonly role: 'param' | 'grad' | 'port' | 'tape' | 'work'
  /** Steps before the first and after the last for which there is room. */
  readonly lead: number
  readonly trail: number
  /** Lies in the place of another region. */
  readonly inside?: number
  /** … but in a place of its own when the tape must be kept for another backward pass. */
  readonly unlessAgain?: boolean
  /** All steps are kept only when this adjoint is asked for. */
  readonly optional?: string
}

export interface Plan {
  readonly graph: Graph
  readonly schedule: Schedule
  readonly regions: readonly Region[]
  readonly layouts: ReadonlyMap<Id, Layout>
  /** Values that lie in memory and are not only passed on inside a kernel. */
  readonly stored: ReadonlySet<Id>
  readonly reads: ReadonlyMap<Id, readonly Read[]>
  /** Initial values that must be copied in front of a stream before the phase begins: stream, edge. */
  readonly fills: readonly {
    readonly phase: Position['phase']
    readonly stream: Id
    /** Zero, if it is left out. */
    readonly edge?: Id
    /** Not filled after a carry: the stream goes on where it was. */
    readonly carries: boolean
    readonly along: Axis
    readonly steps: number
    readonly side: 'lead' | 'trail'
  }[]
  /** For each look ahead that is chosen at each step: a region of zeros. */
  readonly zeros: ReadonlyMap<Id, number>
}

type Storage = 'local' | 'slot' | 'full' | 'once'

const stageOf = (s: Schedule, p: Position): Stage => s[p.phase][p.stage]!
const sameStage = (a: Position, b: Position): boolean => a.phase === b.phase && a.stage === b.stage

/** How each computed value is kept. */
const storageOf = (graph: Graph, schedule: Schedule, reads: ReadonlyMap<Id, readonly Read[]>): ReadonlyMap<Id, Storage> => {
  const results = new Set([...forwardResults(graph), ...backwardResults(graph)].flatMap(id => [...parts(graph, id)]))
  const storage = new Map<Id, Storage>()
  for (const [id, at] of schedule.position) {
    const n = graph.nodes[id]!
    const list = reads.get(id) ?? []
    const own = stageOf(schedule, at).kernels[at.kernel]!
    const wanted = results.has(id)
    const passedOn =
      own.kind === 'map' && !own.reductions.includes(id) && list.every(r => compare(r.at, at) === 0 && r.identity && r.shifted === 'no') && !inConcat(graph, id)
    const plainly = wanted && !onlyAdjoint(graph, id)
    if (passedOn && !wanted) storage.set(id, 'local')
    else if (!n.axes.some(isSequence)) storage.set(id, 'once')
    else if (stageOf(schedule, at).kind !== 'loop') storage.set(id, 'full')
    else {
      const carried = (r: Read): boolean =>
        r.shifted === 'selected' &&
        (graph.nodes[r.by]!.op === 'edge' || (sameStage(r.at, at) && (compare(r.at, at) < 0 || (compare(r.at, at) === 0 && r.identity))))
      const passing = list.every(
        r => (r.shifted === 'no' && (sameStage(r.at, at) || (stageOf(schedule, at).direction < 0 && isFirstStep(graph, r)))) || carried(r),
      )
      storage.set(id, plainly || !passing || !singleStep(graph, id) ? 'full' : 'slot')
    }
  }
  return storage
}

/** The `edge` of a delay by one step reads what the last step of a backward loop has left. */
const isFirstStep = (graph: Graph, r: Read): boolean => {
  const n = graph.nodes[r.by]!
  return n.op === 'edge' && n.attrs.by === 1
}

/** Read at other steps by at most one step. */
const singleStep = (graph: Graph, id: Id): boolean => usersOf(graph, id).every(n => n.op !== 'shift' || n.args[0] !== id || n.attrs.by === -1)

/** Read at another step, where it must lie in one piece. */
const isShifted = (graph: Graph, id: Id): boolean => usersOf(graph, id).some(n => n.op === 'shift' && n.args[0] === id)

const inConcat = (graph: Graph, id: Id): boolean => usersOf(graph, id).some(n => n.op === 'concat')

const onlyAdjoint = (graph: Graph, id: Id): boolean => {
  const { params, inputs, initial } = graph.gradients ?? { params: new Map(), inputs: new Map(), initial: new Map() }
  const others = [...forwardResults(graph), ...params.values(), ...inputs.values(), ...initial.values()]
  return !others.some(o => parts(graph, o).has(id))
}

/** The computed values behind a result: itself, or what its views are made of. */
const parts = (graph: Graph, id: Id): ReadonlySet<Id> => {
  const n = graph.nodes[id]!
  return isComputed(n) ? new Set([id]) : new Set(n.args.flatMap(a => (n.op === 'shift' ? [] : [...parts(graph, a)])))
}

export const plan = (graph: Graph, schedule: Schedule): Plan => {
  const reads = readsOf(graph, schedule)
  const storage = storageOf(graph, schedule, reads)
  const live = liveNodes(graph)
  const regions: Region[] = []
  const layouts = new Map<Id, Layout>()
  const residents = new Map<number, { id: Id; range: Range }[]>()
  const fills: Plan['fills'][number][] = []
  const names = nameOf(graph)

  const halo = haloOf(graph, live)
  const results = new Set([...forwardResults(graph), ...backwardResults(graph)].flatMap(id => [...parts(graph, id)]))
  // What has nothing to do with t is computed once where a net is run step by step, and read at each of them.
  const stepped = steppedNodes(graph)
  const lasting = new Set(
    graph.nodes.flatMap(n => (live.has(n.id) && stepped.has(n.id) ? n.args.flatMap(a => [...parts(graph, a)]) : [])).filter(id => !stepped.has(id)),
  )
  const pinned = (id: Id): boolean => results.has(id) || graph.nodes[id]!.op === 'source' || halo.has(id) || lasting.has(id)

  /** The shapes of the values for which regions were made. */
  const shapes = new Map<number, readonly Dim[]>()
  const region = (r: Omit<Region, 'id'>): number => {
    regions.push({ ...r, id: regions.length })
    residents.set(regions.length - 1, [])
    return regions.length - 1
  }
  const crossing = (id: Id): boolean => schedule.position.get(id)?.phase !== 'backward' && (reads.get(id) ?? []).some(r => r.at.phase === 'backward')

  const loopOf = (id: Id): Axis | undefined => {
    const at = schedule.position.get(id)
    return at === undefined ? undefined : stageOf(schedule, at).along
  }

  /** A region of its own for a value with the given shape and axes. */
  const fresh = (id: Id, role: Region['role'], kind: Storage, more: Partial<Region> = {}): Layout => {
    const n = graph.nodes[id]!
    const { along: ends, lead, trail } = halo.get(id) ?? { along: undefined, lead: 0, trail: 0 }
    const inner = strides(n.shape)
    const entries = dim.product(n.shape)
    const axes: Partial<Record<Axis, Dim>> = {}
    let size = entries
    const stepped = kind === 'slot' ? loopOf(id) : undefined
    for (const a of n.axes.toReversed()) {
      axes[a] = a === stepped ? dim.zero : size
      if (a === 'k') size = dim.scale(size, historyDepth(graph, id))
      else if (a !== stepped) size = dim.multiply(size, a === ends ? dim.add(extent(a), dim.constant(lead + trail)) : extent(a))
    }
    const at = region({ name: names(id), sizes: [size], type: n.type === 'index' && n.op === 'source' ? 'index' : 'real', role, lead, trail, ...more })
    shapes.set(at, n.shape)
    return { region: at, offset: ends === undefined || ends === stepped ? dim.zero : dim.scale(axes[ends]!, lead), axes, inner }
  }
  /** How the place of a value is kept, which may be more than it needs. */
  const kinds = new Map<Id, Storage>()
  const settle = (id: Id, layout: Layout, range: Range = 'whole'): void => {
    layouts.set(id, layout)
    const strides = Object.entries(layout.axes).flatMap(([a, s]) => (isSequence(a) ? [s!] : []))
    kinds.set(id, strides.length === 0 ? 'once' : strides.some(s => dim.equal(s, dim.zero)) ? 'slot' : 'full')
    residents.get(layout.region)!.push({ id, range })
  }

  // Parameters: those that multiply the same vector side by side.
  for (const n of graph.nodes) {
    if (!live.has(n.id) || !isPack(graph, n) || n.args.some(a => layouts.has(a))) continue
    const whole = fresh(n.id, 'param', 'once')
    let from = dim.zero
    for (const a of n.args) {
      settle(a, { ...whole, offset: dim.multiply(from, whole.inner[0]!) })
      from = dim.add(from, graph.nodes[a]!.shape[0]!)
    }
  }
  for (const n of graph.nodes) {
    if (n.op !== 'source' || layouts.has(n.id) || n.attrs.role === 'initial') continue
    settle(n.id, fresh(n.id, n.attrs.role === 'param' ? 'param' : 'port', n.axes.some(isSequence) ? 'full' : 'once'))
  }

  /** A region and those that share its memory. */
  const together = (where: number): readonly number[] => {
    const root = regions[where]!.inside ?? where
    return [root, ...regions.flatMap(r => (r.inside === root ? [r.id] : []))]
  }
  /** A stretch of one region as one of another in the same memory: where their shapes differ, it may be any. */
  const stretch = (range: Range, of: number, within: number): Range => (dim.sameShape(shapes.get(of) ?? [], shapes.get(within) ?? []) ? range : 'whole')
  /** True when everything in that part of the region's memory has been read once the kernel at `at` has run. */
  const dead = (where: number, range: Range, at: Position): boolean =>
    together(where).every(region =>
      residents.get(region)!.every(r => {
        const part = stretch(range, where, region)
        if (!overlap(r.range, part)) return true
        if (pinned(r.id)) return false
        return (reads.get(r.id) ?? []).every(x => {
          const order = compare(x.at, at)
          return order < 0 || (order === 0 && x.identity && x.shifted === 'no') || !overlapsWithin(r.range, x.range, part)
        })
      }),
    )

  /** Where an operand lies, when a value of the same shape may be written over it. */
  const underOperand = (id: Id): { layout: Layout; range: Range } | undefined => {
    const n = graph.nodes[id]!
    const at = schedule.position.get(id)!
    const candidates = n.op === 'contract' ? (n.attrs.continued === true ? [n.args[0]!] : []) : n.args
    for (const a of candidates) {
      const operand = graph.nodes[a]!
      const range: Range = operand.op === 'slice' ? { dim: operand.attrs.dim!, from: operand.attrs.from!, to: operand.attrs.to! } : 'whole'
      const base = operand.op === 'slice' ? operand.args[0]! : a
      const from = layouts.get(base)
      if (from === undefined || !isComputed(graph.nodes[base]!)) continue
      if (kinds.get(base) !== storage.get(id) && !(kinds.get(base) === 'full' && storage.get(id) === 'slot')) continue
      if (regions[from.region]!.optional !== undefined || schedule.position.get(base)!.phase !== at.phase) continue
      const full = regionRange(residents.get(from.region)!, base, range)
      const same = dim.sameShape(operand.shape, n.shape) && sameAxes(operand.axes, n.axes)
      if (same && full !== undefined && dead(from.region, full, at)) return { layout: sliced(from, range), range: full }
    }
    return undefined
  }

  const adjointOnly = (id: Id): string | undefined => {
    if (!results.has(id) || !onlyAdjoint(graph, id)) return undefined
    return [...graph.gradients!.adjoints].find(([, v]) => parts(graph, v).has(id))?.[0]
  }
  const gradient = new Set([...(graph.gradients?.params.values() ?? [])].flatMap(v => [...parts(graph, v)]))
  const roleOf = (id: Id): Region['role'] => (gradient.has(id) ? 'grad' : results.has(id) ? 'port' : crossing(id) ? 'tape' : 'work')

  const place = (id: Id): void => {
    if (layouts.has(id) || storage.get(id) === 'local') return
    const join = usersOf(graph, id).find(n => live.has(n.id) && n.op === 'concat')
    if (join !== undefined) {
      placeJoin(join)
      return
    }
    const over = pinned(id) || isShifted(graph, id) ? undefined : underOperand(id)
    if (over !== undefined) {
      settle(id, over.layout, over.range)
      return
    }
    const optional = adjointOnly(id)
    const kind = storage.get(id)!
    settle(id, fresh(id, roleOf(id), kind, optional !== undefined && kind === 'slot' ? { optional } : {}))
  }

  /** The parts of a join are written where they are joined: in a place of its own, or in that of a dead value of its size. */
  const placeJoin = (join: Node): void => {
    if (layouts.has(join.id)) return
    const outer = usersOf(graph, join.id).find(n => live.has(n.id) && n.op === 'concat')
    if (outer !== undefined) {
      placeJoin(outer)
      return
    }
    const leaves = leavesOf(graph, join)
    const full = leaves.some(p => storage.get(p.id) === 'full') || leaves.every(p => storage.get(p.id) === 'once')
    const kind: Storage = !join.axes.some(isSequence) ? 'once' : full ? 'full' : 'slot'
    const whole = fresh(
      join.id,
      results.has(leaves[0]!.id) ? 'port' : leaves.some(p => crossing(p.id)) ? 'tape' : 'work',
      kind,
      full && kind === 'full' ? beneath(join, leaves) : {},
    )
    const put = (n: Node, layout: Layout, range: Range): void => {
      settle(n.id, layout, range)
      if (isComputed(n)) return
      let from = dim.zero
      for (const a of n.args) {
        const part = graph.nodes[a]!
        const to = dim.add(from, part.shape[n.attrs.dim!]!)
        const stretch: Range = { dim: n.attrs.dim!, from, to }
        put(part, sliced(layout, stretch), regionRange(residents.get(layout.region)!, n.id, stretch) ?? 'whole')
        from = to
      }
    }
    put(join, whole, 'whole')
    // The join itself is no content: its parts are.
    residents.set(
      whole.region,
      residents.get(whole.region)!.filter(r => isComputed(graph.nodes[r.id]!)),
    )
  }

  /** A region of the same size whose contents are dead, part by part, when the parts are written. */
  const beneath = (join: Node, leaves: readonly { id: Id; range: Range }[]): Partial<Region> => {
    const kernels = new Set(leaves.flatMap(l => kernelOf(schedule, l.id) ?? []))
    const operands = new Set([...kernels].flatMap(k => [...k.nodes, ...k.reductions]).flatMap(x => graph.nodes[x]!.args))
    for (const a of operands) {
      const from = layouts.get(a)
      if (from === undefined) continue
      const r = regions[from.region]!
      const [size] = r.sizes
      const timed = join.axes.map(extent).reduce(dim.multiply, dim.product(join.shape))
      if (r.role === 'param' || r.inside !== undefined || r.optional !== undefined || r.type === 'index' || r.lead + r.trail > 0 || !dim.equal(size!, timed))
        continue
      if (residents.get(r.id)!.some(x => kinds.get(x.id) !== 'full')) continue
      // The join is not a region yet: a stretch of it counts where its shape is that of the region.
      const range = (l: (typeof leaves)[0]): Range => (dim.sameShape(shapes.get(r.id) ?? [], join.shape) ? l.range : 'whole')
      if (leaves.every(l => dead(r.id, range(l), schedule.position.get(l.id)!))) return { inside: r.id, unlessAgain: true }
    }
    return {}
  }

  const order = [...schedule.position].sort(([i, a], [j, b]) => compare(a, b) || i - j)
  for (const [id] of order) place(id)
  for (const [at, list] of residents) if (regions[at]!.role === 'work' && list.some(r => crossing(r.id))) regions[at] = { ...regions[at]!, role: 'tape' }

  placeInitials({ graph, live, layouts, halo, fills, settle, fresh, schedule, regions })
  const selected = [...live].map(id => graph.nodes[id]!).filter(n => isSelected(graph, n))
  const zeros = new Map<Id, number>()
  const zeroRegion = (list: readonly Node[]): void => {
    if (list.length === 0) return
    const made = region({ name: 'zeros', sizes: list.map(zerosFor), type: 'real', role: 'work', lead: 0, trail: 0 })
    for (const n of list) zeros.set(n.id, made)
  }
  // What comes behind the end of a sequence stands among zeros for a step: nobody else may read it there.
  for (const n of selected) if (n.args[1] !== undefined) zeroRegion([n])
  zeroRegion(selected.filter(n => n.args[1] === undefined))
  const shared = share({ schedule, regions, reads, pinned, residents })
  const stored = new Set([...storage].flatMap(([id, s]) => (s === 'local' ? [] : [id])))
  return { graph, schedule, regions: shared, layouts, stored, reads, fills, zeros }
}

/** Zeros for all places of a value at one step. */
const zerosFor = (n: Node): Dim =>
  n.axes
    .filter(a => a !== alongOf(n))
    .map(extent)
    .reduce(dim.multiply, dim.product(n.shape))

const kernelOf = (s: Schedule, id: Id): Kernel | undefined => {
  const p = s.position.get(id)
  return p === undefined ? undefined : s[p.phase][p.stage]!.kernels[p.kernel]!
}

/** The computed parts of a join, with their place in it; parts of parts count where dims agree. */
const leavesOf = (graph: Graph, join: Node): readonly { id: Id; range: Range }[] => {
  let from = dim.zero
  return join.args.flatMap(a => {
    const n = graph.nodes[a]!
    const start = from
    const to = dim.add(from, n.shape[join.attrs.dim!]!)
    from = to
    if (isComputed(n)) return [{ id: a, range: { dim: join.attrs.dim!, from: start, to } }]
    return leavesOf(graph, n).map(l => ({
      id: l.id,
      range:
        l.range !== 'whole' && n.attrs.dim === join.attrs.dim
          ? { dim: join.attrs.dim!, from: dim.add(start, l.range.from), to: dim.add(start, l.range.to) }
          : ('whole' as const),
    }))
  })
}

/** A stretch of a value as a stretch of the region that it lies in. */
const regionRange = (list: readonly { id: Id; range: Range }[], base: Id, r: Range): Range | undefined => {
  const own = list.find(x => x.id === base)?.range
  if (own === undefined) return undefined
  if (own === 'whole') return r
  if (r === 'whole') return own
  return own.dim === r.dim ? { dim: r.dim, from: dim.add(own.from, r.from), to: dim.add(own.from, r.to) } : undefined
}

/** Does a read of part of a resident touch the range of the region? */
const overlapsWithin = (resident: Range, read: Range, range: Range): boolean => {
  if (read === 'whole') return overlap(resident, range)
  if (resident === 'whole') return overlap(read, range)
  if (resident.dim !== read.dim) return overlap(resident, range)
  return overlap({ dim: read.dim, from: dim.add(resident.from, read.from), to: dim.add(resident.from, read.to) }, range)
}

/** At the ends of which sequence there is room for how many steps. */
interface Halo {
  readonly along: Axis
  readonly lead: number
  readonly trail: number
}

/** Room before and after the steps, for streams that are read at other steps. */
const haloOf = (graph: Graph, live: ReadonlySet<Id>): ReadonlyMap<Id, Halo> => {
  const halo = new Map<Id, Halo>()
  for (const n of graph.nodes) {
    if (!live.has(n.id) || n.op !== 'shift' || isSelected(graph, n)) continue
    const known = halo.get(n.args[0]!) ?? { lead: 0, trail: 0 }
    const by = n.attrs.by!
    halo.set(n.args[0]!, { along: alongOf(n), lead: Math.max(known.lead, by, n.attrs.depth ?? 0), trail: Math.max(known.trail, -by) })
  }
  return halo
}

interface Placing {
  readonly graph: Graph
  readonly live: ReadonlySet<Id>
  readonly layouts: Map<Id, Layout>
  readonly halo: ReadonlyMap<Id, Halo>
  readonly fills: Plan['fills'][number][]
  readonly settle: (id: Id, layout: Layout) => void
  readonly fresh: (id: Id, role: Region['role'], kind: Storage) => Layout
  readonly schedule: Schedule
  readonly regions: readonly Region[]
}

/** Initial values lie in front of their stream; others are copied there. */
const placeInitials = ({ graph, live, layouts, halo, fills, settle, fresh, schedule }: Placing): void => {
  for (const n of graph.nodes) {
    if (!live.has(n.id) || n.op !== 'shift' || isSelected(graph, n) || n.attrs.by! > 0) continue
    const [stream, edge] = n.args as [Id, Id | undefined]
    const known = fills.some(f => f.stream === stream && f.side === 'trail')
    if (!known && layouts.has(stream))
      fills.push({
        phase: schedule.position.get(stream)?.phase ?? 'forward',
        stream,
        ...(edge === undefined ? {} : { edge }),
        carries: false,
        along: halo.get(stream)!.along,
        steps: halo.get(stream)!.trail,
        side: 'trail',
      })
  }
  const edges = new Map<Id, Map<Id, boolean>>()
  for (const n of graph.nodes)
    if (live.has(n.id) && n.op === 'shift' && !isSelected(graph, n) && n.args[1] !== undefined && n.attrs.by! > 0)
      edges.set(n.args[0]!, (edges.get(n.args[0]!) ?? new Map()).set(n.args[1], n.attrs.carries === true))
  for (const [stream, ids] of edges) {
    if (ids.size > 1) throw new InternalError('a stream with two kinds of initial values', printGraph(graph))
    const [[edge, carries]] = [...ids] as [[Id, boolean]]
    const e = graph.nodes[edge]!
    const of = layouts.get(stream)
    const { along, lead } = halo.get(stream)!
    if (of === undefined) continue
    const own =
      e.op === 'source' &&
      e.attrs.role === 'initial' &&
      (e.attrs.depth ?? 1) === lead &&
      !layouts.has(edge) &&
      dim.sameShape(e.shape, graph.nodes[stream]!.shape)
    if (own) {
      const step = of.axes[along]!
      const back = dim.scale(step, lead)
      settle(edge, {
        region: of.region,
        offset: dim.subtract(of.offset, back),
        axes: { b: of.axes['b']!, ...(lead > 1 ? { k: step } : {}) },
        inner: of.inner,
      })
    } else fills.push({ phase: schedule.position.get(stream)?.phase ?? 'forward', stream, edge, carries, along, steps: lead, side: 'lead' })
  }
  for (const n of graph.nodes) if (n.op === 'source' && n.attrs.role === 'initial' && !layouts.has(n.id)) settle(n.id, fresh(n.id, 'port', 'once'))
}

const nameOf = (graph: Graph): ((id: Id) => string) => {
  const known = new Map<Id, string>()
  for (const [n, id] of graph.face.streams) known.set(id, n)
  for (const [n, id] of graph.gradients?.adjoints ?? []) if (!known.has(id)) known.set(id, `${n} adjoint`)
  for (const [n, id] of graph.gradients?.params ?? []) if (!known.has(id)) known.set(id, `${n} gradient`)
  return id => {
    const n = graph.nodes[id]!
    if (n.op === 'source')
      return `${n.attrs.role === 'outputGrad' || n.attrs.role === 'finalGrad' || n.attrs.role === 'initial' ? `${n.attrs.role} ` : ''}${n.attrs.name}`
    if (isPack(graph, n)) return n.args.map(a => graph.nodes[a]!.attrs.name).join(' ')
    return known.get(id) ?? n.op
  }
}
