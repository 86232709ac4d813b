import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import grammar from '../../dsl/grammar.ohm-bundle.js'
import { kindWords } from '../../dsl/nesting.ts'
import { messages } from '../../dsl/messages.ts'

interface Example {
  readonly rule: string
  readonly text: string
  readonly good: boolean
}

/** The `//+` and `//-` lines above a rule. */
const examples = (source: string): readonly Example[] => {
  const found: Example[] = []
  let waiting: Omit<Example, 'rule'>[] = []
  for (const line of source.split('\n')) {
    const mark = /^\s*\/\/([+-])\s*(.*)$/.exec(line)
    const rule = /^\s*([A-Za-z_]\w*)\s*(?:\([^)]*\)\s*)?=/.exec(line)
    if (mark !== null) {
      const texts = JSON.parse(`[${mark[2]!}]`) as readonly string[]
      waiting.push(...texts.map(text => ({ text, good: mark[1] === '+' })))
    } else if (rule !== null) {
      found.push(...waiting.map(w => ({ ...w, rule: rule[1]! })))
      waiting = []
    }
  }
  return found
}

describe('the grammar', () => {
  const source = readFileSync(new URL('../../dsl/grammar.ohm', import.meta.url), 'utf8')
  const all = examples(source)
  it('carries examples', () => assert.ok(all.length > 80))
  for (const { rule, text, good } of all)
    it(`${rule} ${good ? 'takes' : 'refuses'} ${JSON.stringify(text)}`, () => assert.equal(grammar.match(text, rule).succeeded(), good))

  it('is the one that was compiled', () => {
    for (const [rule] of source.matchAll(/^ {2}[A-Za-z]\w*(?= )/gm)) assert.ok(rule.trim() in grammar.rules, rule)
  })
  it('reserves the words that the scanner takes for the starts of declarations', () => {
    for (const word of kindWords) assert.ok(grammar.match(word, 'kind').succeeded(), word)
  })
})

describe('the catalogue of messages', () => {
  it('names each message once', () => {
    const text = readFileSync(new URL('../../dsl/messages.ts', import.meta.url), 'utf8')
    const names = [...text.matchAll(/^ {2}(\w+): \(/gm)].map(m => m[1]!)
    assert.deepEqual(
      names.filter((n, i) => names.indexOf(n) !== i),
      [],
    )
    assert.equal(Object.keys(messages).length, names.length)
  })
})
