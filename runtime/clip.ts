/** The norm of all gradients together: to look at it, to limit it, and to find what is not finite. */

import type { Arrays, Reals } from '../compiler/signature.ts'
import { InputError, TrainingError, show } from './errors.ts'

/** The first entry, in the order of names, that is NaN or infinite. */
export const firstNotFinite = (arrays: Arrays): { readonly name: string; readonly index: number; readonly value: number } | undefined => {
  for (const [name, array] of Object.entries(arrays))
    for (let index = 0; index < array.length; index++) if (!Number.isFinite(array[index]!)) return { name, index, value: array[index]! }
  return undefined
}

/** The 2-norm of all arrays taken as one vector, summed in double; NaN or Infinity where an entry is. */
export const globalNorm = (arrays: Arrays): number => {
  const all = Object.values(arrays)
  const norm = Math.sqrt(all.reduce((sum, array) => sum + sumOfSquares(array, 1), 0))
  if (norm > 1e-140 && norm < Infinity) return norm
  // Squares that overflow or vanish: once more, in units of the largest entry.
  let largest = 0
  for (const array of all) for (const x of array) if (!(Math.abs(x) <= largest)) largest = Math.abs(x)
  if (largest === 0 || !Number.isFinite(largest)) return norm
  return largest * Math.sqrt(all.reduce((sum, array) => sum + sumOfSquares(array, largest), 0))
}

const sumOfSquares = (array: Reals, unit: number): number => {
  let sum = 0
  for (let i = 0; i < array.length; i++) {
    const x = unit === 1 ? array[i]! : array[i]! / unit
    sum += x * x
  }
  return sum
}

/**
 * Scales all gradients in place by `min(1, limit / (norm + 1e-6))`, and returns the norm before (Pascanu et al. 2013,
 * https://arxiv.org/abs/1211.5063; the small term as PyTorch has it). With a limit of `Infinity` it only looks.
 *
 * Throws a TrainingError that names the first gradient that is NaN or infinite, before anything is changed.
 */
export const clipByGlobalNorm = (grads: Arrays, limit: number): number => {
  if (typeof limit !== 'number' || !(limit > 0)) throw new InputError(`the limit must be a positive number, got ${show(limit)}`)
  const norm = globalNorm(grads)
  if (!Number.isFinite(norm)) {
    const bad = firstNotFinite(grads)
    throw new TrainingError(bad ? `the gradient of ${bad.name} is ${bad.value} at element ${bad.index}` : 'the norm of the gradients is beyond 1e308')
  }
  const scale = limit / (norm + 1e-6)
  if (scale < 1) for (const array of Object.values(grads)) for (let i = 0; i < array.length; i++) array[i] = array[i]! * scale
  return norm
}
