/** Elementwise operations of random programs, and what all operations choose their operands with. */
import * as dim from '../../dsl/dims.ts'
import type { Dim } from '../../dsl/dims.ts'
import type { Chooser } from './choices.ts'
import { same, shapes, type Draft, type Shape, type Value } from './draft.ts'

export type Maker = (d: Draft, c: Chooser) => void

export const any = (d: Draft, c: Chooser, fits: (v: Value) => boolean = () => true): Value | undefined => {
  const list = d.candidates(fits)
  return list.length === 0 ? undefined : c.of(list)
}
export const rank =
  (n: number) =>
  (v: Value): boolean =>
    v.shape.length === n
export const vector = rank(1)
export const matrix = rank(2)

/** The shape of an elementwise result, where there is one. */
export const broadcast = (a: Shape, b: Shape): Shape | undefined => {
  const length = Math.max(a.length, b.length)
  const result: Dim[] = []
  for (let i = 0; i < length; i++) {
    const [x, y] = [a[i - length + a.length] ?? dim.one, b[i - length + b.length] ?? dim.one]
    if (!dim.isOne(x) && !dim.isOne(y) && !dim.equal(x, y)) return undefined
    result.push(dim.isOne(x) ? y : x)
  }
  return result
}

export const unaries = [
  'tanh(v)',
  'sigmoid(v)',
  '0.5 * v',
  'relu(v)',
  '-v',
  '1 - v',
  'v^2',
  'sin(v)',
  'cos(v)',
  'exp(-abs(v))',
  'abs(v)',
  'softplus(v)',
  'silu(v)',
  'gelu(v)',
  'elu(v)',
  'erf(v)',
  'expm1(tanh(v))',
  'log1p(v * v)',
  'log(1 + v * v)',
  'sqrt(1 + v * v)',
  'v / (1 + v^2)',
  'clamp(v, -0.5, 0.5)',
  'log_sigmoid(v)',
  'floor(v) + v',
  'sign(v) * v',
  '(1 + v * v)^-0.5',
  '(1 + v * v)^1.5',
  '2^tanh(v)',
  'mod(v, 0.7)',
  'v + 0',
  'v * 1',
  'exp(v)',
  'sqrt(abs(v))',
  '-(-v)',
  'tanh(v) + sigmoid(v)',
  'max(v, 0.1)',
  'min(0.3, v)',
  '1 / (1 + exp(-v))',
  'log(abs(v))',
  'v * v * v',
]
export const unary: Maker = (d, c) => {
  const v = any(d, c)
  if (v !== undefined) d.define(c.of(unaries).replaceAll(/\bv\b/g, v.text), v.shape, [v], c)
}

export const binaries = [
  'a + b',
  'a * b',
  'a - b',
  'max(a, b)',
  'min(a, b)',
  'a / (1 + b * b)',
  '(1 + a * a)^tanh(b)',
  'clamp(a, -1 - b * b, b * b)',
  'tanh(a) * sigmoid(b)',
  'mod(a, 1 + b * b)',
  'a * b + b',
  'b - a / (1 + abs(b))',
  'a + -b',
]
export const binary: Maker = (d, c) => {
  const a = any(d, c)
  if (a === undefined) return
  const b = any(d, c, v => broadcast(a.shape, v.shape) !== undefined)!
  d.define(
    c.of(binaries).replaceAll(/\b[ab]\b/g, n => (n === 'a' ? a.text : b.text)),
    broadcast(a.shape, b.shape)!,
    [a, b],
    c,
  )
}

/** A condition, and whether it varies. */
export const condition = (d: Draft, c: Chooser, shape: Shape): { text: string; from: readonly Value[]; timed: boolean } => {
  const a = any(d, c, v => same(v.shape, shape) || v.shape.length === 0)
  const sign = c.of(['>', '<', '>=', '<=', '==', '!='])
  const i = d.indices.length > 0 && c.once(4) ? c.of(d.indices) : undefined
  if (i !== undefined) return { text: `${i.text} ${sign} ${c.below(3)}`, from: [], timed: i.timed }
  if (a === undefined || c.once(6)) return { text: `t ${sign} ${c.below(4)}`, from: [], timed: true }
  const b = any(d, c, v => same(v.shape, a.shape))!
  const simple = `${a.text} ${sign} ${c.once(2) ? b.text : '0.1'}`
  const full = c.once(5) ? `not (${simple} and t > 0) or ${a.text} > 1` : simple
  return { text: full, from: [a, b], timed: a.timed || b.timed || full !== simple }
}

export const choice: Maker = (d, c) => {
  const a = any(d, c)
  if (a === undefined) return
  const b = any(d, c, v => same(v.shape, a.shape))!
  const test = condition(d, c, a.shape)
  const other = c.of([b.text, '0', `${b.text} * 2`, '0.5'])
  d.define(`if ${test.text} then ${a.text} else ${other}`, a.shape, [a, b, ...test.from], c, a.timed || b.timed || test.timed)
}

/** `f(W @ x + U @ h + b)`: what cells are made of. */
export const gate: Maker = (d, c) => {
  const to = c.of(shapes.filter(s => s.length === 1))
  const terms: string[] = []
  const from: Value[] = []
  for (let i = 0; i <= c.below(3); i++) {
    const v = any(d, c, vector)
    if (v === undefined) break
    terms.push(`${d.param([to[0]!, v.shape[0]!], c)} @ ${v.text}`)
    from.push(v)
  }
  if (terms.length === 0) return
  if (c.below(3) < 2) terms.push(d.param(to, c))
  if (c.once(4)) terms.reverse()
  const sum = terms.join(' + ')
  d.define(c.of([`tanh(${sum})`, `sigmoid(${sum})`, sum, `relu(${sum})`]), to, from, c)
}
