/** What the engine can do that runs this. */
import type { Target } from '../compiler/compile.ts'
import { probe } from '../compiler/targets/wasm/backend.ts'

interface Engine {
  readonly WebAssembly?: { validate(bytes: Uint8Array): boolean }
}

/** True where WebAssembly has vectors of 128 bits (SIMD); `fma`: and fused multiply-adds of them (relaxed SIMD). */
export const hasVectors = (fma = false): boolean => (globalThis as unknown as Engine).WebAssembly?.validate(Uint8Array.from(probe(fma))) === true

/** The fastest target that runs here. */
export const bestTarget = (): Target => (hasVectors() ? 'wasm' : 'ts')
