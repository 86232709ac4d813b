/** What a failed match means, in the author's terms. */
import type { MatchResult } from 'ohm-js'
import type { Diagnostic } from './diagnostics.ts'
import grammar from './grammar.ohm-bundle.js'
import { messages, report } from './messages.ts'
import { slipAt } from './slips/syntax.ts'
import type { Token } from './tokens.ts'

const startsOfExpression: ReadonlySet<string> = new Set(['a number', 'a string', 'a name', '`repeat`', '`if`', '`not`', '"+"', '"-"', '"["', '"("'])
const startsOfStatement: ReadonlySet<string> = new Set(['a declaration', '`loss`', '`total`', '`window`', 'a name'])
const afterOperand: ReadonlySet<string> = new Set(['an operator', '"("', '"["', '"."'])

/** The part of a match result that the parser's types leave out. */
interface Failure extends MatchResult {
  getRightmostFailurePosition(): number
  getRightmostFailures(): readonly { toString(): string }[]
}

/** The alternatives at the place of a failure, told by their common names. */
export const expected = (match: Failure): readonly string[] => {
  const found = new Set(match.getRightmostFailures().map(f => f.toString()))
  found.delete('end of input')
  const fold = (marker: string, name: string, members: ReadonlySet<string>): void => {
    if (!found.has(marker)) return
    for (const m of members) found.delete(m)
    found.add(name)
  }
  fold('a number', 'an expression', found.has('an operator') ? new Set([...startsOfExpression].filter(s => !afterOperand.has(s))) : startsOfExpression)
  fold('a declaration', 'a statement', startsOfStatement)
  fold('an operator', 'an operator', afterOperand)
  const words = [...found].map(w => (w.startsWith('"') ? `\`${w.slice(1, -1)}\`` : w))
  // What closes comes first: it is the likeliest.
  return words.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))
}

const rank = (word: string): number => (/^`[)\]}=:]`$/.test(word) ? 0 : word.startsWith('`') ? 2 : 1)

export interface Context {
  readonly path: string
  readonly tokens: readonly Token[]
  /** What the author wrote. */
  readonly text: string
  /** The innermost bracket that is open at the end of the file. */
  readonly openAtEnd?: Token
}

/** Why `match`, whose text begins at `offset` and holds the tokens before the index `next`, failed. */
export const explain = (failed: MatchResult, offset: number, next: number, context: Context): Diagnostic => {
  const { path, tokens } = context
  const match = failed as Failure
  const at = offset + match.getRightmostFailurePosition()
  const index = tokens.findIndex(t => t.end > at)
  const found = index < 0 || index >= next ? undefined : tokens[index]
  const before = tokens[(found === undefined ? (index < 0 ? tokens.length : Math.min(index, next)) : index) - 1]
  const words = expected(match)
  const wanted = words.length === 0 ? ['the end of the file'] : words
  const span = (t: Token) => ({ file: path, start: t.start, end: t.end })
  const whole = found === undefined && next >= tokens.length
  const from = Math.max(
    0,
    tokens.findIndex(t => t.start >= offset),
  )
  const slip =
    whole || tokens.length === 0 ? undefined : slipAt({ path, text: context.text, tokens, from, to: next, at: found === undefined ? next : index, wanted })
  if (slip !== undefined) return slip
  if (found === undefined) {
    if (next < tokens.length && before !== undefined) return report(span(before), messages.incomplete(before.text, wanted))
    return unexpectedEnd(wanted, context)
  }
  // The last word of a file whose blocks are still open is more likely cut off than wrong.
  const begun = context.openAtEnd !== undefined || wanted.some(w => w.startsWith(`\`${found.text}`))
  if (found === tokens.at(-1) && found.kind === 'word' && begun) return unexpectedEnd(wanted, context)
  if (wanted.includes('a name') && reservedWord(found)) return report(span(found), messages.reserved(found.text))
  const after = tokens[index + 1]
  const pair = after?.start === found.end && /^(?:\*\*|[-+*/@]=|[-=]>)$/.test(found.text + after.text) ? after : undefined
  const text = found.text + (pair?.text ?? '')
  const place = { ...span(found), end: (pair ?? found).end }
  return report(place, messages.unexpected(text, wanted, hint(text, found, before, wanted)))
}

export const unexpectedEnd = (wanted: readonly string[], { path, text, openAtEnd }: Context): Diagnostic => {
  const end = { file: path, start: text.length, end: text.length }
  if (openAtEnd === undefined) return report(end, messages.unexpectedEnd(wanted))
  const opening = { file: path, start: openAtEnd.start, end: openAtEnd.end }
  return report(opening, messages.unclosed(openAtEnd.text, undefined, wanted), [{ span: end, message: 'the file ends here' }])
}

export const reservedWord = (t: Token): boolean => t.kind === 'word' && grammar.match(t.text, 'keyword').succeeded()

const hint = (text: string, found: Token, before: Token | undefined, wanted: readonly string[]): string | undefined => {
  if (found.text === '=' && wanted.includes('an operator')) return 'write `==` to compare'
  if (before?.kind === 'number' && found.text === '(') return 'write `*` for a product'
  if (before?.kind === 'word' && wanted.includes('`=`') && (found.kind === 'word' || found.kind === 'number'))
    return `if \`${before.text}\` belongs to the equation before it, an operator is missing there`
  if (wanted.includes('an expression') && reservedWord(found)) return `\`${found.text}\` is a reserved word`
  return undefined
}
