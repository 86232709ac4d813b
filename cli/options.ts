/** Values of options: each is checked when it is read, and the message says what is taken. */
import { randomInt } from 'node:crypto'
import { InvalidArgumentError, Option } from 'commander'
import { hasVectors } from '../runtime/engine.ts'
import { UsageError } from './exit.ts'

const positive = (text: string): number | undefined => {
  const value = /^[0-9]{1,10}$/.test(text) ? Number(text) : 0
  return value >= 1 && value < 2 ** 31 ? value : undefined
}

const count = (text: string): number => {
  const value = positive(text)
  if (value === undefined) throw new InvalidArgumentError('A positive integer is needed.')
  return value
}

const window = (text: string): number => {
  const value = text === 'full' ? Infinity : positive(text)
  if (value === undefined) throw new InvalidArgumentError('A positive integer or `full` is needed.')
  return value
}

const seed = (text: string): number => {
  const value = /^[0-9]{1,10}$/.test(text) ? Number(text) : -1
  if (value < 0 || value >= 2 ** 32) throw new InvalidArgumentError('An integer from 0 to 4294967295 is needed.')
  return value
}

/** `H=128,D=4`; the option may be given several times. */
const dims = (text: string, before: Readonly<Record<string, number>> = {}): Readonly<Record<string, number>> => {
  const found = new Map(Object.entries(before))
  for (const part of text.split(',')) {
    const [, name, digits] = /^\s*([A-Za-z_]\w*)\s*=\s*(.*?)\s*$/.exec(part) ?? []
    if (name === undefined) throw new InvalidArgumentError(`It is written \`H=128,D=4\`, not ${JSON.stringify(part)}.`)
    const value = positive(digits!)
    if (value === undefined) throw new InvalidArgumentError(`The dim ${name} needs a positive integer, not ${JSON.stringify(digits)}.`)
    if (found.has(name) && found.get(name) !== value) throw new InvalidArgumentError(`The dim ${name} has two values, ${found.get(name)} and ${value}.`)
    found.set(name, value)
  }
  return Object.fromEntries(found)
}

export const options = {
  cell: (what: string): Option => new Option('--cell <name>', what),
  dtype: (what: string): Option => new Option('--dtype <type>', what).choices(['f32', 'f64']),
  set: (): Option => new Option('--set <dims>', 'numbers of dims, fixed in the code, such as H=128,D=4').argParser(dims),
  window: (): Option => new Option('--window <steps>', 'how many steps a gradient travels back, or `full`, instead of what the source says').argParser(window),
  every: (): Option => new Option('--every <steps>', 'the length of a chunk of truncated BPTT; the window if left out').argParser(count),
  target: (list: readonly string[], what: string): Option => new Option('--target <target>', what).choices(list),
  fma: (): Option => new Option('--fma', 'with --target wasm: fused multiply-add where the engine has it; the last bits then differ from machine to machine'),
  runs: (): Option => new Option('--runs <n>', 'how many random cases each check takes; 30 if left out').argParser(count),
  seed: (): Option => new Option('--seed <s>', 'where the random cases come from; drawn and printed if left out').argParser(seed),
}

/** A seed for a run that was given none. */
export const drawSeed = (): number => randomInt(2 ** 32)

/** Chunks are at most as long as the window. */
export const checkEvery = (every: number | undefined, window: number | undefined): void => {
  if (every === undefined) return
  if (window === undefined) throw new UsageError('--every needs a window: give --window as well')
  if (window === Infinity) throw new UsageError(`--every ${every} with full BPTT, which has no chunks`)
  if (every > window) throw new UsageError(`--every ${every} with a window of ${window}: a chunk is at most as long as the window`)
}

/** WebAssembly works with f32 alone, and a fused multiply-add is WebAssembly's. */
export const checkTarget = (given: { readonly target: string; readonly dtype?: string; readonly fma?: boolean }): void => {
  if (given.target === 'wasm' && given.dtype === 'f64')
    throw new UsageError('--dtype f64 with --target wasm: vectors are of f32; leave out --dtype, or use --target ts')
  if (given.fma === true && given.target !== 'wasm') throw new UsageError('--fma belongs to --target wasm')
}

/** What runs here needs an engine that has vectors; what is only built does not. */
export const needVectors = (target: string): void => {
  if (target === 'wasm' && !hasVectors()) throw new UsageError('--target wasm: this engine has no vectors in WebAssembly (SIMD); use --target ts')
}

/** 16-bit tapes are part of the command, but not of this version. */
export const refuseLater = (given: { readonly tape?: string }): void => {
  if (given.tape === 'f16') throw new UsageError('--tape f16: this version stores no 16-bit tape yet; use --tape f32')
}
