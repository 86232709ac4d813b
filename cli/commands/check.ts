/** `recurve check`: what is wrong with a source. The diagnostics are the result, so they go to stdout. */
import type { Command } from 'commander'
import { enough, Refused, type Diagnostic } from '../../dsl/diagnostics.ts'
import { messages, report } from '../../dsl/messages.ts'
import { InputError } from '../../runtime/errors.ts'
import { checkProgram, type Checked } from '../check-text.ts'
import { complain, count, distinct, frames, jsonOf } from '../diagnostics.ts'
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
  const unread = results.flatMap(r => r.unread ?? [])
  const diagnostics = distinct(results.flatMap(r => r.diagnostics))
  const errors = diagnostics.filter(d => d.severity === 'error').length + unread.length
  if (given.json) session.out(`${jsonText({ diagnostics: [...unread, ...diagnostics].map(d => jsonOf(d, session)) })}\n`)
  else {
    session.out(frames(diagnostics, session, session.outStyle))
    const blocks = results.reduce((sum, r) => sum + r.blocks, 0)
    // Of a file with very many errors the first are told.
    const cut = results.some(r => enough(r.diagnostics)) ? 'at least ' : ''
    const found = `${errors === 0 ? 'no errors' : cut + count(errors, 'error')}, ${count(diagnostics.length + unread.length - errors, 'warning')}`
    const first = diagnostics.find(d => d.severity === 'error')
    const more = first === undefined ? '' : ` (\`recurve explain-error ${first.code}\` says more)`
    const read = count(files.length - unread.length, 'file')
    session.err(`${count(blocks, 'cell or model').replace('cell or models', 'cells and models')} in ${read}: ${found}${more}\n`)
  }
  return errors > 0 ? exit.wrong : exit.done
}

/** One file that cannot be read does not keep the others from being checked; it has no text in which a place could be shown. */
const checkFile = (file: string, given: CheckOptions, session: Session): Checked & { readonly unread?: Diagnostic } => {
  try {
    const { path, text, files } = openFile(file, session)
    return checkProgram(path, text, files, given)
  } catch (error) {
    if (error instanceof Refused) return { diagnostics: error.diagnostics, blocks: 0 }
    if (!(error instanceof InputError)) throw error
    complain(error.message, session)
    const why = error.message.replace(`cannot read ${file}: `, '')
    return { diagnostics: [], blocks: 0, unread: report({ file, start: 0, end: 0 }, messages.fileUnreadable(file, why)) }
  }
}
