/** The text of the numeric library is the library. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { f32, f32Rounded, f64, libraryText, type NumericLibrary } from '../../compiler/numeric/library.ts'
import { library } from '../../compiler/numeric/library.generated.ts'
import { initialise } from '../../compiler/numeric/initialise.ts'
import { normalAt, uniformAt } from '../../compiler/numeric/random.ts'
import { roundEach } from '../../compiler/numeric/round-each.ts'
import { numericTexts } from '../../scripts/embed-numeric.ts'
import { points } from './sweep.ts'

const folder = new URL('../../compiler/numeric/', import.meta.url)
const source = (file: string): string => readFileSync(new URL(file, folder), 'utf8')

// oxlint-disable-next-line no-implied-eval, no-new-func -- the text under test
const evaluate = (text: string, result: string): unknown => new Function(`'use strict'\n${text}\nreturn ${result}`)()

describe('numeric: library text', () => {
  it('is up to date (npm run generate makes it)', () => {
    for (const [file, text] of Object.entries(numericTexts())) assert.equal(source(file), text, file)
  })

  for (const [dtype, functions] of [
    ['f64', f64],
    ['f32', f32],
  ] as const)
    it(`computes the same bits in ${dtype}`, () => {
      const names = Object.keys(functions).filter(name => typeof functions[name as keyof NumericLibrary] === 'function' && name !== 'pow') as Exclude<
        keyof NumericLibrary,
        'pow'
      >[]
      assert.equal(names.length, 10)
      for (const name of names) {
        // One function at a time: what it needs must come with it.
        const made = evaluate(libraryText(dtype, [name], 'js'), name) as (x: number) => number
        for (const x of [...points(name, dtype, 100), NaN, Infinity, -Infinity]) assert.ok(Object.is(made(x), functions[name](x)), `${name}(${x})`)
      }
      const pow = evaluate(libraryText(dtype, ['pow'], 'js'), 'pow') as NumericLibrary['pow']
      for (const x of points('exp', dtype, 100)) assert.ok(Object.is(pow(Math.abs(x), 1.7), functions.pow(Math.abs(x), 1.7)), `${x}`)
      const draw = evaluate(libraryText(dtype, ['initialise', 'normalAt', 'uniformAt'], 'js'), '[initialise, normalAt, uniformAt]') as [
        typeof initialise,
        typeof normalAt,
        typeof uniformAt,
      ]
      for (let i = 0; i < 100; i++) assert.deepEqual([draw[1](5, 2, i), draw[2](5, 2, i)], [normalAt(5, 2, i), uniformAt(5, 2, i)])
      const [a, b] = [new Float64Array(12), new Float64Array(12)]
      draw[0](a, [3, 4], 'orthogonal', [], 1, 5, 2)
      initialise(b, [3, 4], 'orthogonal', [], 1, 5, 2)
      assert.deepEqual(a, b)
    })

  it('holds what was asked for and what that needs, once, in the order of the sources', () => {
    const text = libraryText('f32', ['tanh', 'exp', 'tanh'], 'ts')
    const declared = [...text.matchAll(/^(?:function|const) (\w+)/gm)].map(m => m[1])
    assert.deepEqual(declared, ['POWERS', 'powersOfTwo', 'LN2HI', 'LN2LO', 'LOG2E', 'scale', 'expSeries', 'exp', 'saturating', 'tanh'])
    assert.doesNotMatch(text, /export|import/)
    assert.throws(() => libraryText('f64', ['sinh'], 'js'), /no sinh/)
  })

  it('the editions differ by annotations only', () => {
    for (const dtype of ['f32', 'f64'] as const)
      for (const { name, ts, js } of library[dtype]) {
        assert.doesNotMatch(js, /: (number|boolean|string|void|readonly|\w+Array)\b/, name)
        assert.equal(js.split('\n').length, ts.split('\n').length, name)
      }
  })

  it('every constant of f32 is a single', () => {
    const code = source('f32.ts').replace(/\/\*[^]*?\*\/|\/\/.*/g, '')
    for (const [literal] of code.matchAll(/(?<![\w.])\d[\d.]*(?:e[-+]?\d+)?/g)) {
      const value = Number(literal)
      if (literal.length > 8) assert.equal(Math.fround(value), value, literal)
    }
  })

  it('the rounded edition rounds every operation, and returns singles', () => {
    assert.match(
      roundEach('function f(x: number, k: number): number {\n  return -x * (1 + x[k - 1]!) - Math.sqrt((k + 1) >> 2)\n}'),
      /return fround\(fround\(-x \* \(fround\(1 \+ x\[k - 1\]!\)\)\) - fround\(Math\.sqrt\(\(k \+ 1\) >> 2\)\)\)/,
    )
    for (const name of ['exp', 'log', 'tanh', 'erf', 'sin', 'softplus'] as const)
      for (const x of points(name, 'f32', 100)) assert.ok(Object.is(f32Rounded[name](x), Math.fround(f32Rounded[name](x))), `${name}(${x})`)
  })
})
