/** What a kernel runs over, for every target: loops with the strides of its operands. */
import { InternalError } from '../../dsl/diagnostics.ts'
import * as dim from '../../dsl/dims.ts'
import type { Dim } from '../../dsl/dims.ts'
import { historyDepth, isSequence, printNode, unionAxes, type Axis, type Id, type Node } from '../graph.ts'
import { factors, guardOf, letterDims } from '../ops/structural.ts'
import type { Layout } from '../plan/layout.ts'
import type { Plan } from '../plan/plan.ts'
import type { Kernel } from '../schedule/schedule.ts'
import { axisCount, dimCount, joined, loopsOf, type Loop } from './nest.ts'
import { atFirst, type PassSteps } from './pass-steps.ts'
import { immediate, placeOf, rangeLayout, type Place } from './places.ts'

/** An elementwise kernel: which operands it has, and the loops over all its places. */
export interface MapSpace {
  readonly operands: readonly Place[]
  /** The number of an operand or result in memory. */
  readonly slot: (id: Id) => number
  /** Values that are passed on inside. */
  readonly inside: (id: Id) => boolean
  /** Values that are stored, in the order of computation. */
  readonly stores: readonly Id[]
  /** How many dims at the end are reduced. */
  readonly reducedDims: number
  /** Loops outside; and those inside: the innermost, or all that are reduced. */
  readonly rows: readonly Loop[]
  readonly inner: readonly Loop[]
}

export const mapSpace = (plan: Plan, kernel: Kernel, stepped: Axis | undefined, pass: PassSteps | undefined): MapSpace => {
  const steps = stepped === 't' ? undefined : pass
  const node = (id: Id): Node => plan.graph.nodes[id]!
  const own = new Set([...kernel.nodes, ...kernel.reductions])
  const space = kernel.nodes.length > 0 ? node(kernel.nodes[0]!) : node(node(kernel.reductions[0]!).args[0]!)
  const reducedDims = kernel.reductions.length === 0 ? 0 : node(kernel.reductions[0]!).attrs.dims!.length

  const operands: Place[] = []
  const slots = new Map<Id, number>()
  const use = (id: Id): void => {
    if (slots.has(id)) return
    const counted = rangeLayout(plan, id)
    const place: Place | undefined = counted === undefined ? placeOf(plan, id) : { id, node: node(id), layout: counted, type: 'real' }
    if (place === undefined) throw new InternalError('an operand without a place', printNode(node(id)))
    slots.set(id, operands.length)
    operands.push(atFirst(place, steps))
  }
  const inside = (id: Id): boolean => own.has(id) && !kernel.reductions.includes(id)
  for (const id of own) for (const a of node(id).args) if (!inside(a) && immediate(plan, a, stepped) === undefined) use(a)
  const stores = kernel.nodes.filter(id => plan.stored.has(id))
  stores.forEach(use)
  kernel.reductions.forEach(use)

  const isReduced = (l: Loop): boolean => typeof l.over === 'number' && l.over >= space.shape.length - reducedDims
  const loops = joined(
    loopsOf(
      space,
      operands.map(o => ({ value: reductionValue(kernel, o, space, reducedDims), layout: reductionLayout(kernel, o, reducedDims) })),
      stepped === undefined ? [] : [stepped],
      dim.constant(historyDepth(plan.graph, space.id)),
      steps,
    ),
    (outer, inner) => reducedDims > 0 && isReduced(outer) !== isReduced(inner),
  )
  const rows = reducedDims === 0 ? loops.slice(0, -1) : loops.filter(l => !isReduced(l))
  const inner = reducedDims === 0 ? loops.slice(-1) : loops.filter(isReduced)
  return { operands, slot: id => slots.get(id)!, inside, stores, reducedDims, rows, inner }
}

/** The result of a reduction has no place along the reduced dims. */
const reductionValue = (kernel: Kernel, o: Place, space: Node, reducedDims: number): Node =>
  kernel.reductions.includes(o.id) ? { ...o.node, shape: space.shape.map((d, i) => (i >= space.shape.length - reducedDims ? dim.one : d)) } : o.node
const reductionLayout = (kernel: Kernel, o: Place, reducedDims: number): Layout =>
  kernel.reductions.includes(o.id) ? { ...o.layout, inner: [...o.layout.inner, ...Array.from({ length: reducedDims }, () => dim.zero)] } : o.layout

