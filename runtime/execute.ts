/** One forward and backward pass on given numbers: what `recurve run` does. */
import { compile, type CompileOptions, type Compiled, type Stages } from '../compiler/compile.ts'
import {
  doubtfulSizes,
  extent,
  historyDepth,
  isSequence,
  nameOfAxis,
  type Axis,
  type Graph,
  type Id,
  type Node,
  type Value,
  type Window,
} from '../compiler/graph.ts'
import { double, singleStorage } from '../compiler/interpret/interpret.ts'
import { interpretPasses } from '../compiler/interpret/interpret-passes.ts'
import { passesOf } from '../compiler/interpret/passes.ts'
import { gradientParts } from '../compiler/passes/differentiate.ts'
import { axisLength, exists, type Sizes, type Tensor } from '../compiler/interpret/tensor.ts'
import { f64 } from '../compiler/numeric/library.ts'
import { drawNoise } from '../compiler/numeric/noise.ts'
import { evaluatePlain } from '../compiler/numeric/plain.ts'
import type { Dtype, Net } from '../compiler/signature.ts'
import type { Diagnostic } from '../dsl/diagnostics.ts'
import * as dim from '../dsl/dims.ts'
import type { Dim } from '../dsl/dims.ts'
import type { Files } from '../dsl/program.ts'
import { dimsOfData } from './data-dims.ts'
import { InputError, integer, show } from './errors.ts'
import { fillNet, namedSizes } from './fill.ts'
import { importCode } from './load.ts'
import { flatten, nest, shapeOfNested } from './nested.ts'
import { solveDims, type Equation } from './solve-dims.ts'

export interface ExecuteOptions {
  readonly path?: string
  readonly files?: Files
  readonly cell?: string
  readonly target: 'reference' | 'ts' | 'wasm'
  /** f64 if left out, but f32 in WebAssembly. */
  readonly dtype?: Dtype
  /** Overrides the window of the source; Infinity: full BPTT. */
  readonly window?: number
  readonly every?: number
}

export interface Executed {
  readonly diagnostics: readonly Diagnostic[]
  readonly result?: unknown
}

const keys = [
  'dims',
  'hyper',
  'params',
  'inputs',
  'targets',
  'initial',
  'lengths',
  'rows',
  'noise',
  'training',
  'seed',
  'cotangents',
  'finalCotangents',
  'keep',
  'adjoints',
] as const
type Request = Readonly<Partial<Record<(typeof keys)[number], unknown>>>
type Table = ReadonlyMap<string, unknown>

/** Runs the request. Throws an InputError where it does not fit the source. */
export const runJson = async (text: string, request: unknown, options: ExecuteOptions): Promise<Executed> => {
  const r = checked(request)
  const keep = strings(r.keep, 'keep')
  const adjoints = strings(r.adjoints, 'adjoints')
  const cotangents = table(r.cotangents, 'cotangents')
  const finals = table(r.finalCotangents, 'finalCotangents')
  const dtype = options.dtype ?? (options.target === 'wasm' ? 'f32' : 'f64')
  const common = { ...options, dtype, target: options.target === 'reference' ? ('ts' as const) : options.target }
  const first = compileFor(text, r, common)
  const set = first.signature?.fixedDims ?? {}
  if (first.stages === undefined) return { diagnostics: first.diagnostics }
  const { face } = first.stages.source
  const states = [...face.states.keys()]
  for (const name of [...keep, ...adjoints, ...cotangents.keys()])
    if (!face.streams.has(name) && !face.outputs.has(name) && !face.states.has(name))
      throw new InputError(`there is no stream ${show(name)}; there are: ${[...face.streams.keys()].join(', ')}`)
  for (const name of finals.keys())
    if (!face.states.has(name)) throw new InputError(`finalCotangents: there is no state ${show(name)}; there are: ${states.join(', ')}`)
  const compiled = compile(text, {
    ...common,
    set,
    keep: [...new Set([...states, ...keep, ...cotangents.keys()])],
    cotangents: [...cotangents.keys()],
    finalCotangents: [...finals.keys()],
    adjoints,
  })
  if (compiled.stages === undefined) return { diagnostics: compiled.diagnostics }
  const problem = setUp(compiled.stages, compiled.signature!.fixedDims, r)
  const own = compiled.stages.source.face.window
  const size = options.window ?? own?.size ?? Infinity
  const every = options.every ?? (options.window === undefined ? own?.every : undefined) ?? size
  if (every > size) throw new InputError(`every: chunks of ${every} steps are longer than the window of ${size}`)
  const window: Window = { size, every }
  const read = options.target === 'reference' ? reference(compiled.stages, problem, window, dtype) : await module(compiled, problem, window, adjoints)
  return { diagnostics: compiled.diagnostics, result: report(compiled.stages, problem, read, adjoints) }
}

