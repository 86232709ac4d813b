/**
 * A net's parameters in a file, bit for bit, and, for a training run that is to go on as if it had never stopped, what
 * belongs to them: the optimiser's state, the states that are carried from window to window, the step and the seed.
 *
 * A file is in the safetensors format. Parameters stand under their own names, so that other tools read them; the rest
 * under names with a slash, `optimiser/…` and `carried/…`, which no parameter has. Files without our metadata, such as
 * those that PyTorch writes, give weights. A file of ours says whose weights it has, and another net does not take them
 * unless it is told to, even where all shapes fit.
 */

import type { Reals } from '../compiler/signature.ts'
import { anInteger, anObject, aText, called, needed, partOf, recordOf, type Table } from '../dsl/options.ts'
import { tellChanged } from './changed.ts'
import { aSeed, FileError, InputError, optionsOf, show } from './errors.ts'
import { checkFinite, loadTable, originKeys, strangerIn, type LoadOptions } from './loading.ts'
import { shapeOf, type Model } from './model.ts'
import type { OptimiserState } from './optimiser.ts'
import { decode, encode, type Metadata } from './safetensors.ts'
import type { Tensor } from './tensor.ts'

const format = 'recurve-weights-1'
const ours = 'recurve.'

/** Where a training run is. `step` counts the steps done. */
export interface Progress {
  readonly step: number
  readonly seed: number
  readonly optimiser: OptimiserState
}

export interface SaveOptions {
  /** Makes a file from which training can go on exactly. */
  readonly progress?: Progress
  /** Whatever belongs to the weights, such as a vocabulary. Keys may not begin with `recurve.` or `crc32:`. */
  readonly metadata?: Metadata
}

const progressTable: Table<Progress> = {
  step: needed(called('the step', anInteger(0))),
  seed: needed(aSeed),
  optimiser: needed(anObject<OptimiserState>('what an optimiser saved', o => o.tensors instanceof Map)),
}
const saveTable: Table<SaveOptions> = { progress: partOf(progressTable), metadata: recordOf(aText) }

export type { LoadOptions } from './loading.ts'

export interface Loaded {
  /** The caller's metadata, without ours. */
  readonly metadata: Metadata
  readonly progress?: Progress
}

const tensor = (shape: readonly number[], data: Reals): Tensor => (data instanceof Float64Array ? { dtype: 'F64', shape, data } : { dtype: 'F32', shape, data })

/** The bytes of a file with all parameters, fixed ones too. Throws an InputError for options that are unknown, and for a key or number that may not be. */
export const saveWeights = (model: Model, given: SaveOptions = {}): Uint8Array => {
  const options = optionsOf('saveWeights', given, saveTable)
  const { net, signature, dims } = model
  const tensors = new Map<string, Tensor>()
  const metadata = Object.create(null) as Record<string, string>
  for (const [key, text] of Object.entries(options.metadata ?? {})) {
    if (key.startsWith(ours)) throw new InputError(`metadata may not begin with ${ours}: ${show(key)}`)
    metadata[key] = text
  }
  Object.assign(metadata, {
    [`${ours}format`]: format,
    [originKeys.name]: signature.name,
    [originKeys.source]: signature.source,
  })
  for (const [name, port] of Object.entries(signature.params)) tensors.set(name, tensor(shapeOf(port, dims), net.params[name]!))
  if (options.progress) {
    const { step, seed, optimiser } = options.progress
    metadata[`${ours}step`] = String(step)
    metadata[`${ours}seed`] = String(seed)
    metadata[`${ours}optimiser`] = optimiser.kind
    metadata[`${ours}optimiser.step`] = String(optimiser.step)
    for (const [name, data] of optimiser.tensors) tensors.set(`optimiser/${name}`, tensor([data.length], data))
    for (const [name, data] of carried(model)) tensors.set(`carried/${name}`, tensor([data.length], data))
  }
  return encode(tensors, metadata)
}

const carried = ({ net, signature }: Model): (readonly [string, Reals])[] =>
  Object.keys(signature.states).flatMap(name => (net.initial[name] ? [[name, net.initial[name]] as const] : []))

const describe = (t: { readonly dtype: string; readonly shape: readonly number[] }): string => `${t.dtype} [${t.shape.join(', ')}]`

/** What a file holds. Throws a FileError where the bytes are no such file, or of a version that is not known. */
const open = (bytes: Uint8Array): ReturnType<typeof decode> => {
  const file = decode(bytes)
  const written = file.metadata[`${ours}format`]
  if (written !== undefined && written !== format) throw new FileError(`the file was written as ${show(written)}; this version reads ${format}`)
  return file
}

