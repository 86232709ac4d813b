/**
 * The elementary functions in BigInt fixed point, good to more than 200 bits relative to the result: what the numeric
 * library is measured against. A value is an integer `v` at a scale: v / 2^bits.
 */

export interface Fixed {
  readonly v: bigint
  readonly bits: number
}

const WIDE = 264

const shift = (v: bigint, n: number): bigint => (n >= 0 ? v << BigInt(n) : v >> BigInt(-n))
const size = (v: bigint): number => {
  const hex = (v < 0n ? -v : v).toString(16)
  return v === 0n ? 0 : (hex.length - 1) * 4 + (32 - Math.clz32(parseInt(hex[0]!, 16)))
}

const view = new DataView(new ArrayBuffer(8))

/** A double as m * 2^e. */
const parts = (x: number): { m: bigint; e: number } => {
  view.setFloat64(0, x)
  const word = view.getBigUint64(0)
  const field = Number((word >> 52n) & 2047n)
  const m = (word & 0xfffffffffffffn) | (field === 0 ? 0n : 1n << 52n)
  return { m: x < 0 ? -m : m, e: Math.max(field, 1) - 1075 }
}

/** floor(log2 |x|), about. */
const magnitude = (x: number): number => {
  const { m, e } = parts(x)
  return size(m) + e - 1
}

const fixed = (x: number, bits: number): bigint => {
  const { m, e } = parts(x)
  return shift(m, e + bits)
}

const toNumber = (v: bigint, bits: number): number => {
  const s = Math.max(0, size(v) - 60)
  return Number(shift(v, -s)) * 2 ** (s - bits)
}

const cached = (make: (bits: number) => bigint): ((bits: number) => bigint) => {
  const known = new Map<number, bigint>()
  return bits => {
    const rounded = Math.ceil(bits / 256) * 256
    const value = known.get(rounded) ?? make(rounded)
    known.set(rounded, value)
    return value >> BigInt(rounded - bits)
  }
}

/** Sum of 1 / ((2k + 1) n^(2k + 1)), with signs for the circular one. */
const inverseSeries = (n: bigint, bits: number, circular: boolean): bigint => {
  let term = (1n << BigInt(bits + 32)) / n
  let sum = term
  for (let k = 1n; term !== 0n; k++) {
    term = term / (n * n)
    sum += (circular && k % 2n === 1n ? -term : term) / (2n * k + 1n)
  }
  return sum >> 32n
}

const ln2 = cached(bits => 2n * inverseSeries(3n, bits, false))
const pi = cached(bits => 16n * inverseSeries(5n, bits, true) - 4n * inverseSeries(239n, bits, true))

const multiply = (a: bigint, b: bigint, bits: number): bigint => (a * b) >> BigInt(bits)

/** e^(v / 2^bits) at `bits`. */
const expFixed = (v: bigint, bits: number): bigint => {
  const guard = 40
  const b = bits + guard
  const x = v << BigInt(guard)
  const l = ln2(b + 16) // more, for the multiple
  const n = Number((v << BigInt(guard + 16)) / l)
  const r = x - ((BigInt(n) * l) >> 16n)
  let term = 1n << BigInt(b)
  const small = r >> 12n
  let sum = term
  for (let k = 1n; term !== 0n && term !== -1n; k++) {
    term = multiply(term, small, b) / k
    sum += term
  }
  for (let i = 0; i < 12; i++) sum = multiply(sum, sum, b)
  return shift(sum, n - guard)
}

/** log(v / 2^bits) at `bits`: a double's guess, then the series for the small rest. */
const logFixed = (v: bigint, bits: number): bigint => {
  const b = bits + 40
  const k = size(v) - bits
  const m = shift(v, 40 - k) // v / 2^bits = m / 2^b * 2^k, m in [1/2, 1)
  const one = 1n << BigInt(b)
  const near = k === 1 && v >> BigInt(bits) === 1n && v - (1n << BigInt(bits)) < 1n << BigInt(bits - 30)
  const guess = near ? -Math.LN2 : Math.log(toNumber(m, b))
  // Near 1 the logarithm itself may be tiny: then no guess, which would cancel.
  const y = near ? v << 40n : multiply(m, expFixed(fixed(-guess, b), b), b)
  const s = ((y - one) << BigInt(b)) / (y + one)
  const z = multiply(s, s, b)
  let power = s
  let sum = s
  for (let i = 3n; power !== 0n && power !== -1n; i += 2n) {
    power = multiply(power, z, b)
    sum += power / i
  }
  return (near ? 2n * sum : 2n * sum + fixed(guess, b) + BigInt(k) * ln2(b)) >> 40n
}

/** Enough bits for a function that is about x, or e^-|x|, in size. */
const width = (x: number): number => WIDE + Math.max(0, -magnitude(x)) + Math.ceil(1.45 * Math.min(Math.abs(x), 1200))

const bound = (x: number): number => Math.max(-1200, Math.min(1200, x))
const at =
  (make: (x: bigint, bits: number) => bigint) =>
  (x: number): Fixed => {
    const bits = width(x)
    return { v: make(fixed(bound(x), bits), bits), bits }
  }
