/** Training that can be watched and interrupted. */
import { setImmediate } from 'node:timers/promises'
import { copyParameters, type Model } from '../../runtime/model.ts'
import { evaluate } from '../../runtime/language.ts'
import { adam } from '../../runtime/optimisers.ts'
import { cosine, warmup } from '../../runtime/schedule.ts'
import { trainLanguageModel, type StepReport } from '../../runtime/train.ts'

export interface LearnOptions {
  /** Either ends the run. */
  readonly steps?: number
  readonly seconds?: number
  readonly rate: number
  readonly clip: number
  readonly seed: number
  /** A net to judge in, and text to judge by, now and then. */
  readonly probe: { readonly model: Model; readonly text: Int32Array }
  readonly onStep: (report: StepReport, part: number, seconds: number) => void
  /** Asked a few times a second. */
  readonly stopped: () => boolean
}

export interface Learned {
  /** Bits per character of each window, before it was learned. */
  readonly losses: readonly number[]
  /** The same on text that is not learned: pairs of the steps done and the bits. */
  readonly held: readonly (readonly [number, number])[]
  readonly seconds: number
  readonly interrupted: boolean
}

/** The rate rises in the first part of the run, then falls along half a cosine. */
const shape = warmup(0.02, cosine(0.02))
const probes = 10
/** After so many windows states are zero again, so that the model learns how to begin. */
export const afresh = 16
/** How long a signal may wait, in seconds. */
const patience = 0.2

/** Trains in place. By steps, the outcome depends on nothing but the options, the tokens and the net. */
export const learn = async (model: Model, tokens: Int32Array, options: LearnOptions): Promise<Learned> => {
  const { steps = Infinity, seconds = Infinity, rate, clip, seed, probe, onStep, stopped } = options
  const begin = performance.now()
  const passed = (): number => (performance.now() - begin) / 1000
  const losses: number[] = []
  const part = (): number => Math.max(losses.length / steps, passed() / seconds)
  const optimiser = adam({ rate })
  const held: (readonly [number, number])[] = []
  const judge = (): void => {
    copyParameters(model, probe.model)
    held.push([losses.length, evaluate(probe.model, probe.text).bits])
  }
  judge()
  let interrupted = false
  while (part() < 1 && !interrupted) {
    // The library trains without a pause: it is left now and then, so that signals come through.
    const pause = passed() + patience
    const onward = { optimiser, seed, clip, from: losses.length, steps: Math.min(steps, Number.MAX_SAFE_INTEGER), schedule: () => shape(Math.min(1, part())) }
    trainLanguageModel(model, tokens, {
      ...onward,
      onStep: report => {
        losses.push(report.bits)
        if (report.step % afresh === 0) model.net.reset()
        onStep(report, part(), passed())
        return part() < 1 && passed() < pause
      },
    })
    if (part() * probes >= held.length) judge()
    await setImmediate()
    interrupted = part() < 1 && stopped()
  }
  return { losses, held, seconds: passed(), interrupted }
}

/** The mean of each stretch of steps, at its end: at most so many points. */
export const smoothed = (losses: readonly number[], points = 200): readonly (readonly [number, number])[] => {
  const width = Math.max(1, Math.ceil(losses.length / points))
  return Array.from({ length: Math.ceil(losses.length / width) }, (_, k) => {
    const stretch = losses.slice(k * width, (k + 1) * width)
    return [k * width + stretch.length, stretch.reduce((a, b) => a + b, 0) / stretch.length] as const
  })
}
