/** Every reserved word in every place where a name may stand: the first error stands at it, and says so. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { checkText } from '../../cli/check-text.ts'
import { highlights } from '../../dsl/highlight.ts'
import { corpus } from './corpus.ts'
import { reservedNames } from '../../dsl/slips/reserved.ts'
import { scan } from '../../dsl/tokens.ts'

const words = highlights.filter(r => ['block', 'declaration', 'control'].includes(r.kind)).flatMap(r => r.match.match(/[a-z]{2,}/g)!)

/** `@` is the word. */
const cell = (...lines: readonly string[]): string => `cell A(D) {\n  input x: [D]\n  state h: [D]\n${lines.map(l => `  ${l}\n`).join('')}}\n`
const step = 'h = x + h[t-1]'
const places: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ['input', 'state', 'output', 'param', 'hyper', 'noise', 'target'].flatMap(kind => [
      [`after \`${kind}\``, cell(`${kind} @: [D]`, step)],
      [`after \`${kind}\`, without a type`, cell(`${kind} @`, step)],
      [`second after \`${kind}\``, cell(`${kind} a, @: [D], c: [D]`, step)],
      [`last after \`${kind}\``, cell(`${kind} a: [D], @`, step)],
    ]),
  ),
  'a hyper with a number': cell('hyper @ = 0.1', step),
  'a param with an initialiser': cell('param @: [D, D] ~ orthogonal', step),
  'the name of an equation': cell(step, '@ = 2 * x'),
  'the name of the first equation': cell('@ = 2 * x', step),
  'the name of an equation with a shape': cell(step, '@: [D] = 2 * x'),
  'an equation that is read': cell('h = @ + h[t-1]', '@ = 2 * x'),
  'a state that is read': cell('state @: [D]', step, '@ = tanh(@[t-1]) * @ + x'),
  'the second part': cell('a, @ = split(x, 2)', step),
  'the first part': cell(step, '@, a = split(x, 2)'),
  'a dim': `cell A(@) {\n  output y\n  y = 1\n}\n`,
  'a later dim': `cell A(D, @, K = 2) {\n  output y\n  y = 1\n}\n`,
  'a dim with a default': `cell A(D, @ = 2) {\n  output y\n  y = 1\n}\n`,
  'a cell': `cell @(D) {\n  input x: [D]\n  output y\n  y = x\n}\n`,
  'a model': `fn f(v) = v\nmodel @(D) {\n  input x: [D]\n  output y\n  y = x\n}\n`,
  'a function': `fn @(v) = v\n${cell(step)}`,
  'a parameter': `fn f(@) = 1\n${cell(step)}`,
  'a parameter with a shape': `fn f(a, @: [D], b = 2) = a\n${cell(step)}`,
  'a parameter that is read': `fn f(@, a) = @ + a\n${cell(step)}`,
  'a name within a function': `fn f(v) {\n  @ = v\n  return v\n}\n${cell(step)}`,
  'a counter': cell('h = repeat @ < 3 (s = x) { s = tanh(s) }'),
  'a start': cell('h = repeat k < 3 (@ = x) { s = x }'),
  'a name within a repeat': cell('h = repeat k < 3 (s = x) { @ = tanh(s) s = x }'),
  'a named argument': `import { LSTM } from "std"\nmodel M(D) {\n  input x: [D]\n  l = LSTM(H=D)(x, @ = 0)\n  output l\n}\n`,
  'a first named argument': `import { LSTM } from "std"\nmodel M(D) {\n  input x: [D]\n  l = LSTM(@=D)(x)\n  output l\n}\n`,
  'a field': cell('h = x.@ + h[t-1]'),
  'an import': `import { @ } from "std"\n${cell(step)}`,
  'a later import': `import { LSTM, @, GRU } from "std"\n${cell(step)}`,
  'an operand': cell('h = 2 * @ + x'),
  'an argument': cell('h = tanh(@)'),
  'a delayed operand': cell('h = x + @[t-1]'),
  'an axis of a sum': cell('h = x + sum(x over @)'),
  'a sequence': cell('input e: [D] over @, f: [D]', step),
}

/** Words that may stand there, and mean something else. */
const means = (word: string, place: string): boolean =>
  (word === 'fixed' && place === 'the first part') || (['if', 'not', 'repeat'].includes(word) && /operand|argument/.test(place))

describe('reserved words as names', () => {
  for (const [place, text] of Object.entries(places))
    it(place, () => {
      for (const word of words) {
        if (means(word, place)) continue
        const source = text.replaceAll('@', word)
        const [first] = checkText('a.cell', source).filter(d => d.severity === 'error')
        assert.equal(first?.code, 'E0121', `${word}: ${first?.message} in\n${source}`)
        assert.equal(source.slice(first.span.start, first.span.end), word)
        // Where the word stands elsewhere as well, the error may be there: one of the places of the name.
        const at = [...text.matchAll(/@/g)].map((m, i) => m.index + i * (word.length - 1))
        assert.ok(at.includes(first.span.start), source)
        assert.ok(first.hint?.startsWith(`choose another name, such as \`${word}_\``), first.hint)
      }
    })

  it('on one line', () => {
    fc.assert(
      fc.property(fc.constantFrom(...words), fc.constantFrom('@ = 2 * x', 'param @: [D]', 'state a, @: [D]'), (word, line) => {
        const source = `cell A(D) { input x: [D] output y y = x ${line.replace('@', word)} }`
        const [first] = checkText('a.cell', source)
        assert.deepEqual([first?.code, source.slice(first!.span.start, first!.span.end)], ['E0121', word], source)
      }),
      { numRuns: 200 },
    )
  })

  it('are told once each', () => {
    const source = cell('state cell, total: [D]', 'cell = total * x', 'total = cell[t-1]', 'h = cell + total')
    assert.deepEqual(
      checkText('a.cell', source).map(d => source.slice(d.span.start, d.span.end)),
      ['cell', 'total'],
    )
  })

  it('are found in no source that is right', () => {
    for (const { path, text } of corpus) {
      const { tokens, clean } = scan(path, text)
      assert.deepEqual(reservedNames(path, tokens, clean).diagnostics, [], path)
    }
  })
})
