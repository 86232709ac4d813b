/** The whole job: compile, explain, verify, train, judge, sample, write. */
import type { Target } from '../../compiler/compile.ts'
import { progress } from '../../cli/progress.ts'
import { explainText } from '../../runtime/explain-text.ts'
import { openSource } from '../../runtime/compile-files.ts'
import { hasVectors } from '../../runtime/engine.ts'
import { InputError } from '../../runtime/errors.ts'
import { evaluate } from '../../runtime/language.ts'
import { copyParameters, type Model } from '../../runtime/model.ts'
import { verify } from '../../runtime/verify/index.ts'
import { build, compileOpen, createModelFor, dimsOf, parameters, type Built } from './build.ts'
import { judgingSizes, readCorpus, type Corpus } from './corpus.ts'
import { learn, type Learned } from './learn.ts'
import { ngramBits } from './ngram.ts'
import type { Options, Talk } from './options.ts'
import { compiledText, corpusText, heldOutText, sampleText, verifiedText, writtenText } from './report.ts'
import { drawSample, prepareFolder, writeResults, type Written } from './results.ts'

export interface Outcome {
  readonly built: Built
  readonly model: Model
  readonly learned: Learned
  /** Bits per character on text that was not learned. */
  readonly validation: number
  readonly test: number
  readonly sample: string
  readonly written: Written
}

/** So much of the validation part is judged during training. */
const probeLength = 8193
/** The longest context of the counting models, and the one that is drawn in the plot. */
const orders = 4
const plotted = [1, 3]

/** Runs the job. Throws an InputError or a Refused for what is wrong with the input. Ctrl-C ends training early. */
export const runJob = async (options: Options, session: Talk): Promise<Outcome> => {
  const started = performance.now()
  const since = (): number => (performance.now() - started) / 1000
  prepareFolder(options.out)
  const corpus = readCorpus(options.text)
  const source = openSource(options.cell, undefined, session.texts)

  const begun = since()
  const open = compileOpen(source)
  const dims = dimsOf(open.signature, corpus.vocabulary.symbols.length, options)
  const target = targetOf(options, session)
  const built = await build(source, target, dims, corpus.vocabulary.symbols.length)
  const { batch } = options
  const t = options.length ?? open.signature.window ?? 64
  const model = createModelFor(built.module, { t, batch }, { window: t })
  session.out(compiledText(source.path, explainText(open), since() - begun, { target, dims, parameters: parameters(model), bytes: model.net.bytes, t, batch }))

  const { runs, seed } = options
  const checking = since()
  const report = await verify(source.text, { path: source.path, files: source.files, cell: built.name, runs, seed, progress: session.status })
  session.status('')
  session.out(verifiedText(report, runs, seed, since() - checking))
  if (report.cells.some(c => c.outcome === 'fail')) throw new InputError(`the gradient of ${built.name} is wrong: nothing is trained with it`)

  session.out(corpusText(options, corpus, t))
  model.net.initialise(seed)
  const learned = await train(model, built, corpus, options, session)

  const bits = (tokens: Int32Array): number => {
    const judge = createModelFor(built.module, judgingSizes(tokens.length))
    copyParameters(model, judge)
    return evaluate(judge, tokens).bits
  }
  const [validation, test] = [bits(corpus.validation), bits(corpus.test)]
  const counted = ngramBits(corpus.train, [corpus.validation, corpus.test], corpus.vocabulary.symbols.length, orders)
  session.out(heldOutText(built.name, [validation, test], counted, learned, t * batch))

  const { temperature, sample: length } = options
  const sample = drawSample(built, model, corpus.vocabulary, { length, temperature, seed })
  session.out(sampleText(sample, temperature))
  const lines = plotted.map(order => [order === 1 ? 'unigram' : `${order}-gram`, counted[order - 1]![0]!] as const)
  const written = writeResults(options.out, built, model, corpus.vocabulary, learned, lines)
  session.out(writtenText(written, learned, since()))
  return { built, model, learned, validation, test, sample, written }
}

/** WebAssembly where the engine has vectors, unless the options say otherwise. */
const targetOf = ({ target }: Options, session: Talk): Target => {
  if (target === 'ts' || hasVectors()) return target
  session.err('this engine has no vectors in WebAssembly (SIMD): training with --target ts, which is slower; the last bits of the weights differ\n')
  return 'ts'
}

const train = async (model: Model, built: Built, { train: tokens, validation }: Corpus, options: Options, session: Talk): Promise<Learned> => {
  const { steps, seconds, rate, clip, seed } = options
  const text = validation.subarray(0, probeLength)
  const probe = { model: createModelFor(built.module, judgingSizes(text.length)), text }
  const line = progress({ total: 1, label: 'training', stream: { isTTY: process.stderr.isTTY, columns: process.stderr.columns, write: s => session.err(s) } })
  let mean: number | undefined
  let stopped = false
  const stop = (): void => void (stopped = true)
  // A second Ctrl-C finds no listener, and ends the program.
  process.once('SIGINT', stop)
  const ends = { ...(steps === undefined ? {} : { steps }), ...(seconds === undefined ? {} : { seconds }) }
  try {
    return await learn(model, tokens, {
      ...ends,
      rate,
      clip,
      seed,
      probe,
      stopped: () => stopped,
      onStep: ({ step, bits }, part, passed) => {
        mean = mean === undefined ? bits : 0.98 * mean + 0.02 * bits
        const speed = Math.round((step * model.sizes.t * model.sizes.batch) / passed)
        line.update(part, `step ${step}  ${speed} characters/s  ${mean.toFixed(2)} bits/character`)
      },
    })
  } finally {
    process.off('SIGINT', stop)
    line.end()
  }
}
