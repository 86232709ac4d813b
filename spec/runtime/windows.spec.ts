import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { runJson, type ExecuteOptions } from '../../runtime/execute.ts'

/** Truncated BPTT: the gradient of a stated function, `window k every j`, and the laws that follow from it. */

const targets: readonly ExecuteOptions['target'][] = ['reference', 'ts', 'wasm']

interface Result {
  readonly loss: number
  readonly outputs: Readonly<Record<string, unknown>>
  readonly grads: {
    readonly params: Readonly<Record<string, unknown>>
    readonly inputs: Readonly<Record<string, unknown>>
    readonly initial: Readonly<Record<string, unknown>>
  }
}
const flat = (v: unknown): number[] => (Array.isArray(v) ? v.flatMap(flat) : [v as number])
const run = async (source: string, request: unknown, options: ExecuteOptions): Promise<Result> => (await runJson(source, request, options)).result as Result
const window = (w: readonly [number, number] | undefined): Partial<ExecuteOptions> => (w === undefined ? {} : { window: w[0], every: w[1] })

const chain = `model Chain(K) {
  input go: once
  param w
  state x: [] from 0.9
  output x
  x = w * x[t-1] + go
  total loss if t == 2 then x else 0
}`
const layers = `model Layers(D, H) {
  input x: [D]
  target y: [H]
  output q
  param W: [H, D], U, V, R: [H, H]
  state g, h: [H]
  g = tanh(W @ x + U @ g[t-1])
  h = tanh(V @ g + R @ h[t-1])
  q = h
  loss squared_error(q, y)
}`
const both = `model Both(D, H) {
  input x: [D]
  target y: [H]
  output q
  param W, B: [H, D]
  f = F(H=H)(W @ x)
  b = F(H=H)(reverse(B @ x))
  q = f + reverse(b)
  loss squared_error(q, y)
}
cell F(H) {
  input x: [H]
  state h: [H]
  param U: [H, H]
  h = tanh(x + U @ h[t-1])
}`
const ends = readFileSync(new URL('../../examples/cells/tasks.cell', import.meta.url), 'utf8')

const number = (seed: number) => (i: number) => Math.sin(seed * 12.9 + i * 78.2)
const array = (shape: readonly number[], seed: number): unknown => {
  let i = 0
  const next = number(seed)
  const build = (d: number): unknown => (d === shape.length ? next(i++) : Array.from({ length: shape[d]! }, () => build(d + 1)))
  return build(0)
}
const [T, B, D, H] = [6, 2, 2, 3]
const layered = {
  params: { W: array([H, D], 1), U: array([H, H], 2), V: array([H, H], 3), R: array([H, H], 4) },
  inputs: { x: array([T, B, D], 5) },
  targets: { y: array([T, B, H], 6) },
}
const twoWays = {
  params: { W: array([H, D], 1), B: array([H, D], 2), 'f.U': array([H, H], 3), 'b.U': array([H, H], 4) },
  inputs: { x: array([T, B, D], 5) },
  targets: { y: array([T, B, H], 6) },
}

/** The same function by hand: two directions, with one loss step at a time, cut where the window says. */
const byHand = (w: number, j: number): Readonly<Record<'W' | 'B', number[]>> => {
  const {
    params,
    inputs,
    targets: aims,
  } = twoWays as unknown as { params: Record<string, number[][]>; inputs: { x: number[][][] }; targets: { y: number[][][] } }
  const [W, Bm, U, V] = [params['W']!, params['B']!, params['f.U']!, params['b.U']!]
  const dot = (M: number[][], v: number[]): number[] => M.map(r => r.reduce((s, m, i) => s + m * v[i]!, 0))
  const gradients = { W: W.map(r => r.map(() => 0)), B: Bm.map(r => r.map(() => 0)) }
  const zeros = (): number[] => Array<number>(H).fill(0)
  for (let b = 0; b < B; b++) {
    const x = inputs.x.map(s => s[b]!)
    const f: number[][] = []
    const r: number[][] = []
    for (let t = 0; t < T; t++) f[t] = dot(W, x[t]!).map((a, i) => Math.tanh(a + dot(U, f[t - 1] ?? zeros())[i]!))
    for (let t = T - 1; t >= 0; t--) r[t] = dot(Bm, x[t]!).map((a, i) => Math.tanh(a + dot(V, r[t + 1] ?? zeros())[i]!))
    const own = (t: number, a: number): number[] => (t >= a && t < a + j ? f[t]!.map((v, i) => (2 * (v + r[t]![i]! - aims.y[t]![b]![i]!)) / (T * B)) : zeros())
    const back = (M: number[][], z: number[]): number[] => Array.from({ length: H }, (_, i) => z.reduce((s, v, k) => s + v * M[k]![i]!, 0))
    for (let a = 0; a < T; a += j) {
      // What is read across the cut is a constant: from before `low`, and, backward, from `high` or later.
      const [low, high] = [a + j - w, a + w]
      let d = zeros()
      for (let t = T - 1; t >= 0; t--) {
        const z = own(t, a).map((v, i) => (v + d[i]!) * (1 - f[t]![i]! ** 2))
        z.forEach((v, i) => x[t]!.forEach((u, k) => void (gradients.W[i]![k]! += v * u)))
        d = t === low && low > 0 ? zeros() : back(U, z)
      }
      d = zeros()
      for (let t = 0; t < T; t++) {
        const z = own(t, a).map((v, i) => (v + d[i]!) * (1 - r[t]![i]! ** 2))
        z.forEach((v, i) => x[t]!.forEach((u, k) => void (gradients.B[i]![k]! += v * u)))
        d = t + 1 === high ? zeros() : back(V, z)
      }
    }
  }
  return { W: gradients.W.flat(), B: gradients.B.flat() }
}

