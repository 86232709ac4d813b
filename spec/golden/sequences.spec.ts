import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { load } from '../../runtime/index.ts'
import { createModel } from '../../runtime/model.ts'
import { decode } from '../../runtime/decode.ts'
import { runJson } from '../../runtime/execute.ts'

/** Whole sequences against references from another system: lengths, directions, layers, given states, attention. */

interface Tensor {
  readonly shape: readonly number[]
  readonly data: readonly number[]
}
interface Golden {
  readonly inputs: Readonly<Record<string, Tensor>>
  readonly params: Readonly<Record<string, Tensor>>
  readonly outputs: Readonly<Record<string, Tensor>>
  readonly grads: Readonly<Record<string, Tensor>>
  readonly loss: number
}
type Nested = number | readonly Nested[]

const read = (name: string): Golden => JSON.parse(readFileSync(new URL(`./values/${name}.json`, import.meta.url), 'utf8')) as Golden

const nested = ({ shape, data }: Tensor): Nested => {
  let at = 0
  const build = (depth: number): Nested => (depth === shape.length ? data[at++]! : Array.from({ length: shape[depth]! }, () => build(depth + 1)))
  return build(0)
}
const flat = (v: unknown): readonly number[] => (Array.isArray(v) ? v.flatMap(flat) : [v as number])

/** One of several layers or directions. */
const layer = (t: Tensor, i: number): Tensor => {
  const size = t.data.length / t.shape[0]!
  return { shape: t.shape.slice(1), data: t.data.slice(i * size, (i + 1) * size) }
}

const lstm = `cell L(D, H) {
  input x: [D]
  state h, c: [H]
  param W: [4 * H, D], U: [4 * H, H], b, d: [4 * H]
  i, f, g, o = split(W @ x + b + U @ h[t-1] + d, 4)
  c = sigmoid(f) * c[t-1] + sigmoid(i) * tanh(g)
  h = sigmoid(o) * tanh(c)
}
`

/** Our parameters of a layer by theirs. */
const weights = (ours: string, prefix: string, suffix: string): Readonly<Record<string, string>> => ({
  [`${ours}W`]: `${prefix}weight_ih_${suffix}`,
  [`${ours}U`]: `${prefix}weight_hh_${suffix}`,
  [`${ours}b`]: `${prefix}bias_ih_${suffix}`,
  [`${ours}d`]: `${prefix}bias_hh_${suffix}`,
})

interface Case {
  readonly file: string
  readonly source: string
  readonly params: Readonly<Record<string, string>>
  readonly inputs?: Readonly<Record<string, string>>
  readonly targets?: Readonly<Record<string, string>>
  readonly lengths?: Readonly<Record<string, string>>
  /** States of layers and directions, in their order in the file. */
  readonly layers?: readonly string[]
  readonly outputs?: Readonly<Record<string, string>>
  readonly cotangents?: Readonly<Record<string, string>>
  /** Numbers of the source that stand in the file. */
  readonly hyper?: (g: Golden) => Readonly<Record<string, number>>
}

const decoder = (attention: string, params: string): string => `${lstm}
model Net(V, W, E, H, A) {
  input src: index(V) over s
  input word: index(W)
  input mask
  target next: index(W)
  output y, a
  param Es: [V, E], Et: [W, E], by: [W]
  ${params}
  enc = L(H=H)(Es[src])
  e = Et[word]
  ${attention}
  loss cross_entropy(y, next) where mask > 0
}`

const translation = { src: 'src', word: 'tgt_in', mask: 'tgt_mask' }
const translated = { Es: 'E_src', Et: 'E_tgt', by: 'b_out', ...weights('enc.', 'enc.', 'l0'), ...weights('dec.', 'dec.', 'l0') }

const luong = (score: string, params: string): string =>
  decoder(
    `dec = L(H=H)(e, h = last(enc.h), c = last(enc.c))
  a = softmax(${score} over s)
  y = Wy @ tanh(Wc @ concat(sum(a * enc.h over s), dec.h)) + by`,
    params,
  )

