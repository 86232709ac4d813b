/**
 * Functions of a complex variable for complex-step differentiation: f(x + ih) has f'(x) in its imaginary part, with no
 * subtraction to lose digits (Squire & Trapp, SIAM Review 40, 1998). Choices branch on the real part.
 */
export type Complex = readonly [re: number, im: number]

export const re = (z: Complex): number => z[0]
export const add = (a: Complex, b: Complex): Complex => [a[0] + b[0], a[1] + b[1]]
export const sub = (a: Complex, b: Complex): Complex => [a[0] - b[0], a[1] - b[1]]
/** To first order: the product of two steps would make a tie of what is exactly zero look like a side of it. */
export const mul = (a: Complex, b: Complex): Complex => [a[0] * b[0], a[0] * b[1] + a[1] * b[0]]
export const neg = (a: Complex): Complex => [-a[0], -a[1]]
export const scaleBy = (a: Complex, k: number): Complex => [a[0] * k, a[1] * k]

/** Smith's division. */
export const div = (a: Complex, b: Complex): Complex => {
  if (Math.abs(b[0]) >= Math.abs(b[1])) {
    const r = b[1] / b[0]
    const d = b[0] + b[1] * r
    return [(a[0] + a[1] * r) / d, (a[1] - a[0] * r) / d]
  }
  const r = b[0] / b[1]
  const d = b[0] * r + b[1]
  return [(a[0] * r + a[1]) / d, (a[1] * r - a[0]) / d]
}

const one: Complex = [1, 0]

export const exp = (z: Complex): Complex => {
  const r = Math.exp(z[0])
  return [r * Math.cos(z[1]), r * Math.sin(z[1])]
}
export const expm1 = (z: Complex): Complex => {
  const half = Math.sin(z[1] / 2)
  const r = Math.expm1(z[0])
  return [r * Math.cos(z[1]) - 2 * half * half, (r + 1) * Math.sin(z[1])]
}
export const log = (z: Complex): Complex => [Math.log(Math.hypot(z[0], z[1])), Math.atan2(z[1], z[0])]
export const log1p = (z: Complex): Complex => [0.5 * Math.log1p(z[0] * (2 + z[0]) + z[1] * z[1]), Math.atan2(z[1], 1 + z[0])]
export const sqrt = (z: Complex): Complex => {
  if (z[0] === 0 && z[1] === 0) return [0, 0]
  const s = Math.sqrt((Math.hypot(z[0], z[1]) + Math.abs(z[0])) / 2)
  return z[0] >= 0 ? [s, z[1] / (2 * s)] : [Math.abs(z[1]) / (2 * s), z[1] < 0 ? -s : s]
}
export const sin = (z: Complex): Complex => [Math.sin(z[0]) * Math.cosh(z[1]), Math.cos(z[0]) * Math.sinh(z[1])]
export const cos = (z: Complex): Complex => [Math.cos(z[0]) * Math.cosh(z[1]), -Math.sin(z[0]) * Math.sinh(z[1])]

/** Written with exp(-2|x|), so that nothing overflows. */
export const tanh = (z: Complex): Complex => {
  if (z[0] < 0) return neg(tanh(neg(z)))
  const m = expm1(scaleBy(z, -2))
  return neg(div(m, add(m, [2, 0])))
}
export const sigmoid = (z: Complex): Complex => {
  const q = exp(z[0] < 0 ? z : neg(z))
  return z[0] < 0 ? div(q, add(one, q)) : div(one, add(one, q))
}
export const softplus = (z: Complex): Complex => (z[0] > 0 ? add(z, log1p(exp(neg(z)))) : log1p(exp(z)))
export const pow = (a: Complex, b: Complex): Complex => {
  if (a[0] === 0 && a[1] === 0) return b[0] === 0 ? one : [0, 0]
  if (b[1] === 0 && Number.isInteger(b[0]) && Math.abs(b[0]) <= 64) {
    let r = one
    for (let i = 0; i < Math.abs(b[0]); i++) r = mul(r, a)
    return b[0] < 0 ? div(one, r) : r
  }
  return exp(mul(b, log(a)))
}
/** To first order in the imaginary part, which is all that a step of 2^-100 leaves. */
export const erf =
  (real: (x: number) => number) =>
  (z: Complex): Complex => [real(z[0]), z[1] * (2 / Math.sqrt(Math.PI)) * Math.exp(-z[0] * z[0])]
export const abs = (z: Complex): Complex => (z[0] < 0 ? neg(z) : z[0] > 0 ? z : [0, 0])
export const real = (x: number): Complex => [x, 0]
