/** What stands after `~`: a scheme and its numbers. */
import type { Dim } from '../../dsl/dims.ts'
import { messages } from '../../dsl/messages.ts'
import type { Expr, Init, Span } from '../../dsl/syntax.ts'
import type { Initialiser } from '../signature.ts'
import type { NoiseInfo } from '../graph.ts'
import { f64 } from '../numeric/library.ts'
import { evaluatePlain, mentionedIn, type Plain } from '../numeric/plain.ts'
import { refuse, sourceText, type Context } from './context.ts'
import type { Declared } from './declarations.ts'
import { formulaOf } from './numbers.ts'
import { numbersOf, otherDistribution, otherScheme, withNumbers } from './slips/schemes.ts'
import { written } from './slips/looking.ts'

/** The schemes, with how many numbers each takes. */
const schemes: ReadonlyMap<string, number> = new Map([
  ['zeros', 0],
  ['ones', 0],
  ['constant', 1],
  ['uniform', 2],
  ['normal', 2],
  ['glorot', 0],
  ['he', 0],
  ['lecun', 0],
  ['orthogonal', 0],
  ['identity', 0],
])

/** A number written out, or a simple calculation with numbers. */
export const literal = (ctx: Context, e: Expr): number => finite(ctx, e, calculated(e))

const finite = (ctx: Context, e: Expr, value: number): number =>
  Number.isFinite(value) ? value : refuse(e.span, messages.notFinite(sourceText(ctx.world, e.span)))

const calculated = (e: Expr): number => {
  if (e.kind === 'number') return e.value
  if (e.kind === 'name' && e.name === 'PI') return Math.PI
  if (e.kind === 'unary' && e.op === '-') return -calculated(e.arg)
  if (e.kind === 'binary') {
    const [a, b] = [calculated(e.left), calculated(e.right)]
    if (e.op === '+') return a + b
    if (e.op === '-') return a - b
    if (e.op === '*') return a * b
    if (e.op === '/') return a / b
  }
  return refuse(e.span, messages.notYet('this expression as an initial value'))
}

/** Without `~`: glorot for a matrix, else zeros. */
export const initialiserOf = (ctx: Context, init: Init | undefined, shape: readonly Dim[]): Initialiser & { readonly formula?: Plain } => {
  const rank = shape.length
  if (init === undefined) return { scheme: rank >= 2 ? 'glorot' : 'zeros', args: [], scaled: 1 }
  const scaled = init.scaled === undefined ? 1 : literal(ctx, init.scaled)
  const { value } = init
  const name = value.kind === 'name' ? value.name : value.kind === 'call' && value.callee.kind === 'name' ? value.callee.name : undefined
  const count = name === undefined ? undefined : schemes.get(name)
  if (name === undefined || count === undefined) {
    if (value.kind === 'name' || value.kind === 'call' || value.kind === 'field') {
      const meant = otherScheme(ctx, value)
      if (meant !== undefined || value.kind === 'name')
        return refuse(value.span, messages.unknownInitialiser(name ?? written(ctx, value), [...schemes.keys()], meant))
    }
    if (value.kind === 'list') return refuse(value.span, messages.shapeAsInitialiser(sourceText(ctx.world, value.span)))
    const formula = formulaOf(
      ctx,
      value,
      shape.map((size, i) => ({ name: `i${i}`, size })),
    )
    return { scheme: 'formula', args: [], scaled, formula }
  }
  const args = numbersOf(ctx, name, value)
  if (args.length !== count) return refuse(value.span, messages.initialiserNumbers(name, count, args.length, withNumbers(ctx, name, args)))
  if (name === 'identity' && rank !== 2) return refuse(value.span, messages.needsMatrix(name))
  if (name === 'orthogonal' && rank < 2) return refuse(value.span, messages.needsMatrix(name))
  const numbers = args.map(a => literal(ctx, a))
  checkNumbers(value.span, name, numbers)
  return { scheme: name as Initialiser['scheme'], args: numbers, scaled }
}

/** What no distribution has: a deviation below 0, limits the wrong way round, a chance above 1. Numbers not known yet are let through. */
const checkNumbers = (span: Span, name: string, numbers: readonly (number | undefined)[]): void => {
  const [a, b] = numbers
  const wrong =
    name === 'normal' && b !== undefined && b < 0
      ? 'the deviation of `normal` is at least 0'
      : name === 'uniform' && a !== undefined && b !== undefined && a > b
        ? '`uniform(lo, hi)` needs a `lo` that is not above `hi`'
        : name === 'bernoulli' && a !== undefined && (a < 0 || a > 1)
          ? 'the chance of `bernoulli` lies from 0 to 1'
          : undefined
  if (wrong !== undefined) refuse(span, messages.badDistribution(wrong))
}

/** The number of a formula, where it hangs on nothing that comes later. */
const constantOf = (ctx: Context, e: Expr, formula: Plain): number | undefined =>
  mentionedIn(formula).names.size > 0
    ? undefined
    : finite(
        ctx,
        e,
        evaluatePlain(formula, () => Number.NaN, { ...f64 }),
      )

/** How many numbers a distribution takes. */
const distributions: ReadonlyMap<string, number> = new Map([
  ['bernoulli', 1],
  ['normal', 2],
  ['uniform', 2],
])

/** What stands after the `~` of a noise. */
export const distributionOf = (ctx: Context, d: Declared): Pick<NoiseInfo, 'kind' | 'args'> => {
  const { value } = d.init!
  const name = value.kind === 'call' && value.callee.kind === 'name' ? value.callee.name : value.kind === 'name' ? value.name : ''
  const count = distributions.get(name)
  if (count === undefined) return refuse(value.span, messages.unknownNoise(name || written(ctx, value), otherDistribution(ctx, value)))
  const given = numbersOf(ctx, name, value)
  const args = given.map(e => formulaOf(ctx, e))
  if (args.length !== count) return refuse(value.span, messages.initialiserNumbers(name, count, args.length, withNumbers(ctx, name, given)))
  checkNumbers(
    value.span,
    name,
    args.map((f, i) => constantOf(ctx, given[i]!, f)),
  )
  return { kind: name as NoiseInfo['kind'], args }
}
