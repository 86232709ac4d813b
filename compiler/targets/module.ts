/** A generated module: kernels, the memory they work on, and the interface that `signature.ts` describes. */
import { InternalError } from '../../dsl/diagnostics.ts'
import * as dim from '../../dsl/dims.ts'
import type { Dim } from '../../dsl/dims.ts'
import { axisNamed, extent, historyDepth, isSequence, nameOfAxis, reached, type Graph, type Id, type Value } from '../graph.ts'
import { libraryText } from '../numeric/library.ts'
import { type Plan } from '../plan/plan.ts'
import { layoutOf, type Layout } from '../plan/layout.ts'
import { histories, type History } from './histories.ts'
import type { Signature } from '../signature.ts'
import { formulasOf } from '../describe.ts'
import type { Reach } from '../passes/reach.ts'
import { passNames, passText, stepsOf } from './pass-steps.ts'
import { mentionedIn, printPlain, type Plain } from '../numeric/plain.ts'
import { runtimeText } from './runtime-text.ts'
import { steppingText } from './stepping.ts'
import { formula, indent, javascript, literal, names, only, typescript, type DimNames } from './writer.ts'

export interface Code {
  readonly ts: string
  readonly js: string
  readonly dts: string
}

/** The most bytes that a module takes: indices of its arrays stay within 31 bits. */
export const memoryLimit = 2 ** 31

const quoted = (name: string): string => (/^[A-Za-z_]\w*$/.test(name) && name !== '__proto__' ? name : JSON.stringify(name))
interface View {
  readonly name: string
  readonly value: Value
  readonly layout: Layout
  readonly int: boolean
  /** How many initial values it holds, where it has that axis. */
  readonly depth: number
}

/** How a target runs the kernels of a plan: the parts of a module that differ. */
export interface Backend {
  /** Declarations beside `create`. */
  readonly declarations: string
  /** The bodies of `forward` and `backward`: calls of kernels. */
  readonly forward: string
  readonly backward: string
  /** Functions of the numeric library that the declarations call. */
  readonly library: readonly string[]
  /** Every region starts at a multiple of so many entries. */
  readonly alignment: number
  /** Entries at the start of the memory that the target keeps for itself. */
  readonly reserved: number
  /** Room beside the plan: names of places, and sizes in entries as formulas. */
  readonly rooms: readonly (readonly [name: string, size: string])[]
  /** Statements that make the `memory` of `top` entries (an ArrayBuffer). */
  readonly memory: readonly string[]
  /** Statements that follow when `x` and `n` are views of it. */
  readonly ready: readonly string[]
}

/** How dims are called in a generated file. */
export const dimNames = (signature: Signature): DimNames => {
  const unique = names()
  const dims = signature.dims.map(d => [d, unique.fresh(d)] as const)
  const others = signature.sequences.slice(1).map((name, i) => [`@${axisNamed(name, i)}`, unique.fresh(name.toUpperCase())] as const)
  const spans = signature.sequences.map((name, i) => [`#${axisNamed(name, i - 1)}`, unique.fresh(i === 0 ? 'span' : `span_${name}`)] as const)
  return new Map([...dims, ['@t', 'T'], ...others, ...spans, ['@b', 'B'], ...passNames])
}

export interface Facts {
  /** Sizes of the source that not every choice of dims makes positive. */
  readonly doubtful?: readonly Dim[]
  /** How far the losses of a chunk of steps reach. */
  readonly reach: Reach
  /** Why it cannot be run one step at a time. */
  readonly looksAhead?: string | undefined
}

