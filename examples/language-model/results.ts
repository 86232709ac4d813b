/** What a run leaves behind: the module, the weights, the plot, and a sample. */
import { accessSync, constants, existsSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { uniformAt } from '../../compiler/numeric/random.ts'
import { FileError } from '../../runtime/errors.ts'
import { readBytes, writeAtomic } from '../../runtime/files.ts'
import { copyParameters, type Model } from '../../runtime/model.ts'
import { lineChart } from '../../runtime/plot.ts'
import { generate } from '../../runtime/sample.ts'
import { decodeSymbols, type Vocabulary } from '../../runtime/text.ts'
import { loadWeights, saveWeights } from '../../runtime/weights.ts'
import { createModelFor, fileName, type Built } from './build.ts'
import { smoothed, type Learned } from './learn.ts'

export interface Written {
  readonly module: string
  readonly weights: string
  readonly plot: string
}

/** Step by step: where a system's own folders refuse one, the recursive call of Node 20 does not end. */
const makeFolder = (folder: string): void => {
  if (existsSync(folder)) return
  if (dirname(folder) !== folder) makeFolder(dirname(folder))
  mkdirSync(folder)
}

/** Makes the folder, so that a run does not find out at its end that it has none. Throws a FileError. */
export const prepareFolder = (folder: string): void => {
  try {
    makeFolder(folder)
    accessSync(folder, constants.W_OK)
  } catch (e) {
    throw new FileError(`cannot write to the folder ${folder}: ${(e as Error).message}`, { cause: e })
  }
}

/** Writes all three. The weights are read again into a fresh net, and compared bit for bit. */
export const writeResults = (
  folder: string,
  built: Built,
  model: Model,
  vocabulary: Vocabulary,
  learned: Learned,
  lines: readonly (readonly [string, number])[],
): Written => {
  const name = fileName(built.name)
  const written = { module: join(folder, `${name}.ts`), weights: join(folder, `${name}.safetensors`), plot: join(folder, 'loss.svg') }
  writeAtomic(written.module, built.code)
  writeAtomic(written.weights, saveWeights(model, { metadata: { vocabulary: JSON.stringify(vocabulary.symbols) } }))
  if (!sameBits(model, reload(built, written.weights))) throw new Error(`${written.weights} does not give back the weights that were written`)
  if (learned.losses.length > 0) writeAtomic(written.plot, plot(built.name, learned, lines))
  return written
}

/** A fresh net with the weights of a file. */
export const reload = (built: Built, path: string): Model => {
  const model = createModelFor(built.module, { t: 1, batch: 1 })
  loadWeights(model, readBytes(path))
  return model
}

const bytesOf = (array: ArrayBufferView): Uint8Array => new Uint8Array(array.buffer, array.byteOffset, array.byteLength)

/** Whether two nets have the same parameters, down to the last bit. */
export const sameBits = (a: Model, b: Model): boolean =>
  Object.entries(a.net.params).every(([name, array]) => {
    const [x, y] = [bytesOf(array), bytesOf(b.net.params[name]!)]
    return x.length === y.length && x.every((byte, i) => byte === y[i])
  })

const plot = (name: string, { losses, held }: Learned, lines: readonly (readonly [string, number])[]): string =>
  lineChart({
    title: `${name}: what a character costs`,
    x: 'training steps',
    y: 'bits per character',
    series: [
      { name: 'training', points: smoothed(losses) },
      { name: 'validation (a part)', points: held },
      ...lines.map(([line, bits]) => ({
        name: line,
        points: [
          [0, bits],
          [losses.length, bits],
        ] as const,
      })),
    ],
  })

/** Draws text, beginning behind a line break where the text has one. The same for the same weights and seed. */
export const drawSample = (
  built: Built,
  from: Model,
  { index, symbols }: Vocabulary,
  options: { readonly length: number; readonly temperature: number; readonly seed: number },
): string => {
  const model = createModelFor(built.module, { t: 1, batch: 1 })
  copyParameters(from, model)
  const { length, temperature, seed } = options
  const prompt = [index.get('\n') ?? index.get(' ') ?? 0]
  const drawn = generate(model, { prompt, length, temperature, uniform: i => uniformAt(seed, sampleStream, i) })
  return decodeSymbols({ index, symbols, unknown: -1 }, drawn)
}

/** Parameters draw from the streams below. */
const sampleStream = 1_000_000
