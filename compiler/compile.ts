/** Text to code: the compiler as a dozen steps. */
import { fewest, type Diagnostic } from '../dsl/diagnostics.ts'
import { messages, report } from '../dsl/messages.ts'
import { readProgram, type Program } from '../dsl/program.ts'
import { suggest } from '../dsl/suggest.ts'
import type { Block } from '../dsl/syntax.ts'
import { elaborate } from './elaborate/elaborate.ts'
import { functionNames } from './elaborate/functions.ts'
import { freeze, type Frozen } from './freeze.ts'
import { doubtfulSizes, validate, type Graph } from './graph.ts'
import { headsOf } from './heads.ts'
import { differentiate, type Request } from './passes/differentiate.ts'
import type { Reach } from './passes/reach.ts'
import { looksAhead } from './passes/causal.ts'
import { mergeProducts } from './passes/merge-products.ts'
import { boundReductions, contractProducts, divideOnce, expandDefined, runPasses, simplify, written } from './passes/simplify.ts'
import type { Pass } from './passes/rebuild.ts'
import { plan, type Plan } from './plan/plan.ts'
import { placeCopies } from './schedule/copies.ts'
import { chooseTape } from './schedule/tape.ts'
import { signatureOf } from './describe.ts'
import { checkAgainst, checkSet, checkSource, compileOptions, type CompileOptions } from './options.ts'
import type { Signature } from './signature.ts'
import { generate, type Code } from './targets/module.ts'
import { typescriptBackend } from './targets/typescript/backend.ts'
import { wasmBackend } from './targets/wasm/backend.ts'

export type { CompileOptions, Target } from './options.ts'

/** Before differentiation: what changes the order of sums, and is frozen afterwards. */
export const reassociating: readonly Pass[] = [mergeProducts]

/** After it: the adjoint brings defined ops, repetitions and products that sums can take in. */
export const cleaning: readonly Pass[] = [simplify, expandDefined, boundReductions, simplify, divideOnce, contractProducts, simplify]

/** Last: what is stored, and where copies are needed, is fixed before sums get their order. */
export const storing: readonly Pass[] = [chooseTape, placeCopies]

export interface Compiled {
  readonly diagnostics: readonly Diagnostic[]
  readonly code?: Code
  readonly signature?: Signature
  /** The graph as it is run: frozen, forward and backward. */
  readonly graph?: Graph
  readonly stages?: Stages
}

/** What each step leaves, for whoever wants to look. */
export interface Stages {
  readonly program: Program
  readonly block: Block
  /** The equations as streams. */
  readonly source: Graph
  /** The same with its adjoint, nothing rearranged. */
  readonly reference: Graph
  readonly frozen: Frozen
  readonly plan: Plan
  /** How far the losses of a chunk of steps reach. */
  readonly reach: Reach
}

/**
 * Compiles one cell or model. What is wrong with the source is in the diagnostics. Options are copied once, and throw: a
 * TypeError where one is of another type, a RangeError where one is unknown, out of range, names what the source does not
 * have, or does not go together with another.
 */
export const compile = (text: string, given: CompileOptions = {}): Compiled => {
  checkSource(text)
  const options = compileOptions(given)
  const read = readProgram(options.path ?? 'source.cell', text, options.files, functionNames)
  if (read.program === undefined) return { diagnostics: read.diagnostics }
  const chosen = chooseBlock(read.program, options.cell)
  if (!('block' in chosen)) return { diagnostics: [...read.diagnostics, chosen] }
  checkSet(chosen.block, options)
  const elaborated = elaborate(read.program, chosen.block, options.set)
  const diagnostics = fewest([...read.diagnostics, ...elaborated.diagnostics])
  if (elaborated.graph === undefined) return { diagnostics }

  checkAgainst(elaborated.graph, options)
  const source = withOptions(elaborated.graph, options)
  const request = requestOf(source, options)
  const reference = written(validate(differentiate(source, request).graph, 'differentiate'))
  const merged = runPasses(source, reassociating, validate)
  const derived = differentiate(merged, request)
  const joint = runPasses(validate(derived.graph, 'differentiate'), [...cleaning, ...storing], validate)
  const frozen = freeze(joint)
  const planned = plan(frozen.graph, frozen.schedule)
  const { target = 'ts', dtype = 'f32' } = options
  const signature = signatureOf(frozen.graph, chosen.block, { text, target, dtype }, elaborated.fixed)
  const backend =
    options.target === 'wasm'
      ? wasmBackend(planned, signature, derived.reach, options.fma === true)
      : typescriptBackend(planned, signature, derived.reach, headsOf(read.program, frozen.graph))
  const code = generate(planned, signature, backend, { doubtful: doubtfulSizes(source), reach: derived.reach, looksAhead: looksAhead(source) })
  return {
    diagnostics,
    code,
    signature,
    graph: frozen.graph,
    stages: { program: read.program, block: chosen.block, source, reference, frozen, plan: planned, reach: derived.reach },
  }
}

/** The named block, or the last; its diagnostics where there is none. */
export const chooseBlock = (program: Program, name: string | undefined): { block: Block } | Diagnostic => {
  const wanted = name ?? program.own.at(-1)
  const block = wanted === undefined ? undefined : program.blocks.get(wanted)
  if (block !== undefined) return { block }
  const { path, text } = program.main
  const span = { file: path, start: 0, end: Math.min(1, text.length) }
  return report(span, messages.noSuchBlock(wanted ?? '', program.own, suggest(wanted ?? '', program.own)))
}

const withOptions = (graph: Graph, options: CompileOptions): Graph => {
  const { face } = graph
  const kept = (options.keep ?? []).flatMap(name => {
    const id = face.streams.get(name)
    return id === undefined ? [] : [[name, id] as const]
  })
  const { window: own, ...rest } = face
  const size = options.window ?? own?.size
  const every = options.every ?? (options.window === undefined ? own?.every : options.window) ?? size
  if (size !== undefined && every! > size) throw new RangeError(`every: chunks of ${every} steps are longer than the window of ${size}`)
  return {
    ...graph,
    face: { ...rest, outputs: new Map([...face.outputs, ...kept]), ...(size === undefined || size === Infinity ? {} : { window: { size, every: every! } }) },
  }
}

/** Which cotangents come from outside, and which derivatives are wanted. */
export const requestOf = (graph: Graph, options: CompileOptions): Request => {
  const { face } = graph
  const timed = [...face.outputs].filter(([, id]) => graph.nodes[id]!.type === 'real').map(([n]) => n)
  const free = face.loss === undefined
  const named = options.keep ?? []
  return {
    outputs: options.cotangents ?? (free ? timed.filter(n => !named.includes(n)) : []),
    finals: options.finalCotangents ?? (free ? [...face.states.keys()] : []),
    adjoints: options.adjoints ?? [...new Set([...face.states.keys(), ...timed])],
  }
}
