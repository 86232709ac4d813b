/** Truncated BPTT as passes over chunks of losses: what each differentiates, which steps it runs, and what cuts the way back. */
import type { Node } from '../graph.ts'
import type { Reach } from '../passes/reach.ts'
import { lengthAt, longest, type Place, type Sizes } from './tensor.ts'

/** Steps from `first` to before `end`. */
export interface Steps {
  readonly first: number
  readonly end: number
}

/** One backward pass: the losses of the steps from `from` to before `to`. */
export interface Pass {
  /** Chunks of so many steps are apart, no gradient passing between them; `Infinity`: they are not. */
  readonly window: number
  readonly from: number
  readonly to: number
  /** No gradient passes to steps before this one, nor, in loops that run backward in t, to `high` and those behind it. */
  readonly low: number
  readonly high: number
  /** What it runs: of streams in the order of t, and of those that count from the end. */
  readonly steps: Steps
  readonly back: Steps
  /** One of several: gradients are zero at first, and each pass adds to them. */
  readonly adds: boolean
}

const everything: Steps = { first: 0, end: Infinity }

export const wholePass: Pass = { window: Infinity, from: 0, to: Infinity, low: 0, high: Infinity, steps: everything, back: everything, adds: false }

/** True where one pass does for all chunks. */
export const isSingle = (window: number, every: number, reach: Reach): boolean => window === Infinity || (window === every && reach.couples === undefined)

/** The passes of truncated BPTT over sequences of these lengths. */
export const passesOf = (window: number, every: number, sizes: Sizes, reach: Reach): readonly Pass[] => {
  if (isSingle(window, every, reach)) return [{ ...wholePass, window }]
  const span = longest('t', sizes)
  const lengths = Array.from({ length: sizes.b }, (_, b) => lengthAt('t', sizes, b))
  return Array.from({ length: Math.max(1, Math.ceil(span / every)) }, (_, i): Pass => {
    const from = i * every
    const to = from + every
    const [low, high] = [Math.max(0, to - window), from + window]
    const chunk = { window: Infinity, from, to, low, high, adds: true }
    if (reach.whole) return { ...chunk, steps: everything, back: everything }
    const end = Math.min(span, reach.turns ? high : to)
    // Counted from the end, the steps of a chunk lie elsewhere in each sequence.
    const shortest = Math.min(span, ...lengths.filter(n => n > low))
    return { ...chunk, steps: { first: low, end }, back: { first: Math.max(0, shortest - end), end: span - low } }
  })
}

/** True where a boundary of the pass lies between a step and the step at which a delay reads it; what lies before the first counts as the first. */
export const isApart = (pass: Pass, { cuts, reversed, by }: Node['attrs'], s: number, t: number, length: number): boolean => {
  if (cuts === undefined) return false
  const place = (step: number): number => (reversed === true ? length - 1 - step : step)
  const [value, reader] = [place(by! > 0 ? Math.max(s, 0) : s), place(t)]
  const outside = cuts === 'past' ? value < pass.low && reader >= pass.low : value >= pass.high && reader < pass.high
  return outside || (pass.window !== Infinity && Math.floor(value / pass.window) !== Math.floor(reader / pass.window))
}

/** How many steps from the beginning of a loop a gradient reaches its initial value. */
export const startReach = ({ window, low }: Pass): number => Math.min(window, low > 0 ? low : Infinity)

/** True where a loss counts in this pass: at its step, or, without one, at the last. */
export const inChunk = (run: { readonly sizes: Sizes; readonly pass: Pass }, { axes }: Pick<Node, 'axes'>, p: Place): boolean => {
  const length = axes.includes('b') ? lengthAt('t', run.sizes, p['b']!) : longest('t', run.sizes)
  const step = axes.includes('t') ? p['t']! : Math.max(length - 1, 0)
  return step >= run.pass.from && step < run.pass.to
}
