/** Where the operands of kernels lie, for every target. */
import { InternalError } from '../../dsl/diagnostics.ts'
import * as dim from '../../dsl/dims.ts'
import { printNode, type Id, type Node } from '../graph.ts'
import { layoutOf, strides, viewOf, type Layout } from '../plan/layout.ts'
import type { Plan } from '../plan/plan.ts'
import { isSelected } from '../schedule/copies.ts'

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
  /** Steps ahead. */
  readonly ahead: number
  readonly cut: boolean
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
  const layout: Layout = { region: plan.zeros!, offset: dim.zero, axes: { b: dim.product(node.shape) }, inner: strides(node.shape) }
  const stream = layoutOf(plan, node.args[0]!)
  if (stream !== undefined && !(stream.axes.b === undefined || dim.equal(stream.axes.b, layout.axes.b!)))
    throw new InternalError('a stream that is cut does not lie in one piece', printNode(node))
  const edge = node.args[1] === undefined ? undefined : layoutOf(plan, node.args[1])!
  const parts = { ...(stream === undefined ? {} : { stream }), ...(edge === undefined ? {} : { edge }) }
  return { id: node.id, node, layout, type: 'real', selected: { ahead: -by!, cut: node.attrs.cut === true, zeros: plan.zeros!, ...parts } }
}

/** Numbers that a kernel makes itself: a constant, a size, the number of the step. */
export const immediate = (plan: Plan, id: Id): Node | undefined => {
  const n = plan.graph.nodes[id]!
  if (n.op === 'expand' || n.op === 'reshape' || n.op === 'slice' || n.op === 'transpose') return immediate(plan, n.args[0]!)
  return n.op === 'constant' || n.op === 'size' || n.op === 'step' ? n : undefined
}

/** The region of what counts along its dim: an entry is its own address. */
export const counting = -1

/** Views of `range`. */
export const rangeLayout = (plan: Plan, id: Id): Layout | undefined => {
  const n = plan.graph.nodes[id]!
  if (n.op === 'range') return { region: counting, offset: dim.zero, axes: {}, inner: [dim.one] }
  if (n.op !== 'reshape' && n.op !== 'expand' && n.op !== 'slice' && n.op !== 'transpose') return undefined
  const from = rangeLayout(plan, n.args[0]!)
  return from === undefined ? undefined : viewOf(plan, n, from)
}
