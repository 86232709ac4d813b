/** Draws: sizes and numbers of one case, all from a few integers, so that fast-check can shrink them. */
import fc from 'fast-check'
import { alongOf, type Axis, type Graph, type Node } from '../../compiler/graph.ts'
import { isWanted } from '../../compiler/passes/differentiate.ts'
import { exists, tensor, type Sizes } from '../../compiler/interpret/tensor.ts'
import { uniformAt, normalAt } from '../../compiler/numeric/random.ts'
import * as dim from '../../dsl/dims.ts'
import { directionName } from './problem.ts'

export interface Draw {
  readonly t: number
  /** The steps of other sequences. */
  readonly others: number
  readonly batch: number
  /** 0: every sequence has all its steps; else some are shorter. */
  readonly ragged: number
  /** One place in `dimSizes` for each dim, in their order. */
  readonly dims: readonly number[]
  readonly seed: number
  /** How large the weights are. */
  readonly gain: number
  /** Which kind of numbers: see `classes`. */
  readonly numbers: number
  /** Cotangents at all steps, the last, the first, or a random one. */
  readonly cotangents: 'all' | 'last' | 'first' | 'one'
  /** Which block of sources moves: 0 is all of them. */
  readonly block: number
  /** 0: full BPTT. */
  readonly window: number
  /** How much shorter than the window a chunk is. */
  readonly shorter: number
  readonly given: boolean
}

/** The simplest first: fast-check shrinks towards the beginning of a list. */
const lengths = [1, 2, 3, 4, 5, 6, 7, 2, 3, 5, 4, 17, 33] as const
const windows = [0, 0, 0, 1, 2, 3, 4] as const
const dimSizes = [1, 2, 3, 4, 5, 7, 8, 9] as const

export const draws = (dims: number): fc.Arbitrary<Draw> =>
  fc.record({
    t: fc.nat({ max: lengths.length - 1 }).map(i => lengths[i]!),
    others: fc.integer({ min: 1, max: 5 }),
    batch: fc.integer({ min: 1, max: 3 }),
    ragged: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 1000 })),
    dims: fc.array(fc.nat({ max: dimSizes.length - 1 }), { minLength: dims, maxLength: dims }),
    seed: fc.nat({ max: 2 ** 31 - 1 }),
    gain: fc.constantFrom(1, 0.5, 2),
    numbers: fc.nat({ max: 9 }),
    cotangents: fc.constantFrom('all', 'last', 'first', 'one'),
    block: fc.nat({ max: 6 }),
    window: fc.nat({ max: windows.length - 1 }).map(i => windows[i]!),
    shorter: fc.constantFrom(0, 0, 1, 2),
    given: fc.boolean(),
  })

/** 60 % normal, 10 % each small, large, exact simple and saturating. */
const classes: readonly ((z: number) => number)[] = [z => z * 1e-3, z => z * 10, z => Math.max(-1, Math.min(1, Math.round(z * 2) / 2)), z => Math.sign(z) * 40]

export interface Numbers {
  readonly sizes: Sizes
  readonly window: number
  readonly every: number
  readonly read: (n: Node) => { re: ArrayLike<number>; im?: ArrayLike<number> } | undefined
  /** The numbers of a source by role and name, for filling a net. */
  readonly data: ReadonlyMap<string, Float64Array>
  readonly directions: ReadonlyMap<string, Float64Array>
}

export const stepOfComplex = 2 ** -100

export const sizesOf = (graph: Graph, names: readonly string[], draw: Draw): Sizes => ({
  t: draw.t,
  b: draw.batch,
  // Not all alike.
  axes: Object.fromEntries([...graph.face.lengths.keys()].filter(a => a !== 't').map((a, i) => [a, draw.others + i])),
  ...(draw.ragged === 0 ? {} : { lengths: lengthsOf(graph, draw) }),
  dims: Object.fromEntries(names.map((n, i) => [n, dimSizes[draw.dims[i]!]!])),
})

/**
 * How many steps each sequence has: none of them, some or all. A softmax over none has infinite quotients, which nobody
 * sees but the edge mass: there is at least one where steps are folded.
 */
const lengthsOf = (graph: Graph, draw: Draw): Readonly<Record<Axis, Int32Array>> =>
  Object.fromEntries(
    [...graph.face.lengths.keys()].map((a, i) => {
      const most = a === 't' ? draw.t : draw.others + i - 1
      const least = graph.nodes.some(n => n.op === 'fold' && alongOf(n) === a) ? 1 : 0
      return [a, Int32Array.from({ length: draw.batch }, (_, b) => least + Math.floor(uniformAt(draw.ragged, i, b) * (most + 1 - least)))]
    }),
  )

