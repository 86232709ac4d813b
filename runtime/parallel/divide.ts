/**
 * A program whose batch can be cut into parts. A loss is one number for the whole batch, and what it is a mean over may
 * depend on all of it: `loss e where c` counts the steps where c holds. So the code for the parts has no loss. It has the
 * terms as outputs instead, one number for each step and sequence, and takes their cotangents from outside: the group
 * adds them up, and knows then what they have to be divided by.
 */

import { compile, type CompileOptions } from '../../compiler/compile.ts'
import { compileOptions } from '../../compiler/options.ts'
import { lossesOf } from '../../compiler/elaborate/declarations.ts'
import type { Signature } from '../../compiler/signature.ts'
import { InternalError } from '../../dsl/diagnostics.ts'
import type { Expr, Loss } from '../../dsl/syntax.ts'
import { refused } from '../refused.ts'

/** One `loss` of the source: the sum of the output `value`, or its mean over `count` or, without that, over all of its steps. */
export interface LossTerm {
  readonly value: string
  readonly count?: string
  readonly total: boolean
}

/** Plain data: it may be made ahead of time, and be read where there is no compiler. */
export interface Divided {
  /** JavaScript of the module for a part of the batch. */
  readonly js: string
  /** Of the whole: as `compile` gives it. */
  readonly signature: Signature
  readonly losses: readonly LossTerm[]
}

/** Compiles for `parallel`. Throws a Refused, which carries the diagnostics, when the source is wrong, and what `compile` throws for options. */
export const divide = (source: string, given: CompileOptions = {}): Divided => {
  const options = compileOptions(given)
  const { code, signature, stages, diagnostics } = compile(source, options)
  if (code === undefined || signature === undefined || stages === undefined) throw refused(diagnostics, source, options)
  const { block, program } = stages
  const losses = lossesOf(block)
  if (losses.length === 0) return { js: code.js, signature, losses: [] }

  const file = program.files.get(block.span.file)
  if (file === undefined) throw new InternalError(`no text of ${block.span.file}`)
  const fresh = freshNames(file.text)
  const terms = losses.map((loss, i): LossTerm => {
    const value = fresh(`loss_${i + 1}`)
    return { value, total: loss.total, ...(loss.where === undefined || loss.total ? {} : { count: fresh(`count_${i + 1}`) }) }
  })
  const text = rewritten(file.text, losses, terms)
  const main = file.path === program.main.path
  const { files } = options
  const reals = Object.entries(signature.outputs).flatMap(([name, port]) => (port.type === 'real' ? [name] : []))
  const parts = compile(main ? text : source, {
    ...options,
    ...(main ? {} : { files: path => (path === file.path ? text : files?.(path)) }),
    keep: [...(options.keep ?? []), ...terms.flatMap(t => (t.count === undefined ? [t.value] : [t.value, t.count]))],
    cotangents: [...(options.cotangents ?? []), ...terms.map(t => t.value)],
    finalCotangents: options.finalCotangents ?? [],
    adjoints: options.adjoints ?? [...new Set([...Object.keys(signature.states), ...reals])],
  })
  if (parts.code === undefined) throw new InternalError(`what stands for the losses is refused: ${parts.diagnostics.map(d => d.message).join('; ')}`, text)
  return { js: parts.code.js, signature, losses: terms }
}

/** Equations in the place of losses. */
const rewritten = (text: string, losses: readonly Loss[], terms: readonly LossTerm[]): string => {
  // An expression may end in a comment: what follows it stands on a line of its own.
  const slice = (e: Expr): string => `(${text.slice(e.span.start, e.span.end)}\n)`
  return losses
    .map((loss, i) => ({ loss, term: terms[i]! }))
    .sort((a, b) => b.loss.span.start - a.loss.span.start)
    .reduce((all, { loss: { span, value, where }, term }) => {
      const e = where === undefined ? slice(value) : `if ${slice(where)} then ${slice(value)} else 0`
      const count = term.count === undefined || where === undefined ? '' : `\n${term.count} = if ${slice(where)} then 1 else 0`
      return `${all.slice(0, span.start)}${term.value} = ${e}${count}\n${all.slice(span.end)}`
    }, text)
}

/** Names that the text does not have anywhere. */
const freshNames =
  (text: string) =>
  (name: string): string =>
    text.includes(name) ? freshNames(text)(`${name}_`) : name
