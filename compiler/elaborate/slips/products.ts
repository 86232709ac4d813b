/** Products whose operator or order is another: `W * x`, `x @ W`, `dot(W, x)`. */
import * as dim from '../../../dsl/dims.ts'
import type { Dim } from '../../../dsl/dims.ts'
import { hints } from '../../../dsl/hints.ts'
import { messages, type Message } from '../../../dsl/messages.ts'
import { operand } from '../../../dsl/slips/functions.ts'
import type { Expr } from '../../../dsl/syntax.ts'
import { children } from '../../../dsl/walk.ts'
import type { Context } from '../context.ts'
import { elementwise, seen, written } from './looking.ts'

/** The shape of `a @ b`, where it has one. */
export const productShape = (a: readonly Dim[], b: readonly Dim[]): readonly Dim[] | undefined => {
  const [inner, outer] = [a.at(-1), b[0]]
  if (inner === undefined || outer === undefined || a.length > 2 || b.length > 2 || !dim.equal(inner, outer)) return undefined
  return [...a.slice(0, -1), ...b.slice(1)]
}

const transposed = (shape: readonly Dim[]): readonly Dim[] => shape.toReversed()

/** `x`, or `transpose(x)`; `transpose(transpose(x))` is `x`. */
const turned = (ctx: Context, e: Expr): string => {
  const inner = e.kind === 'call' && e.callee.kind === 'name' && e.callee.name === 'transpose' ? e.args[0] : undefined
  return inner === undefined ? `transpose(${written(ctx, e)})` : operand(written(ctx, inner.value))
}

/** A product of the two, one of them turned or both exchanged, that fits. */
export const fittingProduct = (ctx: Context, left: Expr, right: Expr, a: readonly Dim[], b: readonly Dim[]): string | undefined => {
  const [l, r] = [operand(written(ctx, left)), operand(written(ctx, right))]
  if (productShape(a, b) !== undefined) return `${l} @ ${r}`
  if (a.length === 2 && productShape(transposed(a), b) !== undefined) return `${turned(ctx, left)} @ ${r}`
  if (productShape(b, a) !== undefined) return `${r} @ ${l}`
  if (b.length === 2 && productShape(a, transposed(b)) !== undefined) return `${l} @ ${turned(ctx, right)}`
  return undefined
}

interface Star {
  /** The product that is meant as one of matrices. */
  readonly at: Expr
  readonly mend: string
  readonly shape: readonly Dim[]
}

/** A `*` between a matrix and a vector that `@` would take, in an expression whose shape is wrong. */
export const starredProduct = (ctx: Context, roots: readonly Expr[]): Star | undefined => {
  const waiting = [...roots].reverse()
  for (let e = waiting.pop(), left = 100; e !== undefined && left > 0; e = waiting.pop(), left--) {
    if (e.kind === 'binary' && e.op === '*') {
      const [a, b] = [seen(ctx, e.left)?.shape, seen(ctx, e.right)?.shape]
      const matrix = a !== undefined && b !== undefined && Math.max(a.length, b.length) === 2 && Math.min(a.length, b.length) === 1
      const shape = matrix ? productShape(a, b) : undefined
      if (shape !== undefined) return { at: e, mend: `${operand(written(ctx, e.left))} @ ${operand(written(ctx, e.right))}`, shape }
    }
    // Other functions make a shape of their own of what they are given.
    if (e.kind !== 'call' || (e.callee.kind === 'name' && elementwise.has(e.callee.name))) waiting.push(...[...children(e)].reverse())
  }
  return undefined
}

/** Operands of an elementwise operator that do not fit: what may be meant. */
export const stretched = (ctx: Context, op: string, left: Expr, right: Expr): string | undefined => {
  const [a, b] = [seen(ctx, left)?.shape, seen(ctx, right)?.shape]
  if (a === undefined || b === undefined) return undefined
  const [l, r] = [operand(written(ctx, left)), operand(written(ctx, right))]
  const rows = (vector: readonly Dim[], matrix: readonly Dim[]): boolean => vector.length === 1 && matrix.length === 2 && dim.equal(vector[0]!, matrix[0]!)
  const product = op === '*' ? fittingProduct(ctx, left, right, a, b) : undefined
  const column = rows(a, b) ? `${l}[:, new] ${op} ${r}` : rows(b, a) ? `${l} ${op} ${r}[:, new]` : undefined
  if (column !== undefined && product !== undefined) return hints.eitherProduct(column, product)
  const mend = column ?? (a.length + b.length === 3 || productShape(a, b) !== undefined ? product : undefined)
  return mend === undefined ? undefined : hints.meant(mend)
}

/** `dot` of what is not two vectors of one shape. */
export const otherDot = (ctx: Context, left: Expr, right: Expr, [a, b]: readonly [readonly Dim[], readonly Dim[]]): Message => {
  const [l, r] = [written(ctx, left), written(ctx, right)]
  const shown = [
    { text: l, shape: dim.showShape(a) },
    { text: r, shape: dim.showShape(b) },
  ]
  const mend =
    a.length === 0 || b.length === 0
      ? `${operand(l)} * ${operand(r)}`
      : dim.sameShape(a, b)
        ? `sum(${operand(l)} * ${operand(r)})`
        : fittingProduct(ctx, left, right, a, b)
  return messages.dotOperands(shown, mend)
}
