/** The other places that belong to a mistake: where the names of an operand got their shapes. */
import type { Diagnostic } from '../../dsl/diagnostics.ts'
import type { Block, Expr, Fn, Span } from '../../dsl/syntax.ts'
import { children } from '../../dsl/walk.ts'
import type { Context } from './context.ts'
import { declarationsOf, equationsOf } from './declarations.ts'
import { mentionsStep } from './expression.ts'

type Related = NonNullable<Diagnostic['related']>

/** More would bury the message. */
const most = 4

/** The names that a shape is worked out from: not those of functions, nor those between brackets. */
const namesIn = (e: Expr): readonly string[] => {
  if (e.kind === 'name') return [e.name]
  if (e.kind === 'index') return namesIn(e.object)
  return children(e).flatMap(c => (e.kind === 'call' && c === e.callee ? [] : namesIn(c)))
}

/** Where a name of the block gets its shape: its declaration, or its equation. */
const placeOf = (block: Block | Fn, name: string): { readonly span: Span; readonly message: string } | undefined => {
  if (block.kind === 'fn') return undefined
  const declared = declarationsOf(block).find(d => d.of !== 'output' && d.name.name === name)
  if (declared !== undefined)
    return { span: { ...declared.name.span, end: declared.type?.span.end ?? declared.name.span.end }, message: `${name} is declared here` }
  const equation = equationsOf(block).find(q => q.targets.some(t => t.name.name === name))
  return equation === undefined ? undefined : { span: equation.span, message: `${name} is computed here` }
}

/** Where the names of some expressions got their shapes, and those that are given beside them. */
export const origins = (ctx: Context, of: readonly Expr[], ...names: readonly string[]): Related =>
  [...new Set([...names, ...of.flatMap(namesIn)])].slice(0, most).flatMap(n => placeOf(ctx.block, n) ?? [])

/** Where a name is read in this step, and not at another. */
export const readOf = (axes: Context['axes'], e: Expr, name: string): Span | undefined => {
  if (e.kind === 'name') return e.name === name ? e.span : undefined
  const times = e.kind === 'index' ? e.items.flatMap(i => (i.kind === 'at' && mentionsStep(axes, i.value) !== undefined ? [i.value] : [])) : []
  const object = e.kind === 'index' ? e.object : undefined
  // `h[t]` is read in this step, too.
  if (object?.kind === 'name' && object.name === name && times.some(i => i.kind === 'name')) return e.span
  const delayed = times.length > 0
  const inside = children(e).filter(c => !delayed || c !== object)
  for (const c of inside) {
    const found = readOf(axes, c, name)
    if (found !== undefined) return found
  }
  return undefined
}
