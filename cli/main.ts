#!/usr/bin/env node
/** The command `recurve`. */
import { exit } from './exit.ts'
import { recurve } from './program.ts'
import { processSession } from './session.ts'

// Whoever reads the results may stop before the end (`recurve build … | head`): that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') return
  process.exitCode = exit.wrong
  process.stderr.write(`error: cannot write the results: ${error.message}\n`)
})
// There is nowhere left to tell it.
process.stderr.on('error', () => {})

const code = await recurve(process.argv.slice(2), processSession())
// The exit code is set, not forced, so that everything is written first.
process.exitCode ??= code
