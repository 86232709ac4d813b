/** Truncated BPTT as passes over chunks of losses: what each differentiates, and what cuts the way back. */
import type { Node } from '../graph.ts'
import { lengthAt, longest, type Place, type Sizes } from './tensor.ts'

/** One backward pass: the losses of the steps from `from` to before `to`. */
export interface Pass {
  /** Chunks of so many steps are apart, no gradient passing between them; `Infinity`: they are not. */
  readonly window: number
  readonly from: number
  readonly to: number
  /** No gradient passes to steps before this one, nor, in loops that run backward, to this one and those behind it; 0: all do. */
  readonly low: number
  readonly high: number
}

export const wholePass: Pass = { window: Infinity, from: 0, to: Infinity, low: 0, high: 0 }

/** The passes of truncated BPTT. `far`: losses reach steps far from their own by other ways than delays. */
export const passesOf = (window: number, every: number, span: number, far: boolean): readonly Pass[] => {
  if (window === Infinity) return [wholePass]
  if (window === every && !far) return [{ ...wholePass, window }]
  return Array.from({ length: Math.max(1, Math.ceil(span / every)) }, (_, i) => {
    const from = i * every
    return { window: Infinity, from, to: from + every, low: Math.max(0, from + every - window), high: from + window }
  })
}

/** True where a boundary of the pass lies between two steps; those before the first count as the first. */
export const isApart = (pass: Pass, s: number, t: number, length: number, reversed: boolean): boolean => {
  const [a, b] = reversed ? [length - 1 - Math.max(s, 0), length - 1 - t] : [Math.max(s, 0), t]
  const at = reversed ? (pass.high >= length ? 0 : pass.high) : pass.low
  return (pass.window !== Infinity && Math.floor(a / pass.window) !== Math.floor(b / pass.window)) || (at > 0 && a < at !== b < at)
}

/** How many steps from the beginning of a loop a gradient reaches its initial value. */
export const startReach = ({ window, low, high }: Pass, length: number, reversed: boolean): number =>
  reversed
    ? Math.min(window === Infinity ? Infinity : length - Math.floor((length - 1) / window) * window, high > 0 && high < length ? length - high : Infinity)
    : Math.min(window, low > 0 ? low : Infinity)

/** True where a loss counts in this pass: at its step, or, without one, at the last. */
export const inChunk = (run: { readonly sizes: Sizes; readonly pass: Pass }, node: Pick<Node, 'axes' | 'attrs'>, p: Place): boolean => {
  const length = node.axes.includes('b') ? lengthAt('t', run.sizes, p['b']!) : longest('t', run.sizes)
  const step = node.axes.includes('t') ? p['t']! : Math.max(length - 1, 0)
  const at = node.axes.includes('t') && node.attrs.reversed === true ? length - 1 - step : step
  return at >= run.pass.from && at < run.pass.to
}
