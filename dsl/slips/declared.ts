/** Declarations as other languages write them: types without brackets, parts in another order or without their sign. */
import { closing, is, isWord, opens, step } from '../around.ts'
import type { Diagnostic } from '../diagnostics.ts'
import { limits } from '../limits.ts'
import { isReserved } from '../highlight.ts'
import { messages, report } from '../messages.ts'
import { kindWords } from '../nesting.ts'
import { assigns } from '../statements.ts'
import { dimsAround, expressionEnd, kindOf, spanOf, textOf, type Slip, type Stop } from './stop.ts'
import { initialiserFor, schemeNames } from './words.ts'

/** The first token of the declared name that holds the token, and whether it is one of a declaration or of an equation. */
const nameBefore = ({ tokens, from }: Stop, at: number): number => {
  let depth = 0
  for (let i = at - 1; i > from; i--) {
    depth -= step(tokens[i]!)
    if (depth === 0 && is(tokens[i], ',')) return i + 1
  }
  return isWord(tokens[from], kindWords) ? from + 1 : from
}

const listOf = (names: readonly string[]): string => `[${names.join(', ')}]`

/** `input x: D`, `input x: (D)`, `param W: H, D`, `param W: {H, D}`: a shape stands in brackets. */
export const bareType: Slip = s => {
  const { tokens, at, to } = s
  if (at >= to || !is(tokens[at - 1], ':') || !s.wanted.includes('`[`')) return undefined
  const kind = kindOf(s)
  const name = textOf(s, at - 2, at - 1)
  const found = tokens[at]!
  if (kind === 'hyper') return found.kind === 'number' ? report(spanOf(s, at - 1), messages.hyperType(name, textOf(s, at, expressionEnd(s, at)))) : undefined
  const dims = new Set(dimsAround(tokens, at))
  // `R^D`, `R^{H x D}`, `Tensor[D]`, `vector(D)`.
  const behind = is(tokens[at + 1], '^') ? at + 2 : at + 1
  const bracket = tokens[behind]
  if (isWord(found) && !dims.has(found.text) && bracket !== undefined && behind < to) {
    const end = opens(bracket) ? closing(tokens, behind, to) : behind + 1
    const inside = tokens.slice(opens(bracket) ? behind + 1 : behind, end).flatMap(t => (is(t, ',') || is(t, 'x') || is(t, '*') ? [] : [t.text]))
    if (inside.length > 0 && inside.length <= limits.rank && inside.every(t => dims.has(t) || /^\d+$/.test(t)))
      return report(spanOf(s, at, Math.min(opens(bracket) ? end + 1 : end, to)), messages.bareType(name, listOf(inside)))
  }
  if (opens(found) || is(found, '<')) {
    const end = is(found, '<') ? tokens.findIndex((t, i) => i > at && is(t, '>')) : closing(tokens, at, to)
    const inside = tokens.slice(at + 1, Math.max(end, at + 1)).flatMap(t => (is(t, ',') ? [] : [t.text]))
    const fits = inside.length > 0 && inside.length < 9 && inside.every(t => /^\w+$/.test(t))
    return report(spanOf(s, at, end > at && end < to ? end + 1 : at + 1), messages.bareType(name, fits ? listOf(inside) : undefined))
  }
  const shape: string[] = []
  let i = at
  for (; i < to && (dims.has(tokens[i]!.text) || tokens[i]!.kind === 'number'); i += 2) {
    shape.push(tokens[i]!.text)
    const follows = [',', '*', 'x', 'by'].some(sign => is(tokens[i + 1], sign))
    if (!follows || is(tokens[i + 3], ':')) break
  }
  return report(spanOf(s, at, Math.max(at + 1, Math.min(i + 1, to))), messages.bareType(name, shape.length > 0 ? listOf(shape) : undefined))
}

/** `[H x D]`, `[H D]`, `[H][D]`: dims are separated by commas. */
export const joinedDims: Slip = s => {
  const { tokens, at, to } = s
  if (at >= to || at <= s.from) return undefined
  const dims = dimsAround(tokens, at)
  const isDim = (i: number): boolean => tokens[i]?.kind === 'number' || (isWord(tokens[i]) && dims.includes(tokens[i]!.text))
  if (is(tokens[at], '[') && is(tokens[at - 1], ']') && isDim(at - 2) && isDim(at + 1) && is(tokens[at + 2], ']')) {
    const first = textOf(s, at - 2, at - 1)
    return report(spanOf(s, at, at + 3), messages.joinedDims(listOf([first, tokens[at + 1]!.text])))
  }
  const between = is(tokens[at], 'x') || is(tokens[at], 'by') ? 1 : 0
  if (!isDim(at - 1) || !isDim(at + between) || !is(tokens[at - 2], '[') || !is(tokens[at - 3], ':')) return undefined
  return report(spanOf(s, at), messages.joinedDims(listOf([tokens[at - 1]!.text, tokens[at + between]!.text])))
}

