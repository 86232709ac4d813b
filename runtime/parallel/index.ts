/**
 * Training with several cores: each worker runs a part of the batch, and all arrays of the whole batch lie in shared
 * memory. Gradients are added up number by number in the order of the parts, so that the same seed and the same number of
 * workers give the same bits.
 */

import type { Arrays, BackwardOptions, ForwardOptions, Net, Reals, Signature } from '../../compiler/signature.ts'
import { InputError, TrainingError } from '../errors.ts'
import { importCode } from '../load.ts'
import type { Divided } from './divide.ts'
import { layoutOf, lengthOf, partsOf, records, type Layout, type Place, type RecordName } from './layout.ts'
import { backwardOptions, forwardOptions, groupOptions, groupSizes, stepOptions, type GroupOptions, type GroupSizes } from './options.ts'
import { bits, errorOf, partCode, type News, type Numbers, type Start, type Term, type Whole, type Words } from './part.ts'
import { threads, type Thread } from './threads.ts'

export { divide, type Divided, type LossTerm } from './divide.ts'
export type { GroupOptions } from './options.ts'

/** A net whose passes are run by workers. Arrays are those of the whole batch, laid out as a net's. */
export interface Group {
  readonly signature: Signature
  readonly workers: number
  readonly params: Arrays
  readonly grads: Arrays
  readonly inputs: Arrays<Reals | Int32Array>
  readonly targets: Arrays<Reals | Int32Array>
  readonly initial: Arrays
  readonly noise: Arrays
  readonly outputs: Arrays
  readonly final: Arrays
  readonly outputGrads: Arrays
  readonly finalGrads: Arrays
  readonly inputGrads: Arrays
  readonly initialGrads: Arrays
  readonly adjoints: Arrays
  readonly hyper: Record<string, number>
  readonly given: Record<string, boolean>
  /** Bytes of all parts together, without what they share. */
  readonly bytes: Net['bytes']
  initialise(seed: number): void
  /** A forward pass: the loss, or 0 where there is none. Rejects with the module's error, sequences being counted in the whole batch. */
  forward(options?: ForwardOptions): Promise<number>
  backward(options?: BackwardOptions): Promise<void>
  /** Both at once: one message less. */
  step(options?: ForwardOptions & BackwardOptions): Promise<number>
  carry(): Promise<void>
  reset(): Promise<void>
  /** Ends the workers, and what they do: a pass that is running rejects. A second call does nothing. */
  dispose(): Promise<void>
}

const textLength = 512

/**
 * Makes the workers and all memory. Throws an InputError where there are no threads or no shared memory, for options that are
 * unknown or of another type, or for a number of workers that makes no sense, and what `create` throws.
 */
