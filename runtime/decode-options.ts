/** What `decode` takes. */
import { aNumber, anInteger, aText, needed, oneOf, type Table } from '../dsl/options.ts'
import { aSeed, InputError, optionsOf, show } from './errors.ts'
import { sampleTable, type SampleOptions } from './sample.ts'

export interface Common {
  /** The most symbols of a sequence. */
  readonly length: number
  /** The symbol that ends a sequence; without one, all have the full length. */
  readonly stop?: number
  /** The output with the logits; by default the first. */
  readonly output?: string
  /** The target that the model looks back at; by default the only one that is an index. */
  readonly target?: string
}

export interface GreedyOptions extends Common {
  readonly method: 'greedy'
}

export interface DrawOptions extends Common, SampleOptions {
  readonly method: 'sample'
  readonly seed: number
}

export interface BeamOptions extends Common {
  readonly method: 'beam'
  /** How many beginnings are followed for each sequence. The batch of the net is so many times the number of sequences. */
  readonly beams: number
  /**
   * How much longer sequences are favoured: a sequence of n symbols has the score log p / ((5 + n) / 6)^alpha, 0.6 by
   * default; 0 is none (Wu et al. 2016, https://arxiv.org/abs/1609.08144, equation 14).
   */
  readonly alpha?: number
}

export type DecodeOptions = GreedyOptions | DrawOptions | BeamOptions

const common = { length: needed(anInteger(1)), stop: anInteger(0), output: aText, target: aText }
const greedyTable: Table<GreedyOptions> = { ...common, method: needed(oneOf('greedy')) }
const drawTable: Table<DrawOptions> = { ...common, ...sampleTable, method: needed(oneOf('sample')), seed: needed(aSeed) }
const beamTable: Table<BeamOptions> = {
  ...common,
  method: needed(oneOf('beam')),
  beams: needed(anInteger(1)),
  alpha: aNumber('a number of at least 0', alpha => alpha >= 0 && alpha < Infinity),
}

/** Which method it is says which table: the options of the others are unknown to it. Throws an InputError. */
export const decodeOptions = (given: DecodeOptions): DecodeOptions => {
  const own = { ...given }
  switch (own.method) {
    case 'greedy':
      return optionsOf('decode by greedy', own, greedyTable)
    case 'sample':
      return optionsOf('decode by sample', own, drawTable)
    case 'beam':
      return optionsOf('decode by beam', own, beamTable)
    default:
      throw new InputError(`method must be "greedy", "sample" or "beam", got ${show((own as { method?: unknown }).method)}`)
  }
}
