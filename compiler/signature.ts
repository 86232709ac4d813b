/**
 * What a generated module tells about itself, and what it can do: the interface between emitted code and the
 * programs that use it. Everything here is plain data or an interface; a generated file carries its own copy.
 */

export type Dtype = 'f32' | 'f64'

/** How a parameter starts: the scheme with its numbers, e.g. `{ scheme: 'normal', args: [0, 0.1] }`; a `formula` stands in the code. */
export interface Initialiser {
  readonly scheme: 'zeros' | 'ones' | 'constant' | 'formula' | 'uniform' | 'normal' | 'glorot' | 'he' | 'lecun' | 'orthogonal' | 'identity'
  readonly args: readonly number[]
  readonly scaled: number
}

/** A named array: its shape as formulas of the dims (`['4*H', 'D']`), in row-major order behind its axes. */
export interface Port {
  readonly shape: readonly string[]
  /** The axes before the shape: `['t', 'batch']`, `['batch']` or none. */
  readonly axes: readonly string[]
  readonly type: 'real' | 'index'
  /** For an index: how many values there are, as a formula. */
  readonly size?: string
}

export interface ParameterPort extends Port {
  readonly init: Initialiser
  /** A fixed parameter keeps its initial value: it has no gradient. */
  readonly fixed: boolean
}

export interface StatePort extends Port {
  /** The deepest delay that reads it: so many initial values it has. */
  readonly delay: number
}

export interface Signature {
  readonly format: 'recurve-module-1'
  readonly name: string
  readonly kind: 'cell' | 'model'
  readonly target: string
  readonly dtype: Dtype
  /** SHA-256 of the source text. */
  readonly source: string
  readonly dims: readonly string[]
  /** Values fixed when the code was built. */
  readonly fixedDims: Readonly<Record<string, number>>
  readonly dimDefaults: Readonly<Record<string, number>>
  readonly params: Readonly<Record<string, ParameterPort>>
  readonly hyper: Readonly<Record<string, number>>
  readonly noise: Readonly<Record<string, Port>>
  readonly inputs: Readonly<Record<string, Port>>
  readonly targets: Readonly<Record<string, Port>>
  readonly states: Readonly<Record<string, StatePort>>
  readonly outputs: Readonly<Record<string, Port>>
  /** The names of the sequences; the first is `t`. */
  readonly sequences: readonly string[]
  readonly loss: boolean
  /** The truncation window of the source, if it has one. */
  readonly window?: number
  readonly every?: number
}

export type Reals = Float32Array | Float64Array
export type Arrays<A = Reals> = Readonly<Record<string, A>>

export interface ForwardOptions {
  training?: boolean
  seed?: number
  /** `false` only evaluates: no `backward` may follow. */
  tape?: boolean
}

export interface BackwardOptions {
  /** Steps that a gradient travels back; `Infinity` for full BPTT. Left out: as the source says. */
  window?: number
  every?: number
  /** Adds to the gradients instead of replacing them. */
  accumulate?: boolean
}

/** What `create` returns. */
export interface Net {
  readonly params: Arrays
  readonly grads: Arrays
  readonly hyper: Record<string, number>
  /** What is drawn at each step, or given: see `given`. */
  readonly noise: Arrays
  /** For a state that the source gives initial values: true takes those in `initial` instead. `carry` sets it. */
  readonly given: Record<string, boolean>
  readonly inputs: Arrays<Reals | Int32Array>
  readonly targets: Arrays<Reals | Int32Array>
  /** How many steps each sequence of the batch has, by the name of the axis; all of them at first. */
  readonly lengths: Arrays<Int32Array>
  /** How many sequences of the batch are in use; all at first. Rows behind them do not exist: no loss, no gradient, outputs zero. */
  rows: number
  readonly initial: Arrays
  readonly outputs: Arrays
  readonly final: Arrays
  readonly outputGrads: Arrays
  readonly finalGrads: Arrays
  readonly inputGrads: Arrays
  readonly initialGrads: Arrays
  readonly adjoints: Arrays
  readonly bytes: { readonly params: number; readonly tape: number; readonly work: number }
  initialise(seed: number): void
  /** Runs all steps. Returns the loss, or 0 where there is none. */
  forward(options?: ForwardOptions): number
  backward(options?: BackwardOptions): void
  /** The final states become the initial ones. */
  carry(): void
  /** The initial states become zero, or what the source gives. */
  reset(): void
  /** All that a carry hands on, copied: what `resume` of a net of the same sizes goes on from. */
  carried(): Carried
  /** Goes on from what `carried` gave. Throws a RangeError, before anything is changed, for what does not fit. */
  resume(carried: Carried): void
  /** Puts what was chosen at the last step in the place of what stood there. To be called after a carry. */
  feed(name: string, values: ArrayLike<number>): void
  /** Every sequence of the batch takes the history of the one that is named for it. To be called after a carry. */
  reorder(rows: ArrayLike<number>): void
  /** A net that runs one step at a time, from where this one begins. Throws an Error where the outputs look ahead. */
  stepper(axis?: string): Stepper
  dispose(): void
}

/** What a pass goes on from, as plain data. */
export interface Carried {
  /** How many steps came before: noise and `t` count on. */
  readonly step: number
  /** Whether a carry came before. */
  readonly going: boolean
  readonly given: Readonly<Record<string, boolean>>
  /** Initial values and histories, by names of their own. */
  readonly arrays: Readonly<Record<string, Reals | Int32Array>>
}

/** One step at a time: fill `inputs`, call it, read `outputs`. */
export interface Stepper extends Pick<
  Net,
  'inputs' | 'targets' | 'lengths' | 'rows' | 'noise' | 'given' | 'hyper' | 'params' | 'initial' | 'outputs' | 'final' | 'dispose'
> {
  (options?: ForwardOptions): number
  step(options?: ForwardOptions): number
  /** Begins anew, with what the net holds now. */
  reset(): void
  /** What was chosen at the last step, for a model that looks back at it: `tgt[t-1]`. */
  feed(name: string, values: ArrayLike<number>): void
  /** Every sequence of the batch takes the history of another: beams. */
  reorder(rows: ArrayLike<number>): void
}

export interface CreateOptions {
  window?: number
  every?: number
  again?: boolean
  outputs?: readonly string[]
  adjoints?: readonly string[]
  /** Checks before each backward pass that what the forward pass read is still there: parameters, inputs, targets, states and noise. */
  check?: boolean
  /** The number of the first row, where the batch is a part of a larger one: noise is that of the whole. */
  firstRow?: number
  /** What lies along other sequences than t is computed once, until `reset`. */
  stepping?: boolean
}

/** The steps of each sequence, by name, and `batch`. */
export type Sizes = Readonly<Record<string, number>> & { readonly t: number; readonly batch: number }

export interface GeneratedModule {
  readonly signature: Signature
  readonly create: (dims: Readonly<Record<string, number>>, sizes: Sizes, options?: CreateOptions) => Net
}
