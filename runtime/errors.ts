/**
 * What the runtime throws when something it was given is wrong. Everything else that it throws is a fault of ours, so
 * that a program can tell the two apart with one `instanceof InputError`.
 */
import { anInteger, called, readOptions, type Fail, type Rule, type Table } from '../dsl/options.ts'

export { show } from '../dsl/options.ts'

/** A value, an option or an array is not what it has to be. */
export class InputError extends Error {
  override readonly name: string = 'InputError'
}

/** What a file holds is wrong, or it cannot be read or written. */
export class FileError extends InputError {
  override readonly name: string = 'FileError'
}

/** Training cannot go on: the loss or a gradient is not finite. The parameters are those before the step it names. */
export class TrainingError extends InputError {
  override readonly name: string = 'TrainingError'
}

/** How checks of options complain in this layer. */
export const refuse: Fail = message => {
  throw new InputError(message)
}

/** The options of a function, copied by its table. Throws an InputError for what the table does not take. */
export const optionsOf = <O extends object>(what: string, given: unknown, table: Table<O>): O => readOptions(what, given, table, refuse)

/** The value, if it is an integer in `least..most`. Throws an InputError that names `what` otherwise. */
export const integer = (value: unknown, what: string, least: number, most?: number): number => anInteger(least, most).read(value, what, refuse)

/** A seed: an integer in `0..2^32-1`. */
export const aSeed: Rule<number> = called('the seed', anInteger(0, 0xffffffff))

/** The value, if it is a seed. Throws an InputError otherwise. */
export const seedOf = (value: unknown): number => aSeed.read(value, 'the seed', refuse)