export const parallel = async (
  { js, signature, losses }: Divided,
  givenDims: Readonly<Record<string, number>>,
  sizes: GroupSizes,
  group: GroupOptions,
): Promise<Group> => {
  const dims = { ...givenDims }
  const { t, batch } = groupSizes(sizes)
  const { workers, ...options } = groupOptions(group)
  for (const [name, size] of [
    ['t', t],
    ['batch', batch],
  ] as const)
    if (!Number.isInteger(size) || size < 1) throw new RangeError(`${name}: a positive integer is needed, not ${size}`)
  if (!Number.isInteger(workers) || workers < 1) throw new InputError(`workers: a positive integer is needed, not ${workers}`)
  if (workers > batch) throw new InputError(`${workers} workers are more than the ${batch} sequences of the batch`)
  const begin = threads()
  const module = await importCode(js)
  // What stands for the losses is wanted whatever the caller wants.
  const stand = losses.flatMap(l => (l.count === undefined ? [l.value] : [l.value, l.count]))
  const wanted = options.outputs === undefined ? options : { ...options, outputs: [...options.outputs, ...stand] }
  const layout = layoutOf(module, dims, t, wanted)
  const rows = partsOf(batch, workers)
  const memory = shared(layout, batch, workers, (module.signature.dtype === 'f32' ? Float32Array : Float64Array) as unknown as RealConstructor)
  const terms = losses.map((l): Term => {
    const place = layout.places.find(p => p.record === 'outputs' && p.name === l.value)!
    return { ...l, whole: lengthOf(place, batch), batched: place.batched }
  })
  const hyper = Object.keys(layout.hyper)
  const words = wordsOf(layout.given.length)
  const control = new Int32Array(new SharedArrayBuffer(4 * (words.failed + workers)))
  const at: Numbers = { window: 0, every: 1, seed: 2, hyper: 3, sums: 3 + hyper.length }
  const numbers = new Float64Array(new SharedArrayBuffer(8 * (at.sums + 2 * workers * terms.length)))
  const texts = new Uint16Array(new SharedArrayBuffer(2 * workers * textLength))

  const address = begin.address(js)
  const firstOf = (part: number): number => rows.slice(0, part).reduce((a, b) => a + b, 0)
  const bytes = { params: 0, tape: 0, work: 0 }
  let waiting: { readonly resolve: () => void; readonly reject: (error: Error) => void } | undefined
  let ended: Error | undefined
  const list: Thread[] = []
  /** The others would wait for one that is lost, and the caller for all of them. */
  const end = async (why: Error): Promise<void> => {
    if (ended !== undefined) return
    ended = why
    waiting?.reject(why)
    waiting = undefined
    await Promise.all(list.map(thread => thread.end()))
  }
  const ready = (part: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const thread = begin.begin(partCode, {
        message: value => {
          const news = value as News
          if (news.kind === 'refused') reject(errorOf(news.error))
          else if (news.kind === 'ready') {
            for (const kind of ['params', 'tape', 'work'] as const) bytes[kind] += news.bytes[kind]
            resolve()
          } else settle()
        },
        lost: error => {
          reject(error)
          void end(error)
        },
      })
      list.push(thread)
      thread.hold(true)
      const start: Start = {
        url: address.url,
        dims,
        t,
        batch,
        options: wanted,
        words,
        bits,
        control,
        at,
        numbers,
        texts,
        textLength,
        ...memory,
        hyper,
        given: layout.given,
        terms,
        looks: 2000,
        parts: workers,
        part,
        first: firstOf(part),
        rows: rows[part]!,
      }
      thread.send(start)
    })
  const hold = (on: boolean): void => list.forEach(thread => thread.hold(on))
  const settle = (): void => {
    hold(false)
    const now = waiting
    waiting = undefined
    const failed = rows.findIndex((_, p) => Atomics.load(control, words.failed + p) !== 0)
    if (failed < 0) return now?.resolve()
    const from = failed * textLength
    const text = String.fromCharCode(...texts.subarray(from + 1, from + 1 + texts[from]!))
    now?.reject(errorOf(text, m => m.replace(/of sequence (\d+)/, (_, n: string) => `of sequence ${Number(n) + firstOf(failed)}`)))
    return undefined
  }
  try {
    await Promise.all(rows.map((_, part) => ready(part)))
  } catch (error) {
    await end(error as Error)
    throw error
  } finally {
    address.free()
  }
  hold(false)

  const faces = Object.fromEntries(records.map(record => [record, visible(memory.whole[record], terms)])) as unknown as Pick<Group, RecordName>
  const given = Object.fromEntries(layout.given.map(name => [name, false]))
  const own = { ...layout.hyper }
  const idle = (): void => {
    if (ended !== undefined) throw ended
    if (waiting !== undefined) throw new TrainingError('a pass is running: await it before the next')
  }
  const command = (has: number, carries = 0): Promise<void> => {
    idle()
    hyper.forEach((name, i) => (numbers[at.hyper + i] = own[name]!))
    layout.given.forEach((name, i) => Atomics.store(control, words.given + i, given[name] === true ? 1 : 0))
    Atomics.store(control, words.bits, has)
    Atomics.store(control, words.carries, carries)
    return new Promise((resolve, reject) => {
      waiting = { resolve, reject }
      hold(true)
      Atomics.add(control, words.command, 1)
      Atomics.notify(control, words.command)
    })
  }
  const forwardBits = ({ training, seed, tape }: ForwardOptions): number => {
    if (seed !== undefined) numbers[at.seed] = seed
    return bits.forward + (training === true ? bits.training : 0) + (tape === false ? bits.noTape : 0) + (seed === undefined ? 0 : bits.seed)
  }
  const backwardBits = ({ window, every, accumulate }: BackwardOptions): number => {
    if (window !== undefined) numbers[at.window] = window
    if (every !== undefined) numbers[at.every] = every
    return bits.backward + (window === undefined ? 0 : bits.window) + (every === undefined ? 0 : bits.every) + (accumulate === true ? bits.accumulate : 0)
  }
  const loss = (): number =>
    terms.reduce((all, term, i) => {
      let [sum, count] = [0, 0]
      for (let p = 0; p < workers; p++) {
        sum += numbers[at.sums + 2 * (p * terms.length + i)]!
        count += numbers[at.sums + 2 * (p * terms.length + i) + 1]!
      }
      return all + (term.total ? sum : sum / Math.max(1, term.count === undefined ? term.whole : count))
    }, 0)
  const takeGiven = (): void => layout.given.forEach((name, i) => (given[name] = Atomics.load(control, words.given + i) !== 0))

  return {
    signature,
    workers,
    ...faces,
    hyper: own,
    given,
    bytes,
    initialise(seed) {
      idle()
      const small = module.create(dims, { t: 1, batch: 1 }, {})
      Object.assign(small.hyper, own)
      small.initialise(seed)
      for (const [name, values] of Object.entries(small.params)) faces.params[name]!.set(values)
      small.dispose()
    },
    async forward(passes = {}) {
      idle()
      await command(forwardBits(forwardOptions(passes)))
      return loss()
    },
    async backward(passes = {}) {
      idle()
      await command(backwardBits(backwardOptions(passes)))
    },
    async step(passes = {}) {
      idle()
      const options = stepOptions(passes)
      await command(forwardBits(options) + backwardBits(options))
      return loss()
    },
    async carry() {
      await command(bits.carried, 1)
      takeGiven()
    },
    async reset() {
      await command(bits.reset + bits.carried)
      takeGiven()
    },
    dispose: () => end(new TrainingError('these workers have been disposed of')),
  }
}

