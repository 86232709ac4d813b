/** Choices as other languages write them, and operators. */
import { firstOfLine, is, isWord, touch } from '../around.ts'
import { messages, report } from '../messages.ts'
import { statementWords } from '../nesting.ts'
import { expressionEnd, expressionStart, spanOf, textOf, type Slip, type Stop } from './stop.ts'

/** `a if c else b`. */
export const conditionalBehind: Slip = s => {
  const { tokens, at, to } = s
  if (at >= to || !is(tokens[at], 'if') || !s.wanted.includes('an operator')) return undefined
  const start = expressionStart(s, at)
  const middle = expressionEnd(s, at + 1, ['else'])
  if (start === at || !is(tokens[middle], 'else')) return undefined
  const end = expressionEnd(s, middle + 1)
  return report(spanOf(s, at), messages.choice(textOf(s, at + 1, middle), textOf(s, start, at), textOf(s, middle + 1, end)))
}

/** `where(c, a, b)`, with or without a prefix. */
export const whereCall: Slip = s => {
  const { tokens, at, to } = s
  if (at >= to || !is(tokens[at], 'where') || !is(tokens[at + 1], '(')) return undefined
  const parts: string[] = []
  let i = at + 2
  while (i < to && parts.length < 4) {
    const end = expressionEnd(s, i)
    parts.push(textOf(s, i, end))
    i = end + 1
    if (!is(tokens[end], ',')) break
  }
  const start = is(tokens[at - 1], '.') && at - 2 >= s.from ? at - 2 : at
  const [test, yes, no] = parts
  return parts.length === 3 ? report(spanOf(s, start, at + 1), messages.choice(test!, yes!, no!)) : undefined
}

const elifs: ReadonlySet<string> = new Set(['elif', 'elseif', 'elsif', 'elsei'])

export const elseIf: Slip = s =>
  s.at < s.to && isWord(s.tokens[s.at], elifs) ? report(spanOf(s, s.at), messages.instead(s.tokens[s.at]!.text, 'else if')) : undefined

/** `if c: a else b`, `if (c) a else b`, `if c { a }`. */
export const withoutThen: Slip = s => {
  const { tokens, at, to } = s
  if (at >= to || !s.wanted.includes('`then`')) return undefined
  const found = tokens[at]!
  const test = textOf(s, expressionStart(s, at), at)
  if (is(found, ':') || is(found, '{')) return report(spanOf(s, at), messages.instead(found.text, 'then', `if ${test} then`))
  if (found.kind === 'number' || (found.kind === 'word' && !is(found, 'else'))) return report(spanOf(s, at), messages.lacks('then', found.text))
  return undefined
}

/** `if c then h = a else h = b`: a choice is a value, not a statement. */
export const choiceStatement: Slip = s => {
  const { tokens, at, to } = s
  if (at >= to || !is(tokens[at], 'if') || !(at === s.from || firstOfLine(tokens, at, s.text)) || s.wanted.includes('an expression')) return undefined
  const target = tokens.findIndex((t, i) => i > at && i < at + 60 && is(t, '='))
  return report(spanOf(s, at), messages.choiceStatement(isWord(tokens[target - 1]) ? tokens[target - 1]!.text : 'y'))
}

/** Signs of several characters, and what is written here. */
const pairs: ReadonlyMap<string, string> = new Map([
  ['**', '^'],
  ['=<', '<='],
  ['=>', '>='],
  ['<>', '!='],
  ['===', '=='],
  ['!==', '!='],
  ['.*', '*'],
  ['./', '/'],
  ['.^', '^'],
  ['~=', '!='],
  ['=!', '!='],
  ['@@', '@'],
])

export const otherOperator: Slip = s => {
  const { tokens, at, to } = s
  for (const start of [at, at - 1])
    for (const length of [2, 1]) {
      if (start < s.from || start + length >= to || ![...Array(length).keys()].every(k => touch(tokens[start + k], tokens[start + k + 1]))) continue
      const text = textOf(s, start, start + length + 1)
      const here = pairs.get(text)
      if (here !== undefined) return report(spanOf(s, start, start + length + 1), messages.instead(text, here))
    }
  return undefined
}

/** A comma before a closing bracket. */
export const lastComma: Slip = (s: Stop) => {
  const { tokens, at, from } = s
  const closing = tokens[at]
  const statement = isWord(closing, statementWords) && firstOfLine(tokens, at, s.text)
  return at > from && is(tokens[at - 1], ',') && closing !== undefined && (statement || [')', ']', '}'].some(c => is(closing, c)))
    ? report(spanOf(s, at - 1), messages.lastComma(closing.text))
    : undefined
}
