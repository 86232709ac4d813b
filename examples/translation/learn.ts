/** A network that reads one sequence and writes another: how it is made, how it learns, and what it says. */
import { readFileSync } from 'node:fs'
import { compile } from '../../compiler/compile.ts'
import { batches, putBatch } from '../../runtime/batches.ts'
import { clipByGlobalNorm } from '../../runtime/clip.ts'
import { decode, type DecodeOptions } from '../../runtime/decode.ts'
import { importCode } from '../../runtime/load.ts'
import { createModel, type Model } from '../../runtime/model.ts'
import { adam } from '../../runtime/optimisers.ts'
import { cosine, warmup } from '../../runtime/schedule.ts'
import { end } from './corpus.ts'

/** Symbols in, symbols out; the output without the symbol that ends it. */
export type Example = readonly [source: readonly number[], target: readonly number[]]

export interface Shape {
  /** A model of examples/cells/translate.cell. */
  readonly cell: string
  readonly symbols: readonly [source: number, target: number]
  /** The longest source and target, the end included. */
  readonly steps: readonly [source: number, target: number]
  readonly batch: number
  readonly hidden: number
  readonly embedding: number
}

export const source = readFileSync(new URL('../cells/translate.cell', import.meta.url), 'utf8')

/** Takes a net in WebAssembly. `keep`: streams to be read, such as the weights of attention. */
export const createTranslator = async (shape: Shape, keep: readonly string[] = []): Promise<Model> => {
  const { code } = compile(source, { cell: shape.cell, target: 'wasm', keep })
  const module = await importCode(code!.js)
  const [V, W] = shape.symbols
  const all: Readonly<Record<string, number>> = { V, W, E: shape.embedding, H: shape.hidden, A: shape.hidden }
  const dims = Object.fromEntries(module.signature.dims.map(d => [d, all[d]!]))
  const [s, t] = shape.steps
  return createModel(module, dims, { s, t, batch: shape.batch })
}

/** Puts examples side by side into a net; rows that are left over do not count. */
export const fill = (model: Model, examples: readonly Example[]): void =>
  putBatch(model, { src: examples.map(([s]) => s), tgt: examples.map(([, t]) => [...t, end]) })

export interface LearnOptions {
  readonly epochs: number
  readonly rate: number
  readonly clip: number
  readonly seed: number
  /** After each epoch, with the mean loss of its batches; the run ends where it returns false. */
  readonly onEpoch?: (epoch: number, loss: number) => boolean | void
}

/** Trains in place: Adam, gradients clipped by their norm, batches of like lengths. The same seed gives the same weights. */
export const learn = (model: Model, examples: readonly Example[], { epochs, rate, clip, seed, onEpoch }: LearnOptions): void => {
  const { net, sizes } = model
  const lengths = examples.map(([s, t]) => s.length + t.length)
  const optimiser = adam({ rate })
  const schedule = warmup(0.05, cosine(0.05))
  net.initialise(seed)
  for (let epoch = 0; epoch < epochs; epoch++) {
    const all = batches(lengths, { size: sizes.batch, seed, epoch })
    let sum = 0
    all.forEach((batch, i) => {
      fill(
        model,
        batch.map(n => examples[n]!),
      )
      sum += net.forward({ training: true, seed })
      net.backward()
      clipByGlobalNorm(net.grads, clip)
      optimiser.update(net.params, net.grads, schedule((epoch + i / all.length) / epochs))
    })
    if (onEpoch?.(epoch + 1, sum / all.length) === false) return
  }
}

/** What the model writes for each source. */
export const write = (
  model: Model,
  sources: readonly (readonly number[])[],
  options: Pick<DecodeOptions, 'method'> & { readonly beams?: number } = { method: 'greedy' },
): readonly (readonly number[])[] => {
  const { sizes } = model
  const beams = options.beams ?? 1
  const rows = sizes.batch / beams
  const found: (readonly number[])[] = []
  for (let from = 0; from < sources.length; from += rows) {
    const part = sources.slice(from, from + rows)
    fill(
      model,
      part.flatMap(s => Array.from({ length: beams }, (): Example => [s, []])),
    )
    const common = { length: sizes.t, stop: end }
    const said = decode(model, beams > 1 ? { ...common, method: 'beam', beams } : { ...common, method: 'greedy' })
    found.push(...said.slice(0, part.length).map(d => d.tokens))
  }
  return found
}

/** The share of examples that come out exactly right. */
export const exact = (model: Model, examples: readonly Example[], options?: Parameters<typeof write>[2]): number => {
  const said = write(
    model,
    examples.map(([s]) => s),
    options,
  )
  return examples.filter(([, t], i) => t.join(' ') === said[i]!.join(' ')).length / examples.length
}
