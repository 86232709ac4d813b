/** What the command line of the example takes. */
import { Command, InvalidArgumentError, Option } from 'commander'
import type { Target } from '../../compiler/compile.ts'
import type { Session } from '../../cli/session.ts'

/** Where the example speaks: results, and everything else. */
export type Talk = Pick<Session, 'out' | 'err' | 'status' | 'texts'>

export interface Options {
  /** How long to train; nothing where a number of steps ends the run. */
  readonly seconds?: number
  readonly steps?: number
  readonly hidden: number
  readonly embedding: number
  readonly batch: number
  /** Steps of a window; the window of the source if left out. */
  readonly length?: number
  readonly rate: number
  readonly clip: number
  readonly seed: number
  readonly target: Target
  readonly text: string
  readonly cell: string
  readonly set: Readonly<Record<string, number>>
  readonly out: string
  readonly temperature: number
  /** How many characters to draw at the end. */
  readonly sample: number
  /** Random cases for each check of the gradient. */
  readonly runs: number
}

/** Chosen by measuring: see README.md. */
export const defaults = { seconds: 60, hidden: 128, embedding: 32, batch: 8, rate: 0.005, clip: 1, seed: 1, temperature: 0.8, sample: 400, runs: 5 } as const

const whole =
  (least: number, most: number) =>
  (text: string): number => {
    const value = /^[0-9]{1,10}$/.test(text) ? Number(text) : -1
    if (value < least || value > most) throw new InvalidArgumentError(`A whole number from ${least} to ${most} is needed.`)
    return value
  }

const real =
  (what: string, fits: (value: number) => boolean) =>
  (text: string): number => {
    const value = /^[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?$/.test(text) ? Number(text) : NaN
    if (!fits(value)) throw new InvalidArgumentError(`${what} is needed.`)
    return value
  }

const positive = real('A positive number', value => value > 0 && value <= 1e6)

const dims = (text: string, before: Readonly<Record<string, number>> = {}): Readonly<Record<string, number>> => {
  const found = new Map(Object.entries(before))
  for (const part of text.split(',')) {
    const [, name, value] = /^\s*([A-Za-z_]\w*)\s*=\s*([0-9]{1,7})\s*$/.exec(part) ?? []
    if (name === undefined || Number(value) < 1) throw new InvalidArgumentError('It is written `D=32,K=4`, with positive whole numbers.')
    found.set(name, Number(value))
  }
  return Object.fromEntries(found)
}

const size = whole(1, 1_000_000)

const notes = `
The run compiles the cell, says what came out, verifies the gradient, trains on the first 90 % of the text, and
judges by the next 5 % (validation) and the last 5 % (test), which training never sees.

With --steps and the same seed, every run gives the same weights, bit for bit. With --seconds the learning rate
follows the clock, so that two runs differ. Ctrl-C ends training early: the rest of the run is done with what has
been learned, and the exit code is 130; a second Ctrl-C ends the program at once.

--cell takes a model with one input and one target, each an index over the characters (as in char-lstm.cell). Its
dims called H and E are --hidden and --embedding; others are given by --set.

Exit codes: 0 done, 1 the input is wrong or the gradient is, 2 wrong usage, 70 a fault of Recurve, 130 interrupted.

Examples:
  $ npm start
  $ npm start -- --seconds 300 --hidden 128 --embedding 32
  $ npm start -- --text book.txt --steps 2000 --out out/book`

/** Reads the arguments. Throws a CommanderError, having told what is wrong, or having shown the help. */
export const readOptions = (args: readonly string[], session: Talk, folder: string): Options => {
  const command = new Command('npm start --')
    .description('Trains a character language model that Recurve compiles from equations.')
    .option('--seconds <s>', `how long to train (default: ${defaults.seconds}, unless there is --steps)`, positive)
    .option('--steps <n>', 'how many steps to train; alone, it stands in place of the time', whole(1, 1e9))
    .option('--hidden <n>', 'width of the state, H', size, defaults.hidden)
    .option('--embedding <n>', 'width of the embedding, E', size, defaults.embedding)
    .option('--batch <n>', 'streams of text side by side', size, defaults.batch)
    .option('--length <t>', 'characters of a window, as far as gradients travel back (default: the window of the source)', size)
    .option('--rate <r>', "Adam's learning rate at its highest", positive, defaults.rate)
    .option('--clip <norm>', 'the largest norm of all gradients together', positive, defaults.clip)
    .option('--seed <s>', 'first weights, sample and cases of verification come from it', whole(0, 2 ** 32 - 1), defaults.seed)
    .addOption(new Option('--target <target>', 'what the kernels are').choices(['wasm', 'ts']).default('wasm'))
    .option('--text <file>', 'the text to learn, in UTF-8', `${folder}/data/input.txt`)
    .option('--cell <file>', 'the source; its last model is taken', `${folder}/char-lstm.cell`)
    .option('--set <dims>', 'other dims of the model, such as D=32', dims)
    .option('--out <dir>', 'where module, weights and plot are written', 'out/language-model')
    .option(
      '--temperature <x>',
      'of the sample: 0 takes the most likely character',
      real('A number from 0 to 100', x => x >= 0 && x <= 100),
      defaults.temperature,
    )
    .option('--sample <n>', 'how many characters to draw at the end', whole(0, 1_000_000), defaults.sample)
    .option('--runs <n>', 'random cases for each check of the gradient', whole(1, 100_000), defaults.runs)
    .helpOption('-h, --help', 'this help')
    .addHelpText('after', notes)
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ writeOut: text => session.out(text), writeErr: text => session.err(text) })
    .showHelpAfterError('(`npm start -- --help` shows what there is)')
  const given: Options = { set: {}, ...command.parse([...args], { from: 'user' }).opts<Omit<Options, 'set'>>() }
  return given.seconds === undefined && given.steps === undefined ? { ...given, seconds: defaults.seconds } : given
}
