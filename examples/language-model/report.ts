/** What the run tells on its way, as text. */
import type { Target } from '../../compiler/compile.ts'
import { duration } from '../../cli/progress.ts'
import { table } from '../../cli/table.ts'
import type { VerifyReport } from '../../runtime/verify/index.ts'
import type { Corpus } from './corpus.ts'
import { afresh, type Learned } from './learn.ts'
import type { Options } from './options.ts'
import type { Written } from './results.ts'

const number = (n: number): string => n.toLocaleString('en-US')
const kilobytes = (bytes: number): string => `${number(Math.ceil(bytes / 1024))} KB`
const heading = (text: string): string => `\n${text}\n${'-'.repeat(text.length)}\n`

export interface Sizes {
  readonly target: Target
  readonly dims: Readonly<Record<string, number>>
  readonly parameters: number
  readonly bytes: { readonly params: number; readonly tape: number; readonly work: number }
  readonly t: number
  readonly batch: number
}

export const compiledText = (path: string, explained: string, seconds: number, { target, dims, parameters, bytes, t, batch }: Sizes): string => {
  const sizes = Object.entries(dims).map(([name, value]) => `${name}=${value}`)
  const memory = bytes.params + bytes.tape + bytes.work
  return `${heading(`Compiled ${path} in ${seconds.toFixed(1)} s`)}${explained}sizes     ${sizes.join(' ')}, ${number(parameters)} parameters; for ${t} steps of ${batch} sequences ${kilobytes(memory)} in all\nkernels   ${target === 'wasm' ? 'WebAssembly, vectors of four' : 'TypeScript'}\n`
}

const figure = (value: number): string => (Number.isInteger(value) ? String(value) : value.toExponential(1))

export const verifiedText = ({ cells }: VerifyReport, runs: number, seed: number, seconds: number): string => {
  const title = heading(`Verified its gradient on ${runs} random cases in ${seconds.toFixed(1)} s (seed ${seed})`)
  const rows = cells.flatMap(c => c.checks.map(k => [k.check, String(k.cases), figure(k.worst), figure(k.limit), k.outcome]))
  const reports = cells.flatMap(c => (c.report === undefined ? [] : [`${c.report.trimEnd()}\n`]))
  return `${title}${table([['check', 'cases', 'worst', 'limit', ''], ...rows])}${reports.join('')}`
}

export const corpusText = (options: Options, { vocabulary, train, validation, test }: Corpus, t: number): string => {
  const all = train.length + validation.length + test.length
  const ends = [
    ...(options.steps === undefined ? [] : [`${number(options.steps)} steps`]),
    ...(options.seconds === undefined ? [] : [`${number(options.seconds)} seconds`]),
  ]
  return `${heading(`Training for ${ends.join(' or ')} (seed ${options.seed})`)}${[
    `text      ${options.text}: ${number(all)} characters, ${vocabulary.symbols.length} different`,
    `parts     ${number(train.length)} to learn, then ${number(validation.length)} and ${number(test.length)} kept back`,
    `windows   ${t} steps of ${options.batch} streams; states are carried from window to window, and are zero again after every ${afresh}`,
    `method    Adam, rate ${options.rate}, gradients clipped to a norm of ${options.clip}`,
  ].join('\n')}\n`
}

/** The model beside models that count: what each character of text never seen costs. */
export const heldOutText = (name: string, bits: readonly number[], counted: readonly (readonly number[])[], learned: Learned, windowSize: number): string => {
  const seen = learned.losses.length * windowSize
  const shown = (list: readonly number[]): readonly string[] => list.map(b => b.toFixed(3))
  const rows = [
    ['model', 'validation', 'test', ''],
    ...counted.map((list, i) => [
      i === 0 ? 'unigram' : `${i + 1}-gram`,
      ...shown(list),
      i === 0 ? 'counts of characters' : i === 1 ? 'counts, after Witten and Bell' : '',
    ]),
    [name, ...shown(bits), `after ${number(learned.losses.length)} steps, ${number(seen)} characters`],
  ]
  const speed = `${number(Math.round(seen / Math.max(learned.seconds, 1e-9)))} characters a second`
  const trained = `Trained for ${learned.seconds.toFixed(1)} s, ${speed}${learned.interrupted ? '; interrupted' : ''}.\n`
  return `${trained}${heading('Bits per character on text that it never saw')}${table(rows)}`
}

export const sampleText = (sample: string, temperature: number): string => `${heading(`A sample at temperature ${temperature}`)}${sample.trim()}\n`

export const writtenText = ({ module, weights, plot }: Written, learned: Learned, seconds: number): string =>
  `${heading('Written')}${table([
    ['module', '', module],
    ['weights', '', `${weights} (read again: the same, bit for bit)`],
    ...(learned.losses.length > 0 ? [['plot', '', plot]] : []),
  ])}\nIn all ${duration(seconds)}.\n`
