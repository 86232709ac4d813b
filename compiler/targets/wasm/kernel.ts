/** What all kernels share: sizes and addresses, read from the header of the memory, and loops over places. */
import * as dim from '../../../dsl/dims.ts'
import type { Dim } from '../../../dsl/dims.ts'
import { extent, reached, type Axis, type Id } from '../../graph.ts'
import type { Layout } from '../../plan/layout.ts'
import type { Plan } from '../../plan/plan.ts'
import type { Loop } from '../nest.ts'
import { counting, countingOn, type Place, type Selected } from '../places.ts'
import type { PassSteps } from '../pass-steps.ts'
import { formula, type DimNames } from '../writer.ts'
import { choose, countUp, Func, get, i32, load, op, set, type Code, type Local, type Module } from './assembler.ts'

/** Words at the start of the memory: numbers that are known when a net is created. Each is a formula in JavaScript. */
export class Header {
  readonly #words: string[] = []

  /** The address of the word. */
  at(formulaText: string): number {
    const known = this.#words.indexOf(formulaText)
    return 4 * (known >= 0 ? known : this.#words.push(formulaText) - 1)
  }

  get words(): readonly string[] {
    return this.#words
  }
}

export interface Context {
  readonly plan: Plan
  readonly module: Module
  readonly header: Header
  readonly dims: DimNames
  readonly fma: boolean
  /** Gradients: they may be added to instead of replaced. */
  readonly accumulated: ReadonlySet<Id>
  /** Room that kernels need beside the plan, by the name of its place: sizes in entries, as formulas in JavaScript, of which the largest counts. */
  readonly rooms: Map<string, Set<string>>
  /** Inside a loop along a sequence: the step is an operand of the kernel. */
  readonly stepped: Axis | undefined
  /** Of a kernel of the backward part: the steps of t that the pass runs. */
  readonly steps: PassSteps | undefined
}

/** Words that the calls of `forward` and `backward` set. */
export const callWords = {
  first: 'first',
  window: 'Math.min(window, 2147483647)',
  low: 'low',
  high: 'Math.min(high, 2147483647)',
  reach: 'Math.min(reach, 2147483647)',
  chunkFrom: 'chunkFrom',
  chunkTo: 'Math.min(chunkTo, 2147483647)',
  keep: 'keep ? 1 : 0',
  ragged: 'ragged ? 1 : 0',
  carried: 'carried ? 1 : 0',
  prepared: 'prepared ? 1 : 0',
} as const

/** One kernel as a function; stepped kernels take the step. What it needs once stands in front of its body. */
export class Kernel {
  readonly ctx: Context
  readonly func: Func
  readonly #front: Code[] = []
  readonly #sizes = new Map<string, Local>()
  readonly #addresses = new Map<string, Local>()

  constructor(ctx: Context, name: string) {
    this.ctx = ctx
    this.func = new Func(name, ctx.stepped === undefined ? [] : ['i32'])
  }

  get step(): Code {
    return get(this.func.params[0]!)
  }

  local(type: 'i32' | 'f32' | 'v128'): Local {
    return this.func.local(type)
  }

  /** A local with a value that is computed before the kernel's loops. */
  fixed(value: Code, type: 'i32' | 'f32' | 'v128' = 'i32'): Local {
    const made = this.local(type)
    this.#front.push(set(made, value))
    return made
  }

  /** A word of the header. */
  word(text: string): Code {
    const key = `word ${text}`
    const known = this.#sizes.get(key) ?? this.fixed(load('i32.load', i32(0), this.ctx.header.at(text)))
    this.#sizes.set(key, known)
    return get(known)
  }

  /** A size as a number. */
  size(d: Dim): Code {
    const terms = [...d.terms]
    if (terms.length === 0) return i32(0)
    const [monomial, c] = terms[0]!
    if (terms.length === 1 && monomial === '') return i32(c)
    const known = this.#sizes.get(d.key)
    if (known !== undefined) return get(known)
    const product = (m: string): Code =>
      m
        .split('*')
        .map(f => this.word(this.ctx.dims.get(f) ?? f))
        .reduce((a, b) => op('i32.mul', a, b))
    const term = ([m, k]: readonly [string, number]): Code => (m === '' ? i32(k) : k === 1 ? product(m) : op('i32.mul', product(m), i32(k)))
    const made = this.fixed(terms.map(term).reduce((a, b) => op('i32.add', a, b)))
    this.#sizes.set(d.key, made)
    return get(made)
  }

  /** Entries as bytes. */
  bytes(d: Dim): Code {
    return this.size(dim.scale(d, 4))
  }

  /** The address of a layout's first entry, at a step. */
  address(l: Layout, step: Code | undefined, along: Axis = 't'): Code {
    const region = this.ctx.plan.regions[l.region]!
    const start = this.word(`4 * r${l.region}`)
    const from = dim.equal(l.offset, dim.zero) ? start : op('i32.add', start, this.bytes(l.offset))
    const t = l.axes[along]
    if (t === undefined || step === undefined || (dim.equal(t, dim.zero) && region.optional === undefined)) return from
    const stride = region.optional === undefined ? this.bytes(t) : this.word(`4 * step${region.id}`)
    return op('i32.add', from, op('i32.mul', step, stride))
  }

