/** One program, one set of sizes and numbers: everything that must agree, compared. */
import { compile, type Compiled, type CompileOptions, type Stages, type Target } from '../../compiler/compile.ts'
import { type Graph, type Id, type Node } from '../../compiler/graph.ts'
import { double, singleEach, singleStorage } from '../../compiler/interpret/interpret.ts'
import { interpretPasses } from '../../compiler/interpret/interpret-passes.ts'
import { passesOf } from '../../compiler/interpret/passes.ts'
import { axisLength, exists, type Sizes, type Tensor } from '../../compiler/interpret/tensor.ts'
import { gradientParts, isWanted } from '../../compiler/passes/differentiate.ts'
import { written } from '../../compiler/passes/simplify.ts'
import type { Dtype, GeneratedModule, Net } from '../../compiler/signature.ts'
import { fillNet } from '../../runtime/fill.ts'
import { importCode } from '../../runtime/load.ts'
import type { Setting } from './choices.ts'
import { dataFor, keyOf, random, reader, type Data } from './data.ts'
import { directional, type Root } from './oracle.ts'

/** What disagrees. `check` says which witnesses; failures with the same one are likely of one cause. */
export interface Finding {
  readonly check: string
  readonly detail: string
}

const targets: readonly (readonly [Dtype, Target])[] = [
  ['f64', 'ts'],
  ['f32', 'ts'],
  ['f32', 'wasm'],
]

/** Ops that choose between operands. */
const kinked: ReadonlySet<string> = new Set(['max', 'min', 'clamp', 'select'])

type Values = ReadonlyMap<string, ArrayLike<number>>

const kinds = ['params', 'inputs', 'initial', 'adjoints'] as const

/** Results of the interpreter under the names that a module gives them. */
const named = (graph: Graph, values: ReadonlyMap<Id, Tensor>): Values => {
  const { face, gradients } = graph
  const result = new Map<string, ArrayLike<number>>()
  for (const [n, id] of face.outputs) result.set(`output ${n}`, values.get(id)!.re)
  for (const [n, { final }] of face.states) result.set(`final ${n}`, values.get(final)!.re)
  if (face.loss !== undefined) result.set('loss', values.get(face.loss)!.re)
  for (const kind of kinds) for (const [n, id] of gradients![kind]) result.set(`${kind} ${n}`, values.get(id)!.re)
  return result
}

const copied = (list: Readonly<Record<string, ArrayLike<number>>>, prefix: string): (readonly [string, ArrayLike<number>])[] =>
  Object.entries(list).map(([n, v]) => [`${prefix} ${n}`, Float64Array.from(v)])

const gradientsOf = (net: Net): Values =>
  new Map([...copied(net.grads, 'params'), ...copied(net.inputGrads, 'inputs'), ...copied(net.initialGrads, 'initial'), ...copied(net.adjoints, 'adjoints')])

const fill = (net: Net, data: Data): void =>
  fillNet(net, data, (role, name, values) => {
    if (role === 'given') net.given[name] = values[0]! > 0
  })

const forward = (net: Net, loss: boolean): Values => {
  const value = net.forward()
  return new Map([...copied(net.outputs, 'output'), ...copied(net.final, 'final'), ...(loss ? [['loss', [value]] as const] : [])])
}

/** The first entry that is not the same bit for bit (any NaN is as good as another). */
const unequal = (got: Values, wanted: Values): string | undefined => {
  for (const [name, w] of wanted) {
    const g = got.get(name)
    if (g === undefined) return `${name} is missing`
    if (g.length !== w.length) return `${name} has ${g.length} entries instead of ${w.length}`
    for (let i = 0; i < w.length; i++) if (!Object.is(g[i], w[i])) return `${name}[${i}] is ${g[i]} instead of ${w[i]}`
  }
  return undefined
}

const largest = (v: ArrayLike<number>): number => Array.from(v).reduce((m, x) => Math.max(m, Math.abs(x)), 0)
const finite = (v: Values): boolean => [...v.values()].every(x => Array.from(x).every(Number.isFinite))

/** The largest difference, relative to the largest entry, where it exceeds the bound; `scale` says how large the numbers are that made it. */
const apart = (got: Values, wanted: Values, bound: number, least = 0): { name: string; by: number } | undefined => {
  for (const [name, w] of wanted) {
    const g = got.get(name)!
    if (g.length !== w.length) return { name, by: Infinity }
    const scale = Math.max(largest(w), least)
    const difference = Array.from(w).reduce((m, x, i) => Math.max(m, Math.abs(g[i]! - x)), 0)
    if (difference > bound * scale) return { name, by: difference / scale }
  }
  return undefined
}

