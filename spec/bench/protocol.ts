/** How the bench talks to a contender: a line of JSON for each question, and one for its answer. */
import type { Checks, Mode, Problem } from './work.ts'

export type Question =
  /** Is what it needs installed, and in which version? */
  | { readonly ask: 'hello' }
  | { readonly ask: 'prepare'; readonly variant: string; readonly problem: Problem }
  /** Runs without keeping times, for so many seconds and some times at least. */
  | { readonly ask: 'warm'; readonly mode: Mode; readonly seconds: number }
  | { readonly ask: 'run'; readonly mode: Mode; readonly times: number }
  | { readonly ask: 'limit'; readonly kind: string; readonly seconds: number }

export interface Prepared {
  readonly checks?: Checks
  readonly flops?: Readonly<Record<Mode, number>>
}

export interface Answers {
  readonly hello: { readonly version: string }
  readonly prepare: Prepared
  /** Milliseconds of the quickest run. */
  readonly warm: { readonly ms: number }
  /** Milliseconds of each. */
  readonly run: { readonly ms: readonly number[] }
  readonly limit: { readonly gflops: number }
}

export type Kind = Question['ask']

/** It cannot do this: not a failure. */
export interface Absent {
  readonly absent: string
}

export type Answer<K extends Kind = Kind> = Answers[K] | Absent
