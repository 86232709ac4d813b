/**
 * What a model says that is fed its own output: `Emb[tgt[t-1]]`. One symbol after the other is chosen from the logits of
 * a step, and stands in the place of the target when the next step looks back. All sequences of the batch go together.
 */
import type { Port, Stepper } from '../compiler/signature.ts'
import { uniformAt } from '../compiler/numeric/random.ts'
import { decodeOptions, type BeamOptions, type Common, type DecodeOptions, type DrawOptions, type GreedyOptions } from './decode-options.ts'
import { InputError, integer, show } from './errors.ts'
import { evaluateSize, type Model } from './model.ts'
import { drawIndex, type SampleOptions } from './sample.ts'

export type { BeamOptions, DecodeOptions, DrawOptions, GreedyOptions } from './decode-options.ts'

export interface Decoded {
  /** The symbols, without the one that ends them. */
  readonly tokens: readonly number[]
  /** The logarithm of their probability, that of the end included; under the model, whatever the method. */
  readonly logProbability: number
  /** What beams are compared by; else the same as `logProbability`. */
  readonly score: number
  /** False where the sequence was cut at the length. */
  readonly ended: boolean
}

interface Ports {
  readonly output: string
  readonly target: string
  /** How many symbols there are. */
  readonly size: number
}

const portsOf = ({ signature, dims }: Model, { output, target }: Common): Ports => {
  const indices = Object.entries(signature.targets).filter(([, p]) => p.type === 'index' && p.shape.length === 0 && p.axes[0] === 't')
  const chosen = target ?? (indices.length === 1 ? indices[0]![0] : undefined)
  if (chosen === undefined || !indices.some(([n]) => n === chosen))
    throw new InputError(`${signature.name} has no index target ${show(chosen)}; there are: ${indices.map(([n]) => n).join(', ') || 'none'}`)
  const size = evaluateSize(signature.targets[chosen]!.size!, dims)
  const name = output ?? Object.keys(signature.outputs)[0]
  const port: Port | undefined = name !== undefined && Object.hasOwn(signature.outputs, name) ? signature.outputs[name] : undefined
  if (name === undefined || port === undefined) throw new InputError(`${signature.name} has no output ${show(name)}`)
  if (port.shape.length !== 1 || port.axes.join() !== 't,batch' || evaluateSize(port.shape[0]!, dims) !== size)
    throw new InputError(`the output ${name} of ${signature.name} has not one logit for each of the ${size} symbols of ${chosen}`)
  return { output: name, target: chosen, size }
}

/** log softmax, in double. */
const logProbabilities = (logits: ArrayLike<number>): Float64Array => {
  let top = -Infinity
  for (let i = 0; i < logits.length; i++) top = Math.max(top, logits[i]!)
  let sum = 0
  for (let i = 0; i < logits.length; i++) sum += Math.exp(logits[i]! - top)
  const log = Math.log(sum)
  return Float64Array.from({ length: logits.length }, (_, i) => logits[i]! - top - log)
}

/**
 * Decodes every sequence of the batch, from what the net holds: inputs along other sequences, `once` inputs, lengths,
 * initial states.
 *
 * Throws an InputError for a model without such a target or output, and for options out of range; an Error where the
 * model looks ahead along t.
 */
export const decode = (model: Model, given: DecodeOptions): readonly Decoded[] => {
  const options = decodeOptions(given)
  const ports = portsOf(model, options)
  if (options.stop !== undefined) integer(options.stop, 'stop', 0, ports.size - 1)
  const step = model.net.stepper()
  try {
    return options.method === 'beam' ? withBeams(model, step, ports, options) : oneByOne(model, step, ports, options)
  } finally {
    step.dispose()
  }
}

const row = (values: ArrayLike<number> & { subarray(from: number, to: number): ArrayLike<number> }, b: number, size: number): ArrayLike<number> =>
  values.subarray(b * size, (b + 1) * size)

const oneByOne = ({ sizes }: Model, step: Stepper, { output, target, size }: Ports, options: GreedyOptions | DrawOptions): readonly Decoded[] => {
  const found = Array.from({ length: sizes.batch }, () => ({ tokens: [] as number[], logProbability: 0, ended: false }))
  const chosen = new Int32Array(sizes.batch)
  const draw: SampleOptions = options.method === 'greedy' ? { temperature: 0 } : options
  for (let n = 0; n < options.length && found.some(f => !f.ended); n++) {
    step()
    found.forEach((f, b) => {
      if (f.ended) return
      const logits = row(step.outputs[output]!, b, size)
      const token = drawIndex(logits, draw, options.method === 'greedy' ? 0 : uniformAt(options.seed, b, n))
      chosen[b] = token
      f.logProbability += logProbabilities(logits)[token]!
      if (token === options.stop) f.ended = true
      else f.tokens.push(token)
    })
    step.feed(target, chosen)
  }
  return found.map(f => ({ ...f, score: f.logProbability }))
}

