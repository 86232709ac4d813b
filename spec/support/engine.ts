/** WebAssembly, as far as the specs need it: what is checked for browsers and Node alike has no types of either. */
interface Engine {
  validate: (bytes: Uint8Array) => boolean
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object, imports: object) => { readonly exports: Readonly<Record<string, (...x: readonly number[]) => unknown>> }
  readonly Memory: new (limits: { initial: number }) => { readonly buffer: ArrayBuffer }
}

export const engine = (globalThis as unknown as { readonly WebAssembly: Engine }).WebAssembly
