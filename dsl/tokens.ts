/** The scanner: one linear look at the characters, before the grammar sees them. */
import type { Diagnostic } from './diagnostics.ts'
import { limits } from './limits.ts'
import { messages, report, type Message } from './messages.ts'
import { lookalikes } from './slips/lookalikes.ts'

export interface Token {
  readonly kind: 'word' | 'number' | 'string' | 'symbol'
  readonly text: string
  readonly start: number
  readonly end: number
}

export interface Strange {
  readonly text: string
  readonly start: number
  readonly end: number
  /** How many tokens stand before it. */
  readonly before: number
  /** It begins a comment of another language. */
  readonly comment?: true
}

export interface Scan {
  readonly tokens: readonly Token[]
  /** Where a comment begins, and its text without the `#`. */
  readonly comments: ReadonlyMap<number, string>
  /** Signs that the language does not have, in order. */
  readonly strange: readonly Strange[]
  /** The text with its faults mended at their places, so that the grammar can be asked about the rest. */
  readonly clean: string
  readonly diagnostics: readonly Diagnostic[]
}

const spaces = /[ \t\n\r\u2028\u2029]+/y
const word = /[A-Za-z_][A-Za-z0-9_]*/y
const numeral = /\.?[0-9](?:[eE][+-](?=[0-9])|[A-Za-z0-9_.])*/y
const wellFormed = /^(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/
const comment = /#[^\n\r\u2028\u2029]*/y
const string = /"[^"\n\r\u2028\u2029]*"/y
const quoted = /'[^'\n\r\u2028\u2029]*'/y
const openString = /"[^\n\r\u2028\u2029)\]},]*/y
/** Comments of other languages; `%` and `--` may be operators, too. */
const otherComment = /\/\/|\/\*|%|--/y
const restOfLine = /[^\n\r\u2028\u2029]*/y
/** Words in a row, which are no expression. */
const words = /^[%-]+!?[ \t]*[A-Za-z][\w'-]*[,:;]?[ \t]+(?!(?:and|or|if|then|else|over|where|every|from)\b)[A-Za-z][\w'-]*(?![ \t]*[=[(@*/+.:])/
const symbol = /==|!=|<=|>=|[()[\]{},:=~+\-*/@^<>.]/y
const stranger = /&&|\|\||\\[A-Za-z]+|[!-~]/y
/** Signs outside of ASCII: what is written as an index or an exponent belongs together. */
const outside = /[\u2080-\u209c\u1d62-\u1d6a\u2c7c]+|[\u00b2\u00b3\u00b9\u2070-\u207f\u1d2c-\u1d61]+|[^]/uy
// Control characters, byte-order marks, lone surrogates, and the marks that turn the direction of writing.
// oxlint-disable-next-line no-control-regex -- finding them is its purpose
const forbidden = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufeff\u202a-\u202e\u2066-\u2069\p{Cs}]/u

const numberHint = (text: string): string | undefined => {
  const plain = text.replaceAll('_', '')
  if (text.startsWith('.')) return wellFormed.test(`0${text}`) ? `write \`0${text}\`` : undefined
  if (/^0[xXbBoO]/.test(text)) return 'numbers are decimal'
  if (plain !== text && wellFormed.test(plain)) return `write \`${plain}\``
  if (/^0[0-9]/.test(text)) return 'leave out the zeros in front'
  if (/^[0-9]+\.$/.test(text)) return `write \`${text.slice(0, -1)}\` or \`${text}0\``
  if (/[eE]$/.test(text)) return 'digits must follow the `e`'
  const suffixed = /^([0-9]+\.[0-9]+(?:[eE][+-]?[0-9]+)?)[fFlLdD]$/.exec(text)
  if (suffixed !== null) return `write \`${suffixed[1]!}\``
  const product = /^([0-9.]+)([A-Za-z_]\w*)$/.exec(text)
  return product === null ? undefined : `write \`${product[1]!} * ${product[2]!}\``
}

export const scan = (file: string, text: string): Scan => {
  const tokens: Token[] = []
  const comments = new Map<number, string>()
  const diagnostics: Diagnostic[] = []
  const clean: string[] = []
  const strange: Strange[] = []
  let at = 0
  /** Where the last line break was. */
  let broken = 0

  const fault = (start: number, end: number, message: Message): void => {
    // One more than is shown, so that the limit is noticed; text full of faults costs no memory.
    if (diagnostics.length <= limits.diagnostics) diagnostics.push(report({ file, start, end }, message))
  }
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at
    return pattern.exec(text)?.[0]
  }
  /** Takes `length` characters; `shown` is what the grammar sees in their place. */
  const take = (taken: string, shown = taken): void => {
    clean.push(shown.length === taken.length ? shown : shown.slice(0, taken.length).padEnd(taken.length))
    at += taken.length
  }
  const token = (kind: Token['kind'], taken: string, shown = taken): void => {
    tokens.push({ kind, text: taken, start: at, end: at + taken.length })
    take(taken, shown)
  }
  const oddity = (taken: string): void => {
    strange.push({ text: taken, start: at, end: at + taken.length, before: tokens.length })
    take(taken, standIn(taken))
  }
  const control = (taken: string): string => {
    if (!forbidden.test(taken)) return taken
    let mended = ''
    let offset = at
    for (const c of taken) {
      if (forbidden.test(c)) fault(offset, offset + c.length, messages.character(c.codePointAt(0)!))
      mended += forbidden.test(c) ? ' '.repeat(c.length) : c
      offset += c.length
    }
    return mended
  }

  if (text.startsWith('\ufeff')) take('\ufeff', ' ')
  while (at < text.length) {
    const space = match(spaces)
    if (space !== undefined) {
      if (lineBreak.test(space)) broken = at
      take(space)
      continue
    }
    const note = match(comment)
    if (note !== undefined) {
      comments.set(at, note.slice(1))
      take(note, control(note))
      continue
    }
    const name = match(word)
    if (name !== undefined) {
      if (name.length > limits.name) fault(at, at + name.length, messages.longName(name))
      token('word', name)
      continue
    }
    const number = match(numeral)
    if (number !== undefined) {
      token(
        'number',
        number,
        checkNumber(number, m => fault(at, at + number.length, m)),
      )
      continue
    }
    const literal = match(string)
    if (literal !== undefined) {
      token('string', literal, control(literal))
      continue
    }
    const single = primed(text, at) ? undefined : match(quoted)
    if (single !== undefined) {
      fault(at, at + single.length, messages.singleQuotes(single.slice(1, -1)))
      token('string', single, '"'.padEnd(single.length - 1) + '"')
      continue
    }
    const open = match(openString)
    if (open !== undefined) {
      fault(at, at + 1, messages.openString())
      token('string', open, '""')
      continue
    }
    const notes = match(otherComment)
    if (notes !== undefined && isComment(notes, text, at, broken >= (tokens.at(-1)?.end ?? 0))) {
      strange.push({ text: notes, start: at, end: at + notes.length, before: tokens.length, comment: true })
      const end = notes === '/*' ? text.indexOf('*/', at + 2) + 2 : 0
      take(blanked(end > 2 ? text.slice(at, end) : match(restOfLine)!))
      continue
    }
    const sign = match(symbol)
    if (sign !== undefined) {
      token('symbol', sign)
      continue
    }
    const odd = match(stranger)
    if (odd !== undefined) {
      oddity(odd)
      continue
    }
    const char = match(outside)!
    if (forbidden.test(char)) {
      fault(at, at + char.length, messages.character(char.codePointAt(0)!))
      take(char, ' ')
    } else if (/\s/u.test(char)) {
      fault(at, at + char.length, messages.character(char.codePointAt(0)!, 'write a plain space'))
      take(char, ' ')
    } else oddity(char)
  }
  return { tokens, comments, strange, clean: clean.join(''), diagnostics }
}

