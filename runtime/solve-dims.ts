/** Finds the dims that given arrays determine: `[4*H, D]` against 16 by 3 says H = 4 and D = 3. */
import * as dim from '../dsl/dims.ts'
import type { Dim } from '../dsl/dims.ts'
import { InputError } from './errors.ts'

export interface Equation {
  readonly what: string
  readonly size: Dim
  readonly value: number
}

/** Adds what follows to `known`. Throws an InputError where two arrays disagree. */
export const solveDims = (equations: readonly Equation[], known: Map<string, number>): void => {
  let left = [...equations]
  for (let before = -1; before !== left.length;) {
    before = left.length
    left = left.filter(e => {
      const open = dim.names(e.size).filter(n => !known.has(n))
      if (open.length === 0) {
        const value = dim.evaluate(e.size, Object.fromEntries(known))
        if (value !== e.value) throw new InputError(`${e.what}: expected ${value} (${shown(e.size)}), got ${e.value}`)
        return false
      }
      if (open.length > 1) return true
      const [name] = open as [string]
      const at = (v: number): number => dim.evaluate(e.size, { ...Object.fromEntries(known), [name]: v })
      const slope = at(1) - at(0)
      if (slope === 0 || at(2) - at(1) !== slope) return true
      const value = (e.value - at(0)) / slope
      if (!Number.isInteger(value) || value < 1) throw new InputError(`${e.what}: ${e.value} is no size that ${shown(e.size)} can have`)
      known.set(name, value)
      return false
    })
  }
}

const shown = (d: Dim): string => d.key.replaceAll('@t', 't').replaceAll('@b', 'batch')
