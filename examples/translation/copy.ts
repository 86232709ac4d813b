/** What attention is for: sequences of 30 symbols to be written down again, forward or backward. */
import { uniformAt } from '../../compiler/numeric/random.ts'
import type { Example } from './learn.ts'

export type Task = 'copy' | 'reverse'

/** 0 ends, 1 begins, 2 is not used: the symbols are those after. */
export const symbolsOf = (kinds: number): number => kinds + 3

/** Drawn sequences: the same for the same seed. */
export const drawExamples = (task: Task, count: number, length: number, kinds: number, seed: number): readonly Example[] =>
  Array.from({ length: count }, (_, n): Example => {
    const source = Array.from({ length }, (_symbol, i) => 3 + Math.floor(uniformAt(seed, n, i) * kinds))
    return [source, task === 'copy' ? source : source.toReversed()]
  })
