/** Batches of sequences of unequal lengths: those of like lengths together, padded, in an order that a seed decides. */
import { uniformAt } from '../compiler/numeric/random.ts'
import type { Port } from '../compiler/signature.ts'
import { anInteger, needed, unknownName, type Table } from '../dsl/options.ts'
import { aSeed, InputError, integer, optionsOf } from './errors.ts'
import type { Model } from './model.ts'

export interface BatchOptions {
  /** How many sequences a batch has; the last one may have fewer. */
  readonly size: number
  /** With the number of the epoch, it decides the order, on every machine. */
  readonly seed: number
  readonly epoch?: number
  /** So many batches at a time are sorted by length: 1 keeps the drawn order, more pads less. By default 16. */
  readonly bucket?: number
}

const batchTable: Table<BatchOptions> = { size: needed(anInteger(1)), seed: needed(aSeed), epoch: anInteger(0), bucket: anInteger(1) }

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
 * Throws an InputError for options that are unknown or out of range, and for what is no length.
 */
export const batches = (lengths: ArrayLike<number>, options: BatchOptions): readonly (readonly number[])[] => {
  const { size, seed, epoch = 0, bucket = 16 } = optionsOf('batches', options, batchTable)
  for (let i = 0; i < lengths.length; i++) integer(lengths[i], `the length of example ${i}`, 0)
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
  /** How many rows have a sequence: those behind do not exist. */
  readonly rows: number
}

export interface PadOptions {
  readonly steps: number
  readonly rows: number
  /** What stands behind the ends: -1, which is none, if left out. */
  readonly fill?: number
}

const [leastIndex, mostIndex] = [-(2 ** 31), 2 ** 31 - 1]
const padTable: Table<PadOptions> = { steps: needed(anInteger(1)), rows: needed(anInteger(1)), fill: anInteger(leastIndex, mostIndex) }

/**
 * Sequences side by side, as a net takes them: [steps, rows], `fill` behind their ends. Throws an InputError for more
 * sequences than rows, for one that is longer than there are steps, and for what is no integer.
 */
export const padded = (sequences: readonly ArrayLike<number>[], options: PadOptions): Padded => {
  const { steps, rows, fill = -1 } = optionsOf('padded', options, padTable)
  if (sequences.length > rows) throw new InputError(`${sequences.length} sequences do not go into ${rows} rows`)
  const data = new Int32Array(steps * rows).fill(fill)
  const lengths = new Int32Array(rows)
  sequences.forEach((s, b) => {
    if (s.length > steps) throw new InputError(`sequence ${b} has ${s.length} steps, and there is room for ${steps}`)
    lengths[b] = s.length
    for (let t = 0; t < s.length; t++) data[t * rows + b] = integer(s[t], `step ${t} of sequence ${b}`, leastIndex, mostIndex)
  })
  return { data, lengths, rows: sequences.length }
}

/**
 * Puts sequences into inputs and targets of a net, by name: side by side, with their lengths, and with how many there are,
 * so that rows that are left over do not count.
 *
 * Throws an InputError, before anything is changed, for names that are no index for each step of a sequence, for lists that
 * do not go together, and what `padded` throws.
 */
export const putBatch = ({ net, signature, sizes }: Model, sequences: Readonly<Record<string, readonly ArrayLike<number>[]>>): void => {
  const ports = new Map<string, Port>([...Object.entries(signature.inputs), ...Object.entries(signature.targets)])
  const made = Object.entries(sequences).map(([name, list]) => {
    const port = ports.get(name)
    const [axis = 'batch', ...others] = port?.axes ?? []
    if (port === undefined) throw new InputError(unknownName(signature.name, 'input or target', name, [...ports.keys()]))
    if (port.type !== 'index' || port.shape.length > 0 || axis === 'batch' || others.join() !== 'batch')
      throw new InputError(`${name} of ${signature.name} is no index for each step of a sequence`)
    const { batch, ...steps }: Readonly<Record<string, number>> = sizes
    return { name, axis, ...padded(list, { steps: steps[axis]!, rows: batch! }) }
  })
  for (const a of made)
    for (const b of made) {
      if (a.rows !== b.rows) throw new InputError(`${a.name} has ${a.rows} sequences, and ${b.name} has ${b.rows}`)
      const row = a.axis === b.axis ? a.lengths.findIndex((n, i) => n !== b.lengths[i]) : -1
      if (row >= 0)
        throw new InputError(`sequence ${row} has ${a.lengths[row]} steps in ${a.name}, and ${b.lengths[row]} in ${b.name}: both run over ${a.axis}`)
    }
  for (const { name, axis, data, lengths, rows } of made) {
    ;(net.inputs[name] ?? net.targets[name])!.set(data)
    net.lengths[axis]!.set(lengths)
    net.rows = rows
  }
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
