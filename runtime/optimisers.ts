/**
 * Optimisers change parameters in place by their gradients. Both are records of arrays by name; a parameter without a
 * gradient, such as a fixed one, stays as it is. Arithmetic is in double, rounded where a value is stored.
 */

import type { Arrays, Reals } from '../compiler/signature.ts'
import { FileError, InputError, integer, show } from './errors.ts'

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

const rateOf = (rate: unknown, what: string): number => {
  if (typeof rate === 'number' && rate >= 0 && rate <= largestRate) return rate
  throw new InputError(`${what} must be a number from 0 to ${largestRate}, got ${show(rate)}`)
}

/** A share that is kept from step to step. */
const checkShare = (name: string, share: unknown): void => {
  if (typeof share !== 'number' || !(share >= 0 && share < 1)) throw new InputError(`${name} must be a number from 0 to below 1, got ${show(share)}`)
}
const checkPositive = (name: string, value: unknown): void => {
  if (typeof value !== 'number' || !(value > 0 && value < Infinity)) throw new InputError(`${name} must be a positive number, got ${show(value)}`)
}

/** How an optimiser differs from the others. */
interface Rule {
  readonly kind: OptimiserKind
  readonly rate: number
  /** What it remembers of each parameter, by the names of the arrays. */
  readonly slots: readonly string[]
  /** What the number of the update decides, as products, which are the same on every machine; a power need not be. */
  readonly powers?: readonly number[]
  /** Changes one array and what is remembered of it, at the rate `r`; at 0 the array must stay as it is. */
  readonly apply: (p: Reals, g: Reals, slots: readonly Reals[], r: number, powers: readonly number[]) => void
}