const cases: readonly Case[] = [
  {
    file: 'lstm_packed',
    source: `${lstm}`,
    params: weights('', '', 'l0'),
    inputs: { x: 'x' },
    lengths: { t: 'lengths' },
    layers: [''],
    outputs: { h: 'y' },
    cotangents: { h: 'cotangent.y' },
  },
  ...(['bilstm_packed'] as const).map(
    (file): Case => ({
      file,
      source: `${lstm}
model Net(D, H) {
  input x: [D]
  output y
  f = L(H=H)(x)
  b = L(H=H)(reverse(x))
  y = concat(f.h, reverse(b.h))
}`,
      params: { ...weights('f.', '', 'l0'), ...weights('b.', '', 'l0_reverse') },
      inputs: { x: 'x' },
      lengths: { t: 'lengths' },
      layers: ['f.', 'b.'],
      outputs: { y: 'y' },
      cotangents: { y: 'cotangent.y' },
    }),
  ),
  {
    file: 'bilstm_2layer',
    source: `${lstm}
model Net(D, H) {
  input x: [D]
  output y
  f = L(H=H)(x)
  b = L(H=H)(reverse(x))
  m = concat(f.h, reverse(b.h))
  g = L(H=H)(m)
  c = L(H=H)(reverse(m))
  y = concat(g.h, reverse(c.h))
}`,
    params: { ...weights('f.', '', 'l0'), ...weights('b.', '', 'l0_reverse'), ...weights('g.', '', 'l1'), ...weights('c.', '', 'l1_reverse') },
    inputs: { x: 'x' },
    layers: ['f.', 'b.', 'g.', 'c.'],
    outputs: { y: 'y' },
    cotangents: { y: 'cotangent.y' },
  },
  {
    file: 'lstm_2layer_dropout',
    source: `${lstm}
model Net(D, H) {
  input x: [D]
  input mask: [H]
  output y
  l = L(H=H)(x)
  m = L(H=H)(mask * l.h)
  y = m.h
}`,
    params: { ...weights('l.', 'layer0.', 'l0'), ...weights('m.', 'layer1.', 'l0') },
    inputs: { x: 'x', mask: 'mask' },
    layers: ['l.', 'm.'],
    outputs: { y: 'y' },
    cotangents: { y: 'cotangent.y' },
  },
  {
    file: 'many_to_one',
    source: `${lstm}
model Net(V, E, H, K) {
  input word: index(V)
  target label: index(K) once
  output y, h
  param Emb: [V, E], Wy: [K, H], by: [K]
  l = L(H=H)(Emb[word])
  h = last(l.h)
  y = Wy @ h + by
  loss cross_entropy(y, label)
}`,
    params: { Emb: 'E', Wy: 'W_out', by: 'b_out', ...weights('l.', 'lstm.', 'l0') },
    inputs: { word: 'tokens' },
    targets: { label: 'labels' },
    lengths: { t: 'lengths' },
    outputs: { y: 'logits', h: 'h_last' },
  },
  {
    file: 'one_to_many',
    source: `${lstm}
model Net(P, V, E, H) {
  input v: [P] once, word: index(V), mask
  target next: index(V)
  output y
  param Emb: [V, E], Wv: [H, P], bv: [H], Wy: [V, H], by: [V]
  l = L(H=H)(Emb[word], h = tanh(Wv @ v + bv))
  y = Wy @ l.h + by
  loss cross_entropy(y, next) where mask > 0
}`,
    params: { Emb: 'E', Wv: 'W_img', bv: 'b_img', Wy: 'W_out', by: 'b_out', ...weights('l.', 'lstm.', 'l0') },
    inputs: { v: 'v', word: 'tokens_in', mask: 'mask' },
    targets: { next: 'tokens_out' },
    outputs: { y: 'logits' },
  },
  {
    file: 'seq2seq_bahdanau',
    source: `cell Attentive(E, M, H, A) {
  input x: [E]
  input m: [M] over s
  state h, c: [H]
  output h, context: [M], a
  param Ws: [A, H], Uh: [A, M], ba, va: [A]
  param W: [4 * H, E + M], U: [4 * H, H], b, d: [4 * H]
  a = softmax(dot(va, tanh(Ws @ h[t-1] + Uh @ m + ba)) over s)
  context = sum(a * m over s)
  i, f, g, o = split(W @ concat(x, context) + b + U @ h[t-1] + d, 4)
  c = sigmoid(f) * c[t-1] + sigmoid(i) * tanh(g)
  h = sigmoid(o) * tanh(c)
}
${decoder(
  `dec = Attentive(H=H, A=A)(e, enc.h, h = last(enc.h), c = last(enc.c))
  a = dec.a
  y = Wy @ concat(dec.h, concat(dec.context, e)) + by`,
  'param Wy: [W, 2 * H + E]',
)}`,
    params: { ...translated, 'dec.Ws': 'W_s', 'dec.Uh': 'U_h', 'dec.ba': 'b_a', 'dec.va': 'v_a', Wy: 'W_out' },
    inputs: translation,
    targets: { next: 'tgt_out' },
    lengths: { s: 'src_lengths' },
    outputs: { y: 'logits', a: 'attention' },
  },
  {
    file: 'seq2seq_luong_dot',
    source: luong('dot(enc.h, dec.h)', 'param Wc: [H, 2 * H], Wy: [W, H]').replace(', A)', ')'),
    params: { ...translated, Wc: 'W_c', Wy: 'W_out' },
    inputs: translation,
    targets: { next: 'tgt_out' },
    lengths: { s: 'src_lengths' },
    outputs: { y: 'logits', a: 'attention' },
  },
  {
    file: 'seq2seq_luong_general',
    source: luong('dot(Wa @ enc.h, dec.h)', 'param Wa: [H, H], Wc: [H, 2 * H], Wy: [W, H]').replace(', A)', ')'),
    params: { ...translated, Wa: 'W_a', Wc: 'W_c', Wy: 'W_out' },
    inputs: translation,
    targets: { next: 'tgt_out' },
    lengths: { s: 'src_lengths' },
    outputs: { y: 'logits', a: 'attention' },
  },
]

