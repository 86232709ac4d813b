/** What a worker does: the forward and backward passes of one part of the batch, whenever the control words say so. */

import type { BackwardOptions, CreateOptions, ForwardOptions, GeneratedModule, Net, Reals } from '../../compiler/signature.ts'
import type { Place, RecordName } from './layout.ts'

/** Where in the control words each of them is. Behind `given` stands one for each such state, behind `failed` one for each part. */
export interface Words {
  /** The number of the command: it grows when there is a new one, and workers wait for that. */
  readonly command: number
  /** The number of the last command that all have done. */
  readonly done: number
  /** How many have done the present one, and how many are where they wait for each other. */
  readonly finished: number
  readonly arrived: number
  /** How often all have waited for each other. */
  readonly phase: number
  /** What the command is: a sum of `bits`. */
  readonly bits: number
  /** So often are the states to be carried first. */
  readonly carries: number
  readonly given: number
  readonly failed: number
}

export const bits = {
  forward: 1,
  backward: 2,
  /** The carried states are wanted in `initial`. */
  carried: 4,
  reset: 8,
  training: 16,
  noTape: 32,
  accumulate: 64,
  seed: 128,
  window: 256,
  every: 512,
} as const

/** Where in the numbers each of them is. From `sums` on, each part has for each term of the loss its sum and its count. */
export interface Numbers {
  readonly window: number
  readonly every: number
  readonly seed: number
  readonly hyper: number
  readonly sums: number
}

/** A term of the loss. */
export interface Term {
  readonly value: string
  readonly count?: string
  readonly total: boolean
  /** How many numbers are summed up in the whole batch, and in one part: of all parts, or, where it has no batch, of the first. */
  readonly whole: number
  readonly batched: boolean
}

/** Arrays of the whole batch, in shared memory. */
export type Whole = Readonly<Record<RecordName, Readonly<Record<string, Reals | Int32Array>>>>

/** What a worker is told at first: what is the same for all of them, and which part is its own. */
export interface Start {
  readonly url: string
  readonly dims: Readonly<Record<string, number>>
  readonly t: number
  readonly batch: number
  readonly options: CreateOptions
  readonly words: Words
  readonly bits: typeof bits
  readonly control: Int32Array
  readonly at: Numbers
  readonly numbers: Float64Array
  /** Messages of errors: for each part a length, and so many UTF-16 units less one. */
  readonly texts: Uint16Array
  readonly textLength: number
  readonly places: readonly Place[]
  readonly whole: Whole
  /** The arrays that are sums over the parts, as one: gradients of parameters, then others. And for each part such a one. */
  readonly sums: Reals
  readonly slots: Reals
  readonly summed: readonly { readonly record: RecordName; readonly name: string; readonly offset: number; readonly length: number }[]
  /** Of them, those that may be added to what was there. */
  readonly accumulated: number
  readonly hyper: readonly string[]
  readonly given: readonly string[]
  readonly terms: readonly Term[]
  /** How many looks a worker takes before it goes to sleep. */
  readonly looks: number
  readonly parts: number
  readonly part: number
  /** Its sequences are `first` and the `rows - 1` after it. */
  readonly first: number
  readonly rows: number
}

export type News =
  | { readonly kind: 'ready'; readonly bytes: Net['bytes'] }
  | { readonly kind: 'refused'; readonly error: string }
  | { readonly kind: 'done'; readonly command: number }

/** An error as one line for its name, and others for its message. */
export const errorOf = (text: string, adapt: (message: string) => string = m => m): Error => {
  const end = text.indexOf('\n')
  const message = adapt(text.slice(end + 1))
  return text.slice(0, end) === 'RangeError' ? new RangeError(message) : new Error(message)
}

/**
 * Serves until the thread is ended. This function goes to workers as text: it uses nothing from outside of itself but
 * types. All memory is taken before the first command.
 */