/** A prime behind a value begins no string. */
const primed = (text: string, at: number): boolean => text[at] === "'" && /[A-Za-z0-9_)\]']/.test(text[at - 1] ?? '')

const lineBreak = /[\n\r\u2028\u2029]/

/** Whether what begins like a comment of another language is one: it begins its line (`first`), or words follow. */
const isComment = (sign: string, text: string, at: number, first: boolean): boolean => {
  if (sign.startsWith('/')) return true
  if (first && !(sign === '--' && /[A-Za-z0-9(]/.test(text[at + 2] ?? ''))) return true
  return words.test(text.slice(at, at + 100))
}

const blanked = (text: string): string => text.replace(/[^\n\r\u2028\u2029]/g, ' ')

/** What the grammar shall read in the place of a sign: never longer than the sign. */
const standIn = (sign: string): string => {
  const like = lookalikes.get(sign)
  if (like !== undefined && like.length <= sign.length) return like
  return /^(?:\p{L}|\\[A-Za-z])/u.test(sign) && !/^[\u2080-\u209c\u1d2c-\u1d6a]/.test(sign) ? '_'.repeat(sign.length) : ' '
}

/** What the grammar shall read: the number itself, or a stand-in for one that is wrong. */
const checkNumber = (text: string, fault: (m: Message) => void): string => {
  if (!wellFormed.test(text)) {
    fault(messages.badNumber(text, numberHint(text)))
    return '1'
  }
  const value = Number(text)
  if (!Number.isFinite(value)) fault(messages.overflow(text))
  else if (value === 0 && /[1-9]/.test(text.replace(/[eE].*/, ''))) fault(messages.underflow(text))
  return text
}
