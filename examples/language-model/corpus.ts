/** The text as numbers, in three parts, and the sizes in which it is judged. */
import { InputError } from '../../runtime/errors.ts'
import { readText } from '../../runtime/files.ts'
import { encodeSymbols, split, vocabulary, type Vocabulary } from '../../runtime/text.ts'

export interface Corpus {
  readonly vocabulary: Vocabulary
  readonly train: Int32Array
  /** Text that training never sees. */
  readonly validation: Int32Array
  readonly test: Int32Array
}

/** The fewest characters from which anything can be learned and judged. */
const fewest = 400

/** Reads a text, and cuts it: 90 % to learn, then 5 % and 5 % at its end to judge. Throws an InputError. */
export const readCorpus = (path: string): Corpus => {
  const text = readText(path)
  const symbols = vocabulary(text)
  const tokens = encodeSymbols(symbols, text)
  if (tokens.length < fewest) throw new InputError(`${path} has ${tokens.length} characters: at least ${fewest} are needed`)
  if (symbols.symbols.length < 2) throw new InputError(`${path} has one character only, again and again: there is nothing to learn`)
  return { vocabulary: symbols, ...split(tokens) }
}

/** Windows for judging a part of this length: what they leave over at its end is small. */
export const judgingSizes = (length: number): { readonly t: number; readonly batch: number } =>
  length >= 20_000 ? { t: 64, batch: 16 } : { t: Math.min(16, length - 1), batch: 1 }