export const generate = (plan: Plan, signature: Signature, backend: Backend, facts: Facts): Code => {
  const { graph } = plan
  const dims = dimNames(signature)
  const array = signature.dtype === 'f32' ? 'Float32Array' : 'Float64Array'
  const body = createBody(plan, signature, dims, backend, facts, array)
  const own = formulasOf(graph).flatMap(x => [...mentionedIn(x).calls].filter(c => !c.startsWith('Math.')))
  const used = [...backend.library, 'initialise', ...(graph.face.noise.size > 0 ? ['drawNoise'] : []), ...own]
  const library = (edition: 'ts' | 'js'): string => libraryText(signature.dtype, used, edition)
  const types = typesOf(graph, signature, array)
  const before = `// ${signature.name}, compiled by Recurve. Do not edit: change the source and build again.\n`
  const data = `export const signature = ${compactJson(signature)}${only(' as const')}\n`
  const create = `/**
 * Takes all memory in one block, for given dims, a number of steps and a number of sequences.
 * Throws a RangeError for sizes that are not positive integers or need more than ${memoryLimit} bytes.
 */
export function create(dims${only(': Dims')}, sizes${only(': Sizes')}, options${only(': CreateOptions')} = {})${only(': Net')} {
${indent(body, 1)}}
`
  const code = [before, only(types), data, create, backend.declarations].join('\n')
  const runtime = runtimeText
  return {
    ts: `${typescript(code)}\n${typescript(runtime)}\n${library('ts')}`,
    js: `${javascript(code)}\n${javascript(runtime)}\n${library('js')}`,
    dts: `${before}\n${types}\nexport declare const signature: ${JSON.stringify(signature, null, 2)}\n\nexport declare function create(dims: Dims, sizes: Sizes, options?: CreateOptions): Net\n`,
  }
}

/** JSON with each port on a line of its own. */
const compactJson = (signature: Signature): string =>
  `{\n${Object.entries(signature)
    .map(([k, v]) => {
      const nested = typeof v === 'object' && v !== null && !Array.isArray(v) && Object.keys(v as object).length > 0
      const inner = nested
        ? `{\n${Object.entries(v as object)
            .map(([n, p]) => `    ${JSON.stringify(n)}: ${JSON.stringify(p)},\n`)
            .join('')}  }`
        : JSON.stringify(v)
      return `  ${JSON.stringify(k)}: ${inner},\n`
    })
    .join('')}}`

const record = (entries: readonly (readonly [string, string])[]): string =>
  entries.length === 0 ? '{}' : `{ ${entries.map(([n, t]) => `readonly ${quoted(n)}: ${t}`).join('; ')} }`

