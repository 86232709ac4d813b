/**
 * The elementary functions in double precision, of + - * / and exact operations only, so that they are the same bits on
 * every engine and target. Formulas and coefficients are those of Sun's fdlibm where it is named; the code is ours.
 * The bounds, in units in the last place, stand above the largest errors measured against 264-bit arithmetic (spec/numeric).
 */
import { exponent, POWERS } from './bits.ts'

const LN2HI: number = 6.9314718036912381649e-1
const LN2LO: number = 1.90821492927058770002e-10
const LOG2E: number = 1.442695040888963387

/** y * 2^k, rounded once, for a normal y and -2148 <= k <= 2046. */
function scale(y: number, k: number): number {
  const half: number = k >> 1
  return y * POWERS[1100 + half]! * POWERS[1100 + k - half]!
}

/** exp(hi - lo) for |hi - lo| <= 0.35 (fdlibm). */
function expCore(hi: number, lo: number): number {
  const r: number = hi - lo
  const z: number = r * r
  const c: number =
    r -
    z *
      (1.66666666666666019037e-1 +
        z * (-2.77777777770155933842e-3 + z * (6.61375632143793436117e-5 + z * (-1.6533902205465251539e-6 + z * 4.13813679705723846039e-8))))
  return 1 - (lo - (r * c) / (2 - c) - hi)
}

/** e^x within 1 ulp. */
export function exp(x: number): number {
  if (!(x <= 709.782712893384)) return x * Infinity
  if (x < -745.1332191019412) return 0
  const k: number = Math.floor(x * LOG2E + 0.5)
  return scale(expCore(x - k * LN2HI, k * LN2LO), k)
}

/** log(1 + f) - f + f^2/2, divided by s = f / (2 + f), less f^2/2, of z = s^2 (fdlibm). */
function logSeries(z: number): number {
  return (
    z *
    (6.66666666666673513e-1 +
      z *
        (3.999999999940941908e-1 +
          z *
            (2.857142874366239149e-1 +
              z * (2.222219843214978396e-1 + z * (1.818357216161805012e-1 + z * (1.531383769920937332e-1 + z * 1.4798198605106586e-1))))))
  )
}

/** k ln 2 + log(1 + f) + c, c being small (fdlibm). */
function logSum(k: number, f: number, c: number): number {
  const s: number = f / (2 + f)
  const half: number = 0.5 * f * f
  return k * LN2HI - (half - (s * (half + logSeries(s * s)) + (k * LN2LO + c)) - f)
}

/** log x within 1 ulp. */
export function log(x: number): number {
  if (!(x > 0)) return x === 0 ? -Infinity : NaN
  if (x === Infinity) return x
  const tiny: boolean = x < 2.2250738585072014e-308
  const n: number = tiny ? x * 18014398509481984 : x
  const k: number = exponent(n)
  return logSum(tiny ? k - 54 : k, n * POWERS[1100 - k]! - 1, 0)
}

/** log(1 + x) within 1 ulp: the logarithm of u = fl(1 + x), with what the sum lost put back to first order. */
export function log1p(x: number): number {
  if (!(x > -1)) return x === -1 ? -Infinity : NaN
  if (x === Infinity || x === 0) return x
  if (x > -0.29289 && x < 0.41421) return logSum(0, x, 0)
  const u: number = 1 + x
  const k: number = exponent(u)
  const lost: number = x < 1 ? x - (u - 1) : 1 - (u - x)
  return logSum(k, u * POWERS[1100 - k]! - 1, lost / u)
}

