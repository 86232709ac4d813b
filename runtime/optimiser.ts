/** What all optimisers have in common: they change parameters in place, remember arrays beside them, and can be saved. */

import type { Arrays, Reals } from '../compiler/signature.ts'
import { aNumber } from '../dsl/options.ts'
import { tellChanged } from './changed.ts'
import { FileError, InputError, integer, refuse, show } from './errors.ts'

export type OptimiserKind = 'sgd' | 'momentum' | 'nesterov' | 'adam' | 'adamw' | 'adagrad' | 'rmsprop' | 'adadelta'

/** What an optimiser remembers: the number of updates done, and arrays such as `m/Wi`. */
export interface OptimiserState {
  readonly kind: string
  readonly step: number
  readonly tensors: ReadonlyMap<string, Reals>
}

export interface Optimiser {
  readonly kind: OptimiserKind
  readonly rate: number
  /**
   * One step, at the rate times `scale` (a schedule's factor). At a rate of 0 no parameter changes a bit.
   * Throws an InputError where arrays do not match each other or those of the update before.
   */
  update(params: Arrays, grads: Arrays, scale?: number): void
  /** A copy of the state, from which `load` goes on exactly. */
  save(): OptimiserState
  /** Throws a FileError for the state of another kind, or one that is not whole. */
  load(state: OptimiserState): void
}

/** The largest rate that is not taken for a mistake. */
const largestRate = 1e6

export const aRate = aNumber(`a number from 0 to ${largestRate}`, rate => rate >= 0 && rate <= largestRate)
/** A factor. */
export const aScale = aNumber('a number of at least 0', scale => scale >= 0 && scale < Infinity)

/** How an optimiser differs from the others. */
export interface Rule {
  readonly kind: OptimiserKind
  readonly rate: number
  /** What it remembers of each parameter, by the names of the arrays. */
  readonly slots: readonly string[]
  /** What the number of the update decides, as products, which are the same on every machine; a power need not be. */
  readonly powers?: readonly number[]
  /** Changes one array and what is remembered of it, at the rate `r`; at 0 the array must stay as it is. */
  readonly apply: (p: Reals, g: Reals, slots: readonly Reals[], r: number, powers: readonly number[]) => void
}

/** Frozen: a rate that was assigned later would not have been looked at. */
export const optimiser = ({ kind, rate, slots, powers: bases = [], apply }: Rule): Optimiser => {
  const kept = new Map<string, readonly Reals[]>()
  let step = 0
  let powers = bases.map(() => 1)
  return Object.freeze<Optimiser>({
    kind,
    rate,
    update(params, grads, scale = 1) {
      const r = aRate.read(rate * aScale.read(scale, 'the scale of the learning rate', refuse), 'the learning rate times its scale', refuse)
      const pairs = pairsOf(params, grads)
      if (kept.size === 0 && slots.length > 0)
        for (const { name, p } of pairs)
          kept.set(
            name,
            slots.map(() => p.map(() => 0)),
          )
      if (slots.length > 0 && (pairs.length !== kept.size || pairs.some(({ name, p }) => kept.get(name)?.[0]!.length !== p.length)))
        throw new InputError('the parameters are not those of the update before')
      step++
      powers = powers.map((p, i) => p * bases[i]!)
      if (r === 0 && slots.length === 0) return
      for (const { name, p, g } of pairs) apply(p, g, kept.get(name) ?? [], r, powers)
      if (r !== 0 && pairs.length > 0) tellChanged(params)
    },
    save: () => ({ kind, step, tensors: new Map([...kept].flatMap(([name, list]) => slots.map((s, i) => [`${s}/${name}`, list[i]!.slice()] as const))) }),
    load(state) {
      if (state.kind !== kind) throw new FileError(`the state is that of ${show(state.kind)}, not of ${kind}`)
      integer(state.step, 'the number of updates', 0)
      const found = new Map<string, Reals[]>()
      for (const [key, array] of state.tensors) {
        const slot = slots.findIndex(s => key.startsWith(`${s}/`))
        const name = key.slice(key.indexOf('/') + 1)
        const all = slots.map(s => state.tensors.get(`${s}/${name}`))
        if (slot < 0 || all.some(a => a === undefined || a.length !== array.length || a.BYTES_PER_ELEMENT !== array.BYTES_PER_ELEMENT))
          throw new FileError(`the state of ${kind} has ${show(key)} without what belongs to it: ${slots.map(s => `${s}/${name}`).join(', ')}`)
        found.set(
          name,
          all.map(a => a!.slice()),
        )
      }
      if (state.step > 0 && slots.length > 0 && found.size === 0) throw new FileError(`the state of ${kind} has no arrays`)
      kept.clear()
      for (const [name, list] of found) kept.set(name, list)
      step = state.step
      powers = bases.map(() => 1)
      for (let n = 0; n < step && powers.some(p => p !== 0); n++) powers = powers.map((p, i) => p * bases[i]!)
    },
  })
}

/** A parameter with its gradient. Records are asked for each array once: they may have accessors. */
interface Pair {
  readonly name: string
  readonly p: Reals
  readonly g: Reals
}

/** Throws an InputError that lists the gradients without a parameter of the same length. */
const pairsOf = (params: Arrays, grads: Arrays): readonly Pair[] => {
  const pairs: Pair[] = []
  const problems: string[] = []
  for (const name of Object.keys(grads)) {
    const [p, g] = [Object.hasOwn(params, name) ? params[name] : undefined, grads[name]]
    if (p !== undefined && g !== undefined && p.length === g.length) pairs.push({ name, p, g })
    else problems.push(name)
  }
  if (problems.length > 0) throw new InputError(`no parameter of the same length for the gradients of ${problems.join(', ')}`)
  return pairs
}
