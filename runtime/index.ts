/** The package: source text to code, and code to something that runs. */
export { compile, type Compiled, type CompileOptions } from '../compiler/compile.ts'
export type { Arrays, BackwardOptions, CreateOptions, Dtype, ForwardOptions, GeneratedModule, Net, Port, Reals, Signature } from '../compiler/signature.ts'
export { InternalError, Refused, type Diagnostic } from '../dsl/diagnostics.ts'
export { frame } from '../dsl/frame.ts'
export { place } from '../dsl/text.ts'
export { FileError, InputError } from './errors.ts'
export { load } from './load.ts'
export { gradientProperties, verify, type VerifyOptions, type VerifyReport } from './verify/index.ts'
