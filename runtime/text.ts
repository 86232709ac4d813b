/** From text to numbers and back: vocabularies, of characters or of words, and windows over a long stream. */

import { aNumber, anInteger, aText, needed, type Table } from '../dsl/options.ts'
import { InputError, integer, optionsOf, show } from './errors.ts'

/** The symbols by number. Those of a text are its characters (code points); words work alike. */
export interface Vocabulary {
  readonly symbols: readonly string[]
  readonly index: ReadonlyMap<string, number>
  /** The number that stands for every symbol that is not known; -1 where such a symbol is an error. */
  readonly unknown: number
}

export interface VocabularyOptions {
  /** A symbol, such as `<unk>`, for those that are not known. It comes last. */
  readonly unknown?: string
  /** How often a symbol has to occur (default 1). */
  readonly atLeast?: number
}

const vocabularyTable: Table<VocabularyOptions> = { unknown: aText, atLeast: anInteger(1) }

/** A vocabulary with this list of symbols. Throws an InputError where one stands twice or `unknown` is none of them. */
export const vocabularyOf = (symbols: readonly string[], unknown?: string): Vocabulary => {
  const index = new Map<string, number>()
  for (const [i, symbol] of symbols.entries()) {
    if (typeof symbol !== 'string') throw new InputError(`a symbol must be a string, got ${show(symbol)}`)
    if (index.has(symbol)) throw new InputError(`the vocabulary has ${show(symbol)} twice`)
    index.set(symbol, i)
  }
  if (unknown !== undefined && !index.has(unknown)) throw new InputError(`the vocabulary has no ${show(unknown)}`)
  return { symbols: [...symbols], index, unknown: unknown === undefined ? -1 : index.get(unknown)! }
}

/** The symbols that occur, sorted by code points. A string is taken by its characters. */
export const vocabulary = (text: Iterable<string>, options: VocabularyOptions = {}): Vocabulary => {
  const { unknown, atLeast = 1 } = optionsOf('vocabulary', options, vocabularyTable)
  const counts = new Map<string, number>()
  for (const symbol of text) counts.set(symbol, (counts.get(symbol) ?? 0) + 1)
  const known = [...counts].flatMap(([symbol, n]) => (n >= atLeast && symbol !== unknown ? [symbol] : []))
  known.sort(byCodePoint)
  return vocabularyOf(unknown === undefined ? known : [...known, unknown], unknown)
}

/** Order by code points, which for strings outside of the basic plane is not the order of `<`. */
const byCodePoint = (a: string, b: string): number => {
  const [x, y] = [Array.from(a), Array.from(b)]
  for (let i = 0; i < x.length && i < y.length; i++) if (x[i] !== y[i]) return x[i]!.codePointAt(0)! - y[i]!.codePointAt(0)!
  return x.length - y.length
}

