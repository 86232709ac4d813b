import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { runJson } from '../../runtime/execute.ts'

/** Values and all gradients against double-precision references from another system. */

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

/** Rows `i*H .. (i+1)*H` of a stacked weight. */
const block = (t: Tensor, i: number, of: number): Tensor => {
  const rows = t.shape[0]! / of
  const width = t.data.length / t.shape[0]!
  return { shape: [rows, ...t.shape.slice(1)], data: t.data.slice(i * rows * width, (i + 1) * rows * width) }
}
/** The first axis of length 1 (layers) left out. */
const unstacked = (t: Tensor): Tensor => ({ shape: t.shape.slice(1), data: t.data })

/** Where a value of ours stands in the file. */
type From = (g: Golden, of: 'params' | 'grads') => Tensor
const whole =
  (name: string): From =>
  (g, of) =>
    g[of][name]!
const part =
  (name: string, i: number, of: number): From =>
  (g, section) =>
    block(g[section][name]!, i, of)

interface Case {
  readonly file: string
  readonly source: string
  readonly params: Readonly<Record<string, From>>
  readonly inputs?: readonly (readonly [ours: string, theirs: string])[]
  readonly targets?: readonly (readonly [ours: string, theirs: string])[]
  readonly states: readonly (readonly [state: string, initial: string | undefined, final: string | undefined])[]
  readonly cotangents?: Readonly<Record<string, string>>
  readonly outputs: Readonly<Record<string, string>>
  readonly adjoints?: Readonly<Record<string, string>>
  readonly window?: number
  readonly stacked: boolean
}

/** The gates of a stacked weight as parameters of their own. */
const gates = (theirs: string, ours: readonly string[]): Readonly<Record<string, From>> => Object.fromEntries(ours.map((name, i) => [name, part(theirs, i, ours.length)]))

const stackedLstm = (prefix: string, path = ''): Readonly<Record<string, From>> =>
  Object.fromEntries(
    Object.entries({
      ...gates(`${prefix}weight_ih_l0`, ['Wi', 'Wf', 'Wg', 'Wo']),
      ...gates(`${prefix}weight_hh_l0`, ['Ui', 'Uf', 'Ug', 'Uo']),
      ...gates(`${prefix}bias_ih_l0`, ['bi', 'bf', 'bg', 'bo']),
      ...gates(`${prefix}bias_hh_l0`, ['di', 'df', 'dg', 'do_']),
    }).map(([n, f]) => [`${path}${n}`, f]),
  )

const twoBiasLstm = `cell LSTM(D, H) {
  input x: [D]
  state h, c: [H]
  param Wi, Wf, Wg, Wo: [H, D], Ui, Uf, Ug, Uo: [H, H], bi, bf, bg, bo, di, df, dg, do_: [H]
  i = sigmoid(Wi @ x + bi + Ui @ h[t-1] + di)
  f = sigmoid(Wf @ x + bf + Uf @ h[t-1] + df)
  g = tanh(Wg @ x + bg + Ug @ h[t-1] + dg)
  o = sigmoid(Wo @ x + bo + Uo @ h[t-1] + do_)
  c = f * c[t-1] + i * g
  h = o * tanh(c)
}
`

const elman = (f: string): string => `cell RNN(D, H) {
  input x: [D]
  state h: [H]
  param W: [H, D], U: [H, H], b, d: [H]
  h = ${f}(W @ x + b + U @ h[t-1] + d)
}`

const elmanParams = { W: whole('weight_ih_l0'), U: whole('weight_hh_l0'), b: whole('bias_ih_l0'), d: whole('bias_hh_l0') }

const model = (window: string): string => `${twoBiasLstm}
model LM(V, E, H) {
  input token: index(V)
  target next: index(V)
  output y
  param Emb: [V, E], Wy: [V, H], by: [V]
  l = LSTM(H=H)(Emb[token])
  y = Wy @ l.h + by
  loss cross_entropy(y, next) where next >= 0
  ${window}
}`

const cell = (name: string): string => {
  const file = name.includes('GRU') ? 'gru' : 'lstm'
  return readFileSync(new URL(`../../dsl/std/${file}.cell`, import.meta.url), 'utf8')
}

const own = (names: readonly string[], suffixes: readonly string[]): Readonly<Record<string, From>> =>
  Object.fromEntries(names.flatMap(n => suffixes.map(s => [`${n}${s}`, whole(`${n}_${s}`)] as const)))

