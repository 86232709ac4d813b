/** The body of `create`: what lies where, the records of the net, and its functions. */
import { InternalError } from '../../dsl/diagnostics.ts'
import * as dim from '../../dsl/dims.ts'
import type { Dim } from '../../dsl/dims.ts'
import { extent, historyDepth, isSequence, nameOfAxis, reached, type Id, type Value } from '../graph.ts'
import { printPlain, type Plain } from '../numeric/plain.ts'
import type { Plan } from '../plan/plan.ts'
import { layoutOf, type Layout } from '../plan/layout.ts'
import type { Signature } from '../signature.ts'
import { carryText } from './carry-text.ts'
import { memoryLimit, type Backend, type Facts } from './module.ts'
import { passText, stepsOf } from './pass-steps.ts'
import { givenNames, keyed, quoted, roleNames, sourcesOf } from './ports.ts'
import { steppingText } from './stepping.ts'
import { histories } from './histories.ts'
import { formula, indent, literal, only, type DimNames } from './writer.ts'

interface View {
  readonly name: string
  readonly value: Value
  readonly layout: Layout
  readonly int: boolean
  /** How many initial values it holds, where it has that axis. */
  readonly depth: number
}

/** A parameter whose entries are a formula of their indices. */
const filledBy = (formulaOfEntry: Plain, target: string, shape: readonly string[], scaled: number, say: (name: string) => string): string => {
  const body = `${target}[i++] = ${scaled === 1 ? '' : `${literal(scaled)} * `}(${printPlain(formulaOfEntry, say)})`
  const loops = shape.map((n, d) => `for (let i${d} = 0; i${d} < ${n}; i${d}++) `).join('')
  return `  {\n    let i = 0\n    ${loops}${body}\n  }`
}

/** Noise of all steps that any sequence has: drawn in training, the mean otherwise, unless it is given. */
const noiseDraws = ({ graph }: Plan, say: (name: string) => string, f: (d: Dim) => string): readonly string[] =>
  sourcesOf(graph, 'noise').map(([name, id], stream) => {
    const { kind, args } = graph.face.noise.get(name)!
    const { axes, shape } = graph.nodes[id]!
    const [a, b] = args.map(x => printPlain(x, say))
    const steps = axes.includes('t') ? 'first, span' : '0, 1'
    const places = axes.filter(x => isSequence(x) && x !== 't').map(extent)
    const rows = axes.includes('b') ? 'rows, B, firstRow' : '1, 1, 0'
    const key = JSON.stringify(name)
    return `  if (!given[${key}]) drawNoise(noise[${key}], '${kind}', ${a!}, ${b ?? '0'}, training, seed, ${stream}, ${steps}, ${f(dim.product(places))}, ${rows}, ${f(dim.product(shape))})`
  })

