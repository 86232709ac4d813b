import assert from 'node:assert/strict'
import { frame } from '../../dsl/frame.ts'
import { messages, report } from '../../dsl/messages.ts'
import { distance, suggest } from '../../dsl/suggest.ts'
import { decode, place } from '../../dsl/text.ts'

describe('place', () => {
  const text = '\ufeffab\r\nc\rd\u2028e\u2029f\n'
  const table: readonly (readonly [string, number, number])[] = [
    ['a', 1, 1],
    ['b', 1, 2],
    ['c', 2, 1],
    ['d', 3, 1],
    ['e', 4, 1],
    ['f', 5, 1],
  ]
  for (const [char, line, column] of table) it(`${char} is at ${line}:${column}`, () => assert.deepEqual(place(text, text.indexOf(char)), { line, column }))
  it('stays inside of the text', () => {
    assert.deepEqual(place(text, 1000), { line: 6, column: 1 })
    assert.deepEqual(place('', 0), { line: 1, column: 1 })
  })
})

describe('decode', () => {
  it('reads UTF-8 and keeps the byte-order mark', () => assert.deepEqual(decode(new TextEncoder().encode('\ufeffé')), { text: '\ufeffé' }))
  const bad: readonly (readonly [string, readonly number[], number])[] = [
    ['a stray byte', [0x61, 0xff, 0x62], 1],
    ['a lone continuation', [0x61, 0x62, 0x80], 2],
    ['an encoded surrogate', [0x61, 0xed, 0xa0, 0x80], 2],
    ['an end inside of a character', [0x61, 0xc3], 2],
  ]
  for (const [name, bytes, at] of bad) it(`finds ${name}`, () => assert.deepEqual(decode(Uint8Array.from(bytes)), { badByte: at }))
})

describe('suggest', () => {
  const table: readonly (readonly [string, readonly string[], string | undefined])[] = [
    ['sigmod', ['sigmoid', 'sign'], 'sigmoid'],
    ['tahn', ['than_', 'tanh'], 'tanh'],
    ['lstm', ['LSTM', 'GRU'], 'LSTM'],
    ['xyz', ['tanh', 'relu'], undefined],
    ['a', ['b', 'c'], undefined],
    ['d', ['D', 'H'], 'D'],
    ['Wxh', ['Wxh', 'Whh'], 'Whh'],
    ['constructor', [], undefined],
  ]
  for (const [name, candidates, result] of table) it(`${name} of ${candidates.join(', ')}`, () => assert.equal(suggest(name, candidates), result))
  it('counts a swap of neighbours once', () => assert.equal(distance('abcd', 'abdc'), 1))
})

describe('frame', () => {
  const show = (text: string, start: number, end: number): string => frame(report({ file: 'a.cell', start, end }, messages.stray('x', 'do this')), () => text)
  it('shows place, line, underline and hint', () => {
    assert.equal(
      show('one\n  two three', 6, 9),
      ['a.cell:2:3: error E0103: `x` begins no block: a file holds `import`, `fn`, `cell` and `model`', '2 |   two three', '  |   ^^^', '  hint: do this'].join(
        '\n',
      ),
    )
  })
  it('widens tabs', () => assert.equal(show('\tab\tcd', 4, 6).split('\n')[2], `  | ${' '.repeat(6)}^^`))
  it('cuts long lines around the place', () => {
    const lines = show(`${'a'.repeat(500)}XY${'b'.repeat(500)}`, 500, 502).split('\n')
    assert.ok(lines[1]!.length < 120)
    assert.equal(lines[1]!.slice(lines[2]!.indexOf('^'), lines[2]!.lastIndexOf('^') + 1), 'XY')
  })
  it('underlines to the end of the first line only', () => assert.equal(show('ab\ncd', 1, 5).split('\n')[2], '  |  ^'))
  it('shows the end of a text', () => assert.equal(show('ab', 2, 2).split('\n')[2], '  |   ^'))
  it('lets no control character through', () => assert.ok(!show('a\u001b[31mb', 0, 1).includes('\u001b')))
  it('takes a style', () => {
    const d = report({ file: 'a.cell', start: 0, end: 1 }, messages.openString())
    assert.ok(
      frame(
        d,
        () => '"',
        (part, text) => `<${part}>${text}</${part}>`,
      ).includes('<error>^</error>'),
    )
  })
  it('shows other places, and works without the text', () => {
    const span = { file: 'a.cell', start: 0, end: 1 }
    const d = report(span, messages.twoWindows(), [{ span: { ...span, start: 4, end: 5 }, message: 'the first' }])
    assert.match(
      frame(d, () => 'ab\ncde'),
      /a\.cell:2:2: the first\n2 \| cde\n {2}\| {2}\^/,
    )
    assert.match(
      frame(d, () => undefined),
      /^a\.cell: error E0210/,
    )
  })
})