const message = (error: unknown): string => (error instanceof Error ? `${error.name}: ${error.message}` : String(error))
/** Messages differ in numbers and names; their kind does not. */
const kindOf = (text: string): string => text.replaceAll(/%?\d+/g, '#').split('\n')[0]!

export interface Built {
  readonly compiled: Compiled
  readonly stages: Stages
  readonly module: GeneratedModule
}

export const build = async (text: string, dtype: Dtype, options: CompileOptions = {}): Promise<Built | Finding> => {
  let compiled: Compiled
  try {
    compiled = compile(text, { dtype, ...options })
  } catch (error) {
    return { check: `compile ${dtype} throws: ${kindOf(message(error))}`, detail: message(error) }
  }
  const wrong = compiled.diagnostics.find(d => d.severity === 'error')
  if (wrong !== undefined) return { check: `diagnostic ${wrong.code}`, detail: `${wrong.message} at: ${text.slice(wrong.span.start, wrong.span.end)}` }
  try {
    return { compiled, stages: compiled.stages!, module: await importCode(compiled.code!.js) }
  } catch (error) {
    return { check: `the code of ${dtype} does not load: ${kindOf(message(error))}`, detail: message(error) }
  }
}

/** Every name that the program and the setting give a value. */
const sizesOf = (s: Setting, dims: readonly string[]): Sizes => ({ t: s.t, b: s.batch, dims: Object.fromEntries(dims.map((d, i) => [d, s.dims[i] ?? 1])) })

/** `quick`: in double precision and without a window only. */
export const compare = async (text: string, dims: readonly string[], setting: Setting, quick = false): Promise<Finding | undefined> => {
  const sizes = sizesOf(setting, dims)
  const fixed = setting.seed % dims.length
  const fixedDims: CompileOptions = setting.options & 1 ? { set: { [dims[fixed]!]: setting.dims[fixed]! } } : {}
  try {
    for (const [dtype, target] of quick ? targets.slice(0, 1) : targets) {
      const options: CompileOptions = { ...fixedDims, target }
      let built = await build(text, dtype, options)
      if ('check' in built) return built
      const { states, outputs } = built.stages.source.face
      // Cotangents from outside for a model that has a loss, or for some outputs only.
      if (setting.options & 2) {
        const all = [...outputs].filter(([, id]) => (built as Built).stages.source.nodes[id]!.type === 'real').map(([n]) => n)
        built = await build(text, dtype, {
          ...options,
          cotangents: all.filter((_, i) => (setting.seed >> i) % 2 === 0),
          finalCotangents: [...states.keys()].filter((_, i) => (setting.seed >> i) % 3 === 0),
        })
        if ('check' in built) return built
      }
      for (const window of quick ? [setting.seed % 4 < 2 ? Infinity : setting.window] : [Infinity, setting.window]) {
        const found = execute(built, dtype, target, sizes, setting, window)
        if (found !== undefined)
          return {
            check: `${dtype}${target === 'wasm' ? ' in WebAssembly' : ''}${window === Infinity ? '' : ', window'}: ${found.check}`,
            detail: `${found.detail} (window ${window})`,
          }
      }
    }
  } catch (error) {
    return { check: `throws: ${kindOf(message(error))}`, detail: error instanceof Error ? (error.stack ?? '') : String(error) }
  }
  return undefined
}

