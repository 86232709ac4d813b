/**
 * Lays a source out anew: the same tokens and comments in the same order, with one spacing. So a formatted text is the
 * same program, parentheses that help the reader stay, and no comment can be lost.
 *
 * One statement is one line; lines that are too long are broken where the loosest operator or comma of their outermost
 * brackets stands. Line breaks of the author stay between the names of a declaration, around comments, and, one at
 * most, as empty lines. The names of declarations begin in one column.
 */
import type { Diagnostic } from './diagnostics.ts'
import { endsValue, landmarks, type Landmarks } from './landmarks.ts'
import { parse } from './parse.ts'
import { precedence } from './precedence.ts'
import type { BinaryOp } from './syntax.ts'
import { scan, type Token } from './tokens.ts'

export interface Formatted {
  /** Missing where the source has an error. */
  readonly text?: string
  readonly diagnostics: readonly Diagnostic[]
}

/** Columns of a line, without the comment behind it. */
const width = 120

/** A token or a comment, and how many line ends stand before it. */
interface Element {
  readonly text: string
  readonly start: number
  readonly comment: boolean
  readonly ends: number
  readonly token?: Token
}

export const format = (path: string, text: string): Formatted => {
  const { file, diagnostics } = parse(path, text)
  if (file === undefined) return { diagnostics }
  const { tokens, comments } = scan(path, text)
  return { text: layOut(elementsOf(text, tokens, comments), landmarks(file, tokens)), diagnostics }
}

const lineEnds = (text: string): number => text.match(/\r\n|[\n\r\u2028\u2029]/g)?.length ?? 0

const elementsOf = (text: string, tokens: readonly Token[], comments: ReadonlyMap<number, string>): readonly Element[] => {
  const all = [
    ...tokens.map(token => ({ text: token.text, start: token.start, end: token.end, comment: false, token })),
    ...[...comments].map(([start, c]) => ({ text: `#${c}`.trimEnd(), start, end: start + c.length + 1, comment: true })),
  ].sort((a, b) => a.start - b.start)
  return all.map((e, i) => ({ ...e, ends: lineEnds(text.slice(i === 0 ? 0 : all[i - 1]!.end, e.start)) }))
}

/** A piece of a line: a token with the space before it, and how good a place it is to break the line: the lower the better. */
interface Piece {
  readonly text: string
  readonly space: boolean
  readonly rank?: number
  readonly depth: number
}

const closes = (text: string): boolean => text === ')' || text === ']' || text === '}'
const opens = (text: string): boolean => text === '(' || text === '[' || text === '{'