/** e^x - 1 within 1 ulp (fdlibm). */
export function expm1(x: number): number {
  if (!(x <= 709.782712893384)) return x * Infinity
  if (x < -40) return -1
  const k: number = x > -0.34657 && x < 0.34657 ? 0 : Math.floor(x * LOG2E + 0.5)
  const hi: number = x - k * LN2HI
  const lo: number = k * LN2LO
  const r: number = hi - lo
  const c: number = hi - r - lo
  const h: number = 0.5 * r
  const z: number = r * h
  const q: number =
    1 +
    z *
      (-3.33333333333331316428e-2 +
        z * (1.58730158725481460165e-3 + z * (-7.93650757867487942473e-5 + z * (4.00821782732936239552e-6 + z * -2.01099218183624371326e-7))))
  const t: number = 3 - q * h
  const e: number = z * ((q - t) / (6 - r * t))
  if (k === 0) return x === 0 ? x : r - (r * e - z)
  const d: number = r * (e - c) - c - z
  if (k === -1) return 0.5 * (r - d) - 0.5
  if (k === 1) return r < -0.25 ? -2 * (d - (r + 0.5)) : 1 + 2 * (r - d)
  if (k < -1 || k > 56) return scale(1 - (d - r), k) - 1
  const inverse: number = POWERS[1100 - k]!
  return (k < 20 ? 1 - inverse - (d - r) : r - (d + inverse) + 1) * POWERS[1100 + k]!
}

/** tanh x within 2.2 ulp, odd. */
export function tanh(x: number): number {
  const a: number = Math.abs(x)
  if (a > 22) return x > 0 ? 1 : -1
  const t: number = expm1(a < 1 ? -2 * a : 2 * a)
  const y: number = a < 1 ? -t / (t + 2) : 1 - 2 / (t + 2)
  return x < 0 ? -y : x > 0 ? y : x
}

/** 1 / (1 + e^-x) within 2 ulp. */
export function sigmoid(x: number): number {
  const e: number = exp(-Math.abs(x))
  return (x < 0 ? e : 1) / (1 + e)
}

/** log(1 + e^x) within 2 ulp. */
export function softplus(x: number): number {
  return (x > 0 ? x : 0) + log1p(exp(-Math.abs(x)))
}

/** The upper 26 bits of a (Dekker). */
function upper(a: number): number {
  const t: number = 134217729 * a
  return t - (t - a)
}

/** a * b - p exactly, for p = fl(a * b). */
function productError(a: number, b: number, p: number): number {
  const ah: number = upper(a)
  const al: number = a - ah
  const bh: number = upper(b)
  const bl: number = b - bh
  return al * bl - (p - ah * bh - al * bh - ah * bl)
}

/** a - b - d exactly, for d = fl(a - b). */
function differenceError(a: number, b: number, d: number): number {
  const t: number = d - a
  return a - (d - t) - (b + t)
}

/** 2 / pi in digits of base 2^24, for arguments up to the largest. */
const TWOOVERPI: Float64Array = new Float64Array([
  0xa2f983, 0x6e4e44, 0x1529fc, 0x2757d1, 0xf534dd, 0xc0db62, 0x95993c, 0x439041, 0xfe5163, 0xabdebb, 0xc561b7, 0x246e3a, 0x424dd2, 0xe00649, 0x2eea09,
  0xd1921c, 0xfe1deb, 0x1cb129, 0xa73ee8, 0x8235f5, 0x2ebb44, 0x84e99c, 0x7026b4, 0x5f7e41, 0x3991d6, 0x398353, 0x39f49c, 0x845f8b, 0xbdf928, 0x3b1ff8,
  0x97ffde, 0x05980f, 0xef2f11, 0x8b5a0a, 0x6d1f6d, 0x367ecf, 0x27cb09, 0xb74f46, 0x3f669e, 0x5fea2d, 0x7527ba, 0xc7ebe5, 0xf17b3d, 0x0739f7, 0x8a5292,
  0xea6bfb, 0x5fb11f, 0x8d5d08, 0x560330, 0x46fc7b,
])

/** What an angle leaves after the quarter turns: its value and a correction. */
const REST: Float64Array = new Float64Array(2)