/** What stands for the losses is no output of the source. */
const visible = (arrays: Whole[RecordName], terms: readonly Term[]): Whole[RecordName] =>
  Object.fromEntries(Object.entries(arrays).filter(([name]) => !terms.some(term => term.value === name || term.count === name)))

/** Typed arrays take shared memory as well; their types do not say so everywhere. */
interface RealConstructor {
  readonly BYTES_PER_ELEMENT: number
  new (memory: SharedArrayBuffer, offset?: number, length?: number): Reals
}

const wordsOf = (given: number): Words => ({
  command: 0,
  done: 1,
  finished: 2,
  arrived: 3,
  phase: 4,
  bits: 5,
  carries: 6,
  given: 7,
  failed: 7 + given,
})

/** The arrays of the whole batch in one block; sums over the parts lie together, and each part has a place for its own. */
const shared = (
  { places }: Layout,
  batch: number,
  workers: number,
  RealArray: RealConstructor,
): Pick<Start, 'places' | 'whole' | 'sums' | 'slots' | 'summed' | 'accumulated'> => {
  const isSum = (p: Place): boolean => p.record === 'grads' || (p.record === 'adjoints' && !p.batched)
  const sumPlaces = [...places.filter(p => p.record === 'grads'), ...places.filter(p => isSum(p) && p.record !== 'grads')]
  let length = 0
  const summed = sumPlaces.map(p => {
    const offset = length
    length += lengthOf(p, batch)
    return { record: p.record, name: p.name, offset, length: lengthOf(p, batch) }
  })
  const size = RealArray.BYTES_PER_ELEMENT
  const sums = new RealArray(new SharedArrayBuffer(Math.max(1, length) * size), 0, length)
  const slots = new RealArray(new SharedArrayBuffer(Math.max(1, length * workers) * size), 0, length * workers)
  const whole = Object.fromEntries(records.map(r => [r, {} as Record<string, Reals | Int32Array>])) as Record<RecordName, Record<string, Reals | Int32Array>>
  for (const p of places) {
    const sum = summed.find(s => s.record === p.record && s.name === p.name)
    const count = lengthOf(p, batch)
    whole[p.record][p.name] =
      sum !== undefined
        ? sums.subarray(sum.offset, sum.offset + sum.length)
        : p.index
          ? new Int32Array(new SharedArrayBuffer(4 * count))
          : new RealArray(new SharedArrayBuffer(size * count))
  }
  const accumulated = summed.filter(s => s.record === 'grads').reduce((n, s) => n + s.length, 0)
  return { places: places.filter(p => !isSum(p)), whole, sums, slots, summed, accumulated }
}