  /** The steps of t that a kernel visits, where it is not called for one. */
  get steps(): PassSteps | undefined {
    return this.ctx.stepped === 't' ? undefined : this.ctx.steps
  }

  /** Where an operand begins, for the step of the call. */
  base(place: Place): Code {
    const value = this.#baseOf(place)
    const known = this.#addresses.get(JSON.stringify(value)) ?? this.fixed(value)
    this.#addresses.set(JSON.stringify(value), known)
    return get(known)
  }

  #baseOf({ layout, selected }: Place): Code {
    if (selected !== undefined) return this.selectedAddress(selected)
    if (layout.region === counting) return op('i32.mul', this.size(layout.offset), i32(4))
    if (layout.region === countingOn) return op('i32.mul', op('i32.add', this.word(callWords.first), this.size(layout.offset)), i32(4))
    const { stepped } = this.ctx
    return stepped === undefined ? this.address(layout, undefined) : this.address(layout, this.step, stepped)
  }

  /** What lies some steps ahead: the stream, within its chunk and its steps, or what comes behind its end. */
  selectedAddress({ along, ahead, cut, stream, edge, zeros }: Selected, unlessThere = false): Code {
    const zero = this.word(`4 * r${zeros}`)
    const behind = edge === undefined ? zero : this.address(edge, undefined)
    const then = this.fixed(op('i32.add', this.step, i32(ahead)))
    // No boundary lies between the steps, neither that of chunks nor that at a step.
    const chunk = (t: Code): Code => op('i32.div_u', t, this.word(callWords.window))
    const before = (t: Code): Code => op('i32.lt_s', t, this.word(callWords.low))
    const near = (a: Code, b: Code): Code => op('i32.and', op('i32.eq', chunk(a), chunk(b)), op('i32.eq', before(a), before(b)))
    const there = unlessThere ? i32(-1) : stream === undefined ? zero : this.address(stream, get(then), along)
    const { steps } = this.ctx
    const conditions = [
      ...(steps === undefined || stream === undefined || along !== 't' ? [] : [op('i32.lt_s', get(then), this.size(steps.end))]),
      ...(stream !== undefined && cut ? [near(this.step, get(then))] : []),
    ]
    const free =
      conditions.length === 0
        ? there
        : choose(
            'i32',
            conditions.reduce((x, y) => op('i32.and', x, y)),
            there,
            zero,
          )
    return choose('i32', op('i32.lt_s', get(then), this.size(reached(along))), free, behind)
  }

  /** The address of a room of the target's own. */
  room(name: string, size: string): Code {
    this.ctx.rooms.set(name, (this.ctx.rooms.get(name) ?? new Set()).add(size))
    return this.word(`4 * ${name}`)
  }

  /** A size as a formula in JavaScript, when memory is taken: a pass runs all steps at most. */
  text(d: Dim): string {
    return formula(dim.substitute(d, mostSteps), this.ctx.dims, true)
  }

  finish(body: Code): Func {
    this.func.body = [...this.#front, body]
    return this.func
  }
}

const mostSteps: ReadonlyMap<string, Dim> = new Map(['%t', '%t~'].map(n => [n, extent('t')] as const))

/** How many entries a body takes at once. */
export type Width = 1 | 4

/**
 * Runs the body at all places of the loops; `pointers` move along, one for each operand. The innermost loop takes four
 * entries at once where each operand lies in one piece along it or stays; what is left over goes one by one.
 * `single`: never four.
 */
export const walk = (
  k: Kernel,
  loops: readonly Loop[],
  pointers: readonly Local[],
  body: (width: Width, loop: Loop | undefined) => Code,
  single = false,
): Code => {
  const [outer, ...rest] = loops
  if (outer === undefined) return body(1, undefined)
  const move = (i: number, by: Dim): Code => (dim.equal(by, dim.zero) ? [] : set(pointers[i]!, op('i32.add', get(pointers[i]!), k.bytes(by))))
  const count = k.local('i32')
  if (rest.length > 0) {
    const [next] = rest as [Loop]
    const inner = walk(k, rest, pointers, body, single)
    const steps = pointers.map((_, i) => move(i, dim.subtract(outer.strides[i]!, dim.multiply(next.strides[i]!, next.count))))
    return [set(count, i32(0)), countUp(count, k.size(outer.count), i32(1), [inner, steps])]
  }
  const along = (width: Width): Code => pointers.map((_, i) => move(i, dim.scale(outer.strides[i]!, width)))
  const ones = countUp(count, k.size(outer.count), i32(1), [body(1, outer), along(1)])
  if (single || !isVectorised(outer)) return [set(count, i32(0)), ones]
  const four = k.fixed(op('i32.sub', k.size(outer.count), i32(3)))
  return [set(count, i32(0)), countUp(count, get(four), i32(4), [body(4, outer), along(4)]), ones]
}

/** Every operand lies in one piece along the loop, or stays. */
export const isVectorised = (l: Loop): boolean => l.strides.every(s => dim.isOne(s) || dim.equal(s, dim.zero))

/** Reads an entry, or four: what stays is spread. */
export const read = (width: Width, pointer: Code, stays: boolean): Code =>
  width === 4 ? load(stays ? 'v128.load32_splat' : 'v128.load', pointer) : load('v128.load32_zero', pointer)
