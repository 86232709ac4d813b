/** What one core can do at most: multiplications and additions in registers, with nothing to load. */
import { AbsentError, answerAll } from '../serve.ts'

/** TypeScript knows it from the library of browsers only, which is not ours. */
declare const WebAssembly: {
  validate(bytes: Uint8Array): boolean
  Module: new (bytes: Uint8Array) => object
  Instance: new (module: object) => { readonly exports: Readonly<Record<string, unknown>> }
}

/** So many sums at once that none waits for the one before it. */
const sums = 12
const unrolled = 4
const flopsPerRound = sums * unrolled * 2

const scalar = (rounds: number, m = 0.999, a = 0.001): number => {
  let s0 = 0.5
  let s1 = 1.5
  let s2 = 2.5
  let s3 = 3.5
  let s4 = 4.5
  let s5 = 5.5
  let s6 = 6.5
  let s7 = 7.5
  let s8 = 8.5
  let s9 = 9.5
  let s10 = 10.5
  let s11 = 11.5
  for (let i = 0; i < rounds * unrolled; i++) {
    s0 = s0 * m + a
    s1 = s1 * m + a
    s2 = s2 * m + a
    s3 = s3 * m + a
    s4 = s4 * m + a
    s5 = s5 * m + a
    s6 = s6 * m + a
    s7 = s7 * m + a
    s8 = s8 * m + a
    s9 = s9 * m + a
    s10 = s10 * m + a
    s11 = s11 * m + a
  }
  return s0 + s1 + s2 + s3 + s4 + s5 + s6 + s7 + s8 + s9 + s10 + s11
}

const join = (...parts: readonly (readonly number[])[]): number[] => parts.flat()
const unsigned = (n: number): number[] => (n < 128 ? [n] : [(n & 127) | 128, ...unsigned(n >>> 7)])
const simd = (code: number): number[] => [0xfd, ...unsigned(code)]
const localGet = (i: number): number[] => [0x20, i]
const localSet = (i: number): number[] => [0x21, i]
const f32 = (value: number): number[] => [0x43, ...new Uint8Array(Float32Array.of(value).buffer)]
const splat = simd(0x13)
const [add, mul, madd] = [simd(0xe4), simd(0xe6), simd(0x105)]

/** A module with one function, `run(rounds: i32) -> f32`: local 0 counts, 1 is the factor, 2 the summand, then the sums. */
const module = (fused: boolean): Uint8Array => {
  const sum = (k: number): number => 3 + k
  const every = (f: (k: number) => number[]): number[] => Array.from({ length: sums }, (_, k) => f(k)).flat()
  const step = (k: number): number[] =>
    fused
      ? [...localGet(sum(k)), ...localGet(1), ...localGet(2), ...madd, ...localSet(sum(k))]
      : [...localGet(sum(k)), ...localGet(1), ...mul, ...localGet(2), ...add, ...localSet(sum(k))]
  const body = join(
    [1, sums + 2, 0x7b],
    [f32(0.999), splat, localSet(1), f32(0.001), splat, localSet(2)].flat(),
    every(k => [f32(k + 0.5), splat, localSet(sum(k))].flat()),
    [0x03, 0x40],
    Array.from({ length: unrolled }, () => every(step)).flat(),
    [localGet(0), 0x41, 1, 0x6b, 0x22, 0, 0x0d, 0, 0x0b].flat(),
    localGet(sum(0)),
    every(k => (k === 0 ? [] : [localGet(sum(k)), add].flat())),
    [simd(0x1f), 0, 0x0b].flat(),
  )
  const section = (id: number, content: readonly number[]): number[] => [id, ...unsigned(content.length), ...content]
  return Uint8Array.from(
    join(
      [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      section(1, [1, 0x60, 1, 0x7f, 1, 0x7d]),
      section(3, [1, 0]),
      section(7, [1, 3, ...new TextEncoder().encode('run'), 0, 0]),
      section(10, [1, ...unsigned(body.length), ...body]),
    ),
  )
}

const vector = (fused: boolean): ((rounds: number) => number) => {
  const bytes = module(fused)
  if (!WebAssembly.validate(bytes)) throw new AbsentError('not in this engine')
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes))
  return exports['run'] as (rounds: number) => number
}

const kinds: Readonly<Record<string, () => { readonly run: (rounds: number) => number; readonly lanes: number }>> = {
  scalar: () => ({ run: scalar, lanes: 1 }),
  simd: () => ({ run: vector(false), lanes: 4 }),
  fma: () => ({ run: vector(true), lanes: 4 }),
}

answerAll(async question => {
  if (question.ask !== 'limit') throw new AbsentError('a probe')
  const { run, lanes } = kinds[question.kind]!()
  const rounds = 200_000
  let best = 0
  const begin = performance.now()
  for (let i = 0; i < 5 || performance.now() - begin < question.seconds * 1000; i++) {
    const start = performance.now()
    if (!(run(rounds) > 0)) throw new Error('the sums are lost')
    best = Math.max(best, (rounds * flopsPerRound * lanes) / (performance.now() - start) / 1e6)
  }
  return { gflops: best }
})
