/** Batches of sequences of unequal lengths: those of like lengths together, padded, in an order that a seed decides. */
import { uniformAt } from '../compiler/numeric/random.ts'
import { InputError, integer, seedOf } from './errors.ts'

export interface BatchOptions {
  /** How many sequences a batch has; the last one may have fewer. */
  readonly size: number
  /** With the number of the epoch, it decides the order, on every machine. */
  readonly seed: number
  readonly epoch?: number
  /** So many batches at a time are sorted by length: 1 keeps the drawn order, more pads less. By default 16. */
  readonly bucket?: number
}

/** Numbers below n in a drawn order: the same for the same seed and stream (Fisher and Yates). */
const shuffled = (n: number, seed: number, stream: number): number[] => {
  const list = Array.from({ length: n }, (_, i) => i)
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(uniformAt(seed, stream, i) * (i + 1))
    ;[list[i], list[j]] = [list[j]!, list[i]!]
  }
  return list
}

/**
 * The places of the examples of each batch, for one epoch: each example once. `lengths`: how long each example is.
 * Throws an InputError for options out of range.
 */
export const batches = (lengths: ArrayLike<number>, { size, seed, epoch = 0, bucket = 16 }: BatchOptions): readonly (readonly number[])[] => {
  integer(size, 'size', 1)
  integer(epoch, 'epoch', 0)
  integer(bucket, 'bucket', 1)
  seedOf(seed)
  const order = shuffled(lengths.length, seed, 2 * epoch)
  const found: number[][] = []
  for (let from = 0; from < order.length; from += size * bucket) {
    const part = order.slice(from, from + size * bucket)
    // Of equals the drawn order counts: the sort is stable.
    if (bucket > 1) part.sort((a, b) => lengths[a]! - lengths[b]!)
    for (let i = 0; i < part.length; i += size) found.push(part.slice(i, i + size))
  }
  return shuffled(found.length, seed, 2 * epoch + 1).map(i => found[i]!)
}

export interface Padded {
  /** [steps, rows] */
  readonly data: Int32Array
  /** How long each row is; those without a sequence have no steps. */
  readonly lengths: Int32Array
}

/**
 * Sequences side by side, as a net takes them: [steps, rows], `fill` (none, -1) behind their ends. Throws an InputError
 * for more sequences than rows, and for one that is longer than there are steps.
 */
export const padded = (
  sequences: readonly ArrayLike<number>[],
  { steps, rows, fill = -1 }: { readonly steps: number; readonly rows: number; readonly fill?: number },
): Padded => {
  integer(steps, 'steps', 1)
  integer(rows, 'rows', 1)
  if (sequences.length > rows) throw new InputError(`${sequences.length} sequences do not go into ${rows} rows`)
  const data = new Int32Array(steps * rows).fill(fill)
  const lengths = new Int32Array(rows)
  sequences.forEach((s, b) => {
    if (s.length > steps) throw new InputError(`sequence ${b} has ${s.length} steps, and there is room for ${steps}`)
    lengths[b] = s.length
    for (let t = 0; t < s.length; t++) data[t * rows + b] = s[t]!
  })
  return { data, lengths }
}

/** The share of places that are padding, over all batches. */
export const paddingOf = (lengths: ArrayLike<number>, all: readonly (readonly number[])[]): number => {
  let [real, places] = [0, 0]
  for (const batch of all) {
    const own = batch.map(i => lengths[i]!)
    real += own.reduce((a, b) => a + b, 0)
    places += Math.max(...own) * own.length
  }
  return places === 0 ? 0 : 1 - real / places
}