type Runner = 'reference' | 'ts' | 'wasm'
const runners = ['reference', 'ts', 'wasm'] as const
/** Largest difference, of the largest entry: doubles, and single precision. */
const limits: Readonly<Record<Runner, number>> = { reference: 1e-12, ts: 1e-12, wasm: 2e-4 }

const differenceOf = (got: readonly number[], wanted: readonly number[]): number => {
  assert.equal(got.length, wanted.length)
  const scale = Math.max(1e-300, ...wanted.map(Math.abs))
  return Math.max(0, ...got.map((v, i) => Math.abs(v - wanted[i]!))) / scale
}

interface Result {
  readonly loss: number | null
  readonly outputs: Record<string, unknown>
  readonly final: Record<string, unknown>
  readonly grads: Record<'params' | 'inputs' | 'initial', Record<string, unknown>>
  readonly adjoints: Record<string, unknown>
}

const entries = (g: Golden, list: Readonly<Record<string, string>> = {}, from: 'inputs' | 'params' = 'inputs'): Record<string, unknown> =>
  Object.fromEntries(Object.entries(list).map(([ours, theirs]) => [ours, nested(g[from][theirs]!)]))

const run = async (source: string, request: unknown, target: Runner): Promise<Result> => {
  const { diagnostics, result } = await runJson(source, request, { target })
  assert.deepEqual(diagnostics.filter(d => d.severity === 'error'), [])
  return result as Result
}

