/** Points at which the numeric functions are measured, and the largest error found there. */
import type { NumericLibrary } from '../../compiler/numeric/library.ts'
import { uniformAt } from '../../compiler/numeric/random.ts'
import { type Fixed, pow, reference, ulps } from '../support/reference.ts'

export type Format = 'f32' | 'f64'
export type Unary = keyof typeof reference

interface Region {
  /** Drawn evenly. */
  readonly spans: readonly (readonly [number, number])[]
  /** Powers of two between which magnitudes are drawn; both signs unless it says otherwise. */
  readonly binades: readonly [number, number]
  readonly positive?: boolean
}

const regions = (format: Format): Record<Unary, Region> => {
  const wide = format === 'f64'
  const least = wide ? -1074 : -149
  const most = wide ? 1023 : 127
  const exponential: Region = {
    spans: wide
      ? [
          [-746, 710],
          [-1, 1],
          [-40, 40],
        ]
      : [
          [-104, 88.8],
          [-1, 1],
          [-20, 20],
        ],
    binades: [least, 5],
  }
  const angles: Region = {
    spans: [
      [-10, 10],
      [-8000, 8000],
    ],
    binades: [least, wide ? most : 13],
  }
  return {
    exp: exponential,
    expm1: exponential,
    sigmoid: exponential,
    softplus: exponential,
    log: {
      spans: [
        [0.5, 2],
        [0, 20],
        [0.98, 1.02],
      ],
      binades: [least, most],
      positive: true,
    },
    log1p: {
      spans: [
        [-1, 1],
        [-0.5, 10],
        [-0.02, 0.02],
      ],
      binades: [least, -1],
    },
    tanh: {
      spans: [
        [-1, 1],
        [-10, 10],
        [-25, 25],
      ],
      binades: [least, 5],
    },
    erf: {
      spans: [
        [-1.3, 1.3],
        [-4, 4],
        [-6.5, 6.5],
      ],
      binades: [least, 3],
    },
    sin: angles,
    cos: angles,
  }
}

const rounded = (x: number, format: Format): number => (format === 'f32' ? Math.fround(x) : x)
const power = (k: number): number => 2 ** Math.max(k, -1022) * 2 ** Math.min(0, k + 1022)

/** `count` points in each part of a function's region; and, for angles, those next to the multiples of a quarter turn. */
export const points = (name: Unary, format: Format, count: number): number[] => {
  const { spans, binades, positive } = regions(format)[name]
  const found: number[] = []
  const uniform = (stream: number, i: number): number => uniformAt(7, stream, 2 * i) + uniformAt(7, stream, 2 * i + 1) * 2 ** -24
  spans.forEach(([lo, hi], s) => {
    for (let i = 0; i < count; i++) found.push(lo + (hi - lo) * uniform(s, i))
  })
  for (let i = 0; i < count; i++) {
    const x = (1 + uniform(8, i)) * power(binades[0] + Math.floor((binades[1] - binades[0]) * uniform(9, i)))
    found.push(positive || i % 2 === 0 ? x : -x)
  }
  if (name === 'sin' || name === 'cos') for (let i = 1; i < count; i++) found.push((i * Math.PI) / 2, (Math.floor((i * 5200) / count) * Math.PI) / 2)
  return found.map(x => rounded(x, format)).filter(x => Number.isFinite(x) && (name !== 'log' || x > 0) && (name !== 'log1p' || x > -1))
}

/** Pairs for `pow`: everyday ones, whole exponents, results over the whole range, bases near 1. */
export const pairs = (format: Format, count: number): [number, number][] => {
  const found: [number, number][] = []
  const reach = format === 'f64' ? 745 : 104
  for (let i = 0; i < count; i++) {
    const u = uniformAt(11, 0, i)
    const v = uniformAt(11, 1, i) * 2 - 1
    const anyBase = (1 + u) * power(Math.floor((format === 'f64' ? 1000 : 120) * v))
    const near = 1 + v * 2 ** -(1 + (i % 20))
    found.push(
      [4 * u, 8 * v],
      [3 * u, Math.floor(v * 70)],
      [anyBase, (reach * (2 * u - 1)) / Math.log(anyBase)],
      [near, (reach * (2 * u - 1)) / Math.log(near)],
    )
  }
  return found
    .map(([x, y]): [number, number] => [rounded(x, format), rounded(y, format)])
    .filter(([x, y]) => x > 0 && x !== 1 && Math.abs(y * Math.log(x)) < (format === 'f64' ? 760 : 110))
}

export interface Worst {
  readonly error: number
  readonly at: readonly number[]
}

/** The largest error, in units in the last place, of each of the functions given for one name. */
export const worst = (name: keyof NumericLibrary, format: Format, libraries: readonly NumericLibrary[], count: number): Worst[] => {
  const found: Worst[] = libraries.map(() => ({ error: 0, at: [] }))
  const note = (exact: Fixed, at: readonly number[], value: (library: NumericLibrary) => number): void =>
    libraries.forEach((library, i) => {
      const error = ulps(rounded(value(library), format), exact, format)
      if (error > found[i]!.error) found[i] = { error, at }
    })
  if (name === 'pow') for (const [x, y] of pairs(format, count)) note(pow(x, y), [x, y], library => library.pow(x, y))
  else for (const x of points(name, format, count)) note(reference[name](x), [x], library => library[name](x))
  return found
}
