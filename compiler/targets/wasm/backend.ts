/** The WebAssembly target: the kernels as a module of their own, which stands in the file as base64 and works on the one memory. */
import type { Plan } from '../../plan/plan.ts'
import type { Signature } from '../../signature.ts'
import { dimNames, type Backend } from '../module.ts'
import type { Reach } from '../../passes/reach.ts'
import { passNames } from '../pass-steps.ts'
import { only } from '../writer.ts'
import { callWords } from './kernel.ts'
import { kernelCode } from './kernels.ts'

/** Vectors may be read up to the end of their last sixteen entries. */
const slack = 16

const base64 = (bytes: Uint8Array): string => btoa(Array.from(bytes, b => String.fromCharCode(b)).join(''))

/** Lines of a string literal. */
const literalOf = (bytes: Uint8Array): string =>
  base64(bytes)
    .match(/.{1,160}/g)!
    .map(line => `  '${line}'`)
    .join(' +\n')

/** The bytes of a module that an engine accepts which has vectors, or fused multiply-adds of vectors as well. */
export const probe = (fma: boolean): readonly number[] => {
  const zero = [0xfd, 0x0c, ...Array.from({ length: 16 }, () => 0)]
  const body = [0, ...zero, ...(fma ? [...zero, ...zero, 0xfd, 0x85, 0x02] : []), 0x1a, 0x0b]
  return [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 10, body.length + 2, 1, body.length, ...body]
}

export const wasmBackend = (plan: Plan, signature: Signature, reach: Reach, fma: boolean): Backend => {
  const dims = dimNames(signature)
  const spanNames = [...dims].flatMap(([d, name]) => (d.startsWith('#') ? [name] : []))
  const passWords = passNames.map(([, name]) => name)
  const plain = kernelCode(plan, dims, reach, false)
  const fused = fma ? kernelCode(plan, dims, reach, true) : undefined
  const reserved = Math.ceil(plain.words.length / 4) * 4
  const word = (text: string): number => plain.words.indexOf(text)
  const set = (text: string): string => (word(text) < 0 ? '' : `n[${word(text)}] = ${text}\n`)
  const spans = plain.words.filter(w => spanNames.includes(w))
  const perCall: readonly string[] = [...Object.values(callWords), ...spans, ...passWords]
  const known = plain.words.filter(w => !perCall.includes(w))
  return {
    declarations: `${declarations}
/** The kernels, for any machine that has vectors of 128 bits. */
const plainKernels =
${literalOf(plain.bytes)}
${fused === undefined ? '' : `\n/** The same with fused multiply-add, where the engine has it. */\nconst fusedKernels =\n${literalOf(fused.bytes)}\n`}
let compiled${only(': object | undefined')}

/** The kernels, working on a memory. Throws an Error where the engine lacks what they need. */
function instantiate(memory${only(': object')})${only(': Kernels')} {
  if (compiled === undefined) {
    if (!engine.validate(Uint8Array.of(${probe(false).join(', ')}))) throw new Error('this engine has no vectors in WebAssembly (SIMD): build with --target ts')
    ${fused === undefined ? 'const text = plainKernels' : `const text = engine.validate(Uint8Array.of(${probe(true).join(', ')})) ? fusedKernels : plainKernels`}
    compiled = new engine.Module(Uint8Array.from(globalThis.atob(text), c => c.charCodeAt(0)))
  }
  return new engine.Instance(compiled, { env: { memory } }).exports
}
`,
    forward: `${[callWords.first, callWords.ragged, callWords.carried, callWords.prepared, ...spans].map(set).join('')}kernels.forward()\n`,
    backward: `${[callWords.window, callWords.low, callWords.high, callWords.reach, callWords.chunkFrom, callWords.chunkTo, callWords.keep, callWords.ragged, callWords.carried, ...passWords].map(set).join('')}kernels.backward()\n`,
    library: [],
    alignment: 4,
    reserved,
    rooms: plain.rooms,
    memory: [
      `const pages = Math.ceil((top + ${slack}) / 16384)`,
      'const wasmMemory = new engine.Memory({ initial: pages, maximum: pages })',
      'const memory = wasmMemory.buffer',
      'const kernels = instantiate(wasmMemory)',
    ],
    ready: [`n.set([${plain.words.map(w => (known.includes(w) ? w : '0')).join(', ')}])`],
  }
}

const declarations = `${only(`interface Kernels { forward(): void; backward(): void }
interface Engine {
  validate(bytes: Uint8Array): boolean
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object, imports: object) => { readonly exports: Kernels }
  readonly Memory: new (limits: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer }
}
declare global {
  function atob(text: string): string
}
`)}const engine = ${only('(')}globalThis${only(' as unknown as { readonly WebAssembly: Engine })')}.WebAssembly
`
