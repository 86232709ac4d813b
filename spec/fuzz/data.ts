/** Numbers for every source of a graph, from a seed. */
import type { Graph, Node } from '../../compiler/graph.ts'
import { tensor, type Sizes } from '../../compiler/interpret/tensor.ts'
import * as dim from '../../dsl/dims.ts'
import type { Dtype } from '../../compiler/signature.ts'

/** By role and name: `param W`. */
export type Data = ReadonlyMap<string, Float64Array>
export type Read = (n: Node) => { re: ArrayLike<number>; im?: ArrayLike<number> } | undefined

/** mulberry32: uniform in [0, 1). */
export const random = (seed: number): (() => number) => {
  let s = (seed * 2654435761 + 1) >>> 0
  return () => {
    s = (s + 0x6d2b79f5) >>> 0
    let x = Math.imul(s ^ (s >>> 15), s | 1)
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61)
    return ((x ^ (x >>> 14)) >>> 0) / 4294967296
  }
}

export const keyOf = (n: Node): string => `${n.attrs.role} ${n.attrs.name}`

/** Names and order of the sources decide, so that a program and its variants get the same numbers. */
export const dataFor = (graph: Graph, sizes: Sizes, seed: number, dtype: Dtype): Data => {
  const data = new Map<string, Float64Array>()
  for (const n of graph.nodes) {
    if (n.op !== 'source' || n.attrs.role === 'hyper' || n.attrs.role === 'length') continue
    const key = keyOf(n)
    const r = random(seed + [...key].reduce((h, c) => (h * 31 + c.charCodeAt(0)) % 1e6, 7))
    const values = tensor(n, sizes, n.attrs.depth ?? 1, false).re
    const size = graph.face.inputs.get(n.attrs.name!)?.size ?? graph.face.targets.get(n.attrs.name!)?.size
    const simple = r() < 0.1
    for (let i = 0; i < values.length; i++) {
      const x = r() * 2 - 1
      const real = simple ? Math.round(x * 2) / 2 : x
      values[i] = n.type === 'index' ? (r() < 0.1 ? -1 : Math.floor(r() * dim.evaluate(size!, sizes.dims))) : dtype === 'f32' ? Math.fround(real) : real
    }
    if (n.attrs.role === 'given') values[0] = r() < 0.5 ? 1 : 0
    data.set(key, values)
  }
  return data
}

export const reader =
  (graph: Graph, data: Data, dtype: Dtype): Read =>
  n => {
    if (n.attrs.role !== 'hyper') {
      const re = data.get(keyOf(n))
      return re === undefined ? undefined : { re }
    }
    const value = graph.face.hyper.get(n.attrs.name!)!
    return { re: [dtype === 'f32' ? Math.fround(value) : value] }
  }
