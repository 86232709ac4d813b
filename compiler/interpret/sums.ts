/** Sums over axes: what they visit, in which order, and how they are rounded. */
import { isSequence, ordered, unionAxes, type Axis, type Node } from '../graph.ts'
import * as C from '../ops/complex.ts'
import type { Complex } from '../ops/complex.ts'
import type { Run } from './interpret.ts'
import type { Steps } from './passes.ts'
import { exists, longest, offset, stridesOf, type Place, type Tensor } from './tensor.ts'

/** Partial sums over time in single precision have at most so many summands, but at least those of one step. What that many steps hold stays in a cache. */
export const partialSum = 256

/** The places that a sum over axes visits, of t only some steps, in its order: time outside, the batch inside; all of it backward where a backward loop makes the summands. */
const visited = (run: Pick<Run, 'sizes'>, node: Node, operands: readonly Tensor[], steps?: Steps): readonly Place[] => {
  const over = ordered(node.attrs.over ?? []).filter(a => operands.some(o => o.axes.includes(a)))
  const count = (a: Axis): number => {
    const operand = operands.find(o => o.axes.includes(a))!
    const whole = operand.counts[operand.axes.indexOf(a)]!
    return isSequence(a) ? Math.min(whole, longest(a, run.sizes)) : whole
  }
  let places: Place[] = [{}]
  for (const a of over) {
    const n = count(a)
    const back = node.attrs.backward === true && a !== 'k'
    const [first, end] = a === 't' && steps !== undefined ? [Math.min(steps.first, n), Math.min(steps.end, n)] : [0, n]
    places = places.flatMap(p => Array.from({ length: end - first }, (_, i) => ({ ...p, [a]: back ? end - 1 - i : first + i })))
  }
  return places
}

/** The sequence that a sum goes along, outside of all else. */
const outermost = (node: Node, operands: readonly Tensor[]): Axis | undefined =>
  ordered(node.attrs.over ?? []).find(a => isSequence(a) && operands.some(o => o.axes.includes(a)))

/** An entry of a complex tensor. */
export const pair = (v: Tensor, i: number): Complex => [v.re[i]!, v.im![i]!]

/** Products and sums of up to two operands; of one that is continued, on from where it was. */
export const contractStep = (
  run: Run,
  node: Node,
  y: Tensor,
  operands: readonly Tensor[],
  start: Tensor | undefined,
  guard: Tensor | undefined,
  steps: Steps | undefined,
): ((p: Place) => void) => {
  const spec = node.attrs.spec!
  const sizes = new Map<string, number>()
  operands.forEach((v, k) => [...spec.operands[k]!].forEach((l, i) => sizes.set(l, v.shape[i]!)))
  const reduced = [...sizes.keys()].filter(l => !spec.result.includes(l))
  const count = reduced.reduce((n, l) => n * sizes.get(l)!, 1)
  const index = [...operands, ...(guard === undefined ? [] : [guard])].map((v, k) => {
    const strides = stridesOf(v.shape)
    const stride = (l: string): number => (spec.operands[k]!.includes(l) ? strides[spec.operands[k]!.indexOf(l)]! : 0)
    const along = (letters: readonly string[], i: number): number => {
      let [rest, at] = [i, 0]
      for (const l of [...letters].reverse()) {
        at += (rest % sizes.get(l)!) * stride(l)
        rest = Math.floor(rest / sizes.get(l)!)
      }
      return at
    }
    return {
      out: Int32Array.from({ length: y.inner }, (_, i) => along([...spec.result], i)),
      sum: Int32Array.from({ length: count }, (_, i) => along(reduced, i)),
    }
  })
  const places = visited(run, node, operands, steps)
  const axes = unionAxes(operands.map(o => o.axes))
  const { rounding, complex } = run.arithmetic
  // In single precision a sum over time is a sum of partial sums, of whole steps.
  const time = outermost(node, operands)
  const partial = rounding !== 'none' && time !== undefined
  const each = time === undefined ? 1 : places.length / Math.max(1, new Set(places.map(q => q[time])).size)
  const block = Math.max(1, Math.floor(partialSum / (each * count))) * each
  const zero: Complex = [0, 0]
  const goesOn = run.before?.has(node.id) === true
  return p => {
    const at = offset(y, p)
    const bases = places.map(q => {
      const at = { ...p, ...q }
      return exists(axes, at, run.sizes) ? operands.map(v => offset(v, at)) : undefined
    })
    const guards = guard === undefined ? undefined : places.map(q => offset(guard, { ...p, ...q }))
    const isIn = (visit: number, o: number, i: number): boolean =>
      guards === undefined || guard!.re[guards[visit]! + index.at(-1)!.out[o]! + index.at(-1)!.sum[i]!] !== 0
    for (let o = 0; o < y.inner; o++) {
      if (complex) {
        let sum: Complex = start === undefined ? zero : pair(start, offset(start, p) + (start.inner === 1 ? 0 : o))
        for (const [visit, base] of bases.entries())
          for (let i = 0; base !== undefined && i < count; i++) {
            if (!isIn(visit, o, i)) continue
            const x = operands.map((v, k) => pair(v, base[k]! + index[k]!.out[o]! + index[k]!.sum[i]!))
            sum = C.add(sum, x.length === 1 ? x[0]! : C.mul(x[0]!, x[1]!))
          }
        y.re[at + o] = sum[0]
        y.im![at + o] = sum[1]
        continue
      }
      const there = goesOn ? y.re[at + o]! : 0
      let total = partial ? there : 0
      let sum = start === undefined ? (partial ? 0 : there) : start.re[offset(start, p) + (start.inner === 1 ? 0 : o)]!
      bases.forEach((base, visit) => {
        if (partial && visit > 0 && visit % block === 0) {
          total = Math.fround(total + sum)
          sum = 0
        }
        for (let i = 0; base !== undefined && i < count; i++) {
          if (!isIn(visit, o, i)) continue
          const a = operands[0]!.re[base[0]! + index[0]!.out[o]! + index[0]!.sum[i]!]!
          const term = operands.length === 1 ? a : a * operands[1]!.re[base[1]! + index[1]!.out[o]! + index[1]!.sum[i]!]!
          sum = rounding === 'each' ? Math.fround(sum + Math.fround(term)) : sum + term
        }
      })
      y.re[at + o] = partial ? total + sum : sum
    }
  }
}

/** Rows added to those that indices name. */
export const scatterStep = (run: Run, node: Node, y: Tensor, v: Tensor, index: Tensor, steps: Steps | undefined): ((p: Place) => void) => {
  const places = visited(run, node, [v, index], steps)
  const axes = unionAxes([v.axes, index.axes])
  const round = run.arithmetic.rounding === 'none' ? (x: number) => x : Math.fround
  return p => {
    const at = offset(y, p)
    for (const q of places) {
      const place = { ...p, ...q }
      if (!exists(axes, place, run.sizes)) continue
      const pick = index.re[offset(index, place)]!
      if (pick < 0) continue
      const from = offset(v, place)
      for (let i = 0; i < v.inner; i++) {
        y.re[at + pick * v.inner + i] = round(y.re[at + pick * v.inner + i]! + v.re[from + i]!)
        if (y.im !== undefined) y.im[at + pick * v.inner + i]! += v.im![from + i]!
      }
    }
  }
}
