/** The checks of one cell, each a property of a draw: how far two independent witnesses are apart. */
import { compile, requestOf, type CompileOptions, type Stages } from '../../compiler/compile.ts'
import { elaborate } from '../../compiler/elaborate/elaborate.ts'
import { doubtfulSizes, nameOfAxis, type Axis, type Graph, type Id, type Node } from '../../compiler/graph.ts'
import { complexDouble, double, interpret, singleEach, type Arithmetic } from '../../compiler/interpret/interpret.ts'
import { interpretPasses } from '../../compiler/interpret/interpret-passes.ts'
import { inChunk, passesOf, type Pass } from '../../compiler/interpret/passes.ts'
import { dimValues, type Tensor } from '../../compiler/interpret/tensor.ts'
import { gradientParts, type Derivative, type Request } from '../../compiler/passes/differentiate.ts'
import type { Reach } from '../../compiler/passes/reach.ts'
import type { GeneratedModule } from '../../compiler/signature.ts'
import { written } from '../../compiler/passes/simplify.ts'
import { fillNet, namedSizes } from '../fill.ts'
import { importCode } from '../load.ts'
import * as dim from '../../dsl/dims.ts'
import { numbersOf, sizesOf, stepOfComplex, windowOf, type Draw, type Numbers } from './draw.ts'
import { definedMassQuestion, dotQuestion, massQuestion, pairingQuestion, type Question } from './problem.ts'

export type Verdict = { readonly outcome: 'pass' | 'fail' | 'inconclusive'; readonly error: number; readonly note?: string }

export interface Check {
  readonly name: string
  readonly limit: number
  readonly run: (draw: Draw) => Verdict
}

/** Faults planted on purpose, to see the checks go red. */
export interface Alterations {
  readonly derivative?: (d: Derivative) => Derivative
  readonly code?: (js: string) => string
}

export interface Subject {
  readonly stages: Stages
  readonly request: Request
  readonly dims: readonly string[]
  readonly checks: readonly Check[]
  /** The node whose rules do not pair on this draw, with both numbers. */
  readonly locate: (draw: Draw) => { node: Node; out: number; back: number } | undefined
  readonly numbers: (draw: Draw) => Numbers
  /** The sizes of the draw are ones that the source can have. */
  readonly fits: (draw: Draw) => boolean
}

/** Outside of these, products under- or overflow, and nothing can be said. */
const [least, most] = [1e-140, 1e140]

