/** The main job of the project, `npm start`: a language model from equations to text. */
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { explain } from '../../cli/program.ts'
import { processSession } from '../../cli/session.ts'
import { runJob } from './job.ts'
import { readOptions } from './options.ts'

const interruptedCode = 130

// Whoever reads the results may stop before the end (`npm start | head`): that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') process.exitCode = 1
})
process.stderr.on('error', () => {})

const session = processSession()
const folder = relative(process.cwd(), fileURLToPath(new URL('.', import.meta.url))) || '.'
try {
  const { learned } = await runJob(readOptions(process.argv.slice(2), session, folder), session)
  process.exitCode = learned.interrupted ? interruptedCode : 0
} catch (error) {
  process.exitCode = explain(error, session)
}