const execute = ({ stages, module, compiled }: Built, dtype: Dtype, target: Target, sizes: Sizes, setting: Setting, window: number): Finding | undefined => {
  const { graph } = stages.frozen
  // Half of the programs run on sequences of different lengths.
  const ragged = setting.seed % 2 === 1
  const lengths = Int32Array.from({ length: sizes.b }, (_, b) => (ragged ? (setting.seed * 7 + b * 5) % (sizes.t + 1) : sizes.t))
  // Some leave rows of the batch out.
  const rows = setting.seed % 5 === 2 ? setting.seed % (sizes.b + 1) : sizes.b
  const own: Sizes = { ...sizes, dims: { ...sizes.dims }, ...(ragged ? { lengths: { t: lengths } } : {}), ...(rows < sizes.b ? { rows } : {}) }
  const open = Object.fromEntries(compiled.signature!.dims.map(d => [d, sizes.dims[d]!]))
  const data = dataFor(graph, own, setting.seed, dtype)
  const read = reader(graph, data, dtype)
  const loss = graph.face.loss !== undefined
  const every = window === Infinity ? window : Math.min(setting.every ?? window, window)
  const passes = passesOf(window, every, own, stages.reach)
  const arithmetic = dtype === 'f64' ? double : target === 'wasm' ? singleEach : singleStorage
  const stored = arithmetic === singleStorage ? { stored: stages.plan.stored } : {}
  const wanted = named(graph, interpretPasses({ graph, sizes: own, arithmetic, read, ...stored }, passes, gradientParts(graph)))

  const adjoints = [...graph.gradients!.adjoints.keys()]
  const create = (more: object = {}): Net => {
    const made = module.create(open, { t: own.t, batch: own.b }, { window, every, adjoints, ...more })
    made.lengths['t']!.set(lengths)
    made.rows = rows
    return made
  }
  const net = create()
  // What another pass has left in memory must not matter, that over all steps neither.
  net.lengths['t']!.fill(own.t)
  net.rows = own.b
  fill(net, dataFor(graph, own, setting.seed + 1, dtype))
  net.forward()
  net.backward()
  net.lengths['t']!.set(lengths)
  net.rows = rows
  // What does not exist may hold anything.
  const poisoned = withoutSense(graph, own, data)
  fill(net, poisoned)
  const there = forward(net, loss)
  net.backward()
  const bits = unequal(new Map([...there, ...gradientsOf(net)]), wanted)
  if (bits !== undefined) {
    const fresh = create()
    fill(fresh, data)
    const again = forward(fresh, loss)
    fresh.backward()
    const stale = unequal(new Map([...again, ...gradientsOf(fresh)]), wanted) === undefined
    return { check: `code differs from the interpreter${stale ? ' after another pass' : ''}: ${bits.split(' ')[0]}`, detail: bits }
  }
  const late = again(create, data, loss, wanted)
  if (late !== undefined) return late
  if (dtype === 'f32' || !finite(wanted)) return undefined

  const { reference } = stages
  const judge = (numbers: Data): Values =>
    named(reference, interpretPasses({ graph: reference, sizes: own, arithmetic: double, read: reader(reference, numbers, dtype) }, passes))
  const slow = judge(data)
  // What cancels to nothing is compared with what it came from, as far as the results show it.
  const far = apart(wanted, slow, 1e-11, 1e-5 * Math.max(1, ...[...slow.values()].map(largest)))
  if (far !== undefined) {
    // Where a change in the last bit of the data does the same, the numbers are at fault.
    const noise = apart(judge(moved(reference, data, x => x * (1 + 2 ** -48))), slow, far.by / 100)
    if (noise === undefined) return { check: `the frozen graph differs from the reference: ${far.name.split(' ')[0]}`, detail: `${far.name} by ${far.by}` }
  }
  const plain = written(stages.source)
  // Compared with its own frozen value, a stream always stands at a kink.
  if (plain.nodes.some(n => n.op === 'stop') && plain.nodes.some(n => kinked.has(n.op))) return undefined
  const bent = slope(plain, reference, own, data, slow, { window, every })
  if (bent === undefined) return undefined
  // Where arguments are equal, the complex step may take the other branch: a little beside, it does not.
  const beside = moved(reference, data, (x, r) => x + 0.01 * (r - 0.5))
  return slope(plain, reference, own, beside, judge(beside), { window, every })
}

/** The same data with NaN, or an index that is none, at all steps and rows that do not exist. */
const withoutSense = (graph: Graph, sizes: Sizes, data: Data): Data => {
  const found = new Map(data)
  for (const n of graph.nodes) {
    const values = n.op === 'source' ? data.get(keyOf(n)) : undefined
    if (values === undefined || n.axes.length === 0 || (sizes.rows === undefined && sizes.lengths === undefined)) continue
    const changed = values.slice()
    const counts = n.axes.map(a => axisLength(a, sizes, n.attrs.depth ?? 1))
    const inner = values.length / counts.reduce((x, y) => x * y, 1)
    for (let i = 0; i < values.length; i++) {
      let rest = Math.floor(i / inner)
      const place: Record<string, number> = {}
      for (let d = n.axes.length - 1; d >= 0; d--) {
        place[n.axes[d]!] = rest % counts[d]!
        rest = Math.floor(rest / counts[d]!)
      }
      if (!exists(n.axes, place, sizes)) changed[i] = n.type === 'index' ? 2 ** 30 : NaN
    }
    found.set(keyOf(n), changed)
  }
  return found
}

