/** Where the statements of a body begin, told by the tokens alone: for bodies that do not parse as a whole. */
import { closing, firstOfLine, is, isWord, mayLead, step, touch, wantsOperand } from './around.ts'
import { isReserved } from './highlight.ts'
import { kindWords, statementWords } from './nesting.ts'
import type { Token } from './tokens.ts'

/** A stretch of tokens, `from` included, `to` not. */
export interface Stretch {
  readonly from: number
  readonly to: number
}

export interface Body {
  readonly tokens: readonly Token[]
  readonly clean: string
  /** The brackets that nothing closes. */
  readonly unclosed: ReadonlySet<Token>
}

/** Cuts the tokens of a body where statements begin. */
export const statements = ({ tokens, clean, unclosed }: Body, from: number, to: number): readonly Stretch[] => {
  const cuts: number[] = []
  let open: Token[] = []
  for (let i = from; i < to; i++) {
    const t = tokens[i]!
    const lost = open.every(o => unclosed.has(o))
    const first = i === from || firstOfLine(tokens, i, clean)
    const word = isWord(t, statementWords) && !(t.text === 'loss' && is(tokens[i - 1], 'total'))
    // Where an operand is due, a word on the same line is that operand, if a wrong one.
    const due = !first && wantsOperand(tokens[i - 1]!)
    const begins = word || ((open.length === 0 || first) && beginsEquation(tokens, i, to)) || (first && beginsLine(tokens, i, to))
    if (i === from || (lost && !due && begins)) {
      cuts.push(i)
      open = []
    }
    const change = step(t)
    if (change > 0) open.push(t)
    else if (change < 0) open.pop()
  }
  return cuts.map((cut, k) => ({ from: cut, to: cuts[k + 1] ?? to }))
}

/** No expression, and no list of declared names, is under way before the token. */
const free = (tokens: readonly Token[], at: number): boolean => {
  const before = tokens[at - 1]
  return before === undefined || !([',', ':', '.'].some(s => is(before, s)) || isWord(before, kindWords))
}

const isName = (t: Token | undefined): t is Token & { readonly kind: 'word' } => t?.kind === 'word' && !isReserved(t.text)

/** `a =`, `a, b =`, `a: [H] =` at such a place. */
const beginsEquation = (tokens: readonly Token[], at: number, to: number): boolean => {
  if (!free(tokens, at)) return false
  let i = at
  for (;;) {
    if (i >= to || !isName(tokens[i])) return false
    i++
    if (is(tokens[i], ':') && is(tokens[i + 1], '[')) i = closing(tokens, i + 1, to) + 1
    if (i < to && is(tokens[i], '=')) return true
    if (i >= to || !is(tokens[i], ',')) return false
    i++
  }
}

/** How many tokens at this place are a sign that other languages write for `=`: `:=`, `<-`, `==`, `+=`. */
export const assigns = (tokens: readonly Token[], at: number): number => {
  const [a, b] = [tokens[at], tokens[at + 1]]
  if (is(a, '==')) return 1
  if (is(a, '<') && is(b, '-')) return touch(a, b) ? 2 : 0
  return is(b, '=') && [':', '+', '-', '*', '/', '@'].some(s => is(a, s)) && touch(a, b) ? 2 : 0
}

/** Two operands in a row are never right: a name at the start of a line, behind a value, begins something. */
const beginsLine = (tokens: readonly Token[], at: number, to: number): boolean => {
  const before = tokens[at - 1]
  const t = tokens[at]!
  if (!free(tokens, at) || (before !== undefined && (wantsOperand(before) || mayLead(before)))) return false
  if (isName(t)) return !(is(t, 'shared') || is(t, 'index')) || is(tokens[at + 1], '=')
  if (t.kind === 'string') return true
  // `(a, b) = …`
  const end = is(t, '(') || is(t, '[') ? closing(tokens, at, to) + 1 : to
  return end < to && (is(tokens[end], '=') || assigns(tokens, end) > 0)
}
