/** Noise of a step: entry i is a function of (seed, stream, i), so that it is the same in every pass and on every target. */
import { normalAt, uniformAt } from './random.ts'

/**
 * Fills `out` with what is drawn in training, or with the mean. `bernoulli` takes the probability of 1, `normal` mean and
 * standard deviation, `uniform` its limits. `from`: the number of the first entry.
 */
export function drawNoise(
  out: Float32Array | Float64Array,
  kind: string,
  a: number,
  b: number,
  training: boolean,
  seed: number,
  stream: number,
  from: number,
): void {
  const mean: number = kind === 'uniform' ? (a + b) / 2 : a
  for (let i: number = 0; i < out.length; i++) {
    if (!training) out[i] = mean
    else if (kind === 'bernoulli') out[i] = uniformAt(seed, stream, from + i) < a ? 1 : 0
    else if (kind === 'normal') out[i] = a + b * normalAt(seed, stream, from + i)
    else out[i] = a + (b - a) * uniformAt(seed, stream, from + i)
  }
}
