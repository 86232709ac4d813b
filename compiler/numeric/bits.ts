/**
 * Powers of two and exponents: what the functions of both precisions need from the representation of a number.
 * The words assume little-endian memory, as WebAssembly has it and every machine that runs V8, SpiderMonkey or JSC.
 *
 * Everything in this folder but the library files is also printed into generated modules, so it keeps to a plain style:
 * top-level functions and constants, and annotations only on parameters, results and `const` or `let`.
 */

/** 2^k at k + 1100, exact from 2^-1074 to 2^1023; below 0, above Infinity. */
export const POWERS: Float64Array = powersOfTwo()

function powersOfTwo(): Float64Array {
  const powers: Float64Array = new Float64Array(2200)
  let p: number = 1
  for (let k: number = 1100; k >= 0; k--) {
    powers[k] = p
    p = p / 2
  }
  p = 1
  for (let k: number = 1100; k < 2200; k++) {
    powers[k] = p
    p = p * 2
  }
  return powers
}

const BITS: Float64Array = new Float64Array(1)
const WORDS: Uint32Array = new Uint32Array(BITS.buffer)

/** The k with x / 2^k in [0.70710659, 1.41421318), for a positive normal x; from the f32 bits it is (bits - 0x3f3504f0) >> 23. */
export function exponent(x: number): number {
  BITS[0] = x
  return (WORDS[1]! - 0x3fe6a09e) >> 20
}
