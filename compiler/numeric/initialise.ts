/**
 * Initial values of a parameter: element i is a function of (seed, stream, i), computed in double and stored in the type
 * of the array. The last two axes of a shape are a matrix [out, in]; axes before them count independent blocks; a vector
 * of n has fans n and n, and as a matrix it is one row.
 */
import { normalAt, uniformAt } from './random.ts'

/** Fills `out`, a row-major array of `shape`, by a scheme with its numbers; `scaled` multiplies the result. */
export function initialise(
  out: Float32Array | Float64Array,
  shape: readonly number[],
  scheme: string,
  args: readonly number[],
  scaled: number,
  seed: number,
  stream: number,
): void {
  const rank: number = shape.length
  const columns: number = rank === 0 ? 1 : shape[rank - 1]!
  const rows: number = rank < 2 ? 1 : shape[rank - 2]!
  const fanOut: number = rank === 1 ? columns : rows
  const glorot: number = Math.sqrt(6 / (columns + fanOut))
  if (scheme === 'zeros') fillConstant(out, 0)
  else if (scheme === 'ones') fillConstant(out, scaled)
  else if (scheme === 'constant') fillConstant(out, args[0]! * scaled)
  else if (scheme === 'uniform') fillUniform(out, args[0]!, args[1]!, scaled, seed, stream)
  else if (scheme === 'normal') fillNormal(out, args[0]!, args[1]!, scaled, seed, stream)
  else if (scheme === 'glorot') fillUniform(out, -glorot, glorot, scaled, seed, stream)
  else if (scheme === 'he') fillNormal(out, 0, Math.sqrt(2 / columns), scaled, seed, stream)
  else if (scheme === 'lecun') fillNormal(out, 0, Math.sqrt(1 / columns), scaled, seed, stream)
  else if (scheme === 'orthogonal') fillOrthogonal(out, rows, columns, scaled, seed, stream)
  else if (scheme === 'identity') fillIdentity(out, rows, columns, scaled)
  else throw new Error('There is no initialiser ' + scheme)
}

function fillConstant(out: Float32Array | Float64Array, value: number): void {
  for (let i: number = 0; i < out.length; i++) out[i] = value
}

function fillUniform(out: Float32Array | Float64Array, lo: number, hi: number, scaled: number, seed: number, stream: number): void {
  for (let i: number = 0; i < out.length; i++) out[i] = scaled * (lo + (hi - lo) * uniformAt(seed, stream, i))
}

function fillNormal(out: Float32Array | Float64Array, mean: number, deviation: number, scaled: number, seed: number, stream: number): void {
  for (let i: number = 0; i < out.length; i++) out[i] = scaled * (mean + deviation * normalAt(seed, stream, i))
}

function fillIdentity(out: Float32Array | Float64Array, rows: number, columns: number, scaled: number): void {
  const size: number = rows * columns
  for (let i: number = 0; i < out.length; i++) {
    const row: number = Math.floor((i % size) / columns)
    out[i] = row === i % columns ? scaled : 0
  }
}

/**
 * Orthonormal rows, or columns where there are more rows: Gram-Schmidt on normal vectors, each pass twice. Its triangular
 * factor has a positive diagonal, which is the choice of signs that makes the result uniform over such matrices.
 */
function fillOrthogonal(out: Float32Array | Float64Array, rows: number, columns: number, scaled: number, seed: number, stream: number): void {
  const count: number = rows < columns ? rows : columns
  const length: number = rows < columns ? columns : rows
  const size: number = count * length
  const vectors: Float64Array = new Float64Array(size)
  for (let block: number = 0; block < out.length; block += size) {
    for (let i: number = 0; i < size; i++) vectors[i] = normalAt(seed, stream, block + i)
    for (let v: number = 0; v < count; v++) {
      for (let pass: number = 0; pass < 2; pass++) {
        for (let u: number = 0; u < v; u++) subtractProjection(vectors, v * length, u * length, length)
        normaliseRow(vectors, v * length, length)
      }
    }
    for (let v: number = 0; v < count; v++)
      for (let i: number = 0; i < length; i++) out[block + (rows < columns ? v * columns + i : i * columns + v)] = scaled * vectors[v * length + i]!
  }
}

function subtractProjection(a: Float64Array, v: number, u: number, length: number): void {
  let dot: number = 0
  for (let i: number = 0; i < length; i++) dot += a[v + i]! * a[u + i]!
  for (let i: number = 0; i < length; i++) a[v + i] = a[v + i]! - dot * a[u + i]!
}

function normaliseRow(a: Float64Array, v: number, length: number): void {
  let sum: number = 0
  for (let i: number = 0; i < length; i++) sum += a[v + i]! * a[v + i]!
  const norm: number = Math.sqrt(sum)
  for (let i: number = 0; i < length; i++) a[v + i] = a[v + i]! / norm
}
