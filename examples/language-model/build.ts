/** From the source to nets that run: the sizes come from the options and the text, the rest from the signature. */
import { compile, type Compiled, type CompileOptions, type Target } from '../../compiler/compile.ts'
import type { CreateOptions, GeneratedModule, Signature } from '../../compiler/signature.ts'
import { Refused } from '../../dsl/diagnostics.ts'
import type { Source } from '../../runtime/compile-files.ts'
import { InputError } from '../../runtime/errors.ts'
import { languagePorts } from '../../runtime/language.ts'
import { importCode } from '../../runtime/load.ts'
import { createModel, type Model } from '../../runtime/model.ts'
import type { Options } from './options.ts'

export interface Built {
  readonly name: string
  /** The module as TypeScript, its kernels as the target has them. The sizes stand in the code, which makes it faster. */
  readonly code: string
  readonly module: GeneratedModule
  readonly dims: Readonly<Record<string, number>>
}

type Sized = Required<Pick<Compiled, 'code' | 'signature' | 'stages'>>

/** Compiles with every size open. Throws a Refused with the diagnostics. */
export const compileOpen = (source: Source, options: Pick<CompileOptions, 'set' | 'target'> = {}): Compiled & Sized => {
  const compiled = compile(source.text, { path: source.path, files: source.files, ...options })
  const { code, signature, stages } = compiled
  if (code === undefined || signature === undefined || stages === undefined) throw new Refused(compiled.diagnostics)
  return { ...compiled, code, signature, stages }
}

/** The number of every dim: that of characters follows from the text. Throws an InputError for a dim that nothing gives. */
export const dimsOf = (
  signature: Signature,
  characters: number,
  { hidden, embedding, set }: Pick<Options, 'hidden' | 'embedding' | 'set'>,
): Readonly<Record<string, number>> => {
  const sizes = [signature.inputs, signature.targets].map(ports => Object.values(ports).map(port => port.size))
  const [[size] = []] = sizes
  if (size === undefined || !signature.loss || sizes.some(list => list.length !== 1 || list[0] !== size))
    throw new InputError(`${signature.name} is no language model: it needs a loss, one input and one target, each an index over the characters`)
  const own = new Map([...Object.entries(signature.dimDefaults), ['H', hidden], ['E', embedding], ...Object.entries(set), [size, characters]] as const)
  for (const name of Object.keys(set))
    if (!signature.dims.includes(name) || name === size)
      throw new InputError(`--set ${name}: the dims of ${signature.name} that can be set are ${signature.dims.filter(d => d !== size).join(', ') || 'none'}`)
  const open = signature.dims.filter(d => !own.has(d))
  if (open.length > 0)
    throw new InputError(`nothing says how large ${open.join(', ')} of ${signature.name} is: give --set ${open.map(d => `${d}=32`).join(',')}`)
  return Object.fromEntries(signature.dims.map(d => [d, own.get(d)!]))
}

/** Compiles for these sizes and loads the module. Throws an InputError where the model is no language model. */
export const build = async (source: Source, target: Target, dims: Readonly<Record<string, number>>, characters: number): Promise<Built> => {
  const { code, signature } = compileOpen(source, { set: dims, target })
  const module = await importCode(code.js)
  const ports = languagePorts(createModelFor(module, { t: 1, batch: 1 }))
  if (ports.size !== characters)
    throw new InputError(`${signature.name} has ${ports.size} values for ${ports.input}, but the text has ${characters} characters`)
  return { name: signature.name, code: code.ts, module, dims }
}

/** A net of a module whose sizes stand in its code. Throws an InputError where it would need too much memory. */
export const createModelFor = (module: GeneratedModule, sizes: { readonly t: number; readonly batch: number }, options: CreateOptions = {}): Model => {
  try {
    return createModel(module, {}, sizes, options)
  } catch (e) {
    throw e instanceof RangeError ? new InputError(`these sizes are too large: ${e.message}`, { cause: e }) : e
  }
}

/** How many numbers are learned. */
export const parameters = (model: Model): number => Object.values(model.net.params).reduce((n, array) => n + array.length, 0)

/** A name for files: `CharLSTM` gives `char-lstm`. */
export const fileName = (name: string): string =>
  name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replaceAll('_', '-')
    .toLowerCase()
