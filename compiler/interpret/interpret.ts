/**
 * The reference interpreter: node by node, in the order of the components, with plain loops. It knows nothing of
 * placement, fusion or memory, so that it can judge them. Sums run in the order that the graph states.
 */
import { InternalError } from '../../dsl/diagnostics.ts'
import * as dim from '../../dsl/dims.ts'
import { alongOf, historyDepth, nodeOf, printNode, type Axis, type Graph, type Id, type Node } from '../graph.ts'
import { f32, f32Rounded, f64, type NumericLibrary } from '../numeric/library.ts'
import { inChunk, isApart, startReach, type Pass, type Steps } from './passes.ts'
import { contractStep, pair, scatterStep } from './sums.ts'
import { mapRow, rowOf } from '../ops/table.ts'
import { factors, guardOf } from '../ops/structural.ts'
import { components } from '../schedule/components.ts'
import { liveNodes } from '../passes/rebuild.ts'
import { isTurned } from '../passes/reversed.ts'
import { forwardNodes } from '../schedule/tape.ts'
import { resultIds } from '../graph.ts'
import { axisLength, broadcastIndex, dimValues, exists, lengthAt, longest, offset, stridesOf, tensor, type Place, type Sizes, type Tensor } from './tensor.ts'

export interface Arithmetic {
  readonly library: NumericLibrary
  /** Rounds every result (`each`), those that are stored (`stored`), or none. */
  readonly rounding: 'none' | 'each' | 'stored'
  readonly complex: boolean
}
export const double: Arithmetic = { library: f64, rounding: 'none', complex: false }
export const complexDouble: Arithmetic = { library: f64, rounding: 'none', complex: true }
/** Single precision where a value is stored, double inside a kernel: what the TypeScript target computes. */
export const singleStorage: Arithmetic = { library: f32, rounding: 'stored', complex: false }

/** Single precision with every operation rounded: what the WebAssembly target computes without fused multiply-add. */
export const singleEach: Arithmetic = { library: f32Rounded, rounding: 'each', complex: false }

export interface Run {
  readonly graph: Graph
  readonly sizes: Sizes
  readonly arithmetic: Arithmetic
  /** The numbers of a source; `undefined`: zeros. */
  readonly read: (node: Node) => { re: ArrayLike<number>; im?: ArrayLike<number> } | undefined
  /** Which losses are differentiated, and what cuts the way back. */
  readonly pass: Pass
  /** Gradients of the passes before, to which those of this one are added. */
  readonly before?: ReadonlyMap<Id, Tensor>
  /** Nodes whose values are stored, for single precision. */
  readonly stored?: ReadonlySet<Id>
  readonly roots?: readonly Id[]
}

/** The steps of t that a pass runs of a node: all of what is computed forward. */
const stepsOf = ({ graph, pass }: Pick<Run, 'graph' | 'pass'>): ((n: Node) => Steps | undefined) => {
  if (graph.gradients === undefined || pass.steps.end === Infinity) return () => undefined
  const forward = forwardNodes(graph)
  return n => (forward.has(n.id) ? undefined : isTurned(graph, n) ? pass.back : pass.steps)
}

export const interpret = (run: Run): ReadonlyMap<Id, Tensor> => {
  const { graph, sizes, arithmetic } = run
  const stepsFor = stepsOf(run)
  const values = new Map<Id, Tensor>()
  const live = liveNodes(graph, run.roots ?? resultIds(graph))
  const depths = new Map<Id, number>()
  const steps = new Map<Id, (p: Place) => void>()
  const value = (id: Id): Tensor => {
    const v = values.get(id)
    if (v === undefined) throw new InternalError(`%${id} is read before it is computed`, printNode(nodeOf(graph, id)))
    return v
  }
  const prepare = (node: Node): void => {
    const k = historyDepth(graph, node.id)
    depths.set(node.id, k)
    const made = tensor(node, sizes, k, arithmetic.complex)
    const before = run.before?.get(node.id)
    if (before !== undefined) made.re.set(before.re)
    values.set(node.id, made)
  }
  const round = run.arithmetic.rounding === 'each' || run.arithmetic.rounding === 'stored'
  const finish = (node: Node, p: Place): void => {
    if (!round || node.type !== 'real') return
    if (arithmetic.rounding === 'stored' && run.stored?.has(node.id) === false) return
    const y = value(node.id)
    const at = offset(y, p)
    for (let i = 0; i < y.inner; i++) y.re[at + i] = Math.fround(y.re[at + i]!)
  }
  const compute = (node: Node, at: Place): void => {
    const own = stepsFor(node)
    const step = steps.get(node.id) ?? stepOf(run, node, value, own)
    steps.set(node.id, step)
    const visit = (i: number, p: Record<Axis, number>): void => {
      const axis = node.axes[i]
      if (axis === undefined) {
        // Steps past the end do not exist, and those that the pass does not run stay as they are.
        if (!exists(node.axes, p, sizes) || !(node.axes.includes('t') && own !== undefined ? isWithin(own, p['t']!) : true)) return
        step(p)
        finish(node, p)
        return
      }
      const [from, to] = at[axis] === undefined ? [0, axisLength(axis, sizes, depths.get(node.id) ?? 1)] : [at[axis], at[axis] + 1]
      for (let n = from; n < to; n++) {
        p[axis] = n
        visit(i + 1, p)
      }
    }
    visit(0, { k: 0, t: 0, b: 0 })
  }

  for (const { nodes, direction, along } of components(graph, live)) {
    const list = nodes.map(id => nodeOf(graph, id))
    list.forEach(prepare)
    if (direction === 0) compute(list[0]!, {})
    else for (let i = 0, count = axisLength(along, sizes, 1); i < count; i++) for (const n of list) compute(n, { [along]: direction > 0 ? i : count - 1 - i })
  }
  return values
}

