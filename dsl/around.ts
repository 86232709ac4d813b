/** Questions about tokens and their neighbours, for texts that do not parse. */
import type { Token } from './tokens.ts'

export const is = (t: Token | undefined, text: string): boolean => t !== undefined && t.kind !== 'string' && t.text === text
export const isWord = (t: Token | undefined, words?: ReadonlySet<string>): t is Token & { readonly kind: 'word' } =>
  t?.kind === 'word' && (words === undefined || words.has(t.text))
export const opens = (t: Token): boolean => t.kind === 'symbol' && '([{'.includes(t.text)
export const closes = (t: Token): boolean => t.kind === 'symbol' && ')]}'.includes(t.text)

/** How a token changes the depth of brackets. */
export const step = (t: Token): number => (opens(t) ? 1 : closes(t) ? -1 : 0)

const beforeOperand = /^(?:[-+*/@^<>=~([]|==|!=|<=|>=|and|or|not|if|then|else)$/
/** Words and signs that stand before an operand in one place or another. */
const beforeSome: ReadonlySet<string> = new Set([',', 'loss', 'where', 'window', 'every', 'scaled', 'return', 'from'])

/** An operand is due behind it. */
export const wantsOperand = (t: Token): boolean => t.kind !== 'string' && beforeOperand.test(t.text)
/** An operand may stand behind it, and not only as the start of something else. */
export const mayLead = (t: Token): boolean => wantsOperand(t) || (t.kind !== 'string' && beforeSome.has(t.text))

/** Is there a line break before the token? */
export const firstOfLine = (tokens: readonly Token[], at: number, text: string): boolean =>
  at === 0 || /[\n\r\u2028\u2029]/.test(text.slice(tokens[at - 1]!.end, tokens[at]!.start))

/** The index of the bracket that closes the one at `open`; `to` where none does. */
export const closing = (tokens: readonly Token[], open: number, to: number): number => {
  let depth = 0
  for (let i = open; i < to; i++) {
    depth += step(tokens[i]!)
    if (depth === 0) return i
  }
  return to
}

/** Do two tokens touch? */
export const touch = (a: Token | undefined, b: Token | undefined): boolean => a !== undefined && a.end === b?.start