/** A dim that counts parts, rounds or delays has the number that the data gives it, whatever its default is. */
const compileFor = (text: string, r: Request, options: Omit<CompileOptions, 'set'>): Compiled => {
  const open = compile(text, options)
  const needed = open.diagnostics.some(d => d.code === structural)
  const fixed = open.signature?.fixedDims ?? {}
  if (!needed && Object.keys(fixed).length === 0) return open
  const given = new Map([...table(r.dims, 'dims')].flatMap(([name, v]) => (typeof v === 'number' ? [[name, v] as const] : [])))
  const arrays = { input: table(r.inputs, 'inputs'), target: table(r.targets, 'targets'), param: table(r.params, 'params'), state: table(r.initial, 'initial') }
  const found = dimsOfData({ text, ...options }, given, arrays)
  const wanted = Object.entries(found).filter(([name]) => needed || (Object.hasOwn(fixed, name) && fixed[name] !== found[name]))
  return wanted.length === 0 ? open : compile(text, { ...options, set: Object.fromEntries(wanted) })
}

/** The code of the message that a dim needs a number. */
const structural = 'E0348'

const checked = (request: unknown): Request => {
  if (typeof request !== 'object' || request === null || Array.isArray(request)) throw new InputError(`the data must be an object, not ${show(request)}`)
  for (const key of Object.keys(request))
    if (!(keys as readonly string[]).includes(key)) throw new InputError(`unknown key ${show(key)}; there are: ${keys.join(', ')}`)
  const r = request as Request
  if (r.training !== undefined && typeof r.training !== 'boolean') throw new InputError(`training: expected true or false, got ${show(r.training)}`)
  if (r.seed !== undefined) integer(r.seed, 'seed', 0)
  return r
}

const table = (value: unknown, what: string): Table => {
  if (value === undefined) return new Map()
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new InputError(`${what}: expected an object, got ${show(value)}`)
  return new Map(Object.entries(value))
}

const strings = (value: unknown, what: string): readonly string[] => {
  if (value === undefined) return []
  if (!Array.isArray(value) || value.some(v => typeof v !== 'string')) throw new InputError(`${what}: expected a list of names`)
  return value as string[]
}

/** Everything as flat arrays, and the sizes that follow from them. */
interface Problem {
  readonly dims: Readonly<Record<string, number>>
  readonly t: number
  readonly b: number
  /** The steps of the other sequences. */
  readonly axes: Readonly<Record<Axis, number>>
  /** How many steps each sequence of the batch has, where that is given. */
  readonly lengths: Readonly<Record<Axis, Int32Array>>
  /** How many sequences of the batch are in use. */
  readonly rows: number
  /** By role and name: `param Wi`. */
  readonly data: ReadonlyMap<string, Float64Array | Int32Array>
  readonly hyper: ReadonlyMap<string, number>
}

interface Port {
  readonly what: string
  readonly key: string
  readonly value: Value
  readonly nested: unknown
  readonly depth: number
}

