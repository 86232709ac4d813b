/** English to Hindi with and without attention, the picture of attention, and the task that tells the two apart. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { copyParameters } from '../../runtime/model.ts'
import { drawAttention } from './attention.ts'
import { drawExamples, symbolsOf, type Task } from './copy.ts'
import { readPairs, vocabulary, type Pair } from './corpus.ts'
import { createTranslator, exact, fill, learn, write, type Example, type Shape } from './learn.ts'

export interface Options {
  readonly model: 'EncoderDecoder' | 'Translator'
  readonly epochs: number
  readonly hidden: number
  readonly embedding: number
  readonly rate: number
  readonly seed: number
  readonly beams: number
  readonly task?: Task
  readonly length: number
  readonly examples: number
  readonly out?: string
  /** How many of the sentences to learn from; all, if left out. */
  readonly limit?: number
}

const whole = (text: string): number => {
  if (!/^[0-9]{1,9}$/.test(text) || Number(text) < 1) throw new InvalidArgumentError('A positive whole number is needed.')
  return Number(text)
}
const real = (text: string): number => {
  const value = Number(text)
  if (!(value > 0 && value < 1)) throw new InvalidArgumentError('A number between 0 and 1 is needed.')
  return value
}

const command = (): Command =>
  new Command('translation')
    .description('Learns to translate English to Hindi, or, with --task, to write a sequence down again.')
    .addOption(new Option('--model <name>', 'a model of examples/cells/translate.cell').choices(['EncoderDecoder', 'Translator']).default('Translator'))
    .addOption(new Option('--epochs <n>', 'how often all examples are seen').argParser(whole).default(25))
    .addOption(new Option('--hidden <n>', 'the size of the states').argParser(whole).default(48))
    .addOption(new Option('--embedding <n>', 'the size of an embedding').argParser(whole).default(32))
    .addOption(new Option('--rate <r>', 'the learning rate').argParser(real).default(0.006))
    .addOption(new Option('--seed <s>', 'decides weights and order').argParser(whole).default(1))
    .addOption(
      new Option('--beams <n>', 'beginnings that are followed when a sentence is written; 1 takes the likeliest word each time').argParser(whole).default(1),
    )
    .addOption(new Option('--task <task>', 'drawn sequences instead of sentences').choices(['copy', 'reverse']))
    .addOption(new Option('--length <n>', 'with --task: symbols of a sequence').argParser(whole).default(30))
    .addOption(new Option('--examples <n>', 'with --task: sequences to learn from').argParser(whole).default(2000))
    .addOption(new Option('--limit <n>', 'sentences to learn from').argParser(whole))
    .addOption(new Option('--out <folder>', 'where the picture of attention goes'))

type Say = (line: string) => void

const train = async (shape: Shape, examples: readonly Example[], held: readonly Example[], o: Options, say: Say): ReturnType<typeof createTranslator> => {
  const model = await createTranslator(shape, shape.cell === 'Translator' ? ['dec.a'] : [])
  const begin = performance.now()
  learn(model, examples, {
    epochs: o.epochs,
    rate: o.rate,
    clip: 1,
    seed: o.seed,
    onEpoch: (epoch, loss) => {
      if (epoch % 5 === 0 || epoch === o.epochs)
        say(
          `epoch ${epoch}: loss ${loss.toFixed(4)}, ${((performance.now() - begin) / 1000).toFixed(0)} s, exactly right ${(100 * exact(model, held.slice(0, 64))).toFixed(1)} %`,
        )
    },
  })
  return model
}

const longest = (list: readonly (readonly unknown[])[]): number => list.reduce((n, s) => Math.max(n, s.length), 0)

const translate = async (o: Options, say: Say): Promise<number> => {
  const pairs = readPairs('train.tsv').slice(0, o.limit)
  const dev = readPairs('dev.tsv')
  const [english, hindi] = [vocabulary(readPairs('train.tsv').map(p => p[0])), vocabulary(readPairs('train.tsv').map(p => p[1]))]
  const encode = (list: readonly Pair[]): readonly Example[] => list.map(([s, t]) => [english.encode(s), hindi.encode(t)])
  const all = [...pairs, ...dev]
  const shape: Shape = {
    cell: o.model,
    symbols: [english.words.length, hindi.words.length],
    steps: [longest(all.map(p => p[0])), longest(all.map(p => p[1])) + 1],
    batch: 32,
    hidden: o.hidden,
    embedding: o.embedding,
  }
  say(`${o.model}: ${pairs.length} pairs to learn from, ${dev.length} held back, ${english.words.length} and ${hindi.words.length} symbols`)
  const model = await train(shape, encode(pairs), encode(dev), o, say)
  // A net of its own for beams: so many rows for each sentence.
  const reader = await createTranslator({ ...shape, batch: 32 * o.beams }, o.model === 'Translator' ? ['dec.a'] : [])
  copyParameters(model, reader)
  const how = o.beams > 1 ? ({ method: 'beam', beams: o.beams } as const) : undefined
  const share = exact(reader, encode(dev), how)
  say(`held back: ${(100 * share).toFixed(1)} % exactly right`)
  for (const text of ['I am going', 'she is not reading a book', 'are the girls going home ?']) {
    const words = text.split(' ')
    const [said] = write(reader, [english.encode(words)], how)
    say(`${text} -> ${hindi.decode(said!).join(' ')}`)
  }
  if (o.out !== undefined && o.model === 'Translator') {
    mkdirSync(o.out, { recursive: true })
    const words = 'are the girls going home ?'.split(' ')
    const source = english.encode(words)
    const [said] = write(model, [source])
    fill(model, [[source, said!]])
    model.net.forward()
    const { batch } = model.sizes
    const weights = [...said!, 0].map((_, t) => words.map((_word, s) => model.net.outputs['dec.a']![(t * shape.steps[0] + s) * batch]!))
    const file = `${o.out}/attention.svg`
    writeFileSync(file, drawAttention(words, [...hindi.decode(said!), '</s>'], weights))
    say(`attention: ${file}`)
  }
  return share
}

const writeDown = async (o: Options, task: Task, say: Say): Promise<number> => {
  const kinds = 10
  const examples = drawExamples(task, o.examples, o.length, kinds, 1)
  const held = drawExamples(task, 100, o.length, kinds, 2)
  const symbols = symbolsOf(kinds)
  const shape: Shape = { cell: o.model, symbols: [symbols, symbols], steps: [o.length, o.length + 1], batch: 16, hidden: o.hidden, embedding: o.embedding }
  say(`${o.model}: ${task} ${o.length} symbols, ${o.examples} examples`)
  const model = await train(shape, examples, held, o, say)
  const share = exact(model, held)
  say(`held back: ${(100 * share).toFixed(1)} % exactly right`)
  return share
}

/** Runs the example, and returns the share of what was held back that comes out exactly right. */
export const run = async (args: readonly string[], say: Say): Promise<number> => {
  const o = command().exitOverride().parse(args, { from: 'user' }).opts<Options>()
  return o.task === undefined ? translate(o, say) : writeDown(o, o.task, say)
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href)
  try {
    await run(process.argv.slice(2), line => console.log(line))
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    process.exitCode = error.exitCode === 0 ? 0 : 2
  }
