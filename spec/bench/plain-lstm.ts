/** An LSTM's training step with plain triple loops: what one writes first, and the peer that any machine has. */

import type { Size } from './work.ts'

export interface PlainLstm {
  readonly forward: () => void
  readonly backward: () => void
  readonly hs: Float32Array
  readonly grads: Readonly<Record<'x' | 'w' | 'u' | 'bias', Float32Array>>
}

/** The four gates lie one behind another; `cotangent` is that of h. */
export type PlainArrays = Readonly<Record<'x' | 'w' | 'u' | 'bias' | 'cotangent', Float32Array>>

/** `c[m, n] += sum over k of a[m, k] * b[n, k]`. */
const multiply = (c: Float32Array, a: Float32Array, b: Float32Array, m: number, n: number, k: number, ca: number, aa: number): void => {
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++) {
      let s = c[ca + i * n + j]!
      for (let l = 0; l < k; l++) s += a[aa + i * k + l]! * b[j * k + l]!
      c[ca + i * n + j] = s
    }
}

export const plainLstm = ({ t, batch, d, h }: Size, { x, w, u, bias, cotangent }: PlainArrays): PlainLstm => {
  const g = 4 * h
  const z = new Float32Array(t * batch * g)
  const hs = new Float32Array((t + 1) * batch * h)
  const cs = new Float32Array((t + 1) * batch * h)
  const [dx, dw, du, db] = [new Float32Array(x.length), new Float32Array(w.length), new Float32Array(u.length), new Float32Array(g)]
  const [dh, dc] = [new Float32Array(batch * h), new Float32Array(batch * h)]
  const sigmoid = (v: number): number => 1 / (1 + Math.exp(-v))
  const forward = (): void => {
    for (let s = 0; s < t; s++) {
      const at = s * batch * g
      for (let i = 0; i < batch; i++) for (let j = 0; j < g; j++) z[at + i * g + j] = bias[j]!
      multiply(z, x, w, batch, g, d, at, s * batch * d)
      multiply(z, hs, u, batch, g, h, at, s * batch * h)
      for (let i = 0; i < batch; i++)
        for (let j = 0; j < h; j++) {
          const row = at + i * g + j
          const [gi, gf, gg, go] = [sigmoid(z[row]!), sigmoid(z[row + h]!), Math.tanh(z[row + 2 * h]!), sigmoid(z[row + 3 * h]!)]
          const c = gf * cs[(s * batch + i) * h + j]! + gi * gg
          z[row] = gi
          z[row + h] = gf
          z[row + 2 * h] = gg
          z[row + 3 * h] = go
          cs[((s + 1) * batch + i) * h + j] = c
          hs[((s + 1) * batch + i) * h + j] = go * Math.tanh(c)
        }
    }
  }
  const backward = (): void => {
    for (const a of [dx, dw, du, db, dh, dc]) a.fill(0)
    for (let s = t - 1; s >= 0; s--) {
      const at = s * batch * g
      for (let i = 0; i < batch; i++)
        for (let j = 0; j < h; j++) {
          const row = at + i * g + j
          const [gi, gf, gg, go] = [z[row]!, z[row + h]!, z[row + 2 * h]!, z[row + 3 * h]!]
          const tc = Math.tanh(cs[((s + 1) * batch + i) * h + j]!)
          const dht = dh[i * h + j]! + cotangent[(s * batch + i) * h + j]!
          const dct = dc[i * h + j]! + dht * go * (1 - tc * tc)
          z[row] = dct * gg * gi * (1 - gi)
          z[row + h] = dct * cs[(s * batch + i) * h + j]! * gf * (1 - gf)
          z[row + 2 * h] = dct * gi * (1 - gg * gg)
          z[row + 3 * h] = dht * tc * go * (1 - go)
          dc[i * h + j] = dct * gf
        }
      for (let i = 0; i < batch; i++) {
        for (let j = 0; j < h; j++) {
          let sum = 0
          for (let l = 0; l < g; l++) sum += z[at + i * g + l]! * u[l * h + j]!
          dh[i * h + j] = sum
        }
        for (let j = 0; j < d; j++) {
          let sum = 0
          for (let l = 0; l < g; l++) sum += z[at + i * g + l]! * w[l * d + j]!
          dx[(s * batch + i) * d + j] = sum
        }
        for (let l = 0; l < g; l++) {
          const v = z[at + i * g + l]!
          db[l]! += v
          for (let j = 0; j < h; j++) du[l * h + j]! += v * hs[(s * batch + i) * h + j]!
          for (let j = 0; j < d; j++) dw[l * d + j]! += v * x[(s * batch + i) * d + j]!
        }
      }
    }
  }
  return { forward, backward, hs: hs.subarray(batch * h), grads: { x: dx, w: dw, u: du, bias: db } }
}
