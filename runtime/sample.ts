/** Drawing from a language model: one symbol after the other, each fed back. */

import { aFunction, aNumber, anInteger, aText, needed, type Rule, type Table } from '../dsl/options.ts'
import { InputError, integer, optionsOf, refuse, show } from './errors.ts'
import { languagePorts } from './language.ts'
import { evaluateSize, type Model } from './model.ts'

export interface SampleOptions {
  /** 0 takes the most likely symbol; 1 (the default) draws as the model says; more is more even. */
  readonly temperature?: number
  /** Draws among so many of the most likely symbols; of equals the first. By default among all. */
  readonly topK?: number
  /**
   * Draws among the most likely symbols that have this probability together (the nucleus: Holtzman et al. 2020,
   * https://arxiv.org/abs/1904.09751), at least one; after `topK`. By default among all.
   */
  readonly topP?: number
}

/** The symbols that may be drawn, most likely first. */
const candidates = (logits: ArrayLike<number>, k: number): number[] =>
  Array.from({ length: logits.length }, (_, i) => i)
    .sort((a, b) => (logits[a] === logits[b] ? a - b : logits[b]! > logits[a]! ? 1 : -1))
    .slice(0, k)

const largest = (logits: ArrayLike<number>): number => {
  let best = 0
  for (let i = 1; i < logits.length; i++) if (logits[i]! > logits[best]!) best = i
  return best
}

export const sampleTable: Table<SampleOptions> = {
  temperature: aNumber('a number of at least 0', t => t >= 0 && t < Infinity),
  topK: anInteger(1),
  topP: aNumber('a number above 0, at most 1', p => p > 0 && p <= 1),
}

const aShare = aNumber('a number from 0 to below 1', u => u >= 0 && u < 1)

/**
 * An index of `logits`, drawn with probability softmax(logits / temperature) by a number `u` from 0 to below 1.
 * A logit of -Infinity is never drawn; of equal largest ones, greedy takes the first.
 *
 * Throws an InputError for options out of range, and for logits that are NaN, Infinity, or all -Infinity.
 */
export const sampleIndex = (logits: ArrayLike<number>, options: SampleOptions, u: number): number =>
  drawIndex(logits, optionsOf('sampleIndex', options, sampleTable), u)

/** The same with options that were checked: for whoever draws many. */
export const drawIndex = (logits: ArrayLike<number>, { temperature = 1, topK = logits.length, topP = 1 }: SampleOptions, u: number): number => {
  for (let i = 0; i < logits.length; i++) if (!(logits[i]! < Infinity)) throw new InputError(`logit ${i} is ${logits[i]}: nothing can be drawn`)
  const best = largest(logits)
  const top = logits[best] ?? -Infinity
  if (top === -Infinity) throw new InputError('all logits are -Infinity: nothing can be drawn')
  if (temperature === 0) return best
  aShare.read(u, 'u', refuse)
  const among = topK < logits.length || topP < 1 ? candidates(logits, topK) : undefined
  const all = among?.length ?? logits.length
  const weight = (j: number): number => Math.exp((logits[among?.[j] ?? j]! - top) / temperature)
  let total = 0
  for (let j = 0; j < all; j++) total += weight(j)
  let n = all
  if (topP < 1) {
    const share = topP * total
    total = 0
    for (n = 0; n < all && total < share; n++) total += weight(n)
  }
  let rest = u * total
  let last = best
  for (let j = 0; j < n; j++) {
    const w = weight(j)
    if (w === 0) continue
    last = among?.[j] ?? j
    rest -= w
    if (rest < 0) return last
  }
  return last
}

export interface GenerateOptions extends SampleOptions {
  /** The tokens to begin with, at least one. */
  readonly prompt: ArrayLike<number>
  /** How many tokens to draw. */
  readonly length: number
  /**
   * A number from 0 to below 1 for each token drawn, by its place from 0. A generator that counts gives the same text
   * for the same seed.
   */
  readonly uniform: (index: number) => number
  /** The output with the logits; by default the first. */
  readonly output?: string
  /** Told each token as it is drawn; the text ends where it returns false. */
  readonly onToken?: (token: number, index: number) => boolean | void
}

/** A list or typed array of tokens, copied; how large they may be is for the model to say. */
const tokens: Rule<ArrayLike<number>> = {
  read: (value, name, fail) =>
    Array.isArray(value) || ArrayBuffer.isView(value)
      ? Array.from(value as ArrayLike<number>)
      : fail(`${name} must be a list of tokens, got ${show(value)}`, true),
}

const generateTable: Table<GenerateOptions> = {
  ...sampleTable,
  prompt: needed(tokens),
  length: needed(anInteger(0)),
  uniform: needed(aFunction()),
  output: aText,
  onToken: aFunction(),
}

/**
 * The tokens that follow a prompt, without it. The net has to be made with t = 1 and batch = 1; it begins from fresh
 * states and is left as it is after the last token but one.
 *
 * Throws an InputError for a net of other sizes, a model that is no language model or whose output has not one logit
 * for each symbol, a prompt that is empty or has other symbols, and options out of range.
 */
export const generate = (model: Model, given: GenerateOptions): Int32Array => {
  const { signature, dims, sizes, net } = model
  const options = optionsOf('generate', given, generateTable)
  const { prompt, length, uniform, onToken } = options
  const ports = languagePorts(model)
  if (sizes.t !== 1 || sizes.batch !== 1)
    throw new InputError(`the net must be made with t = 1 and batch = 1, but has t = ${sizes.t} and batch = ${sizes.batch}`)
  const output = options.output ?? Object.keys(signature.outputs)[0]
  const port = output !== undefined && Object.hasOwn(signature.outputs, output) ? signature.outputs[output] : undefined
  if (output === undefined || !port) throw new InputError(`${signature.name} has no output ${show(output)}`)
  if (port.shape.length !== 1 || port.axes.join() !== 't,batch' || evaluateSize(port.shape[0]!, dims) !== ports.size)
    throw new InputError(`the output ${output} of ${signature.name} has not one logit for each of the ${ports.size} symbols`)
  if (prompt.length === 0) throw new InputError('the prompt is empty: a model needs at least one token to begin with')
  for (let i = 0; i < prompt.length; i++) integer(prompt[i], `token ${i} of the prompt`, 0, ports.size - 1)

  const read = (token: number): void => {
    net.inputs[ports.input]![0] = token
    net.forward({ tape: false })
    net.carry()
  }
  net.reset()
  for (let i = 0; i < prompt.length; i++) read(prompt[i]!)
  const drawn = new Int32Array(length)
  for (let i = 0; i < length; i++) {
    const token = drawIndex(net.outputs[output]!, options, uniform(i))
    drawn[i] = token
    if (onToken?.(token, i) === false) return drawn.slice(0, i + 1)
    if (i + 1 < length) read(token)
  }
  return drawn
}
