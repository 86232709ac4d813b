/** Dims that the numbers of a request determine before anything is compiled: what counts parts, rounds or delays goes into the code. */
import { chooseBlock } from '../compiler/compile.ts'
import { declarationsOf } from '../compiler/elaborate/declarations.ts'
import { sizeOf } from '../compiler/elaborate/expression.ts'
import { functionNames } from '../compiler/elaborate/functions.ts'
import { Refused } from '../dsl/diagnostics.ts'
import * as dim from '../dsl/dims.ts'
import type { Dim } from '../dsl/dims.ts'
import { readProgram, type Files } from '../dsl/program.ts'
import { shapeOfNested } from './nested.ts'
import { solveDims, type Equation } from './solve-dims.ts'

export interface Source {
  readonly text: string
  readonly path?: string
  readonly files?: Files
  readonly cell?: string
}

/** Numbers of dims of the block, from those that are given and from the shapes of its own arrays. Throws an InputError where two of them disagree. */
export const dimsOfData = (
  { text, path = 'source.cell', files, cell }: Source,
  given: ReadonlyMap<string, number>,
  arrays: Readonly<Record<'input' | 'target' | 'param' | 'state', ReadonlyMap<string, unknown>>>,
): Readonly<Record<string, number>> => {
  const { program } = readProgram(path, text, files, functionNames)
  const chosen = program === undefined ? undefined : chooseBlock(program, cell)
  if (chosen === undefined || !('block' in chosen)) return {}
  const { block } = chosen
  const names = block.dims.map(d => d.name.name)
  const dims = new Map(names.map(n => [n, dim.variable(n)] as const))
  const shape = (sizes: Parameters<typeof sizeOf>[1][]): readonly Dim[] | undefined => {
    try {
      return sizes.map(e => sizeOf({ dims }, e))
    } catch (error) {
      // The compiler says so better.
      if (error instanceof Refused) return undefined
      throw error
    }
  }
  const equations = declarationsOf(block).flatMap((d): readonly Equation[] => {
    const nested = d.of in arrays ? arrays[d.of as keyof typeof arrays].get(d.name.name) : undefined
    const sizes = shape([...(d.type?.shape ?? [])])
    if (nested === undefined || sizes === undefined) return []
    const found = shapeOfNested(nested)
    // Steps and sequences come first.
    return found.length < sizes.length ? [] : sizes.map((size, i) => ({ what: d.name.name, size, value: found[found.length - sizes.length + i]! }))
  })
  const known = new Map(given)
  solveDims(equations, known)
  return Object.fromEntries([...known].filter(([name]) => names.includes(name)))
}