const typesOf = (graph: Graph, s: Signature, array: string): string => {
  const port = (list: Readonly<Record<string, { type: string }>>): string =>
    record(Object.entries(list).map(([n, p]) => [n, p.type === 'index' ? 'Int32Array' : array]))
  const reals = (list: Iterable<string>): string => record([...list].map(n => [n, array]))
  const g = graph.gradients
  return `export interface Dims { ${s.dims.map(d => `readonly ${quoted(d)}${Object.hasOwn(s.dimDefaults, d) ? '?' : ''}: number`).join('; ')} }
export interface Sizes { ${s.sequences.map(n => `readonly ${n}: number; `).join('')}readonly batch: number }
export interface CreateOptions {
  /** Steps that a gradient travels back; Infinity for full BPTT. */
  window?: number
  every?: number
  /** Keeps the tape for several backward passes. */
  again?: boolean
  /** The outputs that are wanted; all, if left out. */
  outputs?: readonly string[]
  /** Streams whose total derivative is wanted in \`adjoints\`. */
  adjoints?: readonly string[]
  /** What lies along other sequences than t is computed once, until \`reset\`. */
  stepping?: boolean
}
/** One step at a time: fill \`inputs\`, call it, read \`outputs\`. */
export interface Stepper extends Pick<Net, 'inputs' | 'targets' | 'lengths' | 'noise' | 'given' | 'hyper' | 'params' | 'initial' | 'outputs' | 'final' | 'dispose'> {
  (options?: { training?: boolean; seed?: number }): number
  step(options?: { training?: boolean; seed?: number }): number
  /** Begins anew, with what the net holds now. */
  reset(): void
  /** What was chosen at the last step, for a model that looks back at it: \`tgt[t-1]\`. */
  feed(name: string, values: ArrayLike<number>): void
  /** Every sequence of the batch takes the history of another: beams. */
  reorder(rows: ArrayLike<number>): void
}
export interface Net {
  readonly params: ${reals(Object.keys(s.params))}
  readonly grads: ${reals(g?.params.keys() ?? [])}
  readonly noise: ${reals(roleNames(graph, 'noise'))}
  readonly hyper: { ${Object.keys(s.hyper)
    .map(n => `${quoted(n)}: number`)
    .join('; ')} }
  /** True takes what stands in \`initial\`, for a state that the source gives initial values, or in \`noise\`, instead of drawing. */
  readonly given: { ${givenNames(graph)
    .map(n => `${quoted(n)}: boolean`)
    .join('; ')} }
  readonly inputs: ${port(s.inputs)}
  readonly targets: ${port(s.targets)}
  /** How many steps each sequence of the batch has; all of them at first. */
  readonly lengths: ${record(s.sequences.map(n => [n, 'Int32Array']))}
  readonly initial: ${reals(initialNames(graph))}
  readonly outputs: ${reals(Object.keys(s.outputs))}
  readonly final: ${reals(graph.face.states.keys())}
  readonly outputGrads: ${reals(roleNames(graph, 'outputGrad'))}
  readonly finalGrads: ${reals(roleNames(graph, 'finalGrad'))}
  readonly inputGrads: ${reals(g?.inputs.keys() ?? [])}
  readonly initialGrads: ${reals(g?.initial.keys() ?? [])}
  readonly adjoints: Readonly<Record<string, ${array}>>
  readonly bytes: { readonly params: number; readonly tape: number; readonly work: number }
  initialise(seed: number): void
  forward(options?: { training?: boolean; seed?: number; tape?: boolean }): number
  backward(options?: { window?: number; every?: number; accumulate?: boolean }): void
  carry(): void
  reset(): void
  feed(name: string, values: ArrayLike<number>): void
  reorder(rows: ArrayLike<number>): void
  stepper(axis?: string): Stepper
  dispose(): void
}
`.replaceAll('{  }', '{}')
}

const roleNames = (graph: Graph, role: string): readonly string[] => sourcesOf(graph, role).map(([n]) => n)
const sourcesOf = (graph: Graph, role: string): readonly (readonly [string, Id])[] =>
  graph.nodes.flatMap(n => (n.op === 'source' && n.attrs.role === role ? [[n.attrs.name!, n.id] as const] : []))
const givenNames = (graph: Graph): readonly string[] => [...roleNames(graph, 'given'), ...roleNames(graph, 'noise')]

/** A parameter whose entries are a formula of their indices. */
const filledBy = (formulaOfEntry: Plain, target: string, shape: readonly string[], scaled: number, say: (name: string) => string): string => {
  const body = `${target}[i++] = ${scaled === 1 ? '' : `${literal(scaled)} * `}(${printPlain(formulaOfEntry, say)})`
  const loops = shape.map((n, d) => `for (let i${d} = 0; i${d} < ${n}; i${d}++) `).join('')
  return `  {\n    let i = 0\n    ${loops}${body}\n  }`
}

/** Noise of all steps: drawn in training, the mean otherwise, unless it is given. */
const noiseDraws = ({ graph }: Plan, say: (name: string) => string, f: (d: Dim) => string): readonly string[] =>
  sourcesOf(graph, 'noise').map(([name, id], stream) => {
    const { kind, args } = graph.face.noise.get(name)!
    const node = graph.nodes[id]!
    const [a, b] = args.map(x => printPlain(x, say))
    const from = node.axes.includes('t') ? `first * B * ${formulaAtom(f(dim.product(node.shape)))}` : '0'
    const key = JSON.stringify(name)
    return `  if (!given[${key}]) drawNoise(noise[${key}], '${kind}', ${a!}, ${b ?? '0'}, options.training === true, options.seed ?? 0, ${stream}, ${from})`
  })

const formulaAtom = (text: string): string => (/^\w+$/.test(text) ? text : `(${text})`)

