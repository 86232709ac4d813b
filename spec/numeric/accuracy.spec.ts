/** The elementary functions against arithmetic of more than 200 bits: the bounds that their docstrings state. */
import assert from 'node:assert/strict'
import { f32, f32Rounded, f64, type NumericLibrary } from '../../compiler/numeric/library.ts'
import { points, worst, type Format, type Unary } from './sweep.ts'

/** Units in the last place: f64; f32 evaluated in double; f32 with every operation rounded. */
const bounds: Record<keyof NumericLibrary, readonly [number, number, number]> = {
  exp: [1, 0.6, 1],
  expm1: [1, 0.6, 1.6],
  log: [1, 0.6, 0.8],
  log1p: [1, 0.6, 0.8],
  tanh: [2.2, 0.6, 2.4],
  sigmoid: [2, 0.6, 2.4],
  softplus: [2, 0.6, 1.6],
  sin: [1, 0.6, 2.4],
  cos: [1, 0.6, 2.4],
  erf: [1, 0.6, 2.5],
  pow: [1, 0.6, 0.9],
}

const names = Object.keys(bounds) as (keyof NumericLibrary)[]
const arithmetics: readonly [string, NumericLibrary, Format][] = [
  ['f64', f64, 'f64'],
  ['f32 in double', f32, 'f32'],
  ['f32 rounded', f32Rounded, 'f32'],
]

const same = (actual: number, expected: number, what: string): void =>
  assert.ok(Object.is(actual, expected), `${what} is ${Object.is(actual, -0) ? '-0' : actual}, not ${Object.is(expected, -0) ? '-0' : expected}`)

describe('numeric: accuracy', () => {
  for (const name of names) {
    const [double, single, rounded] = bounds[name]
    const check = (label: string, { error, at }: { error: number; at: readonly number[] }, bound: number): void =>
      assert.ok(error <= bound, `${label} ${name}(${at.join(', ')}) is ${error} ulp off, more than ${bound}`)

    it(`${name} keeps its bounds`, () => {
      const count = name === 'pow' ? 250 : 800
      check('f64', worst(name, 'f64', [f64], count)[0]!, double)
      const [a, b] = worst(name, 'f32', [f32, f32Rounded], count)
      check('f32 in double', a!, single)
      check('f32 rounded', b!, rounded)
    })
  }

  it('f32 agrees with f64 over the range of f32', () => {
    const word = new Uint32Array(1)
    const real = new Float32Array(word.buffer)
    for (const name of names) {
      if (name === 'pow') continue
      for (let bits = 0; bits < 0x1_0000_0000; bits += 40009) {
        word[0] = bits
        const x = real[0]!
        const exact = f64[name](x)
        if (!Number.isFinite(Math.fround(exact)) || ((name === 'sin' || name === 'cos') && !(Math.abs(x) <= 8192))) continue
        const unit = 2 ** (Math.max(-126, Math.floor(Math.log2(Math.abs(exact)))) - 23)
        for (const library of [f32, f32Rounded]) {
          const y = Math.fround(library[name](x))
          assert.ok(y === exact || Math.abs(y - exact) <= 3 * unit, `${name}(${x}) is ${y}, not ${exact}`)
        }
      }
    }
  })
})

