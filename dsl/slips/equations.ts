/** Equations as other languages and papers write them. */
import { closing, firstOfLine, is, isWord, opens, step, touch } from '../around.ts'
import type { Diagnostic } from '../diagnostics.ts'
import { isReserved } from '../highlight.ts'
import { hints } from '../hints.ts'
import { messages, report } from '../messages.ts'
import { itemWords, kindWords } from '../nesting.ts'
import { assigns } from '../statements.ts'
import { suggest } from '../suggest.ts'
import { declaredRanks, expressionEnd, expressionStart, operandEnd, spanOf, textOf, type Slip, type Stop } from './stop.ts'
import { assignmentWords, blockWords, declarationWords, shapeWords } from './words.ts'

/** `h[t] = …`, `h(t) = …`: the left side is a name. */
export const indexedTarget: Slip = s => {
  const { tokens, at, from, to } = s
  const name = tokens[at - 1]
  if (at <= from || at >= to || !isWord(name) || !(is(tokens[at], '[') || is(tokens[at], '('))) return undefined
  const end = closing(tokens, at, to) + 1
  if (end > to || !(is(tokens[end], '=') || is(tokens[end], ',') || assigns(tokens, end) > 0 || is(tokens[end], ':'))) return undefined
  if (at - 1 > from && !is(tokens[at - 2], ',')) return undefined
  const inside = textOf(s, at + 1, end - 1).replaceAll(' ', '')
  return report(spanOf(s, at, end), messages.indexedTarget(name.text, textOf(s, at, end), inside))
}

/** `h := …`, `h <- …`, `h == …`, `h += …`. */
export const otherAssignment: Slip = s => {
  const { tokens, at, from } = s
  // `:` is read as the start of a stated shape, `<` as a comparison: reading may stop at either part of the sign.
  const sign = [at, at - 1].find(i => i > from && assigns(tokens, i) > 0)
  if (sign === undefined || !isWord(tokens[sign - 1]) || (sign - 1 > from && !is(tokens[sign - 2], ',') && s.wanted.includes('an operator'))) return undefined
  const end = sign + assigns(tokens, sign)
  const text = textOf(s, sign, end)
  const name = textOf(s, sign - 1, sign)
  const message = /^[-+*/@]=$/.test(text)
    ? messages.update(name, text)
    : text === '=='
      ? messages.instead(text, '=', `${name} = …`)
      : messages.symbol(text, hints.write(`${name} = …`))
  return report(spanOf(s, sign, end), message)
}

/** `(a, b) = …`: names stand without brackets. */
export const bracketedTargets: Slip = s => {
  const { tokens, from, to } = s
  if (!opens(tokens[from]!) || is(tokens[from], '{')) return undefined
  const end = closing(tokens, from, to)
  const names = textOf(s, from + 1, end)
  return end < to && is(tokens[end + 1], '=') && /^\w+(?:, ?\w+)*$/.test(names) ? report(spanOf(s, from, end + 1), messages.bracketedTargets(names)) : undefined
}

/** `loss: e`. */
export const lossColon: Slip = s =>
  s.at < s.to && is(s.tokens[s.at], ':') && isWord(s.tokens[s.at - 1], new Set(['loss', 'window']))
    ? report(spanOf(s, s.at), messages.lossColon(`${textOf(s, s.at - 1, s.at)} ${textOf(s, s.at + 1, s.to)}`))
    : undefined

/** A word that begins no statement here: `let h = …`, `params W: [H]`, `for …`. */
export const statementWord: Slip = s => {
  const { tokens, at } = s
  const first = [at - 1, at].find(
    i =>
      i >= s.from &&
      isWord(tokens[i]) &&
      !isReserved(tokens[i]!.text) &&
      isWord(tokens[i + 1]) &&
      (i === s.from || i === at) &&
      !firstOfLine(tokens, i + 1, s.text),
  )
  if (first === undefined) {
    const word = tokens[at] ?? tokens[at - 1]
    return word !== undefined && blockWords.has(tokens[s.from]!.text) && at <= s.from + 1 ? wordAt(s, s.from) : undefined
  }
  return first === at && !known(tokens[at]!.text) ? undefined : wordAt(s, first)
}

