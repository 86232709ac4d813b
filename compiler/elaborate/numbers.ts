/**
 * Expressions of dims, hypers and `range`: numbers that are known before the first step. They say how a parameter begins
 * and how noise is distributed. A formula is over indices `i0`, `i1`, …, one for each dim of what it fills.
 */

import * as dim from '../../dsl/dims.ts'
import type { Dim } from '../../dsl/dims.ts'
import { messages } from '../../dsl/messages.ts'
import { suggest } from '../../dsl/suggest.ts'
import type { Expr } from '../../dsl/syntax.ts'
import { readExpression, substitute, type Plain } from '../numeric/plain.ts'
import { operators } from '../ops/formula.ts'
import { mapRow, rowOf } from '../ops/table.ts'
import { refuse, type Context } from './context.ts'
import { sizeOf } from './expression.ts'

/** How dims and hypers are called in a formula. */
export const dimName = (name: string): string => `dim ${name}`
export const hyperName = (path: string): string => `hyper ${path}`

const numberOf = (value: number): Plain => ({ kind: 'number', value })

/** A size as a formula. */
const sizeFormula = (d: Dim): Plain =>
  [...d.terms]
    .map(([monomial, c]): Plain =>
      monomial
        .split('*')
        .filter(f => f !== '')
        .map((f): Plain => ({ kind: 'name', name: dimName(f) }))
        .reduce((left, right): Plain => ({ kind: 'binary', op: '*', left, right }), numberOf(c)),
    )
    .reduce((left, right): Plain => ({ kind: 'binary', op: '+', left, right }), numberOf(0))

/** An op with operands, by the formula of its row. */
const applied = (op: string, args: readonly Plain[]): Plain => {
  const names = args.map((_, i) => `v${i}`)
  return substitute(readExpression(mapRow(op).code(...names)), new Map(names.map((n, i) => [n, args[i]!])))
}

/** An index, and how far it counts. */
export interface Counter {
  readonly name: string
  readonly size: Dim
}

/** `indices`: what the expression may count along, the last ones for its last dims. */
export const formulaOf = (ctx: Context, e: Expr, indices: readonly Counter[] = []): Plain => {
  const down = (x: Expr): Plain => formulaOf(ctx, x, indices)
  switch (e.kind) {
    case 'number':
      return numberOf(e.value)
    case 'name': {
      const size = ctx.dims.get(e.name)
      if (size !== undefined) return sizeFormula(size)
      const path = `${ctx.path}${e.name}`
      if (ctx.world.hyper.has(path)) return { kind: 'name', name: hyperName(path) }
      if (e.name === 'PI') return numberOf(Math.PI)
      return refuse(e.span, messages.notKnownBefore(e.name, suggest(e.name, [...ctx.dims.keys(), ...ctx.world.hyper.keys()])))
    }
    case 'unary':
      return applied(e.op === '-' ? 'neg' : 'not', [down(e.arg)])
    case 'binary':
      if (e.op === '@') return refuse(e.span, messages.notKnownBefore('@'))
      return applied(operators[e.op], [down(e.left), down(e.right)])
    case 'if':
      return { kind: 'choice', condition: down(e.test), yes: down(e.then), no: down(e.else) }
    case 'call':
      return called(ctx, e, indices)
    case 'index': {
      // `new` takes a place among the dims, `:` keeps one.
      if (e.items.some(i => i.kind === 'at' || (i.kind === 'slice' && (i.from ?? i.to) !== undefined)))
        return refuse(e.span, messages.notKnownBefore('this index'))
      const own = indices.slice(Math.max(0, indices.length - e.items.length))
      const kept = own.filter((_, i) => e.items[i + e.items.length - own.length]!.kind === 'slice')
      return formulaOf(ctx, e.object, kept)
    }
    default:
      return refuse(e.span, messages.notKnownBefore('this expression'))
  }
}

const called = (ctx: Context, e: Expr & { kind: 'call' }, indices: readonly Counter[]): Plain => {
  const name = e.callee.kind === 'name' ? e.callee.name : undefined
  const args = e.args.map(a => a.value)
  if (name === 'range' && args.length === 1) {
    const index = indices.at(-1)
    const size = sizeOf(ctx, args[0]!)
    if (index === undefined) return refuse(e.span, messages.rangeNeedsDim())
    if (!dim.equal(size, index.size)) return refuse(e.span, messages.equationShape('range', `[${index.size.key}]`, `[${size.key}]`))
    return { kind: 'name', name: index.name }
  }
  const values = args.map(a => formulaOf(ctx, a, indices))
  if (name === 'mod' && values.length === 2) {
    const quotient = applied('floor', [applied('div', values)])
    return applied('sub', [values[0]!, applied('mul', [values[1]!, quotient])])
  }
  const row = name === undefined || !known.has(name) ? undefined : rowOf(name)
  if (row?.class !== 'map' || row.params.length !== values.length)
    return refuse(e.span, messages.notKnownBefore(name === undefined ? 'this call' : `${name}(…)`))
  return applied(name!, values)
}

const known = new Set([
  'exp',
  'log',
  'log1p',
  'expm1',
  'sqrt',
  'abs',
  'sign',
  'floor',
  'tanh',
  'sigmoid',
  'relu',
  'softplus',
  'erf',
  'sin',
  'cos',
  'max',
  'min',
  'clamp',
])
