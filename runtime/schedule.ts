/** How the learning rate changes during a run. Each throws an InputError for what is no factor, no share or no schedule. */
import { aFunction, aNumber } from '../dsl/options.ts'
import { refuse } from './errors.ts'

/** A factor for the learning rate, by how much of the run is done, from 0 to 1. */
export type Schedule = (progress: number) => number

const aFactor = aNumber('a number of at least 0', factor => factor >= 0 && factor < Infinity)
const aShare = aNumber('a number from 0 to 1', share => share >= 0 && share <= 1)

export const constant: Schedule = () => 1

/** From 1 down to `last`, in a straight line. */
export const linear = (last = 0): Schedule => {
  aFactor.read(last, 'the last factor', refuse)
  return progress => 1 + (last - 1) * progress
}

/** From 1 down to `last` along half a cosine (Loshchilov and Hutter 2017, https://arxiv.org/abs/1608.03983). */
export const cosine = (last = 0): Schedule => {
  aFactor.read(last, 'the last factor', refuse)
  return progress => last + ((1 - last) * (1 + Math.cos(Math.PI * progress))) / 2
}

/** From 0 up to 1 in the first `part` of the run, then as `after` says. */
export const warmup = (part: number, after: Schedule = constant): Schedule => {
  aShare.read(part, 'the part that warms up', refuse)
  aFunction<Schedule>().read(after, 'the schedule after it', refuse)
  return progress => (progress < part ? progress / part : after(progress))
}
