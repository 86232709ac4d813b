/** Gives a flat run of operands and operators its precedences. */
import { messages, type Message } from './messages.ts'
import { fromTheRight, isComparison, precedence, prefixPrecedence } from './precedence.ts'
import type { BinaryOp, Expr, Span } from './syntax.ts'

export interface Prefix {
  readonly op: '-' | '+' | 'not'
  readonly span: Span
}

export interface Operand {
  readonly prefixes: readonly Prefix[]
  readonly value: Expr
  /** `if` and `repeat` without parentheses around them. */
  readonly open?: 'if' | 'repeat'
}

export interface Operator {
  readonly op: BinaryOp
  readonly span: Span
}

type Waiting = (Operator & { readonly prefix: false }) | { readonly op: '-' | 'not'; readonly span: Span; readonly prefix: true }
type Fault = (span: Span, message: Message) => void

const strength = (w: Waiting): number => (w.prefix ? prefixPrecedence[w.op] : precedence.get(w.op)!)

/** `operands` has one more than `operators`. Works with a stack of its own: a sum may have thousands of terms. */
export const arrange = (operands: readonly Operand[], operators: readonly Operator[], fault: Fault): Expr => {
  check(operands, operators, fault)
  const values: Expr[] = []
  const waiting: Waiting[] = []
  const reduce = (): void => {
    const w = waiting.pop()!
    const right = values.pop()!
    if (w.prefix) {
      const span = { ...w.span, end: right.span.end }
      values.push({ kind: 'unary', op: w.op, arg: right, span })
      return
    }
    const left = values.pop()!
    const span = { ...left.span, end: right.span.end }
    values.push({ kind: 'binary', op: w.op, left, right, span })
  }
  operands.forEach((operand, i) => {
    const operator = operators[i - 1]
    if (operator !== undefined) {
      const own = precedence.get(operator.op)!
      for (let top = waiting.at(-1); top !== undefined; top = waiting.at(-1)) {
        if (strength(top) < own || (strength(top) === own && fromTheRight(operator.op))) break
        reduce()
      }
      waiting.push({ ...operator, prefix: false })
    }
    for (const p of operand.prefixes) if (p.op !== '+') waiting.push({ op: p.op, span: p.span, prefix: true })
    values.push(operand.value)
  })
  while (waiting.length > 0) reduce()
  return values[0]!
}

/** What the grammar lets through and the language does not. */
const check = (operands: readonly Operand[], operators: readonly Operator[], fault: Fault): void => {
  let comparison = false
  for (const { op, span } of operators) {
    if (op === 'and' || op === 'or') comparison = false
    else if (isComparison(op)) {
      if (comparison) fault(span, messages.chained())
      comparison = true
    }
  }
  operands.forEach(({ prefixes, value, open }, i) => {
    const before = operators[i - 1]
    prefixes.forEach((p, j) => {
      const last = prefixes[j - 1]
      if (p.op === 'not') {
        const tighter = last === undefined ? before !== undefined && before.op !== 'and' && before.op !== 'or' : last.op !== 'not'
        if (tighter) fault(p.span, messages.parentheses('not'))
      } else if (last !== undefined && last.op !== 'not') fault({ ...last.span, end: p.span.end }, messages.signs(`${last.op}${p.op}`))
      else if (p.op === '+' && prefixes[j + 1] === undefined) fault(p.span, before?.op === '+' ? messages.signs('++') : messages.plus())
    })
    if (open === undefined) return
    if (before !== undefined || prefixes.length > 0) fault(value.span, messages.parentheses(open))
    else if (open === 'repeat' && operators.length > 0) fault(operators[0]!.span, messages.repeatOperator())
  })
}
