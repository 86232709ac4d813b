/**
 * The elementary functions in single precision: few operations in a straight line, branches only as selections, so that
 * WebAssembly evaluates the same formulas four at a time. Every constant is exact in f32. Two evaluations are meant:
 * in double, the result rounded once where it is stored (TypeScript), and with every operation rounded to f32 (WebAssembly,
 * f32-rounded.generated.ts). Bounds are given as double / rounded, in f32 units in the last place; they stand above the
 * largest errors measured against 264-bit arithmetic and over every 1009th f32.
 * Coefficients: minimax fits of our own (Remez), their f32 rounding compensated in those that follow.
 */
import { exponent, POWERS } from './bits.ts'

/** Ten bits, so that a whole multiple is exact; the rest. */
const LN2HI: number = 0.693359375
const LN2LO: number = -0.00021219444170128554
const LOG2E: number = 1.4426950216293335

/** y * 2^k, rounded once; in WebAssembly by two factors, the first product being exact. */
function scale(y: number, k: number): number {
  return y * POWERS[(k + 1100) | 0]!
}

/** (e^r - 1 - r) / r^2 for |r| <= 0.35; e^r - 1 is relatively exact to 2^-28. */
function expSeries(r: number): number {
  return 0.5 + r * (0.16666634380817413 + r * (0.04166650399565697 + r * (0.008341709151864052 + r * (0.0013931530993431807 + r * 0.0001504249667050317))))
}

/** e^x (0.6 / 1 ulp). The bounds are wide enough for the scaling to give 0 and Infinity; in f32, -104 and 89 do. */
export function exp(x: number): number {
  const low: number = x < -750 ? -750 : x
  const c: number = low > 750 ? 750 : low
  const k: number = Math.floor(c * LOG2E + 0.5)
  const r: number = c - k * LN2HI - k * LN2LO
  return scale(1 + (r + r * r * expSeries(r)), k)
}

/** e^x - 1, relatively exact near 0 (0.6 / 1.6 ulp). */
export function expm1(x: number): number {
  const low: number = x < -30 ? -30 : x
  const c: number = low > 750 ? 750 : low
  const k: number = Math.floor(c * LOG2E + 0.5)
  const r: number = c - k * LN2HI - k * LN2LO
  const y: number = scale(r + r * r * expSeries(r) + (1 - scale(1, -k)), k)
  return x === 0 ? x : y
}

/** k ln 2 + log(1 + f) + c for sqrt(1/2) <= 1 + f < sqrt(2) and a small c, by s = f / (2 + f). */
function logSum(k: number, f: number, c: number): number {
  const s: number = f / (2 + f)
  const z: number = s * s
  const half: number = 0.5 * f * f
  const series: number = z * (0.6666678190231323 + z * (0.3997679054737091 + z * 0.29893505573272705))
  return k * LN2HI - (half - (s * (half + series) + (k * LN2LO + c)) - f)
}

/** log x (0.6 / 0.8 ulp). */
export function log(x: number): number {
  const tiny: boolean = x < 1.1754943508222875e-38
  const n: number = tiny ? x * 8388608 : x
  const k: number = exponent(n)
  const y: number = logSum(tiny ? k - 23 : k, n * POWERS[1100 - k]! - 1, 0)
  return x > 0 ? (x < Infinity ? y : x) : x === 0 ? -Infinity : NaN
}

/** log(1 + x), relatively exact near 0 (0.6 / 0.8 ulp): the logarithm of u = fl(1 + x), with what the sum lost put back to first order. */
export function log1p(x: number): number {
  const u: number = 1 + x
  const v: number = u - 1
  const lost: number = 1 - (u - v) + (x - v)
  const k: number = exponent(u)
  const y: number = logSum(k, u * POWERS[1100 - k]! - 1, lost / u)
  return x > -1 ? (x < Infinity && x !== 0 ? y : x) : x === -1 ? -Infinity : NaN
}

