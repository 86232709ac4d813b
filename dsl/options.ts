/**
 * Options of public functions. Each function has a table of what it takes, and reads what it was given through it. What
 * comes out is a frozen copy of plain values: an object is asked for its own properties only, and for each of them once,
 * so that no prototype, getter or proxy says one thing to the check and another to whoever uses the value.
 */
import { suggest } from './suggest.ts'

/** Throws the error of the caller's layer. `isType`: the value is of another type; else it is out of range, or a name is unknown. */
export type Fail = (message: string, isType: boolean) => never

export interface Rule<T> {
  /** The value, copied where it could change. */
  readonly read: (value: unknown, name: string, fail: Fail) => T
  /** Whether it has to be there. */
  readonly needed?: true
}

/** A rule for every option that the interface has, marked as needed where the interface says so. */
export type Table<O> = {
  readonly [K in keyof O]-?: Partial<Pick<O, K>> extends Pick<O, K> ? Rule<Exclude<O[K], undefined>> : Rule<O[K]> & { readonly needed: true }
}

/** A value as a message shows it: strings in quotes, long ones cut. */
export const show = (value: unknown): string => {
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)
  if (typeof value === 'bigint') return `${value}n`
  if (Object.is(value, -0)) return '-0'
  if (typeof value === 'number' || typeof value === 'boolean' || value === undefined || value === null) return String(value)
  return Array.isArray(value) ? 'a list' : `${typeof value === 'object' ? 'an' : 'a'} ${typeof value}`
}

const scalar = <T>(type: 'string' | 'number' | 'boolean' | 'function', wanted: string, fits: (value: T) => boolean = () => true): Rule<T> => ({
  read: (value, name, fail) =>
    typeof value === type && fits(value as T) ? (value as T) : fail(`${name} must be ${wanted}, got ${show(value)}`, typeof value !== type),
})

export const aText: Rule<string> = scalar('string', 'a string')
export const aFlag: Rule<boolean> = scalar('boolean', 'true or false')
export const aFunction = <F>(): Rule<F> => scalar<F>('function', 'a function')
export const oneOf = <W extends string>(...words: readonly W[]): Rule<W> => scalar('string', words.map(show).join(' or '), word => words.includes(word))
/** `fits` has to be false for NaN. */
export const aNumber = (wanted: string, fits: (value: number) => boolean): Rule<number> => scalar('number', wanted, fits)

const isInteger = (value: number, least: number, most: number): boolean =>
  Number.isSafeInteger(value) && value >= least && value <= most && !Object.is(value, -0)

export const anInteger = (least: number, most: number = Number.MAX_SAFE_INTEGER): Rule<number> =>
  aNumber(`an integer ${most === Number.MAX_SAFE_INTEGER ? `at least ${least}` : `from ${least} to ${most}`}`, value => isInteger(value, least, most))

/** How many steps, where Infinity stands for all of them. */
export const stepsOrAll: Rule<number> = aNumber('an integer at least 1, or Infinity', n => n === Infinity || isInteger(n, 1, Number.MAX_SAFE_INTEGER))

/** Something made by this library or by the caller, which is used as it is. */
export const anObject = <T extends object>(wanted: string, fits: (value: T) => boolean = () => true): Rule<T> => ({
  read: (value, name, fail) =>
    typeof value === 'object' && value !== null && fits(value as T) ? (value as T) : fail(`${name} must be ${wanted}, got ${show(value)}`, true),
})

export const listOf = <T>(of: Rule<T>): Rule<readonly T[]> => ({
  read: (value, name, fail) => {
    if (!Array.isArray(value)) return fail(`${name} must be a list, got ${show(value)}`, true)
    const list = value as readonly unknown[]
    return Object.freeze(Array.from({ length: list.length }, (_, i) => of.read(list[i], `${name}[${i}]`, fail)))
  },
})

export const recordOf = <T>(of: Rule<T>): Rule<Readonly<Record<string, T>>> => ({
  read: (value, name, fail) => Object.freeze(Object.fromEntries(entriesOf(value, name, fail).map(([key, v]) => [key, of.read(v, `${name}.${key}`, fail)]))),
})

export const needed = <T>(rule: Rule<T>): Rule<T> & { readonly needed: true } => ({ ...rule, needed: true })

/** The same rule, but messages call the value by other words than the option's name. */
export const called = <T>(words: string, rule: Rule<T>): Rule<T> => ({ ...rule, read: (value, _, fail) => rule.read(value, words, fail) })

/** These have no properties that could be meant: they would pass for an object without any. */
const others = [Array, Map, Set, Date, RegExp, Promise, Number, String, Boolean] as const

const entriesOf = (value: unknown, name: string, fail: Fail): readonly (readonly [string, unknown])[] =>
  typeof value === 'object' && value !== null && !ArrayBuffer.isView(value) && !others.some(kind => value instanceof kind)
    ? Object.entries(value)
    : fail(`${name} must be an object of names and values, got ${show(value)}`, true)

/** Says that there is nothing of this name, what there is, and what was probably meant: `set: there is no dim "h"; …`. */
export const unknownName = (where: string, kind: string, name: string, known: readonly string[]): string => {
  const most = 30
  const more = known.length > most ? `, and ${known.length - most} more` : ''
  const meant = suggest(name, known)
  const list = `${known.slice(0, most).join(', ') || 'none'}${more}`
  return `${where}: there is no ${kind} ${show(name)}; there are: ${list}${meant === undefined ? '' : `. Did you mean ${meant}?`}`
}

/**
 * What a function was given, by its table. An option that is `undefined` is not there; one that the table does not have
 * is refused. `what` names the function in messages.
 */
export const readOptions = <O extends object>(what: string, given: unknown, table: Table<O>, fail: Fail): O => {
  const rules = table as Readonly<Record<string, Rule<unknown>>>
  // Without a prototype: what is not there is not found there either.
  const found = Object.create(null) as Record<string, unknown>
  for (const [name, value] of given === undefined ? [] : entriesOf(given, `${what}: the options`, fail)) {
    if (!Object.hasOwn(rules, name)) return fail(unknownName(what, 'option', name, Object.keys(rules)), false)
    if (value !== undefined) found[name] = rules[name]!.read(value, name, fail)
  }
  for (const [name, rule] of Object.entries(rules)) if (rule.needed && !Object.hasOwn(found, name)) rule.read(undefined, name, fail)
  return Object.freeze(found) as O
}

/** Options inside of options. */
export const partOf = <O extends object>(table: Table<O>): Rule<O> => ({ read: (value, name, fail) => readOptions(name, value, table, fail) })
