/**
 * Formulas in the plain style of compiler/numeric as vector code: four numbers at a time, a condition being a mask.
 * Every operation is rounded to f32, as the interpreter does it; where the machine has a fused multiply-add and may use
 * it, a product that is added to something is rounded once with the sum.
 */
import { InternalError } from '../../../dsl/diagnostics.ts'
import { library } from '../../numeric/library.generated.ts'
import { readExpression, readFunction, type Plain, type PlainFunction } from '../../numeric/plain.ts'
import { f32x4, get, i32, i32x4, op, set, type Code, type Local, type Func } from './assembler.ts'
import type { Name } from './instructions.ts'

/** A vector of numbers, or a mask. */
export interface Vector {
  readonly code: Code
  readonly type: 'real' | 'condition'
}

export const real = (code: Code): Vector => ({ code, type: 'real' })
export const condition = (code: Code): Vector => ({ code, type: 'condition' })

export interface Lowering {
  readonly func: Pick<Func, 'local'>
  readonly fma: boolean
  /** Where values go that are used more than once, before the formula itself. */
  readonly before: Code[]
}

const sources = new Map(library.f32.map(d => [d.name, d.js]))
const functions = new Map<string, PlainFunction>()
const functionOf = (name: string): PlainFunction => {
  const known = functions.get(name)
  if (known !== undefined) return known
  const read = readFunction(sources.get(name) ?? '')
  if (read === undefined) throw new InternalError(`no function ${name} in the plain style`)
  functions.set(name, read)
  return read
}

const constantOf = (name: string): number | undefined => {
  const found = /const \w+ = (-?[\d.]+(?:e[-+]?\d+)?)\s*$/.exec(sources.get(name) ?? '')
  return found === null ? undefined : Number(found[1])
}

const arithmetic: Readonly<Record<string, Name>> = { '+': 'f32x4.add', '-': 'f32x4.sub', '*': 'f32x4.mul', '/': 'f32x4.div' }
const comparison: Readonly<Record<string, Name>> = {
  '<': 'f32x4.lt',
  '>': 'f32x4.gt',
  '<=': 'f32x4.le',
  '>=': 'f32x4.ge',
  '===': 'f32x4.eq',
  '!==': 'f32x4.ne',
}
const unary: Readonly<Record<string, Name>> = { 'Math.floor': 'f32x4.floor', 'Math.abs': 'f32x4.abs', 'Math.sqrt': 'f32x4.sqrt' }
const extremum: Readonly<Record<string, Name>> = { 'Math.max': 'f32x4.max', 'Math.min': 'f32x4.min' }

/** Lowers a formula over named vectors. Names must be cheap to repeat: locals or constants. */
export const lower = (text: string, names: ReadonlyMap<string, Vector>, to: Lowering): Vector => lowerPlain(readExpression(text), names, to)

const lowerPlain = (e: Plain, names: ReadonlyMap<string, Vector>, to: Lowering): Vector => {
  const down = (x: Plain): Vector => lowerPlain(x, names, to)
  const number = (x: Plain): Code => {
    const made = down(x)
    if (made.type !== 'real') throw new InternalError('a condition where a number is needed')
    return made.code
  }
  const mask = (x: Plain): Code => {
    const made = down(x)
    if (made.type !== 'condition') throw new InternalError('a number where a condition is needed')
    return made.code
  }
  switch (e.kind) {
    case 'number':
      return real(f32x4(e.value))
    case 'name': {
      const known = names.get(e.name)
      if (known !== undefined) return known
      const value = constantOf(e.name)
      if (value === undefined) throw new InternalError(`no name ${e.name} in a formula`)
      return real(f32x4(value))
    }
    case 'unary':
      return e.op === '!' ? condition(op('v128.not', mask(e.arg))) : e.arg.kind === 'number' ? real(f32x4(-e.arg.value)) : real(op('f32x4.neg', number(e.arg)))
    case 'choice': {
      const bound = boundOf(e)
      if (bound !== undefined) return real(op(bound.name, number(bound.value), number(bound.limit)))
      const yes = down(e.yes)
      return { code: op('v128.bitselect', yes.code, down(e.no).code, mask(e.condition)), type: yes.type }
    }
    case 'binary':
      return binary(e, down, number, mask, to)
    case 'call':
      return call(e.name, e.args, down, number, to)
    default:
      throw new InternalError(`${e.name}[…] stands alone`)
  }
}

/** `x < a ? a : x` and `x > a ? a : x`: one instruction. */
const boundOf = ({ condition: c, yes, no }: Extract<Plain, { kind: 'choice' }>): { name: Name; value: Plain; limit: Plain } | undefined => {
  if (c.kind !== 'binary' || (c.op !== '<' && c.op !== '>')) return undefined
  const same = (a: Plain, b: Plain): boolean =>
    (a.kind === 'name' && b.kind === 'name' && a.name === b.name) || (constantIn(a) !== undefined && Object.is(constantIn(a), constantIn(b)))
  return same(c.left, no) && same(c.right, yes) ? { name: c.op === '<' ? 'f32x4.pmax' : 'f32x4.pmin', value: no, limit: yes } : undefined
}