export const servePart = (module: GeneratedModule, start: Start, tell: (news: News) => void): void => {
  const { words, bits, control, at, numbers, sums, slots, terms, parts, part, first, rows, batch } = start
  const net = module.create(start.dims, { t: start.t, batch: rows }, { ...start.options, firstRow: first })

  /** An array of this part and its place in the whole one: slice by slice, as views, since copying those is what engines are quickest at. */
  interface Move {
    readonly mine: readonly (Reals | Int32Array)[]
    readonly whole: readonly (Reals | Int32Array)[]
    /** What has no batch is taken and given by the first part only. */
    readonly silent: boolean
  }
  const moves = (record: RecordName): readonly Move[] =>
    start.places
      .filter(p => p.record === record)
      .map(({ name, batched, outer, inner }) => {
        const slices = (array: Reals | Int32Array, stride: number, from: number, length: number): readonly (Reals | Int32Array)[] =>
          Array.from({ length: outer }, (_, o) => array.subarray(o * stride + from, o * stride + from + length))
        const length = batched ? rows * inner : inner
        return {
          mine: slices(net[record][name]!, length, 0, length),
          whole: slices(start.whole[record][name]!, batched ? batch * inner : inner, batched ? first * inner : 0, length),
          // Noise that all sequences share is that of each part, too.
          silent: !batched && part > 0 && record !== 'noise',
        }
      })
  const params = start.places.filter(p => p.record === 'params').map(({ name }) => ({ mine: net.params[name]!, whole: start.whole.params[name]! }))
  const forwardTakes = [...moves('inputs'), ...moves('targets'), ...moves('initial'), ...moves('noise')]
  const backwardTakes = [...moves('outputGrads'), ...moves('finalGrads')]
  const forwardGives = [...moves('outputs'), ...moves('final')]
  const carriedGives = moves('initial')
  const gradientGives = [...moves('inputGrads'), ...moves('initialGrads')]
  const adjointGives = moves('adjoints')
  const addends = start.summed.map(({ record, name, offset }) => ({ mine: net[record][name] as Reals, offset }))
  const ownSlot = part * sums.length

  const take = ({ mine, whole, silent }: Move): void => {
    for (let o = 0; o < mine.length; o++)
      if (silent) mine[o]!.fill(0)
      else mine[o]!.set(whole[o]!)
  }
  const give = ({ mine, whole, silent }: Move, add: boolean): void => {
    if (silent) return
    for (let o = 0; o < mine.length; o++)
      if (add) addTo(whole[o]!, mine[o]!)
      else whole[o]!.set(mine[o]!)
  }
  const addTo = (sum: Reals | Int32Array, addend: Reals | Int32Array): void => {
    for (let i = 0; i < sum.length; i++) sum[i] = sum[i]! + addend[i]!
  }

  /** Waits until all are here. */
  const meet = (): void => {
    const phase = Atomics.load(control, words.phase)
    if (Atomics.add(control, words.arrived, 1) < parts - 1) sleep(words.phase, phase)
    else {
      Atomics.store(control, words.arrived, 0)
      Atomics.add(control, words.phase, 1)
      Atomics.notify(control, words.phase)
    }
  }
  /** Waits until the word is another. */
  const sleep = (word: number, value: number): void => {
    for (let look = 0; look < start.looks; look++) if (Atomics.load(control, word) !== value) return
    while (Atomics.load(control, word) === value) Atomics.wait(control, word, value)
  }
  const failed = (): boolean => {
    for (let p = 0; p < parts; p++) if (Atomics.load(control, words.failed + p) !== 0) return true
    return false
  }
  const fail = (error: unknown): void => {
    const text = `${error instanceof Error ? `${error.name}\n${error.message}` : `Error\n${String(error)}`}`.slice(0, start.textLength - 1)
    start.texts[part * start.textLength] = text.length
    for (let i = 0; i < text.length; i++) start.texts[part * start.textLength + 1 + i] = text.charCodeAt(i)
    Atomics.store(control, words.failed + part, 1)
  }

  const sumOf = (array: ArrayLike<number>): number => {
    let sum = 0
    for (let i = 0; i < array.length; i++) sum += array[i]!
    return sum
  }
  /** The place of a term's sum of one part; its count comes after it. */
  const sumAt = (p: number, term: number): number => at.sums + 2 * (p * terms.length + term)

  const forward = (has: number): void => {
    for (const { mine, whole } of params) mine.set(whole)
    for (const move of forwardTakes) take(move)
    for (let i = 0; i < start.hyper.length; i++) net.hyper[start.hyper[i]!] = numbers[at.hyper + i]!
    for (let i = 0; i < start.given.length; i++) net.given[start.given[i]!] = Atomics.load(control, words.given + i) !== 0
    const options: ForwardOptions = { training: (has & bits.training) !== 0, tape: (has & bits.noTape) === 0 }
    if ((has & bits.seed) !== 0) options.seed = numbers[at.seed]!
    net.forward(options)
    for (let i = 0; i < terms.length; i++) {
      const { value, count, batched } = terms[i]!
      const silent = !batched && part > 0
      const summands = net.outputs[value]!
      const counted = count === undefined ? undefined : net.outputs[count]!
      numbers[sumAt(part, i)] = silent ? 0 : sumOf(summands)
      // Where the condition varies along fewer axes than what is summed, each of its steps stands for several.
      numbers[sumAt(part, i) + 1] = silent || counted === undefined ? 0 : sumOf(counted) * (summands.length / counted.length)
    }
  }

  const backward = (has: number): void => {
    for (const move of backwardTakes) take(move)
    for (let i = 0; i < terms.length; i++) {
      const { value, count, total, whole, batched } = terms[i]!
      let summands = whole
      if (count !== undefined) {
        summands = 0
        for (let p = 0; p < parts; p++) summands += numbers[sumAt(p, i) + 1]!
      }
      net.outputGrads[value]?.fill(!batched && part > 0 ? 0 : total ? 1 : 1 / Math.max(summands, 1))
    }
    const options: BackwardOptions = {}
    if ((has & bits.window) !== 0) options.window = numbers[at.window]!
    if ((has & bits.every) !== 0) options.every = numbers[at.every]!
    net.backward(options)
    for (const { mine, offset } of addends) slots.set(mine, ownSlot + offset)
  }

  /** Each adds up a stretch of the gradients, number by number in the order of the parts. */
  const addUp = (accumulate: boolean): void => {
    const size = sums.length
    const end = Math.floor((size * (part + 1)) / parts)
    for (let i = Math.floor((size * part) / parts); i < end; i++) {
      let sum = slots[i]!
      for (let p = 1; p < parts; p++) sum += slots[p * size + i]!
      sums[i] = accumulate && i < start.accumulated ? sums[i]! + sum : sum
    }
  }

  const counts = terms.some(term => term.count !== undefined)
  /** Nothing is given to the whole before all have come through, so that a command that fails changes nothing. */
  const obey = (has: number): void => {
    const forwards = (has & bits.forward) !== 0
    const backwards = (has & bits.backward) !== 0
    const carried = (has & bits.carried) !== 0
    let well = true
    Atomics.store(control, words.failed + part, 0)
    try {
      if ((has & bits.reset) !== 0) net.reset()
      for (let i = Atomics.load(control, words.carries); i > 0; i--) net.carry()
      if (forwards) forward(has)
    } catch (error) {
      well = false
      fail(error)
    }
    if (forwards && backwards && counts) meet()
    if (well && backwards)
      try {
        backward(has)
      } catch (error) {
        fail(error)
      }
    meet()
    if (failed()) return
    if (forwards) for (const move of forwardGives) give(move, false)
    if (carried) for (const move of carriedGives) give(move, false)
    if (carried && part === 0) for (let i = 0; i < start.given.length; i++) Atomics.store(control, words.given + i, net.given[start.given[i]!] === true ? 1 : 0)
    if (!backwards) return
    const accumulate = (has & bits.accumulate) !== 0
    addUp(accumulate)
    for (const move of gradientGives) give(move, accumulate)
    for (const move of adjointGives) give(move, false)
  }

  tell({ kind: 'ready', bytes: net.bytes })
  for (let seen = 0; ;) {
    sleep(words.command, seen)
    seen = Atomics.load(control, words.command)
    obey(Atomics.load(control, words.bits))
    if (Atomics.add(control, words.finished, 1) < parts - 1) continue
    Atomics.store(control, words.finished, 0)
    Atomics.store(control, words.done, seen)
    Atomics.notify(control, words.done)
    tell({ kind: 'done', command: seen })
  }
}

/** The text of a module that serves one part: it waits for a Start, and imports the code of the net from where that says. */
export const partCode = `${
  // Compilers that keep the names of functions, such as esbuild, wrap them in calls of a helper of this name.
  'const __name = f => f'
}
const serve = ${String(servePart)}
listen(async start => {
  try {
    serve(await import(start.url), start, tell)
  } catch (error) {
    tell({ kind: 'refused', error: error instanceof Error ? error.name + '\\n' + error.message : 'Error\\n' + error })
  }
})
`
