/**
 * Noise of a step: a number is a function of the seed, the noise it is of, and its step, row and entry. So it is the same
 * in every pass and on every target, however long the sequences and however large the batch, and whoever runs which rows.
 */
import { cos as cos64, log as log64 } from './f64.ts'
import { philox } from './random.ts'

const DRAWN: Uint32Array = new Uint32Array(4)

/**
 * Fills `out` [steps, places, batch, entries] with what is drawn in training, or with the mean: `rows` of the batch, of which
 * the first is the `firstRow`-th of the whole. `bernoulli` takes the probability of 1, `normal` mean and standard deviation,
 * `uniform` its limits. `first`: the number of the first step; `places`: steps of another sequence. The four words of a
 * counter serve four neighbours.
 */
export function drawNoise(
  out: Float32Array | Float64Array,
  kind: string,
  a: number,
  b: number,
  training: boolean,
  seed: number,
  stream: number,
  first: number,
  steps: number,
  places: number,
  rows: number,
  batch: number,
  firstRow: number,
  entries: number,
): void {
  if (!training) {
    out.fill(kind === 'uniform' ? (a + b) / 2 : a)
    return
  }
  // Initial values of parameters have the seed alone as their key.
  const key: number = Math.floor(seed / 4294967296) ^ ((stream + 1) << 21)
  for (let t: number = 0; t < steps; t++) {
    const late: number = Math.floor((first + t) / 4294967296)
    for (let s: number = 0; s < places; s++) {
      for (let r: number = 0; r < rows; r++) {
        const at: number = ((t * places + s) * batch + r) * entries
        for (let i: number = 0; i < entries; i += 4) {
          philox(seed >>> 0, key, i >>> 2, firstRow + r, (first + t) >>> 0, s ^ Math.imul(late, 0x9e3779b9), DRAWN)
          const count: number = entries - i < 4 ? entries - i : 4
          for (let k: number = 0; k < count; k++) {
            if (kind === 'normal') out[at + i + k] = a + b * gaussian(k)
            else {
              const u: number = (DRAWN[k]! >>> 8) / 16777216
              if (kind === 'bernoulli') out[at + i + k] = u < a ? 1 : 0
              else out[at + i + k] = a + (b - a) * u
            }
          }
        }
      }
    }
  }
}

/** Standard normal (Box and Muller): two words make the cosine and the sine of one draw. */
function gaussian(k: number): number {
  const pair: number = k < 2 ? 0 : 2
  const radius: number = Math.sqrt(-2 * log64((DRAWN[pair]! + 1) / 4294967296))
  // A quarter turn less makes the cosine a sine.
  const turn: number = DRAWN[pair + 1]! / 4294967296 - (k % 2) / 4
  return radius * cos64(6.283185307179586 * turn)
}
