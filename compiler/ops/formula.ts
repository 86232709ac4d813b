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

export const formula = (b: Builder, text: string, scope: FormulaScope): Id => {
  const write = (e: Expr): Id => {
    switch (e.kind) {
      case 'number':
        return b.constant(e.value)
      case 'name': {
        const id = scope.get(e.name)
        if (id === undefined) throw new InternalError(`the formula '${text}' has no operand ${e.name}`)
        return id
      }
      case 'unary':
        return e.op === '-' && e.arg.kind === 'number' ? b.constant(-e.arg.value) : b.map(e.op === '-' ? 'neg' : 'not', write(e.arg))
      case 'binary':
        if (e.op === '@') break
        return b.map(operators[e.op], write(e.left), write(e.right))
      case 'if':
        return b.map('select', write(e.test), write(e.then), write(e.else))
      case 'call':
        if (e.callee.kind === 'name') return b.add(e.callee.name, e.args.map(a => write(a.value)), {})
        break
      default:
    }
    throw new InternalError(`the formula '${text}' uses a form that formulas do not have`)
  }
  return write(treeOf(text))
}
