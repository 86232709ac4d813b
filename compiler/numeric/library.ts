/** The numeric library: its functions for each arithmetic, and its text for printing into a generated module. */
import type { Dtype } from '../signature.ts'
import * as f32Rounded from './f32-rounded.generated.ts'
import * as f32 from './f32.ts'
import * as f64 from './f64.ts'
import { library } from './library.generated.ts'

/** Double; single evaluated in double, for a result that is rounded when stored; single with every operation rounded. */
export { f64, f32, f32Rounded }

type Unary = (x: number) => number

/** What each arithmetic defines. */
export interface NumericLibrary {
  readonly exp: Unary
  readonly expm1: Unary
  readonly log: Unary
  readonly log1p: Unary
  readonly tanh: Unary
  readonly sigmoid: Unary
  readonly softplus: Unary
  readonly sin: Unary
  readonly cos: Unary
  readonly erf: Unary
  readonly pow: (x: number, y: number) => number
}

/** One top-level declaration: its text in both languages, and the declarations that it mentions. */
export interface Declaration {
  readonly name: string
  readonly needs: readonly string[]
  readonly ts: string
  readonly js: string
}

/** The declarations of `names` and of all that they need, in the order of the sources. Every name must exist. */
export const libraryText = (dtype: Dtype, names: Iterable<string>, edition: 'ts' | 'js'): string => {
  const all = library[dtype]
  const wanted = new Set<string>()
  const add = (name: string): void => {
    if (wanted.has(name)) return
    const declaration = all.find(d => d.name === name)
    if (declaration === undefined) throw new Error(`The ${dtype} library has no ${name}`)
    wanted.add(name)
    declaration.needs.forEach(add)
  }
  for (const name of names) add(name)
  return all
    .filter(d => wanted.has(d.name))
    .map(d => d[edition] + '\n')
    .join('\n')
}
