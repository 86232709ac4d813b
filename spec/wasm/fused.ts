/**
 * Fused multiply-add, in a process whose engine has it: prints the largest errors as JSON. Functions in units of the last
 * place of f32 against doubles; an LSTM's results relative to the largest entry, against the same without fusing.
 */
import { readFileSync } from 'node:fs'
import { f64 } from '../../compiler/numeric/library.ts'
import { countUp, Func, get, i32, load, Module, op, set, store, type Code } from '../../compiler/targets/wasm/assembler.ts'
import { lower, real } from '../../compiler/targets/wasm/lower.ts'
import type { Net } from '../../compiler/signature.ts'
import { load as loadCell } from '../../runtime/load.ts'
import { engine } from '../support/engine.ts'

const names = ['exp', 'expm1', 'log', 'log1p', 'tanh', 'sigmoid', 'softplus', 'sin', 'cos', 'erf', 'pow'] as const
const count = 100_000
const module = new Module()
for (const name of names) {
  const f = module.add(new Func(name, ['i32', 'i32', 'i32']), true)
  const [x, y, end] = f.params as unknown as [Func['params'][number], Func['params'][number], Func['params'][number]]
  const [v, w] = [f.local('v128'), f.local('v128')]
  const before: Code[] = []
  const vectors = new Map([
    ['a', real(get(v))],
    ['b', real(get(w))],
  ])
  const made = lower(name === 'pow' ? 'pow(a, b)' : `${name}(a)`, vectors, { func: f, fma: true, before })
  f.body = countUp(x, get(end), i32(16), [
    [set(v, load('v128.load', get(x))), set(w, load('v128.load', get(y))), set(y, op('i32.add', get(y), i32(16)))],
    before,
    store('v128.store', get(x), made.code),
  ])
}
const memory = new engine.Memory({ initial: 16 })
const { exports } = new engine.Instance(new engine.Module(module.bytes()), { env: { memory } })
const x = new Float32Array(memory.buffer, 0, count)
const y = new Float32Array(memory.buffer, 4 * count, count)

/** The distance of an f32 to the next one, at a number. */
const unit = (v: number): number => 2 ** (Math.max(-126, Math.floor(Math.log2(Math.abs(v)))) - 23)

const errors: Record<string, number> = {}
for (const name of names) {
  for (let i = 0; i < count; i++) {
    const u = (i + 0.5) / count
    x[i] = name === 'log' || name === 'pow' ? Math.exp(40 * u - 20) : name === 'log1p' ? Math.expm1(20 * u - 5) : 24 * u - 12
    y[i] = Math.sin(i) * 3
  }
  const [a, b] = [x.slice(), y.slice()]
  exports[name]!(0, 4 * count, 4 * count)
  let worst = 0
  for (let i = 0; i < count; i++) {
    const wanted = name === 'pow' ? a[i]! ** b[i]! : f64[name](a[i]!)
    worst = Math.max(worst, Math.abs(x[i]! - wanted) / unit(wanted))
  }
  errors[name] = worst
}

const source = readFileSync(new URL('../../dsl/std/lstm.cell', import.meta.url), 'utf8')
const nets = await Promise.all(
  [false, true].map(async fma => {
    const made = await loadCell(source, { cell: 'LSTM', dtype: 'f32', target: 'wasm', fma })
    const net: Net = made.create({ D: 33, H: 50 }, { t: 20, batch: 3 })
    net.initialise(1)
    net.inputs['x']!.forEach((_, i) => void (net.inputs['x']![i] = Math.sin(i)))
    net.outputGrads['h']!.forEach((_, i) => void (net.outputGrads['h']![i] = Math.cos(i)))
    net.forward()
    net.backward()
    return net
  }),
)
const [plain, fused] = nets as [Net, Net]
let [apart, differing] = [0, 0]
for (const [name, g] of Object.entries(plain.grads)) {
  const other = fused.grads[name]!
  const most = Array.from(g).reduce((m, v) => Math.max(m, Math.abs(v)), 0)
  for (let i = 0; i < g.length; i++) {
    if (g[i] !== other[i]) differing++
    apart = Math.max(apart, Math.abs(g[i]! - other[i]!) / most)
  }
}
console.log(JSON.stringify({ errors, apart, differing }))
