/** A program while it is being written: declarations, equations, and the values that an expression may use. */
import * as dim from '../../dsl/dims.ts'
import type { Dim } from '../../dsl/dims.ts'
import type { Chooser } from './choices.ts'

export type Shape = readonly Dim[]

export interface Value {
  /** Safe to put anywhere an operand stands. */
  readonly text: string
  readonly shape: Shape
  /** Varies along t. */
  readonly timed: boolean
  /** A name may be delayed. */
  readonly named: boolean
  /** Looks ahead at something that is not an input: a state must not depend on it. */
  readonly late: boolean
}

/** Integers below a size. */
export interface Index {
  readonly text: string
  readonly size: Dim
  readonly timed: boolean
}

export interface State {
  readonly name: string
  readonly shape: Shape
  closed: boolean
}

export const dimNames = ['D', 'H', 'K', 'N', 'C'] as const
const v = dim.variable
const n = dim.constant
const [D, H, K, N, C] = dimNames.map(v) as [Dim, Dim, Dim, Dim, Dim]

/** Simple ones first. */
export const shapes: readonly Shape[] = [
  [H],
  [],
  [D],
  [N, C],
  [dim.scale(H, 2)],
  [H, H],
  [dim.one],
  [K],
  [dim.multiply(N, C)],
  [n(3)],
  [dim.add(H, K)],
  [dim.one, H],
  [H, dim.one],
  [N, C, K],
  [H, D],
  [n(2), n(2)],
  [dim.scale(N, 3)],
  [C, N],
]

/** Names that a generated file might use itself. */
const oddNames = [
  'lane',
  'at',
  'row0',
  'j0',
  'j',
  'step',
  'limit',
  'x',
  'n',
  'keep',
  'T',
  'B',
  's00',
  'aAt',
  'kept',
  'Math',
  'constructor',
  'toString',
  '__proto__',
  'tanh_2',
  'v_2',
  'memory',
  'class',
  'arguments',
  'carried',
  'copyAt',
  'reduce0',
  'add',
  'mul_',
  '_',
]

export const text = (d: Dim): string => (d.key.includes(' ') || d.key.includes('*') ? `(${d.key})` : d.key)
export const showShape = (s: Shape): string => `[${s.map(d => d.key).join(', ')}]`
export const same = dim.sameShape

export class Draft {
  readonly model: boolean
  readonly declarations: string[] = []
  readonly equations: string[] = []
  readonly losses: string[] = []
  readonly imports = new Set<string>()
  readonly fns = new Map<string, string>()
  readonly pool: Value[] = []
  readonly indices: Index[] = []
  readonly params: { name: string; shape: Shape }[] = []
  readonly states: State[] = []
  window: number | undefined
  #count = 0
  readonly #odd = new Set<string>()

  constructor(model: boolean) {
    this.model = model
  }

  fresh(prefix: string): string {
    return `${prefix}${++this.#count}`
  }

  /** All states have their equations: what comes now is in no loop of theirs. */
  get settled(): boolean {
    return this.states.every(s => s.closed)
  }

  param(shape: Shape, c: Chooser): string {
    const known = this.params.filter(p => same(p.shape, shape))
    if (known.length > 0 && c.once(3)) return c.of(known).name
    const name = this.fresh('P')
    const more = c.once(12) ? ' ~ normal(0, 0.5) fixed' : c.once(8) ? ' ~ uniform(-1, 1)' : ''
    this.declarations.push(`param ${name}: ${showShape(shape)}${more}`)
    this.params.push({ name, shape })
    return name
  }

  input(shape: Shape, c: Chooser): Value {
    const name = this.fresh('x')
    const once = c.once(6)
    const from = !once && c.once(4) ? ` from ${c.of(['0.5', '-1', '2'])}` : ''
    this.declarations.push(`input ${name}: ${showShape(shape)}${once ? ' once' : from}`)
    return this.add({ text: name, shape, timed: !once, named: true, late: false })
  }

  index(size: Dim, c: Chooser): Index {
    const name = this.fresh('w')
    const kind = this.model && c.once(2) ? 'target' : 'input'
    const once = c.once(6)
    this.declarations.push(`${kind} ${name}: index(${size.key})${once ? ' once' : ''}`)
    const made = { text: name, size, timed: !once }
    this.indices.push(made)
    return made
  }

  add(value: Value): Value {
    this.pool.push(value)
    return value
  }

  /** Most recent first. */
  candidates(fits: (value: Value) => boolean): readonly Value[] {
    return this.pool.filter(fits).toReversed()
  }

  /** Gives an expression a name, or leaves it to be written in place. */
  define(expression: string, shape: Shape, from: readonly Value[], c: Chooser, timed = from.some(x => x.timed)): Value {
    const late = from.some(x => x.late)
    if (expression.length < 120 && c.once(4)) return this.add({ text: `(${expression})`, shape, timed, named: false, late })
    const odd = c.once(10) ? c.of(oddNames) : undefined
    const name = odd === undefined || this.#odd.has(odd) ? this.fresh('v') : odd
    this.#odd.add(name)
    this.equations.push(`${name}${c.once(6) ? `: ${showShape(shape)}` : ''} = ${expression}`)
    return this.add({ text: name, shape, timed, named: true, late })
  }

  /** The value in another shape. */
  fitted(value: Value, shape: Shape, c: Chooser): string {
    const { shape: from, text: own } = value
    if (same(from, shape)) return own
    if (from.length === 1 && shape.length === 1) return `${this.param([shape[0]!, from[0]!], c)} @ ${own}`
    if (dim.equal(dim.product(from), dim.product(shape))) return `reshape(${own}, ${showShape(shape)})`
    if (from.length === 0) return shape.length === 0 ? own : `${own} * ${this.param(shape, c)}`
    if (shape.length === 0) return `sum(${own})`
    return `mean(${own}) * ${this.param(shape, c)}`
  }
}
