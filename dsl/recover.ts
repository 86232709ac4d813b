/** A file that does not parse as a whole: each block and each statement is tried alone, so that errors do not hide others. */
import { firstOfLine, is, step } from './around.ts'
import type { Diagnostic } from './diagnostics.ts'
import { explain, unexpectedEnd, type Context } from './expected.ts'
import grammar from './grammar.ohm-bundle.js'
import { limits } from './limits.ts'
import { messages, report } from './messages.ts'
import { itemWords } from './nesting.ts'
import { statements, type Stretch } from './statements.ts'
import { importForm, strayHint } from './slips/blocks.ts'
import type { Token } from './tokens.ts'
import type { Build } from './tree.ts'

export interface Recovery extends Context {
  readonly clean: string
  readonly unclosed: ReadonlySet<Token>
  /** Where the scanner and the brackets found faults, in order: the grammar adds nothing about the same statement. */
  readonly known: readonly number[]
  /** Looks at what did parse, for mistakes that the grammar lets through. */
  readonly parsed: Build
}

export const recover = (r: Recovery): readonly Diagnostic[] => {
  const starts = r.tokens.flatMap((t, i) => (t.kind === 'word' && itemWords.has(t.text) ? [i] : []))
  const first = starts[0] ?? r.tokens.length
  const before = first > 0 ? importForm({ ...r, from: 0, to: firstLineEnd(r, { from: 0, to: r.tokens.length }) }) : undefined
  // `from std import LSTM`
  const python = before !== undefined && is(r.tokens[0], 'from')
  const stray = python ? [before] : first > 0 ? strayText(r, { from: 0, to: first }) : []
  const items = starts.slice(python ? 1 : 0).map((from, i, all) => ({ from, to: all[i + 1] ?? r.tokens.length }))
  const errors = (s: Stretch) => (r.tokens[s.from]!.text === 'import' ? importErrors(r, s) : itemErrors(r, s))
  return [...stray, ...enough(items, errors)]
}

/** The first token of a stretch that is like this, or -1. */
const firstIn = (tokens: readonly Token[], { from, to }: Stretch, like: (t: Token) => boolean): number => {
  for (let i = from; i < to; i++) if (like(tokens[i]!)) return i
  return -1
}

/** The first token behind the line on which a stretch begins. */
const firstLineEnd = ({ tokens, clean }: Recovery, { from, to }: Stretch): number => {
  let i = from + 1
  while (i < to && !firstOfLine(tokens, i, clean)) i++
  return i
}

/** The errors of all stretches, up to as many as are shown: to find one takes its time. */
const enough = (stretches: readonly Stretch[], errors: (s: Stretch) => readonly Diagnostic[]): readonly Diagnostic[] => {
  const found: Diagnostic[] = []
  for (const s of stretches) {
    found.push(...errors(s))
    if (found.length >= limits.diagnostics) break
  }
  return found
}

const strayText = (r: Recovery, stretch: Stretch): readonly Diagnostic[] => {
  if (stretch.from >= stretch.to || told(r, stretch)) return []
  const t = r.tokens[stretch.from]!
  const begun = [...itemWords].filter(w => w.startsWith(t.text))
  if (t.end === r.text.length && begun.length > 0)
    return [
      unexpectedEnd(
        begun.map(w => `\`${w}\``),
        r,
      ),
    ]
  return [report({ file: r.path, start: t.start, end: t.end }, messages.stray(t.text, strayHint({ ...r, ...stretch })))]
}

const told = ({ known, tokens, text }: Recovery, { from, to }: Stretch): boolean => {
  const start = tokens[from]!.start
  let low = 0
  let high = known.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (known[middle]! < start) low = middle + 1
    else high = middle
  }
  return low < known.length && known[low]! < (tokens[to]?.start ?? text.length)
}

