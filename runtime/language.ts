/** What a language model is among models, and how good one is on a text. */

import type { Port } from '../compiler/signature.ts'
import { InputError, TrainingError, show } from './errors.ts'
import { evaluateSize, type Model } from './model.ts'
import { windows } from './text.ts'

export interface LanguagePorts {
  readonly input: string
  readonly target: string
  /** How many symbols there are. */
  readonly size: number
}

/**
 * The names of a language model's input and target. Throws an InputError, which says what is there instead, unless the
 * model has a loss, one input and one target, both an index for each step, of the same size.
 */
export const languagePorts = ({ signature, dims }: Model): LanguagePorts => {
  const one = (kind: string, ports: Readonly<Record<string, Port>>): { readonly name: string; readonly size: number } => {
    const names = Object.keys(ports)
    const wanted = `${signature.name} is no language model: it needs one ${kind}, an index for each step, `
    if (names.length !== 1) throw new InputError(`${wanted}but has ${names.length === 0 ? 'none' : names.join(', ')}`)
    const [name, port] = [names[0]!, ports[names[0]!]!]
    if (port.type !== 'index' || port.shape.length > 0 || port.axes.join() !== 't,batch' || port.size === undefined)
      throw new InputError(`${wanted}but ${name} is ${port.type === 'index' ? 'an index' : 'real'}, [${port.axes.concat(port.shape).join(', ')}]`)
    return { name, size: evaluateSize(port.size, dims) }
  }
  const input = one('input', signature.inputs)
  const target = one('target', signature.targets)
  if (input.size !== target.size)
    throw new InputError(`${signature.name} is no language model: ${input.name} has ${input.size} values, ${target.name} ${target.size}`)
  if (!signature.loss) throw new InputError(`${signature.name} has no loss`)
  return { input: input.name, target: target.name, size: input.size }
}

/** Throws an InputError for tokens that the model has no symbol for. */
export const checkTokens = (tokens: Int32Array, { input, size }: LanguagePorts): void => {
  if (!(tokens instanceof Int32Array)) throw new InputError(`tokens must be an Int32Array, got ${show(tokens)}`)
  const strange = tokens.findIndex(n => n < 0 || n >= size)
  if (strange >= 0) throw new InputError(`token ${strange} is ${tokens[strange]}, but ${input} has the values 0 to ${size - 1}`)
}

export interface Evaluation {
  /** The mean over tokens, in nats. */
  readonly loss: number
  /** The same in bits: loss / ln 2. */
  readonly bits: number
  /** How many tokens were predicted. */
  readonly tokens: number
}

/**
 * The loss on a text, read in windows from fresh states that are carried along. Leaves the net with fresh states: while
 * a run carries states in a net, judge in another one. The model's loss has to be a mean over the steps. Tokens after
 * the last whole window are not read.
 *
 * Throws an InputError for tokens that the model has no symbol for or too few of them, a TrainingError where the loss is not finite.
 */
export const evaluate = (model: Model, tokens: Int32Array): Evaluation => {
  const { net, sizes } = model
  const ports = languagePorts(model)
  checkTokens(tokens, ports)
  let sum = 0
  const all = windows(tokens, sizes)
  net.reset()
  for (const { index, inputs, targets } of all) {
    net.inputs[ports.input]!.set(inputs)
    net.targets[ports.target]!.set(targets)
    const loss = net.forward({ tape: false })
    if (!Number.isFinite(loss)) throw new TrainingError(`the loss is ${loss} in window ${index} of the evaluation`)
    sum += loss
    net.carry()
  }
  net.reset()
  const loss = sum / all.count
  return { loss, bits: loss / Math.LN2, tokens: all.count * sizes.t * sizes.batch }
}