describe('windows', () => {
  for (const target of targets)
    it(`cut the chain of three steps where they say (${target})`, async () => {
      const request = { params: { w: 0.2 }, inputs: { go: [0] }, dims: { t: 3, K: 1 } }
      for (const [w, wanted] of [
        [undefined, 0.108],
        [[2, 2], 0.036],
        [[2, 1], 0.072],
        [[3, 1], 0.108],
        [[Infinity, Infinity], 0.108],
      ] as const) {
        const { grads } = await run(chain, request, { target, ...window(w) })
        assert.ok(Math.abs((grads.params['w'] as number) - wanted) < 1e-7, `${w?.join()}: ${grads.params['w'] as number} instead of ${wanted}`)
      }
    })

  for (const target of targets)
    for (const [what, source, request] of [
      ['several layers', layers, layered],
      ['both directions', both, twoWays],
    ] as const)
      it(`through ${what}: as long as the sequence they are full BPTT, forward values never change, and chunks of one pass are chunks of many (${target})`, async () => {
        const full = await run(source, request, { target, cell: source === both ? 'Both' : 'Layers' })
        const cell = source === both ? 'Both' : 'Layers'
        for (const w of [
          [T, T],
          [T, 1],
          [T + 3, 2],
          [2, 2],
          [3, 1],
          [4, 3],
        ] as const) {
          const found = await run(source, request, { target, cell, ...window(w) })
          assert.deepEqual([found.loss, found.outputs], [full.loss, full.outputs])
          for (const [name, g] of Object.entries(found.grads.params)) {
            const [a, b] = [flat(g), flat(full.grads.params[name])]
            const off = Math.max(...a.map((v, i) => Math.abs(v - b[i]!)))
            if (w[0] >= T) assert.ok(off < (target === 'wasm' ? 1e-6 : 1e-14), `${name}, ${w.join()}: ${off}`)
            else if (/^(U|R|f\.U|b\.U)$/.test(name)) assert.ok(off > 1e-6, `${name}, ${w.join()}: nothing is cut`)
          }
        }
      })

  it('in both directions are those of loops by hand', async () => {
    for (const [w, j] of [
      [2, 2],
      [2, 1],
      [3, 2],
      [5, 1],
    ] as const) {
      const wanted = byHand(w, j)
      for (const target of ['reference', 'ts'] as const) {
        const { grads } = await run(both, twoWays, { target, cell: 'Both', window: w, every: j })
        for (const name of ['W', 'B'] as const)
          flat(grads.params[name]).forEach((v, i) =>
            assert.ok(Math.abs(v - wanted[name][i]!) < 1e-13, `${name}, window ${w} every ${j}: ${v} instead of ${wanted[name][i]}`),
          )
      }
    }
  })

  it('leave exactly zero where no loss reaches', async () => {
    const source = `model M(H) { input x: [H] state h: [H] output h h = 0.5 * h[t-1] + x loss sum(h) where t == 5 }`
    for (const target of targets) {
      const { grads } = await run(source, { inputs: { x: array([T, 1, 2], 1) }, params: {} }, { target, window: 2, every: 1 })
      const dx = flat(grads.inputs['x'])
      assert.ok(dx.slice(0, 8).every(v => Object.is(v, 0)) && dx.slice(8).every(v => v !== 0), dx.join())
      assert.ok(flat(grads.initial['h']).every(v => Object.is(v, 0)))
    }
  })

  it('are those of the source: `window k every j`', async () => {
    const stated = chain.replace('total loss', 'window 2 every 1\n  total loss')
    const request = { params: { w: 0.2 }, inputs: { go: [0] }, dims: { t: 3, K: 1 } }
    for (const target of targets) {
      const { grads } = await run(stated, request, { target })
      assert.ok(Math.abs((grads.params['w'] as number) - 0.072) < 1e-7)
    }
    assert.match(ends, /window 35/)
  })

  /** Many to one, one to many, many to many: `last`, `first` and each step of a loop that runs backward, or of one that is read backward. */
  const ways = (what: string): string => `cell P(H) {
  input x: [H]
  state h: [H]
  h = 0.5 * h[t-1] + x
}
model M(H) {
  input x: [H]
  g = P(H=H)(${what.startsWith('r') ? 'x' : 'reverse(x)'})
  r = reverse(g.h)
  y = ${what.split(' ').at(-1)!}
  output y
  total loss sum(y)
}`
  // Worked out from the rule: what each loss reads, cut where its chunk says.
  for (const [what, w, x, initial] of [
    ['last of a loop over a reversed stream: last(g.h)', [2, 2], [1, 0.5, 0.25, 0.125], 0.0625],
    ['last of a loop over a reversed stream: last(g.h)', [2, 1], [1, 0.5, 0.25, 0.125], 0.0625],
    ['reading the first step backward: first(r)', [2, 2], [0, 0, 0.5, 1], 0],
    ['reading the first step backward: first(r)', [2, 1], [0, 0, 0.5, 1], 0],
    ['reading each step backward: r', [2, 2], [1.875, 1.75, 1.5, 1], 0.9375],
    ['reading each step backward: r', [2, 1], [1.375, 1.75, 1.5, 1], 0.6875],
    ['each step of a loop over a reversed stream: g.h', [2, 2], [1, 1.5, 1.75, 1.875], 0.9375],
  ] as const)
    it(`of ${what}, window ${w.join(' every ')}`, async () => {
      for (const target of targets) {
        const { grads } = await run(ways(what), { inputs: { x: [[[1]], [[3]], [[5]], [[7]]] }, initial: { 'g.h': [[2]] } }, { target, cell: 'M', ...window(w) })
        assert.deepEqual([flat(grads.inputs['x']), flat(grads.initial['g.h'])], [x, [initial]], target)
      }
    })

  it('of a batch of unequal lengths are those of each sequence alone, in both directions', async () => {
    const source = both.replace('loss squared', 'total loss squared')
    const lengths = [6, 4, 0, 1]
    const x = array([T, lengths.length, D], 5) as number[][][]
    const y = array([T, lengths.length, H], 6) as number[][][]
    for (const target of targets)
      for (const w of [
        [2, 2],
        [2, 1],
        [4, 3],
      ] as const) {
        const options = { target, cell: 'Both', ...window(w) }
        const whole = await run(source, { params: twoWays.params, inputs: { x }, targets: { y }, lengths: { t: lengths } }, options)
        const sums = new Map<string, number[]>()
        for (const [b, n] of lengths.entries()) {
          if (n === 0) continue
          const own = (v: number[][][]): number[][][] => v.slice(0, n).map(step => [step[b]!])
          const alone = await run(source, { params: twoWays.params, inputs: { x: own(x) }, targets: { y: own(y) } }, options)
          const dx = flat((whole.grads.inputs['x'] as number[][][]).slice(0, n).map(step => step[b]!))
          flat(alone.grads.inputs['x']).forEach((v, i) => assert.ok(Math.abs(v - dx[i]!) <= (target === 'wasm' ? 1e-6 : 1e-15), `${w.join()} ${b} ${i}`))
          for (const [name, g] of Object.entries(alone.grads.params))
            sums.set(
              name,
              flat(g).map((v, i) => v + (sums.get(name)?.[i] ?? 0)),
            )
        }
        for (const [name, sum] of sums)
          flat(whole.grads.params[name]).forEach((v, i) =>
            assert.ok(
              Math.abs(v - sum[i]!) <= (target === 'wasm' ? 1e-5 : 1e-13) * Math.max(1, ...sum.map(Math.abs)),
              `${name}, ${w.join()}, ${target}: ${v} instead of ${sum[i]!}`,
            ),
          )
      }
  })
})