const isWithin = ({ first, end }: Steps, t: number): boolean => t >= first && t < end

/** Computes a node at one place of its axes. */
const stepOf = (run: Run, node: Node, value: (id: Id) => Tensor, steps: Steps | undefined): ((p: Place) => void) => {
  const y = value(node.id)
  const args = node.args.map(value)
  const row = rowOf(node.op)
  const copy = (from: Tensor, i: number, j: number): void => {
    y.re[j] = from.re[i]!
    if (y.im !== undefined) y.im[j] = from.im![i]!
  }
  switch (row.class) {
    case 'map':
      return mapStep(run, node, y, args)
    case 'source':
      return sourceStep(run, node, y)
    case 'contract':
      return contractStep(
        run,
        node,
        y,
        factors(node).map(value),
        node.attrs.continued === true ? args[0] : undefined,
        guardOf(node) === undefined ? undefined : args.at(-1),
        steps,
      )
    case 'view': {
      if (node.op === 'fold' || node.op === 'unfold') {
        const along = alongOf(node)
        const n = axisLength(along, run.sizes, 1)
        // `outer` entries of the other dims, each with n steps.
        const outer = (node.op === 'fold' ? y : args[0]!).inner / n
        return p => {
          for (let o = 0; o < outer; o++)
            for (let s = 0; s < n; s++) {
              const q = { ...p, [along]: s }
              if (node.op === 'fold') copy(args[0]!, offset(args[0]!, q) + o, offset(y, p) + o * n + s)
              else if (s === p[along]) copy(args[0]!, offset(args[0]!, p) + o * n + s, offset(y, p) + o)
            }
        }
      }
      const index = viewIndex(run, node, y, args)
      // To a complex step, a value with no gradient is a constant.
      if ((node.op === 'stop' || node.op === 'seed') && y.im !== undefined)
        return p => {
          const at = offset(y, p)
          const counts = node.op === 'seed' && inChunk(run, node, p)
          for (let i = 0; i < y.inner; i++) {
            y.re[at + i] = args[0]!.re[at + i]!
            y.im![at + i] = counts ? args[0]!.im![at + i]! : 0
          }
        }
      return p => {
        const at = offset(y, p)
        for (let i = 0; i < y.inner; i++) {
          const [from, j] = index(i)
          copy(from, offset(from, p) + j, at + i)
        }
      }
    }
    case 'pick': {
      const [v, otherwise] = args
      const along = alongOf(node)
      return p => {
        const last = (along === 'k' ? v!.counts[v!.axes.indexOf('k')]! : lengthAt(along, run.sizes, p['b']!)) - 1
        const at = offset(y, p)
        if (last < 0 && otherwise === undefined) return
        const from =
          last < 0
            ? offset(otherwise!, { ...p, k: otherwise!.axes.includes('k') ? otherwise!.counts[0]! - 1 : 0 })
            : offset(v!, { ...p, [along]: node.op === 'reverse' ? last - p[along]! : node.attrs.at === 'first' ? 0 : last })
        const source = last < 0 ? otherwise! : v!
        const there = run.before?.get(node.id)
        for (let i = 0; i < y.inner; i++) {
          copy(source, from + (source.inner === 1 ? 0 : i), at + i)
          if (there !== undefined) y.re[at + i]! += there.re[at + i]!
        }
      }
    }
    case 'reduce':
      return reduceStep(node, y, args[0]!, run)
    case 'gather':
      return p => {
        const [table, index] = args as [Tensor, Tensor]
        const at = offset(y, p)
        const pick = index.re[offset(index, p)]!
        for (let i = 0; i < y.inner; i++) {
          if (pick >= 0) copy(table, offset(table, p) + pick * y.inner + i, at + i)
          else y.re[at + i] = 0
        }
      }
    case 'scatter':
      return scatterStep(run, node, y, args[0]!, args[1]!, steps)
    case 'shift': {
      const [v, edge] = args
      const { by, cut, depth } = node.attrs
      const along = alongOf(node)
      return p => {
        const at = offset(y, p)
        const T = y.axes.includes('b') ? lengthAt(along, run.sizes, p['b']!) : longest(along, run.sizes)
        const s = p[along]! - by!
        const inside = s >= 0 && s < T
        // On the way back, the value at this step is read at the other one.
        const isCut = cut === true && inside && isApart(run.pass, { cuts: 'past', by: -by! }, p['t']!, s, T)
        const from = isCut ? undefined : inside ? v : edgeApplies(by!, s, T) ? edge : undefined
        const place = inside ? { ...p, [along]: s } : { ...p, k: from?.axes.includes('k') === true ? depth! + s : 0 }
        const base = from === undefined ? 0 : offset(from, place)
        for (let i = 0; i < y.inner; i++) {
          if (from === undefined) {
            y.re[at + i] = 0
            if (y.im !== undefined) y.im[at + i] = 0
          } else copy(from, base + (from.inner === 1 ? 0 : i), at + i)
          // What is read across a truncation boundary is a constant to a complex step.
          if (y.im !== undefined && isApart(run.pass, node.attrs, s, p['t'] ?? 0, T)) y.im[at + i] = 0
        }
      }
    }
    case 'edge': {
      const { by, depth, cut } = node.attrs
      const [dy, near] = args
      const along = alongOf(node)
      return p => {
        const at = offset(y, p)
        const T = lengthAt(along, run.sizes, p['b']!)
        const limit = Math.min(T, by!, cut === true ? startReach(run.pass) : Infinity)
        const reached = depth! > 1 ? [p['k']! - (depth! - by!)].filter(t => t >= 0 && t < limit) : Array.from({ length: Math.max(0, limit) }, (_, t) => t)
        const steps = near === undefined ? reached : reached.filter(t => near.re[offset(near, { ...p, [along]: t })] !== 0)
        for (let i = 0; i < y.inner; i++) {
          let [re, im] = [run.before?.has(node.id) === true ? y.re[at + i]! : 0, 0]
          for (const t of steps) {
            const j = offset(dy!, { ...p, [along]: t }) + i
            re += dy!.re[j]!
            im += dy!.im?.[j] ?? 0
          }
          y.re[at + i] = re
          if (y.im !== undefined) y.im[at + i] = im
        }
      }
    }
    default:
      throw new InternalError('the interpreter has no such op', printNode(node))
  }
}