const constantIn = (e: Plain): number | undefined =>
  e.kind === 'number' ? e.value : e.kind === 'unary' && e.op === '-' && e.arg.kind === 'number' ? -e.arg.value : undefined

type Binary = Extract<Plain, { kind: 'binary' }>

const binary = (e: Binary, down: (x: Plain) => Vector, number: (x: Plain) => Code, mask: (x: Plain) => Code, to: Lowering): Vector => {
  const { op: sign, left, right } = e
  if (sign === '&&') return condition(op('v128.and', mask(left), mask(right)))
  if (sign === '||') return condition(op('v128.or', mask(left), mask(right)))
  if (sign === '===' && down(left).type === 'condition') return condition(op('v128.not', op('v128.xor', mask(left), mask(right))))
  const compared = comparison[sign]
  if (compared !== undefined) return condition(op(compared, number(left), number(right)))
  const scaled = sign === '*' && right.kind === 'element' && right.name === 'POWERS' ? right.index : undefined
  if (scaled !== undefined) return real(scale(number(left), op('f32x4.sub', number(plainIndex(scaled)), f32x4(1100)), to))
  const product = (x: Plain): x is Binary => to.fma && x.kind === 'binary' && x.op === '*' && !(x.right.kind === 'element')
  if (sign === '+' && product(right)) return real(op('f32x4.relaxed_madd', number(right.left), number(right.right), number(left)))
  if (sign === '+' && product(left)) return real(op('f32x4.relaxed_madd', number(left.left), number(left.right), number(right)))
  if (sign === '-' && product(right)) return real(op('f32x4.relaxed_nmadd', number(right.left), number(right.right), number(left)))
  const name = arithmetic[sign]
  if (name === undefined) throw new InternalError(`no ${sign} on vectors`)
  return real(op(name, number(left), number(right)))
}

/** `(k + 1100) | 0`: what is a whole number already. */
const plainIndex = (e: Plain): Plain => (e.kind === 'binary' && e.op === '|' ? e.left : e)

/** y * 2^k by two factors, of which the first product is exact: rounded once. */
const scale = (y: Code, k: Code, to: Lowering): Code => {
  const whole = keep(op('i32x4.trunc_sat_f32x4_s', op('f32x4.pmax', op('f32x4.pmin', k, f32x4(250)), f32x4(-250))), to)
  const half = keep(op('i32x4.shr_s', get(whole), i32(1)), to)
  const power = (e: Code): Code => op('i32x4.shl', op('i32x4.add', e, i32x4(127)), i32(23))
  return op('f32x4.mul', op('f32x4.mul', y, power(get(half))), power(op('i32x4.sub', get(whole), get(half))))
}

const keep = (code: Code, to: Lowering): Local => {
  const local = to.func.local('v128')
  to.before.push(set(local, code))
  return local
}

/** The k with x / 2^k in [0.70710659, 1.41421318), for positive normal x. */
const exponent = (x: Code): Code => op('f32x4.convert_i32x4_s', op('i32x4.shr_s', op('i32x4.sub', x, i32x4(0x3f3504f0)), i32(23)))

/** -1, 0 or 1; zeros and NaN as they are. */
const sign = (x: Code): Code => {
  const other = op('v128.bitselect', f32x4(-1), x, op('f32x4.lt', x, f32x4(0)))
  return op('v128.bitselect', f32x4(1), other, op('f32x4.gt', x, f32x4(0)))
}

const call = (name: string, args: readonly Plain[], down: (x: Plain) => Vector, number: (x: Plain) => Code, to: Lowering): Vector => {
  const one = unary[name]
  if (one !== undefined) return real(op(one, number(args[0]!)))
  const two = extremum[name]
  if (two !== undefined) return real(op(two, number(args[0]!), number(args[1]!)))
  if (name === 'exponent') return real(exponent(number(args[0]!)))
  if (name === 'Math.sign') return real(sign(get(keep(number(args[0]!), to))))
  const { params, constants, result } = functionOf(name)
  const inner = new Map<string, Vector>()
  params.forEach((p, i) => {
    const a = down(args[i]!)
    inner.set(p, isCheap(a.code) ? a : { code: get(keep(a.code, to)), type: a.type })
  })
  for (const [n, value] of constants) {
    const made = lowerPlain(value, inner, to)
    inner.set(n, { code: get(keep(made.code, to)), type: made.type })
  }
  const made = lowerPlain(result, inner, to)
  return { code: get(keep(made.code, to)), type: made.type }
}

/** One instruction: a local, or a constant. */
const isCheap = (code: Code): boolean => code.length === 1 && (Array.isArray(code[0]) ? isCheap(code[0]) : true)
