/** Signs that the language does not have: what is written in their place, in the names around them. */
import { closes, firstOfLine, is, opens } from '../around.ts'
import type { Diagnostic } from '../diagnostics.ts'
import { hints } from '../hints.ts'
import { messages, report, type Message } from '../messages.ts'
import { lineAt, lineStarts } from '../text.ts'
import type { Scan, Strange, Token } from '../tokens.ts'
import { commands, lookalikes, plainOf, products } from './lookalikes.ts'
import { declaredRanks, expressionEnd, expressionStart, operandEnd, textOf } from './stop.ts'

interface Around {
  readonly text: string
  readonly tokens: readonly Token[]
  readonly ranks: ReadonlyMap<string, number>
}

/** One message for each sign of a line, and for each mend: a sign that stands at the end of every line is told once. */
export const strangeSigns = (path: string, text: string, { tokens, strange }: Scan, most: number): readonly Diagnostic[] => {
  if (strange.length === 0) return []
  const around: Around = { text, tokens, ranks: declaredRanks(tokens) }
  const starts = lineStarts(text)
  const told = new Set<string>()
  const found: Diagnostic[] = []
  for (const sign of strange) {
    const place = `${sign.text} ${lineAt(starts, sign.start)}`
    if (told.has(place)) continue
    const message = messageFor(sign, around)
    const mend = `${message.message} ${message.hint}`
    if (!told.has(mend)) found.push(report({ file: path, start: sign.start, end: sign.end }, message))
    told.add(place)
    told.add(mend)
    if (found.length > most) break
  }
  return found
}

const words: ReadonlyMap<string, string> = new Map([
  ['&&', 'and'],
  ['&', 'and'],
  ['!', 'not'],
])

const messageFor = (sign: Strange, around: Around): Message => {
  const { text } = sign
  if (sign.comment === true) return messages.symbol(text, hints.comment(text === '/*'))
  if (/^[!-~]/.test(text)) return messages.symbol(text, asciiHint(sign, around))
  const plain = [...text].map(c => plainOf.get(c))
  const hint = plain.every(c => c !== undefined) ? indexHint(plain.join(''), text, sign, around) : paperHint(text, sign, around)
  return messages.notAscii(text, hint)
}

/** The word, or the value in brackets, that touches the sign. */
const touching = ({ before, start }: Strange, { tokens }: Around): Token | undefined => (tokens[before - 1]?.end === start ? tokens[before - 1] : undefined)

const asciiHint = (sign: Strange, around: Around): string | undefined => {
  const { text, before } = sign
  const { tokens } = around
  const own = touching(sign, around)
  const word = words.get(text)
  if (word !== undefined) return hints.write(word)
  if (text === '\\') return hints.lineBreak()
  // `W: [H]; U: [H]`, in one declaration.
  if (text === ';' && tokens[before]?.kind === 'word' && is(tokens[before + 1], ':') && !firstOfLine(tokens, before, around.text)) return hints.write(',')
  if (text === ';') return hints.semicolon(bracketAround(around, before))
  if (text === '%') {
    const next = tokens[before]
    const a = tokens[before - 1]
    if (next === undefined || a === undefined) return hints.write('mod(a, b)')
    const whole = { text: around.text, tokens, to: tokens.length }
    return hints.write(`mod(${textOf(whole, operandStart(around, before), before)}, ${textOf(whole, before, operandEnd(whole, before))})`)
  }
  if (text === "'") return own === undefined ? hints.quotes() : primeHint(own, sign, around)
  if (text === '?') return choiceHint(sign, around)
  if (text === '||' || text === '|') return barHint(sign, around)
  if (!text.startsWith('\\')) return undefined
  const command = text.slice(1)
  const next = tokens[before]
  const here = commands.get(command) ?? (command === 'sigma' && is(next, '(') ? 'sigmoid' : /^(?:top|intercal)$/.test(command) ? 'transpose(…)' : command)
  return here === '#' ? undefined : hints.write(here)
}

/** The bracket in which the place lies, within its statement. */
const bracketAround = ({ tokens }: Around, before: number): string | undefined => {
  let depth = 0
  for (let i = before - 1; i >= 0 && i > before - 100; i--) {
    if (opens(tokens[i]!) && depth-- === 0) return is(tokens[i], '{') ? undefined : tokens[i]!.text
    if (closes(tokens[i]!)) depth++
  }
  return undefined
}

/** Where the operand begins that ends before the token. */
const operandStart = ({ tokens }: Around, at: number): number => {
  let i = at - 1
  for (let depth = 0; i > 0; i--) {
    depth += is(tokens[i], ')') || is(tokens[i], ']') ? 1 : is(tokens[i], '(') || is(tokens[i], '[') ? -1 : 0
    if (depth <= 0 && (tokens[i]!.kind !== 'symbol' ? !is(tokens[i - 1], '.') : is(tokens[i], '(') && tokens[i - 1]!.kind === 'symbol')) break
  }
  return i
}