/** A delay starts with its initial values; an advance ends with what comes after the last step. */
export const edgeApplies = (by: number, s: number, T: number): boolean => (by > 0 ? s < 0 : s >= T)

const mapStep = (run: Run, node: Node, y: Tensor, args: readonly Tensor[]): ((p: Place) => void) => {
  const row = mapRow(node.op)
  const index = args.map(a => broadcastIndex(a.shape, y.shape))
  const x: number[] = args.map(() => 0)
  if (y.im !== undefined)
    return p => {
      const at = offset(y, p)
      const bases = args.map(a => offset(a, p))
      for (let i = 0; i < y.inner; i++) {
        const [re, im] = row.complex(...args.map((a, k) => pair(a, bases[k]! + index[k]![i]!)))
        y.re[at + i] = re
        y.im![at + i] = im
      }
    }
  const f = row.value(run.arithmetic.library)
  const goesOn = run.before?.has(node.id) === true
  const each = run.arithmetic.rounding === 'each' ? Math.fround : (v: number): number => v
  return p => {
    const at = offset(y, p)
    const bases = args.map(a => offset(a, p))
    for (let i = 0; i < y.inner; i++) {
      for (let k = 0; k < args.length; k++) x[k] = args[k]!.re[bases[k]! + index[k]![i]!]!
      y.re[at + i] = goesOn ? y.re[at + i]! + each(f(...x)) : f(...x)
    }
  }
}

