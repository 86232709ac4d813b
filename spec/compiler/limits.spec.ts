import assert from 'node:assert/strict'
import { checkText } from '../../cli/check-text.ts'
import { compile } from '../../compiler/compile.ts'
import { frame } from '../../dsl/frame.ts'
import { limits as dslLimits } from '../../dsl/limits.ts'

/** Short texts that ask for much, and long ones: an answer with a place, never a stack that overflows. */

const inCell = (body: string): string => `cell A(D, H) {\n  input x: [D]\n  output y\n  ${body}\n}\n`
const times = (text: string, n: number): string => text.repeat(n)
const lines = (n: number, line: (i: number) => string): string => Array.from({ length: n }, (_, i) => line(i)).join('\n')

const refused: readonly (readonly [what: string, text: string, code: string])[] = [
  ['100,000 parentheses', times('(', 100_000), 'E0114'],
  ['20,000 parentheses', inCell(`y = ${times('(', 20_000)}x`), 'E0115'],
  ['20,000 minus signs', inCell(`y = ${times('- ', 20_000)}x`), 'E0115'],
  ['5,000 times not', inCell(`y = if ${times('not ', 5000)}(x > 0) then 1 else 0`), 'E0115'],
  ['2,000 choices', inCell(`y = ${times('if x > 0 then x else ', 2000)}x`), 'E0115'],
  ['200 brackets', inCell(`y = ${times('[', 200)}${times(']', 200)}`), 'E0115'],
  ['200 calls in one another', inCell(`y = ${times('tanh(', 200)}x${times(')', 200)}`), 'E0115'],
  ['a sum of 15,000 terms', inCell(`y = ${times('x + ', 15_000)}x`), 'E0117'],
  ['a tower of 5,000 powers', inCell(`y = ${times('x^', 5000)}x`), 'E0117'],
  ['3,000 comparisons', inCell(`y = ${times('x == ', 3000)}x`), 'E0117'],
  ['3,000 fields', inCell(`y = x${times('.a', 3000)}`), 'E0117'],
  ['3,000 delays', inCell(`y = x${times('[t-1]', 3000)}`), 'E0117'],
  ['a size of 3,000 terms', `cell A(D) {\n  input x: [${times('D + ', 3000)}D]\n  y = sum(x)\n}`, 'E0117'],
  ['a name of 60,000 letters', inCell(`y = ${times('a', 60_000)}`), 'E0116'],
  ['a number of 10,000 digits', inCell(`y = ${times('9', 10_000)} * x`), 'E0112'],
  ['a line of ten megabytes', `#${times('x', 10_000_000)}`, 'E0114'],
  ['functions that double the work', `fn f0(x) = x + 1\n${lines(60, i => `fn f${i + 1}(x) = f${i}(x) * f${i}(x + 1)`)}\n${inCell('y = f60(x)')}`, 'E0339'],
  ['three million rounds', inCell('y = repeat i < 200 (s = x) { s = repeat j < 200 (r = s) { r = repeat k < 200 (q = r) { q = tanh(q) } } }'), 'E0339'],
  ['800 functions in one another', `fn f0(x) = x\n${lines(800, i => `fn f${i + 1}(x) = f${i}(x) + 1`)}\n${inCell('y = f800(x)')}`, 'E0360'],
  ['2,000 equations in the wrong order', inCell(`y = v2000\n${lines(2000, i => `v${2000 - i} = v${1999 - i} * 2`)}\nv0 = x`), 'E0408'],
  ['a cycle of 2,000 equations', inCell(`${lines(2000, i => `v${i} = v${(i + 1) % 2000} * 2`)}\ny = v0`), 'E0408'],
  ['a list of 20,000 sizes', inCell(`y = reshape(x, [${times('H, ', 20_000)}H])`), 'E0129'],
  ['a declared shape of 20,000 dims', inCell(`param W: [${times('H, ', 20_000)}H]\n y = x`), 'E0129'],
  ['a stated shape of nine dims', inCell('y: [H, H, H, H, H, H, H, H, H] = x'), 'E0129'],
  ['a parameter of a function with nine dims', `fn f(v: [H, H, H, H, H, H, H, H, H]) = v\n${inCell('y = f(x)')}`, 'E0129'],
  ['20,000 indices', inCell(`y = x[${times(':, ', 20_000)}:]`), 'E0129'],
  ['20,000 new dims', inCell(`y = x[${times('new, ', 9_000)}:]`), 'E0129'],
  [
    'nine dims, made by and by',
    inCell('z = x[:, new][:, :, new][:, :, :, new]\n y = z[:, :, :, :, new][:, :, :, :, :, new][:, :, :, :, :, :, new][:, :, :, :, :, :, :, new][new]'),
    'E0129',
  ],
  ['a contraction with nine letters', inCell('y = contract("i->iabcdefgh", x)'), 'E0129'],
  ['20,000 slices behind a name', inCell(`y = x${times('[:]', 20_000)}`), 'E0117'],
  ['20,000 calls behind a name', inCell(`y = x${times('(x)', 20_000)}`), 'E0117'],
  ['8,000 dims', `cell A(${lines(8000, i => `D${i}`).replaceAll('\n', ', ')}) {\n}\n`, 'E0130'],
  ['20,000 arguments', inCell(`y = concat(${times('x, ', 20_000)}x)`), 'E0130'],
  ['8,000 names on the left', inCell(`${lines(8000, i => `a${i}`).replaceAll('\n', ', ')} = split(x, 2)`), 'E0130'],
  ['8,000 declared names', inCell(`param ${lines(8000, i => `a${i}`).replaceAll('\n', ', ')}`), 'E0130'],
  ['8,000 imported names', `import { ${lines(8000, i => `a${i}`).replaceAll('\n', ', ')} } from "std"\n`, 'E0130'],
  ['a product of thirty sums', `cell A(A, B) {\n  output y\n  y = range(${times('(A + B) * ', 30)}A)\n}`, 'E0366'],
  ['a dim to the power of 390', `cell A(D) {\n  output y\n  y = range(${times('D * ', 390)}D)\n}`, 'E0366'],
  ['eight sums of dims for a shape', `cell A(A, B) {\n  input x: [${times('A + B, ', 7)}A + B]\n  output y\n  y = sum(x)\n}`, 'E0366'],
  ['a factor of a size that no double holds', `cell A(D) {\n  output y\n  y = range(9007199254740991 * 9007199254740991 * D)\n}`, 'E0366'],
  ['100,000 parts', inCell('input v: [100000]\n y = split(v, 100000)'), 'E0326'],
]