interface Hypothesis {
  readonly tokens: readonly number[]
  readonly logProbability: number
  readonly parent: number
}

/** The inputs of the first row of each group of beams go to the others. */
const spread = ({ signature, sizes }: Model, step: Stepper, beams: number): void => {
  const groups: Readonly<Record<string, { copyWithin(to: number, from: number, end: number): unknown; readonly length: number }>>[] = [
    step.inputs,
    step.initial,
    step.lengths,
  ]
  for (const group of groups)
    for (const [name, array] of Object.entries(group)) {
      const axes = group === step.inputs ? signature.inputs[name]!.axes : ['batch']
      if (!axes.includes('batch')) continue
      const others = sizes as Readonly<Record<string, number>>
      const outer =
        group === step.initial ? (signature.states[name]?.delay ?? 1) : axes.filter(a => a !== 'batch').reduce((n, a) => n * (a === 't' ? 1 : others[a]!), 1)
      const inner = array.length / outer / sizes.batch
      for (let o = 0; o < outer; o++)
        for (let b = 0; b < sizes.batch; b++) {
          const from = (o * sizes.batch + b - (b % beams)) * inner
          array.copyWithin((o * sizes.batch + b) * inner, from, from + inner)
        }
    }
}

const withBeams = (model: Model, step: Stepper, { output, target, size }: Ports, options: BeamOptions): readonly Decoded[] => {
  const { batch } = model.sizes
  const { length, stop, beams, alpha = 0.6 } = options
  if (batch % beams !== 0) throw new InputError(`the batch of ${batch} is not a multiple of ${beams} beams`)
  spread(model, step, beams)
  const score = (h: { readonly logProbability: number; readonly tokens: readonly number[] }): number => h.logProbability / ((5 + h.tokens.length) / 6) ** alpha
  const groups = Array.from({ length: batch / beams }, (_, g) => ({
    // At first all rows are alike: one of them counts.
    alive: Array.from({ length: beams }, (_beam, i): Hypothesis => ({ tokens: [], logProbability: i === 0 ? 0 : -Infinity, parent: g * beams })),
    ended: [] as Decoded[],
  }))
  // What goes on only loses probability: once it cannot come out better than what has ended, however long it gets.
  const isDone = ({ alive, ended }: (typeof groups)[0]): boolean =>
    ended.length > 0 && Math.max(...alive.map(h => h.logProbability)) / ((5 + length) / 6) ** alpha <= Math.max(...ended.map(h => h.score))
  const rows = new Int32Array(batch)
  const chosen = new Int32Array(batch)
  for (let n = 0; n < length && !groups.every(isDone); n++) {
    step()
    groups.forEach((group, g) => {
      if (isDone(group)) {
        for (let i = 0; i < beams; i++) rows[g * beams + i] = g * beams + i
        return
      }
      const next: (Hypothesis & { readonly token: number })[] = []
      group.alive.forEach((h, i) => {
        if (h.logProbability === -Infinity) return
        const log = logProbabilities(row(step.outputs[output]!, g * beams + i, size))
        log.forEach((p, token) =>
          next.push({ tokens: token === stop ? h.tokens : [...h.tokens, token], logProbability: h.logProbability + p, parent: g * beams + i, token }),
        )
      })
      next.sort((a, b) => b.logProbability - a.logProbability || a.parent - b.parent || a.token - b.token)
      const alive: Hypothesis[] = []
      for (const h of next) {
        if (alive.length === beams) break
        if (h.token !== stop) {
          chosen[g * beams + alive.length] = h.token
          rows[g * beams + alive.length] = h.parent
          alive.push(h)
        } else group.ended.push({ tokens: h.tokens, logProbability: h.logProbability, score: score(h), ended: true })
      }
      while (alive.length < beams) {
        rows[g * beams + alive.length] = g * beams
        alive.push({ tokens: [], logProbability: -Infinity, parent: g * beams })
      }
      group.alive = alive
    })
    step.reorder(rows)
    step.feed(target, chosen)
  }
  return groups.map(({ alive, ended }) => {
    const cut = alive
      .filter(h => h.logProbability > -Infinity)
      .map((h): Decoded => ({ tokens: h.tokens, logProbability: h.logProbability, score: score(h), ended: false }))
    return [...ended, ...(ended.length === 0 ? cut : [])].reduce((best, h) => (h.score > best.score ? h : best))
  })
}
