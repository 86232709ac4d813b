/** Between nested lists, as they stand in JSON, and flat row-major arrays. NaN and infinities are strings there. */

import { InputError, show } from './errors.ts'

/** A number as JSON can hold it. */
export type JsonNumber = number | 'NaN' | 'Infinity' | '-Infinity'
export type Nested = JsonNumber | readonly Nested[]

const special: ReadonlyMap<unknown, number> = new Map([
  ['NaN', NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
])

/**
 * The numbers of a nested list of exactly this shape; for the shape `[]`, of one number. With `index`, integers from -1
 * (none) up to below 2^31, as an Int32Array.
 *
 * Throws an InputError with the path of what is wrong, `what` first: `inputs.x[2][0]: expected 3 numbers, got 4`.
 */
export function flatten(value: unknown, shape: readonly number[], what: string): Float64Array
export function flatten(value: unknown, shape: readonly number[], what: string, type: 'index'): Int32Array
export function flatten(value: unknown, shape: readonly number[], what: string, type: 'real' | 'index'): Float64Array | Int32Array
export function flatten(value: unknown, shape: readonly number[], what: string, type: 'real' | 'index' = 'real'): Float64Array | Int32Array {
  const numbers: number[] = []
  const walk = (v: unknown, depth: number, path: string): void => {
    if (depth === shape.length) {
      numbers.push(type === 'index' ? indexOf(v, path) : realOf(v, path))
      return
    }
    const size = shape[depth]!
    const wanted = depth === shape.length - 1 ? count(size, type === 'index' ? 'integer' : 'number') : count(size, 'list')
    if (!Array.isArray(v)) throw new InputError(`${path}: expected a list of ${wanted}, got ${shown(v)}`)
    if (v.length !== size) throw new InputError(`${path}: expected ${wanted}, got ${v.length}`)
    for (let i = 0; i < size; i++) walk(v[i], depth + 1, `${path}[${i}]`)
  }
  walk(value, 0, what)
  return type === 'index' ? Int32Array.from(numbers) : Float64Array.from(numbers)
}

const count = (n: number, thing: string): string => `${n} ${thing}${n === 1 ? '' : 's'}`
const shown = (v: unknown): string => (typeof v === 'number' ? `the number ${v}` : typeof v === 'string' ? `the string ${show(v)}` : show(v))

const realOf = (v: unknown, path: string): number => {
  const number = typeof v === 'number' ? v : special.get(v)
  if (number === undefined) throw new InputError(`${path}: expected a number, got ${shown(v)}`)
  return number
}

const indexOf = (v: unknown, path: string): number => {
  if (typeof v === 'number' && Number.isInteger(v) && v >= -1 && v < 2 ** 31) return v
  throw new InputError(`${path}: expected an index (an integer from 0, or -1 for none), got ${shown(v)}`)
}

/**
 * The shape that a nested list has if its first elements speak for the others, which `flatten` then checks: `[[1, 2]]`
 * has [1, 2], a number `[]`. Below an empty list nothing is known: `[[]]` has [1, 0].
 */
export const shapeOfNested = (value: unknown): number[] => {
  const shape: number[] = []
  for (let v = value; Array.isArray(v) && shape.length < 64; v = (v as unknown[])[0]) {
    shape.push(v.length)
    if (v.length === 0) break
  }
  return shape
}

/** The nested list of a flat array; for the shape `[]` its number. Throws an InputError where the shape does not fit. */
export const nest = (flat: ArrayLike<number>, shape: readonly number[]): Nested => {
  const size = shape.reduce((a, b) => a * b, 1)
  if (size !== flat.length) throw new InputError(`the shape [${shape.join(', ')}] does not fit ${flat.length} numbers`)
  let at = 0
  const build = (depth: number): Nested => (depth === shape.length ? jsonNumber(flat[at++]!) : Array.from({ length: shape[depth]! }, () => build(depth + 1)))
  return build(0)
}

/** The number, or the string that stands for it. */
export const jsonNumber = (x: number): JsonNumber => (Number.isFinite(x) ? x : Number.isNaN(x) ? 'NaN' : x > 0 ? 'Infinity' : '-Infinity')
