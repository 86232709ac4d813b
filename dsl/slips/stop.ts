/** Where the grammar stopped in a statement, and questions about the tokens around. */
import { closes, closing, is, isWord, opens } from '../around.ts'
import type { Diagnostic } from '../diagnostics.ts'
import { kindWords } from '../nesting.ts'
import type { Token } from '../tokens.ts'

export interface Stop {
  readonly path: string
  /** What the author wrote. */
  readonly text: string
  readonly tokens: readonly Token[]
  /** The statement: its first token, and the one behind its last. */
  readonly from: number
  readonly to: number
  /** The token that cannot stand there; `to`, where the statement ends too early. */
  readonly at: number
  /** What could stand there. */
  readonly wanted: readonly string[]
}

/** An answer in the place of the list of what could stand there. */
export type Slip = (s: Stop) => Diagnostic | undefined

/** The text of the tokens from `from` to before `to`, on one line. */
export const textOf = ({ text, tokens }: Pick<Stop, 'text' | 'tokens'>, from: number, to: number): string =>
  from >= to ? '' : text.slice(tokens[from]!.start, tokens[to - 1]!.end).replace(/\s+/g, ' ')

export const spanOf = ({ path, tokens }: Pick<Stop, 'path' | 'tokens'>, from: number, to = from + 1) => ({
  file: path,
  start: tokens[from]!.start,
  end: tokens[to - 1]!.end,
})

const boundaries: ReadonlySet<string> = new Set(['=', ',', '~', ':', 'if', 'then', 'else', 'loss', 'where', 'from', 'return', 'window', 'every'])

/** Where the expression begins that ends before the token. */
export const expressionStart = ({ tokens, from }: Pick<Stop, 'tokens' | 'from'>, at: number): number => {
  let depth = 0
  let i = at
  for (; i > from; i--) {
    const t = tokens[i - 1]!
    if (closes(t)) depth++
    else if (opens(t) && depth-- === 0) break
    else if (depth === 0 && t.kind !== 'string' && boundaries.has(t.text)) break
  }
  return i
}

/** The first token behind the expression that begins with the token: `ends` may end it, too. */
export const expressionEnd = ({ tokens, to }: Pick<Stop, 'tokens' | 'to'>, at: number, ends: readonly string[] = []): number => {
  let depth = 0
  for (let i = at; i < to; i++) {
    const t = tokens[i]!
    if (depth === 0 && (closes(t) || is(t, ',') || is(t, 'where') || ends.some(e => is(t, e)))) return i
    depth += opens(t) ? 1 : closes(t) ? -1 : 0
  }
  return to
}

/** The first token behind the operand that begins with the token: a name with its indices and calls, a number, brackets. */
export const operandEnd = ({ tokens, to }: Pick<Stop, 'tokens' | 'to'>, at: number): number => {
  let i = is(tokens[at], '-') ? at + 1 : at
  i = opens(tokens[i]!) ? closing(tokens, i, to) + 1 : i + 1
  for (; i < to;) {
    if (is(tokens[i], '[') || is(tokens[i], '(')) i = closing(tokens, i, to) + 1
    else if (is(tokens[i], '.')) i += 2
    else break
  }
  return Math.min(i, to)
}

/** The kind of the declaration that is under way. */
export const kindOf = ({ tokens, from }: Pick<Stop, 'tokens' | 'from'>): string | undefined =>
  isWord(tokens[from], kindWords) ? tokens[from]!.text : undefined

/** The dims in the parentheses of the block that holds the token. */
export const dimsAround = (tokens: readonly Token[], at: number): readonly string[] => {
  let i = at
  while (i >= 0 && !((is(tokens[i], 'cell') || is(tokens[i], 'model')) && is(tokens[i + 2], '('))) i--
  if (i < 0) return []
  const end = closing(tokens, i + 2, tokens.length)
  return tokens.slice(i + 3, end).flatMap((t, k, all) => (t.kind === 'word' && (k === 0 || is(all[k - 1], ',')) ? [t.text] : []))
}

/** Tokens that are looked at for the end of a shape. */
const longestShape = 100

/** How many dims each name has that is declared with a shape: what the tokens alone tell. */
export const declaredRanks = (tokens: readonly Token[]): ReadonlyMap<string, number> => {
  const ranks = new Map<string, number>()
  tokens.forEach((t, i) => {
    if (!is(t, ':') || !isWord(tokens[i - 1]) || !is(tokens[i + 1], '[')) return
    const end = closing(tokens, i + 1, Math.min(tokens.length, i + longestShape))
    let depth = 0
    let rank = end > i + 2 ? 1 : 0
    for (const inner of tokens.slice(i + 2, end)) {
      if (depth === 0 && is(inner, ',')) rank++
      depth += opens(inner) ? 1 : closes(inner) ? -1 : 0
    }
    for (let k = i - 1; isWord(tokens[k]); k -= 2) {
      ranks.set(tokens[k]!.text, rank)
      if (!is(tokens[k - 1], ',')) break
    }
  })
  return ranks
}
