import assert from 'node:assert/strict'
import fc from 'fast-check'
import { crc32 } from '../../runtime/crc32.ts'
import { FileError, InputError } from '../../runtime/errors.ts'
import { nameProblem } from '../../runtime/names.ts'
import { decode, encode } from '../../runtime/safetensors.ts'
import { bytesOf, type Tensor } from '../../runtime/tensor.ts'

/** A file from its parts, so that any part can be wrong. */
const file = (header: unknown, data: ArrayLike<number> = [], length?: bigint): Uint8Array => {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header))
  const bytes = new Uint8Array(8 + text.length + data.length)
  new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(text.length), true)
  bytes.set(text, 8)
  bytes.set(Array.from(data), 8 + text.length)
  return bytes
}
const f32 = (from: number, to: number, shape = [(to - from) / 4]): unknown => ({
  dtype: 'F32',
  shape,
  data_offsets: [from, to],
})
const zeros = (n: number): number[] => Array.from({ length: n }, () => 0)
const refuses = (bytes: Uint8Array, message: RegExp): void =>
  assert.throws(
    () => decode(bytes),
    (e: unknown) => e instanceof FileError && e instanceof InputError && message.test(e.message),
  )

const anyName = fc
  .oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('constructor', 'toString', '0', 'Wi', 'fwd.Wi', 'optimiser/m/Wi', 'dense/kernel:0'))
  .filter(name => nameProblem(name) === undefined)
const anyTensor: fc.Arbitrary<Tensor> = fc.oneof(
  fc.float64Array().map((data): Tensor => ({ dtype: 'F64', shape: [data.length], data })),
  fc.float32Array().map((data): Tensor => ({ dtype: 'F32', shape: [1, data.length], data })),
  fc.int32Array().map((data): Tensor => ({ dtype: 'I32', shape: [data.length, 1], data })),
  fc.uint16Array().map((data): Tensor => ({ dtype: 'F16', shape: [data.length], data })),
  fc.bigInt64Array().map((data): Tensor => ({ dtype: 'I64', shape: [data.length], data })),
  fc.uint8Array().map((data): Tensor => ({ dtype: 'U8', shape: [data.length], data })),
)
const anyTensors = fc
  .array(
    fc.tuple(
      anyName.filter(n => n !== '__metadata__'),
      anyTensor,
    ),
    { maxLength: 6 },
  )
  .map(entries => new Map(entries))