const axisSize = (a: Axis, depth: number): Dim => (a === 'k' ? dim.constant(depth) : extent(a))

const setUp = (stages: Stages, fixed: Readonly<Record<string, number>>, r: Request): Problem => {
  const graph = stages.frozen.graph
  const sources = new Map<string, Node>(graph.nodes.filter(n => n.op === 'source').map(n => [`${n.attrs.role} ${n.attrs.name}`, n] as const))
  const ports: Port[] = []
  const take = (section: string, role: string, given: Table, all: readonly string[], needed: boolean): void => {
    for (const name of given.keys())
      if (!all.includes(name)) throw new InputError(`${section}: there is no ${show(name)}; there are: ${all.join(', ') || 'none'}`)
    const missing = all.filter(n => !given.has(n))
    if (needed && missing.length > 0) throw new InputError(`${section}: missing: ${missing.join(', ')}`)
    for (const [name, nested] of given) {
      const node = sources.get(`${role} ${name}`)!
      const depth = node.attrs.depth ?? 1
      const full = node.axes.length + node.shape.length
      // An initial value may be given once for all depths.
      const spread = depth > 1 && shapeOfNested(nested).length === full - 1
      ports.push({
        what: `${section}.${name}`,
        key: `${role} ${name}`,
        value: node,
        nested: spread ? Array.from({ length: depth }, () => nested) : nested,
        depth,
      })
    }
  }
  const { face } = stages.source
  take('params', 'param', table(r.params, 'params'), [...face.params.keys()], true)
  take('inputs', 'input', table(r.inputs, 'inputs'), [...face.inputs.keys()], true)
  take('targets', 'target', table(r.targets, 'targets'), [...face.targets.keys()], true)
  take(
    'initial',
    'initial',
    table(r.initial, 'initial'),
    [...face.states.keys()].filter(n => sources.has(`initial ${n}`)),
    false,
  )
  const timed = (role: string): readonly string[] => [...sources.values()].filter(n => n.attrs.role === role).map(n => n.attrs.name!)
  take('noise', 'noise', table(r.noise, 'noise'), timed('noise'), false)
  take('cotangents', 'outputGrad', table(r.cotangents, 'cotangents'), timed('outputGrad'), false)
  take('finalCotangents', 'finalGrad', table(r.finalCotangents, 'finalCotangents'), timed('finalGrad'), false)

  const known = knownDims(stages, fixed, r)
  const equations: Equation[] = ports.flatMap(p => {
    const wanted = [...p.value.axes.map(a => axisSize(a, p.depth)), ...p.value.shape]
    const shape = shapeOfNested(p.nested)
    if (shape.length !== wanted.length) throw new InputError(`${p.what}: expected ${wanted.length} levels of lists, got ${shape.length}`)
    return wanted.map((size, i) => ({ what: p.what, size, value: shape[i]! }))
  })
  solveDims(equations, known)
  const names = stages.block.dims.map(d => d.name.name)
  const axes = [...graph.face.lengths.keys()]
  const open = [...names, ...[...axes, 'b'].map(a => `@${a}`)].filter(n => !known.has(n))
  if (open.length > 0) throw new InputError(`dims: nothing determines ${open.map(n => (n.startsWith('@') ? nameOfAxis(n.slice(1)) : n)).join(', ')}`)
  const dims = Object.fromEntries(known)
  for (const d of doubtfulSizes(stages.source)) {
    const value = dim.evaluate(d, dims)
    if (value < 1) throw new InputError(`dims: ${d.key} is ${value} here, and must be positive`)
  }
  const rows = r.rows === undefined ? dims['@b']! : integer(r.rows, 'rows', 0, dims['@b']!)
  const lengths = lengthsOf(axes, dims, rows, table(r.lengths, 'lengths'))
  const data = new Map<string, Float64Array | Int32Array>()
  for (const p of ports) {
    const shape = [...p.value.axes.map(a => axisSize(a, p.depth)), ...p.value.shape].map(d => dim.evaluate(d, dims))
    data.set(p.key, flatten(p.nested, shape, p.what, p.value.type === 'index' ? 'index' : 'real'))
  }
  for (const [kind, list] of [
    ['inputs', face.inputs],
    ['targets', face.targets],
  ] as const)
    for (const [name, v] of list)
      if (v.size !== undefined)
        checkRange(`${kind}.${name}`, data.get(`${kind === 'inputs' ? 'input' : 'target'} ${name}`)!, dim.evaluate(v.size, dims), v.axes, {
          t: dims['@t']!,
          b: dims['@b']!,
          axes: Object.fromEntries(axes.map(a => [a, dims[`@${a}`]!])),
          dims,
          lengths,
          rows,
        })
  const hyper = new Map(face.hyper)
  for (const [name, v] of table(r.hyper, 'hyper')) {
    if (!hyper.has(name)) throw new InputError(`hyper: there is no ${show(name)}; there are: ${[...hyper.keys()].join(', ') || 'none'}`)
    if (typeof v !== 'number') throw new InputError(`hyper.${name}: expected a number, got ${show(v)}`)
    hyper.set(name, v)
  }
  drawMissing(graph, dims, hyper, data, { training: r.training === true, seed: (r.seed as number | undefined) ?? 0 })
  const others = Object.fromEntries(axes.filter(a => a !== 't').map(a => [a, known.get(`@${a}`)!]))
  return { dims, t: known.get('@t')!, b: known.get('@b')!, axes: others, lengths, rows, data, hyper }
}