const cases: readonly (Case & { readonly cell?: string })[] = [
  { file: 'elman_tanh', source: elman('tanh'), params: elmanParams, inputs: [['x', 'x']], states: [['h', 'h0', 'h_n']], cotangents: { h: 'cotangent.y' }, outputs: { h: 'y' }, stacked: true },
  { file: 'elman_relu', source: elman('relu'), params: elmanParams, inputs: [['x', 'x']], states: [['h', 'h0', 'h_n']], cotangents: { h: 'cotangent.y' }, outputs: { h: 'y' }, stacked: true },
  {
    file: 'elman_output_bptt',
    source: `model Net(D, H, K) {
      input x: [D]
      target z: [K]
      state h: [H]
      output y
      param Wxh: [H, D], Whh: [H, H], Why: [K, H]
      h = tanh(Whh @ h[t-1] + Wxh @ x)
      y = sigmoid(Why @ h)
      total loss 0.5 * squared_error(y, z)
    }`,
    params: { Wxh: whole('W_xh'), Whh: whole('W_hh'), Why: whole('W_hy') },
    inputs: [['x', 'x']],
    targets: [['z', 'target']],
    states: [['h', 'h0', undefined]],
    outputs: { y: 'y', h: 'h' },
    adjoints: { h: 'dL_dh' },
    stacked: false,
  },
  { file: 'lstm', source: twoBiasLstm, params: stackedLstm(''), inputs: [['x', 'x']], states: [['h', 'h0', 'h_n'], ['c', 'c0', 'c_n']], cotangents: { h: 'cotangent.y' }, outputs: { h: 'y' }, stacked: true },
  {
    file: 'lstm_peephole',
    source: cell('PeepholeLSTM'),
    cell: 'PeepholeLSTM',
    params: { ...own(['W', 'U', 'b'], ['i', 'f', 'g', 'o']), ...own(['p'], ['i', 'f', 'o']) },
    inputs: [['x', 'x']],
    states: [['h', 'h0', 'h_n'], ['c', 'c0', 'c_n']],
    cotangents: { h: 'cotangent.y' },
    outputs: { h: 'y' },
    stacked: false,
  },
  {
    file: 'gru',
    source: `cell GRU(D, H) {
      input x: [D]
      state h: [H]
      param Wr, Wz, Wn: [H, D], Ur, Uz, Un: [H, H], br, bz, bn, cr, cz, cn: [H]
      r = sigmoid(Wr @ x + br + Ur @ h[t-1] + cr)
      z = sigmoid(Wz @ x + bz + Uz @ h[t-1] + cz)
      n = tanh(Wn @ x + bn + r * (Un @ h[t-1] + cn))
      h = (1 - z) * n + z * h[t-1]
    }`,
    params: { ...gates('weight_ih_l0', ['Wr', 'Wz', 'Wn']), ...gates('weight_hh_l0', ['Ur', 'Uz', 'Un']), ...gates('bias_ih_l0', ['br', 'bz', 'bn']), ...gates('bias_hh_l0', ['cr', 'cz', 'cn']) },
    inputs: [['x', 'x']],
    states: [['h', 'h0', 'h_n']],
    cotangents: { h: 'cotangent.y' },
    outputs: { h: 'y' },
    stacked: true,
  },
  { file: 'gru_cho', source: cell('GRU'), cell: 'GRU', params: own(['W', 'U', 'b'], ['r', 'z', 'n']), inputs: [['x', 'x']], states: [['h', 'h0', 'h_n']], cotangents: { h: 'cotangent.y' }, outputs: { h: 'y' }, stacked: false },
  {
    file: 'lstm_lm_ce',
    source: model(''),
    params: { Emb: whole('E'), Wy: whole('W_out'), by: whole('b_out'), ...stackedLstm('lstm.', 'l.') },
    inputs: [['token', 'tokens']],
    targets: [['next', 'targets']],
    states: [['l.h', undefined, 'h_n'], ['l.c', undefined, 'c_n']],
    outputs: { 'l.h': 'y', y: 'logits' },
    stacked: true,
  },
  {
    file: 'tbptt',
    source: model('window 3'),
    params: { Emb: whole('E'), Wy: whole('W_out'), by: whole('b_out'), ...stackedLstm('lstm.', 'l.') },
    inputs: [['token', 'tokens']],
    targets: [['next', 'targets']],
    states: [['l.h', 'h0', 'h_n'], ['l.c', 'c0', 'c_n']],
    outputs: { y: 'logits' },
    stacked: true,
  },
]