/** 2 t / (1 + t^2) for t = x (1 + r) / 2: where the result is near 1, errors of r hardly matter. Never beyond 1, and 1 past `end`. */
function saturating(x: number, r: number, end: number): number {
  const t: number = x + x * r
  const y: number = t / (1 + 0.25 * t * t)
  return x === 0 ? x : x > end || y > 1 ? 1 : x < -end || y < -1 ? -1 : y
}

/** tanh x by a rational function for tanh(x / 2); odd, relatively exact near 0 (0.6 / 2.4 ulp). */
export function tanh(x: number): number {
  const z: number = x * x
  const p: number = z * (-0.0833333283662796 + z * (-0.0012410113122314215 + z * -2.7001310627383646e-6))
  const q: number = 1 + z * (0.11489204317331314 + z * (0.001402583671733737 + z * 2.788779511320172e-6))
  return saturating(x, p / q, 9.03125)
}

/** 1 / (1 + e^-x), relatively exact for every x (0.6 / 2.4 ulp). */
export function sigmoid(x: number): number {
  const e: number = exp(-Math.abs(x))
  return (x < 0 ? e : 1) / (1 + e)
}

/** log(1 + e^x) (0.6 / 1.6 ulp). */
export function softplus(x: number): number {
  return (x > 0 ? x : 0) + log1p(exp(-Math.abs(x)))
}

/** The quarter turns in x, for |x| <= 8192; farther out the rounded evaluation loses the angle. */
function quarterTurns(x: number): number {
  return Math.floor(x * 0.6366197466850281 + 0.5)
}

/** x - n pi/2, pi/2 in parts of 11 bits whose multiples are exact; bounded, whatever the angle lost. */
function turned(x: number, n: number): number {
  const r: number = x - n * 1.5703125 - n * 0.00048351287841796875 - n * 3.1385570764541626e-7 - n * 6.070877134334296e-11 - n * 6.223371969669989e-14
  return r > 0.7890625 ? 0.7890625 : r < -0.7890625 ? -0.7890625 : r
}

/** The sine of r + q pi/2, for a whole 0 <= q < 4. */
function sinOfTurned(r: number, q: number): number {
  const z: number = r * r
  const s: number = r + r * (z * (-0.16666655242443085 + z * (0.008332188241183758 + z * -0.0001951800804818049)))
  const c: number = 1 - 0.5 * z + z * (z * (0.04166664555668831 + z * (-0.00138873013202101 + z * 2.4430690245935693e-5)))
  const y: number = q === 1 || q === 3 ? c : s
  return q > 1 ? -y : y
}

/** sin x (0.6 / 2.4 ulp for |x| <= 8192). */
export function sin(x: number): number {
  const n: number = quarterTurns(x)
  const y: number = sinOfTurned(turned(x, n), n - 4 * Math.floor(n * 0.25))
  return x === 0 ? x : y
}

/** cos x (0.6 / 2.4 ulp for |x| <= 8192). */
export function cos(x: number): number {
  const n: number = quarterTurns(x)
  const m: number = n + 1
  return sinOfTurned(turned(x, n), m - 4 * Math.floor(m * 0.25))
}

/** erf x, as tanh is made; odd, relatively exact near 0 (0.6 / 2.5 ulp). */
export function erf(x: number): number {
  const z: number = x * x
  const p: number =
    0.12837916612625122 +
    z * (-0.009952555410563946 + z * (-0.013786387629806995 + z * (-7.763152098050341e-5 + z * (-0.00011965914745815098 + z * -1.1026894753740635e-5))))
  const q: number =
    1 + z * (0.054523974657058716 + z * (0.03751129284501076 + z * (0.0003899507282767445 + z * (0.00031779089476913214 + z * 1.2071494893461931e-5))))
  return saturating(x, p / q, 3.921875)
}

/** The upper 12 bits of a, where operations are rounded to f32 (Dekker). */
function upper(a: number): number {
  const t: number = 4097 * a
  return t - (t - a)
}