/** Puts x - n pi/2 in REST and returns n mod 4. Up to 2^20 by subtraction in four parts (Cody and Waite). */
function quarterTurns(x: number): number {
  if (!(x > -1e6 && x < 1e6)) return x - x === 0 ? quarterTurnsOfLarge(x) : notAnAngle()
  const n: number = Math.floor(x * 0.6366197723675814 + 0.5)
  const a: number = x - n * 1.5707963267341256
  const p: number = n * 6.077100506303966e-11
  const b: number = a - p
  const q: number = n * 2.0222662487111665e-21
  const c: number = b - q
  const rest: number = differenceError(a, p, b) + differenceError(b, q, c) - n * 8.4784276603689e-32
  REST[0] = c + rest
  REST[1] = c - REST[0] + rest
  return n & 3
}

function notAnAngle(): number {
  REST[0] = NaN
  return 0
}

const DIGITS: Float64Array = new Float64Array(4)
const COLUMNS: Float64Array = new Float64Array(8)

/** The same by the digits of 2 / pi that matter (Payne and Hanek). */
function quarterTurnsOfLarge(x: number): number {
  const a: number = Math.abs(x)
  let top: number = 0
  while (top < 42 && a >= POWERS[1124 + 24 * top]!) top = top + 1
  let rest: number = a * POWERS[1100 - 24 * top]!
  for (let j: number = 0; j < 4; j++) {
    DIGITS[j] = Math.floor(rest)
    rest = (rest - DIGITS[j]!) * 16777216
  }
  for (let s: number = 0; s < 8; s++) {
    COLUMNS[s] = 0
    for (let j: number = 0; j < 4; j++) if (top - 1 + s - j >= 0) COLUMNS[s] = COLUMNS[s]! + DIGITS[j]! * TWOOVERPI[top - 1 + s - j]!
  }
  for (let s: number = 7; s > 0; s--) {
    const carry: number = Math.floor(COLUMNS[s]! / 16777216)
    COLUMNS[s] = COLUMNS[s]! - carry * 16777216
    COLUMNS[s - 1] = COLUMNS[s - 1]! + carry
  }
  const up: number = COLUMNS[1]! >= 8388608 ? 1 : 0
  const n: number = (COLUMNS[0]! + up) % 4
  const first: number = ((COLUMNS[1]! - up * 16777216) * 16777216 + COLUMNS[2]!) * POWERS[1052]!
  const second: number = (COLUMNS[3]! * 16777216 + COLUMNS[4]!) * POWERS[1004]!
  const third: number = (COLUMNS[5]! * 16777216 + COLUMNS[6]!) * POWERS[956]!
  const turn: number = first + second
  const low: number = second - (turn - first) + third
  const y: number = turn * 1.5707963267948966
  const correction: number = productError(turn, 1.5707963267948966, y) + (turn * 6.123233995736766e-17 + low * 1.5707963267948966)
  const r: number = y + correction
  const c: number = y - r + correction
  REST[0] = x < 0 ? -r : r
  REST[1] = x < 0 ? -c : c
  return x < 0 ? (4 - n) & 3 : n
}

/** sin(x + y) for |x| <= pi/4 and a correction y (fdlibm). */
function sinCore(x: number, y: number): number {
  const z: number = x * x
  const v: number = z * x
  const r: number =
    8.33333333332248946124e-3 +
    z * (-1.98412698298579493134e-4 + z * (2.75573137070700676789e-6 + z * (-2.50507602534068634195e-8 + z * 1.58969099521155010221e-10)))
  return x - (z * (0.5 * y - v * r) - y + v * 1.66666666666666324348e-1)
}

/** cos(x + y), likewise. */
function cosCore(x: number, y: number): number {
  const z: number = x * x
  const r: number =
    z *
    (4.16666666666666019037e-2 +
      z *
        (-1.38888888888741095749e-3 +
          z * (2.48015872894767294178e-5 + z * (-2.75573143513906633035e-7 + z * (2.0875723212981748279e-9 + z * -1.13596475577881948265e-11)))))
  const half: number = 0.5 * z
  const w: number = 1 - half
  return w + (1 - w - half + (z * r - x * y))
}

