/**
 * Optimisers change parameters in place by their gradients. Both are records of arrays by name; a parameter without a
 * gradient, such as a fixed one, stays as it is. Arithmetic is in double, rounded where a value is stored.
 */

import { aFlag, aNumber, called, needed, type Table } from '../dsl/options.ts'
import { InputError, optionsOf } from './errors.ts'
import { aRate, aScale, optimiser, type Optimiser } from './optimiser.ts'

export type { Optimiser, OptimiserKind, OptimiserState } from './optimiser.ts'

const theRate = needed(called('the learning rate', aRate))
/** A share that is kept from step to step. */
const aShare = aNumber('a number from 0 to below 1', share => share >= 0 && share < 1)
const aPositive = aNumber('a positive number', value => value > 0 && value < Infinity)

export interface SgdOptions {
  readonly rate: number
  /** How much of the step before is kept (default 0): v <- momentum v + g, p <- p - rate v (Polyak 1964). */
  readonly momentum?: number
  /** Looks where the momentum leads: p <- p - rate (g + momentum v) (Nesterov 1983; as in PyTorch). */
  readonly nesterov?: boolean
}

const sgdTable: Table<SgdOptions> = { rate: theRate, momentum: aShare, nesterov: aFlag }

/** Stochastic gradient descent: p <- p - rate g. Like all optimisers it throws an InputError for options that are unknown or out of range. */
export const sgd = (options: SgdOptions): Optimiser => {
  const { rate, momentum = 0, nesterov = false } = optionsOf('sgd', options, sgdTable)
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

const adamTable: Table<AdamOptions> = { rate: theRate, beta1: aShare, beta2: aShare, eps: aPositive }

const adamLike = (kind: 'adam' | 'adamw', { rate, beta1 = 0.9, beta2 = 0.999, eps = 1e-8 }: AdamOptions, decay: number): Optimiser =>
  optimiser({
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

/**
 * Adam with bias correction (Kingma and Ba 2015, https://arxiv.org/abs/1412.6980, algorithm 1; eps as in PyTorch):
 *
 *     m <- beta1 m + (1 - beta1) g,  v <- beta2 v + (1 - beta2) g^2
 *     p <- p - rate / (1 - beta1^n) * m / (sqrt(v) / sqrt(1 - beta2^n) + eps)
 */
export const adam = (options: AdamOptions): Optimiser => adamLike('adam', optionsOf('adam', options, adamTable), 0)

export interface AdamWOptions extends AdamOptions {
  /** What parameters lose at each step, times the rate (default 0.01). */
  readonly decay?: number
}

const adamWTable: Table<AdamWOptions> = { ...adamTable, decay: aScale }

/** Adam whose weight decay is apart from the gradient: p <- (1 - rate decay) p first (Loshchilov and Hutter 2019, https://arxiv.org/abs/1711.05101). */
export const adamW = (given: AdamWOptions): Optimiser => {
  const { decay = 0.01, ...options } = optionsOf('adamW', given, adamWTable)
  return adamLike('adamw', options, decay)
}

export interface AdagradOptions {
  readonly rate: number
  /** Added to the root (default 1e-10). */
  readonly eps?: number
}

const adagradTable: Table<AdagradOptions> = { rate: theRate, eps: aPositive }

/** Adagrad (Duchi, Hazan and Singer 2011, JMLR 12): s <- s + g^2, p <- p - rate g / (sqrt(s) + eps). */
export const adagrad = (options: AdagradOptions): Optimiser => {
  const { rate, eps = 1e-10 } = optionsOf('adagrad', options, adagradTable)
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

export interface RmspropOptions {
  readonly rate: number
  /** How much of the mean square is kept at each step (default 0.99). */
  readonly alpha?: number
  /** Added to the root (default 1e-8). */
  readonly eps?: number
}

const rmspropTable: Table<RmspropOptions> = { rate: theRate, alpha: aShare, eps: aPositive }

/** RMSprop (Tieleman and Hinton 2012, lecture 6.5): s <- alpha s + (1 - alpha) g^2, p <- p - rate g / (sqrt(s) + eps). */
export const rmsprop = (options: RmspropOptions): Optimiser => {
  const { rate, alpha = 0.99, eps = 1e-8 } = optionsOf('rmsprop', options, rmspropTable)
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

export interface AdadeltaOptions {
  readonly rate: number
  /** How much of the mean squares is kept at each step (default 0.9). */
  readonly rho?: number
  /** Added under the roots (default 1e-6). */
  readonly eps?: number
}

const adadeltaTable: Table<AdadeltaOptions> = { rate: theRate, rho: aShare, eps: aPositive }

/**
 * Adadelta (Zeiler 2012, https://arxiv.org/abs/1212.5701, algorithm 1), its step times the rate, which is 1 there:
 *
 *     s <- rho s + (1 - rho) g^2,  d = sqrt(u + eps) / sqrt(s + eps) g,  u <- rho u + (1 - rho) d^2,  p <- p - rate d
 */
export const adadelta = (options: AdadeltaOptions): Optimiser => {
  const { rate, rho = 0.9, eps = 1e-6 } = optionsOf('adadelta', options, adadeltaTable)
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