const optimiser = ({ kind, rate, slots, powers: bases = [], apply }: Rule): Optimiser => {
  rateOf(rate, 'the learning rate')
  const kept = new Map<string, readonly Reals[]>()
  let step = 0
  let powers = bases.map(() => 1)
  return {
    kind,
    rate,
    update(params, grads, scale = 1) {
      const r = rateOf(rate * scale, 'the learning rate times its scale')
      const names = pair(params, grads)
      if (kept.size === 0 && slots.length > 0)
        for (const name of names)
          kept.set(
            name,
            slots.map(() => params[name]!.map(() => 0)),
          )
      if (slots.length > 0 && (names.length !== kept.size || names.some(name => kept.get(name)?.[0]!.length !== params[name]!.length)))
        throw new InputError('the parameters are not those of the update before')
      step++
      powers = powers.map((p, i) => p * bases[i]!)
      if (r === 0 && slots.length === 0) return
      for (const name of names) apply(params[name]!, grads[name]!, kept.get(name) ?? [], r, powers)
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
  }
}

export interface SgdOptions {
  readonly rate: number
  /** How much of the step before is kept (default 0): v <- momentum v + g, p <- p - rate v (Polyak 1964). */
  readonly momentum?: number
  /** Looks where the momentum leads: p <- p - rate (g + momentum v) (Nesterov 1983; as in PyTorch). */
  readonly nesterov?: boolean
}

/** Stochastic gradient descent: p <- p - rate g. Throws an InputError for numbers out of range. */
export const sgd = ({ rate, momentum = 0, nesterov = false }: SgdOptions): Optimiser => {
  checkShare('momentum', momentum)
  if (nesterov && momentum === 0) throw new InputError('Nesterov looks where the momentum leads: it needs a momentum above 0')
  if (momentum === 0)
    return optimiser({
      kind: 'sgd',
      rate,
      slots: [],
      apply: (p, g, _, r) => {
        for (let i = 0; i < p.length; i++) p[i] = p[i]! - r * g[i]!
      },
    })
  return optimiser({
    kind: nesterov ? 'nesterov' : 'momentum',
    rate,
    slots: ['v'],
    apply: (p, g, [v], r) => {
      for (let i = 0; i < p.length; i++) {
        const next = momentum * v![i]! + g[i]!
        v![i] = next
        if (r !== 0) p[i] = p[i]! - r * (nesterov ? g[i]! + momentum * next : next)
      }
    },
  })
}

export interface AdamOptions {
  readonly rate: number
  /** How much of the mean of gradients (default 0.9) and of their squares (0.999) is kept at each step. */
  readonly beta1?: number
  readonly beta2?: number
  /** Added to the root of the mean square, after its bias is corrected (default 1e-8). */
  readonly eps?: number
}

const adamLike = (kind: 'adam' | 'adamw', { rate, beta1 = 0.9, beta2 = 0.999, eps = 1e-8 }: AdamOptions, decay: number): Optimiser => {
  checkShare('beta1', beta1)
  checkShare('beta2', beta2)
  checkPositive('eps', eps)
  return optimiser({
    kind,
    rate,
    slots: ['m', 'v'],
    powers: [beta1, beta2],
    apply: (p, g, [m, v], r, [power1, power2]) => {
      const size = r / (1 - power1!)
      const root = Math.sqrt(1 - power2!)
      for (let i = 0; i < p.length; i++) {
        const gi = g[i]!
        const mi = beta1 * m![i]! + (1 - beta1) * gi
        const vi = beta2 * v![i]! + (1 - beta2) * gi * gi
        m![i] = mi
        v![i] = vi
        if (r !== 0) p[i] = (decay === 0 ? p[i]! : p[i]! * (1 - r * decay)) - (size * mi) / (Math.sqrt(vi) / root + eps)
      }
    },
  })
}

/**
 * Adam with bias correction (Kingma and Ba 2015, https://arxiv.org/abs/1412.6980, algorithm 1; eps as in PyTorch):
 *
 *     m <- beta1 m + (1 - beta1) g,  v <- beta2 v + (1 - beta2) g^2
 *     p <- p - rate / (1 - beta1^n) * m / (sqrt(v) / sqrt(1 - beta2^n) + eps)
 */
export const adam = (options: AdamOptions): Optimiser => adamLike('adam', options, 0)

export interface AdamWOptions extends AdamOptions {
  /** What parameters lose at each step, times the rate (default 0.01). */
  readonly decay?: number
}

/** Adam whose weight decay is apart from the gradient: p <- (1 - rate decay) p first (Loshchilov and Hutter 2019, https://arxiv.org/abs/1711.05101). */
export const adamW = ({ decay = 0.01, ...options }: AdamWOptions): Optimiser => {
  if (typeof decay !== 'number' || !(decay >= 0 && decay < Infinity)) throw new InputError(`decay must be a number of at least 0, got ${show(decay)}`)
  return adamLike('adamw', options, decay)
}

/** Adagrad (Duchi, Hazan and Singer 2011, JMLR 12): s <- s + g^2, p <- p - rate g / (sqrt(s) + eps). */
export const adagrad = ({ rate, eps = 1e-10 }: { readonly rate: number; readonly eps?: number }): Optimiser => {
  checkPositive('eps', eps)
  return optimiser({
    kind: 'adagrad',
    rate,
    slots: ['s'],
    apply: (p, g, [s], r) => {
      for (let i = 0; i < p.length; i++) {
        const next = s![i]! + g[i]! * g[i]!
        s![i] = next
        if (r !== 0) p[i] = p[i]! - (r * g[i]!) / (Math.sqrt(next) + eps)
      }
    },
  })
}

/** RMSprop (Tieleman and Hinton 2012, lecture 6.5): s <- alpha s + (1 - alpha) g^2, p <- p - rate g / (sqrt(s) + eps). */
export const rmsprop = ({ rate, alpha = 0.99, eps = 1e-8 }: { readonly rate: number; readonly alpha?: number; readonly eps?: number }): Optimiser => {
  checkShare('alpha', alpha)
  checkPositive('eps', eps)
  return optimiser({
    kind: 'rmsprop',
    rate,
    slots: ['s'],
    apply: (p, g, [s], r) => {
      for (let i = 0; i < p.length; i++) {
        const next = alpha * s![i]! + (1 - alpha) * g[i]! * g[i]!
        s![i] = next
        if (r !== 0) p[i] = p[i]! - (r * g[i]!) / (Math.sqrt(next) + eps)
      }
    },
  })
}

/**
 * Adadelta (Zeiler 2012, https://arxiv.org/abs/1212.5701, algorithm 1), its step times the rate, which is 1 there:
 *
 *     s <- rho s + (1 - rho) g^2,  d = sqrt(u + eps) / sqrt(s + eps) g,  u <- rho u + (1 - rho) d^2,  p <- p - rate d
 */
export const adadelta = ({ rate, rho = 0.9, eps = 1e-6 }: { readonly rate: number; readonly rho?: number; readonly eps?: number }): Optimiser => {
  checkShare('rho', rho)
  checkPositive('eps', eps)
  return optimiser({
    kind: 'adadelta',
    rate,
    slots: ['s', 'u'],
    apply: (p, g, [s, u], r) => {
      for (let i = 0; i < p.length; i++) {
        const square = rho * s![i]! + (1 - rho) * g[i]! * g[i]!
        const d = (Math.sqrt(u![i]! + eps) / Math.sqrt(square + eps)) * g[i]!
        s![i] = square
        u![i] = rho * u![i]! + (1 - rho) * d * d
        if (r !== 0) p[i] = p[i]! - r * d
      }
    },
  })
}

/** The names of the gradients. Throws an InputError that lists those without a parameter of the same length. */
const pair = (params: Arrays, grads: Arrays): readonly string[] => {
  const names = Object.keys(grads)
  const problems = names.filter(name => !Object.hasOwn(params, name) || params[name]!.length !== grads[name]!.length)
  if (problems.length > 0) throw new InputError(`no parameter of the same length for the gradients of ${problems.join(', ')}`)
  return names
}