/** `input x [D]`, `input x(D)`. */
export const missingColon: Slip = s => {
  const { tokens, at, to } = s
  if (at >= to || !s.wanted.includes('`:`') || kindOf(s) === undefined || nameBefore(s, at) !== at - 1 || !isWord(tokens[at - 1])) return undefined
  const name = tokens[at - 1]!.text
  const found = tokens[at]!
  if (is(found, '[') || is(found, '(')) {
    const end = closing(tokens, at, to)
    if (kindOf(s) === 'state' && tokens[at + 1]?.kind === 'number' && is(tokens[end + 1], '='))
      return report(spanOf(s, at, end + 1), messages.missingPart(`${name} from ${textOf(s, end + 2, expressionEnd(s, end + 2))}`))
    return report(spanOf(s, at), messages.missingColon(`${name}: [${textOf(s, at + 1, end)}]`))
  }
  if (kindOf(s) === 'hyper' && found.kind === 'number') return report(spanOf(s, at), messages.missingValue(`hyper ${name} = ${found.text}`))
  if (['once', 'shared', 'over', 'index'].some(w => is(found, w))) {
    if (is(tokens[at + 1], ':')) {
      const end = expressionEnd(s, at + 2, ['~', 'from'])
      return report(spanOf(s, at), messages.partOrder(found.text, undefined, `${name}: ${textOf(s, at + 2, end)} ${found.text}`))
    }
    const rest = textOf(s, at, is(found, 'over') ? at + 2 : is(found, 'index') ? closing(tokens, at + 1, to) + 1 : at + 1)
    return report(spanOf(s, at), messages.missingColon(`${name}: ${rest}`))
  }
  return undefined
}

/** The order of the parts of a declared name. */
const rank: ReadonlyMap<string, number> = new Map([
  ['over', 0],
  ['once', 0],
  ['shared', 1],
  ['=', 2],
  ['~', 3],
  ['scaled', 4],
  ['fixed', 5],
  ['from', 6],
])
const alone: ReadonlySet<string> = new Set(['once', 'shared', 'fixed'])
const ofType: ReadonlySet<string> = new Set(['over', 'once', 'shared'])

/** `~ bernoulli(0.5) once`: each part has its place in a declaration. */
export const partOrder: Slip = s => {
  const { tokens, at, to } = s
  const found = tokens[at]
  if (at >= to || found === undefined || kindOf(s) === undefined || !rank.has(found.text)) return undefined
  const start = nameBefore(s, at)
  if (at === start) return alone.has(found.text) && isWord(tokens[at + 1]) ? beforeName(s, at) : undefined
  const end = is(found, 'once') && is(tokens[at + 1], 'shared') ? at + 2 : alone.has(found.text) ? at + 1 : expressionEnd(s, at + 1, [...rank.keys()])
  const last = expressionEnd(s, end)
  const tell = (before: string, mend: string): Diagnostic => report(spanOf(s, at), messages.partOrder(found.text, before, mend))
  let depth = 0
  for (let i = start + 1; i < at; i++) {
    const t = tokens[i]!
    if (depth === 0 && t.kind !== 'string' && (rank.get(t.text) ?? -1) > rank.get(found.text)!) {
      const colon = ofType.has(found.text) && !is(tokens[start + 1], ':') ? ':' : ''
      const rest = end < last ? ` ${textOf(s, end, last)}` : ''
      return tell(t.text, `${textOf(s, start, i)}${colon} ${textOf(s, at, end)} ${textOf(s, i, at)}${rest}`)
    }
    depth += step(t)
  }
  // `scaled 0.9 ~ orthogonal`.
  if (!(is(found, 'scaled') || is(found, 'fixed'))) return undefined
  const init = is(tokens[end], '~') ? textOf(s, end, last) : '~ glorot'
  return report(spanOf(s, at), messages.partBehind(found.text, `${textOf(s, start, at)} ${init} ${textOf(s, at, end)}`))
}

