/**
 * Looking at operands while a message is written: what cannot be read says nothing. Only where an error is certain: an
 * equation that fails while it is looked at stays failed, and nothing would be said of it.
 */
import { Refused } from '../../../dsl/diagnostics.ts'
import type { Expr } from '../../../dsl/syntax.ts'
import { TooLarge } from '../../builder.ts'
import type { Node } from '../../graph.ts'
import { ShapeError } from '../../ops/row.ts'
import { sourceText, type Context } from '../context.ts'
import { nodeOfExpr } from '../expression.ts'

export const quietly = <T>(make: () => T): T | undefined => {
  try {
    return make()
  } catch (error) {
    if (error instanceof Refused || error instanceof ShapeError || error instanceof TooLarge) return undefined
    throw error
  }
}

/** The stream of an expression, if it has one. */
export const seen = (ctx: Context, e: Expr): Node | undefined => quietly(() => nodeOfExpr(ctx, e))

/** What the author wrote, on one line. */
export const written = (ctx: Context, e: Expr): string => sourceText(ctx.world, e.span).replace(/\s+/g, ' ')

/** Functions that keep the shape of what they are given. */
export const elementwise: ReadonlySet<string> = new Set(
  'tanh sigmoid relu softplus silu gelu elu exp expm1 log log1p sqrt abs sign floor sin cos erf clamp max min log_sigmoid mod'.split(' '),
)