/** Noise that is not given: drawn in training, else the mean, as a module does it. */
const drawMissing = (
  graph: Graph,
  dims: Readonly<Record<string, number>>,
  hyper: ReadonlyMap<string, number>,
  data: Map<string, Float64Array | Int32Array>,
  { training, seed }: { readonly training: boolean; readonly seed: number },
): void => {
  const number = (name: string): number => (name.startsWith('dim ') ? dims[name.slice(4)]! : hyper.get(name.slice(6))!)
  graph.nodes
    .filter(n => n.op === 'source' && n.attrs.role === 'noise')
    .forEach((n, stream) => {
      const key = `noise ${n.attrs.name!}`
      if (data.has(key)) return
      const { kind, args } = graph.face.noise.get(n.attrs.name!)!
      const [a, b = 0] = args.map(x => evaluatePlain(x, number, f64 as unknown as Readonly<Record<string, unknown>>))
      const sizeOf = (sizes: readonly Dim[]): number => sizes.reduce((p, d) => p * dim.evaluate(d, dims), 1)
      const [steps, rows] = ['t', 'b'].map(x => (n.axes.includes(x) ? dims[`@${x}`]! : 1)) as [number, number]
      const places = sizeOf(n.axes.filter(x => x !== 't' && x !== 'b').map(extent))
      const values = new Float64Array(steps * places * rows * sizeOf(n.shape))
      drawNoise(values, kind, a!, b, training, seed, stream, 0, steps, places, rows, rows, 0, sizeOf(n.shape))
      data.set(key, values)
    })
}

const knownDims = (stages: Stages, fixed: Readonly<Record<string, number>>, r: Request): Map<string, number> => {
  const known = new Map(Object.entries(fixed))
  const names = stages.block.dims.map(d => d.name.name)
  const axes = new Map([...stages.source.face.lengths.keys(), 'b'].map(a => [nameOfAxis(a), a] as const))
  for (const [name, v] of table(r.dims, 'dims')) {
    const axis = axes.get(name)
    if (!names.includes(name) && axis === undefined)
      throw new InputError(`dims: there is no ${show(name)}; there are: ${[...names, ...axes.keys()].join(', ')}`)
    const value = integer(v, `dims.${name}`, 1)
    const key = axis === undefined ? name : `@${axis}`
    if (known.has(key) && known.get(key) !== value) throw new InputError(`dims.${name}: ${value} is given, and the data says ${known.get(key)}`)
    known.set(key, value)
  }
  return known
}

