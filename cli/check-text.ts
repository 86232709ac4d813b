/** All that is wrong with a text, of every block in it or of one. */
import { chooseBlock } from '../compiler/compile.ts'
import { elaborate, type Elaborated } from '../compiler/elaborate/elaborate.ts'
import { functionNames } from '../compiler/elaborate/functions.ts'
import { nothingOut, pedantic } from '../compiler/pedantic.ts'
import { enough, fewest, type Diagnostic } from '../dsl/diagnostics.ts'
import { readProgram, type Files, type Program } from '../dsl/program.ts'
import type { Block } from '../dsl/syntax.ts'

export interface Checked {
  readonly diagnostics: readonly Diagnostic[]
  /** How many cells and models were looked at. */
  readonly blocks: number
}

export interface CheckTextOptions {
  /** One cell or model; all if left out. */
  readonly cell?: string
  readonly pedantic?: boolean
}

export const checkProgram = (path: string, text: string, files: Files, { cell, pedantic: more = false }: CheckTextOptions): Checked => {
  const { program, diagnostics } = readProgram(path, text, files, functionNames)
  if (program === undefined) return { diagnostics, blocks: 0 }
  const chosen = (cell === undefined ? program.own : [cell]).map(name => chooseBlock(program, name))
  const found: Diagnostic[] = [...diagnostics]
  for (const c of chosen) {
    if (enough(found)) break
    found.push(...('block' in c ? checkBlock(program, c.block, more) : [c]))
  }
  return { diagnostics: fewest(found), blocks: chosen.length }
}

/** Everything that there is to say of a text that stands alone, or with some files. */
export const checkText = (path: string, text: string, files: Readonly<Record<string, string>> = {}): readonly Diagnostic[] =>
  checkProgram(path, text, name => (name === path ? text : files[name]), { pedantic: true }).diagnostics

/** The code of `must be known when the code is built`. */
const structural = 'E0348'

/**
 * A dim that counts has its number only when the code is built. To check the rest, the first small number will do with
 * which nothing is wrong.
 */
const checkBlock = (program: Program, block: Block, more: boolean): readonly Diagnostic[] => {
  const told = ({ graph, diagnostics }: Elaborated): readonly Diagnostic[] => [
    ...diagnostics,
    ...(graph === undefined ? [] : more ? pedantic(block, graph) : nothingOut(block, graph)),
  ]
  const first = elaborate(program, block)
  if (!first.diagnostics.some(d => d.code === structural)) return told(first)
  const tries = [2, 1, 3, 4].map(n => {
    let set: Readonly<Record<string, number>> = {}
    let made = first
    for (let left = block.dims.length; left > 0; left--) {
      const asked = countsIn(program, block, made.diagnostics)
      if (asked.length === 0) break
      set = { ...set, ...Object.fromEntries(asked.map(d => [d.name.name, d.value?.kind === 'number' ? d.value.value : n])) }
      made = elaborate(program, block, set)
    }
    return made
  })
  return told(tries.find(made => made.diagnostics.every(d => d.severity !== 'error')) ?? tries[0]!)
}

/** The dims of the block that the diagnostics want to know. */
const countsIn = (program: Program, block: Block, diagnostics: readonly Diagnostic[]): Block['dims'] => {
  const asked = diagnostics
    .filter(d => d.code === structural)
    .map(d => d.message.match(/`(.*?)`/)?.[1] ?? program.files.get(d.span.file)!.text.slice(d.span.start, d.span.end))
  return block.dims.filter(d => asked.some(text => new RegExp(`\\b${d.name.name}\\b`).test(text)))
}
