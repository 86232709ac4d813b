/** From source text to a module that runs: the one door to evaluation. */
import { compile, type CompileOptions } from '../compiler/compile.ts'
import type { GeneratedModule } from '../compiler/signature.ts'
import { refused } from './refused.ts'

/** Named, so that a stack trace shows a name instead of the whole text. */
const named = '\n//# sourceURL=recurve-module.js\n'

/** Imports the JavaScript of a generated module. */
export const importCode = async (js: string): Promise<GeneratedModule> =>
  (await import(`data:text/javascript;charset=utf-8,${encodeURIComponent(js + named)}`)) as GeneratedModule

/** Compiles and loads. Throws a Refused, which carries the diagnostics, when the source is wrong, and what `compile` throws for options. */
export const load = async (source: string, options: CompileOptions = {}): Promise<GeneratedModule> => {
  const { code, diagnostics } = compile(source, options)
  if (code === undefined) throw refused(diagnostics, source, options)
  return importCode(code.js)
}
