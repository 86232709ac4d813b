/** What `compile` takes, and how it is checked before any of it can reach emitted text. */
import {
  aFlag,
  aFunction,
  anInteger,
  aText,
  listOf,
  oneOf,
  readOptions,
  recordOf,
  stepsOrAll,
  unknownName,
  type Fail,
  type Rule,
  type Table,
} from '../dsl/options.ts'
import type { Files } from '../dsl/program.ts'
import type { Block } from '../dsl/syntax.ts'
import type { Graph } from './graph.ts'
import type { Dtype } from './signature.ts'

export type Target = 'ts' | 'wasm'

export interface CompileOptions {
  /** The cell or model; the last of the file if left out. */
  readonly cell?: string
  /** TypeScript, or WebAssembly with vectors of 128 bits (`f32` only). */
  readonly target?: Target
  /** `wasm`: fused multiply-add where the engine has it. Faster; the last bits differ from machine to machine. */
  readonly fma?: boolean
  readonly dtype?: Dtype
  /** Dims whose numbers go into the code. */
  readonly set?: Readonly<Record<string, number>>
  /** Steps that a gradient travels back, instead of what the source says; `Infinity` for full BPTT. */
  readonly window?: number
  /** How long a chunk of losses is; as the window, if it is left out. */
  readonly every?: number
  /** Outputs, or states, whose cotangents come from outside: all where there is no loss, else none. */
  readonly cotangents?: readonly string[]
  readonly finalCotangents?: readonly string[]
  /** Named streams to be kept as outputs. */
  readonly keep?: readonly string[]
  /** Named streams whose total derivatives can be asked for; states and outputs if left out. */
  readonly adjoints?: readonly string[]
  readonly path?: string
  /** Texts of imported files. */
  readonly files?: Files
}

/** As the language itself does, and as `create` in generated modules. */
const refuse: Fail = (message, isType) => {
  throw isType ? new TypeError(message) : new RangeError(message)
}

const names = listOf(aText)

/** A function is asked for texts later: what it answers is checked then. */
const theFiles: Rule<Files> = {
  read: (value, name, fail) => {
    const files = aFunction<(path: string) => unknown>().read(value, name, fail)
    return path => {
      const text = files(path)
      return text === undefined ? undefined : aText.read(text, `${name}: the text of ${path}`, fail)
    }
  },
}

export const compileTable: Table<CompileOptions> = {
  cell: aText,
  target: oneOf('ts', 'wasm'),
  fma: aFlag,
  dtype: oneOf('f32', 'f64'),
  set: recordOf(anInteger(1, 2 ** 31 - 1)),
  window: stepsOrAll,
  every: stepsOrAll,
  cotangents: names,
  finalCotangents: names,
  keep: names,
  adjoints: names,
  path: aText,
  files: theFiles,
}

/**
 * The options as plain values. Throws a TypeError for a value of another type, and a RangeError for what is unknown, out of
 * range, or does not go together.
 */
export const compileOptions = (given: unknown): CompileOptions => {
  const options = readOptions('compile', given, compileTable, refuse)
  if (options.target === 'wasm' && options.dtype === 'f64')
    throw new RangeError('the WebAssembly target works with f32: leave out f64, or take the TypeScript target')
  if (options.fma === true && options.target !== 'wasm') throw new RangeError('fma: fused multiply-add belongs to the WebAssembly target')
  return options
}

/** Throws a TypeError for a source that is no string. */
export const checkSource = (text: unknown): void => void aText.read(text, 'the source', refuse)

/** Throws a RangeError for a dim that the block does not have. */
export const checkSet = ({ name, dims }: Block, { set = {} }: CompileOptions): void =>
  known(`set: ${name.name}`, 'dim', Object.keys(set), new Set(dims.map(d => d.name.name)))

/** Throws a RangeError for names of streams that are not there, and for chunks without a window. */
export const checkAgainst = ({ face, nodes }: Graph, options: CompileOptions): void => {
  const { keep = [], cotangents = [], finalCotangents = [], adjoints = [], every } = options
  const streams = new Set([...face.states.keys(), ...face.outputs.keys(), ...face.streams.keys()])
  known('keep', 'stream', keep, streams)
  known('adjoints', 'stream', adjoints, streams)
  known('finalCotangents', 'state', finalCotangents, new Set(face.states.keys()))
  const real = [...face.outputs].flatMap(([name, id]) => (nodes[id]!.type === 'real' ? [name] : []))
  known('cotangents', 'output or state', cotangents, new Set([...real, ...face.states.keys(), ...keep]))
  const window = options.window ?? face.window?.size
  if (every !== undefined && every !== Infinity && (window === undefined || window === Infinity))
    throw new RangeError(`every: chunks of ${every} steps need a window, and full BPTT has none`)
}

const known = (where: string, kind: string, given: readonly string[], there: ReadonlySet<string>): void => {
  const wrong = given.find(name => !there.has(name))
  if (wrong !== undefined) throw new RangeError(unknownName(where, kind, wrong, [...there]))
}
