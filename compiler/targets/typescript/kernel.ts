/** What all kernels share: how operands are addressed, and how a kernel becomes a function and a call. */
import * as dim from '../../../dsl/dims.ts'
import type { Dim } from '../../../dsl/dims.ts'
import { reached, type Axis, type Id } from '../../graph.ts'
import { type Plan } from '../../plan/plan.ts'
import type { Layout } from '../../plan/layout.ts'
import { counting, countingOn, placeOf, type Place, type Selected } from '../places.ts'
import { atFirst, type PassSteps } from '../pass-steps.ts'
import type { Loop } from '../nest.ts'
import { formula, indent, names, only, type DimNames, type Names } from '../writer.ts'

export interface Context {
  readonly plan: Plan
  readonly dims: DimNames
  readonly dtype: 'f32' | 'f64'
  /** Names of named streams, for variables in kernels. */
  readonly streamNames: ReadonlyMap<Id, string>
  /** Gradients: they may be added to instead of replaced. */
  readonly accumulated: ReadonlySet<Id>
  /** Inside a loop along a sequence: the step is fixed when a kernel is called. */
  readonly stepped: Axis | undefined
  /** Of a kernel of the backward part: the steps of t that the pass runs. */
  readonly steps: PassSteps | undefined
  readonly used: Set<string>
}

/** An operand with its address. */
export interface Operand extends Place {
  /** The address of its first entry, where the kernel is called. */
  readonly base: string
}

const regionType = (ctx: Context, l: Layout): 'real' | 'index' => ctx.plan.regions[l.region]!.type

/** The stride of a step: a name where it depends on what is kept. */
const stepStride = (ctx: Context, l: Layout, along: Axis): string => {
  const r = ctx.plan.regions[l.region]!
  return r.optional === undefined ? formula(l.axes[along]!, ctx.dims, true) : `step${r.id}`
}

const plus = (a: string, b: string): string => (b === '0' ? a : `${a} + ${b}`)

export const address = (ctx: Context, l: Layout, step: string | undefined, along: Axis = 't'): string => {
  // Indices are counted in 32-bit entries of the same block.
  const wide = regionType(ctx, l) === 'index' && ctx.dtype === 'f64'
  const start = plus(wide ? `2 * r${l.region}` : `r${l.region}`, formula(l.offset, ctx.dims))
  const t = l.axes[along]
  if (t === undefined || step === undefined) return start
  const optional = ctx.plan.regions[l.region]!.optional !== undefined
  if (dim.equal(t, dim.zero) && !optional) return start
  return `${start} + ${step === 't' ? 't' : `(${step})`} * ${stepStride(ctx, l, along)}`
}

export const withAddress = (ctx: Context, place: Place): Operand => {
  if (place.selected !== undefined) return { ...place, base: selectedAddress(ctx, place.selected) }
  const { region } = place.layout
  return { ...place, base: region === counting ? '0' : region === countingOn ? 'first' : address(ctx, place.layout, ctx.stepped && 't', ctx.stepped) }
}

/** The operand that a kernel reads or writes; `undefined`: it has no place. */
export const operandOf = (ctx: Context, id: Id): Operand | undefined => {
  const place = placeOf(ctx.plan, id)
  return place === undefined ? undefined : withAddress(ctx, ctx.stepped === 't' ? place : atFirst(place, ctx.steps))
}

/** What lies some steps ahead: the stream, within its chunk and its steps, or what comes behind its end. */
export const selectedAddress = (ctx: Context, { along, ahead, cut, stream, edge, zeros }: Selected, unlessThere = false): string => {
  const zero = `r${zeros}`
  const behind = edge === undefined ? zero : address(ctx, edge, undefined)
  if (stream !== undefined && cut) ctx.used.add('near')
  const there = unlessThere ? '-1' : stream === undefined ? zero : address(ctx, stream, `t + ${ahead}`, along)
  const ran = ctx.steps === undefined || stream === undefined || along !== 't' ? [] : [`t + ${ahead} < ${formula(ctx.steps.end, ctx.dims)}`]
  const conditions = [...ran, ...(stream !== undefined && cut ? [`near(t, t + ${ahead}, window, low)`] : [])]
  const free = conditions.length > 0 ? `${conditions.join(' && ')} ? ${there} : ${zero}` : there
  return `t + ${ahead} < ${formula(reached(along), ctx.dims)} ? ${free} : ${behind}`
}

export const array = (ctx: Context): string => (ctx.dtype === 'f32' ? 'Float32Array' : 'Float64Array')

/** Writes the loops around a body; `at(i)` is the address of operand i in it. */
export const around = (
  sig: Signature,
  loops: readonly Loop[],
  bases: readonly string[],
  prefix: string,
  body: (at: (i: number) => string) => string,
): string => {
  const at = (i: number): string =>
    [
      bases[i]!,
      ...loops.flatMap((l, level) =>
        dim.equal(l.strides[i]!, dim.zero) ? [] : [`${prefix}${level}${dim.isOne(l.strides[i]!) ? '' : ` * ${sig.size(l.strides[i]!, true)}`}`],
      ),
    ].join(' + ')
  return loops.reduceRight(
    (text, l, level) => `for (let ${prefix}${level} = 0; ${prefix}${level} < ${sig.size(l.count)}; ${prefix}${level}++) {\n${indent(text, 1)}}\n`,
    body(at),
  )
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

  /** A parameter for an address, under a name of ours: the same address is passed once. */
  base(operand: Pick<Operand, 'base'>, wanted: string): string {
    return this.#address(operand.base, () => this.names.own(wanted))
  }

  /** The same, under a name after one of the author's. */
  named(operand: Pick<Operand, 'base'>, wanted: string): string {
    return this.#address(operand.base, () => this.names.fresh(wanted))
  }

  #address(base: string, nameIt: () => string): string {
    const known = this.#bases.get(base)
    if (known !== undefined) return known
    const name = nameIt()
    this.#bases.set(base, name)
    this.#params.set(name, { type: 'number', argument: base })
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
