/** What a command has of the world around it. Specs hand in their own, so that no process need be started. */
import { readFileSync } from 'node:fs'
import { FileError } from '../runtime/errors.ts'
import { styleFor, type Style } from './style.ts'

export interface Session {
  /** Results. */
  out(text: string): void
  /** Everything else. */
  err(text: string): void
  /** What is being done, on one line of a terminal that the next one replaces; the empty text clears it. */
  readonly status: (text: string) => void
  readonly outStyle: Style
  readonly errStyle: Style
  stdin(): Uint8Array
  /** The texts of all files that were read, for code frames. */
  readonly texts: Map<string, string>
  readonly debug: boolean
}

export const processSession = (): Session => ({
  out: text => void process.stdout.write(text),
  err: text => void process.stderr.write(text),
  status: text => {
    if (process.stderr.isTTY) process.stderr.write(`\r${text.slice(0, (process.stderr.columns ?? 80) - 1)}\x1b[K`)
  },
  outStyle: styleFor(process.stdout),
  errStyle: styleFor(process.stderr),
  stdin: readStdin,
  texts: new Map(),
  debug: process.env['RECURVE_DEBUG'] === '1',
})

const readStdin = (): Uint8Array => {
  try {
    return readFileSync(0)
  } catch (e) {
    throw new FileError(`cannot read standard input: ${(e as Error).message}`, { cause: e })
  }
}