const taken: readonly (readonly [what: string, text: string])[] = [
  ['a sum of 390 terms', inCell(`y = ${times('x + ', 390)}x`)],
  ['90 choices', inCell(`y = ${times('if x > 0 then x else ', 90)}x`)],
  ['99 minus signs in parentheses', inCell(`y = ${times('-(', 99)}x${times(')', 99)}`)],
  ['a comment of 10,000 lines', inCell(`y = x ${times('# a\n', 10_000)}`)],
  ['1,000 parts joined', inCell(`y = concat(${times('x, ', 1000)}x)`)],
  ['a chain of 600 equations', inCell(`v0 = x\n${lines(600, i => `v${i + 1} = sigmoid(v${i}) * 2`)}\ny = v600`)],
  ['1,000 parameters', inCell(`${lines(1000, i => `param w${i}: [D]`)}\ny = x${lines(300, i => ` + w${i}`)}`)],
  ['a delay of a hundred million steps', inCell('y = x[t-100000000]')],
]

/** Texts with thousands of mistakes, or with one that could be told at length. */
const many: readonly (readonly [what: string, text: string])[] = [
  ['1,900 unknown imported names', `import { ${lines(1900, i => `N${i}`).replaceAll('\n', ', ')} } from "std"\n${inCell('y = x')}`],
  ['1,000 files that are not there', `${lines(1000, i => `import { N${i} } from "./n${i}.cell"`)}\n${inCell('y = x')}`],
  ['3,000 undefined names', inCell(`${lines(3000, i => `a${i} = q${i}`)}\n y = x`)],
  ['3,000 undefined functions', inCell(`${lines(3000, i => `a${i} = q${i}(x)`)}\n y = x`)],
  ['3,000 shapes that do not fit', inCell(`param b: [H]\n${lines(3000, i => `a${i} = b + x`)}\n y = x`)],
  ['1,900 states without equations', inCell(`state ${lines(1900, i => `w${i}`).replaceAll('\n', ', ')}: [H]\n y = x`)],
  ['1,900 unknown dims', inCell(`param ${lines(1900, i => `w${i}: [K${i}]`).replaceAll('\n', ', ')}\n y = x`)],
  ['5,000 equations of one name', inCell(`${times('a = x\n', 5000)} y = x`)],
  ['5,000 functions of one name', `${times('fn f(v) = v\n', 4000)}${inCell('y = x')}`],
  ['2,500 names that hide functions', `${lines(2500, i => `fn f${i}(tanh) = tanh`)}\n${inCell('y = x')}`],
  ['2,000 broken cells', lines(2000, i => `cell A${i}() { output y y = q }`)],
  ['2,000 cells that give nothing', lines(2000, i => `cell A${i}() { }`)],
  ['20,000 strange signs', inCell(`y = x ${times("' ", 20_000)}`)],
  ['3,000 names where only one may stand', inCell(`${lines(3000, i => `let a${i} = x`)}\n y = x`)],
  [
    'a cell of 1,500 dims, one argument wrong',
    `cell B(${lines(1500, i => `D${i}`).replaceAll('\n', ', ')}) {\n output y y = 1\n}\nmodel M(H) { output l l = B(foo=1)() }\n`,
  ],
  [
    'a result of 1,500 fields, and another asked for',
    `cell B(D) {\n input x: [D]\n${lines(1500, i => `output o${i} o${i} = x`)}\n}\nmodel M(H) {\n input x: [H]\n l = B()(x)\n y = l.foo\n output y\n}\n`,
  ],
  ['a cycle of 290 equations', inCell(`${lines(290, i => `v${i} = v${(i + 1) % 290} * 2`)}\ny = v0`)],
  ['names of a hundred letters', inCell(`${lines(200, i => `a${i} = ${times('b', 90)}${i}`)}\n y = x`)],
]

describe('limits', function () {
  this.timeout(60_000)
  for (const [what, text, code] of refused)
    it(`${what}: ${code}`, () => {
      const found = checkText('a.cell', text).filter(d => d.severity === 'error')
      assert.ok(found.length > 0 && found.every(d => d.code === code), found.map(d => d.code).join(' '))
      for (const d of found) assert.ok(0 <= d.span.start && d.span.start <= d.span.end && d.span.end <= text.length && d.message.length < 300)
    })
  for (const [what, text] of many)
    it(`${what}: no more than can be read`, () => {
      const found = checkText('a.cell', text)
      const shown = found.map(d => frame(d, () => text)).join('\n')
      assert.ok(found.length > 0 && found.length <= 2 * dslLimits.diagnostics, `${found.length} diagnostics`)
      assert.ok(shown.length < 25_000, `${shown.length} characters`)
      for (const d of found) assert.ok(d.message.length < 300 && (d.hint?.length ?? 0) < 300, `${d.message.length}: ${d.message}`)
    })
  for (const [what, text] of taken)
    it(`${what} compiles`, () => {
      const { code, diagnostics } = compile(text)
      assert.deepEqual(diagnostics, [])
      assert.ok(code !== undefined)
    })
})