/** The same data with every real number changed. */
const moved = (graph: Graph, data: Data, change: (x: number, r: number) => number): Data => {
  const r = random(2)
  const real = new Set(graph.nodes.filter(n => n.op === 'source' && n.type === 'real' && n.attrs.role !== 'given').map(keyOf))
  return new Map([...data].map(([k, v]) => [k, real.has(k) ? v.map(x => change(x, r())) : v] as const))
}

/** The tape kept, gradients added up, fewer results asked for: always the same bits. */
const again = (create: (more?: object) => Net, data: Data, loss: boolean, wanted: Values): Finding | undefined => {
  const kept = create({ again: true })
  fill(kept, data)
  const there = forward(kept, loss)
  for (const pass of ['first', 'second']) {
    kept.backward()
    const bits = unequal(new Map([...there, ...gradientsOf(kept)]), wanted)
    if (bits !== undefined) return { check: `with the tape kept, the ${pass} backward pass differs: ${bits.split(' ')[0]}`, detail: bits }
  }
  kept.backward({ accumulate: true })
  if (finite(wanted)) {
    const doubled: Values = new Map([...wanted].filter(([n]) => /^(params|inputs|initial) /.test(n)).map(([n, v]) => [n, Array.from(v, x => 2 * x)] as const))
    const most = [...doubled.values()].reduce((m, v) => Math.max(m, largest(v)), 0)
    const far = apart(gradientsOf(kept), doubled, 1e-5, most)
    if (far !== undefined) return { check: `accumulate does not add: ${far.name.split(' ')[0]}`, detail: `${far.name} by ${far.by}` }
    const same: Values = new Map([...wanted].filter(([n]) => n.startsWith('adjoints ')))
    const bits = unequal(gradientsOf(kept), same)
    if (bits !== undefined) return { check: 'accumulate changes adjoints', detail: bits }
  }
  const bare = create({ adjoints: [], outputs: [] })
  fill(bare, data)
  bare.forward()
  bare.backward()
  const bits = unequal(gradientsOf(bare), new Map([...wanted].filter(([n]) => /^(params|inputs|initial) /.test(n))))
  return bits === undefined ? undefined : { check: `without adjoints: ${bits.split(' ')[0]}`, detail: bits }
}

/** The gradient against the complex step, along one direction of all sources. */
const slope = (source: Graph, reference: Graph, sizes: Sizes, data: Data, values: Values, window: { window: number; every: number }): Finding | undefined => {
  const r = random(5)
  const direction = new Map([...data].map(([k, v]) => [k, v.map(() => (r() < 0.5 ? -1 : 1))] as const))
  const roots: Root[] = []
  if (source.face.loss !== undefined) roots.push({ id: source.face.loss, by: [1] })
  for (const n of reference.nodes) {
    if (n.op !== 'source') continue
    const { role, name } = n.attrs
    if (role === 'outputGrad') roots.push({ id: source.face.outputs.get(name!) ?? source.face.states.get(name!)!.value, by: data.get(keyOf(n))! })
    if (role === 'finalGrad') roots.push({ id: source.face.states.get(name!)!.final, by: data.get(keyOf(n))! })
  }
  const moving = (n: Node): boolean => isWanted(source, n)
  const read = reader(source, data, 'f64')
  const tangent = directional(source, sizes, read, n => (moving(n) ? direction.get(keyOf(n)) : undefined), window, roots)
  const left = tangent.sum
  const weight = roots.reduce((sum, { by }) => sum + Array.from(by).reduce((s, x) => s + Math.abs(x), 0), 0)
  let right = 0
  let { mass } = tangent
  for (const [kind, role] of [
    ['params', 'param'],
    ['inputs', 'input'],
    ['initial', 'initial'],
  ] as const)
    for (const name of reference.gradients![kind].keys()) {
      const g = values.get(`${kind} ${name}`)!
      const d = direction.get(`${role} ${name}`)!
      for (let i = 0; i < g.length; i++) {
        right += g[i]! * d[i]!
        mass += Math.abs(g[i]! * d[i]!)
      }
    }
  if (!Number.isFinite(left) || !Number.isFinite(right) || Math.abs(left - right) <= 1e-9 * mass + 1e-13 * weight) return undefined
  return { check: 'the gradient differs from the complex step', detail: `<J d, w> = ${left}, <d, J'w> = ${right}, mass ${mass}` }
}