/** How many steps each sequence has, by axis; those that are not given have all. */
const lengthsOf = (axes: readonly Axis[], dims: Readonly<Record<string, number>>, rows: number, given: Table): Readonly<Record<Axis, Int32Array>> => {
  const names = axes.map(nameOfAxis)
  const found: Record<Axis, Int32Array> = {}
  for (const [name, nested] of given) {
    const axis = axes[names.indexOf(name)]
    if (axis === undefined) throw new InputError(`lengths: there is no sequence ${show(name)}; there are: ${names.join(', ')}`)
    const most = dims[`@${axis}`]!
    found[axis] = flatten(nested, [dims['@b']!], `lengths.${name}`, 'index')
    found[axis].forEach((n, b) => {
      if (b < rows && (n < 0 || n > most)) throw new InputError(`lengths.${name}[${b}]: ${n} is not a number of steps from 0 to ${most}`)
    })
  }
  return found
}

/** Indices of steps and rows that are there must be below their size. */
const checkRange = (what: string, values: ArrayLike<number>, size: number, axes: readonly Axis[], sizes: Sizes): void => {
  const counts = axes.map(a => axisLength(a, sizes, 1))
  const per = values.length / counts.reduce((x, y) => x * y, 1)
  for (let i = 0; i < values.length; i++) {
    if (values[i]! < size) continue
    let rest = Math.floor(i / per)
    const place: Record<Axis, number> = {}
    for (const [at, a] of [...axes.entries()].reverse()) {
      place[a] = rest % counts[at]!
      rest = Math.floor(rest / counts[at]!)
    }
    if (!exists(axes, place, sizes)) continue
    const step = axes.find(isSequence)
    throw new InputError(`${what}: ${values[i]} at step ${step === undefined ? 0 : place[step]} of sequence ${place['b'] ?? 0} is not an index below ${size}`)
  }
}

/** Results by name, flat. */
interface Results {
  readonly loss: number | undefined
  readonly output: (name: string, id: Id) => ArrayLike<number>
  readonly final: (name: string) => ArrayLike<number>
  readonly gradient: (kind: 'params' | 'inputs' | 'initial' | 'adjoints', name: string) => ArrayLike<number>
}

const reference = (stages: Stages, p: Problem, window: Window, dtype: Dtype): Results => {
  const graph = dtype === 'f64' ? stages.reference : stages.frozen.graph
  const { arithmetic, stored } = dtype === 'f64' ? { arithmetic: double, stored: undefined } : { arithmetic: singleStorage, stored: stages.plan.stored }
  const lengths = Object.keys(p.lengths).length === 0 ? {} : { lengths: p.lengths }
  const sizes = { t: p.t, b: p.b, axes: p.axes, dims: p.dims, ...lengths, ...(p.rows < p.b ? { rows: p.rows } : {}) }
  const passes = passesOf(window.size, window.every, sizes, stages.reach)
  const run = {
    graph,
    sizes,
    arithmetic,
    read: (n: Node) => readSource(p, n, dtype),
    ...(stored === undefined ? {} : { stored }),
  }
  return fromValues(graph, p, interpretPasses(run, passes, dtype === 'f64' ? undefined : gradientParts(graph)))
}

/** A source's numbers, rounded to the dtype. */
export const readSource = (p: Pick<Problem, 'data' | 'hyper'>, n: Node, dtype: Dtype): { re: ArrayLike<number> } | undefined => {
  const { role, name } = n.attrs
  if (role === 'hyper') return { re: [dtype === 'f32' ? Math.fround(p.hyper.get(name!)!) : p.hyper.get(name!)!] }
  if (role === 'given') return { re: [p.data.has(`initial ${name}`) ? 1 : 0] }
  const re = p.data.get(`${role} ${name}`)
  return re === undefined ? undefined : { re: dtype === 'f32' && n.type === 'real' ? Float32Array.from(re) : re }
}