/** a * b - p for p = a * b: what the rounding of the product lost. */
function productError(a: number, b: number, p: number): number {
  const ah: number = upper(a)
  const al: number = a - ah
  const bh: number = upper(b)
  const bl: number = b - bh
  return al * bl - (p - ah * bh - al * bh - ah * bl)
}

/** x^y for 0 < x < Infinity by exp(y log x), the logarithm as a sum of two numbers. */
function power(x: number, y: number): number {
  const tiny: boolean = x < 1.1754943508222875e-38
  const normal: number = tiny ? x * 8388608 : x
  const e: number = exponent(normal)
  const k: number = tiny ? e - 23 : e
  const m: number = normal * POWERS[1100 - e]!
  // s = (m - 1) / (m + 1), and its square w
  const f: number = m - 1
  const d: number = m + 1
  const sh: number = f / d
  const back: number = sh * d
  const sl: number = (f - back - productError(sh, d, back) - sh * (m - (d - 1))) / d
  const wh: number = sh * sh
  const wl: number = productError(sh, sh, wh) + 2 * sh * sl
  // log m = 2 s + s w (2/3 + 2/5 w + 2/7 w^2 + ...)
  const t: number = wh * (0.4000000059604645 + wh * (0.2857142984867096 + wh * (0.2222222238779068 + wh * 0.1818181872367859)))
  const uh: number = 0.6666666865348816 + t
  const ul: number = t - (uh - 0.6666666865348816) - 1.9868215517249155e-8
  const vh: number = wh * uh
  const vl: number = productError(wh, uh, vh) + (wh * ul + wl * uh)
  const gh: number = sh * vh
  const gl: number = productError(sh, vh, gh) + (sh * vl + sl * vh)
  const a: number = 2 * sh
  const b: number = a + gh
  const bl: number = gh - (b - a) + (gl + 2 * sl)
  const c: number = k * LN2HI
  const lh: number = c + b
  const ll: number = b - (lh - c) + (bl + k * LN2LO)
  // e^(y log x)
  const p: number = y * lh
  const pl: number = productError(y, lh, p) + y * ll
  const g: number = p < -104 ? -104 : p > 89 ? 89 : p
  const n: number = Math.floor(g * LOG2E + 0.5)
  const r: number = g - n * LN2HI
  const rl: number = pl - n * LN2LO
  const rh: number = r + rl
  const z: number = scale(1 + (rh + (r - rh + rl + rh * rh * expSeries(rh))), n)
  return p < -104 ? 0 : p > 89 ? Infinity : z
}

/** x^y (0.6 / 0.9 ulp); the special cases are those of IEEE 754 `pow` (1^y and x^0 are 1, even for NaN). */
export function pow(x: number, y: number): number {
  const a: number = Math.abs(x)
  const size: number = Math.abs(y)
  const bounded: number = y > 1e12 ? 1e12 : y < -1e12 ? -1e12 : y
  const half: number = y * 0.5
  const whole: boolean = Math.floor(y) === y
  const odd: boolean = whole && Math.floor(half) !== half
  const minus: boolean = odd && (x < 0 || (x === 0 && 1 / x < 0))
  const edge: boolean = a === 0 || a === Infinity
  const finite: number = power(edge ? 1 : a, bounded)
  const r: number = edge ? ((a === 0) === y > 0 ? 0 : Infinity) : size === Infinity ? (a === 1 ? 1 : a > 1 === y > 0 ? Infinity : 0) : finite
  const signed: number = minus ? -r : r
  const general: number = (x < 0 && !edge && !whole) || !(a >= 0) || !(size >= 0) ? NaN : signed
  const simple: number = y === 1 ? x : y === 2 ? x * x : y === -1 ? 1 / x : y === 0.5 && a !== Infinity ? Math.sqrt(x) + 0 : general
  return y === 0 || x === 1 ? 1 : simple
}