export const subjectOf = async (text: string, options: CompileOptions, alter: Alterations = {}): Promise<Subject> => {
  const compiled = compile(text, { ...options, dtype: 'f64' })
  const { stages, code } = compiled
  if (stages === undefined || code === undefined) throw new Error('the source has errors')
  const source = elaborate(stages.program, stages.block, options.set).graph!
  const request = requestOf(source, options)
  const { dims } = compiled.signature!
  const { reach } = stages
  const dot = dotQuestion(source, request, alter.derivative ?? (d => d))
  const mass = massQuestion(source, request)
  const definedMass = definedMassQuestion(source, request)
  const forward = forwardOnly(source)
  const module = await importCode((alter.code ?? (js => js))(code.js))
  const vectors = await importCode(compile(text, { ...options, dtype: 'f32', target: 'wasm' }).code!.js)
  const numbers = (draw: Draw): Numbers => numbersOf(stages.reference, dims, draw)
  const memo = lastOf((draw: Draw) => {
    const n = numbers(draw)
    return { n, mass: ask(mass, n, reach).get('mass')! + (definedMass === undefined ? 0 : ask(definedMass, n, reach).get('mass')!) }
  })
  const scaled = (draw: Draw, error: number, by: number): Verdict => {
    if (Number.isNaN(by) || Number.isNaN(error)) return { outcome: 'inconclusive', error: 0, note: 'a value is not a number' }
    // Where all is saturated, a complex step still feels what is below the rounding of a double.
    if (by === 0 && error > 0 && error < 1e-15) return { outcome: 'inconclusive', error: 0, note: 'the derivative is below rounding' }
    if (by === 0) return { outcome: error === 0 ? 'pass' : 'fail', error: error === 0 ? 0 : Infinity }
    if (by < least || by > most) return { outcome: 'inconclusive', error: 0, note: 'the numbers leave the range of doubles' }
    void draw
    return { outcome: 'pass', error: error / by }
  }
  const limited = (name: string, limit: number, run: (draw: Draw) => Verdict): Check => ({
    name,
    limit,
    run: draw => {
      const v = run(draw)
      return v.outcome === 'pass' && v.error > limit ? { ...v, outcome: 'fail' } : v
    },
  })
  const checks: Check[] = [
    limited('adjoint against tangent (dot test, of edge mass)', 1e-14, draw => {
      const { n, mass: m } = memo(draw)
      const a = ask(dot, n, reach)
      return scaled(draw, Math.abs(a.get('tangent')! - a.get('adjoint')!), m)
    }),
    limited('adjoint against complex step (of edge mass)', 1e-13, draw => {
      const { n, mass: m } = memo(draw)
      const a = ask(dot, n, reach)
      return scaled(draw, Math.abs(complexStep(forward, request, n, reach) - a.get('adjoint')!), m)
    }),
    limited('frozen graph against source graph (of edge mass)', 1e-13, draw => {
      const { n, mass: m } = memo(draw)
      return scaled(draw, Math.abs(pairing(stages.reference, n, reach) - pairing(stages.frozen.graph, n, reach, gradientParts(stages.frozen.graph))), m)
    }),
    limited('emitted code against the interpreter (entries that differ)', 0, draw => compareBits(stages, module, double, memo(draw).n, draw)),
    limited('WebAssembly against the interpreter in f32 (entries that differ)', 0, draw =>
      compareBits(stages, vectors, singleEach, single(memo(draw).n), draw),
    ),
  ]
  const locate: Subject['locate'] = draw => {
    const { question, nodes } = pairingQuestion(source, request, alter.derivative ?? (d => d))
    const a = ask(question, numbers(draw), reach)
    return nodes
      .map(node => ({ node, out: a.get(`out ${node.id}`)!, back: a.get(`back ${node.id}`)!, size: a.get(`size ${node.id}`)! }))
      .filter(x => Math.abs(x.out - x.back) > 1e-11 * x.size)
      .at(-1)
  }
  const doubtful = doubtfulSizes(stages.source)
  const fits = (draw: Draw): boolean => {
    const values = dimValues(sizesOf(source, dims, draw))
    // More passes say no more, and take their time.
    const n = windowOf(draw)
    if (passesOf(n.window, n.every, sizesOf(source, dims, draw), stages.reach).length > 6) return false
    return doubtful.every(d => dim.evaluate(d, values) >= 1)
  }
  return { stages, request, dims, checks, locate, numbers, fits }
}

/** Remembers the last answer: several checks look at one draw. */
const lastOf = <A extends object, R>(f: (a: A) => R): ((a: A) => R) => {
  let last: { a: A; r: R } | undefined
  return a => {
    if (last?.a !== a) last = { a, r: f(a) }
    return last.r
  }
}

/** The passes of truncated BPTT on these numbers. */
const passes = (reach: Reach, n: Numbers): readonly Pass[] => passesOf(n.window, n.every, n.sizes, reach)

const ask = (q: Question, n: Numbers, reach: Reach): ReadonlyMap<string, number> => {
  const sums = new Map<string, number>()
  for (const pass of passes(reach, n)) {
    const values = interpret({ graph: q.graph, sizes: n.sizes, arithmetic: double, read: n.read, pass })
    for (const [name, id] of q.answers) sums.set(name, (sums.get(name) ?? 0) + values.get(id)!.re[0]!)
  }
  return sums
}

const forwardOnly = (source: Graph): Graph => written(source)

