/** What `load` throws: the diagnostics, and a message that shows them. */
import assert from 'node:assert/strict'
import { Refused } from '../../dsl/diagnostics.ts'
import { load } from '../../runtime/load.ts'
import { divide } from '../../runtime/parallel/divide.ts'

const cell = (equation: string): string => `cell A(D) {\n  input x: [D]\n  output y\n  ${equation}\n}\n`
const refusalOf = async (make: () => unknown): Promise<Refused> => {
  try {
    await make()
  } catch (error) {
    assert.ok(error instanceof Refused)
    return error
  }
  throw new assert.AssertionError({ message: 'nothing was thrown' })
}

describe('load of a wrong source', () => {
  it('throws the diagnostics, and shows them where they are', async () => {
    for (const make of [() => load(cell('y = tahn(x)')), () => divide(cell('y = tahn(x)'))]) {
      const error = await refusalOf(make)
      assert.equal(error.name, 'Refused')
      assert.deepEqual(
        error.diagnostics.map(d => d.code),
        ['E0302'],
      )
      assert.equal(
        error.message,
        `the source is wrong

source.cell:4:7: error E0302: there is no function or cell \`tahn\`
4 |   y = tahn(x)
  |       ^^^^
  hint: did you mean \`tanh\`?`,
      )
    }
  })

  it('shows the first few of many, and places in imported files', async () => {
    const many = await refusalOf(() => load(cell(['y = x', ...Array.from({ length: 30 }, (_, i) => `a${i} = q${i}`)].join('\n  '))))
    assert.equal(many.message.match(/error E0301/g)?.length, 3)
    assert.match(many.message, /\n\n… and 17 more$/)
    assert.ok(many.message.length < 1500)
    const files = (path: string): string | undefined => (path === 'b.cell' ? 'fn f(v) = v +' : undefined)
    const imported = await refusalOf(() => load(`import { f } from "./b.cell"\n${cell('y = f(x)')}`, { files }))
    assert.match(imported.message, /b\.cell:1:14: error E0102: unexpected end of the file: expected an expression\n1 \| fn f\(v\) = v \+/)
    const std = await refusalOf(() => load('import { LSTM } from "std"\nmodel M(D) {\n  input x: [D]\n  output l\n  l = LSTM(D=7)(x)\n}\n'))
    assert.match(std.message, /source\.cell:5:\d+: error /)
  })
})
