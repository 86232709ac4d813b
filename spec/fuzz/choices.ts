/** What a random program is made of: numbers only, each taken modulo what there is to choose from, so that any part of
 * it is a program too. Smaller numbers mean simpler choices, which is how fast-check shrinks. */
import fc from 'fast-check'

export interface Choices {
  /** Odd: a model. */
  readonly kind: number
  /** A shape, a number of uses and an initial value for each state. */
  readonly states: readonly (readonly number[])[]
  /** One equation each: an op, then whatever it has to choose. */
  readonly ops: readonly (readonly number[])[]
  /** Equations behind those of all states: they may see whole sequences. */
  readonly behind: readonly (readonly number[])[]
  readonly losses: readonly (readonly number[])[]
  readonly outputs: readonly (readonly number[])[]
}

/** The sizes and numbers that a program runs with. */
export interface Setting {
  readonly t: number
  readonly batch: number
  /** A size for each dim, in order. */
  readonly dims: readonly number[]
  readonly window: number
  /** The length of a chunk; left out, that of the window. */
  readonly every?: number
  readonly seed: number
  /** Which options of the compiler are used; 0: none. */
  readonly options: number
}

const row = (maxLength: number): fc.Arbitrary<number[]> => fc.array(fc.nat(1023), { minLength: 1, maxLength, size: 'max' })
const rows = (most: number, maxLength = 8): fc.Arbitrary<number[][]> => fc.array(row(maxLength), { maxLength: most, size: 'max' })

export const choices: fc.Arbitrary<Choices> = fc.record({
  kind: fc.nat(3),
  states: rows(3, 4),
  ops: rows(12),
  behind: rows(5),
  losses: rows(3),
  outputs: rows(3),
})

export const setting: fc.Arbitrary<Setting> = fc.record({
  t: fc.constantFrom(1, 2, 3, 5, 8),
  batch: fc.constantFrom(1, 2, 3, 5),
  dims: fc.array(fc.constantFrom(1, 2, 3, 4, 5, 7, 8, 9), { minLength: 5, maxLength: 5 }),
  window: fc.constantFrom(1, 2, 3, 4),
  every: fc.constantFrom(1, 2, 3, 4),
  seed: fc.nat(1e6),
  options: fc.nat(31),
})

/** Takes choices one after the other; when they run out, the first of everything. */
export class Chooser {
  readonly #numbers: readonly number[]
  #at = 0
  constructor(numbers: readonly number[]) {
    this.#numbers = numbers
  }
  below(n: number): number {
    return n <= 1 ? 0 : (this.#numbers[this.#at++] ?? 0) % n
  }
  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!
  }
  /** True once in n times. */
  once(n: number): boolean {
    return this.below(n) === n - 1
  }
}
