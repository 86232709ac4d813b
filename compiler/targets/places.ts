/** Where the operands of kernels lie, for every target. */
import { InternalError } from '../../dsl/diagnostics.ts'
import * as dim from '../../dsl/dims.ts'
import type { Dim } from '../../dsl/dims.ts'
import { alongOf, extent, printNode, type Axis, type Id, type Node } from '../graph.ts'
import { layoutOf, strides, viewOf, type Layout } from '../plan/layout.ts'
import type { Plan } from '../plan/plan.ts'
import { isSelected } from '../schedule/copies.ts'
import type { PassSteps } from './pass-steps.ts'

/** An operand in memory. */
export interface Place {
  readonly id: Id
  readonly node: Node
  readonly layout: Layout
  readonly type: 'real' | 'index'
  /** A look ahead that a truncation window may cut, and that ends with the sequence: which memory it is depends on the step. */
  readonly selected?: Selected
}

export interface Selected {
  readonly along: Axis
  /** Steps ahead. */
  readonly ahead: number
  /** A truncation window may cut it. */
  readonly cut: boolean
  /** The steps that the pass runs: behind them nothing comes. */
  readonly steps?: PassSteps
  /** Where the stream lies, and what comes behind its end; zeros where it is missing. */
  readonly stream?: Layout
  readonly edge?: Layout
  /** The region of zeros. */
  readonly zeros: number
}

/** The place of a value that a kernel reads or writes; `undefined`: it has none (a constant and its like). */
export const placeOf = (plan: Plan, id: Id): Place | undefined => {
  const node = plan.graph.nodes[id]!
  const chosen = selectedOf(plan, node)
  if (chosen !== undefined) return chosen
  const layout = layoutOf(plan, id)
  return layout === undefined ? undefined : { id, node, layout, type: plan.regions[layout.region]!.type }
}

const selectedOf = (plan: Plan, node: Node): Place | undefined => {
  if (!isSelected(plan.graph, node)) return undefined
  const { by } = node.attrs
  if (by! >= 0) throw new InternalError('a delay that is chosen at each step', printNode(node))
  const along = alongOf(node)
  const layout: Layout = { region: plan.zeros.get(node.id)!, offset: dim.zero, axes: piece(node, along), inner: strides(node.shape) }
  const stream = layoutOf(plan, node.args[0]!)
  if (stream !== undefined && Object.entries(layout.axes).some(([a, s]) => stream.axes[a] !== undefined && !dim.equal(stream.axes[a], s!)))
    throw new InternalError('a stream that is cut does not lie in one piece', printNode(node))
  const edge = node.args[1] === undefined ? undefined : layoutOf(plan, node.args[1])!
  const parts = { ...(stream === undefined ? {} : { stream }), ...(edge === undefined ? {} : { edge }) }
  return {
    id: node.id,
    node,
    layout,
    type: 'real',
    selected: { along, ahead: -by!, cut: node.attrs.cut === true, zeros: layout.region, ...parts },
  }
}

/** Strides of all axes but one, the entries of a step lying in one piece. */
const piece = (node: Node, along: Axis): Layout['axes'] => {
  const axes: Partial<Record<Axis, Dim>> = {}
  let size = dim.product(node.shape)
  for (const a of node.axes.toReversed()) {
    if (a === along) continue
    axes[a] = size
    size = dim.multiply(size, extent(a))
  }
  return axes
}

const isPlainView = ({ op }: Node): boolean => ['expand', 'reshape', 'slice', 'transpose', 'fold', 'unfold'].includes(op)

/** Numbers that a kernel makes itself: a constant, a size, the number of the step that it is called for. */
export const immediate = (plan: Plan, id: Id, stepped: Axis | undefined): Node | undefined => {
  const n = plan.graph.nodes[id]!
  if (isPlainView(n)) return immediate(plan, n.args[0]!, stepped)
  return n.op === 'constant' || n.op === 'size' || n.op === 'chunk' || (n.op === 'step' && alongOf(n) === stepped) ? n : undefined
}

/** The region of what counts along a dim or an axis: an entry is its own address. */
export const counting = -1

/** The same for steps that count on from where the states began. */
export const countingOn = -2

/** Views of `range` and of the number of the step. */
export const rangeLayout = (plan: Plan, id: Id): Layout | undefined => {
  const n = plan.graph.nodes[id]!
  if (n.op === 'range') return { region: counting, offset: dim.zero, axes: {}, inner: [dim.one] }
  if (n.op === 'step') return { region: n.attrs.local === true ? counting : countingOn, offset: dim.zero, axes: { [alongOf(n)]: dim.one }, inner: [] }
  if (!isPlainView(n)) return undefined
  const from = rangeLayout(plan, n.args[0]!)
  return from === undefined ? undefined : viewOf(plan, n, from)
}