const known = (word: string): boolean => assignmentWords.has(word) || declarationWords.has(word) || shapeWords.has(word) || blockWords.has(word)

const wordAt = (s: Stop, at: number): Diagnostic | undefined => {
  const { tokens } = s
  const word = tokens[at]!.text
  const [name, sign, value, after] = [1, 2, 3, 4].map(k => tokens[at + k])
  const tell = (hint: string): Diagnostic => report(spanOf(s, at), messages.statementWord(word, hint))
  const equation = is(sign, '=') || assigns(tokens, at + 2) > 0 || is(sign, '[') || is(sign, '(')
  const number = is(sign, '=') && value?.kind === 'number' && (after === undefined || !touch(value, after))
  const close = suggest(word, [...kindWords, 'loss', 'window', 'total'])
  if (close !== undefined && !blockWords.has(word)) return tell(hints.meant(close))
  if (word === 'const' && number) return tell(hints.write(`hyper ${name!.text} = ${value.text}`))
  if (assignmentWords.has(word) && equation) return tell(hints.leaveOut(`${name!.text} = …`))
  const kind = declarationWords.get(word)
  if (kind !== undefined && name !== undefined && !itemWords.has(name.text))
    return tell(hints.write(`${kind} ${kind === 'loss' ? textOf(s, at + 1, s.to) : name.text}`))
  const meaning = blockWords.get(word)
  if (meaning !== undefined) return tell(hints.blockWord(meaning))
  if (shapeWords.has(word) || (is(sign, ':') && is(value, '['))) return tell(hints.declarations())
  return undefined
}

/** `h_{t-1}`, `W_{xh}`, `x^{2}`: braces of a paper. */
export const bracedIndex: Slip = s => {
  const { tokens, at, to } = s
  if (at >= to || !is(tokens[at], '{') || at <= s.from) return undefined
  const raised = is(tokens[at - 1], '^')
  const name = tokens[raised ? at - 2 : at - 1]
  if (raised && !isWord(name)) {
    const inside = textOf(s, at + 1, closing(tokens, at, to))
    return report(spanOf(s, at), messages.braces(`^{${inside}}`, /^\w+$/.test(inside) ? `^${inside}` : `^(${inside})`))
  }
  if (!isWord(name) || !touch(tokens[at - 1], tokens[at]) || !(raised || name.text.endsWith('_'))) return undefined
  const end = closing(tokens, at, to)
  if (end >= to) return undefined
  const start = raised ? at - 2 : at - 1
  const inside = textOf(s, at + 1, end)
    .replaceAll(' ', '')
    .replace(/^\((.*)\)$/, '$1')
  return report(spanOf(s, start, end + 1), messages.braces(textOf(s, start, end + 1), unbraced(name.text.replace(/_$/, ''), inside, raised)))
}

const unbraced = (name: string, inside: string, raised: boolean): string | undefined => {
  if (inside === 't') return name
  if (/^t[-+]\w+$/.test(inside)) return `${name}[${inside}]`
  if (raised) return inside === 'T' ? `transpose(${name})` : /^\w+$/.test(inside) ? `${name}^${inside}` : `${name}^(${inside})`
  return /^\w+$/.test(inside) ? `${name}_${inside}` : undefined
}