/** `input once x: [D]`. */
const beforeName = (s: Stop, at: number): Diagnostic => {
  const { tokens } = s
  const typed = is(tokens[at + 2], ':') && is(tokens[at + 3], '[')
  const type = typed ? closing(tokens, at + 3, s.to) + 1 : at + 2
  const rest = textOf(s, type, expressionEnd(s, type))
  const word = tokens[at]!.text
  return report(spanOf(s, at), messages.partOrder(word, undefined, `${textOf(s, at + 1, type)}${typed ? '' : ':'} ${word}${rest === '' ? '' : ` ${rest}`}`))
}

/** `param W: [H, D] U: [H, H]`. */
export const missingComma: Slip = s => {
  const { tokens, at, to } = s
  const found = tokens[at]
  if (at + 1 >= to || kindOf(s) === undefined || !isWord(found) || isReserved(found.text) || !is(tokens[at + 1], ':') || !s.wanted.includes('`,`'))
    return undefined
  return report(spanOf(s, at), messages.lacks(',', found.text))
}

/** `param {W: [H, D]}`, `input: x`. */
export const oddHead: Slip = s => {
  const { tokens, at, from, to } = s
  const kind = kindOf(s)
  if (kind === undefined || at !== from + 1 || at >= to) return undefined
  if (is(tokens[at], ':') && isWord(tokens[at + 1]))
    return report(spanOf(s, at), messages.oddHead(':', `${kind} ${textOf(s, at + 1, expressionEnd(s, at + 1)).replace(/^(\w+) ?\[/, '$1: [')}`))
  const end = opens(tokens[at]!) ? closing(tokens, at, to) : to
  const inside = textOf(s, at + 1, end)
  return end < to && /^\w+\s*[:,]|^\w+$/.test(inside) && end === to - 1
    ? report(spanOf(s, at), messages.oddHead(tokens[at]!.text, `${kind} ${inside}`))
    : undefined
}

/** `param U: [H, H] := orthogonal`, `state h: [H] <- 0`. */
export const otherSign: Slip = s => {
  const { tokens, at, to } = s
  const kind = kindOf(s)
  const length = assigns(tokens, at)
  if (at + length >= to || length === 0 || kind === undefined) return undefined
  const sign = textOf(s, at, at + length)
  const here = kind === 'hyper' ? '=' : kind === 'param' || kind === 'noise' ? '~' : 'from'
  const value = textOf(s, at + length, expressionEnd(s, at + length))
  return report(
    spanOf(s, at, at + length),
    messages.instead(sign, here, `${kind === 'hyper' ? 'hyper ' : ''}${textOf(s, nameBefore(s, at), at)} ${here} ${value}`),
  )
}

const starts: ReadonlySet<string> = new Set(['init', 'initial', 'initially', 'start', 'begins', 'default', 'initialized', 'initialised'])

/** `param W: [H, D] orthogonal`, `noise m: [H] bernoulli(0.5)`, `state h: [H] init 0`: the sign before the part is missing. */
export const missingSign: Slip = s => {
  const { tokens, at, to } = s
  const kind = kindOf(s)
  if (at >= to || kind === undefined || !isWord(tokens[at]) || !s.wanted.includes('`~`')) return undefined
  const word = tokens[at]!.text
  const start = nameBefore(s, at)
  const end = expressionEnd(s, at)
  const given = textOf(s, start, at)
  if (starts.has(word) && at + 1 < end) {
    const given_ = textOf(s, is(tokens[at + 1], '=') ? at + 2 : at + 1, end)
    const value = kind === 'param' ? (initialiserFor(given_) ?? given_) : given_.replace(/^zeros?(?:\(.*\))?$/, '0').replace(/^ones?(?:\(.*\))?$/, '1')
    return report(spanOf(s, at), messages.missingPart(`${given} ${kind === 'param' ? '~' : 'from'} ${value}`))
  }
  if (kind === 'noise' && (word === 'bernoulli' || word === 'normal' || word === 'uniform'))
    return report(spanOf(s, at), messages.missingPart(`${given} ~ ${textOf(s, at, end)}`))
  const scheme = schemeNames.includes(word) ? textOf(s, at, end) : initialiserFor(word)
  return kind === 'param' && scheme !== undefined ? report(spanOf(s, at), messages.missingPart(`${given} ~ ${scheme}`)) : undefined
}
