/**
 * Random numbers from a counter: the n-th number of a stream is a function of (seed, stream, n), the same on every
 * target, in any order, and no generator has a state. Philox4x32-10 (Salmon, Moraes, Dror and Shaw, 2011).
 */
import { cos as cos64, log as log64 } from './f64.ts'

/** The upper 32 bits of a * b. */
function mulHigh(a: number, b: number): number {
  const a0: number = a & 0xffff
  const a1: number = a >>> 16
  const b0: number = b & 0xffff
  const b1: number = b >>> 16
  const t: number = a1 * b0 + ((a0 * b0) >>> 16)
  const u: number = a0 * b1 + (t & 0xffff)
  return a1 * b1 + (t >>> 16) + (u >>> 16)
}

/** Fills `out` with the four random words of a counter (c0..c3) under a key. */
export function philox(key0: number, key1: number, c0: number, c1: number, c2: number, c3: number, out: Uint32Array): void {
  let k0: number = key0 | 0
  let k1: number = key1 | 0
  let w0: number = c0 | 0
  let w1: number = c1 | 0
  let w2: number = c2 | 0
  let w3: number = c3 | 0
  for (let round: number = 0; round < 10; round++) {
    const x: number = mulHigh(0xcd9e8d57, w2) ^ w1 ^ k0
    const y: number = mulHigh(0xd2511f53, w0) ^ w3 ^ k1
    w1 = Math.imul(0xcd9e8d57, w2)
    w3 = Math.imul(0xd2511f53, w0)
    w0 = x
    w2 = y
    k0 = (k0 + 0x9e3779b9) | 0
    k1 = (k1 + 0xbb67ae85) | 0
  }
  out[0] = w0
  out[1] = w1
  out[2] = w2
  out[3] = w3
}

const BLOCK: Uint32Array = new Uint32Array(4)

/** Four words serve four neighbours: the block of `index`, for one of the kinds (0 uniform, 1 normal) that never share one. */
function drawBlock(seed: number, stream: number, index: number, kind: number): void {
  const block: number = Math.floor(index / 4)
  philox(seed >>> 0, Math.floor(seed / 4294967296), block >>> 0, Math.floor(block / 4294967296), stream, kind, BLOCK)
}

/** Uniform in [0, 1): a multiple of 2^-24, so f32 and f64 agree. Whole numbers: 0 <= seed, index < 2^53, 0 <= stream < 2^32. */
export function uniformAt(seed: number, stream: number, index: number): number {
  drawBlock(seed, stream, index, 0)
  return (BLOCK[index % 4]! >>> 8) / 16777216
}

/** Standard normal (Box and Muller): neighbours 2n and 2n + 1 are the cosine and the sine of one draw; |value| <= 6.67. */
export function normalAt(seed: number, stream: number, index: number): number {
  drawBlock(seed, stream, index, 1)
  const pair: number = index % 4 < 2 ? 0 : 2
  const radius: number = Math.sqrt(-2 * log64((BLOCK[pair]! + 1) / 4294967296))
  // A quarter turn less makes the cosine a sine.
  const turn: number = BLOCK[pair + 1]! / 4294967296 - (index % 2) / 4
  return radius * cos64(6.283185307179586 * turn)
}