export const createBody = (plan: Plan, s: Signature, dims: DimNames, backend: Backend, { doubtful = [], reach, looksAhead }: Facts, array: string): string => {
  const { graph, regions } = plan
  const bytes = s.dtype === 'f32' ? 4 : 8
  const f = (d: Dim): string => formula(d, dims)
  const lines: string[] = []
  const dimNames = JSON.stringify(s.dims)
  lines.push(
    `known('dims', dims, ${dimNames})`,
    `known('sizes', sizes, ${JSON.stringify([...s.sequences, 'batch'])})`,
    `known('options', options, ["window","every","again","outputs","adjoints","check","firstRow","stepping"])`,
  )
  for (const d of s.dims) {
    const fallback = Object.hasOwn(s.dimDefaults, d) ? ` ?? ${s.dimDefaults[d]}` : ''
    lines.push(`const ${dims.get(d)!} = positive(${JSON.stringify(d)}, own(dims, ${JSON.stringify(d)})${fallback})`)
  }
  for (const d of doubtful) lines.push(`positive(${JSON.stringify(formula(d, new Map(dim.names(d).map(n => [n, n]))))}, ${f(d)})`)
  const sequences = [...graph.face.lengths.keys()]
  for (const a of [...sequences, 'b']) lines.push(`const ${f(extent(a))} = positive('${nameOfAxis(a)}', own(sizes, '${nameOfAxis(a)}'))`)
  for (const a of sequences) lines.push(`let ${f(reached(a))} = ${f(extent(a))}`)
  // A window of the caller's has chunks of its own length, unless the caller says more.
  const ownEvery = s.every === undefined ? 'undefined' : `${s.every}`
  lines.push(
    `const givenWindow = own(options, 'window')`,
    `const givenEvery = own(options, 'every')`,
    `const created = windowOf(givenWindow ?? ${s.window ?? 'Infinity'}, givenEvery ?? (givenWindow === undefined ? ${ownEvery} : undefined))`,
    `const stepping = flag('stepping', own(options, 'stepping'))`,
    `const firstRow = whole('firstRow', own(options, 'firstRow') ?? 0)`,
    `/** True when one pass does for all chunks: no gradient passes between them. */`,
    `const isSingle = (w${only(': { window: number; every: number }')})${only(': boolean')} => w.window === Infinity${reach.couples === undefined ? ' || w.window === w.every' : ''}`,
  )
  const outputs = Object.keys(s.outputs)
  const adjoints = [...(graph.gradients?.adjoints.keys() ?? [])]
  const adjointNames = adjoints
  lines.push(
    `const wanted = chosen('outputs', own(options, 'outputs'), ${JSON.stringify(outputs)}, ${JSON.stringify(outputs)})`,
    `const derived = chosen('adjoints', own(options, 'adjoints'), [], ${JSON.stringify(adjoints)})`,
    `const again = flag('again', own(options, 'again')) || !isSingle(created)`,
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
  const ints = bytes === 4 ? 'B' : 'Math.ceil(B / 2)'
  for (const [i] of sequences.entries()) {
    lines.push(`const given${i} = take(${ints}) // lengths as they are set`)
    roles['work']!.push(ints)
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
  const at = (name: string): string => (quoted(name) === name ? `.${name}` : `[${JSON.stringify(name)}]`)
  const object = (entries: readonly (readonly [string, string])[]): string =>
    entries.length === 0 ? '{}' : `{\n${entries.map(([k, v]) => `  ${keyed(k)}: ${v},\n`).join('')}}`
  const sources = (role: string): readonly (readonly [string, string])[] => sourcesOf(graph, role).map(([name, id]) => viewOf(name, id))
  const g = graph.gradients
  const finals = [...graph.face.states].map(([name, st]) => viewOf(name, st.final))
  const optionalViews = (list: readonly (readonly [string, Id])[], has: string): string =>
    `{\n${list.map(([name, id]) => `  ...(${has}.has(${JSON.stringify(name)}) ? { ${keyed(name)}: ${viewOf(name, id)[1]} } : {}),\n`).join('')}}`
  const hypers = sourcesOf(graph, 'hyper')
  const live = new Set(roleNames(graph, 'param'))
  /** What a name of a formula is called in the code. */
  const say = (name: string): string =>
    name.startsWith('dim ') ? (dims.get(name.slice(4)) ?? name.slice(4)) : name.startsWith('hyper ') ? `hyper[${JSON.stringify(name.slice(6))}]` : name
  lines.push(
    `const params = fixed('params', ${object(sources('param'))}, () => changed('parameters were changed after forward'))`,
    `const grads = fixed('grads', ${object([...(g?.params ?? [])].map(([n, id]) => viewOf(n, id)))})`,
    `const inputs = fixed('inputs', ${object(sources('input'))})`,
    `const targets = fixed('targets', ${object(sources('target'))})`,
    `/** How long the sequences are said to be, and how long those in use are in the pass that is there. */`,
    `const lengths = fixed('lengths', ${object(sequences.map((a, i) => [nameOfAxis(a), `n.subarray(given${i} * ${bytes / 4}, given${i} * ${bytes / 4} + B)`] as const))})`,
    `const ends = ${object(sources('length'))}`,
    ...sequences.map(a => `lengths${at(nameOfAxis(a))}.fill(${f(extent(a))})`),
    `const initial = fixed('initial', ${object(sources('initial'))})`,
    `const outputs = fixed('outputs', ${optionalViews([...graph.face.outputs], 'wanted')}${only(' as Net["outputs"]')})`,
    `const final = fixed('final', ${object(finals)})`,
    `const outputGrads = fixed('outputGrads', ${object(sources('outputGrad'))})`,
    `const finalGrads = fixed('finalGrads', ${object(sources('finalGrad'))})`,
    `const inputGrads = fixed('inputGrads', ${object([...(g?.inputs ?? [])].map(([n, id]) => viewOf(n, id)))})`,
    `const initialGrads = fixed('initialGrads', ${object([...(g?.initial ?? [])].map(([n, id]) => viewOf(n, id)))})`,
    `const adjoints${only(`: Readonly<Record<string, ${array}>>`)} = fixed('adjoints', ${optionalViews([...(g?.adjoints ?? [])], 'derived')})`,
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
    `const given = settable('given', ${object(givenNames(graph).map(name => [name, 'false'] as const))}, truth)`,
    `const hyper = settable('hyper', ${object(Object.entries(s.hyper).map(([name, v]) => [name, literal(v)] as const))}, finite)`,
    `const noise = fixed('noise', ${object(sources('noise'))})`,
    '',
    `/** How many sequences of the batch are in use, and how many were in the pass that is there. */`,
    `let rows = B`,
    `let ran = B`,
    `/** Whether a sequence is shorter than there is room for; whether a pass goes on from the one before. */`,
    `let ragged = false`,
    `let carried = false`,
    `/** What lies along other sequences than t is there from the step before. */`,
    `let prepared = false`,
    `/** The number of the first step: \`carry\` goes on counting. */`,
    `let first = 0`,
    `/** Why there is nothing that a backward pass could go through; empty: there is. */`,
    `let stale = unrun`,
    `function changed(what${only(': string')})${only(': void')} {`,
    `  if (stale === '') stale = \`\${what}: call forward again, before backward\``,
    `}`,
    `/** What the pass has read, where changes of it are to be noticed. */`,
    `const watched = flag('check', own(options, 'check')) ? watch({ params, inputs, targets, initial, noise }) : undefined`,
    `let disposed = false`,
    `const alive = ()${only(': void')} => {`,
    `  if (disposed) throw new Error('this net has been disposed of')`,
    `}`,
    '',
    `function initialiseAll(seed${only(': number')})${only(': void')} {`,
    `  alive()`,
    `  seedOf(seed)`,
    `  changed('parameters were changed after forward')`,
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
    if (portSize === undefined) return []
    const node = graph.nodes[id]!
    const where = node.attrs.role === 'input' ? 'inputs' : 'targets'
    // The innermost sequence first.
    const along = node.axes.filter(isSequence).toReversed()
    const counted = along.map(a => `, ends${at(nameOfAxis(a))}, ${f(extent(a))}`).join('')
    return [`  checkIndices(${JSON.stringify(name)}, ${where}${at(name)}, ${f(portSize)}, rows, B, ${f(dim.product(node.shape))}${counted})`]
  })
  const measured = sequences.map(
    a => `  ${f(reached(a))} = measure(${JSON.stringify(nameOfAxis(a))}, lengths${at(nameOfAxis(a))}, ends${at(nameOfAxis(a))}, rows, ${f(extent(a))})`,
  )
  const ragged = [`rows < B`, ...sequences.map(a => `isRagged(ends${at(nameOfAxis(a))}, ${f(extent(a))})`)].join(' || ')
  const places = histories(plan)
  const carrying = carryText({ plan, places, bytes, size: f })
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
    `  known('forward', options, forwardOptions)`,
    `  const training = flag('training', own(options, 'training'))`,
    `  const seed = seedOf(own(options, 'seed') ?? 0)`,
    `  const keeps = flag('tape', own(options, 'tape') ?? true)`,
    `  stale = 'the last forward pass has not come through: call forward again, before backward'`,
    ...measured,
    `  ran = rows`,
    `  ragged = ${ragged}`,
    ...checks,
    ...(carrying.forgotten.length === 0 ? [] : [`  if (rows < B) {`, ...carrying.forgotten.map(l => `  ${l}`), `  }`]),
    ...noiseDraws(plan, say, f),
    ...hyperWrites,
    indent(backend.forward, 1).trimEnd(),
    `  prepared = stepping`,
    `  stale = keeps ? '' : unrun`,
    `  if (keeps && watched !== undefined) watched.note()`,
    `  return ${lossLayout === undefined ? '0' : `x[r${lossLayout.region}]${only('!')}`}`,
    `}`,
    '',
    `/** Fills the gradients, from the tape that \`forward\` left. */`,
    `function backward(options${only(': { window?: number; every?: number; accumulate?: boolean }')} = {})${only(': void')} {`,
    `  alive()`,
    `  known('backward', options, backwardOptions)`,
    `  const wide = own(options, 'window')`,
    `  const every = own(options, 'every')`,
    `  const accumulate = flag('accumulate', own(options, 'accumulate'))`,
    `  if (stale === '') {`,
    `    if (rows !== ran) changed('rows was changed after forward')`,
    ...sequences.map(
      a => `    else if (differ(lengths${at(nameOfAxis(a))}, ends${at(nameOfAxis(a))}, rows)) changed('lengths.${nameOfAxis(a)} was changed after forward')`,
    ),
    `    else if (watched !== undefined && watched.other() !== undefined) changed(\`\${watched.other()} was changed after forward\`)`,
    `  }`,
    `  if (stale !== '') throw new Error(stale)`,
    `  const cut = wide === undefined && every === undefined ? created : windowOf(wide ?? created.window, every)`,
    `  const single = isSingle(cut)`,
    `  if (!single && !again) throw new Error('chunks that share steps need the tape more than once: create the net with this window, or with { again: true }')`,
    `  if (!again) stale = 'the tape is spent: call forward again, or create the net with { again: true }'`,
    `  const window = single ? cut.window : Infinity`,
    `  const keep = accumulate || !single`,
    `  if (!single && !accumulate) for (const g of added) g.fill(0)`,
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
  lines.push(
    ...carrying.lines,
    ...steppingText({ plan, places, bytes, size: f, looksAhead }),
    `/** Lets the memory go. A second call does nothing. */`,
    `function dispose()${only(': void')} {`,
    `  disposed = true`,
    `  x = new ${array}(0)`,
    `  n = new Int32Array(0)`,
    `}`,
    '',
    `return Object.freeze({`,
    `  params, grads, hyper, noise, given, inputs, targets, lengths, initial, outputs, final, outputGrads, finalGrads, inputGrads, initialGrads, adjoints, bytes,`,
    `  get rows() {`,
    `    return rows`,
    `  },`,
    `  set rows(value) {`,
    `    rows = whole('rows', value, B)`,
    `  },`,
    `  initialise: initialiseAll, forward, backward, carry, reset, carried: kept, resume, feed, reorder, stepper, dispose,`,
    `})`,
  )
  return lines.map(l => (l === '' ? '\n' : `${l}\n`)).join('')
}
