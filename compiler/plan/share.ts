/** Live ranges: passing values whose lives do not meet lie in the same place. */
import * as dim from '../../dsl/dims.ts'
import type { Id } from '../graph.ts'
import type { Position, Schedule } from '../schedule/schedule.ts'
import type { Region } from './plan.ts'
import type { Range, Read } from './reads.ts'

export interface Sharing {
  readonly schedule: Schedule
  readonly regions: readonly Region[]
  readonly reads: ReadonlyMap<Id, readonly Read[]>
  readonly pinned: (id: Id) => boolean
  readonly residents: ReadonlyMap<number, readonly { id: Id; range: Range }[]>
}

/** Regions for passing values whose lives do not meet lie in the same place. */
export const share = ({ schedule, regions, reads, pinned, residents }: Sharing): readonly Region[] => {
  const stage = (p: Position): number => (p.phase === 'forward' ? p.stage : schedule.forward.length + p.stage)
  const beneath = new Set(regions.flatMap(r => r.inside ?? []))
  const lives = regions.flatMap(r => {
    const list = residents.get(r.id)!
    if (
      r.role !== 'work' ||
      r.inside !== undefined ||
      beneath.has(r.id) ||
      r.optional !== undefined ||
      r.lead + r.trail > 0 ||
      r.name === 'zeros' ||
      list.length === 0
    )
      return []
    if (list.some(x => pinned(x.id))) return []
    const places = list.flatMap(x => [schedule.position.get(x.id)!, ...(reads.get(x.id) ?? []).map(y => y.at)]).map(stage)
    return [{ region: r, from: Math.min(...places), to: Math.max(...places) }]
  })
  lives.sort((a, b) => a.from - b.from || a.region.id - b.region.id)
  const owners: { region: Region; to: number }[] = []
  const inside = new Map<number, number>()
  for (const life of lives) {
    const free = owners.find(o => o.to < life.from && dim.dominates(o.region.sizes[0]!, life.region.sizes[0]!) && o.region.type === life.region.type)
    if (free === undefined) owners.push({ region: life.region, to: life.to })
    else {
      inside.set(life.region.id, free.region.id)
      free.to = life.to
    }
  }
  return regions.map(r => (inside.has(r.id) ? { ...r, inside: inside.get(r.id)! } : r))
}
