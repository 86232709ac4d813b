/** Pairs of sentences, and the symbols that stand for their words. */
import { readFileSync } from 'node:fs'

export type Sentence = readonly string[]
export type Pair = readonly [source: Sentence, target: Sentence]

/** Lines of `source TAB target`, words separated by single blanks. */
export const readPairs = (file: string): readonly Pair[] =>
  readFileSync(new URL(`data/${file}`, import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .map(line => {
      const [source, target] = line.split('\t') as [string, string]
      return [source.split(' '), target.split(' ')]
    })

/** The symbols of one language: 0 ends a sentence, 1 begins it, 2 is a word that is not known. */
export interface Vocabulary {
  readonly words: readonly string[]
  readonly encode: (sentence: Sentence) => readonly number[]
  readonly decode: (symbols: readonly number[]) => Sentence
}

export const end = 0
const unknown = 2

/** Words in the order in which they first appear. */
export const vocabulary = (sentences: readonly Sentence[]): Vocabulary => {
  const words = ['</s>', '<s>', '<unk>', ...new Set(sentences.flat())]
  const numbers = new Map(words.map((w, i) => [w, i]))
  return { words, encode: s => s.map(w => numbers.get(w) ?? unknown), decode: symbols => symbols.map(i => words[i]!) }
}
