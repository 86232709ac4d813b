import assert from 'node:assert/strict'
import { engine } from '../support/engine.ts'
import { f32Rounded } from '../../compiler/numeric/library.ts'
import { countUp, Func, get, i32, load, Module, op, set, store, type Code } from '../../compiler/targets/wasm/assembler.ts'
import { lower, real } from '../../compiler/targets/wasm/lower.ts'

/** The numeric library, lowered to vectors: the same bits as its text with every operation rounded. */

const names = ['exp', 'expm1', 'log', 'log1p', 'tanh', 'sigmoid', 'softplus', 'sin', 'cos', 'erf', 'pow'] as const
const count = 20_000
const at = 1024

const module = new Module()
for (const name of names) {
  const f = module.add(new Func(name, ['i32', 'i32', 'i32']), true)
  const [x, y, end] = f.params as unknown as [Func['params'][number], Func['params'][number], Func['params'][number]]
  const [v, w] = [f.local('v128'), f.local('v128')]
  const before: Code[] = []
  const made = lower(
    name === 'pow' ? 'pow(a, b)' : `${name}(a)`,
    new Map([
      ['a', real(get(v))],
      ['b', real(get(w))],
    ]),
    { func: f, fma: false, before },
  )
  f.body = countUp(x, get(end), i32(16), [
    [set(v, load('v128.load', get(x))), set(w, load('v128.load', get(y))), set(y, op('i32.add', get(y), i32(16)))],
    before,
    store('v128.store', get(x), made.code),
  ])
}
const memory = new engine.Memory({ initial: 8 })
const { exports } = new engine.Instance(new engine.Module(module.bytes()), { env: { memory } })
const x = new Float32Array(memory.buffer, at, count)
const y = new Float32Array(memory.buffer, at + 4 * count, count)

/** Every f32 that a step of a prime reaches, and a lattice of ordinary numbers. */
const bits = new Float32Array(Uint32Array.from({ length: count }, (_, i) => (i * 214_783 * 97) >>> 0).buffer)
const ordinary = Float32Array.from({ length: count }, (_, i) => (i - count / 2) / 700)
const special = [0, -0, 1, -1, 0.5, -0.5, 2, Infinity, -Infinity, NaN, 2 ** -149, -(2 ** -149), 2 ** -126, 88.7, 88.8, -87.3, -103.9, -104.1, 9.03125, 3.921875]

describe('the numeric library in WebAssembly', () => {
  for (const name of names)
    it(`${name}: the bits of the rounded text, over all of f32`, () => {
      for (const points of [bits, ordinary]) {
        x.set(points)
        x.set(special)
        y.set(points === bits ? Float32Array.from(bits).reverse() : ordinary.map((_, i) => Math.sin(i) * 5))
        y.set(special.toReversed(), special.length)
        const [a, b] = [x.slice(), y.slice()]
        exports[name]!(at, at + 4 * count, at + 4 * count)
        for (let i = 0; i < count; i++) {
          const wanted = Math.fround(name === 'pow' ? f32Rounded.pow(a[i]!, b[i]!) : f32Rounded[name](a[i]!))
          assert.ok(Object.is(x[i], wanted), `${name}(${a[i]}${name === 'pow' ? `, ${b[i]}` : ''}) is ${x[i]} instead of ${wanted}`)
        }
      }
    })
})