describe('golden sequences', () => {
  for (const target of runners)
    for (const c of cases)
      it(`${c.file} on ${target}: values and all gradients within ${limits[target]} of the largest entry`, async () => {
        const g = read(c.file)
        const names = (c.layers ?? []).flatMap((path, i) => (['h', 'c'] as const).map(s => [`${path}${s}`, s, i] as const))
        const given = (key: (s: string) => string): Record<string, unknown> =>
          Object.fromEntries(names.flatMap(([n, s, i]) => (g.inputs[key(s)] === undefined ? [] : [[n, nested(layer(g.inputs[key(s)]!, i))] as const])))
        const r = await run(
          c.source,
          {
            params: entries(g, c.params, 'params'),
            inputs: entries(g, c.inputs),
            targets: entries(g, c.targets),
            lengths: entries(g, c.lengths),
            cotangents: entries(g, c.cotangents),
            initial: given(s => `${s}0`),
            finalCotangents: given(s => `cotangent.${s}_n`),
          },
          target,
        )
        const near = (got: unknown, wanted: Tensor, what: string): void => {
          const d = differenceOf(flat(got), wanted.data)
          assert.ok(d <= limits[target], `${what} differs by ${d}`)
        }
        if (c.cotangents === undefined) assert.ok(Math.abs(r.loss! - g.loss) <= limits[target] * Math.abs(g.loss), `loss ${r.loss} instead of ${g.loss}`)
        for (const [ours, theirs] of Object.entries(c.outputs ?? {})) near(r.outputs[ours], g.outputs[theirs]!, ours)
        for (const [n, s, i] of names) near(r.final[n], layer(g.outputs[`${s}_n`]!, i), `final ${n}`)
        for (const [ours, theirs] of Object.entries(c.params)) near(r.grads.params[ours], g.grads[theirs]!, `gradient of ${ours}`)
        for (const [ours, theirs] of Object.entries(c.inputs ?? {})) if (g.grads[theirs] !== undefined) near(r.grads.inputs[ours], g.grads[theirs], `gradient of ${ours}`)
        for (const [n, s, i] of names) if (g.grads[`${s}0`] !== undefined) near(r.grads.initial[n], layer(g.grads[`${s}0`]!, i), `gradient of the initial ${n}`)
      })

  for (const target of runners)
    it(`vanishing on ${target}: how the gradient fades or grows on its way back, for three spectral radii`, async () => {
      const g = read('vanishing')
      const source = `model Net(H) {
  input x: [H]
  target w: [H] once
  hyper rho = 1, radius = 1
  state h: [H]
  param W: [H, H]
  h = tanh(rho / radius * (W @ h[t-1]) + x)
  total loss dot(w, last(h))
}`
      const steps = g.inputs['x']!.shape[0]!
      for (const [k, rho] of g.inputs['rho']!.data.entries()) {
        const r = await run(
          source,
          {
            params: { W: nested(g.params['W_hh']!) },
            inputs: { x: nested(g.inputs['x']!) },
            targets: { w: nested(g.inputs['cotangent']!) },
            initial: { h: nested(g.inputs['h0']!) },
            hyper: { rho, radius: g.inputs['spectral_radius']!.data[0]! },
            adjoints: ['h'],
          },
          target,
        )
        const norms = (r.adjoints['h'] as readonly (readonly (readonly number[])[])[]).map(([row]) => Math.hypot(...row!))
        const wanted = g.outputs['grad_norm']!.data.slice(k * steps, (k + 1) * steps)
        norms.forEach((n, t) => assert.ok(Math.abs(n - wanted[t]!) <= 10 * limits[target] * wanted[t]! + 1e-300, `radius ${rho}, step ${t}: ${n} instead of ${wanted[t]}`))
        if (rho !== 1) continue
        assert.ok(differenceOf(flat(r.grads.params['W']), g.grads['W_hh']!.data) <= limits[target])
        assert.ok(differenceOf(flat(r.grads.initial['h']), g.grads['h0']!.data) <= limits[target])
      }
    })

  it('one_to_many: greedy decoding feeds back what it picks', async () => {
    const g = read('one_to_many')
    const { source } = cases.find(c => c.file === 'one_to_many')!
    // The same model, looking back at its target instead of being told the words.
    const text = source.replace('word: index(V), mask', 'unused: [1]').replace('target next: index(V)', 'target next: index(V) from 0').replace('Emb[word]', 'Emb[next[t-1]]').replace(' where mask > 0', '')
    const { create, signature } = await load(text, { dtype: 'f64' })
    const [P, V, E, H] = [g.inputs['v']!.shape[1]!, g.params['E']!.shape[0]!, g.params['E']!.shape[1]!, g.params['W_img']!.shape[0]!]
    const model = createModel({ create, signature }, { P, V, E, H }, { t: 1, batch: 2 })
    for (const [ours, theirs] of Object.entries(cases.find(c => c.file === 'one_to_many')!.params)) model.net.params[ours]!.set(g.params[theirs]!.data)
    model.net.inputs['v']!.set(g.inputs['v']!.data)
    const found = decode(model, { method: 'greedy', length: 6 })
    const wanted = g.outputs['greedy']!.data
    assert.deepEqual(
      found.map(f => f.tokens),
      [0, 1].map(b => wanted.filter((_, i) => i % 2 === b)),
    )
  })
})
