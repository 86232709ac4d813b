/** `recurve ops`: the reference manual of functions and ops. */
import { Option, type Command } from 'commander'
import { manual, manualGroups, manualOf, manualPage, suggestEntry, type ManualEntry } from '../../compiler/manual.ts'
import { exit, UsageError } from '../exit.ts'
import { jsonText } from '../json.ts'
import type { Finish } from '../program.ts'
import type { Session } from '../session.ts'
import { table } from '../table.ts'

interface OpsOptions {
  readonly json?: true
  readonly markdown?: true
}

const help = `
Without a name it lists the functions of the language and the ops of the graph. With one it shows the whole row: adjoint
and tangent as formulas of the cell language, where the op is smooth, and what happens at ties.

Examples:
  $ recurve ops
  $ recurve ops max`

export const opsCommand = (program: Command, session: Session, finish: Finish): void => {
  program
    .command('ops')
    .summary('the manual of functions and ops')
    .description('The reference manual of functions and ops, made from their rows.')
    .argument('[name]', 'a function or an op')
    .option('--json', 'the rows as JSON')
    .addOption(new Option('--markdown', 'the whole manual as a page').conflicts('json'))
    .addHelpText('after', help)
    .action((name: string | undefined, given: OpsOptions) => finish(ops(name, given, session)))
}

const ops = (name: string | undefined, given: OpsOptions, session: Session): number => {
  const entries = name === undefined ? manual() : manualOf(name)
  if (name !== undefined && entries.length === 0) {
    const meant = suggestEntry(name)
    throw new UsageError(`there is no function or op ${name}${meant === undefined ? '; `recurve ops` lists them' : `: did you mean ${meant}?`}`)
  }
  if (given.markdown) session.out(manualPage())
  else if (given.json) session.out(`${jsonText({ ops: entries })}\n`)
  else session.out(name === undefined ? list(session) : entries.map(e => whole(e, session)).join('\n'))
  return exit.done
}

const list = (session: Session): string =>
  Object.values(manualGroups())
    .map(({ title, entries }) => `${session.outStyle('bold', title)}\n${table(entries.map(e => [e.signature, e.doc]))}`)
    .join('\n')

const whole = (e: ManualEntry, session: Session): string => {
  const { adjoint, tangent } = e
  const lines = (title: string, of: Readonly<Record<string, string | null>> | undefined): readonly string[] =>
    of === undefined ? [] : Object.entries(of).map(([p, f]) => `  ${title} ${p}: ${f ?? 'none'}`)
  return [
    `${session.outStyle('bold', e.signature)}  (${e.kind})`,
    `  ${e.doc}`,
    ...lines('adjoint of', adjoint),
    ...lines('tangent from', tangent),
    ...(e.domain === undefined ? [] : [`  smooth within ${e.domain.join(' to ')}${e.ties!.length === 0 ? '' : `, but for ties at ${e.ties!.join(', ')}`}`]),
    ...(e.latex === undefined ? [] : [`  LaTeX: ${e.latex}`]),
    '',
  ].join('\n')
}