describe('safetensors', () => {
  it('has the CRC-32 of the standard test string', () => {
    assert.equal(crc32(new TextEncoder().encode('123456789')), 0xcbf43926)
    assert.equal(crc32(new Uint8Array()), 0)
  })

  it('gives back what was written, bit for bit, whatever the names', () =>
    fc.assert(
      fc.property(
        anyTensors,
        fc.dictionary(
          anyName.filter(n => !n.startsWith('crc32:')),
          fc.string(),
        ),
        (tensors, metadata) => {
          const back = decode(encode(tensors, metadata))
          assert.deepEqual([...back.tensors.keys()].sort(), [...tensors.keys()].sort())
          for (const [name, { dtype, shape, data }] of tensors) {
            const found = back.tensors.get(name)!
            assert.equal(found.dtype, dtype)
            assert.deepEqual(found.shape, shape)
            assert.deepEqual(bytesOf(found.data), bytesOf(data))
          }
          assert.deepEqual(new Map(Object.entries(back.metadata)), new Map(Object.entries(metadata)))
        },
      ),
    ))

  it('writes the same bytes in whatever order tensors and metadata come', () =>
    fc.assert(
      fc.property(anyTensors, tensors => {
        const turned = new Map([...tensors].reverse())
        assert.deepEqual(encode(turned, { b: '1', a: '2' }), encode(tensors, { a: '2', b: '1' }))
      }),
    ))

  it('writes the format: length, padded header, aligned numbers', () => {
    const bytes = encode(
      new Map<string, Tensor>([
        ['a', { dtype: 'I32', shape: [1], data: Int32Array.of(7) }],
        ['b', { dtype: 'F64', shape: [], data: Float64Array.of(0.5) }],
      ]),
    )
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true))
    assert.equal(length % 8, 0)
    assert.deepEqual(JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))), {
      __metadata__: { 'crc32:a': 'bc93e7a5', 'crc32:b': '8d3a01b8' },
      b: { dtype: 'F64', shape: [], data_offsets: [0, 8] },
      a: { dtype: 'I32', shape: [1], data_offsets: [8, 12] },
    })
    assert.deepEqual([...bytes.subarray(8 + length)], [0, 0, 0, 0, 0, 0, 0xe0, 0x3f, 7, 0, 0, 0])
  })

  it('keeps the payload of a NaN and the sign of a zero', () => {
    const bits = Uint32Array.of(0x7f800001, 0xffc12345, 0x80000000, 1)
    const back = decode(encode(new Map([['x', { dtype: 'F32', shape: [4], data: new Float32Array(bits.buffer) }]])))
    assert.deepEqual(new Uint32Array(back.tensors.get('x')!.data.buffer), bits)
  })

  it('reads a Buffer, and a view that is not aligned, without sharing their memory', () => {
    const bytes = encode(new Map([['x', { dtype: 'F64', shape: [2], data: Float64Array.of(1, 2) }]]))
    for (const odd of [Buffer.concat([Buffer.alloc(3), bytes]).subarray(3), Buffer.from(bytes)]) {
      const { data } = decode(odd).tensors.get('x')!
      odd.fill(0)
      assert.deepEqual(data, Float64Array.of(1, 2))
    }
  })

  it('reads files without checksums, and offsets in another order than names', () => {
    const { tensors, metadata } = decode(file({ b: f32(4, 8), a: f32(0, 4), z: f32(4, 4, [0, 3]) }, [0, 0, 128, 63, 0, 0, 0, 64]))
    assert.deepEqual(
      [...tensors].map(([name, { data }]) => [name, ...data]),
      [['a', 1], ['z'], ['b', 2]],
    )
    assert.equal(Object.getPrototypeOf(metadata), null)
  })

  it('finds every single flipped bit of the data, and names the tensor', () => {
    const bytes = encode(new Map([['Wi', { dtype: 'F32', shape: [2], data: Float32Array.of(1, 2) }]]))
    for (let bit = (bytes.length - 8) * 8; bit < bytes.length * 8; bit++) {
      const damaged = bytes.slice()
      damaged[bit >> 3]! ^= 1 << (bit & 7)
      refuses(damaged, /tensor "Wi" is damaged/)
    }
  })

  const wrong: readonly (readonly [string, Uint8Array, RegExp])[] = [
    ['an empty file', new Uint8Array(), /0 bytes/],
    ['7 bytes', new Uint8Array(7), /7 bytes/],
    ['a header longer than the file', file('{}', [], 3n), /3 bytes, but only 2 follow/],
    ['a header of 2^63 bytes', file('{}', [], 1n << 63n), /9223372036854775808 bytes/],
    ['a header of -1 bytes', file('{}', [], (1n << 64n) - 1n), /but only 2 follow/],
    ['no header', file('', [1, 2, 3]), /no header/],
    ['a header that is a list', file('[]'), /no header/],
    ['a header that is cut', file('{"a":'), /not JSON/],
    [
      'a header that is not UTF-8',
      file('{"\u0000":{}}')
        .map(b => (b === 0 ? 0xff : b))
        .fill(0, 1, 8),
      /UTF-8|JSON/,
    ],
    ['a deep header', file(`{"a":${'['.repeat(1e6)}`), /nested deeper/],
    ['an entry that is no object', file({ a: 1 }), /"a".*expected an object/],
    ['an unknown dtype', file({ a: { dtype: 'F8_E4M3', shape: [], data_offsets: [0, 1] } }, [0]), /"a".*unknown dtype "F8_E4M3"/],
    ['a dtype from the prototype', file({ a: { dtype: 'toString', shape: [], data_offsets: [0, 1] } }, [0]), /unknown dtype/],
    ['a shape that does not fit', file({ a: f32(0, 8, [3]) }, zeros(8)), /F32 of shape \[3\] takes 12 bytes, but the file has 8/],
    ['a shape that overflows', file({ a: f32(0, 0, [2 ** 27, 2 ** 27]) }), /more than 2\^53/],
    [
      'a shape of 1000 dimensions',
      file(
        {
          a: f32(
            0,
            4,
            zeros(1000).map(() => 1),
          ),
        },
        [0, 0, 0, 0],
      ),
      /at most 64/,
    ],
    ['a size of -1', file({ a: f32(0, 4, [-1]) }, [0, 0, 0, 0]), /"a".*got -1/],
    ['a size of 1.5', file({ a: f32(0, 4, [1.5]) }, [0, 0, 0, 0]), /got 1.5/],
    ['offsets that are no integers', file({ a: { dtype: 'F32', shape: [], data_offsets: ['0', 4] } }, [0, 0, 0, 0]), /two integers/],
    ['offsets in the wrong order', file({ a: { dtype: 'F32', shape: [], data_offsets: [4, 0] } }, [0, 0, 0, 0]), /"a".*out of order/],
    ['offsets past the end', file({ a: f32(0, 8) }, [0, 0, 0, 0]), /"a": ends at byte 8, but there are 4/],
    ['an overlap', file({ a: f32(0, 8), b: f32(4, 12) }, zeros(12)), /"b" overlaps tensor "a"/],
    ['a gap', file({ a: f32(0, 4), b: f32(8, 12) }, zeros(12)), /"b": 4 bytes before it/],
    ['a gap at the front', file({ a: f32(4, 8) }, zeros(8)), /"a": 4 bytes before it/],
    ['trailing bytes', file({ a: f32(0, 4) }, [0, 0, 0, 0, 1]), /1 bytes after tensor "a"/],
    ['a name twice', file('{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}'), /has "a" twice/],
    [
      'a name twice, once in escapes',
      file('{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"\\u0061":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}'),
      /has "a" twice/,
    ],
    ['a dtype twice', file('{"a":{"dtype":"F32","dtype":"U8","shape":[0],"data_offsets":[0,0]}}'), /has "dtype" twice/],
    ['a key of the metadata twice', file('{"__metadata__":{"k":"1","n":":","k":"2"}}'), /has "k" twice/],
    ['the metadata twice', file('{"__metadata__":{},"__metadata__":{}}'), /has "__metadata__" twice/],
    ['a name twice in what nobody reads', file('{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"more":{"x":1,"x":2}}}'), /nested deeper|has "x" twice/],
    ['a size that no number holds', file('{"a":{"dtype":"U8","shape":[1e999],"data_offsets":[0,0]}}'), /"a".*got Infinity/],
    ['a size beyond 2^53', file('{"a":{"dtype":"U8","shape":[0,9007199254740993],"data_offsets":[0,0]}}'), /"a".*got 9007199254740992/],
    ['offsets that no number holds', file('{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,1e999]}}'), /"a".*two integers/],
    ['metadata that is no string', file({ __metadata__: { n: 1 } }), /metadata "n" must be a string/],
    ['metadata that is no object', file({ __metadata__: [] }), /must be an object/],
    ['a checksum without its tensor', file({ __metadata__: { 'crc32:x': '00000000' } }), /no tensor/],
    ['a checksum of one tensor only', file({ __metadata__: { 'crc32:x': '00000000' }, x: f32(0, 0), y: f32(0, 0) }), /"y" has no checksum/],
    ['a gzip file', Uint8Array.of(0x1f, 0x8b, 8, 0, 1, 2, 3, 4, 5, 6, 7), /not a model file \(starts with a gzip header/],
    ['a zip file', new TextEncoder().encode('PK\x03\x04 and more of it'), /starts with a zip header/],
    ['a page of an error', new TextEncoder().encode('<!DOCTYPE html><html>404</html>'), /starts with markup/],
    ['JSON', new TextEncoder().encode('{"Wi": [1, 2, 3]}'), /starts with JSON/],
    ['a Git LFS pointer', new TextEncoder().encode('version https://git-lfs.github.com/spec/v1'), /LFS/],
  ]
  for (const [what, bytes, message] of wrong) it(`refuses ${what}`, () => refuses(bytes, message))

  describe('names', () => {
    const x: Tensor = { dtype: 'F32', shape: [0], data: new Float32Array(0) }
    const entry = { dtype: 'F32', shape: [0], data_offsets: [0, 0] }
    const good = [
      'layers.0.weight',
      'module.encoder.layers.0.self_attn.in_proj_weight',
      'optimiser/m/Wi',
      'carried/h',
      'dense/kernel:0',
      'a b',
      'Gewicht-ü',
      '模型.权重',
      '.hidden',
      '..x',
      'constructor',
      'x.__proto__.y',
      '-',
    ]
    const bad: readonly (readonly [string, RegExp])[] = [
      ['', /is empty/],
      ['__proto__', /is not a name/],
      ['optimiser/__proto__', /is not a name/],
      ['../x', /is a path/],
      ['..', /is a path/],
      ['.', /is a path/],
      ['a/../b', /is a path/],
      ['a/./b', /is a path/],
      ['/etc/passwd', /is a path/],
      ['a/', /is a path/],
      ['a//b', /is a path/],
      ['C:/x', /is a path/],
      ['..\\x', /has a backslash/],
      ['a\nb', /has a control character/],
      ['a\0', /has a control character/],
      ['\x1b[2J', /has a control character/],
      ['a\x7f', /has a control character/],
      ['a\u0085', /has a control character/],
      ['a\u2028b', /has a control character/],
      ['\ud800', /is not Unicode/],
    ]
    it('of tensors and of metadata are those that other tools write', () => {
      for (const name of good) {
        const { tensors, metadata } = decode(encode(new Map([[name, x]]), { [name]: 'text' }))
        assert.deepEqual([[...tensors.keys()], metadata[name]], [[name], 'text'])
        assert.ok(decode(file({ [name]: entry })).tensors.has(name))
      }
    })

    for (const [name, why] of bad)
      it(`${JSON.stringify(name)} is none, in reading and in writing`, () => {
        const thrown = (run: () => unknown): void => assert.throws(run, (e: unknown) => e instanceof FileError && why.test(e.message))
        thrown(() => encode(new Map([[name, x]])))
        thrown(() => encode(new Map([['x', x]]), Object.fromEntries([[name, 'text']])))
        thrown(() => decode(file(`{${JSON.stringify(name)}:${JSON.stringify(entry)}}`)))
        thrown(() => decode(file(`{"__metadata__":{${JSON.stringify(name)}:"text"}}`)))
      })
  })

  it('takes bytes, and nothing that looks like them', () => {
    for (const none of [undefined, null, 'text', [1, 2], new ArrayBuffer(20), new Float32Array(5)])
      assert.throws(() => decode(none as unknown as Uint8Array), /^InputError: the bytes of a file must be a Uint8Array/)
  })

  it('refuses a million tensors at once', () => {
    const entry = '"a":{"dtype":"F32","shape":[],"data_offsets":[0,0]},'
    const bytes = file(`{${entry.repeat(1e6).slice(0, -1)}}`)
    const begin = performance.now()
    refuses(bytes, /more than 100000 tensors/)
    assert.ok(performance.now() - begin < 250, `${performance.now() - begin} ms`)
  })

  it('never throws anything but a FileError, whatever the bytes', () => {
    const whole = encode(new Map([['Wi', { dtype: 'F32', shape: [2], data: Float32Array.of(1, 2) }]]), { a: 'b' })
    const attempt = (bytes: Uint8Array): void => {
      try {
        decode(bytes)
      } catch (e) {
        if (!(e instanceof FileError)) throw e
      }
    }
    for (let n = 0; n < whole.length; n++) refuses(whole.subarray(0, n), /./)
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), attempt))
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), (at, byte) => attempt(whole.map((b, i) => (i === at ? byte : b)))),
      { numRuns: 2000 },
    )
    fc.assert(fc.property(fc.json(), text => attempt(file(`{"a":${text}}`))))
  })

  it('refuses to write what could not be read', () => {
    const x: Tensor = { dtype: 'F32', shape: [1], data: Float32Array.of(1) }
    const refusesToWrite = (name: string, tensor: Tensor, message: RegExp, metadata = {}): void =>
      assert.throws(
        () =>
          encode(
            new Map([
              ['y', x],
              [name, tensor],
            ]),
            metadata,
          ),
        (e: unknown) => e instanceof FileError && message.test(e.message),
      )
    refusesToWrite('x', { ...x, shape: [2] }, /does not fit 1 elements/)
    refusesToWrite('x', { ...x, dtype: 'F64' } as unknown as Tensor, /not of the dtype "F64"/)
    refusesToWrite('x', { ...x, dtype: 'f32' } as unknown as Tensor, /not of the dtype "f32"/)
    refusesToWrite('__metadata__', x, /may not be called/)
    refusesToWrite('x', x, /may not begin with crc32:/, { 'crc32:x': '' })
    refusesToWrite('x', x, /must be a string, got 1/, { n: 1 })
  })
})
