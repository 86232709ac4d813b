/** `recurve check`: what is wrong with a source. The diagnostics are the result, so they go to stdout. */
import type { Command } from 'commander'
import { chooseBlock } from '../../compiler/compile.ts'
import { elaborate, type Elaborated } from '../../compiler/elaborate/elaborate.ts'
import { functionNames } from '../../compiler/elaborate/functions.ts'
import { pedantic } from '../../compiler/pedantic.ts'
import { Refused, type Diagnostic } from '../../dsl/diagnostics.ts'
import { readProgram, type Program } from '../../dsl/program.ts'
import type { Block } from '../../dsl/syntax.ts'
import { InputError } from '../../runtime/errors.ts'
import { count, distinct, frames, jsonOf } from '../diagnostics.ts'
import { exit } from '../exit.ts'
import { jsonText } from '../json.ts'
import { options } from '../options.ts'
import type { Finish } from '../program.ts'
import type { Session } from '../session.ts'
import { openFile } from '../source.ts'

interface CheckOptions {
  readonly cell?: string
  readonly json?: true
  readonly pedantic?: true
}

const help = `
Without --cell all cells and models of each file are checked. Warnings do not fail.
--pedantic also tells what is not wrong, and rarely meant: parameters, states and values that nothing reads, a forget
bias of zero, a recurrence that nothing bounds, gradients that a cut always ends.
A FILE of - is standard input.

Examples:
  $ recurve check cells/*.cell
  $ recurve check lstm.cell --cell LSTM --json`

export const checkCommand = (program: Command, session: Session, finish: Finish): void => {
  program
    .command('check')
    .summary('what is wrong with a source')
    .description('Says what is wrong with sources: names, shapes, cycles, with the place of each.')
    .argument('<file...>', 'sources')
    .addOption(options.cell('the cell or model; all if left out'))
    .option('--pedantic', 'more warnings: what is not wrong, and rarely meant')
    .option('--json', 'diagnostics as JSON')
    .addHelpText('after', help)
    .action((files: readonly string[], given: CheckOptions) => finish(check(files, given, session)))
}

const check = (files: readonly string[], given: CheckOptions, session: Session): number => {
  const results = files.map(file => checkFile(file, given, session))
  const diagnostics = distinct(results.flatMap(r => r.diagnostics))
  const errors = diagnostics.filter(d => d.severity === 'error').length
  const unread = results.filter(r => r.unread).length
  if (given.json) session.out(`${jsonText({ diagnostics: diagnostics.map(d => jsonOf(d, session)) })}\n`)
  else {
    session.out(frames(diagnostics, session, session.outStyle))
    const blocks = results.reduce((sum, r) => sum + r.blocks, 0)
    const found = `${errors === 0 ? 'no errors' : count(errors, 'error')}, ${count(diagnostics.length - errors, 'warning')}`
    session.err(`${count(blocks, 'cell or model').replace('cell or models', 'cells and models')} in ${count(files.length - unread, 'file')}: ${found}\n`)
  }
  return errors > 0 || unread > 0 ? exit.wrong : exit.done
}

interface Checked {
  readonly diagnostics: readonly Diagnostic[]
  /** How many cells and models were looked at. */
  readonly blocks: number
  readonly unread?: true
}

/** One file that cannot be read does not keep the others from being checked. */
const checkFile = (file: string, { cell, pedantic: more }: CheckOptions, session: Session): Checked => {
  try {
    const { path, text, files } = openFile(file, session)
    const { program, diagnostics } = readProgram(path, text, files, functionNames)
    if (program === undefined) return { diagnostics, blocks: 0 }
    const chosen = (cell === undefined ? program.own : [cell]).map(name => chooseBlock(program, name))
    const found = chosen.flatMap(c => ('block' in c ? checkBlock(program, c.block, more === true) : [c]))
    return { diagnostics: [...diagnostics, ...found], blocks: chosen.length }
  } catch (error) {
    if (error instanceof Refused) return { diagnostics: error.diagnostics, blocks: 0 }
    if (!(error instanceof InputError)) throw error
    session.err(`${session.errStyle(['bold', 'red'], 'error:')} ${error.message}\n`)
    return { diagnostics: [], blocks: 0, unread: true }
  }
}

/** The code of `must be known when the code is built`. */
const structural = 'E0348'

/**
 * A dim that counts has its number only when the code is built. To check the rest, the first small number will do with
 * which nothing is wrong.
 */
const checkBlock = (program: Program, block: Block, more: boolean): readonly Diagnostic[] => {
  const told = ({ graph, diagnostics }: Elaborated): readonly Diagnostic[] => [...diagnostics, ...(more && graph !== undefined ? pedantic(block, graph) : [])]
  const first = elaborate(program, block)
  if (!first.diagnostics.some(d => d.code === structural)) return told(first)
  const tries = [2, 1, 3, 4].map(n => {
    let set: Readonly<Record<string, number>> = {}
    let made = first
    for (let left = block.dims.length; left > 0; left--) {
      const asked = countsIn(program, block, made.diagnostics)
      if (asked.length === 0) break
      set = { ...set, ...Object.fromEntries(asked.map(d => [d.name.name, d.value?.kind === 'number' ? d.value.value : n])) }
      made = elaborate(program, block, set)
    }
    return made
  })
  return told(tries.find(made => made.diagnostics.every(d => d.severity !== 'error')) ?? tries[0]!)
}

/** The dims of the block that the diagnostics want to know. */
const countsIn = (program: Program, block: Block, diagnostics: readonly Diagnostic[]): Block['dims'] => {
  const asked = diagnostics
    .filter(d => d.code === structural)
    .map(d => d.message.match(/`(.*?)`/)?.[1] ?? program.files.get(d.span.file)!.text.slice(d.span.start, d.span.end))
  return block.dims.filter(d => asked.some(text => new RegExp(`\\b${d.name.name}\\b`).test(text)))
}
