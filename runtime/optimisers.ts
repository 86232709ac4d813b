/**
 * Optimisers change parameters in place by their gradients. Both are records of arrays by name; a parameter without a
 * gradient, such as a fixed one, stays as it is. Arithmetic is in double, rounded where a value is stored.
 */

import type { Arrays, Reals } from '../compiler/signature.ts'
import { FileError, InputError, integer, show } from './errors.ts'

/** What an optimiser remembers: the number of updates done, and arrays such as `m/Wi`. */
export interface OptimiserState {
  readonly kind: string
  readonly step: number
  readonly tensors: ReadonlyMap<string, Reals>
}

export interface Optimiser {
  readonly kind: 'sgd' | 'adam'
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

const rateOf = (rate: unknown, what: string): number => {
  if (typeof rate === 'number' && rate >= 0 && rate <= largestRate) return rate
  throw new InputError(`${what} must be a number from 0 to ${largestRate}, got ${show(rate)}`)
}

/** Stochastic gradient descent: p <- p - rate g. */
export const sgd = ({ rate }: { readonly rate: number }): Optimiser => {
  rateOf(rate, 'the learning rate')
  let step = 0
  return {
    kind: 'sgd',
    rate,
    update(params, grads, scale = 1) {
      const r = rateOf(rate * scale, 'the learning rate times its scale')
      const names = pair(params, grads)
      step++
      if (r === 0) return
      for (const name of names) {
        const p = params[name]!
        const g = grads[name]!
        for (let i = 0; i < p.length; i++) p[i] = p[i]! - r * g[i]!
      }
    },
    save: () => ({ kind: 'sgd', step, tensors: new Map() }),
    load(state) {
      expectKind('sgd', state)
      step = state.step
    },
  }
}

export interface AdamOptions {
  readonly rate: number
  /** How much of the mean of gradients (default 0.9) and of their squares (0.999) is kept at each step. */
  readonly beta1?: number
  readonly beta2?: number
  /** Added to the root of the mean square, after its bias is corrected (default 1e-8). */
  readonly eps?: number
}

interface Moments {
  readonly m: Reals
  readonly v: Reals
}

/**
 * Adam with bias correction (Kingma and Ba 2015, https://arxiv.org/abs/1412.6980, algorithm 1; eps as in PyTorch):
 *
 *     m <- beta1 m + (1 - beta1) g,  v <- beta2 v + (1 - beta2) g^2
 *     p <- p - rate / (1 - beta1^n) * m / (sqrt(v) / sqrt(1 - beta2^n) + eps)
 */
export const adam = ({ rate, beta1 = 0.9, beta2 = 0.999, eps = 1e-8 }: AdamOptions): Optimiser => {
  rateOf(rate, 'the learning rate')
  for (const [name, beta] of Object.entries({ beta1, beta2 }))
    if (typeof beta !== 'number' || !(beta >= 0 && beta < 1)) throw new InputError(`${name} must be a number from 0 to below 1, got ${show(beta)}`)
  if (typeof eps !== 'number' || !(eps > 0 && eps < Infinity)) throw new InputError(`eps must be a positive number, got ${show(eps)}`)
  const moments = new Map<string, Moments>()
  let step = 0
  // beta1^step and beta2^step as products, which are the same on every machine; a power need not be.
  let power1 = 1
  let power2 = 1
  return {
    kind: 'adam',
    rate,
    update(params, grads, scale = 1) {
      const r = rateOf(rate * scale, 'the learning rate times its scale')
      const names = pair(params, grads)
      if (moments.size === 0) for (const name of names) moments.set(name, { m: params[name]!.map(() => 0), v: params[name]!.map(() => 0) })
      if (names.length !== moments.size || names.some(name => moments.get(name)?.m.length !== params[name]!.length))
        throw new InputError('the parameters are not those of the update before')
      step++
      power1 *= beta1
      power2 *= beta2
      const size = r / (1 - power1)
      const root = Math.sqrt(1 - power2)
      for (const name of names) adamStep(params[name]!, grads[name]!, moments.get(name)!, { beta1, beta2, eps, size, root })
    },
    save: () => ({
      kind: 'adam',
      step,
      tensors: new Map([...moments].flatMap(([name, { m, v }]) => [[`m/${name}`, m.slice()] as const, [`v/${name}`, v.slice()] as const])),
    }),
    load(state) {
      expectKind('adam', state)
      const found = new Map<string, Moments>()
      for (const [key, m] of state.tensors) {
        if (key.startsWith('v/') && state.tensors.has(`m/${key.slice(2)}`)) continue
        const v = key.startsWith('m/') ? state.tensors.get(`v/${key.slice(2)}`) : undefined
        if (!v || v.length !== m.length || v.BYTES_PER_ELEMENT !== m.BYTES_PER_ELEMENT)
          throw new FileError(`the state of Adam has ${show(key)} without the other moment`)
        found.set(key.slice(2), { m: m.slice(), v: v.slice() })
      }
      if (state.step > 0 && found.size === 0) throw new FileError('the state of Adam has no moments')
      moments.clear()
      for (const [name, both] of found) moments.set(name, both)
      step = state.step
      power1 = 1
      power2 = 1
      for (let n = 0; n < step && (power1 !== 0 || power2 !== 0); n++) {
        power1 *= beta1
        power2 *= beta2
      }
    },
  }
}

interface AdamNumbers {
  readonly beta1: number
  readonly beta2: number
  readonly eps: number
  readonly size: number
  readonly root: number
}

const adamStep = (p: Reals, g: Reals, { m, v }: Moments, { beta1, beta2, eps, size, root }: AdamNumbers): void => {
  for (let i = 0; i < p.length; i++) {
    const gi = g[i]!
    const mi = beta1 * m[i]! + (1 - beta1) * gi
    const vi = beta2 * v[i]! + (1 - beta2) * gi * gi
    m[i] = mi
    v[i] = vi
    if (size !== 0) p[i] = p[i]! - (size * mi) / (Math.sqrt(vi) / root + eps)
  }
}

/** The names of the gradients. Throws an InputError that lists those without a parameter of the same length. */
const pair = (params: Arrays, grads: Arrays): readonly string[] => {
  const names = Object.keys(grads)
  const problems = names.filter(name => !Object.hasOwn(params, name) || params[name]!.length !== grads[name]!.length)
  if (problems.length > 0) throw new InputError(`no parameter of the same length for the gradients of ${problems.join(', ')}`)
  return names
}

const expectKind = (kind: string, state: OptimiserState): void => {
  if (state.kind !== kind) throw new FileError(`the state is that of ${show(state.kind)}, not of ${kind}`)
  integer(state.step, 'the number of updates', 0)
}
