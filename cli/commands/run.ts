/** `recurve run`: one forward and backward pass on given numbers. The plain door for other languages. */
import type { Command } from 'commander'
import type { Dtype } from '../../compiler/signature.ts'
import { place } from '../../dsl/text.ts'
import { textOf } from '../../runtime/compile-files.ts'
import { InputError } from '../../runtime/errors.ts'
import { readBytes } from '../../runtime/files.ts'
import { tell } from '../diagnostics.ts'
import { exit, UsageError } from '../exit.ts'
import { jsonText, parseJson } from '../json.ts'
import { checkEvery, checkTarget, needVectors, options } from '../options.ts'
import type { Finish } from '../program.ts'
import type { Session } from '../session.ts'
import { openFile, stdinName } from '../source.ts'

interface RunOptions {
  readonly data: string
  readonly cell?: string
  readonly target: 'reference' | 'ts' | 'wasm'
  readonly dtype?: Dtype
  readonly window?: number
  readonly every?: number
}

const help = `
The data is one JSON object: dims, hyper, params, inputs, targets, initial, lengths, rows, noise, training,
seed, cotangents, finalCotangents, keep, adjoints. Arrays nest the steps, the batch, then the shape. A key that
stands twice and a number like 1e999 are errors. The answer is one JSON object: loss, outputs, final, grads,
adjoints. Numbers that JSON has not are "NaN", "Infinity", "-Infinity". A FILE or IN.json of - is standard input.

Examples:
  $ recurve run lstm.cell --data numbers.json
  $ recurve run lm.cell --cell LM --data - --target reference --window full < numbers.json`

export const runCommand = (program: Command, session: Session, finish: Finish): void => {
  program
    .command('run')
    .summary('one forward and backward pass on given numbers')
    .description('Runs one cell or model forward and backward on given numbers, and prints values and gradients as JSON.')
    .argument('<file>', 'the source')
    .requiredOption('--data <in.json>', 'the numbers')
    .addOption(options.cell('the cell or model; the last of the file if left out'))
    .addOption(options.target(['reference', 'ts', 'wasm'], 'what runs: the interpreter or the generated code').default('ts'))
    .addOption(options.dtype('the numbers that it works with; f64 if left out, but f32 with --target wasm'))
    .addOption(options.window())
    .addOption(options.every())
    .addHelpText('after', help)
    .action(async (file: string, given: RunOptions) => finish(await run(file, given, session)))
}

const run = async (file: string, given: RunOptions, session: Session): Promise<number> => {
  checkTarget(given)
  needVectors(given.target)
  checkEvery(given.every, given.window)
  if (file === '-' && given.data === '-') throw new UsageError('only one of FILE and --data can be standard input')
  const { path, text, files } = openFile(file, session)
  const request = readData(given.data, session)
  const { runJson } = await import('../../runtime/execute.ts')
  const { cell, target, dtype, window, every } = given
  const chosen = {
    ...(dtype === undefined ? {} : { dtype }),
    ...(cell === undefined ? {} : { cell }),
    ...(window === undefined ? {} : { window }),
    ...(every === undefined ? {} : { every }),
  }
  const { diagnostics, result } = await runJson(text, request, { path, files, target, ...chosen })
  if (tell(diagnostics, session) || result === undefined) return exit.wrong
  session.out(`${jsonText(result)}\n`)
  return exit.done
}

const readData = (data: string, session: Session): unknown => {
  const name = data === '-' ? stdinName : data
  const text = textOf(name, data === '-' ? session.stdin() : readBytes(data), session.texts)
  try {
    return parseJson(name, text, offset => place(text, offset))
  } catch (error) {
    throw error instanceof SyntaxError ? new InputError(error.message, { cause: error }) : error
  }
}