/** sin x within 1 ulp, for every x. */
export function sin(x: number): number {
  const n: number = quarterTurns(x)
  const r: number = REST[0]!
  const c: number = REST[1]!
  if (r === 0) return x
  const y: number = (n & 1) === 0 ? sinCore(r, c) : cosCore(r, c)
  return n < 2 ? y : -y
}

/** cos x within 1 ulp, for every x. */
export function cos(x: number): number {
  const n: number = quarterTurns(x)
  const r: number = REST[0]!
  const c: number = REST[1]!
  const y: number = (n & 1) === 0 ? cosCore(r, c) : sinCore(r, c)
  return n === 0 || n === 3 ? y : -y
}

/** erf x within 1 ulp, odd (fdlibm: four rational functions). */
export function erf(x: number): number {
  const a: number = Math.abs(x)
  if (a < 0.84375) {
    if (a < 1e-9) return x === 0 ? x : a < 1e-290 ? 0.125 * (8 * x + 1.02703333676410069053 * x) : x + 1.28379167095512586316e-1 * x
    const z: number = x * x
    const p: number =
      1.28379167095512558561e-1 +
      z * (-3.2504210724700149937e-1 + z * (-2.84817495755985104766e-2 + z * (-5.77027029648944159157e-3 + z * -2.37630166566501626084e-5)))
    const q: number =
      1 +
      z *
        (3.97917223959155352819e-1 +
          z * (6.50222499887672944485e-2 + z * (5.08130628187576562776e-3 + z * (1.32494738004321644526e-4 + z * -3.9602282787753681232e-6))))
    return x + x * (p / q)
  }
  const y: number = a < 1.25 ? erfMiddle(a) : a < 6 ? erfTail(a) : 1
  return x < 0 ? -y : x > 0 ? y : x
}

function erfMiddle(a: number): number {
  const s: number = a - 1
  const p: number =
    -2.36211856075265944077e-3 +
    s *
      (4.14856118683748331666e-1 +
        s *
          (-3.72207876035701323847e-1 +
            s * (3.18346619901161753674e-1 + s * (-1.10894694282396677476e-1 + s * (3.54783043256182359371e-2 + s * -2.166375594868790843e-3)))))
  const q: number =
    1 +
    s *
      (1.06420880400844228286e-1 +
        s *
          (5.40397917702171048937e-1 +
            s * (7.18286544141962662868e-2 + s * (1.26171219808761642112e-1 + s * (1.36370839120290507362e-2 + s * 1.1984499846799107417e-2)))))
  return 8.45062911510467529297e-1 + p / q
}

function erfTail(a: number): number {
  const s: number = 1 / (a * a)
  const p: number =
    a < 2.857142857142857
      ? -9.86494403484714822705e-3 +
        s *
          (-6.93858572707181764372e-1 +
            s *
              (-1.05586262253232909814e1 +
                s *
                  (-6.23753324503260060396e1 +
                    s * (-1.62396669462573470355e2 + s * (-1.84605092906711035994e2 + s * (-8.12874355063065934246e1 + s * -9.81432934416914548592))))))
      : -9.86494292470009928597e-3 +
        s *
          (-7.99283237680523006574e-1 +
            s *
              (-1.77579549177547519889e1 +
                s * (-1.60636384855821916062e2 + s * (-6.37566443368389627722e2 + s * (-1.02509513161107724954e3 + s * -4.83519191608651397019e2)))))
  const q: number =
    a < 2.857142857142857
      ? 1 +
        s *
          (1.96512716674392571292e1 +
            s *
              (1.376577541435190426e2 +
                s *
                  (4.34565877475229228821e2 +
                    s *
                      (6.45387271733267880336e2 +
                        s * (4.29008140027567833386e2 + s * (1.08635005541779435134e2 + s * (6.57024977031928170135 + s * -6.04244152148580987438e-2)))))))
      : 1 +
        s *
          (3.03380607434824582924e1 +
            s *
              (3.25792512996573918826e2 +
                s *
                  (1.53672958608443695994e3 +
                    s * (3.19985821950859553908e3 + s * (2.55305040643316442583e3 + s * (4.74528541206955367215e2 + s * -2.24409524465858183362e1))))))
  const h: number = upper(a)
  return 1 - (exp(-h * h - 0.5625) * exp((h - a) * (h + a) + p / q)) / a
}

