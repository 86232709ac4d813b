/** A page for every code that a diagnostic can have. */
import { declarations } from './declarations.ts'
import { meanings, shapes } from './meanings.ts'
import type { Page } from './page.ts'
import { syntax } from './syntax.ts'
import { habits, time } from './time.ts'

export type { Page } from './page.ts'

/** By code, in the order of the numbers: errors first. */
export const pages: ReadonlyMap<string, Page> = new Map(
  Object.entries({ ...syntax, ...declarations, ...meanings, ...shapes, ...time, ...habits }).sort(([a], [b]) => (a < b ? -1 : 1)),
)
