/** Where the arrays of a net lie in the batch: what one part of it takes from the whole, and gives to it. */

import type { CreateOptions, GeneratedModule, Net, Reals } from '../../compiler/signature.ts'

export const records = [
  'params',
  'grads',
  'inputs',
  'targets',
  'initial',
  'noise',
  'outputs',
  'final',
  'outputGrads',
  'finalGrads',
  'inputGrads',
  'initialGrads',
  'adjoints',
] as const
export type RecordName = (typeof records)[number]

/** An array as `outer` slices, each of which has the `inner` numbers of every sequence in turn; or of none, where it has no batch. */
export interface Place {
  readonly record: RecordName
  readonly name: string
  readonly index: boolean
  readonly batched: boolean
  readonly outer: number
  readonly inner: number
}

export interface Layout {
  readonly places: readonly Place[]
  readonly hyper: Readonly<Record<string, number>>
  readonly given: readonly string[]
}

/**
 * Looks at three small nets: how the length of an array grows tells its axes, those of arrays too that no signature
 * mentions. Throws what `create` throws.
 */
export const layoutOf = (module: GeneratedModule, dims: Readonly<Record<string, number>>, t: number, options: CreateOptions): Layout => {
  const sized = (steps: number, batch: number): Net => module.create(dims, { t: steps, batch }, options)
  const [one, longer, wider] = [sized(1, 1), sized(2, 1), sized(1, 2)]
  const places = records.flatMap(record =>
    Object.entries<Reals | Int32Array>(one[record]).map(([name, array]): Place => {
      const timed = longer[record][name]!.length > array.length
      const batched = wider[record][name]!.length > array.length
      const history = record === 'initial' || record === 'initialGrads' ? (module.signature.states[name]?.delay ?? 1) : 1
      return { record, name, index: array instanceof Int32Array, batched, outer: timed ? t : history, inner: array.length / history }
    }),
  )
  const layout = { places, hyper: { ...one.hyper }, given: Object.keys(one.given) }
  for (const net of [one, longer, wider]) net.dispose()
  return layout
}

/** How many numbers it has for so many sequences. */
export const lengthOf = (p: Place, batch: number): number => p.outer * (p.batched ? batch : 1) * p.inner

/** How many sequences each part has: nearly the same number, the larger ones first. */
export const partsOf = (batch: number, workers: number): readonly number[] =>
  Array.from({ length: workers }, (_, i) => Math.floor(batch / workers) + (i < batch % workers ? 1 : 0))
