/** What truncated BPTT adds to the graph: which losses count in a pass, and between which steps a gradient passes. */
import type { Builder } from '../builder.ts'
import { alongOf, reached, type Axis, type Id, type Node } from '../graph.ts'

/**
 * The value in the chunk whose losses are differentiated, zero elsewhere. What has steps counts at its own, in the order
 * in which the caller sees it; what has none belongs to the chunk of the last step.
 */
export const inChunk = (b: Builder, v: Id, axes: readonly Axis[]): Id => {
  const end = axes.includes('b') ? b.length('t') : b.add('size', [], { size: reached('t') })
  const last = b.map('max', b.map('sub', end, b.constant(1)), b.constant(0))
  const place = axes.includes('t') ? b.add('step', [], { local: true }) : last
  const from = b.map('ge', place, b.add('chunk', [], { at: 'first' }))
  return b.map('select', b.map('and', from, b.map('lt', place, b.add('chunk', [], { at: 'last' }))), v, b.constant(0))
}

/**
 * True where no boundary of the pass lies between the step of a value and the step at which the delay `n` reads it. For
 * each step of the value, or for each at which it is read; what lies outside of the sequence belongs to its first step.
 */
export const isNear = (b: Builder, n: Node, at: 'value' | 'reader'): Id => {
  const { by, cuts, reversed } = n.attrs
  const step = b.add('step', [], { local: true, ...(reversed === true ? { reversed } : {}) })
  const other = b.map('add', step, b.constant(at === 'value' ? by! : -by!))
  const [value, reader] = at === 'value' ? [step, other] : [by! > 0 ? b.map('max', other, b.constant(0)) : other, step]
  const last = b.map('sub', b.length('t'), b.constant(1))
  const place = (x: Id): Id => (reversed === true ? b.map('sub', last, x) : x)
  const [v, r] = [place(value), place(reader)]
  const bound = b.add('chunk', [], { at: cuts === 'future' ? 'high' : 'low' })
  const same = cuts === 'future' ? b.map('or', b.map('lt', v, bound), b.map('ge', r, bound)) : b.map('or', b.map('ge', v, bound), b.map('lt', r, bound))
  const part = (x: Id): Id => b.map('floor', b.map('div', x, b.add('chunk', [], { at: 'window' })))
  const near = b.map('and', same, b.map('eq', part(v), part(r)))
  // Behind the last step there is no reader, but what comes from outside: no delay.
  return at === 'value' && by! > 0 ? b.map('or', near, b.map('gt', other, last)) : near
}

/** True for a delay whose cut is the same step for all sequences: the way back chooses there what it reads, and needs no condition. */
export const isPlainDelay = ({ attrs }: Node): boolean => attrs.cuts === 'past' && attrs.reversed !== true && attrs.by! > 0

/** Where a window cuts the delay, zero. */
export const withinReach = (b: Builder, v: Id, n: Node, at: 'value' | 'reader'): Id =>
  n.attrs.cuts === undefined ? v : b.map('select', isNear(b, n, at), v, b.constant(0))

/** The cotangent of a delay on its way back, at the step of the value. */
export const advanced = (b: Builder, v: Id, n: Node): Id => (isPlainDelay(n) || alongOf(n) !== 't' ? v : withinReach(b, v, n, 'value'))