describe('numeric: special values', () => {
  const cases: Record<Exclude<keyof NumericLibrary, 'pow'>, readonly (readonly [number, number])[]> = {
    exp: [
      [0, 1],
      [-0, 1],
      [Infinity, Infinity],
      [-Infinity, 0],
      [1e4, Infinity],
      [-1e4, 0],
    ],
    expm1: [
      [0, 0],
      [-0, -0],
      [Infinity, Infinity],
      [-Infinity, -1],
      [1e4, Infinity],
    ],
    log: [
      [0, -Infinity],
      [-0, -Infinity],
      [1, 0],
      [Infinity, Infinity],
      [-1, NaN],
      [-Infinity, NaN],
    ],
    log1p: [
      [0, 0],
      [-0, -0],
      [-1, -Infinity],
      [Infinity, Infinity],
      [-2, NaN],
      [-Infinity, NaN],
    ],
    tanh: [
      [0, 0],
      [-0, -0],
      [Infinity, 1],
      [-Infinity, -1],
      [50, 1],
      [-50, -1],
    ],
    sigmoid: [
      [0, 0.5],
      [-0, 0.5],
      [Infinity, 1],
      [-Infinity, 0],
      [1e4, 1],
      [-1e4, 0],
    ],
    softplus: [
      [Infinity, Infinity],
      [-Infinity, 0],
      [1e4, 1e4],
      [-1e4, 0],
    ],
    sin: [
      [0, 0],
      [-0, -0],
      [Infinity, NaN],
      [-Infinity, NaN],
    ],
    cos: [
      [0, 1],
      [-0, 1],
      [Infinity, NaN],
      [-Infinity, NaN],
    ],
    erf: [
      [0, 0],
      [-0, -0],
      [Infinity, 1],
      [-Infinity, -1],
      [50, 1],
      [-50, -1],
    ],
  }
  for (const [label, library, format] of arithmetics) {
    const round = (x: number): number => (format === 'f32' ? Math.fround(x) : x)
    it(`are right in ${label}`, () => {
      for (const [name, list] of Object.entries(cases) as [Unary, (typeof cases)[Unary]][])
        for (const [x, y] of [...list, [NaN, NaN] as const]) same(round(library[name](x)), y, `${name}(${Object.is(x, -0) ? '-0' : x})`)
    })

    it(`pow follows IEEE 754 in ${label}`, () => {
      const values = [0, -0, 1, -1, 0.5, -0.5, 2, -2, 3, -3, 1.5, Infinity, -Infinity, NaN]
      for (const x of values)
        for (const y of values) {
          // JavaScript deviates from IEEE 754 where the base is 1 or -1 and the exponent is not finite.
          const expected = x === 1 ? 1 : x === -1 && Math.abs(y) === Infinity ? 1 : x ** y
          const actual = round(library.pow(x, y))
          if (Number.isFinite(expected) && expected !== 0)
            assert.ok(Math.abs(actual - expected) <= Math.abs(expected) * (format === 'f64' ? 3e-16 : 1.3e-7), `${x} ^ ${y} = ${actual}`)
          else same(actual, expected, `${x} ^ ${y}`)
        }
    })

    it(`whole powers that are exact are exact in ${label}`, () => {
      const most = format === 'f64' ? 2 ** 53 : 2 ** 24
      for (let n = 2; n <= 53; n++)
        for (let x = 1; x ** n <= most && x < 3000; x++) {
          const exact = Number(BigInt(x) ** BigInt(n))
          same(round(library.pow(x, n)), exact, `${x} ^ ${n}`)
          same(round(library.pow(-x, n)), n % 2 === 0 ? exact : -exact, `-${x} ^ ${n}`)
          if (x > 1 && n % 4 === 0 && format === 'f64') same(library.pow(exact, 1 / 4), x ** (n / 4), `${exact} ^ 1/4`)
        }
      for (let k = format === 'f64' ? -1074 : -149; k < (format === 'f64' ? 1024 : 128); k++) same(round(library.pow(2, k)), 2 ** k, `2 ^ ${k}`)
      for (const x of points('exp', format, 100)) {
        same(round(library.pow(x, 2)), round(x * x), `${x} ^ 2`)
        same(round(library.pow(x, -1)), round(1 / x), `${x} ^ -1`)
        same(round(library.pow(Math.abs(x), 0.5)), round(Math.sqrt(Math.abs(x))), `${x} ^ 0.5`)
      }
    })
  }
})

describe('numeric: laws', () => {
  for (const [label, library, format] of arithmetics) {
    const unit = format === 'f64' ? 2 ** -52 : 2 ** -23
    const round = (x: number): number => (format === 'f32' ? Math.fround(x) : x)
    const laws: Record<string, (x: number) => boolean> = {
      'tanh, erf, sin are odd and cos is even': x =>
        (['tanh', 'erf'] as const).every(f => Object.is(library[f](-x), -library[f](x))) &&
        Math.abs(library.sin(-x) + library.sin(x)) <= unit &&
        Math.abs(library.cos(-x) - library.cos(x)) <= unit,
      'sigmoid(x) + sigmoid(-x) is 1': x => Math.abs(library.sigmoid(x) + library.sigmoid(-x) - 1) <= unit,
      'tanh, erf, sigmoid, sin and cos stay within their range': x =>
        (['tanh', 'erf', 'sin', 'cos'] as const).every(f => Math.abs(library[f](x)) <= 1) && library.sigmoid(x) <= 1 && library.sigmoid(x) >= 0,
      'sin^2 + cos^2 is 1': x => Math.abs(library.sin(x) ** 2 + library.cos(x) ** 2 - 1) <= 4 * unit,
      'log undoes exp': x => x > 80 || x < -80 || Math.abs(library.log(library.exp(x)) - x) <= 2 * unit * (1 + Math.abs(x)),
      'log1p undoes expm1': x => x > 8 || x < -1 || Math.abs(library.log1p(library.expm1(x)) - x) <= 8 * unit * Math.abs(x),
    }
    for (const [law, holds] of Object.entries(laws))
      it(`${law} in ${label}`, () => {
        for (const x of points('tanh', format, 1000)) assert.ok(holds(x), `not for ${x}`)
      })

    it(`nothing falls that should rise, but for the rounding, in ${label}`, () => {
      for (const name of ['exp', 'expm1', 'tanh', 'sigmoid', 'softplus', 'erf'] as const) {
        let last = -Infinity
        for (let x = -30; x < 30; x += 1 / 64) {
          const y = round(library[name](x))
          assert.ok(y >= last - 2 * unit * Math.abs(y), `${name} at ${x}`)
          last = y
        }
      }
    })
  }

  it('large angles are turned exactly in f64, and stay bounded in f32', () => {
    // The second is the double that lies nearest to a multiple of pi / 2: -4.68716592425462761112e-19 (Muller).
    assert.equal(f64.sin(1e22), -0.8522008497671888)
    assert.equal(f64.cos(6381956970095103 * 2 ** 797), -4.687165924254628e-19)
    for (const library of [f32, f32Rounded])
      for (let k = 13; k < 128; k++) for (const f of [library.sin, library.cos]) assert.ok(Math.abs(f(2 ** k * 1.37)) <= 1)
  })
})