const layOut = (elements: readonly Element[], marks: Landmarks): string => {
  const lines: string[] = []
  let pieces: Piece[] = []
  /** Open blocks, and how many brackets were open before each. */
  const blocks: number[] = []
  const brackets: string[] = []
  let inStatement = false
  let blank = false
  const depth = (): number => brackets.length - (blocks.at(-1) ?? 0)

  const emit = (indent: number, text: string): void => {
    if (blank && lines.length > 0 && !lines.at(-1)!.endsWith('{')) lines.push('')
    blank = false
    lines.push(`${' '.repeat(indent)}${text}`)
  }
  const flush = (): void => {
    if (pieces.length === 0) return
    for (const [indent, line] of broken(pieces, 2 * blocks.length, inStatement)) emit(indent, line)
    pieces = []
    inStatement = true
  }

  for (const [i, e] of elements.entries()) {
    const before = elements[i - 1]
    if (e.comment) {
      if (e.ends === 0 && before !== undefined && !before.comment) {
        flush()
        lines.push(`${lines.pop()!}  ${e.text}`)
        continue
      }
      const next = elements.slice(i).find(x => !x.comment)
      const within = next !== undefined && !marks.statements.has(next.start) && !(next.text === '}' && marks.expanded.has(next.start))
      flush()
      if (e.ends > 1) blank = true
      emit(2 * (blocks.length + (within ? Math.max(1, depth()) : 0)), e.text)
      continue
    }
    const token = e.token!
    const starts = marks.statements.has(e.start)
    const ending = token.text === '}' && marks.expanded.has(e.start)
    if (starts || ending) {
      flush()
      inStatement = false
      if (e.ends > 1 && !ending) blank = true
    } else if (pieces.length > 0 && before !== undefined && (before.comment || marks.groups.has(before.start)) && e.ends > 0) flush()
    if (closes(token.text)) brackets.pop()
    if (ending) {
      blocks.pop()
      // An empty block closes on the line on which it opens.
      if (before?.text === '{' && lines.at(-1)!.endsWith('{')) {
        pieces.push({ text: `${lines.pop()!.trim()}}`, space: false, depth: 0 })
        continue
      }
    }
    const previous = before?.token
    const space = pieces.length > 0 && previous !== undefined && spaced(previous, token, brackets.at(-1), marks)
    const pad = previous === undefined ? 0 : (marks.padding.get(previous.start) ?? 0)
    const rank = previous === undefined ? undefined : breakRank(previous, token, marks)
    pieces.push({
      text: `${' '.repeat(pad)}${token.text}`,
      space,
      depth: depth() + (closes(token.text) ? 1 : 0),
      ...(rank === undefined ? {} : { rank: 100 * depth() + rank }),
    })
    if (opens(token.text)) brackets.push(token.text)
    if (token.text === '{' && marks.expanded.has(e.start)) {
      flush()
      blocks.push(brackets.length)
      inStatement = false
    }
  }
  flush()
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`
}

/** The lines of some pieces; `going` when a statement goes on that began on a line before. */
const broken = (pieces: readonly Piece[], indent: number, going: boolean): readonly (readonly [indent: number, text: string])[] => {
  const first = pieces[0]!
  const level = closes(first.text) && first.depth > 0 ? first.depth - 1 : Math.max(1, first.depth)
  const at = indent + (going ? 2 * level : 0)
  let length = at
  let best: { readonly index: number; readonly rank: number } | undefined
  for (const [i, p] of pieces.entries()) {
    // The last of the loosest places before which the line still fits.
    if (i > 0 && p.rank !== undefined && p.rank <= (best?.rank ?? Infinity) && length <= width) best = { index: i, rank: p.rank }
    length += p.text.length + (p.space && i > 0 ? 1 : 0)
  }
  const text = (some: readonly Piece[]): string =>
    some
      .map((p, i) => (p.space && i > 0 ? ` ${p.text}` : p.text))
      .join('')
      .trim()
  if (length <= width || best === undefined) return [[at, text(pieces)]]
  return [[at, text(pieces.slice(0, best.index))], ...broken(pieces.slice(best.index), indent, true)]
}

/** Whether a space stands between two tokens of one line. */
const spaced = (a: Token, b: Token, bracket: string | undefined, marks: Landmarks): boolean => {
  if (marks.tight.has(a.start) || marks.tight.has(b.start)) return false
  if (marks.prefixes.has(a.start)) return a.text === 'not'
  if (a.text === '.' || b.text === '.' || a.text === '^' || b.text === '^') return false
  if (b.text === ',' || b.text === ')' || b.text === ']' || a.text === '(' || a.text === '[') return false
  if (a.text === ',') return true
  if (a.text === ':' || b.text === ':') return a.text === ':' ? bracket !== '[' || b.text === '[' : false
  if (b.text === '(') return marks.starts.has(b.start) || !endsValue(a, marks.keywords)
  if (b.text === '[') return !endsValue(a, marks.keywords)
  return true
}

/** How good it is to break a line before `b`. */
const breakRank = (a: Token, b: Token, marks: Landmarks): number | undefined => {
  if (marks.tight.has(b.start) || marks.tight.has(a.start) || marks.unbroken.has(b.start)) return undefined
  if (a.text === ',') return 0
  if (b.text === 'then' || b.text === 'else') return marks.keywords.has(b.start) ? 1 : undefined
  const binding = b.text === '^' || marks.prefixes.has(b.start) ? undefined : precedence.get(b.text as BinaryOp)
  return binding === undefined ? undefined : 2 + binding
}