/** <Jd, w> from the imaginary parts of complex forward passes. */
const complexStep = (graph: Graph, request: Request, n: Numbers, reach: Reach): number => {
  const { face } = graph
  let sum = 0
  for (const pass of passes(reach, n)) {
    const values = interpret({ graph, sizes: n.sizes, arithmetic: complexDouble, read: n.read, pass })
    if (face.loss !== undefined) sum += values.get(face.loss)!.im![0]!
    const add = (id: Id, w: ArrayLike<number> | undefined): void => {
      const { im, axes, counts, inner } = values.get(id)!
      for (let i = 0; i < im!.length; i++) {
        // Past the end of a sequence nothing changes, and the cotangent may be anything.
        if (im![i] === 0) continue
        let rest = Math.floor(i / inner)
        const place: Record<Axis, number> = { t: 0, b: 0 }
        for (let k = axes.length - 1; k >= 0; k--) {
          place[axes[k]!] = rest % counts[k]!
          rest = Math.floor(rest / counts[k]!)
        }
        if (inChunk({ sizes: n.sizes, pass }, { axes }, place)) sum += im![i]! * (w?.[i] ?? 0)
      }
    }
    for (const name of request.outputs) add(face.outputs.get(name) ?? face.states.get(name)!.value, n.data.get(`outputGrad ${name}`))
    for (const name of request.finals) add(face.states.get(name)!.final, n.data.get(`finalGrad ${name}`))
  }
  return sum / stepOfComplex
}

/** <d, g> with the gradients of a graph. */
const pairing = (graph: Graph, n: Numbers, reach: Reach, goingOn?: ReadonlySet<Id>): number => {
  const run = { graph, sizes: n.sizes, arithmetic: double, read: n.read }
  const values = interpretPasses(run, passes(reach, n), goingOn)
  let sum = 0
  for (const [kind, role] of [
    ['params', 'param'],
    ['inputs', 'input'],
    ['initial', 'initial'],
  ] as const)
    for (const [name, id] of graph.gradients![kind]) {
      const d = n.directions.get(`${role} ${name}`)
      const g = values.get(id)!.re
      for (let i = 0; i < g.length; i++) sum += g[i]! * (d?.[i] ?? 0)
    }
  return sum
}

/** The same numbers in single precision. */
const single = (n: Numbers): Numbers => {
  const data = new Map([...n.data].map(([key, v]) => [key, v.map(Math.fround)] as const))
  const read = (node: Node): { re: ArrayLike<number> } | undefined => {
    const values = n.read(node)
    return values === undefined ? undefined : { re: Float64Array.from(values.re, Math.fround) }
  }
  return { ...n, data, read }
}

/** Counts the entries of all results in which the emitted code and the frozen graph differ by as much as a bit. */
const compareBits = (stages: Stages, module: GeneratedModule, arithmetic: Arithmetic, n: Numbers, draw: Draw): Verdict => {
  const graph = stages.frozen.graph
  const values = interpretPasses({ graph, sizes: n.sizes, arithmetic, read: n.read }, passes(stages.reach, n), gradientParts(graph))
  const net = module.create(n.sizes.dims, namedSizes(n.sizes), { window: n.window, every: n.every })
  for (const [a, lengths] of Object.entries(n.sizes.lengths ?? {})) net.lengths[nameOfAxis(a)]!.set(lengths)
  fillNet(net, n.data, (role, name) => {
    if (role === 'given') net.given[name] = draw.given
  })
  const loss = net.forward()
  net.backward()
  const wrong: string[] = []
  let count = 0
  const compare = (what: string, got: ArrayLike<number>, tensor: Tensor): void => {
    let differing = 0
    for (let i = 0; i < tensor.re.length; i++) if (!Object.is(got[i], tensor.re[i])) differing++
    if (differing > 0) wrong.push(what)
    count += differing
  }
  const table = (what: string, arrays: Readonly<Record<string, ArrayLike<number>>>, ids: ReadonlyMap<string, Id>): void => {
    for (const [name, id] of ids) compare(`${what} ${name}`, arrays[name]!, values.get(id)!)
  }
  table('output', net.outputs, graph.face.outputs)
  table('gradient of', net.grads, graph.gradients!.params)
  table('gradient of input', net.inputGrads, graph.gradients!.inputs)
  table('gradient of initial', net.initialGrads, graph.gradients!.initial)
  if (graph.face.loss !== undefined) compare('loss', [loss], values.get(graph.face.loss)!)
  net.dispose()
  return count === 0 ? { outcome: 'pass', error: 0 } : { outcome: 'fail', error: count, note: `differing: ${wrong.join(', ')}` }
}
