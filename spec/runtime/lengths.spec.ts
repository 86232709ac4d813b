import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { compile, type CompileOptions } from '../../compiler/compile.ts'
import { uniformAt, normalAt } from '../../compiler/numeric/random.ts'
import type { GeneratedModule, Net, Port, Reals, Sizes } from '../../compiler/signature.ts'
import { importCode } from '../../runtime/load.ts'

/** Steps past the end of a sequence do not exist: a padded batch gives, bit for bit, what its sequences give alone. */

const std = (name: string): string => readFileSync(new URL(`../../dsl/std/${name}.cell`, import.meta.url), 'utf8')
const example = (name: string): string => readFileSync(new URL(`../../examples/cells/${name}.cell`, import.meta.url), 'utf8')

const programs: readonly (readonly [text: string, cell: string])[] = [
  [std('elman'), 'Elman'],
  [std('lstm'), 'LSTM'],
  [std('gru'), 'GRU'],
  ...['WindowTagger', 'Tagger', 'Sentiment', 'BagOfWords', 'Captioner', 'LanguageModel', 'Trader'].map(cell => [example('tasks'), cell] as const),
  ...['EncoderDecoder', 'AttentiveLSTM', 'Translator'].map(cell => [example('translate'), cell] as const),
  [example('attention'), 'LuongDecoder'],
]

const targets: readonly CompileOptions[] = [
  { target: 'ts', dtype: 'f64' },
  { target: 'ts', dtype: 'f32' },
  { target: 'wasm', dtype: 'f32' },
]

const steps = 8
const others = 5
const batch = 4

type Groups = 'inputs' | 'targets' | 'initial' | 'outputGrads' | 'finalGrads'
const given: readonly Groups[] = ['inputs', 'targets', 'initial', 'outputGrads', 'finalGrads']

interface Whole {
  readonly net: Net
  readonly lengths: Readonly<Record<string, readonly number[]>>
}

/** The axes of an array, and how many numbers each place has. */
const axesOf = (module: GeneratedModule, group: string, name: string, net: Net, sizes: Sizes): { axes: readonly string[]; inner: number } => {
  const s = module.signature
  const ports: readonly Readonly<Record<string, Port>>[] = [s.inputs, s.targets, s.outputs, s.states]
  const port = ports.find(p => Object.hasOwn(p, name))![name]!
  const all = ['initial', 'final', 'finalGrads', 'initialGrads'].includes(group) ? ['batch'] : port.axes
  const array = (net as unknown as Record<string, Record<string, Reals>>)[group]![name]!
  return { axes: all, inner: array.length / all.reduce((n, a) => n * sizes[a]!, 1) }
}

/** The numbers of one sequence of the batch, as far as it goes; and the places past its end. */
const rowOf = (
  array: ArrayLike<number>,
  place: { axes: readonly string[]; inner: number },
  sizes: Sizes,
  b: number,
  lengths: Readonly<Record<string, number>>,
): { own: number[]; past: number[] } => {
  const own: number[] = []
  const past: number[] = []
  const visit = (i: number, at: number, exists: boolean): void => {
    const axis = place.axes[i]
    if (axis === undefined) {
      for (let k = 0; k < place.inner; k++) (exists ? own : past).push(array[at * place.inner + k]!)
      return
    }
    for (let n = 0; n < sizes[axis]!; n++)
      if (axis !== 'batch' || n === b) visit(i + 1, at * sizes[axis]! + n, exists && (axis === 'batch' || n < lengths[axis]!))
  }
  visit(0, 0, true)
  return { own, past }
}

const isBlank = (list: readonly number[]): boolean => list.every(x => x === 0)

const numbered = (module: GeneratedModule, net: Net, seed: number): void => {
  net.initialise(seed)
  const s = module.signature
  for (const group of given)
    for (const [name, array] of Object.entries(net[group] as Record<string, Reals | Int32Array>)) {
      const stream = seed + name.length + group.length * 31
      array.forEach((_, i) => {
        array[i] = array instanceof Int32Array ? Math.floor(uniformAt(stream, 1, i) * 3) : normalAt(stream, 2, i)
      })
    }
  void s
}

/** Fills every place past the end of a sequence with what must not be looked at. */
const spoil = (module: GeneratedModule, { net, lengths }: Whole, sizes: Sizes): void => {
  for (const group of given)
    for (const [name, array] of Object.entries(net[group] as Record<string, Reals | Int32Array>)) {
      const place = axesOf(module, group, name, net, sizes)
      const visit = (i: number, at: number, b: number | undefined, where: Readonly<Record<string, number>>): void => {
        const axis = place.axes[i]
        if (axis !== undefined) {
          for (let n = 0; n < sizes[axis]!; n++) visit(i + 1, at * sizes[axis]! + n, axis === 'batch' ? n : b, { ...where, [axis]: n })
          return
        }
        if (Object.entries(where).every(([a, n]) => a === 'batch' || n < lengths[a]![b!]!)) return
        for (let k = 0; k < place.inner; k++) array[at * place.inner + k] = array instanceof Int32Array ? 1e8 + k : NaN
      }
      visit(0, 0, undefined, {})
    }
}

const run = (net: Net): number => {
  const loss = net.forward()
  net.backward()
  return loss
}

