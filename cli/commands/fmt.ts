/** `recurve fmt`: lays sources out in the one way, in place. Names and shapes do not matter to it; the syntax does. */
import type { Command } from 'commander'
import { Refused, type Diagnostic } from '../../dsl/diagnostics.ts'
import { format } from '../../dsl/format.ts'
import { InputError } from '../../runtime/errors.ts'
import { writeAtomic } from '../../runtime/files.ts'
import { complain, count, tell } from '../diagnostics.ts'
import { exit } from '../exit.ts'
import type { Finish } from '../program.ts'
import type { Session } from '../session.ts'
import { openFile } from '../source.ts'

interface FmtOptions {
  readonly check?: true
}

const help = `
Only spaces and line ends change: a formatted source is the same program, with all its comments. A file with an error
in its syntax stays as it is. A FILE of - is standard input, and goes to standard output.

Examples:
  $ recurve fmt cells/*.cell
  $ recurve fmt --check cells/*.cell`

export const fmtCommand = (program: Command, session: Session, finish: Finish): void => {
  program
    .command('fmt')
    .summary('lays sources out')
    .description('Lays sources out in the one way, in place.')
    .argument('<file...>', 'sources')
    .option('--check', 'change nothing; list the files that would change, and exit 1 if there are any')
    .addHelpText('after', help)
    .action((files: readonly string[], given: FmtOptions) => finish(fmt(files, given, session)))
}

type Outcome = 'same' | 'changed' | 'wrong'

const fmt = (files: readonly string[], given: FmtOptions, session: Session): number => {
  const outcomes = files.map(file => fmtFile(file, given.check === true, session))
  const of = (o: Outcome): number => outcomes.filter(x => x === o).length
  if (!files.includes('-'))
    session.err(`${count(of('changed'), 'file')} ${given.check === true ? 'would change' : 'changed'}, ${of('same')} already laid out\n`)
  return of('wrong') > 0 || (given.check === true && of('changed') > 0) ? exit.wrong : exit.done
}

/** One file that is wrong does not keep the others from being laid out. */
const fmtFile = (file: string, check: boolean, session: Session): Outcome => {
  try {
    const { path, text } = openFile(file, session)
    const made = format(path, text)
    if (made.text === undefined) {
      tell(made.diagnostics.filter(isError), session)
      return 'wrong'
    }
    const outcome = made.text === text ? 'same' : 'changed'
    if (check) {
      if (outcome === 'changed') session.out(`${path}\n`)
    } else if (file === '-') session.out(made.text)
    else if (outcome === 'changed') {
      writeAtomic(file, made.text)
      session.err(`${path}\n`)
    }
    return outcome
  } catch (error) {
    if (error instanceof Refused) tell(error.diagnostics, session)
    else if (error instanceof InputError) complain(error.message, session)
    else throw error
    return 'wrong'
  }
}

const isError = (d: Diagnostic): boolean => d.severity === 'error'