/** `W'`: a transpose, or a letter of a name. */
const primeHint = (own: Token, { before, end }: Strange, { text, tokens, ranks }: Around): string => {
  const after = /^\s*[@*]/.test(text.slice(end, end + 20))
  const name = own.kind === 'word' ? own.text : undefined
  if (name === undefined) return after ? hints.transpose() : hints.letters(undefined)
  const rank = ranks.get(name)
  if (rank === 2 || (rank === undefined && (after || is(tokens[before - 2], '@')))) return hints.write(`transpose(${name})`)
  return rank === 1 && after ? hints.vector(name) : hints.letters(`${name}_new`)
}

/** `c ? a : b`. */
const choiceHint = ({ before }: Strange, { text, tokens }: Around): string => {
  const from = Math.max(0, before - 100)
  const to = Math.min(tokens.length, before + 200)
  const colon = expressionEnd({ tokens, to }, before, [':'])
  if (before === 0 || !is(tokens[colon], ':')) return hints.choice('if a then b else c')
  let stop = colon + 1
  while (stop < to && !firstOfLine(tokens, stop, text)) stop++
  const end = expressionEnd({ tokens, to: stop }, colon + 1)
  const whole = { text, tokens }
  const mend = `if ${textOf(whole, expressionStart({ tokens, from }, before), before)} then ${textOf(whole, before, colon)} else ${textOf(whole, colon + 1, end)}`
  return hints.choice(mend)
}

/** `a || b`, `|x|`, `||x||`. */
const barHint = ({ text, before, end }: Strange, { text: source, tokens }: Around): string => {
  const own = tokens[before - 1]
  const operand = own === undefined || (own.kind === 'symbol' && !is(own, ')') && !is(own, ']'))
  const inside = new RegExp(`^([^|\\n\\r]{1,60})${text === '|' ? '\\|(?!\\|)' : '\\|\\|'}`).exec(source.slice(end, end + 70))?.[1]
  if (operand && inside !== undefined) return hints.write(`${text === '|' ? 'abs' : 'norm'}(${inside.trim()})`)
  return hints.write('or')
}

/** `h\u209c\u208b\u2081`, `x\u00b2`, `W\u1d40`. */
const indexHint = (plain: string, text: string, sign: Strange, around: Around): string | undefined => {
  const name = touching(sign, around)
  const raised = /^[\u00b2\u00b3\u00b9\u2070-\u207f\u1d2c-\u1d61]/.test(text)
  if (name?.kind !== 'word') return raised && /^\d+$/.test(plain) ? hints.write(`^${plain}`) : undefined
  if (plain === 't') return hints.write(name.text)
  if (/^t[-+]\d+$/.test(plain)) return hints.write(`${name.text}[${plain}]`)
  if (plain === 'T') return hints.write(`transpose(${name.text})`)
  if (plain === '-1') return hints.write(`1 / ${name.text}`)
  if (raised) return /^\d+$/.test(plain) ? hints.write(`${name.text}^${plain}`) : undefined
  return /^\w+$/.test(plain) ? hints.write(`${name.text}_${plain}`) : undefined
}

const paperHint = (text: string, sign: Strange, around: Around): string | undefined => {
  const { tokens, ranks } = around
  const [left, right] = [tokens[sign.before - 1], tokens[sign.before]]
  if (text === '\u03c3') return hints.write(is(right, '(') ? 'sigmoid' : 'sigma')
  if (text === '\u2032' || text === '\u2019') {
    const own = touching(sign, around)
    return own === undefined ? hints.quotes() : primeHint(own, sign, around)
  }
  if (products.has(text)) {
    if (is(tokens[sign.before - 2], '[') && is(tokens[sign.before - 3], ':')) return hints.write(`[${left?.text ?? ''}, ${right?.text ?? ''}]`)
    const rank = left?.kind === 'word' ? ranks.get(left.text) : undefined
    const other = right?.kind === 'word' ? ranks.get(right.text) : undefined
    if (rank === 2) return hints.write(`${left!.text} @ ${right?.text ?? '…'}`)
    return left?.kind === 'number' || rank !== undefined || other === 2 ? hints.write('*') : hints.products()
  }
  if (text === '\u22a4' || text === '\u22ba') {
    const own = touching(sign, around)
    return own?.kind === 'word' ? hints.write(`transpose(${own.text})`) : undefined
  }
  const like = lookalikes.get(text)
  return like === undefined ? undefined : hints.write(like)
}
