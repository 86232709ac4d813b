/**
 * What the runtime throws when something it was given is wrong. Everything else that it throws is a fault of ours, so
 * that a program can tell the two apart with one `instanceof InputError`.
 */

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

/** A value as a message shows it: strings in quotes, long ones cut. */
export const show = (value: unknown): string => {
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)
  if (typeof value === 'bigint') return `${value}n`
  if (Object.is(value, -0)) return '-0'
  if (typeof value === 'number' || typeof value === 'boolean' || value === undefined || value === null) return String(value)
  return Array.isArray(value) ? 'a list' : `${typeof value === 'object' ? 'an' : 'a'} ${typeof value}`
}

/** The value, if it is an integer in `least..most`. Throws an InputError that names `what` otherwise. */
export const integer = (value: unknown, what: string, least: number, most = Number.MAX_SAFE_INTEGER): number => {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most) return value
  const range = most === Number.MAX_SAFE_INTEGER ? `at least ${least}` : `from ${least} to ${most}`
  throw new InputError(`${what} must be an integer ${range}, got ${show(value)}`)
}

/** A seed: an integer in `0..2^32-1`. Throws an InputError otherwise. */
export const seedOf = (value: unknown): number => integer(value, 'the seed', 0, 0xffffffff)