const one = (bits: number): bigint => 1n << BigInt(bits)
const ratio = (a: bigint, b: bigint, bits: number): bigint => (a << BigInt(bits)) / b
const softplus = (x: bigint, bits: number): bigint => logFixed(one(bits) + expFixed(x, bits), bits)

/** sin or cos by turning into the first eighth. */
const circular = (x: number, quarters: number): Fixed => {
  const bits = WIDE + 80 + Math.max(0, -magnitude(x))
  const up = Math.max(0, magnitude(x)) + 8
  const half = pi(bits + up) >> 1n
  const v = fixed(x, bits + up)
  const n = (2n * v + half) / (2n * half) - (2n * v + half < 0n ? 1n : 0n)
  const r = (v - n * half) >> BigInt(up)
  const q = Number((((n + BigInt(quarters)) % 4n) + 4n) % 4n)
  const z = multiply(r, r, bits)
  const odd = q % 2 === 0
  let term = odd ? r : one(bits)
  let sum = term
  for (let k = odd ? 2n : 1n; term !== 0n && term !== -1n; k += 2n) {
    term = -multiply(term, z, bits) / (k * (k + 1n))
    sum += term
  }
  return { v: q < 2 ? sum : -sum, bits }
}

const erf = (x: number): Fixed => {
  const bits = WIDE + Math.max(0, -magnitude(x))
  if (Math.abs(x) > 15) return { v: x < 0 ? -one(bits) : one(bits), bits }
  const b = bits + 32
  const v = fixed(x, b)
  const square = 2n * multiply(v, v, b)
  let term = v
  let sum = v
  for (let k = 3n; term !== 0n && term !== -1n; k += 2n) {
    term = multiply(term, square, b) / k
    sum += term
  }
  // 2 / sqrt(pi) e^(-x^2) times the sum
  const root = sqrt(pi(b), b)
  const y = ((2n * multiply(sum, expFixed(-(square >> 1n), b), b)) << BigInt(b)) / root
  return { v: y >> 32n, bits }
}

const sqrt = (v: bigint, bits: number): bigint => {
  const n = v << BigInt(bits)
  let y = 1n << BigInt((size(n) >> 1) + 1)
  for (;;) {
    const next = (y + n / y) >> 1n
    if (next >= y) return y
    y = next
  }
}

/** The functions of a finite argument where they are finite. */
export const reference = {
  exp: at(expFixed),
  expm1: at((x, b) => expFixed(x, b) - one(b)),
  log: (x: number): Fixed => {
    const bits = WIDE + 60 + Math.max(0, -magnitude(x))
    return { v: logFixed(fixed(x, bits), bits), bits }
  },
  log1p: (x: number): Fixed => {
    const bits = WIDE + 60 + Math.max(0, -magnitude(x))
    return { v: logFixed(one(bits) + fixed(x, bits), bits), bits }
  },
  tanh: at((x, b) => {
    const e = expFixed(2n * x, b)
    return ratio(e - one(b), e + one(b), b)
  }),
  sigmoid: at((x, b) => {
    const e = expFixed(x, b)
    return ratio(e, e + one(b), b)
  }),
  softplus: (x: number): Fixed => (x > 1000 ? { v: fixed(x, WIDE), bits: WIDE } : at(softplus)(x)),
  sin: (x: number): Fixed => circular(x, 0),
  cos: (x: number): Fixed => circular(x, 1),
  erf,
} satisfies Record<string, (x: number) => Fixed>

/** x^y for x > 0. */
export const pow = (x: number, y: number): Fixed => {
  const wide = WIDE + 1200
  const bits = wide + Math.max(0, magnitude(y)) + Math.max(0, -magnitude(x))
  const log = logFixed(fixed(x, bits), bits)
  const { m, e } = parts(y)
  const product = shift(log * m, e - (bits - wide))
  const limit = 1200n << BigInt(wide)
  return { v: expFixed(product > limit ? limit : product < -limit ? -limit : product, wide), bits: wide }
}

/** How far `actual` is from `exact`, in units in the last place of a format; Infinity is right where rounding overflows. */
export const ulps = (actual: number, exact: Fixed, format: 'f32' | 'f64'): number => {
  const digits = format === 'f64' ? 53 : 24
  const least = format === 'f64' ? -1022 : -126
  const greatest = format === 'f64' ? 1024 : 128
  const { v, bits } = exact
  const unit = Math.max(size(v) - bits - 1, least) - digits + 1
  if (Number.isNaN(actual)) return Infinity
  if (Math.abs(actual) === Infinity) {
    const largest = shift((1n << BigInt(digits + 1)) - 1n, greatest - digits - 1 + bits)
    return actual > 0 === v > 0n && (v < 0n ? -v : v) >= largest ? 0 : Infinity
  }
  const b = Math.max(bits, 1080)
  const difference = fixed(actual, b) - shift(v, b - bits)
  return toNumber(difference < 0n ? -difference : difference, b + unit)
}
