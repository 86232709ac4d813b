/** The command line as a whole: its commands, and what an error of any kind becomes. */
import { createRequire } from 'node:module'
import { Command, CommanderError } from 'commander'
import { InternalError, Refused } from '../dsl/diagnostics.ts'
import { InputError } from '../runtime/errors.ts'
import { benchCommand } from './commands/bench.ts'
import { buildCommand } from './commands/build.ts'
import { checkCommand } from './commands/check.ts'
import { explainErrorCommand } from './commands/explain-error.ts'
import { fmtCommand } from './commands/fmt.ts'
import { opsCommand } from './commands/ops.ts'
import { runCommand } from './commands/run.ts'
import { verifyCommand } from './commands/verify.ts'
import { complain, tell } from './diagnostics.ts'
import { exit, UsageError } from './exit.ts'
import type { Session } from './session.ts'

/** A command does its work and returns the exit code. */
export type Finish = (code: number) => void

const version = (): string => (createRequire(import.meta.url)('recurve/package.json') as { version: string }).version

const examples = `
Examples:
  $ recurve check lstm.cell
  $ recurve build lstm.cell --cell LSTM -o lstm.ts
  $ recurve verify lstm.cell --runs 200 --seed 7
  $ recurve run lstm.cell --data numbers.json

Exit codes: 0 done, 1 the input is wrong or a property does not hold, 2 wrong usage, 70 a fault of Recurve.`

const makeProgram = (session: Session, finish: Finish): Command => {
  const program = new Command('recurve')
    .description('Compiles the equations of recurrent cells into verified forward and BPTT code.')
    .version(version(), '-V, --version', 'the version')
    .helpOption('-h, --help', 'this help')
    .helpCommand('help [command]', 'help for a command')
    .exitOverride()
    .configureOutput({
      writeOut: text => session.out(text),
      writeErr: text => session.err(text),
      outputError: (text, write) => write(text.replace(/^error:/, session.errStyle(['bold', 'red'], 'error:'))),
    })
    .showHelpAfterError('(`recurve --help` shows what there is)')
    .addHelpText('after', examples)
  checkCommand(program, session, finish)
  fmtCommand(program, session, finish)
  buildCommand(program, session, finish)
  verifyCommand(program, session, finish)
  runCommand(program, session, finish)
  benchCommand(program, session, finish)
  opsCommand(program, session, finish)
  explainErrorCommand(program, session, finish)
  for (const c of program.commands) c.showHelpAfterError(`(\`recurve ${c.name()} --help\` shows what it takes)`)
  return program
}

/** Runs the command with these arguments, and returns the exit code. It throws nothing. */
export const recurve = async (args: readonly string[], session: Session): Promise<number> => {
  let code: number = exit.done
  try {
    const program = makeProgram(session, c => (code = c))
    await program.parseAsync([...args], { from: 'user' })
    return code
  } catch (error) {
    return explain(error, session)
  }
}

/** Says what went wrong, and gives the exit code for it. */
export const explain = (error: unknown, session: Session): number => {
  // Commander has told what it found already, or has shown help.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exit.done : exit.usage
  if (error instanceof UsageError) {
    complain(error.message, session)
    return exit.usage
  }
  if (error instanceof Refused) {
    tell(error.diagnostics, session)
    return exit.wrong
  }
  if (error instanceof InputError) {
    complain(error.message, session)
    return exit.wrong
  }
  session.err(internalText(error, session.debug))
  return exit.internal
}

const internalText = (error: unknown, debug: boolean): string => {
  const message = error instanceof Error ? error.message : String(error)
  if (debug) return `${error instanceof Error ? error.stack : message}\n`
  const [first = ''] = message.split('\n')
  const said = error instanceof InternalError ? first : `Internal error of Recurve (please report it): ${first}`
  return `${said}\nWith RECURVE_DEBUG=1 in the environment it tells more; please send that with the source.\n`
}
