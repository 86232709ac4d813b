import assert from 'node:assert/strict'
import { checkText } from '../../cli/check-text.ts'
import { compile } from '../../compiler/compile.ts'

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

describe('limits', function () {
  this.timeout(60_000)
  for (const [what, text, code] of refused)
    it(`${what}: ${code}`, () => {
      const found = checkText('a.cell', text).filter(d => d.severity === 'error')
      assert.ok(found.length > 0 && found.every(d => d.code === code), found.map(d => d.code).join(' '))
      for (const d of found) assert.ok(0 <= d.span.start && d.span.start <= d.span.end && d.span.end <= text.length && d.message.length < 300)
    })
  for (const [what, text] of taken)
    it(`${what} compiles`, () => {
      const { code, diagnostics } = compile(text)
      assert.deepEqual(diagnostics, [])
      assert.ok(code !== undefined)
    })
})