const fromValues = (graph: Graph, p: Problem, values: ReadonlyMap<Id, Tensor>): Results => {
  const { face, gradients } = graph
  return {
    loss: face.loss === undefined ? undefined : values.get(face.loss)!.re[0]!,
    output: name => values.get(face.outputs.get(name)!)!.re,
    final: name => {
      return values.get(face.states.get(name)!.final)!.re
    },
    gradient: (kind, name) => values.get(gradients![kind].get(name)!)!.re,
  }
}

const module = async (compiled: Compiled, p: Problem, window: Window, adjoints: readonly string[]): Promise<Results> => {
  const made = await importCode(compiled.code!.js)
  const dims = Object.fromEntries(compiled.signature!.dims.map(n => [n, p.dims[n]!]))
  const net = within(() => made.create(dims, namedSizes(p), { window: window.size, every: window.every, adjoints }))
  takeNumbers(net, p)
  for (const [axis, lengths] of Object.entries(p.lengths)) net.lengths[nameOfAxis(axis)]!.set(lengths)
  net.rows = p.rows
  const loss = net.forward()
  net.backward()
  const g = { params: net.grads, inputs: net.inputGrads, initial: net.initialGrads, adjoints: net.adjoints }
  return {
    loss: compiled.signature!.loss ? loss : undefined,
    output: name => net.outputs[name]!,
    final: name => net.final[name]!,
    gradient: (kind, name) => g[kind][name]!,
  }
}

/** Sizes that need too much memory are a mistake of the request. */
const within = <T>(make: () => T): T => {
  try {
    return make()
  } catch (error) {
    if (error instanceof RangeError) throw new InputError(error.message)
    throw error
  }
}

const takeNumbers = (net: Net, p: Problem): void => {
  fillNet(net, p.data, (role, name) => {
    if (role === 'initial' && Object.hasOwn(net.given, name)) net.given[name] = true
  })
  for (const [name, v] of p.hyper) if (Object.hasOwn(net.hyper, name)) net.hyper[name] = v
}

const report = (stages: Stages, p: Problem, read: Results, adjoints: readonly string[]): unknown => {
  const graph = stages.frozen.graph
  const { face, gradients } = graph
  const shape = (n: Node): number[] => [...n.axes.map(a => axisSize(a, historyDepth(graph, n.id))), ...n.shape].map(d => dim.evaluate(d, p.dims))
  const nested = (flat: ArrayLike<number>, n: Node): unknown => nest(flat, shape(n))
  const object = (entries: readonly (readonly [string, unknown])[]): unknown => Object.fromEntries(entries)
  const outputs = [...face.outputs].map(([n, id]) => [n, nested(read.output(n, id), graph.nodes[id]!)] as const)
  const finals = [...face.states].map(([n, s]) => [n, nested(read.final(n), graph.nodes[s.final]!)] as const)
  const grads = (kind: 'params' | 'inputs' | 'initial'): unknown =>
    object(
      [...gradients![kind]]
        .filter(
          ([n]) =>
            kind !== 'initial' ||
            face.states.get(n)?.from === undefined ||
            graph.nodes[face.states.get(n)!.from!]!.op === 'source' ||
            p.data.has(`initial ${n}`),
        )
        .map(([n, id]) => [n, nested(read.gradient(kind, n), graph.nodes[id]!)] as const),
    )
  return {
    loss: read.loss === undefined ? null : Number.isFinite(read.loss) ? read.loss : String(read.loss),
    outputs: object(outputs),
    final: object(finals),
    grads: { params: grads('params'), inputs: grads('inputs'), initial: grads('initial') },
    adjoints: object(adjoints.map(n => [n, nested(read.gradient('adjoints', n), graph.nodes[gradients!.adjoints.get(n)!]!)] as const)),
  }
}
