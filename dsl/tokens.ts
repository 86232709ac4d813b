/** The scanner: one linear look at the characters, before the grammar sees them. */
import type { Diagnostic } from './diagnostics.ts'
import { limits } from './limits.ts'
import { messages, report, type Message } from './messages.ts'

export interface Token {
  readonly kind: 'word' | 'number' | 'string' | 'symbol'
  readonly text: string
  readonly start: number
  readonly end: number
}

export interface Scan {
  readonly tokens: readonly Token[]
  /** Where a comment begins, and its text without the `#`. */
  readonly comments: ReadonlyMap<number, string>
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
const slashes = /\/\/[^\n\r\u2028\u2029]*/y
const symbol = /==|!=|<=|>=|[()[\]{},:=~+\-*/@^<>.]/y
const stranger = /&&|\|\||[!-~]/y
// Control characters, byte-order marks, lone surrogates, and the marks that turn the direction of writing.
// oxlint-disable-next-line no-control-regex -- finding them is its purpose
const forbidden = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufeff\u202a-\u202e\u2066-\u2069\p{Cs}]/u

const strangerHints: ReadonlyMap<string, string> = new Map([
  [';', 'leave it out: a statement ends by itself'],
  ['&&', 'write `and`'],
  ['||', 'write `or`'],
  ['!', 'write `not`'],
  ['%', 'write `mod(a, b)`'],
  ['?', 'write `if a then b else c`'],
  ["'", 'a string stands in double quotes'],
])
/** What people paste from papers, and what it is called here. */
const lookalikes: ReadonlyMap<string, string> = new Map([
  ['\u2212', '-'],
  ['\u2013', '-'],
  ['\u00d7', '*'],
  ['\u00b7', '*'],
  ['\u2218', '*'],
  ['\u2299', '*'],
  ['\u2264', '<='],
  ['\u2265', '>='],
  ['\u2260', '!='],
  ['\u03c3', 'sigmoid'],
  ['\u201c', '"'],
  ['\u201d', '"'],
])

const numberHint = (text: string): string | undefined => {
  const plain = text.replaceAll('_', '')
  if (text.startsWith('.')) return wellFormed.test(`0${text}`) ? `write \`0${text}\`` : undefined
  if (/^0[xXbBoO]/.test(text)) return 'numbers are decimal'
  if (plain !== text && wellFormed.test(plain)) return `write \`${plain}\``
  if (/^0[0-9]/.test(text)) return 'leave out the zeros in front'
  if (/^[0-9]+\.$/.test(text)) return `write \`${text.slice(0, -1)}\` or \`${text}0\``
  if (/[eE]$/.test(text)) return 'digits must follow the `e`'
  const product = /^([0-9.]+)([A-Za-z_]\w*)$/.exec(text)
  return product === null ? undefined : `write \`${product[1]!} * ${product[2]!}\``
}

export const scan = (file: string, text: string): Scan => {
  const tokens: Token[] = []
  const comments = new Map<number, string>()
  const diagnostics: Diagnostic[] = []
  const clean: string[] = []
  let at = 0

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
    const single = match(quoted)
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
    const notes = match(slashes)
    if (notes !== undefined) {
      fault(at, at + 2, messages.symbol('//', 'a comment begins with `#`'))
      take(notes, ' ')
      continue
    }
    const sign = match(symbol)
    if (sign !== undefined) {
      token('symbol', sign)
      continue
    }
    const strange = match(stranger)
    if (strange !== undefined) {
      fault(at, at + strange.length, messages.symbol(strange, strangerHints.get(strange)))
      take(strange, ' ')
      continue
    }
    const c = text.codePointAt(at)!
    const char = String.fromCodePoint(c)
    const like = lookalikes.get(char)
    if (forbidden.test(char) || /\s/u.test(char)) fault(at, at + char.length, messages.character(c, !forbidden.test(char) ? 'write a plain space' : undefined))
    else fault(at, at + char.length, messages.notAscii(c, like === undefined ? undefined : `write \`${like}\``))
    take(char, like ?? (/\p{L}/u.test(char) ? '_'.repeat(char.length) : ' '))
  }
  return { tokens, comments, clean: clean.join(''), diagnostics }
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