/** The largest difference, relative to the largest entry. */
export const difference = (got: readonly number[], wanted: readonly number[]): number => {
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

type Runner = 'reference' | 'ts' | 'wasm'
const runners = ['reference', 'ts', 'wasm'] as const
/** Largest difference, of the largest entry: doubles, and single precision. */
const limits: Readonly<Record<Runner, number>> = { reference: 1e-12, ts: 1e-12, wasm: 2e-4 }

const run = async (c: (typeof cases)[number], g: Golden, target: Runner, window?: number): Promise<Result> => {
  const state = (t: Tensor): Tensor => (c.stacked ? unstacked(t) : t)
  const entries = (list: readonly (readonly [string, string])[] | undefined): Record<string, unknown> => Object.fromEntries((list ?? []).map(([ours, theirs]) => [ours, nested(g.inputs[theirs]!)]))
  const finals = c.states.flatMap(([n, , final]) => (final !== undefined && g.inputs[`cotangent.${final}`] !== undefined ? [[n, nested(state(g.inputs[`cotangent.${final}`]!))] as const] : []))
  const request = {
    params: Object.fromEntries(Object.entries(c.params).map(([n, from]) => [n, nested(from(g, 'params'))])),
    inputs: entries(c.inputs),
    targets: entries(c.targets),
    initial: Object.fromEntries(c.states.flatMap(([n, initial]) => (initial === undefined ? [] : [[n, nested(state(g.inputs[initial]!))] as const]))),
    cotangents: Object.fromEntries(Object.entries(c.cotangents ?? {}).map(([n, theirs]) => [n, nested(g.inputs[theirs]!)])),
    finalCotangents: Object.fromEntries(finals),
    adjoints: Object.keys(c.adjoints ?? {}),
  }
  const { diagnostics, result } = await runJson(c.source, request, { target, ...(c.cell === undefined ? {} : { cell: c.cell }), ...(window === undefined ? {} : { window }) })
  assert.deepEqual(diagnostics.filter(d => d.severity === 'error'), [])
  return result as Result
}

describe('golden values', () => {
  for (const target of runners)
    for (const c of cases)
      it(`${c.file} on ${target}: values and all gradients within ${limits[target]} of the largest entry`, async () => {
        const g = read(c.file)
        const state = (t: Tensor): Tensor => (c.stacked ? unstacked(t) : t)
        const r = await run(c, g, target)
        const near = (got: unknown, wanted: Tensor, what: string): void => {
          const d = difference(flat(got), wanted.data)
          assert.ok(d <= limits[target], `${what} differs by ${d}`)
        }
        if (c.cotangents === undefined) assert.ok(Math.abs(r.loss! - g.loss) <= limits[target] * Math.abs(g.loss), `loss ${r.loss} instead of ${g.loss}`)
        else assert.equal(r.loss, null)
        for (const [ours, theirs] of Object.entries(c.outputs)) near(r.outputs[ours], g.outputs[theirs]!, ours)
        for (const [name, , final] of c.states) if (final !== undefined) near(r.final[name], state(g.outputs[final]!), `final ${name}`)
        for (const [name, from] of Object.entries(c.params)) near(r.grads.params[name], from(g, 'grads'), `gradient of ${name}`)
        for (const [ours, theirs] of c.inputs ?? []) if (g.grads[theirs] !== undefined) near(r.grads.inputs[ours], g.grads[theirs]!, `gradient of ${ours}`)
        for (const [name, initial] of c.states) if (initial !== undefined) near(r.grads.initial[name], state(g.grads[initial]!), `gradient of the initial ${name}`)
        for (const [ours, theirs] of Object.entries(c.adjoints ?? {})) near(r.adjoints[ours], g.outputs[theirs]!, `adjoint of ${ours}`)
      })
  for (const target of runners)
    it(`tbptt on ${target}: an infinite window gives the full gradient`, async () => {
      const c = cases.at(-1)!
      const g = read('tbptt')
      const r = await run(c, g, target, Infinity)
      for (const [name, from] of Object.entries(c.params)) {
        const wanted = from({ ...g, grads: Object.fromEntries(Object.entries(g.outputs).flatMap(([n, t]) => (n.startsWith('full_grad.') ? [[n.slice(10), t]] : []))) }, 'grads')
        assert.ok(difference(flat(r.grads.params[name]), wanted.data) <= limits[target], name)
      }
    })
})
