/** One case: contenders take turns in rounds, so that whatever slows the machine down slows all of them. */
import type { Child } from './child.ts'
import { takesPart, type Present, type Processes } from './contenders.ts'
import type { Prepared } from './protocol.ts'
import { modes, problemOf, sameWork, type CellName, type Checks, type Mode, type Size } from './work.ts'

export interface Times {
  readonly median: number
  readonly min: number
}

/** Times by mode, or why there are none. */
export type Outcome = Readonly<Record<Mode, Times>> | { readonly absent: string }

export interface Case {
  readonly cell: CellName
  readonly size: Size
  /** Multiplications and additions of our products. */
  readonly flops?: Readonly<Record<Mode, number>>
  readonly outcomes: Readonly<Record<string, Outcome>>
}

const rounds = 5
/** What takes longer than its time runs in so many rounds. */
const least = 2

interface Runner {
  readonly id: string
  readonly child: Child
  readonly times: Record<Mode, number[]>
  absent?: string
}

export const measureCase = async (cell: CellName, size: Size, present: readonly Present[], processes: Processes, seconds: number): Promise<Case> => {
  const problem = problemOf(cell, size)
  const outcomes: Record<string, Outcome> = {}
  const runners: Runner[] = []
  let reference: Checks | undefined
  let flops: Prepared['flops']
  for (const p of present) {
    const { id, ours, variant } = p.contender
    if (p.command === undefined) outcomes[id] = { absent: p.told }
    else if (!takesPart(p.contender, cell, size)) outcomes[id] = { absent: '' }
    else {
      const child = processes.for(p)
      const prepared = await child.ask({ ask: 'prepare', variant, problem })
      if ('absent' in prepared) outcomes[id] = { absent: prepared.absent }
      else {
        if (ours) {
          flops ??= prepared.flops
          reference ??= prepared.checks
        }
        const differs = reference !== undefined && prepared.checks !== undefined && !sameWork(reference, prepared.checks)
        if (differs) outcomes[id] = { absent: 'other results' }
        else runners.push({ id, child, times: { forward: [], training: [] } })
      }
    }
  }
  for (const mode of modes) await measureMode(mode, runners, seconds)
  for (const r of runners)
    outcomes[r.id] = r.absent === undefined ? { training: summary(r.times.training), forward: summary(r.times.forward) } : { absent: r.absent }
  processes.endCase()
  return { cell, size, ...(flops === undefined ? {} : { flops }), outcomes }
}

const measureMode = async (mode: Mode, runners: readonly Runner[], seconds: number): Promise<void> => {
  const estimate = new Map<Runner, number>()
  for (const r of runners) {
    if (r.absent !== undefined) continue
    const answer = await r.child.ask({ ask: 'warm', mode, seconds: seconds / 2 })
    if ('absent' in answer) r.absent = answer.absent
    else estimate.set(r, answer.ms)
  }
  const slice = (seconds * 1000) / rounds
  for (let round = 0; round < rounds; round++)
    for (const [r, ms] of estimate) {
      if (r.absent !== undefined || (round >= least && ms * round > seconds * 1000)) continue
      const answer = await r.child.ask({ ask: 'run', mode, times: Math.max(1, Math.round(slice / ms)) })
      if ('absent' in answer) r.absent = answer.absent
      else r.times[mode].push(...answer.ms)
    }
}

const summary = (times: readonly number[]): Times => {
  const sorted = [...times].sort((a, b) => a - b)
  return { median: sorted[sorted.length >> 1]!, min: sorted[0]! }
}