describe('a padded batch', function () {
  this.timeout(60_000)
  for (const [text, cell] of programs)
    for (const options of targets)
      it(`of ${cell} gives what its sequences give alone (${options.target} ${options.dtype})`, async () => {
        const module = await importCode(compile(text, { ...options, cell }).code!.js)
        const s = module.signature
        const dims = Object.fromEntries(s.dims.map((d, i) => [d, 3 + (i % 3)]))
        const sizesFor = (t: number, o: number, n: number): Sizes => ({ ...Object.fromEntries(s.sequences.slice(1).map(a => [a, o])), t, batch: n })
        const sizes = sizesFor(steps, others, batch)
        const net = module.create(dims, sizes)
        numbered(module, net, 5)
        // A pass over all steps first: what it leaves must not matter.
        run(net)
        const lengths: Record<string, number[]> = { t: [4, 7, 0, 1] }
        for (const a of s.sequences.slice(1)) lengths[a] = [5, 2, 3, 0]
        for (const a of s.sequences) net.lengths[a]!.set(lengths[a]!)
        spoil(module, { net, lengths }, sizes)
        run(net)

        for (let b = 0; b < batch; b++) {
          const own = Object.fromEntries(s.sequences.map(a => [a, lengths[a]![b]!]))
          const one = sizesFor(steps, others, 1)
          // The same sequence, padded and by itself: here gradients of parameters can be compared, too.
          const padded = module.create(dims, one)
          const empty = Object.values(own).includes(0)
          const small = empty ? one : sizesFor(own['t']!, own[s.sequences[1] ?? 't']!, 1)
          const alone = empty ? undefined : module.create(dims, small)
          for (const n of alone === undefined ? [padded] : [padded, alone]) {
            const to = n === padded ? one : small
            n.initialise(5)
            for (const a of s.sequences) n.lengths[a]!.set([own[a]!])
            for (const group of given)
              for (const [name, array] of Object.entries(n[group] as Record<string, Reals | Int32Array>)) {
                const numbers = rowOf((net[group] as Record<string, Reals>)[name]!, axesOf(module, group, name, net, sizes), sizes, b, own).own
                const place = axesOf(module, group, name, n, to)
                let next = 0
                const visit = (i: number, at: number, exists: boolean): void => {
                  const axis = place.axes[i]
                  if (axis !== undefined) for (let k = 0; k < to[axis]!; k++) visit(i + 1, at * to[axis]! + k, exists && (axis === 'batch' || k < own[axis]!))
                  else for (let k = 0; k < place.inner; k++) array[at * place.inner + k] = exists ? numbers[next++]! : array instanceof Int32Array ? -99 : NaN
                }
                visit(0, 0, true)
              }
          }
          const losses = [padded, ...(alone === undefined ? [] : [alone])].map(run)
          const name = `sequence ${b} of ${JSON.stringify(own)}`
          assert.ok(
            losses.every(l => Object.is(l, losses[0])),
            `${name}: losses ${losses.join()}`,
          )
          for (const group of ['outputs', 'final', 'inputGrads', 'initialGrads'] as const)
            for (const [key, array] of Object.entries(padded[group] as Record<string, Reals>)) {
              const mine = rowOf(array, axesOf(module, group, key, padded, one), one, 0, own)
              assert.ok(isBlank(mine.past), `${name}: ${group} ${key} past the end: ${mine.past.join()}`)
              // A loss is a mean over the batch: its gradients are not those of one sequence.
              if (!s.loss || group === 'outputs' || group === 'final') {
                const there = rowOf((net[group] as Record<string, Reals>)[key]!, axesOf(module, group, key, net, sizes), sizes, b, own)
                assert.deepEqual(there.own, mine.own, `${name}: ${group} ${key} in the batch`)
                assert.ok(isBlank(there.past), `${name}: ${group} ${key} in the batch past the end`)
              }
              if (alone !== undefined)
                assert.deepEqual(
                  rowOf((alone[group] as Record<string, Reals>)[key]!, axesOf(module, group, key, alone, small), small, 0, own).own,
                  mine.own,
                  `${name}: ${group} ${key} alone`,
                )
            }
          if (alone !== undefined)
            for (const [key, g] of Object.entries(alone.grads)) assert.deepEqual([...padded.grads[key]!], [...g], `${name}: gradient of ${key}`)
        }
      })

  for (const [text, cell] of programs)
    it(`of ${cell} in another order gives the same in that order`, async () => {
      const module = await importCode(compile(text, { target: 'ts', dtype: 'f64', cell }).code!.js)
      const s = module.signature
      const dims = Object.fromEntries(s.dims.map((d, i) => [d, 3 + (i % 3)]))
      const sizes: Sizes = { ...Object.fromEntries(s.sequences.map(a => [a, 5])), t: 5, batch }
      const [one, other] = [module.create(dims, sizes), module.create(dims, sizes)]
      for (const net of [one, other]) numbered(module, net, 3)
      /** The array with the sequences of the batch turned round. */
      const turned = (group: string, name: string, array: Reals | Int32Array): number[] => {
        const { axes, inner } = axesOf(module, group, name, one, sizes)
        const after = axes.slice(axes.indexOf('batch') + 1).reduce((n, a) => n * sizes[a]!, inner)
        return Array.from(array, (_, i) => {
          const b = Math.floor(i / after) % batch
          return array[i + (batch - 1 - 2 * b) * after]!
        })
      }
      for (const group of given)
        for (const [name, array] of Object.entries(one[group] as Record<string, Reals | Int32Array>))
          (other[group] as Record<string, Reals>)[name]!.set(turned(group, name, array))
      for (const a of s.sequences) {
        one.lengths[a]!.set([2, 5, 3, 4])
        other.lengths[a]!.set([4, 3, 5, 2])
      }
      run(one)
      run(other)
      // The loss is a sum over the batch: its order shows in the last bits.
      for (const group of s.loss ? (['outputs', 'final'] as const) : (['outputs', 'final', 'inputGrads', 'initialGrads'] as const))
        for (const [name, array] of Object.entries(one[group] as Record<string, Reals>))
          assert.deepEqual([...(other[group] as Record<string, Reals>)[name]!], turned(group, name, array), `${group} ${name}`)
    })
})