/** What lies past the end of a sequence is not looked at: let it be nothing that could be taken for a number. */
const spoilt = (n: Node, values: Float64Array, sizes: Sizes): void => {
  if (sizes.lengths === undefined) return
  const { axes, counts, inner } = tensor(n, sizes, n.attrs.depth ?? 1, false)
  for (let at = 0; at * inner < values.length; at++) {
    const place: Record<Axis, number> = {}
    let rest = at
    for (let i = axes.length - 1; i >= 0; i--) {
      place[axes[i]!] = rest % counts[i]!
      rest = Math.floor(rest / counts[i]!)
    }
    if (!exists(axes, place, sizes)) values.fill(n.type === 'index' ? 1e6 + at : NaN, at * inner, (at + 1) * inner)
  }
}

export const windowOf = (draw: Draw): { readonly window: number; readonly every: number } =>
  draw.window === 0 ? { window: Infinity, every: Infinity } : { window: draw.window, every: Math.max(1, draw.window - draw.shorter) }

export const numbersOf = (graph: Graph, names: readonly string[], draw: Draw): Numbers => {
  const sizes = sizesOf(graph, names, draw)
  const data = new Map<string, Float64Array>()
  const directions = new Map<string, Float64Array>()
  const sources = graph.nodes.filter(n => n.op === 'source' && n.attrs.role !== 'length')
  const wanted = sources.filter(n => isWanted(graph, n))
  const moving = draw.block === 0 ? wanted : [wanted[(draw.block - 1) % Math.max(1, wanted.length)]!]
  sources.forEach((n, stream) => {
    const key = `${n.attrs.role} ${n.attrs.name}`
    const values = tensor(n, sizes, n.attrs.depth ?? 1, false).re
    values.forEach((_, i) => {
      values[i] = valueOf(graph, n, draw, sizes, stream, i, values.length)
    })
    data.set(key, values)
    if (!isWanted(graph, n)) return
    const rms = Math.max(1e-2, Math.sqrt(values.reduce((s, v) => s + v * v, 0) / Math.max(1, values.length)))
    const d = new Float64Array(values.length)
    if (moving.includes(n)) d.forEach((_, i) => void (d[i] = uniformAt(draw.seed, 1000 + stream, i) < 0.5 ? -rms : rms))
    directions.set(key, d)
  })
  for (const n of sources) spoilt(n, data.get(`${n.attrs.role} ${n.attrs.name}`)!, sizes)
  const all = new Map([...data, ...[...directions].map(([k, v]) => [`input direction of ${k}`, v] as const)])
  return {
    sizes,
    ...windowOf(draw),
    data,
    directions,
    read: n => {
      const re = n.attrs.role === 'hyper' ? Float64Array.of(graph.face.hyper.get(n.attrs.name!) ?? 0) : all.get(`${n.attrs.role} ${n.attrs.name}`)
      if (re === undefined) return undefined
      const d = isWanted(graph, n) && n.attrs.name !== directionName(n) ? directions.get(`${n.attrs.role} ${n.attrs.name}`) : undefined
      return d === undefined ? { re } : { re, im: d.map(v => v * stepOfComplex) }
    },
  }
}

const valueOf = (graph: Graph, n: Node, draw: Draw, sizes: Sizes, stream: number, i: number, length: number): number => {
  const { role, name } = n.attrs
  if (role === 'given') return draw.given ? 1 : 0
  if (n.type === 'index') {
    const size = dim.evaluate((graph.face.inputs.get(name!) ?? graph.face.targets.get(name!))!.size!, { ...sizes.dims })
    const u = uniformAt(draw.seed, stream, i)
    return u < 0.05 ? -1 : Math.min(size - 1, Math.floor(((u - 0.05) / 0.95) * size))
  }
  const z = normalAt(draw.seed, stream, i)
  if (role === 'outputGrad') return counts(draw, Math.floor(i / Math.max(1, length / draw.t)), n) ? z : 0
  const fan = role === 'param' && n.shape.length > 1 ? Math.sqrt(length / dim.evaluate(n.shape[0]!, sizes.dims)) : 1
  const scaled = role === 'param' ? (z * draw.gain) / fan : z
  const odd = classes[draw.numbers - 6]
  return odd === undefined ? scaled : odd(scaled)
}

const counts = (draw: Draw, step: number, n: Node): boolean =>
  !n.axes.includes('t') ||
  draw.cotangents === 'all' ||
  step === (draw.cotangents === 'last' ? draw.t - 1 : draw.cotangents === 'first' ? 0 : draw.seed % draw.t)