/** `W x`: two operands and nothing between. */
export const missingOperator: Slip = s => {
  const { tokens, at, from, to } = s
  const [before, found] = [tokens[at - 1], tokens[at]]
  if (at >= to || at <= from || !s.wanted.includes('an operator') || before === undefined || found === undefined) return undefined
  const ends = before.kind !== 'symbol' || is(before, ')') || is(before, ']')
  if (!ends || !(found.kind === 'word' || found.kind === 'number') || isWord(tokens[at], new Set(['if', 'for', 'in', 'is', 'elif']))) return undefined
  // On the next line it is the start of something else.
  if (/[\n\r]/.test(s.text.slice(before.end, found.start))) return undefined
  const right = textOf(s, at, operandEnd(s, at))
  const ranks = declaredRanks(tokens)
  const rank = before.kind === 'word' ? ranks.get(before.text) : undefined
  const left = textOf(s, Math.max(expressionStart(s, at), at - 1), at)
  const sign = rank === 2 ? '@' : before.kind === 'number' || (rank !== undefined && rank < 2) ? '*' : undefined
  return report(spanOf(s, at), messages.sideBySide(left, right, sign))
}

/** `a, b = c, d` and `a = b = c`. */
export const severalValues: Slip = s => {
  const { tokens, at, from, to } = s
  if (at >= to || !s.wanted.includes('an operator') || isWord(tokens[from], kindWords)) return undefined
  const equals = tokens.findIndex((t, i) => i > from && i < at && is(t, '='))
  if (equals < 0 || expressionStart(s, at) !== equals + 1) return undefined
  const names = textOf(s, from, equals).split(/, ?/)
  if (is(tokens[at], '=')) return report(spanOf(s, at), messages.chainedEquation(textOf(s, at - 1, at), names[0]!))
  const next = tokens[at + 1]
  if (is(tokens[at], ',') && (at + 1 === to || (isWord(next) && is(tokens[at + 2], '=')))) return report(spanOf(s, at), messages.commaBehind())
  if (!is(tokens[at], ',') || names.length < 2) return undefined
  const second = textOf(s, at + 1, expressionEnd(s, at + 1))
  return report(spanOf(s, at), messages.listedValues([`${names[0]!} = ${textOf(s, equals + 1, at)}`, `${names[1]!} = ${second}`]))
}

/** `tanh(x)` or `U: [H, H]` alone: a value, or a declaration, without what it is for. */
export const nameless: Slip = s => {
  const { tokens, at, from, to } = s
  if (!isWord(tokens[from]) || isReserved(tokens[from].text) || !s.wanted.includes('`=`') || at <= from) return undefined
  if (is(tokens[from + 1], ':') && at === to && is(tokens[to - 1], ']')) {
    let i = from - 1
    while (i >= 0 && !isWord(tokens[i], kindWords) && !is(tokens[i], '=') && !is(tokens[i], '{')) i--
    const kind = isWord(tokens[i], kindWords) ? tokens[i]!.text : 'param'
    return report(spanOf(s, from), messages.statementWord(tokens[from].text, hints.write(`${kind} ${textOf(s, from, to)}`)))
  }
  const value = at === to ? at === from + 1 : ['@', '+', '-', '*', '/', '^', '(', '[', '.'].some(sign => is(tokens[at], sign)) && at === from + 1
  return value ? report(spanOf(s, from, to), messages.nameless(textOf(s, from, to))) : undefined
}

/** `(H, 1)`, `(a, b)`: several values in parentheses that are no call. */
export const tuple: Slip = s => {
  const { tokens, at, from, to } = s
  if (at >= to || !is(tokens[at], ',')) return undefined
  let depth = 0
  let open = at - 1
  for (; open > from && depth >= 0; open--) {
    depth -= step(tokens[open]!)
    if (depth < 0) break
  }
  const before = tokens[open - 1]
  const calls = before === undefined || isWord(before) || is(before, ')') || is(before, ']')
  if (!is(tokens[open], '(') || (calls && !(isWord(before) && isReserved(before.text)))) return undefined
  const inside = textOf(s, open + 1, closing(tokens, open, to)).replace(/,$/, '')
  const sizes = inside.split(/, ?/).every(part => /^[A-Z]\w*$|^\d+$/.test(part))
  return report(spanOf(s, open), messages.tuple(sizes ? `[${inside}]` : undefined, inside))
}
