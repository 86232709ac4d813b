import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { compile } from '../../compiler/compile.ts'
import { readProgram } from '../../dsl/program.ts'

/** Which cells and models of the corpus compile today; the others are refused where they use what is not there yet. */
const std = new URL('../../dsl/std/', import.meta.url)
const examples = new URL('../../examples/cells/', import.meta.url)
const read = (folder: URL, file: string): string => readFileSync(new URL(file, folder), 'utf8')
const blocks = (text: string): readonly string[] => readProgram('main.cell', text).program!.own

const compiling = new Set(['WindowTagger', 'Captioner', 'LanguageModel', 'Trader', 'Tagger', 'Sentiment', 'BagOfWords'])

describe('the corpus', () => {
  for (const file of readdirSync(std).filter(f => f.endsWith('.cell')))
    for (const cell of blocks(read(std, file))) it(`${cell} of std compiles`, () => assert.deepEqual(compile(read(std, file), { cell }).diagnostics, []))
  for (const file of readdirSync(examples).filter(f => f.endsWith('.cell')))
    for (const cell of blocks(read(examples, file))) {
      const text = read(examples, file)
      if (compiling.has(cell)) it(`${cell} of ${file} compiles`, () => assert.deepEqual(compile(text, { cell }).diagnostics, []))
      else
        it(`${cell} of ${file} is refused where it uses what is not there yet`, () => {
          const { diagnostics, code } = compile(text, { cell })
          assert.equal(code, undefined)
          for (const d of diagnostics) {
            assert.equal(d.code, 'E0390', d.message)
            assert.ok(d.span.start >= 0 && d.span.end <= text.length && d.span.start < d.span.end)
          }
        })
    }
})