const initialNames = (graph: Graph): readonly string[] => roleNames(graph, 'initial')

const createBody = (plan: Plan, s: Signature, dims: DimNames, backend: Backend, { doubtful = [], reach, looksAhead }: Facts, array: string): string => {
  const { graph, regions } = plan
  const bytes = s.dtype === 'f32' ? 4 : 8
  const f = (d: Dim): string => formula(d, dims)
  const lines: string[] = []
  const dimNames = JSON.stringify(s.dims)
  lines.push(
    `known('dims', dims, ${dimNames})`,
    `known('sizes', sizes, ${JSON.stringify([...s.sequences, 'batch'])})`,
    `known('options', options, ["window","every","again","outputs","adjoints","stepping"])`,
  )
  for (const d of s.dims) {
    const fallback = Object.hasOwn(s.dimDefaults, d) ? ` ?? ${s.dimDefaults[d]}` : ''
    lines.push(`const ${dims.get(d)!} = positive(${JSON.stringify(d)}, dims[${JSON.stringify(d)}]${fallback})`)
  }
  for (const d of doubtful) lines.push(`positive(${JSON.stringify(formula(d, new Map(dim.names(d).map(n => [n, n]))))}, ${f(d)})`)
  const sequences = [...graph.face.lengths.keys()]
  for (const a of [...sequences, 'b']) lines.push(`const ${f(extent(a))} = positive('${nameOfAxis(a)}', sizes.${nameOfAxis(a)})`)
  for (const a of sequences) lines.push(`let ${f(reached(a))} = ${f(extent(a))}`)
  // A window of the caller's has chunks of its own length, unless the caller says more.
  const ownEvery = s.every === undefined ? 'undefined' : `${s.every}`
  lines.push(
    `const created = windowOf(options.window ?? ${s.window ?? 'Infinity'}, options.every ?? (options.window === undefined ? ${ownEvery} : undefined))`,
    `/** True when one pass does for all chunks: no gradient passes between them. */`,
    `const isSingle = (w${only(': { window: number; every: number }')})${only(': boolean')} => w.window === Infinity${reach.couples === undefined ? ' || w.window === w.every' : ''}`,
  )
  const outputs = Object.keys(s.outputs)
  const adjoints = [...(graph.gradients?.adjoints.keys() ?? [])]
  const adjointNames = adjoints
  lines.push(
    `const wanted = new Set${only('<string>')}(options.outputs ?? ${JSON.stringify(outputs)})`,
    `for (const o of wanted) if (!${JSON.stringify(outputs)}.includes(o)) throw new RangeError(\`outputs: there is no \${o}; there are: ${outputs.join(', ')}\`)`,
    `const derived = new Set${only('<string>')}(options.adjoints ?? [])`,
    `for (const a of derived) if (!${JSON.stringify(adjoints)}.includes(a)) throw new RangeError(\`adjoints: there is none of \${a}; there are: ${adjoints.join(', ')}\`)`,
    `const again = options.again === true || !isSingle(created)`,
    '',
    '// Where everything lies, in entries of the one block.',
    `let top = ${backend.reserved}`,
    `const take = (size${only(': number')})${only(': number')} => {`,
    '  const at = top',
    backend.alignment === 1 ? '  top += size' : `  top += Math.ceil(size / ${backend.alignment}) * ${backend.alignment}`,
    '  return at',
    '}',
  )
  const sizeText = (r: (typeof regions)[number]): string => {
    const list = [...new Set(r.sizes.map(f))]
    const whole = list.length === 1 ? list[0]! : `Math.max(${list.join(', ')})`
    const optional = r.optional === undefined ? whole : `derived.has(${JSON.stringify(r.optional)}) ? T * (${whole}) : ${whole}`
    return r.type === 'index' && bytes === 8 ? `Math.ceil((${optional}) / 2)` : optional
  }
  const roles: Record<string, string[]> = { params: [], tape: [], work: [] }
  for (const r of regions) {
    const comment = `// ${r.name}`
    const group = r.role === 'param' ? 'params' : r.role === 'tape' ? 'tape' : 'work'
    if (r.inside !== undefined && r.unlessAgain !== true) lines.push(`const r${r.id} = r${r.inside} ${comment}, in a place that is free again`)
    else if (r.inside !== undefined) {
      lines.push(`const r${r.id} = again ? take(${sizeText(r)}) : r${r.inside} ${comment}`)
      roles[group]!.push(`(again ? ${sizeText(r)} : 0)`)
    } else {
      lines.push(`const r${r.id} = take(${sizeText(r)}) ${comment}`)
      roles[group]!.push(r.optional === undefined ? sizeText(r) : `(${sizeText(r)})`)
    }
    if (r.optional !== undefined) lines.push(`const step${r.id} = derived.has(${JSON.stringify(r.optional)}) ? ${r.sizes.map(f).join('')} : 0`)
  }
  for (const [name, size] of backend.rooms) {
    lines.push(`const ${name} = take(${size})`)
    roles['work']!.push(size)
  }
  const sum = (list: readonly string[]): string => (list.length === 0 ? '0' : `${bytes} * (${list.join(' + ')})`)
  lines.push(
    `const bytes = { params: ${sum(roles['params']!)}, tape: ${sum(roles['tape']!)}, work: ${sum(roles['work']!)} }`,
    `if (!(top * ${bytes} <= ${memoryLimit})) throw new RangeError(\`\${top * ${bytes}} bytes are needed, and the limit is ${memoryLimit}\`)`,
    ...backend.memory,
    `let x = new ${array}(memory)`,
    `let n = new Int32Array(memory)`,
    ...backend.ready,
    '',
  )
  const view = (v: View): string => {
    const depth = dim.constant(v.depth)
    const counts = v.value.axes.map(a => f(a === 'k' ? depth : extent(a)))
    const entries = [...counts, `${formula(dim.product(v.value.shape), dims, true)}`].join(' * ')
    const start = `r${v.layout.region} + ${f(v.layout.offset)}`
    return v.int
      ? `n.subarray((r${v.layout.region}) * ${bytes / 4} + ${f(v.layout.offset)}, (r${v.layout.region}) * ${bytes / 4} + ${f(v.layout.offset)} + ${entries})`
      : `x.subarray(${start}, ${start} + ${entries})`
  }
  const viewOf = (name: string, id: Id): readonly [string, string] => {
    const layout = layoutOf(plan, id)
    if (layout === undefined) throw new InternalError(`${name} has no place`)
    return [name, view({ name, value: graph.nodes[id]!, layout, int: regions[layout.region]!.type === 'index', depth: historyDepth(graph, id) })]
  }
  const object = (entries: readonly (readonly [string, string])[]): string =>
    entries.length === 0 ? '{}' : `{\n${entries.map(([k, v]) => `  ${k === '__proto__' ? '["__proto__"]' : quoted(k)}: ${v},\n`).join('')}}`
  const sources = (role: string): readonly (readonly [string, string])[] => sourcesOf(graph, role).map(([name, id]) => viewOf(name, id))
  const g = graph.gradients
  const finals = [...graph.face.states].map(([name, st]) => viewOf(name, st.final))
  const optionalViews = (list: readonly (readonly [string, Id])[], has: string): string =>
    `{\n${list.map(([name, id]) => `  ...(${has}.has(${JSON.stringify(name)}) ? { ${quoted(name)}: ${viewOf(name, id)[1]} } : {}),\n`).join('')}}`
  const hypers = sourcesOf(graph, 'hyper')
  const live = new Set(roleNames(graph, 'param'))
  const givenStates = roleNames(graph, 'given')
  /** What a name of a formula is called in the code. */
  const say = (name: string): string =>
    name.startsWith('dim ') ? (dims.get(name.slice(4)) ?? name.slice(4)) : name.startsWith('hyper ') ? `hyper[${JSON.stringify(name.slice(6))}]` : name
  lines.push(
    `const params = ${object(sources('param'))}`,
    `const grads = ${object([...(g?.params ?? [])].map(([n, id]) => viewOf(n, id)))}`,
    `const inputs = ${object(sources('input'))}`,
    `const targets = ${object(sources('target'))}`,
    `const lengths = ${object(sources('length'))}`,
    ...sequences.map(a => `lengths.${nameOfAxis(a)}.fill(${f(extent(a))})`),
    `const initial = ${object(sources('initial'))}`,
    `const outputs = ${optionalViews([...graph.face.outputs], 'wanted')}${only(' as Net["outputs"]')}`,
    `const final = ${object(finals)}`,
    `const outputGrads = ${object(sources('outputGrad'))}`,
    `const finalGrads = ${object(sources('finalGrad'))}`,
    `const inputGrads = ${object([...(g?.inputs ?? [])].map(([n, id]) => viewOf(n, id)))}`,
    `const initialGrads = ${object([...(g?.initial ?? [])].map(([n, id]) => viewOf(n, id)))}`,
    `const adjoints${only(`: Record<string, ${array}>`)} = ${optionalViews([...(g?.adjoints ?? [])], 'derived')}`,
    ...(adjointNames.length === 0
      ? []
      : [
          `/** Total derivatives of the chunks before; those of one stream by two names once. */`,
          `const totals = [...derived].filter((a, i, all) => all.findIndex(b => adjoints[b]${only('!')}.byteOffset === adjoints[a]${only('!')}.byteOffset) === i)`,
          `const sums${only(`: Record<string, ${array}>`)} = {}`,
          `if (again) for (const a of totals) sums[a] = new ${array}(adjoints[a]${only('!')}.length)`,
        ]),
    `/** Gradients that the passes of one backward pass add to. */`,
    `const added = [grads, inputGrads, initialGrads].flatMap(list => Object.values${only(`<${array}>`)}(list))`,
    `const given = ${object(givenNames(graph).map(name => [name, 'false'] as const))}`,
    `const hyper = ${object(Object.entries(s.hyper).map(([name, v]) => [name, literal(v)] as const))}`,
    `const noise = ${object(sources('noise'))}`,
    '',
    `/** How far the sequences of the batch go; whether one is shorter than there is room for; whether a pass goes on from the one before. */`,
    `let ragged = false`,
    `let carried = false`,
    `/** What lies along other sequences than t is there from the step before. */`,
    `let prepared = false`,
    `const stepping = options.stepping === true`,
    `/** The number of the first step: \`carry\` goes on counting. */`,
    `let first = 0`,
    `let tape${only(": 'none' | 'ready' | 'spent'")} = 'none'`,
    `let disposed = false`,
    `const alive = ()${only(': void')} => {`,
    `  if (disposed) throw new Error('this net has been disposed of')`,
    `}`,
    '',
    `function initialiseAll(seed${only(': number')})${only(': void')} {`,
    `  alive()`,
    `  seedOf(seed)`,
    ...Object.entries(s.params).map(([name, p], i) => {
      const value = graph.face.params.get(name)!
      const known = live.has(name)
      const shape = `[${value.shape.map(f).join(', ')}]`
      const target = known ? `params[${JSON.stringify(name)}]` : undefined
      if (target !== undefined && value.formula !== undefined) return filledBy(value.formula, target, value.shape.map(f), p.init.scaled, say)
      return target === undefined
        ? `  // ${name} is not used`
        : `  initialise(${target}, ${shape}, ${JSON.stringify(p.init.scheme)}, ${JSON.stringify(p.init.args)}, ${p.init.scaled}, seed, ${i})`
    }),
    `}`,
    '',
  )
  const checks = [...sourcesOf(graph, 'input'), ...sourcesOf(graph, 'target')].flatMap(([name, id]) => {
    const portSize = graph.face.inputs.get(name)?.size ?? graph.face.targets.get(name)?.size
    const where = graph.nodes[id]!.attrs.role === 'input' ? 'inputs' : 'targets'
    if (portSize === undefined) return []
    const node = graph.nodes[id]!
    const along = node.axes.find(isSequence)
    const lengths = along === undefined ? 'new Int32Array(B).fill(1)' : `lengths.${nameOfAxis(along)}`
    return [`  checkIndices(${JSON.stringify(name)}, ${where}[${JSON.stringify(name)}], ${f(portSize)}, ${lengths}, ${f(dim.product(node.shape))})`]
  })
  const measured = sequences.map(a => `  ${f(reached(a))} = longest(${JSON.stringify(nameOfAxis(a))}, lengths.${nameOfAxis(a)}, ${f(extent(a))})`)
  const ragged = sequences.map(a => `isRagged(lengths.${nameOfAxis(a)}, ${f(extent(a))})`).join(' || ')
  const hyperWrites = [
    ...hypers.map(([name, id]) => `  x[r${layoutOf(plan, id)!.region}] = hyper[${JSON.stringify(name)}]`),
    ...sourcesOf(graph, 'given').map(([name, id]) => `  x[r${layoutOf(plan, id)!.region}] = given[${JSON.stringify(name)}] ? 1 : 0`),
  ]
  // A pass leaves what others had at the steps that it did not run.
  const summed = [...(g?.adjoints ?? [])].map(([name, id]) => {
    const node = graph.nodes[id]!
    const { first, end } = stepsOf(graph, [id])
    const entries = dim.product([...node.axes.filter(a => a !== 't').map(extent), ...node.shape])
    const ran = reach.whole || !node.axes.includes('t') ? '' : `, ${f(dim.multiply(first, entries))}, ${f(dim.multiply(end, entries))}`
    const key = JSON.stringify(name)
    return `      if (sums[${key}] !== undefined) addTo(sums[${key}], adjoints[${key}]${only('!')}${ran})`
  })
  const lossLayout = graph.face.loss === undefined ? undefined : layoutOf(plan, graph.face.loss)!
  lines.push(
    `/** Runs all steps; the loss, or 0 where there is none. Throws a RangeError for an index out of range. */`,
    `function forward(options${only(': { training?: boolean; seed?: number; tape?: boolean }')} = {})${only(': number')} {`,
    `  alive()`,
    `  if (options.seed !== undefined) seedOf(options.seed)`,
    ...measured,
    `  ragged = ${ragged}`,
    ...checks,
    ...noiseDraws(plan, say, f),
    ...hyperWrites,
    indent(backend.forward, 1).trimEnd(),
    `  prepared = stepping`,
    `  tape = options.tape === false ? 'none' : 'ready'`,
    `  return ${lossLayout === undefined ? '0' : `x[r${lossLayout.region}]${only('!')}`}`,
    `}`,
    '',
    `/** Fills the gradients, from the tape that \`forward\` left. */`,
    `function backward(options${only(': { window?: number; every?: number; accumulate?: boolean }')} = {})${only(': void')} {`,
    `  alive()`,
    `  if (tape === 'none') throw new Error('backward needs a forward pass before it, and one that keeps its tape')`,
    `  if (tape === 'spent') throw new Error('the tape is spent: call forward again, or create the net with { again: true }')`,
    `  const cut = options.window === undefined && options.every === undefined ? created : windowOf(options.window ?? created.window, options.every)`,
    `  const single = isSingle(cut)`,
    `  if (!single && !again) throw new Error('chunks that share steps need the tape more than once: create the net with this window, or with { again: true }')`,
    `  if (!again) tape = 'spent'`,
    `  const window = single ? cut.window : Infinity`,
    `  const keep = options.accumulate === true || !single`,
    `  if (!single && options.accumulate !== true) for (const g of added) g.fill(0)`,
    ...(adjointNames.length === 0 ? [] : [`  if (!single) for (const a of totals) sums[a]${only('!')}.fill(0)`]),
    `  for (let chunkFrom = 0; chunkFrom === 0 || chunkFrom < span; chunkFrom += single ? Infinity : cut.every) {`,
    `    const chunkTo = single ? Infinity : chunkFrom + cut.every`,
    `    const low = single ? 0 : Math.max(0, chunkTo - cut.window)`,
    `    const high = single ? Infinity : chunkFrom + cut.window`,
    `    const reach = Math.min(window, low > 0 ? low : Infinity)`,
    ...(reach.whole ? [] : passText(reach.turns, backend.backward + summed.join(' ')).map(line => `    ${line}`)),
    indent(backend.backward, 2).trimEnd(),
    ...(adjointNames.length === 0 ? [] : [`    if (!single) {`, ...summed, `    }`]),
    `  }`,
    ...(adjointNames.length === 0 ? [] : [`  if (!single) for (const a of totals) adjoints[a]${only('!')}.set(sums[a]${only('!')})`]),
    `}`,
    '',
  )
  // What delays need is moved in front of the first step, for each sequence from its own end.
  const places = histories(plan)
  const move = (h: History, to: Layout, depth: number, apart: Dim): string => {
    const at = (l: Layout): string => `${h.index && bytes === 8 ? '2 * ' : ''}r${l.region} + ${f(l.offset)}`
    return `  history(${h.index ? 'n' : 'x'}, ${at(h.layout)}, ${f(h.step)}, ${f(h.row)}, ${depth}, ${at(to)}, ${f(apart)}, ${h.batched ? 'lengths.t' : 'undefined'}, span)`
  }
  const carries = [...graph.face.states].flatMap(([name, st]) => {
    const source = sourcesOf(graph, 'initial').find(([n]) => n === name)
    const h = places.find(p => p.stream === st.value)
    if (source === undefined || st.along !== 't') return []
    const to = layoutOf(plan, source[1])!
    const given = givenStates.includes(name) ? [`  given[${JSON.stringify(name)}] = true`] : []
    // A history that nobody reads is not kept; one that lies in front of its stream is moved there.
    return h === undefined || to.region === h.layout.region ? given : [move(h, to, st.depth, to.axes['k'] ?? dim.zero), ...given]
  })
  const moves = places.map(h => move(h, { ...h.layout, offset: dim.subtract(h.layout.offset, dim.scale(h.step, h.lead)) }, h.lead, h.step))
  const forgotten = places
    .filter(h => h.plain)
    .map(h => `  x.fill(0, r${h.layout.region} + ${f(dim.subtract(h.layout.offset, dim.scale(h.step, h.lead)))}, r${h.layout.region} + ${f(h.layout.offset)})`)
  const givens = givenStates.map(name => `  given[${JSON.stringify(name)}] = false`)
  lines.push(
    `/** The final states become the initial ones, and the steps count on. */`,
    `function carry()${only(': void')} {`,
    `  alive()`,
    ...carries,
    ...moves,
    `  first += span`,
    `  carried = true`,
    `}`,
    '',
    `/** The initial states are again as the source says: an expression, or zero. */`,
    `function reset()${only(': void')} {`,
    `  alive()`,
    ...initialNames(graph).map(name => `  initial[${JSON.stringify(name)}].fill(0)`),
    ...givens,
    ...forgotten,
    `  first = 0`,
    `  carried = false`,
    `  prepared = false`,
    `}`,
    '',
    ...steppingText({ plan, places, bytes, size: f, looksAhead }),
    `/** Lets the memory go. A second call does nothing. */`,
    `function dispose()${only(': void')} {`,
    `  disposed = true`,
    `  x = new ${array}(0)`,
    `  n = new Int32Array(0)`,
    `}`,
    '',
    `return { params, grads, hyper, noise, given, inputs, targets, lengths, initial, outputs, final, outputGrads, finalGrads, inputGrads, initialGrads, adjoints, bytes, initialise: initialiseAll, forward, backward, carry, reset, feed, reorder, stepper, dispose }`,
  )
  return lines.map(l => (l === '' ? '\n' : `${l}\n`)).join('')
}
