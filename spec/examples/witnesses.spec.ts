import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { load } from '../../runtime/load.ts'

/** Second, independent sources for cells of the zoo: closed forms, identities, and the papers' equations in plain loops. */

type Rows = readonly (readonly number[])[]
interface Ran {
  /** `[t][entry]`, of the one sequence there is. */
  readonly of: (name: string) => Rows
  readonly x: Rows
  /** A parameter as rows of its last dim. */
  readonly param: (name: string, width?: number) => Rows
  readonly vector: (name: string) => readonly number[]
}
interface Setting {
  readonly file: string
  readonly cell: string
  readonly dims: Readonly<Record<string, number>>
  readonly set?: Readonly<Record<string, number>>
  readonly t?: number
  readonly params?: Readonly<Record<string, number | readonly number[]>>
  readonly hyper?: Readonly<Record<string, number>>
  /** How large the made-up numbers are; 0 leaves the cell's own. What begins as zero stays zero. */
  readonly scale?: number
}

const folder = (file: string): string => (file.startsWith('std/') ? `dsl/${file}` : `examples/cells/${file}`)
const wave = (i: number): number => Math.sin(1.7 * i + 0.3) + 0.3 * Math.cos(5.1 * i)
const split = (list: ArrayLike<number>, width: number): Rows =>
  Array.from({ length: list.length / width }, (_, i) => Array.from({ length: width }, (_w, j) => list[i * width + j]!))

/** Runs a cell on one sequence of made-up numbers; parameters that are not given are made up as well. */
const ran = async ({ file, cell, dims, set = {}, t = 6, params = {}, hyper = {}, scale = 0.7 }: Setting): Promise<Ran> => {
  const { create } = await load(readFileSync(folder(`${file}.cell`), 'utf8'), { cell, dtype: 'f64', set })
  const net = create(dims, { t, batch: 1 })
  net.initialise(3)
  for (const [i, [name, p]] of Object.entries(net.params).entries()) {
    const value = params[name]
    if (typeof value === 'number') p.fill(value)
    else if (value !== undefined) p.set(value)
    else if (scale > 0) p.set(Array.from(p, (v, k) => (v === 0 ? v : scale * wave(k + 31 * i))))
  }
  for (const [name, value] of Object.entries(hyper)) net.hyper[name] = value
  for (const [i, x] of Object.values(net.inputs).entries()) x.set(Array.from(x, (_v, k) => wave(k + 7 * i)))
  net.forward()
  const everything: Readonly<Record<string, ArrayLike<number>>> = net.outputs
  return {
    of: name => split(everything[name]!, everything[name]!.length / t),
    x: split(Object.values(net.inputs)[0]!, Object.values(net.inputs)[0]!.length / t),
    param: (name, width = dims['H']!) => split(net.params[name]!, width),
    vector: name => Array.from(net.params[name]!),
  }
}

const times = (m: Rows, v: readonly number[]): number[] => m.map(row => row.reduce((sum, w, i) => sum + w * v[i]!, 0))
const sigmoid = (v: number): number => 1 / (1 + Math.exp(-v))
const add = (...vs: readonly (readonly number[])[]): number[] => vs[0]!.map((_, i) => vs.reduce((sum, v) => sum + v[i]!, 0))
const close = (actual: Rows, expected: Rows, within = 1e-12): void => {
  assert.equal(actual.length, expected.length)
  for (const [t, row] of expected.entries())
    for (const [i, v] of row.entries())
      assert.ok(Math.abs(actual[t]![i]! - v) <= within * Math.max(1, Math.abs(v)), `step ${t}, entry ${i}: ${actual[t]![i]!} instead of ${v}`)
}
/** Steps through a sequence. */
const scan = <S>(x: Rows, first: S, step: (s: S, x: readonly number[], t: number) => S): S[] => {
  let s = first
  return x.map((v, t) => (s = step(s, v, t)))
}
const zeros = (n: number): number[] => Array.from({ length: n }, () => 0)
const normed = (v: readonly number[], gain: readonly number[], bias: readonly number[] = zeros(v.length)): number[] => {
  const mean = v.reduce((a, b) => a + b, 0) / v.length
  const variance = v.reduce((a, b) => a + (b - mean) ** 2, 0) / v.length
  return v.map((e, i) => ((e - mean) / Math.sqrt(variance + 1e-5)) * gain[i]! + bias[i]!)
}

