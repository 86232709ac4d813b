/** A checked program and the name of one block to the graph of its streams. */
import * as dim from '../../dsl/dims.ts'
import type { Dim } from '../../dsl/dims.ts'
import { fewest, Refused, type Diagnostic } from '../../dsl/diagnostics.ts'
import type { Program } from '../../dsl/program.ts'
import { axesOf } from '../../dsl/declarations.ts'
import type { Block } from '../../dsl/syntax.ts'
import { Builder, TooLarge } from '../builder.ts'
import { alongOf, axisNamed, nameOfAxis, validate, type Axis, type Graph, type Node, type Value } from '../graph.ts'
import { elaborateBlock } from './block.ts'
import { limits } from '../../dsl/limits.ts'
import { messages, report } from '../../dsl/messages.ts'
import { markCuts } from '../passes/reversed.ts'
import { components } from '../schedule/components.ts'
import { refuse, type World } from './context.ts'

export interface Elaborated {
  readonly graph?: Graph
  readonly diagnostics: readonly Diagnostic[]
  /** The dims whose numbers went into the graph. */
  readonly fixed: Readonly<Record<string, number>>
}

/**
 * `fixed`: dims whose numbers go into the code. A structural dim (one that counts parts, rounds or delays) that has a
 * default and no number takes its default.
 */
export const elaborate = (program: Program, block: Block, fixed: Readonly<Record<string, number>> = {}): Elaborated => {
  const { structural, ...made } = elaborateWith(program, block, fixed)
  const defaults = block.dims.flatMap(d =>
    structural.has(d.name.name) && d.value?.kind === 'number' && !Object.hasOwn(fixed, d.name.name) ? [[d.name.name, d.value.value] as const] : [],
  )
  return defaults.length === 0 ? made : elaborate(program, block, { ...fixed, ...Object.fromEntries(defaults) })
}

/** The sequences of a block that is compiled by itself, in the order of their declarations. */
const ownAxes = (block: Block): ReadonlyMap<string, Axis> => new Map([...axesOf(block)].map((name, i) => [name, axisNamed(name, i - 1)] as const))

/** What sees a whole sequence cannot lie on a cycle through a delay. */
const sequencesInCycles = (graph: Graph): void => {
  for (const { nodes, direction, along } of components(graph, new Set(graph.nodes.keys()))) {
    if (direction === 0) continue
    const whole = (n: Node): boolean => (['reverse', 'end', 'fold'].includes(n.op) && alongOf(n) === along) || n.attrs.over?.includes(along) === true
    const found = nodes.map(id => graph.nodes[id]!).find(whole)
    if (found?.span !== undefined)
      refuse(found.span, messages.sequenceInCycle(found.op === 'end' ? found.attrs.at! : found.op === 'reverse' ? 'reverse' : `over ${nameOfAxis(along)}`))
  }
}

/** What an error says to the author; an error of ours is thrown on. */
const refusals = (error: unknown, block: Block): readonly Diagnostic[] => {
  if (error instanceof Refused) return error.diagnostics
  if (error instanceof TooLarge) return [report(error.span ?? block.name.span, messages.tooManyOperations())]
  // The limits keep the stack shallow; a caller who is deep in it already can still make it overflow here.
  if (error instanceof RangeError && /call stack/.test(error.message)) return [report(block.name.span, messages.longExpression())]
  throw error
}

const elaborateWith = (program: Program, block: Block, fixed: Readonly<Record<string, number>>): Elaborated & { structural: ReadonlySet<string> } => {
  const structural = new Set<string>()
  const b = new Builder(limits.operations)
  const numbers = new Map(Object.entries(fixed).map(([n, v]) => [n, dim.constant(v)]))
  const world: World = {
    b,
    program,
    diagnostics: [],
    params: new Map(),
    states: new Map(),
    streams: new Map(),
    hyper: new Map(),
    noise: new Map(),
    lengths: new Map(),
    structural,
  }
  const dims = new Map(block.dims.map(d => [d.name.name, numbers.get(d.name.name) ?? dim.variable(d.name.name)]))
  const ports = { inputs: new Map<string, Value & { size?: Dim }>(), targets: new Map<string, Value & { size?: Dim }>() }
  try {
    const made = elaborateBlock(world, block, program.scopeOf(block), {
      dims,
      path: '',
      axes: ownAxes(block),
      params: { path: '', known: new Map() },
      ports,
    })
    if (world.diagnostics.some(d => d.severity === 'error')) return { diagnostics: fewest(world.diagnostics), structural, fixed }
    const { params, states, streams, hyper, noise, lengths } = world
    const face = { params, ...ports, hyper, noise, lengths, states, streams, outputs: made.outputs }
    const graph: Graph = {
      nodes: b.nodes,
      face: { ...face, ...(made.loss === undefined ? {} : { loss: made.loss }), ...(made.window === undefined ? {} : { window: made.window }) },
    }
    sequencesInCycles(validate(graph, 'elaboration'))
    return { graph: markCuts(graph), diagnostics: world.diagnostics, structural, fixed }
  } catch (error) {
    return { diagnostics: fewest([...world.diagnostics, ...refusals(error, block)]), structural, fixed }
  }
}
