/** Reading the header of a safetensors file: what is not exactly right is refused before memory is taken for it. */

import { FileError, show } from './errors.ts'
import { nameProblem } from './names.ts'
import { arrays, count, isDtype, limits, type TensorDtype } from './tensor.ts'

const kinds: readonly (readonly [string, string])[] = [
  ['\x1f\x8b', 'a gzip header'],
  ['PK\x03\x04', 'a zip header; PyTorch writes such files with torch.save'],
  ['\x80\x02', 'a Python pickle'],
  ['\x93NUMPY', 'a NumPy header'],
  ['\x89HDF', 'an HDF5 header'],
  ['<', 'markup, perhaps the page of an error'],
  ['{', 'JSON text'],
  ['version https://git-lfs', 'a Git LFS pointer'],
]

/** What to say of bytes that are something else: what they seem to be, or else `otherwise`. */
export const notAModel = (bytes: Uint8Array, otherwise: string): FileError => {
  const head = String.fromCharCode(...bytes.subarray(0, 24))
  const kind = kinds.find(([magic]) => head.startsWith(magic))
  const first = [...bytes.subarray(0, 8)].map(b => b.toString(16).padStart(2, '0')).join(' ')
  return new FileError(kind ? `not a model file (starts with ${kind[1]}: ${first})` : otherwise)
}

/**
 * Looks at the header's bytes before any object is made of them: at most `limits.tensors` objects, nested no deeper
 * than a tensor's shape. Returns how many names it has, in objects at any depth.
 */
const scan = (header: Uint8Array): number => {
  let depth = 0
  let objects = 0
  let names = 0
  for (let i = 0; i < header.length; i++) {
    const c = header[i]!
    if (c === 0x22) {
      while (++i < header.length && header[i] !== 0x22) if (header[i] === 0x5c) i++
    } else if (c === 0x7b || c === 0x5b) {
      if (++depth > 3) throw new FileError('the header is nested deeper than the format allows')
      if (c === 0x7b && depth === 2 && ++objects > limits.tensors + 1) throw new FileError(`the header has more than ${limits.tensors} tensors`)
    } else if (c === 0x7d || c === 0x5d) depth--
    else if (c === 0x3a) names++
  }
  return names
}

/** How many names are left where of equal ones in an object only the last is kept. */
const namesIn = (value: unknown): number =>
  typeof value !== 'object' || value === null
    ? 0
    : Object.values(value).reduce<number>((n, v) => n + namesIn(v), Array.isArray(value) ? 0 : Object.keys(value).length)

/** The first name that an object has twice, in JSON that is right otherwise. */
const repeated = (text: string): string | undefined => {
  const open: Set<string>[] = []
  for (const [token, string] of text.matchAll(/("(?:[^"\\]|\\.)*")\s*:|"(?:[^"\\]|\\.)*"|[{}]/g))
    if (token === '{') open.push(new Set())
    else if (token === '}') open.pop()
    else if (string !== undefined) {
      const name = JSON.parse(string) as string
      if (open.at(-1)?.has(name)) return name
      open.at(-1)?.add(name)
    }
  return undefined
}

/** The entries by name. Throws a FileError for more than the limits allow, for a name that stands twice, and for one that is none. */
export const parseHeader = (bytes: Uint8Array): Map<string, unknown> => {
  const names = scan(bytes)
  let text: string
  let header: unknown
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    header = JSON.parse(text)
  } catch (e) {
    throw new FileError(`the header is not JSON in UTF-8: ${(e as Error).message}`)
  }
  if (namesIn(header) < names) throw new FileError(`the header has ${show(repeated(text))} twice`)
  const entries = new Map(Object.entries(header as Record<string, unknown>))
  for (const name of entries.keys()) checkName('the name of a tensor', name)
  return entries
}

/** Throws a FileError for what `nameProblem` takes for no name. */
export const checkName = (what: string, name: string): void => {
  const problem = nameProblem(name)
  if (problem !== undefined) throw new FileError(`${what} ${problem}: ${show(name)}`)
}

/** Where a tensor lies, in bytes after the header. */
export interface Place {
  readonly name: string
  readonly dtype: TensorDtype
  readonly shape: readonly number[]
  readonly begin: number
  readonly end: number
}

/** The place that an entry gives. Throws a FileError where its parts do not fit each other or `size` bytes of data. */
export const placeOf = (name: string, entry: unknown, size: number): Place => {
  const wrong = (what: string): FileError => new FileError(`tensor ${show(name)}: ${what}`)
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) throw wrong(`expected an object, got ${show(entry)}`)
  const { dtype, shape, data_offsets: offsets } = entry as Record<string, unknown>
  if (!isDtype(dtype)) throw wrong(`unknown dtype ${show(dtype)}; known are ${Object.keys(arrays).join(', ')}`)
  const elements = count(name, shape)
  const [begin, end] = Array.isArray(offsets) && offsets.length === 2 ? (offsets as unknown[]) : []
  if (typeof begin !== 'number' || typeof end !== 'number' || !Number.isSafeInteger(begin) || !Number.isSafeInteger(end))
    throw wrong('data_offsets must be two integers')
  if (begin < 0 || end < begin) throw wrong(`the offsets ${begin} to ${end} are out of order`)
  if (end > size) throw wrong(`ends at byte ${end}, but there are ${size} bytes of data`)
  const bytes = elements * arrays[dtype].BYTES_PER_ELEMENT
  if (bytes !== end - begin) throw wrong(`${dtype} of shape [${(shape as number[]).join(', ')}] takes ${bytes} bytes, but the file has ${end - begin}`)
  return { name, dtype, shape: shape as number[], begin, end }
}

/** The metadata, without a prototype. Throws a FileError where a value is no string. */
export const metadataOf = (entry: unknown): Record<string, string> => {
  const metadata = Object.create(null) as Record<string, string>
  if (entry === undefined) return metadata
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) throw new FileError('__metadata__ must be an object')
  for (const [key, text] of Object.entries(entry)) {
    checkName('a key of the metadata', key)
    if (typeof text !== 'string') throw new FileError(`metadata ${show(key)} must be a string, got ${show(text)}`)
    metadata[key] = text
  }
  return metadata
}
