/** `verify` and `gradientProperties` as the package gives them away: options are checked and copied before anything is done. */
import { compileTable } from '../compiler/options.ts'
import { aFunction, anInteger, anObject, aText, type Table } from '../dsl/options.ts'
import { aSeed, optionsOf, refuse } from './errors.ts'
import * as plain from './verify/index.ts'

const { path, files, cell, set } = compileTable

export const verifyTable: Table<plain.VerifyOptions> = {
  path,
  files,
  cell,
  set,
  runs: anInteger(1, 2 ** 31 - 1),
  seed: aSeed,
  progress: aFunction(),
  alter: anObject('alterations'),
}

const checked = (what: string, text: string, given: plain.VerifyOptions): plain.VerifyOptions => {
  aText.read(text, 'the source', refuse)
  return optionsOf(what, given, verifyTable)
}

/**
 * Verifies the named cell or model, or all that the file defines. Rejects with an InputError for options that are unknown or out
 * of range, and with the RangeError of `compile` for a dim in `set` that a cell does not have.
 */
export const verify = async (text: string, options: plain.VerifyOptions = {}): Promise<plain.VerifyReport> =>
  plain.verify(text, checked('verify', text, options))

/** The checks as named properties, for a test suite: `for (const p of gradientProperties(text)) it(p.name, p.run)`. Throws as `verify` rejects. */
export const gradientProperties = (text: string, options: plain.VerifyOptions = {}): readonly plain.GradientProperty[] =>
  plain.gradientProperties(text, checked('gradientProperties', text, options))