const sourceStep = (run: Run, node: Node, y: Tensor): ((p: Place) => void) => {
  const { attrs, op } = node
  if (op === 'constant') return () => void (y.re[0] = run.arithmetic.rounding === 'each' ? Math.fround(attrs.value!) : attrs.value!)
  if (op === 'size') return () => void (y.re[0] = dim.evaluate(attrs.size!, dimValues(run.sizes)))
  if (op === 'range')
    return () => {
      for (let i = 0; i < y.inner; i++) y.re[i] = i
    }
  if (op === 'chunk') {
    const { from, to, low, high, window } = run.pass
    return () => void (y.re[0] = Math.min({ first: from, last: to, low, high, window }[attrs.at!], 2 ** 31 - 1))
  }
  if (op === 'step') return p => void (y.re[offset(y, p)] = p[alongOf(node)]!)
  if (attrs.role === 'length') return p => void (y.re[offset(y, p)] = lengthAt(attrs.along!, run.sizes, p['b']!))
  const data = run.read(node)
  return p => {
    if (data === undefined) return
    if (data.re.length !== y.re.length) throw new InternalError(`${attrs.role} ${attrs.name} has ${data.re.length} numbers and needs ${y.re.length}`)
    const at = offset(y, p)
    for (let i = 0; i < y.inner; i++) {
      y.re[at + i] = data.re[at + i]!
      if (y.im !== undefined) y.im[at + i] = data.im?.[at + i] ?? 0
    }
  }
}

/** Where an entry of a view lies: in which operand, and at which place of its shape. */
const viewIndex = (run: Run, node: Node, y: Tensor, args: readonly Tensor[]): ((i: number) => readonly [Tensor, number]) => {
  const [v] = args as [Tensor]
  const strides = stridesOf(y.shape)
  const coordinate = (i: number, d: number): number => Math.floor(i / strides[d]!) % y.shape[d]!
  const own = (from: Tensor, c: readonly number[]): number => stridesOf(from.shape).reduce((s, x, d) => s + x * c[d]!, 0)
  const coordinates = (i: number): number[] => y.shape.map((_, d) => coordinate(i, d))
  switch (node.op) {
    case 'reshape':
    case 'stop':
    case 'seed':
      return i => [v, i]
    case 'expand': {
      const index = broadcastIndex(v.shape, y.shape)
      return i => [v, index[i]!]
    }
    case 'transpose':
      return i => {
        const c = coordinates(i)
        const from: number[] = []
        node.attrs.order!.forEach((o, d) => void (from[o] = c[d]!))
        return [v, own(v, from)]
      }
    case 'slice': {
      const start = node.attrs.dim!
      const from = dim.evaluate(node.attrs.from!, dimValues(run.sizes))
      return i => {
        const c = coordinates(i)
        c[start]! += from
        return [v, own(v, c)]
      }
    }
    case 'concat': {
      const d = node.attrs.dim!
      return i => {
        const c = coordinates(i)
        for (const a of args) {
          if (c[d]! < a.shape[d]!) return [a, own(a, c)]
          c[d]! -= a.shape[d]!
        }
        throw new InternalError('outside of a concat', printNode(node))
      }
    }
    default:
      throw new InternalError('no such view', printNode(node))
  }
}

/** Four interleaved lanes, then a fixed tree. */
const reduceStep = (node: Node, y: Tensor, v: Tensor, run: Run): ((p: Place) => void) => {
  const dims = node.attrs.dims!
  const strides = stridesOf(v.shape)
  const kept = v.shape.map((_, i) => i).filter(i => !dims.includes(i))
  const count = dims.reduce((n, d) => n * v.shape[d]!, 1)
  const along = (list: readonly number[], i: number): number => {
    let [rest, at] = [i, 0]
    for (const d of [...list].reverse()) {
      at += (rest % v.shape[d]!) * strides[d]!
      rest = Math.floor(rest / v.shape[d]!)
    }
    return at
  }
  const outer = Array.from({ length: y.inner }, (_, i) => along(kept, i))
  const inner = Array.from({ length: count }, (_, i) => along(dims, i))
  const { kind } = node.attrs
  const each = run.arithmetic.rounding === 'each'
  const plus = (a: number, b: number): number => (each ? Math.fround(a + b) : a + b)
  return p => {
    const base = offset(v, p)
    const at = offset(y, p)
    for (let o = 0; o < y.inner; o++) {
      const from = base + outer[o]!
      if (kind === 'sum') {
        for (const part of ['re', 'im'] as const) {
          const data = v[part]
          if (data === undefined) continue
          const lanes = [0, 0, 0, 0]
          for (let i = 0; i < count; i++) lanes[i % 4] = plus(lanes[i % 4]!, data[from + inner[i]!]!)
          const found = plus(plus(lanes[0]!, lanes[1]!), plus(lanes[2]!, lanes[3]!))
          y[part]![at + o] = run.before?.has(node.id) === true ? y[part]![at + o]! + found : found
        }
        continue
      }
      let best = 0
      for (let i = 1; i < count; i++) {
        const [a, b] = [v.re[from + inner[i]!]!, v.re[from + inner[best]!]!]
        if (kind === 'max' || kind === 'argmax' ? a > b : a < b) best = i
      }
      const index = kind === 'argmax' || kind === 'argmin'
      y.re[at + o] = index ? best : v.re[from + inner[best]!]!
      if (y.im !== undefined) y.im[at + o] = index ? 0 : v.im![from + inner[best]!]!
    }
  }
}
