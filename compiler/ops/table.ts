/** The op table: every op is one row. */
import type { Node } from '../graph.ts'
import { InternalError } from '../../dsl/diagnostics.ts'
import { elementwise } from './elementwise.ts'
import { structural } from './structural.ts'
import type { MapRow, Row, StructuralRow } from './row.ts'

const rows: ReadonlyMap<string, Row> = new Map<string, Row>([...Object.entries(elementwise), ...Object.entries(structural)])

export const rowOf = (op: string): Row => {
  const row = rows.get(op)
  if (row === undefined) throw new InternalError(`no op ${op}`)
  return row
}
export const mapRow = (op: string): MapRow => {
  const row = rowOf(op)
  if (row.class !== 'map') throw new InternalError(`${op} is not elementwise`)
  return row
}
export const structuralRow = (op: string): StructuralRow => {
  const row = rowOf(op)
  if (row.class === 'map') throw new InternalError(`${op} is elementwise`)
  return row
}
export const allRows = (): ReadonlyMap<string, Row> => rows

/** Written to memory by a kernel, as it is. */
export const isComputed = (n: Node): boolean => {
  const { class: kind } = rowOf(n.op)
  return kind !== 'source' && kind !== 'view' && kind !== 'shift'
}
