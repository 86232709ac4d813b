/**
 * What a group takes. Types and names are checked here; whether a number is in range the nets say, in the words in which they
 * say it to anybody.
 */
import type { BackwardOptions, CreateOptions, ForwardOptions } from '../../compiler/signature.ts'
import { aFlag, aNumber, aText, listOf, needed, type Rule, type Table } from '../../dsl/options.ts'
import { optionsOf } from '../errors.ts'

export interface GroupOptions extends Omit<CreateOptions, 'firstRow'> {
  /** How many workers there are; at most as many as sequences. */
  readonly workers: number
}

export interface GroupSizes {
  readonly t: number
  readonly batch: number
}

const anyNumber = aNumber('a number', () => true)
/** What is no number reaches the nets as NaN, which they refuse. */
const numeric: Rule<number> = { read: value => (typeof value === 'number' ? value : NaN) }
const names = listOf(aText)

const groupTable: Table<GroupOptions> = {
  workers: needed(anyNumber),
  window: anyNumber,
  every: anyNumber,
  again: aFlag,
  outputs: names,
  adjoints: names,
  check: aFlag,
  stepping: aFlag,
}
const sizesTable: Table<GroupSizes> = { t: needed(anyNumber), batch: needed(anyNumber) }
const forwardTable: Table<ForwardOptions> = { training: aFlag, seed: numeric, tape: aFlag }
const backwardTable: Table<BackwardOptions> = { window: numeric, every: numeric, accumulate: aFlag }
const stepTable: Table<ForwardOptions & BackwardOptions> = { ...forwardTable, ...backwardTable }

export const groupOptions = (given: unknown): GroupOptions => optionsOf('parallel', given, groupTable)
export const groupSizes = (given: unknown): GroupSizes => optionsOf('parallel: sizes', given, sizesTable)
export const forwardOptions = (given: unknown): ForwardOptions => optionsOf('forward', given, forwardTable)
export const backwardOptions = (given: unknown): BackwardOptions => optionsOf('backward', given, backwardTable)
export const stepOptions = (given: unknown): ForwardOptions & BackwardOptions => optionsOf('step', given, stepTable)
