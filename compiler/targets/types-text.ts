/** The types of a generated module. */
import type { Graph } from '../graph.ts'
import type { Signature } from '../signature.ts'
import { givenNames, initialNames, quoted, roleNames } from './ports.ts'

const record = (entries: readonly (readonly [string, string])[]): string =>
  entries.length === 0 ? '{}' : `{ ${entries.map(([n, t]) => `readonly ${quoted(n)}: ${t}`).join('; ')} }`

export const typesOf = (graph: Graph, s: Signature, array: string): string => {
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
  /** Checks before each backward pass that what the forward pass read is still there. */
  check?: boolean
  /** The number of the first row, where the batch is a part of a larger one: noise is that of the whole. */
  firstRow?: number
  /** What lies along other sequences than t is computed once, until \`reset\`. */
  stepping?: boolean
}
/** What a pass goes on from, as plain data. */
export interface Carried {
  /** How many steps came before. */
  readonly step: number
  /** Whether a carry came before. */
  readonly going: boolean
  readonly given: Readonly<Record<string, boolean>>
  readonly arrays: Readonly<Record<string, Float32Array | Float64Array | Int32Array>>
}
/** One step at a time: fill \`inputs\`, call it, read \`outputs\`. */
export interface Stepper extends Pick<Net, 'inputs' | 'targets' | 'lengths' | 'rows' | 'noise' | 'given' | 'hyper' | 'params' | 'initial' | 'outputs' | 'final' | 'dispose'> {
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
  /** How many sequences of the batch are in use; all at first. Rows behind them do not exist. */
  rows: number
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
  /** All that a carry hands on, and takes up again. */
  carried(): Carried
  resume(carried: Carried): void
  feed(name: string, values: ArrayLike<number>): void
  reorder(rows: ArrayLike<number>): void
  stepper(axis?: string): Stepper
  dispose(): void
}
`.replaceAll('{  }', '{}')
}
