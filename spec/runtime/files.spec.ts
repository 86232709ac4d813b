import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, lstatSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { FileError } from '../../runtime/errors.ts'
import { readBytes, readText, writeAtomic } from '../../runtime/files.ts'

const fails = (run: () => unknown, ...parts: readonly string[]): void =>
  assert.throws(run, (e: unknown) => e instanceof FileError && parts.every(part => e.message.includes(part)))

describe('files', () => {
  let dir = ''
  beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'recurve-'))))
  afterEach(() => rmSync(dir, { recursive: true }))
  const path = (name: string): string => join(dir, name)

  it('come back as they were written', () => {
    writeAtomic(path('a'), Uint8Array.of(0, 255, 10))
    assert.deepEqual([...readBytes(path('a'))], [0, 255, 10])
    writeAtomic(path('a'), 'é\n')
    assert.equal(readText(path('a')), 'é\n')
    assert.deepEqual(readdirSync(dir), ['a'])
  })

  it('that are not there, or are none, are named with the reason', () => {
    fails(() => readBytes(path('none')), path('none'), 'no such file', 'ENOENT')
    fails(() => readText(dir), dir, 'directory', 'EISDIR')
    writeAtomic(path('file'), '')
    fails(() => readBytes(path('file/x')), path('file/x'), 'ENOTDIR')
  })

  it('lose a byte-order mark', () => {
    writeFileSync(path('a'), Uint8Array.of(0xef, 0xbb, 0xbf, 0x61))
    assert.equal(readText(path('a')), 'a')
  })

  it('that are not UTF-8 are refused at the first byte that is wrong', () => {
    for (const [bytes, at] of [
      [[0x61, 0xff], 1],
      [[0x61, 0x62, 0xc3], 2],
      [[0xc3, 0xa9, 0xc0, 0x80], 2],
      [[0xe2, 0x82, 0xac, 0xed, 0xa0, 0x80], 3],
      [[0xf0, 0x9f, 0x98, 0x80, 0xf4, 0x90, 0x80, 0x80], 4],
      [[0x80], 0],
    ] as const) {
      writeFileSync(path('a'), Uint8Array.from(bytes))
      fails(() => readText(path('a')), path('a'), `at offset ${at}`, `0x${bytes[at]!.toString(16)}`)
    }
  })

  it('are text exactly where a lenient decoder needs no replacement', () =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), bytes => {
        writeFileSync(path('a'), bytes)
        const whole = Buffer.from(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)).equals(bytes)
        if (whole) readText(path('a'))
        else fails(() => readText(path('a')), 'at offset')
      }),
      { numRuns: 300 },
    ))

  it('that cannot be written leave what was there, and nothing else', () => {
    fails(() => writeAtomic(path('none/a'), 'x'), path('none/a'), 'ENOENT')
    mkdirSync(path('dir'))
    fails(() => writeAtomic(path('dir'), 'x'), path('dir'), 'directory')
    writeAtomic(path('file'), 'old')
    fails(() => writeAtomic(path('file/a'), 'x'), path('file/a'), 'ENOTDIR')
    symlinkSync(path('loop'), path('loop'))
    fails(() => writeAtomic(path('loop'), 'x'), path('loop'), 'ELOOP')
    assert.equal(readText(path('file')), 'old')
    assert.deepEqual(readdirSync(dir).sort(), ['dir', 'file', 'loop'])
  })

  it('in a directory without permission stay as they are', function () {
    if (process.getuid?.() === 0) this.skip()
    mkdirSync(path('dir'))
    writeAtomic(path('dir/a'), 'old')
    chmodSync(path('dir'), 0o500)
    fails(() => writeAtomic(path('dir/a'), 'x'), path('dir/a'), 'EACCES')
    chmodSync(path('dir'), 0o700)
    assert.equal(readText(path('dir/a')), 'old')
  })

  it('behind a link are written there, and the link stays', () => {
    writeAtomic(path('a'), 'old')
    symlinkSync(path('a'), path('link'))
    writeAtomic(path('link'), 'new')
    assert.ok(lstatSync(path('link')).isSymbolicLink())
    assert.equal(readFileSync(path('a'), 'utf8'), 'new')
  })
})
