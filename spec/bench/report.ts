/** The results as tables. */
import { table } from '../../cli/table.ts'
import { takesPart, type Present } from './contenders.ts'
import type { Case, Outcome } from './measure.ts'
import { cells, modes, sizeText, type CellName, type Mode } from './work.ts'

export interface Limits {
  readonly scalar?: number
  readonly simd?: number
  readonly fma?: number
}

export interface Results {
  readonly machine: { readonly cpu: string; readonly node: string }
  readonly seconds: number
  readonly contenders: readonly { readonly id: string; readonly title: string; readonly ours: boolean; readonly told: string }[]
  readonly limits: Limits
  readonly cases: readonly Case[]
  /** Further sizes of the LSTM: how times grow. */
  readonly growth: readonly Case[]
}

export const best = (outcome: Outcome | undefined, mode: Mode): number | undefined =>
  outcome === undefined || 'absent' in outcome ? undefined : outcome[mode].min

/** The best time of ours: what peers are compared with. */
export const ourBest = (c: Case, ours: readonly string[], mode: Mode): number | undefined => {
  const times = ours.flatMap(id => best(c.outcomes[id], mode) ?? [])
  return times.length === 0 ? undefined : Math.min(...times)
}

const absent = (o: Outcome | undefined): string => (o !== undefined && 'absent' in o && o.absent !== '' ? o.absent : '-')

/** At most so many letters of why there is nothing: the rest stands below the table. */
const shown = (text: string): string => (text.length > 16 ? 'failed' : text)

export const cellTable = (cell: CellName, cases: readonly Case[], present: readonly Present[]): string => {
  const ours = present.filter(p => p.contender.ours)
  // Who has nothing to do with this cell has no column.
  const peers = present.filter(p => !p.contender.ours && cases.some(c => takesPart(p.contender, c.cell, c.size)))
  const ids = ours.map(p => p.contender.id)
  const rows = cases.flatMap(c =>
    modes.map(mode => {
      const base = ourBest(c, ids, mode)
      const own = ids.map(id => {
        const o = c.outcomes[id]
        if (o === undefined || 'absent' in o) return shown(absent(o))
        const { median, min } = o[mode]
        const rate = c.flops === undefined ? '' : `  ${(c.flops[mode] / min / 1e6).toFixed(1).padStart(5)}`
        return `${number(median)} (${number(min)})${rate}`
      })
      const theirs = peers.map(p => {
        const time = best(c.outcomes[p.contender.id], mode)
        return time === undefined ? shown(absent(c.outcomes[p.contender.id])) : base === undefined ? `${number(time)} ms` : `${ratio(time / base)}x`
      })
      return [sizeText(c.size), mode, ...own, ...theirs, '']
    }),
  )
  const head = ['T,B,D,H', 'mode', ...ids.map(id => `${id}: ms (best)  GF/s`), ...peers.map(p => p.contender.title), '']
  return `\n${cells[cell].title}\n${table([head, ...rows])}`
}

export const number = (ms: number): string => (ms >= 100 ? ms.toFixed(0) : ms >= 10 ? ms.toFixed(1) : ms >= 1 ? ms.toFixed(2) : ms.toFixed(3))
const ratio = (r: number): string => (r >= 100 ? r.toFixed(0) : r >= 10 ? r.toFixed(1) : r.toFixed(2))

/** Who took part, and what went wrong. */
export const notes = (results: Pick<Results, 'contenders' | 'cases' | 'growth'>): string => {
  const rows = results.contenders.filter(c => !c.ours).map(c => [c.title, '', c.told])
  const failures = [...results.cases, ...results.growth].flatMap(c =>
    Object.entries(c.outcomes).flatMap(([id, o]) =>
      'absent' in o && o.absent.length > 16 ? [`  ${id}, ${cells[c.cell].title} ${sizeText(c.size)}: ${o.absent}\n`] : [],
    ),
  )
  return `\n${rows.length === 0 ? '' : table(rows)}${failures.join('')}`
}

export const limitsText = (limits: Limits): string => {
  const one = (what: string, value: number | undefined): string => `${what} ${value === undefined ? 'none' : value.toFixed(1)}`
  return `One core at most, in registers, GFLOP/s: ${[one('scalar', limits.scalar), one('128 bits', limits.simd), one('128 bits fused', limits.fma)].join(', ')}\n`
}