describe('witnesses of the zoo', () => {
  it('SRU that forgets all at once is W x', async () => {
    const r = await ran({ file: 'linear-gated', cell: 'SRU', dims: { H: 3 }, params: { Wf: 0, vf: 0, bf: -800 } })
    close(
      r.of('c'),
      r.x.map(x => times(r.param('W'), x)),
    )
  })

  it('SRU is its equations, with the old state in both gates', async () => {
    const r = await ran({ file: 'linear-gated', cell: 'SRU', dims: { H: 3 }, params: { vf: [0.5, -1, 2], vr: [1, 0.2, -0.7], bf: [0.1, 0.2, 0.3] } })
    const steps = scan(r.x, { c: zeros(3), h: zeros(3) }, ({ c }, x) => {
      const gate = (k: string): number[] =>
        add(
          times(r.param(`W${k}`), x),
          c.map((v, i) => v * r.vector(`v${k}`)[i]!),
          r.vector(`b${k}`),
        ).map(sigmoid)
      const f = gate('f')
      const now = c.map((v, i) => f[i]! * v + (1 - f[i]!) * times(r.param('W'), x)[i]!)
      return { c: now, h: gate('r').map((g, i) => g * now[i]! + Math.sqrt(3) * (1 - g) * x[i]!) }
    })
    close(
      r.of('h'),
      steps.map(s => s.h),
    )
  })

  it('IndRNN with u = 1 adds up what is positive', async () => {
    const r = await ran({ file: 'plain', cell: 'IndRNN', dims: { D: 2, H: 3 }, params: { u: 1, b: 5 } })
    let sum = zeros(3)
    close(
      r.of('h'),
      r.x.map(x => (sum = add(sum, times(r.param('W', 2), x), [5, 5, 5]))),
    )
  })

  it('IRNN begins as a sum of its inputs, without its matrix', async () => {
    const r = await ran({ file: 'plain', cell: 'IRNN', dims: { D: 2, H: 3 }, scale: 0 })
    assert.deepEqual(r.vector('U'), [1, 0, 0, 0, 1, 0, 0, 0, 1])
  })

  it('minGRU is a weighted sum of its candidates', async () => {
    const r = await ran({ file: 'linear-gated', cell: 'MinGRU', dims: { D: 2, H: 3 } })
    const z = r.x.map(x => times(r.param('Wz', 2), x).map(sigmoid))
    const candidate = r.x.map(x => times(r.param('Wh', 2), x))
    const closed = r.x.map((_, t) =>
      zeros(3).map((_v, i) =>
        candidate.slice(0, t + 1).reduce((sum, c, k) => sum + z.slice(k + 1, t + 1).reduce((p, g) => p * (1 - g[i]!), 1) * z[k]![i]! * c[i]!, 0),
      ),
    )
    close(r.of('h'), closed)
  })

  it('zoneout of nothing is the LSTM; zoneout of all is standstill', async () => {
    const params = Object.fromEntries(['bi', 'bf', 'bg', 'bo'].map((b, i) => [b, 0.1 * i]))
    const dims = { D: 2, H: 3 }
    const lstm = await ran({ file: 'std/lstm', cell: 'LSTM', dims, params })
    const none = await ran({ file: 'lstm-noise', cell: 'ZoneoutLSTM', dims, params, hyper: { zc: 0, zh: 0 } })
    close(none.of('h'), lstm.of('h'))
    const all = await ran({ file: 'lstm-noise', cell: 'ZoneoutLSTM', dims, params, hyper: { zc: 1, zh: 1 } })
    close(
      all.of('h'),
      lstm.x.map(() => zeros(3)),
    )
  })

  it('zoneout at inference takes the mean, and lets the new state out', async () => {
    const r = await ran({ file: 'lstm-noise', cell: 'ZoneoutLSTM', dims: { D: 2, H: 3 }, hyper: { zc: 0.4, zh: 0.2 } })
    const gate = (k: string, x: readonly number[], h: readonly number[]): number[] =>
      add(times(r.param(`W${k}`, 2), x), times(r.param(`U${k}`), h), r.vector(`b${k}`))
    const steps = scan(r.x, { h: zeros(3), c: zeros(3) }, ({ h, c }, x) => {
      const [i, f, o] = ['i', 'f', 'o'].map(k => gate(k, x, h).map(sigmoid)) as [number[], number[], number[]]
      const g = gate('g', x, h).map(Math.tanh)
      const fresh = c.map((v, j) => f[j]! * v + i[j]! * g[j]!)
      return { c: c.map((v, j) => 0.4 * v + 0.6 * fresh[j]!), h: h.map((v, j) => 0.2 * v + 0.8 * o[j]! * Math.tanh(fresh[j]!)) }
    })
    close(
      r.of('h'),
      steps.map(s => s.h),
    )
  })

  it('LayerNormLSTM normalises each product over all gates, and the state', async () => {
    const r = await ran({
      file: 'lstm-normalised',
      cell: 'LayerNormLSTM',
      dims: { D: 2, H: 3 },
      params: { b: zeros(12).map((_, i) => wave(i)), beta3: [0.1, 0.2, 0.3] },
    })
    const steps = scan(r.x, { h: zeros(3), c: zeros(3) }, ({ h, c }, x) => {
      const z = add(normed(times(r.param('W', 2), x), r.vector('gamma1')), normed(times(r.param('U'), h), r.vector('gamma2')), r.vector('b'))
      const now = c.map((v, j) => sigmoid(z[3 + j]!) * v + sigmoid(z[j]!) * Math.tanh(z[6 + j]!))
      const out = normed(now, r.vector('gamma3'), r.vector('beta3'))
      return { c: now, h: out.map((v, j) => sigmoid(z[9 + j]!) * Math.tanh(v)) }
    })
    close(
      r.of('h'),
      steps.map(s => s.h),
    )
  })

  it('RHN takes the input at its first micro-step only', async () => {
    const r = await ran({ file: 'gated', cell: 'RHN', dims: { D: 2, H: 3 }, set: { L: 3 } })
    const layer = (name: string, l: number): Rows => r.param(name).slice(3 * l, 3 * l + 3)
    const steps = scan(r.x, zeros(3), (h, x) => {
      let s = h
      for (let l = 0; l < 3; l++) {
        const pre = (k: string): number[] => add(l === 0 ? times(r.param(`W${k}`, 2), x) : zeros(3), times(layer(`R${k}`, l), s), r.param(`b${k}`)[l]!)
        const [u, gate, carry] = [pre('H').map(Math.tanh), pre('T').map(sigmoid), pre('C').map(sigmoid)]
        s = s.map((v, j) => u[j]! * gate[j]! + v * carry[j]!)
      }
      return s
    })
    close(r.of('h'), steps)
  })

  it('coRNN without damping, force and coupling is an oscillator', async () => {
    const delta = 0.1
    const r = await ran({
      file: 'dynamics',
      cell: 'CoRNN',
      dims: { D: 1, H: 1 },
      t: 60,
      params: { U: 0, Q: 0, V: 0, b: 0.5 },
      hyper: { epsilon: 0, gamma: 1, delta },
    })
    // h'' = tanh(b) - h from rest; the symplectic step is right to the order of delta.
    close(
      r.of('h'),
      r.x.map((_, t) => [Math.tanh(0.5) * (1 - Math.cos(delta * (t + 1)))]),
      0.1,
    )
  })

  it('the Legendre matrices of the LMU are those of the paper', async () => {
    const r = await ran({ file: 'dynamics', cell: 'LMU', dims: { D: 1, H: 1, N: 3 }, t: 3, params: { ex: 1, eh: 0, em: 0 }, hyper: { theta: 4 } })
    const a: Rows = [
      [-1, -1, -1],
      [3, -3, -3],
      [-5, 5, -5],
    ]
    const b = [1, -3, 5]
    close(
      r.of('m'),
      scan(r.x, zeros(3), (m, x) => m.map((v, i) => v + (times(a, m)[i]! + b[i]! * x[0]!) / 4)),
    )
  })

  it('RWKV-4 is the weighted mean of the values so far', async () => {
    const dims = { D: 2, H: 2 }
    const r = await ran({ file: 'rwkv', cell: 'RWKV4', dims, params: { w: [0.3, 0.9], u: [0.5, -0.4], mu_r: 1, mu_k: 1, mu_v: 1, Wr: 0, Wo: [2, 0, 0, 2] } })
    const k = r.x.map(x => times(r.param('Wk', 2), x))
    const v = r.x.map(x => times(r.param('Wv', 2), x))
    const w = r.vector('w')
    const u = r.vector('u')
    const closed = r.x.map((_, t) =>
      zeros(2).map((_e, i) => {
        const weights = k.slice(0, t + 1).map((key, s) => Math.exp(s === t ? u[i]! + key[i]! : key[i]! - (t - 1 - s) * w[i]!))
        return weights.reduce((sum, a, s) => sum + a * v[s]![i]!, 0) / weights.reduce((sum, a) => sum + a, 0)
      }),
    )
    close(r.of('y'), closed)
  })

  it('S4D is the convolution with the powers of its poles', async () => {
    const r = await ran({ file: 'state-space', cell: 'S4D', dims: { H: 1, N: 2 }, scale: 0.5 })
    const [delta] = r.vector('log_delta').map(Math.exp) as [number]
    const poles = [0, 1].map(n => [-Math.exp(r.vector('log_A_re')[n]!), r.vector('A_im')[n]!] as const)
    const kernel = r.x.map((_, s) =>
      poles.reduce((sum, [re, im], n) => {
        // exp(s delta lambda) (exp(delta lambda) - 1) / lambda B C, in polar form.
        const times2 = (a: readonly number[], b: readonly number[]): readonly number[] => [a[0]! * b[0]! - a[1]! * b[1]!, a[0]! * b[1]! + a[1]! * b[0]!]
        const power = (f: number): readonly number[] => [
          Math.exp(f * delta * re) * Math.cos(f * delta * im),
          Math.exp(f * delta * re) * Math.sin(f * delta * im),
        ]
        const inverse = [re / (re * re + im * im), -im / (re * re + im * im)]
        const hold = times2([power(1)[0]! - 1, power(1)[1]!], inverse)
        const bc = times2([r.vector('B_re')[n]!, r.vector('B_im')[n]!], [r.vector('C_re')[n]!, r.vector('C_im')[n]!])
        return sum + 2 * times2(times2(power(s), hold), bc)[0]!
      }, 0),
    )
    close(
      r.of('y'),
      r.x.map((_, t) => [r.vector('D')[0]! * r.x[t]![0]! + kernel.slice(0, t + 1).reduce((sum, w, s) => sum + w * r.x[t - s]![0]!, 0)]),
      1e-11,
    )
  })

  it('DeltaNet at full rate answers with what was written last under a key', async () => {
    const r = await ran({
      file: 'fast-weights',
      cell: 'DeltaNet',
      dims: { D: 2, K: 3, V: 2 },
      params: { wb: 0, bb: 800, Wq: [1, 2, 3, 4, 5, 6], Wk: [1, 2, 3, 4, 5, 6] },
    })
    const silu = (v: number): number => v * sigmoid(v)
    close(
      r.of('y'),
      r.x.map(x => times(r.param('Wv', 2), x).map(silu)),
      1e-4,
    )
  })

  it('mLSTM as its kernels compute it is the cell without a stabiliser', async () => {
    const dims = { D: 2, K: 2, V: 2 }
    const r = await ran({ file: 'xlstm', cell: 'KernelMLSTM', dims, params: { bf: 0.5, bi: 0.2 } })
    const map = (name: string, bias: string, x: readonly number[]): number[] => add(times(r.param(name, 2), x), r.vector(bias))
    const steps = scan(r.x, { c: [zeros(2), zeros(2)] as Rows, n: zeros(2), h: zeros(2) }, ({ c, n }, x) => {
      const [q, k, v] = [map('Wq', 'bq', x), map('Wk', 'bk', x).map(e => e / Math.sqrt(2)), map('Wv', 'bv', x)] as const
      const i = Math.exp(map('wi', 'bi', x)[0]!)
      const f = sigmoid(map('wf', 'bf', x)[0]!)
      const memory = c.map((row, a) => row.map((e, b) => f * e + i * v[a]! * k[b]!))
      const norm = n.map((e, b) => f * e + i * k[b]!)
      const below = Math.max(Math.abs(norm.reduce((sum, e, b) => sum + e * q[b]!, 0)), 1)
      return { c: memory, n: norm, h: times(memory, q).map((e, a) => (sigmoid(map('Wo', 'bo', x)[a]!) * e) / below) }
    })
    close(
      r.of('h'),
      steps.map(s => s.h),
    )
  })

  it('ON-LSTM whose master gates are open is the LSTM', async () => {
    // F = cumsum(softmax) is 1 everywhere where the first entry takes all; I = 1 - cumsum is 1 nowhere but before the last.
    const open = { bF: [800, 0, 0], bI: [0, 0, 800], WF: 0, UF: 0, WI: 0, UI: 0 }
    const params = { ...open, bi: 0.1, bf: 0.2, bg: 0.3, bo: 0.4 }
    const r = await ran({ file: 'lstm-variants', cell: 'ONLSTM', dims: { D: 2, H: 3 }, params })
    const gate = (k: string, x: readonly number[], h: readonly number[]): number[] =>
      add(times(r.param(`W${k}`, 2), x), times(r.param(`U${k}`), h), r.vector(`b${k}`))
    const steps = scan(r.x, { h: zeros(3), c: zeros(3) }, ({ h, c }, x) => {
      const [i, f, o] = ['i', 'f', 'o'].map(k => gate(k, x, h).map(sigmoid)) as [number[], number[], number[]]
      const g = gate('g', x, h).map(Math.tanh)
      // The last neuron is shielded from the input, and keeps all.
      const now = c.map((v, j) => (j < 2 ? f[j]! * v + i[j]! * g[j]! : v))
      return { c: now, h: now.map((v, j) => o[j]! * Math.tanh(v)) }
    })
    close(
      r.of('h'),
      steps.map(s => s.h),
    )
  })

  it('antisymmetric: what is subtracted is the transpose', async () => {
    const r = await ran({ file: 'plain', cell: 'AntisymmetricRNN', dims: { D: 2, H: 3 } })
    const u = r.param('U')
    const steps = scan(r.x, zeros(3), (h, x) => {
      const past = h.map((v, i) => u[i]!.reduce((sum, w, j) => sum + (w - u[j]![i]!) * h[j]!, 0) - 0.01 * v)
      return h.map((v, i) => v + 0.1 * Math.tanh(past[i]! + times(r.param('V', 2), x)[i]! + r.vector('b')[i]!))
    })
    close(r.of('h'), steps)
  })
})
