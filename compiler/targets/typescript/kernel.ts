/** What all kernels share: how operands are addressed, and how a kernel becomes a function and a call. */
import { InternalError } from '../../../dsl/diagnostics.ts'
import * as dim from '../../../dsl/dims.ts'
import type { Dim } from '../../../dsl/dims.ts'
import { printNode, type Id, type Node } from '../../graph.ts'
import { type Plan } from '../../plan/plan.ts'
import { layoutOf, strides, type Layout } from '../../plan/layout.ts'
import { isSelected } from '../../schedule/copies.ts'
import { formula, names, only, type DimNames, type Names } from './writer.ts'

export interface Context {
  readonly plan: Plan
  readonly dims: DimNames
  readonly dtype: 'f32' | 'f64'
  /** Names of named streams, for variables in kernels. */
  readonly streamNames: ReadonlyMap<Id, string>
  /** Gradients: they may be added to instead of replaced. */
  readonly accumulated: ReadonlySet<Id>
  /** Inside a loop over time: the step is fixed when a kernel is called. */
  readonly stepped: boolean
  readonly used: Set<string>
}

/** An operand in memory, or one that is chosen at each step. */
export interface Operand {
  readonly id: Id
  readonly node: Node
  readonly layout: Layout
  readonly type: 'real' | 'index'
  /** The address of its first entry, where the kernel is called. */
  readonly base: string
  readonly key: string
}

const regionType = (ctx: Context, l: Layout): 'real' | 'index' => ctx.plan.regions[l.region]!.type

/** The stride of a step: a name where it depends on what is kept. */
const stepStride = (ctx: Context, l: Layout): string => {
  const r = ctx.plan.regions[l.region]!
  return r.optional === undefined ? formula(l.axes.t!, ctx.dims, true) : `step${r.id}`
}

const plus = (a: string, b: string): string => (b === '0' ? a : `${a} + ${b}`)

export const address = (ctx: Context, l: Layout, step: string | undefined): string => {
  // Indices are counted in 32-bit entries of the same block.
  const wide = regionType(ctx, l) === 'index' && ctx.dtype === 'f64'
  const start = plus(wide ? `2 * r${l.region}` : `r${l.region}`, formula(l.offset, ctx.dims))
  const { t } = l.axes
  if (t === undefined || step === undefined) return start
  const optional = ctx.plan.regions[l.region]!.optional !== undefined
  if (dim.equal(t, dim.zero) && !optional) return start
  return `${start} + ${step === 't' ? 't' : `(${step})`} * ${stepStride(ctx, l)}`
}

/** The place of a value that a kernel reads; `undefined`: it has none (a constant and its like). */
export const operandOf = (ctx: Context, id: Id): Operand | undefined => {
  const node = ctx.plan.graph.nodes[id]!
  const selected = selectedShift(ctx, id)
  if (selected !== undefined) return selected
  const layout = layoutOf(ctx.plan, id)
  if (layout === undefined) return undefined
  const step = ctx.stepped && layout.axes.t !== undefined ? 't' : undefined
  return { id, node, layout, type: regionType(ctx, layout), base: address(ctx, layout, step), key: `${id}` }
}

/** A shift that may be cut, or a view of one: its address is chosen at each step. */
const selectedShift = (ctx: Context, id: Id): Operand | undefined => {
  const { plan } = ctx
  const node = plan.graph.nodes[id]!
  if (!isSelected(plan.graph, node)) return undefined
  const { by } = node.attrs
  const k = -by!
  const own = strides(node.shape)
  const contiguous: Layout = { region: plan.zeros!, offset: dim.zero, axes: { b: dim.product(node.shape) }, inner: own }
  const v = layoutOf(plan, node.args[0]!)
  const zero = `r${plan.zeros!}`
  const edge = node.args[1] === undefined ? zero : address(ctx, layoutOf(plan, node.args[1])!, undefined)
  if (by! >= 0) throw new InternalError('a delay that is chosen at each step', printNode(node))
  const inside = v === undefined ? zero : `sameChunk(t, t + ${k}, window) ? ${address(ctx, v, `t + ${k}`)} : ${zero}`
  if (v !== undefined && !(v.axes.b === undefined || dim.equal(v.axes.b, contiguous.axes.b!)))
    throw new InternalError('a stream that is cut does not lie in one piece', printNode(node))
  if (v !== undefined && node.attrs.cut === true) ctx.used.add('sameChunk')
  const free = v === undefined ? zero : node.attrs.cut === true ? inside : address(ctx, v, `t + ${k}`)
  const base = `t + ${k} < T ? ${free} : ${edge}`
  return { id, node, layout: contiguous, type: 'real', base, key: `${id}` }
}

/** A function with its parameters, and the call that fits it. */
export interface Emitted {
  readonly name: string
  readonly text: string
  readonly call: string
}

/** Collects the parameters of one kernel function. */
export class Signature {
  readonly names: Names
  readonly #dims: DimNames
  readonly #params = new Map<string, { type: string; argument: string }>()
  readonly #bases = new Map<string, string>()

  constructor(dims: DimNames) {
    this.#dims = dims
    this.names = names(dims.values())
  }

  /** The size as a formula, its dims becoming parameters. */
  size(d: Dim, atom = false): string {
    for (const n of dim.names(d)) {
      const name = this.#dims.get(n) ?? n
      this.#params.set(name, { type: 'number', argument: name })
    }
    return formula(d, this.#dims, atom)
  }

  /** A parameter for an address: the same address is passed once. */
  base(operand: Pick<Operand, 'base'>, wanted: string): string {
    const known = this.#bases.get(operand.base)
    if (known !== undefined) return known
    const name = this.names.fresh(wanted)
    this.#bases.set(operand.base, name)
    this.#params.set(name, { type: 'number', argument: operand.base })
    return name
  }

  param(name: string, type: string, argument = name): string {
    this.#params.set(name, { type, argument })
    return name
  }

  emit(name: string, head: string, body: string, array: string): Emitted {
    const usesInts = /\bn\[/.test(body)
    const fixed = [{ name: 'x', type: array, argument: 'x' }, ...(usesInts ? [{ name: 'n', type: 'Int32Array', argument: 'n' }] : [])]
    const params = [...fixed, ...[...this.#params].map(([n, p]) => ({ name: n, ...p }))]
    const list = params.map(p => `${p.name}${only(`: ${p.type}`)}`).join(', ')
    const args = params.map(p => p.argument).join(', ')
    return { name, text: `${head}function ${name}(${list})${only(': void')} {\n${body}}\n`, call: `${name}(${args})` }
  }
}
