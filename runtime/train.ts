/** Training a language model: one long text, truncated BPTT in windows, states carried from one to the next. */

import { aFunction, aNumber, anInteger, anObject, called, needed, type Table } from '../dsl/options.ts'
import { clipByGlobalNorm } from './clip.ts'
import { InputError, TrainingError, aSeed, optionsOf } from './errors.ts'
import { checkTokens, languagePorts } from './language.ts'
import type { Model } from './model.ts'
import type { Optimiser } from './optimiser.ts'
import { constant, type Schedule } from './schedule.ts'
import { windows } from './text.ts'

export interface TrainOptions {
  readonly optimiser: Optimiser
  /** 0 to 2^32-1. With it, a run of so many steps is always the same. */
  readonly seed: number
  /** Where the run ends: after so many steps in all, after so many seconds, or at the earlier of both. */
  readonly steps?: number
  readonly seconds?: number
  readonly schedule?: Schedule
  /** The largest norm of all gradients together; larger ones are scaled down. */
  readonly clip?: number
  /** How many steps were done before: a run goes on from a file. */
  readonly from?: number
  /** Seconds from any start; by default the machine's. */
  readonly clock?: () => number
  /** After each step, states carried, so that the net may be saved. The run ends where it returns false. */
  readonly onStep?: (report: StepReport) => boolean | void
}

export interface StepReport {
  /** How many steps are done. */
  readonly step: number
  /** The mean over the window's tokens before the step, in nats, and in bits. */
  readonly loss: number
  readonly bits: number
  /** The norm of all gradients before clipping. */
  readonly norm: number
  /** The learning rate of this step. */
  readonly rate: number
  readonly epoch: number
  /** Since the run began, and since it began, per second. */
  readonly seconds: number
  readonly tokensPerSecond: number
}

/** A seed for one step, such that neighbouring seeds and steps share nothing (the finaliser of MurmurHash3, twice). */
const stepSeed = (seed: number, step: number): number => {
  const mix = (x: number): number => {
    const a = Math.imul(x ^ (x >>> 16), 0x85ebca6b)
    const b = Math.imul(a ^ (a >>> 13), 0xc2b2ae35)
    return (b ^ (b >>> 16)) >>> 0
  }
  return mix(mix(seed ^ 0x9e3779b9) + step)
}

const trainTable: Table<TrainOptions> = {
  optimiser: needed(anObject<Optimiser>('an optimiser', o => typeof o.update === 'function')),
  seed: needed(aSeed),
  steps: anInteger(0),
  seconds: aNumber('a number of at least 0', seconds => seconds >= 0 && seconds < Infinity),
  schedule: aFunction(),
  clip: aNumber('a positive number', clip => clip > 0),
  from: called('the step to go on from', anInteger(0)),
  clock: aFunction(),
  onStep: aFunction(),
}

/**
 * Trains a language model on tokens, in place, and returns the last report, if a step was done. Epochs follow each
 * other, each from fresh states. By steps a run depends on nothing but its options, the tokens and the net's state.
 *
 * Throws an InputError for a model that is none, tokens that it has no symbol for or too few of them, and options out
 * of range; a TrainingError that names the step where the loss or a gradient is not finite, with the parameters as they
 * were before that step.
 */
export const trainLanguageModel = (model: Model, tokens: Int32Array, given: TrainOptions): StepReport | undefined => {
  const { net, sizes } = model
  const options = optionsOf('trainLanguageModel', given, trainTable)
  if (options.steps === undefined && options.seconds === undefined) throw new InputError('a run needs an end: steps or seconds')
  const { optimiser, seed, steps = Infinity, seconds = Infinity, from = 0, clip = Infinity, schedule = constant, onStep } = options
  const clock = options.clock ?? (() => performance.now() / 1000)
  const ports = languagePorts(model)
  checkTokens(tokens, ports)
  const all = windows(tokens, sizes)
  const begin = clock()
  let report: StepReport | undefined
  for (let step = from; ; step++) {
    const passed = clock() - begin
    const progress = steps === 0 || seconds === 0 ? 1 : Math.max(step / steps, passed / seconds, 0)
    if (progress >= 1) return report
    const { first, inputs, targets } = all.at(step % all.count)
    if (first) net.reset()
    net.inputs[ports.input]!.set(inputs)
    net.targets[ports.target]!.set(targets)
    const loss = net.forward({ training: true, seed: stepSeed(seed, step) })
    if (!Number.isFinite(loss)) throw new TrainingError(`step ${step + 1}: the loss is ${loss}`)
    net.backward()
    const norm = at(step + 1, () => clipByGlobalNorm(net.grads, clip))
    const factor = schedule(progress)
    optimiser.update(net.params, net.grads, factor)
    net.carry()
    const now = clock() - begin
    report = {
      step: step + 1,
      loss,
      bits: loss / Math.LN2,
      norm,
      rate: optimiser.rate * factor,
      epoch: Math.floor(step / all.count),
      seconds: now,
      tokensPerSecond: now > 0 ? ((step + 1 - from) * sizes.t * sizes.batch) / now : 0,
    }
    if (onStep?.(report) === false) return report
  }
}

/** Says at which step it happened. */
const at = <T>(step: number, what: () => T): T => {
  try {
    return what()
  } catch (e) {
    throw e instanceof TrainingError ? new TrainingError(`step ${step}: ${e.message}`, { cause: e }) : e
  }
}
