import type { BinaryOp } from './syntax.ts'

/** How tightly the operators bind, the loosest first. `if … then … else` is looser than all of them. */
export const precedence: ReadonlyMap<BinaryOp, number> = new Map([
  ['or', 1],
  ['and', 2],
  ['==', 4],
  ['!=', 4],
  ['<', 4],
  ['<=', 4],
  ['>', 4],
  ['>=', 4],
  ['+', 5],
  ['-', 5],
  ['*', 6],
  ['/', 6],
  ['@', 7],
  ['^', 9],
])

/** The operators before one operand; `not` stands between `and` and the comparisons, `-` between `@` and `^`. */
export const prefixPrecedence = { not: 3, '-': 8 } as const

/** Comparisons do not chain. */
export const isComparison = (op: BinaryOp): boolean => precedence.get(op) === 4
/** `a ^ b ^ c` is `a ^ (b ^ c)`; all others are taken from the left. */
export const fromTheRight = (op: BinaryOp): boolean => op === '^'
