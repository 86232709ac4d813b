/** Arrays with a dtype and a shape, as files hold them. */

import { FileError, show } from './errors.ts'

/** The arrays that hold each dtype. F16 and BF16 are kept as their bits, BOOL as bytes 0 and 1. */
export const arrays = {
  F64: Float64Array,
  I64: BigInt64Array,
  U64: BigUint64Array,
  F32: Float32Array,
  I32: Int32Array,
  U32: Uint32Array,
  F16: Uint16Array,
  BF16: Uint16Array,
  I16: Int16Array,
  U16: Uint16Array,
  I8: Int8Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
} as const

export type TensorDtype = keyof typeof arrays

/** An array with its shape, row-major. */
export type Tensor = {
  readonly [D in TensorDtype]: {
    readonly dtype: D
    readonly shape: readonly number[]
    readonly data: (typeof arrays)[D]['prototype']
  }
}[TensorDtype]

/** The limits of what is read: bytes of header, tensors, dimensions of one. */
export const limits = { header: 100_000_000, tensors: 100_000, rank: 64 } as const

/** Whether it names a dtype that is known. */
export const isDtype = (name: unknown): name is TensorDtype => typeof name === 'string' && Object.hasOwn(arrays, name)

/** The number of elements. Throws a FileError that names the tensor where it is no integer below 2^53. */
export const count = (name: string, shape: unknown): number => {
  if (!Array.isArray(shape) || shape.length > limits.rank) throw new FileError(`tensor ${show(name)}: the shape must be a list of at most ${limits.rank} sizes`)
  let n = 1
  for (const size of shape as unknown[]) {
    if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0 || Object.is(size, -0))
      throw new FileError(`tensor ${show(name)}: a size must be an integer of at least 0, got ${show(size)}`)
    n *= size
    if (!Number.isSafeInteger(n)) throw new FileError(`tensor ${show(name)}: the shape has more than 2^53 elements`)
  }
  return n
}

/** The bytes of an array, as they lie in memory. */
export const bytesOf = (data: Tensor['data']): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
