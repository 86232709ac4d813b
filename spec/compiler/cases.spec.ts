import { compile } from '../../compiler/compile.ts'
import { describeCases } from '../dsl/cases.ts'

describe('programs that mean nothing, and the answers to them', () => {
  describeCases(new URL('./cases/', import.meta.url), (source, files) => {
    const { code, diagnostics } = compile(source, { path: 'main.cell', files })
    if ((code === undefined) !== diagnostics.some(d => d.severity === 'error')) throw new Error('code or an error')
    return diagnostics
  })
})
