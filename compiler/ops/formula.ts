/** Formulas of the op table, written in the cell language over the row's operands. */
import type { BinaryOp, Expr } from '../../dsl/syntax.ts'
import { InternalError } from '../../dsl/diagnostics.ts'
import { parse } from '../../dsl/parse.ts'
import type { Builder } from '../builder.ts'
import type { Id } from '../graph.ts'
import type { MapOp } from './elementwise.ts'

export type FormulaScope = ReadonlyMap<string, Id>

/** Which elementwise op an operator of the language is; `@` is a contraction. */
export const operators: Readonly<Record<Exclude<BinaryOp, '@'>, MapOp>> = {
  '+': 'add',
  '-': 'sub',
  '*': 'mul',
  '/': 'div',
  '^': 'pow',
  '==': 'eq',
  '!=': 'ne',
  '<': 'lt',
  '<=': 'le',
  '>': 'gt',
  '>=': 'ge',
  and: 'and',
  or: 'or',
}

/** Memo of a pure function: rows are few and fixed. */
const trees = new Map<string, Expr>()

const treeOf = (text: string): Expr => {
  const known = trees.get(text)
  if (known !== undefined) return known
  const { file, diagnostics } = parse('formula', `fn formula() = ${text}`)
  const item = file?.items[0]
  if (item?.kind !== 'fn') throw new InternalError(`the formula '${text}' does not parse`, diagnostics[0]?.message)
  trees.set(text, item.result)
  return item.result
}

export const formula = (b: Builder, text: string, scope: FormulaScope): Id => write(b, text, scope, treeOf(text))

const write = (b: Builder, text: string, scope: FormulaScope, e: Expr): Id => {
  const inner = (x: Expr): Id => write(b, text, scope, x)
  switch (e.kind) {
    case 'number':
      return b.constant(e.value)
    case 'name': {
      const id = scope.get(e.name)
      if (id === undefined) throw new InternalError(`the formula '${text}' has no operand ${e.name}`)
      return id
    }
    case 'unary':
      return e.op === '-' && e.arg.kind === 'number' ? b.constant(-e.arg.value) : b.map(e.op === '-' ? 'neg' : 'not', inner(e.arg))
    case 'binary':
      if (e.op === '@') break
      return b.map(operators[e.op], inner(e.left), inner(e.right))
    case 'if':
      return b.map('select', inner(e.test), inner(e.then), inner(e.else))
    case 'call':
      if (e.callee.kind === 'name')
        return b.add(
          e.callee.name,
          e.args.map(a => inner(a.value)),
          {},
        )
      break
    default:
  }
  throw new InternalError(`the formula '${text}' uses a form that formulas do not have`)
}

/**
 * How large the terms of a formula are before they cancel: the formula with every difference made a sum of absolute
 * values. `1 - y * y` near y = 1 is small, but its rounding error is that of numbers near 1.
 */
export const formulaMass = (b: Builder, text: string, scope: FormulaScope): Id => {
  const abs = (id: Id): Id => b.map('abs', id)
  const mass = (e: Expr): Id => {
    const value = (x: Expr): Id => write(b, text, scope, x)
    if (e.kind === 'binary' && (e.op === '+' || e.op === '-')) return b.map('add', mass(e.left), mass(e.right))
    if (e.kind === 'binary' && e.op === '*') return b.map('mul', mass(e.left), mass(e.right))
    if (e.kind === 'binary' && e.op === '/') return b.map('div', mass(e.left), abs(value(e.right)))
    if (e.kind === 'unary' && e.op === '-') return mass(e.arg)
    if (e.kind === 'if') return b.map('select', value(e.test), mass(e.then), mass(e.else))
    return abs(value(e))
  }
  return mass(treeOf(text))
}
