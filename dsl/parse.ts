/** Text to syntax tree. Every text has an answer: a tree, or at least one error with its place. */
import { fewest, type Diagnostic } from './diagnostics.ts'
import { documentation } from './documentation.ts'
import { explain, type Context } from './expected.ts'
import { foreign } from './foreign.ts'
import grammar from './grammar.ohm-bundle.js'
import { limits } from './limits.ts'
import { messages, report, type Message } from './messages.ts'
import { nesting } from './nesting.ts'
import { recover } from './recover.ts'
import { hiddenEquation, reservedNames } from './slips/reserved.ts'
import type { SourceFile, Span } from './syntax.ts'
import { strangeSigns } from './slips/signs.ts'
import { scan } from './tokens.ts'
import { builder } from './tree.ts'
import { tooDeep } from './walk.ts'

export interface Parsed {
  /** Missing when there is an error. */
  readonly file?: SourceFile
  readonly diagnostics: readonly Diagnostic[]
}

type Place = Pick<Span, 'start' | 'end'>

export const parse = (path: string, text: string): Parsed => {
  const refuse = (start: number, end: number, message: Message): Parsed => ({
    diagnostics: [report({ file: path, start, end }, message)],
  })
  const bytes = text.length > limits.bytes ? text.length : new TextEncoder().encode(text).length
  if (bytes > limits.bytes) return refuse(0, 0, messages.fileTooLarge(bytes))

  const scanned = scan(path, text)
  const { tokens, clean } = scanned
  if (tokens.length + scanned.diagnostics.length + scanned.strange.length === 0) return refuse(text.length, text.length, messages.noCell())
  const brackets = nesting(path, tokens)
  if (brackets.tooDeep) return { diagnostics: brackets.diagnostics }
  const other = foreign(path, text, tokens)
  if (other !== undefined) return { diagnostics: [other] }

  const signs = [...scanned.diagnostics, ...strangeSigns(path, text, scanned, limits.diagnostics)]
  const faults: readonly Place[] = [...scanned.diagnostics.filter(d => d.severity === 'error').map(d => d.span), ...scanned.strange]
  const found: Diagnostic[] = []
  const doc = documentation(text, scanned.comments)
  const build = builder({ path, doc, fault: d => found.push(d) })
  try {
    const match = grammar.match(clean)
    if (match.succeeded()) {
      const file: SourceFile = { path, text, items: build(match, 0) as SourceFile['items'] }
      const deep = tooDeep(file, limits.depth)
      if (deep !== undefined) found.push(report(deep.span, messages.longExpression()))
      // What the scanner took out may leave an odd rest, such as two signs in a row: that is no second mistake.
      const ends = new Set(faults.map(f => f.end))
      const rest = found.filter(d => !follows(clean, ends, d.span.start))
      return outcome([...signs, ...brackets.diagnostics, ...hiddenEquation(path, tokens, clean), ...rest], file)
    }
    const named = reservedNames(path, tokens, clean)
    const { openAtEnd, unclosed, diagnostics, tooDeep: more } = named.tokens === tokens ? brackets : nesting(path, named.tokens)
    if (more) return outcome([...named.diagnostics, ...diagnostics])
    const context: Context = { path, text, tokens: named.tokens, ...(openAtEnd === undefined ? {} : { openAtEnd }) }
    const told = [...named.diagnostics, ...diagnostics]
    const known = [...faults, ...named.places, ...told.map(d => d.span)].map(f => f.start).sort((a, b) => a - b)
    const errors = [...signs, ...told, ...recover({ ...context, clean: named.clean, unclosed, known, parsed: build }), ...found]
    const some = errors.some(d => d.severity === 'error')
    return outcome(some ? errors : [...errors, explain(match, 0, tokens.length, context)])
  } catch (e) {
    // The limits keep the stack shallow; a caller who is deep in it already can still make it overflow here.
    if (e instanceof RangeError) return refuse(0, 0, messages.nesting())
    throw e
  }
}

/** Is there nothing but blanks between a fault and the place? */
const follows = (text: string, ends: ReadonlySet<number>, place: number): boolean => {
  let at = place
  while (!ends.has(at) && at > 0 && text[at - 1]!.trim() === '') at--
  return ends.has(at)
}

/** Sorted by place, and no more than a reader can use. */
const outcome = (all: readonly Diagnostic[], file?: SourceFile): Parsed => {
  const diagnostics = fewest([...all].sort((a, b) => a.span.start - b.span.start))
  return file === undefined || all.some(d => d.severity === 'error') ? { diagnostics } : { file, diagnostics }
}