/** Words and marks of punctuation, in lower case; the end of a line is a token of its own. */
export const words = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{M}\p{N}]+(?:['’][\p{L}\p{M}]+)*|\n|[^\s]/gu) ?? []

/** The numbers of symbols. Throws an InputError with the place of one that the vocabulary does not take. */
export const encodeSymbols = ({ symbols, index, unknown }: Vocabulary, text: Iterable<string>): Int32Array => {
  const numbers: number[] = []
  for (const symbol of text) {
    const number = index.get(symbol) ?? unknown
    if (number < 0) {
      const code = Array.from(symbol).length === 1 ? ` (U+${symbol.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')})` : ''
      throw new InputError(`${show(symbol)}${code}, at place ${numbers.length}, is not among the ${symbols.length} symbols known`)
    }
    numbers.push(number)
  }
  return Int32Array.from(numbers)
}

/** The text of numbers. Throws an InputError for one that has no symbol. */
export const decodeSymbols = ({ symbols }: Vocabulary, numbers: Iterable<number>, between = ''): string =>
  Array.from(numbers, (n, i) => {
    const symbol = symbols[n]
    if (symbol === undefined) throw new InputError(`${show(n)}, at place ${i}, is not the number of a symbol (0 to ${symbols.length - 1})`)
    return symbol
  }).join(between)

export interface Fractions {
  readonly train: number
  readonly validation: number
  readonly test: number
}

const aFraction = needed(aNumber('a fraction from 0 to 1', f => f >= 0 && f <= 1))
const fractionsTable: Table<Fractions> = { train: aFraction, validation: aFraction, test: aFraction }

/** Cuts tokens in three, in their order; the test part takes what is left. The parts are views. */
export const split = (
  tokens: Int32Array,
  fractions: Fractions = { train: 0.9, validation: 0.05, test: 0.05 },
): { readonly train: Int32Array; readonly validation: Int32Array; readonly test: Int32Array } => {
  const { train, validation, test } = optionsOf('split', fractions, fractionsTable)
  if (Math.abs(train + validation + test - 1) > 1e-9)
    throw new InputError(`the fractions must sum to 1, but ${train} + ${validation} + ${test} is ${train + validation + test}`)
  const a = Math.min(tokens.length, Math.floor(tokens.length * train + 1e-6))
  const b = Math.min(tokens.length, Math.floor(tokens.length * (train + validation) + 1e-6))
  return { train: tokens.subarray(0, a), validation: tokens.subarray(a, b), test: tokens.subarray(b) }
}

/**
 * A long text as `batch` streams side by side: stream b is the b-th of `batch` equal stretches, with one token more,
 * the last target. Tokens left over at the end (fewer than `batch`) are not used. The streams are views.
 */
export const streams = (tokens: Int32Array, batch: number): readonly Int32Array[] => {
  integer(batch, 'batch', 1)
  const length = Math.floor((tokens.length - 1) / batch)
  if (length < 1) throw new InputError(`${tokens.length} tokens are too few for ${batch} streams: at least ${batch + 1} are needed`)
  return Array.from({ length: batch }, (_, b) => tokens.subarray(b * length, (b + 1) * length + 1))
}

export interface Window {
  /** The number of the window in its epoch; the first one starts from fresh states. */
  readonly index: number
  readonly first: boolean
  /** [t, batch] */
  readonly inputs: Int32Array
  /** [t, batch]: the token after each input. */
  readonly targets: Int32Array
}

export interface Windows extends Iterable<Window> {
  /** How many windows an epoch has. */
  readonly count: number
  /** The window of this number. It is valid until the next call: the arrays are used again. */
  at(index: number): Window
}

/**
 * The windows of one epoch, for truncated BPTT with carried states: window k has the steps `k t` to `(k + 1) t - 1` of
 * every stream, so that each window goes on where the one before ended. Steps after the last whole window are not used.
 *
 * Throws an InputError where there are not tokens enough for one window.
 */
export const windows = (tokens: Int32Array, { t, batch }: { readonly t: number; readonly batch: number }): Windows => {
  integer(t, 't', 1)
  integer(batch, 'batch', 1)
  const count = Math.floor(Math.floor((tokens.length - 1) / batch) / t)
  if (count < 1) throw new InputError(`${tokens.length} tokens are too few for a window of ${t} steps by ${batch} streams: it needs ${t * batch + 1}`)
  const rows = streams(tokens, batch)
  const inputs = new Int32Array(t * batch)
  const targets = new Int32Array(t * batch)
  const at = (index: number): Window => {
    integer(index, 'the number of the window', 0, count - 1)
    for (let b = 0; b < batch; b++) {
      const row = rows[b]!
      for (let step = 0, from = index * t; step < t; step++, from++) {
        inputs[step * batch + b] = row[from]!
        targets[step * batch + b] = row[from + 1]!
      }
    }
    return { index, first: index === 0, inputs, targets }
  }
  return {
    count,
    at,
    *[Symbol.iterator]() {
      for (let index = 0; index < count; index++) yield at(index)
    },
  }
}