/** x^n for x > 0 and a whole |n| <= 64, in double-double: exact where the power is. */
function wholePower(x: number, n: number): number {
  const tiny: boolean = x < 2.2250738585072014e-308
  const normal: number = tiny ? x * 18014398509481984 : x
  const k: number = exponent(normal)
  let bh: number = normal * POWERS[1100 - k]!
  let bl: number = 0
  let h: number = 1
  let l: number = 0
  for (let rest: number = Math.abs(n); rest > 0; rest = rest >> 1) {
    if ((rest & 1) === 1) {
      const p: number = h * bh
      const e: number = productError(h, bh, p) + (h * bl + l * bh)
      h = p + e
      l = e - (h - p)
    }
    const s: number = bh * bh
    const f: number = productError(bh, bh, s) + 2 * bh * bl
    bh = s + f
    bl = f - (bh - s)
  }
  const power: number = n * (tiny ? k - 54 : k)
  const bounded: number = power < -2148 ? -2148 : power > 2046 ? 2046 : power
  if (n > 0) return scale(h, bounded)
  const q: number = 1 / h
  const p: number = q * h
  return scale(q + q * (1 - p - productError(q, h, p) - q * l), bounded)
}

/** x^y for x > 0, by exp(y log x) with the logarithm in double-double. */
function anyPower(x: number, y: number): number {
  const tiny: boolean = x < 2.2250738585072014e-308
  const normal: number = tiny ? x * 18014398509481984 : x
  const e: number = exponent(normal)
  const k: number = tiny ? e - 54 : e
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
  const t: number =
    wh *
    (2 / 5 +
      wh *
        (2 / 7 + wh * (2 / 9 + wh * (2 / 11 + wh * (2 / 13 + wh * (2 / 15 + wh * (2 / 17 + wh * (2 / 19 + wh * (2 / 21 + wh * (2 / 23 + (wh * 2) / 25))))))))))
  const uh: number = 2 / 3 + t
  const ul: number = t - (uh - 2 / 3) + (3.700743415417188e-17 + wl * (2 / 5))
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
  const p: number = y * lh
  if (p > 800) return Infinity
  if (p < -800) return 0
  const rest: number = productError(y, lh, p) + y * ll
  const n: number = Math.floor(p * LOG2E + 0.5)
  return scale(expCore(p - n * LN2HI, n * LN2LO - rest), n)
}

/** x^y within 1 ulp, exact where the power is; the special cases are those of IEEE 754 `pow` (1^y and x^0 are 1, even for NaN). */
export function pow(x: number, y: number): number {
  if (y === 2) return x * x
  if (y === 1) return x
  if (y === 0 || x === 1) return 1
  if (y === -1) return 1 / x
  const a: number = Math.abs(x)
  const size: number = Math.abs(y)
  const whole: boolean = Math.floor(y) === y
  const odd: boolean = whole && Math.floor(y * 0.5) * 2 !== y
  if (!(a >= 0) || !(size >= 0)) return NaN
  if (size === Infinity) return a === 1 ? 1 : a > 1 === y > 0 ? Infinity : 0
  if (a === 0 || a === Infinity) {
    const limit: number = (a === 0) === y > 0 ? 0 : Infinity
    return odd && 1 / x < 0 ? -limit : odd && x < 0 ? -limit : limit
  }
  if (x < 0 && !whole) return NaN
  if (y === 0.5) return Math.sqrt(x)
  const r: number = whole && size <= 64 ? wholePower(a, y) : anyPower(a, y)
  return x < 0 && odd ? -r : r
}
