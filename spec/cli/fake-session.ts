/** The command without a process: what it writes is kept, and the exit code comes with it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { recurve } from '../../cli/program.ts'
import type { Session } from '../../cli/session.ts'

export interface Ended {
  readonly code: number
  readonly out: string
  readonly err: string
}

const plain = (_: unknown, text: string): string => text

export const session = (given: Partial<Session> = {}): { readonly session: Session; readonly out: string[]; readonly err: string[] } => {
  const [out, err]: [string[], string[]] = [[], []]
  return {
    out,
    err,
    session: {
      out: text => void out.push(text),
      err: text => void err.push(text),
      status: () => undefined,
      outStyle: plain,
      errStyle: plain,
      stdin: () => new Uint8Array(),
      texts: new Map(),
      debug: false,
      ...given,
    },
  }
}

/** Runs the command in this process. */
export const command = async (args: readonly string[], given: Partial<Session> = {}): Promise<Ended> => {
  const fake = session(given)
  const code = await recurve(args, fake.session)
  return { code, out: fake.out.join(''), err: fake.err.join('') }
}

/** A folder that is gone after the spec, and a way to put files into it. */
export const workshop = (): { readonly path: (name: string) => string; readonly write: (name: string, content: string | Uint8Array) => string } => {
  let folder = ''
  before(() => (folder = mkdtempSync(join(tmpdir(), 'recurve-cli-'))))
  after(() => rmSync(folder, { recursive: true, force: true }))
  const path = (name: string): string => join(folder, name)
  return {
    path,
    write: (name, content) => {
      writeFileSync(path(name), content)
      return path(name)
    },
  }
}

export const elman = `cell Plain(D, H) {
  input x: [D]
  state h: [H]
  param W: [H, D], U: [H, H], b: [H]

  h = tanh(W @ x + U @ h[t-1] + b)
}
`

/** The same with the name of its function misspelt: E0302 at 6:7. */
export const misspelt = elman.replace('tanh', 'tahn')