/** The errors of a stretch that should be one `rule`. */
const errorsOf = (r: Recovery, { from, to }: Stretch, rule: string, suffix = ''): readonly Diagnostic[] => {
  const start = r.tokens[from]!.start
  const match = grammar.match(r.clean.slice(start, r.tokens[to - 1]!.end) + suffix, rule)
  if (match.failed()) return told(r, { from, to }) ? [] : [explain(match, start, to, r)]
  if (suffix === '') r.parsed(match, start)
  return []
}

const importErrors = (r: Recovery, stretch: Stretch): readonly Diagnostic[] => {
  const text = firstIn(r.tokens, stretch, t => t.kind === 'string')
  const end = text < 0 ? stretch.to : text + 1
  const errors = errorsOf(r, { from: stretch.from, to: end }, 'Import')
  const mended = errors.length === 0 ? undefined : importForm({ ...r, from: stretch.from, to: firstLineEnd(r, stretch) })
  if (mended !== undefined) return [mended]
  return errors.length === 0 ? strayText(r, { from: end, to: stretch.to }) : errors
}

const itemErrors = (r: Recovery, { from, to }: Stretch): readonly Diagnostic[] => {
  const { tokens } = r
  const fn = tokens[from]!.text === 'fn'
  const brace = firstIn(tokens, { from, to }, t => is(t, '{'))
  const short = fn && brace >= 0 && equalsBefore(tokens, from, brace)
  if (brace < 0 || short) return errorsOf(r, { from, to }, 'Item')
  const header = errorsOf(r, { from, to: brace + 1 }, 'Item', fn ? ' return x }' : '}')
  const end = closingBrace(tokens, brace, to)
  const body = enough(statements(r, brace + 1, end), s => {
    if (fn && tokens[s.from]!.text === 'return') return s.from + 1 < s.to ? errorsOf(r, { from: s.from + 1, to: s.to }, 'Expr') : [missing(r, s)]
    return errorsOf(r, s, fn ? 'Equation' : 'Statement')
  })
  if (end >= to) return [...header, ...body, ...unfinished(r, to, [...header, ...body])]
  const noResult = fn && header.length === 0 && body.length === 0 ? errorsOf(r, { from, to: end + 1 }, 'Item') : []
  return [...header, ...body, ...noResult, ...strayText(r, { from: end + 1, to })]
}

/** The missing end of a block. In the middle of the file the look at the brackets has told it. */
const unfinished = (r: Recovery, to: number, errors: readonly Diagnostic[]): readonly Diagnostic[] => {
  const said = errors.some(d => d.code === messages.unexpectedEnd([]).code || d.span.start === r.openAtEnd?.start)
  if (to < r.tokens.length || r.openAtEnd === undefined || said) return []
  if (r.openAtEnd.text === '{') return [unexpectedEnd(['`}`', 'a statement'], r)]
  return errors.length > 0 ? [] : [unexpectedEnd([r.openAtEnd.text === '(' ? '`)`' : '`]`'], r)]
}

const missing = (r: Recovery, s: Stretch): Diagnostic => {
  if (s.to === r.tokens.length) return unexpectedEnd(['an expression'], r)
  const t = r.tokens[s.from]!
  return report({ file: r.path, start: t.start, end: t.end }, messages.incomplete(t.text, ['an expression']))
}

/** Is there an `=` outside of brackets? */
const equalsBefore = (tokens: readonly Token[], from: number, to: number): boolean => {
  let depth = 0
  for (let i = from; i < to; i++) {
    if (depth === 0 && is(tokens[i], '=')) return true
    depth += step(tokens[i]!)
  }
  return false
}

/** The brace that closes the one at `open`, or `to`. Lost brackets inside do not count. */
const closingBrace = (tokens: readonly Token[], open: number, to: number): number => {
  let depth = 0
  for (let i = open; i < to; i++) {
    if (is(tokens[i], '{')) depth++
    if (is(tokens[i], '}') && --depth === 0) return i
  }
  return to
}
