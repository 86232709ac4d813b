/**
 * The safetensors format (https://huggingface.co/docs/safetensors): the length of the header as 8 bytes, little endian;
 * the header, a JSON object `name -> { dtype, shape, data_offsets }`; then the numbers of all tensors, without gaps.
 *
 * What is written here is read by the other implementations, and the other way round. Beyond the format, each tensor's
 * CRC-32 stands in the metadata under `crc32:NAME`, and is checked where there is one. What a name may be stands in names.ts.
 */

import { crc32 } from './crc32.ts'
import { FileError, InputError, show } from './errors.ts'
import { checkName, metadataOf, notAModel, parseHeader, placeOf, type Place } from './header.ts'
import { arrays, bytesOf, count, isDtype, limits, type Tensor } from './tensor.ts'

export type Metadata = Readonly<Record<string, string>>

const checksum = 'crc32:'
const hex = (n: number): string => n.toString(16).padStart(8, '0')
const ascending = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const requireLittleEndian = (): void => {
  if (new Uint8Array(Uint16Array.of(1).buffer)[0] !== 1) throw new FileError('only little-endian machines are supported')
}

/**
 * The bytes of a file. The same tensors and metadata give the same bytes, in whatever order they come: tensors with
 * larger elements first (so that each is aligned), then by name; metadata by key.
 *
 * Throws a FileError where a shape does not fit its data, or a name is none or one that the format keeps for itself.
 */
export const encode = (tensors: ReadonlyMap<string, Tensor>, metadata: Metadata = {}): Uint8Array => {
  requireLittleEndian()
  const width = (t: Tensor): number => arrays[t.dtype].BYTES_PER_ELEMENT
  if (tensors.size > limits.tensors) throw new FileError(`${tensors.size} tensors, but a file holds ${limits.tensors}`)
  for (const [name, { dtype, shape, data }] of tensors) {
    checkName('the name of a tensor', name)
    if (name === '__metadata__') throw new FileError('a tensor may not be called __metadata__')
    if (!isDtype(dtype) || !(data instanceof arrays[dtype])) throw new FileError(`tensor ${show(name)}: the data is not of the dtype ${show(dtype)}`)
    if (count(name, shape) !== data.length) throw new FileError(`tensor ${show(name)}: shape [${shape.join(', ')}] does not fit ${data.length} elements`)
  }
  const sorted = [...tensors].sort(([a, s], [b, t]) => width(t) - width(s) || ascending(a, b))
  const notes = Object.entries(metadata).sort(([a], [b]) => ascending(a, b))
  for (const [key, text] of notes) {
    checkName('a key of the metadata', key)
    if (key.startsWith(checksum)) throw new FileError(`metadata may not begin with ${checksum}: ${show(key)}`)
    if (typeof text !== 'string') throw new FileError(`metadata ${show(key)} must be a string, got ${show(text)}`)
  }
  const entries: string[] = []
  let end = 0
  for (const [name, { dtype, shape, data }] of sorted) {
    const begin = end
    end += data.byteLength
    entries.push(`${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [begin, end] })}`)
    notes.push([checksum + name, hex(crc32(bytesOf(data)))])
  }
  if (notes.length > 0) {
    const pairs = notes.map(([key, text]) => `${JSON.stringify(key)}:${JSON.stringify(text)}`)
    entries.unshift(`"__metadata__":{${pairs.join(',')}}`)
  }
  const text = new TextEncoder().encode(`{${entries.join(',')}}`)
  const header = Math.ceil(text.length / 8) * 8
  if (header > limits.header) throw new FileError(`the header would have ${header} bytes, more than ${limits.header}`)
  const bytes = new Uint8Array(8 + header + end).fill(0x20, 8, 8 + header)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header), true)
  bytes.set(text, 8)
  let at = 8 + header
  for (const [, { data }] of sorted) {
    bytes.set(bytesOf(data), at)
    at += data.byteLength
  }
  return bytes
}

/**
 * What the bytes of a file hold. The tensors are copies, in the order in which they lie in the file; the metadata has
 * no prototype, and no checksums.
 *
 * Throws a FileError, which names the tensor where there is one, for everything that does not follow the format to the
 * letter (bytes that no tensor owns, tensors that overlap, sizes that do not fit), and for a wrong checksum.
 */
export const decode = (bytes: Uint8Array): { readonly tensors: Map<string, Tensor>; readonly metadata: Metadata } => {
  requireLittleEndian()
  if (!(bytes instanceof Uint8Array)) throw new InputError(`the bytes of a file must be a Uint8Array, got ${show(bytes)}`)
  if (bytes.length < 8) throw notAModel(bytes, `not a model file: ${bytes.length} bytes, but the shortest has 10`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const said = view.getBigUint64(0, true)
  const length = Number(said)
  if (length > bytes.length - 8) throw notAModel(bytes, `the header is said to have ${said} bytes, but only ${bytes.length - 8} follow`)
  if (length > limits.header) throw notAModel(bytes, `the header has ${length} bytes, more than ${limits.header}`)
  if (bytes[8] !== 0x7b || length < 2) throw notAModel(bytes, 'not a model file: no header at byte 8')
  const entries = parseHeader(bytes.subarray(8, 8 + length))
  const metadata = metadataOf(entries.get('__metadata__'))
  entries.delete('__metadata__')

  const data = bytes.subarray(8 + length)
  const places = [...entries].map(([name, entry]) => placeOf(name, entry, data.length))
  places.sort((a, b) => a.begin - b.begin || a.end - b.end)
  let at = 0
  let before = 'the header'
  for (const { name, begin, end } of places) {
    if (begin < at) throw new FileError(`tensor ${show(name)} overlaps ${before}`)
    if (begin > at) throw new FileError(`tensor ${show(name)}: ${begin - at} bytes before it belong to no tensor`)
    at = end
    before = `tensor ${show(name)}`
  }
  if (at < data.length) throw new FileError(`${data.length - at} bytes after ${before} belong to no tensor`)

  const tensors = new Map(places.map(p => [p.name, read(p, data)] as const))
  check(tensors, metadata)
  return { tensors, metadata }
}

const read = ({ dtype, shape, begin, end }: Place, data: Uint8Array): Tensor => {
  const copy = new Uint8Array(end - begin) // not `slice`, which in a Buffer of Node copies nothing
  copy.set(data.subarray(begin, end))
  return { dtype, shape, data: new arrays[dtype](copy.buffer) } as Tensor
}

/** Checks the checksums, which all tensors have or none, and takes them out of the metadata. */
const check = (tensors: ReadonlyMap<string, Tensor>, metadata: Record<string, string>): void => {
  const keys = Object.keys(metadata).filter(key => key.startsWith(checksum))
  if (keys.length === 0) return
  for (const [name, { data }] of tensors) {
    const expected = metadata[checksum + name]
    if (expected === undefined) throw new FileError(`tensor ${show(name)} has no checksum, though others have`)
    const found = hex(crc32(bytesOf(data)))
    if (found !== expected) throw new FileError(`tensor ${show(name)} is damaged: its checksum is ${found}, but ${show(expected)} is stored`)
  }
  for (const key of keys) {
    if (!tensors.has(key.slice(checksum.length))) throw new FileError(`there is a checksum but no tensor for ${show(key)}`)
    delete metadata[key]
  }
}