const put = ({ net, signature, dims }: Model, { tensors, metadata }: ReturnType<typeof decode>, options: LoadOptions): Loaded => {
  const problems: string[] = []
  const copies: { readonly name: string; readonly from: Reals; readonly to: Reals }[] = []
  for (const [name, port] of Object.entries(signature.params)) {
    const target = net.params[name]!
    const found = tensors.get(name)
    const expected = describe(tensor(shapeOf(port, dims), target))
    if (!found) problems.push(`${name} is missing: expected ${expected}`)
    else if (describe(found) !== expected) problems.push(`${name} is ${describe(found)}: expected ${expected}`)
    else copies.push({ name, from: found.data as Reals, to: target })
  }
  for (const [name, found] of tensors)
    if (!Object.hasOwn(signature.params, name) && !/^(?:optimiser|carried)\//.test(name)) problems.push(`${name} is unknown: ${describe(found)}`)
  const stranger = strangerIn(metadata, signature)
  if (problems.length > 0)
    throw new FileError(`the weights ${stranger === undefined ? '' : `${stranger} `}do not fit ${signature.name}:\n${problems.map(p => `  ${p}`).join('\n')}`)
  if (stranger !== undefined && options.fromOther !== true)
    throw new FileError(`the weights are those ${stranger}: they would fit ${signature.name}, but may mean something else; { fromOther: true } takes them`)
  checkFinite(
    copies.map(({ name, from }) => [name, from] as const),
    options,
  )
  for (const { from, to } of copies) copyBits(from, to)
  tellChanged(net.params)

  const rest = Object.create(null) as Record<string, string>
  for (const [key, text] of Object.entries(metadata)) if (!key.startsWith(ours)) rest[key] = text
  const progress = progressOf(tensors, metadata)
  return progress ? { metadata: rest, progress } : { metadata: rest }
}

/**
 * Puts a file's parameters into the net. Throws a FileError for bytes that are no such file, one that lists all differences
 * (missing, unknown, of another shape or dtype) where it does not fit, one that says whose weights they are where they are
 * another cell's, and one that names the first weight that is not finite; the net is then as it was.
 */
export const loadWeights = (model: Model, bytes: Uint8Array, options: LoadOptions = {}): Loaded =>
  put(model, open(bytes), optionsOf('loadWeights', options, loadTable))

/** As bytes: an element that is a signalling NaN may change when it is read as a number. */
const copyBits = (from: Reals, to: Reals): void =>
  new Uint8Array(to.buffer, to.byteOffset, to.byteLength).set(new Uint8Array(from.buffer, from.byteOffset, from.byteLength))

const progressOf = (tensors: ReadonlyMap<string, Tensor>, metadata: Metadata): Progress | undefined => {
  const kind = metadata[`${ours}optimiser`]
  const [step, seed, own] = ['step', 'seed', 'optimiser.step'].map(key => {
    const text = metadata[ours + key]
    return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined
  })
  if (kind === undefined || step === undefined || seed === undefined || own === undefined) return undefined
  const state = [...tensors].flatMap(([name, { data }]) =>
    name.startsWith('optimiser/') && (data instanceof Float32Array || data instanceof Float64Array) ? [[name.slice('optimiser/'.length), data] as const] : [],
  )
  return { step, seed, optimiser: { kind, step: own, tensors: new Map(state) } }
}

/**
 * Puts parameters and carried states into the net, and returns the run's progress, for a run that goes on exactly.
 * Throws a FileError where the file lacks any of it, and what `loadWeights` throws, which takes such a file for its weights
 * alone.
 */
export const resumeFrom = (model: Model, bytes: Uint8Array, given: LoadOptions = {}): Loaded & { readonly progress: Progress } => {
  const options = optionsOf('resumeFrom', given, loadTable)
  const file = open(bytes)
  const progress = progressOf(file.tensors, file.metadata)
  const states = carried(model)
  const lacking = states.flatMap(([name, target]) => {
    const found = file.tensors.get(`carried/${name}`)
    return found && describe(found) === describe(tensor([target.length], target)) ? [] : [`the carried state ${name}`]
  })
  if (!progress || lacking.length > 0) {
    if (!progress) lacking.unshift('the step, the seed or the optimiser')
    throw new FileError(`the file has weights, but no run can go on from it exactly: it lacks ${lacking.join(', ')}`)
  }
  const { metadata } = put(model, file, options)
  for (const [name, target] of states) copyBits(file.tensors.get(`carried/${name}`)!.data as Reals, target)
  return { metadata, progress }
}
