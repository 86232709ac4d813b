/**
 * A module as the compiler would emit it, written by hand, with its exact gradient. With `decay` 0 it is a bigram model:
 *
 *     h = decay * h[t-1] + one_hot(x, V),   y = scale * (W @ h) + b,   loss cross_entropy(y, next)
 */

import type { Dtype, GeneratedModule, Net, Port, Reals, Signature } from '../../compiler/signature.ts'

const real = (shape: readonly string[], axes: readonly string[] = []): Port => ({ shape, axes, type: 'real' })
const index: Port = { shape: [], axes: ['t', 'batch'], type: 'index', size: 'V' }

export const fakeSignature = (dtype: Dtype): Signature => ({
  format: 'recurve-module-1',
  name: 'Bigram',
  kind: 'model',
  target: 'ts',
  dtype,
  source: 'ab'.repeat(32),
  dims: ['V'],
  fixedDims: {},
  dimDefaults: {},
  params: {
    W: { ...real(['V', 'V']), init: { scheme: 'zeros', args: [], scaled: 1 }, fixed: false },
    b: { ...real(['V']), init: { scheme: 'zeros', args: [], scaled: 1 }, fixed: false },
    scale: { ...real([]), init: { scheme: 'ones', args: [], scaled: 1 }, fixed: true },
  },
  hyper: { decay: 0 },
  noise: {},
  inputs: { x: index },
  targets: { next: index },
  states: { h: { ...real(['V'], ['t', 'batch']), delay: 1 } },
  outputs: { y: real(['V'], ['t', 'batch']) },
  sequences: ['t'],
  loss: true,
})

/** What was asked of the nets, in order: `forward 123`, `backward`, `carry`, `reset`. */
export type Log = string[]

export const fakeModule = (dtype: Dtype = 'f64', log: Log = []): GeneratedModule => ({
  signature: fakeSignature(dtype),
  create(dims, { t, batch }): Net {
    const V = dims['V']!
    const reals = (n: number): Reals => (dtype === 'f64' ? new Float64Array(n) : new Float32Array(n))
    const params = { W: reals(V * V), b: reals(V), scale: reals(1).fill(1) }
    const grads = { W: reals(V * V), b: reals(V) }
    const [x, next] = [new Int32Array(t * batch), new Int32Array(t * batch)]
    const [h, y, p] = [reals(t * batch * V), reals(t * batch * V), new Float64Array(t * batch * V)]
    const initial = { h: reals(batch * V) }
    const final = { h: reals(batch * V) }
    const hyper: Record<string, number> = { decay: 0 }
    return {
      params,
      grads,
      hyper,
      noise: {},
      given: {},
      inputs: { x },
      targets: { next },
      lengths: { t: new Int32Array(batch).fill(t) },
      rows: batch,
      initial,
      final,
      outputs: { y },
      outputGrads: {},
      finalGrads: {},
      inputGrads: {},
      initialGrads: {},
      adjoints: {},
      bytes: { params: 0, tape: 0, work: 0 },
      carried: () => ({ step: 0, going: false, given: {}, arrays: {} }),
      resume() {},
      feed() {},
      reorder() {},
      stepper: () => {
        throw new Error('a fake has no steps')
      },
      initialise() {
        params.W.fill(0)
        params.b.fill(0)
      },
      forward({ training = false, seed, tape = true } = {}) {
        log.push(training ? `forward ${seed}` : `forward tape ${tape}`)
        let loss = 0
        for (let at = 0; at < t * batch; at++) {
          const before = at < batch ? initial.h : h
          const from = (at < batch ? at : at - batch) * V
          for (let k = 0; k < V; k++) h[at * V + k] = hyper['decay']! * before[from + k]! + (x[at] === k ? 1 : 0)
          let total = 0
          for (let i = 0; i < V; i++) {
            let sum = 0
            for (let k = 0; k < V; k++) sum += params.W[i * V + k]! * h[at * V + k]!
            y[at * V + i] = params.scale[0]! * sum + params.b[i]!
            p[at * V + i] = Math.exp(y[at * V + i]!)
            total += p[at * V + i]!
          }
          for (let i = 0; i < V; i++) p[at * V + i]! /= total
          loss -= Math.log(p[at * V + next[at]!]!)
        }
        final.h.set(h.subarray((t - 1) * batch * V))
        return loss / (t * batch)
      },
      backward() {
        log.push('backward')
        grads.W.fill(0)
        grads.b.fill(0)
        for (let at = 0; at < t * batch; at++)
          for (let i = 0; i < V; i++) {
            const d = (p[at * V + i]! - (next[at] === i ? 1 : 0)) / (t * batch)
            grads.b[i]! += d
            for (let k = 0; k < V; k++) grads.W[i * V + k]! += params.scale[0]! * d * h[at * V + k]!
          }
      },
      carry() {
        log.push('carry')
        initial.h.set(final.h)
      },
      reset() {
        log.push('reset')
        initial.h.fill(0)
      },
      dispose() {},
    }
  },
})
