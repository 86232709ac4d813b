/** The error for a source that is wrong: its message shows where. */
import type { CompileOptions } from '../compiler/compile.ts'
import { Refused, type Diagnostic } from '../dsl/diagnostics.ts'
import { fewFrames } from '../dsl/frame.ts'
import { std } from '../dsl/std.generated.ts'

export const refused = (diagnostics: readonly Diagnostic[], source: string, { path = 'source.cell', files }: CompileOptions): Refused => {
  const imported = (file: string): string | undefined => {
    const text = file.startsWith('std/') ? std[file.slice('std/'.length)] : files?.(file)
    return typeof text === 'string' ? text : undefined
  }
  return new Refused(diagnostics, `the source is wrong\n\n${fewFrames(diagnostics, file => (file === path ? source : imported(file)))}`)
}
