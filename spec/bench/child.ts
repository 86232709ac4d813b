/** The bench's side of a process that answers questions. */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Answer, Kind, Question } from './protocol.ts'

export interface Child {
  ask<K extends Kind>(question: Extract<Question, { readonly ask: K }>): Promise<Answer<K>>
  stop(): void
}

export interface Command {
  readonly file: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string | undefined>>
}

/** Node 20 has relaxed SIMD behind a flag, later versions have it without. */
const flags = process.version.startsWith('v20.') ? ['--experimental-wasm-relaxed-simd'] : []

/** A script of this folder. */
export const script = (path: string): Command => ({
  file: process.execPath,
  args: [...flags, '--import', 'tsx', fileURLToPath(new URL(path, import.meta.url))],
})

/** A question that is not answered in this time will not be. */
const patience = 300_000

export const startChild = ({ file, args, env = {} }: Command): Child => {
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...env } })
  let told = ''
  let waiting: ((answer: Answer) => void) | undefined
  const settle = (answer: Answer): void => {
    waiting?.(answer)
    waiting = undefined
  }
  let over: Answer | undefined
  const end = (why: string): void => {
    over ??= { absent: why }
    settle(over)
  }
  child.stderr.setEncoding('utf8').on('data', (text: string) => (told = (told + text).slice(-4000)))
  createInterface({ input: child.stdout }).on('line', line => settle(JSON.parse(line) as Answer))
  child.on('error', error => end(error.message))
  child.on('close', () => end(`failed: ${lastError(told)}`))
  child.stdin.on('error', () => {})
  return {
    ask: <K extends Kind>(question: Extract<Question, { readonly ask: K }>): Promise<Answer<K>> =>
      new Promise(resolve => {
        if (over !== undefined) return resolve(over as Answer<K>)
        const timer = setTimeout(() => {
          end('no answer')
          child.kill()
        }, patience)
        waiting = answer => {
          clearTimeout(timer)
          resolve(answer as Answer<K>)
        }
        child.stdin.write(`${JSON.stringify(question)}\n`)
      }),
    stop: () => {
      over ??= { absent: 'stopped' }
      child.kill()
    },
  }
}

/** The line of a report that names the error. */
const lastError = (text: string): string => {
  const lines = text.split('\n').filter(l => l.trim() !== '')
  return (lines.find(l => /^\w*Error\b/.test(l)) ?? lines.at(-1) ?? 'it ended without a word').trim().slice(0, 200)
}
