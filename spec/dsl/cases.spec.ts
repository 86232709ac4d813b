import { readProgram } from '../../dsl/program.ts'
import { describeCases } from './cases.ts'

const builtins: ReadonlySet<string> = new Set(['tanh', 'norm', 'split', 'sum'])

describe('bad texts and the answers to them', () => {
  describeCases(new URL('./cases/', import.meta.url), (source, files) => {
    const { program, diagnostics } = readProgram('main.cell', source, files, builtins)
    if ((program === undefined) !== diagnostics.some(d => d.severity === 'error')) throw new Error('a program or an error')
    return diagnostics
  })
})