/** An index of a sum of products: how often it counts, and how far each array moves with it: factors, start, result, guard. */
export interface Index {
  readonly count: Dim
  readonly strides: readonly Dim[]
  /** Runs from the last to the first. */
  readonly backward: boolean
  readonly time: boolean
}

export interface ProductSpace {
  readonly factors: readonly Place[]
  readonly start?: Place
  readonly result: Place
  /** Says which terms count: only where it was asked for. */
  readonly guard?: Place
  readonly kept: readonly Index[]
  readonly summed: readonly Index[]
}

export const moves = (i: Index, k: number): boolean => !dim.equal(i.strides[k]!, dim.zero)

/** `apart`: time is no part of another index; `guarded`: with the strides of the guard. */
export const productSpace = (plan: Plan, id: Id, stepped: Axis | undefined, pass: PassSteps | undefined, apart: boolean, guarded = false): ProductSpace => {
  const steps = stepped === 't' ? undefined : pass
  const at = (a: Id): Place => atFirst(placeOf(plan, a)!, steps)
  const node = plan.graph.nodes[id]!
  const spec = node.attrs.spec!
  const inputs = factors(node).map(at)
  const start = node.attrs.continued === true ? at(node.args[0]!) : undefined
  const result = at(id)
  const guard = guarded ? at(guardOf(node)!) : undefined
  const arrays = [...inputs, ...(start === undefined ? [] : [start]), result, ...(guard === undefined ? [] : [guard])]
  const letters = letterDims(
    { operands: spec.operands.slice(0, inputs.length), result: spec.result },
    inputs.map(o => o.node),
  )
  const layouts = arrays.map(o => o.layout)
  const lettersOf = (k: number): string => (k < inputs.length ? spec.operands[k]! : arrays[k] === guard ? spec.operands.at(-1)! : spec.result)
  const alongAxis = (a: Axis): readonly Dim[] => layouts.map(l => l.axes[a] ?? dim.zero)
  const alongLetter = (l: string): readonly Dim[] => layouts.map((y, k) => (lettersOf(k).includes(l) ? y.inner[lettersOf(k).indexOf(l)]! : dim.zero))
  const over = node.attrs.over ?? []
  const count = (a: Axis): Dim =>
    a === 'k' ? dim.constant(Math.max(...[node, ...inputs.map(o => o.node)].map(n => historyDepth(plan.graph, n.id)))) : axisCount(a, dim.one, steps)
  const plain = { backward: false, time: false }
  const letter = (l: string): Index => ({ count: dimCount(letters.get(l)!), strides: alongLetter(l), ...plain })
  const kept = [...node.axes.filter(a => a !== stepped).map(a => ({ count: count(a), strides: alongAxis(a), ...plain })), ...[...spec.result].map(letter)]
  const along = unionAxes(inputs.map(o => o.node.axes)).filter(a => over.includes(a))
  // The outermost sequence is summed in parts.
  const time = along.find(isSequence)
  const summed = [
    ...along.map(a => ({ count: count(a), strides: alongAxis(a), backward: node.attrs.backward === true, time: a === time })),
    ...[...letters.keys()].filter(l => !spec.result.includes(l)).map(letter),
  ]
  return {
    factors: inputs,
    ...(start === undefined ? {} : { start }),
    result,
    ...(guard === undefined ? {} : { guard }),
    kept: joinIndices(kept, () => true),
    summed: joinIndices(summed, (o, i) => o.backward === i.backward && !(apart && (o.time || i.time))),
  }
}

/** Joins an index with the next inner one where every array's entries follow one another. */
export const joinIndices = (list: readonly Index[], may: (outer: Index, inner: Index) => boolean): readonly Index[] => {
  const result: Index[] = []
  for (const index of [...list].reverse()) {
    if (dim.isOne(index.count) && !index.time) continue
    const inner = result[0]
    const fits = inner !== undefined && may(index, inner) && index.strides.every((s, k) => dim.equal(s, dim.multiply(inner.strides[k]!, inner.count)))
    if (fits) result[0] = { count: dim.multiply(index.count, inner.count), strides: inner.strides, backward: inner.backward, time: index.time || inner.time }
    else result.unshift(index)
  }
  return result
}
