import assert from 'node:assert/strict'
import fc from 'fast-check'
import { InputError } from '../../runtime/errors.ts'
import { decodeSymbols, encodeSymbols, split, streams, vocabulary, vocabularyOf, windows, words } from '../../runtime/text.ts'

const tokensOf = (n: number): Int32Array => Int32Array.from({ length: n }, (_, i) => i)
const refuses = (run: () => unknown, message: RegExp): void => assert.throws(run, (e: unknown) => e instanceof InputError && message.test(e.message))

describe('vocabularies', () => {
  it('of a text are its characters, sorted by code points', () => {
    const { symbols, unknown } = vocabulary('b\na😀ﬀ a')
    assert.deepEqual(symbols, ['\n', ' ', 'a', 'b', 'ﬀ', '😀'])
    assert.equal(unknown, -1)
  })

  it('give back every text', () =>
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        const v = vocabulary(text)
        const tokens = encodeSymbols(v, text)
        assert.equal(decodeSymbols(v, tokens), text)
        assert.ok(tokens.every(n => n >= 0 && n < v.symbols.length))
      }),
    ))

  it('do not depend on the order of the text', () =>
    fc.assert(
      fc.property(fc.array(fc.string()), symbols => {
        assert.deepEqual(vocabulary(symbols).symbols, vocabulary([...symbols].reverse()).symbols)
      }),
    ))

  it('know names that objects have of themselves', () => {
    const v = vocabulary(['constructor', '__proto__', 'then'])
    assert.equal(decodeSymbols(v, encodeSymbols(v, ['__proto__', 'then']), ' '), '__proto__ then')
    refuses(() => encodeSymbols(v, ['toString']), /"toString", at place 0/)
  })

  it('tell which symbol is not known, and where', () =>
    refuses(() => encodeSymbols(vocabulary('abc'), 'abécé'), /^"é" \(U\+00E9\), at place 2, is not among the 3 symbols known$/))

  it('may have a symbol for those that are not known', () => {
    const v = vocabulary(words('The cat, the dog.\nThe end'), { unknown: '<unk>', atLeast: 2 })
    assert.deepEqual(v.symbols, ['the', '<unk>'])
    assert.deepEqual([...encodeSymbols(v, ['the', 'end', '<unk>'])], [0, 1, 1])
    assert.deepEqual(vocabularyOf(v.symbols, '<unk>'), v)
  })

  it('refuse a symbol twice, an unknown one that is none of them, and numbers without a symbol', () => {
    refuses(() => vocabularyOf(['a', 'b', 'a']), /"a" twice/)
    refuses(() => vocabularyOf(['a'], '<unk>'), /no "<unk>"/)
    refuses(() => vocabulary('a', { atLeast: 0 }), /atLeast/)
    for (const n of [-1, 2, 0.5, NaN]) refuses(() => decodeSymbols(vocabularyOf(['a', 'b']), [0, n]), /at place 1, is not the number/)
  })

  it('of words keep apostrophes, and lines', () => assert.deepEqual(words("Don't go,\n  O Rómeo!"), ["don't", 'go', ',', '\n', 'o', 'rómeo', '!']))
})

describe('parts of a text', () => {
  it('follow each other, and leave nothing out', () =>
    fc.assert(
      fc.property(fc.nat(500), fc.nat(100), fc.nat(100), (n, a, b) => {
        const [x, y] = [Math.min(a, b) / 100, Math.max(a, b) / 100]
        const { train, validation, test } = split(tokensOf(n), { train: x, validation: y - x, test: 1 - y })
        assert.deepEqual(Int32Array.from([...train, ...validation, ...test]), tokensOf(n))
        assert.ok(Math.abs(train.length - n * x) <= 1 && Math.abs(validation.length - n * (y - x)) <= 1)
      }),
    ))

  it('are 90, 5 and 5 hundredths where nothing is said', () => {
    const { train, validation, test } = split(tokensOf(1115394))
    assert.deepEqual([train.length, validation.length, test.length], [1003854, 55770, 55770])
  })

  it('need fractions that make a whole', () => {
    refuses(() => split(tokensOf(9), { train: 0.5, validation: 0.6, test: 0.1 }), /must sum to 1/)
    refuses(() => split(tokensOf(9), { train: 1.5, validation: -0.5, test: 0 }), /train must be a fraction/)
    refuses(() => split(tokensOf(9), { train: NaN, validation: 0.5, test: 0.5 }), /got NaN/)
  })
})

describe('windows', () => {
  const sizes = fc.record({
    t: fc.integer({ min: 1, max: 7 }),
    batch: fc.integer({ min: 1, max: 5 }),
    more: fc.nat(100),
  })

  it('read every stream from its beginning, without gaps, with the next token as the target', () =>
    fc.assert(
      fc.property(sizes, ({ t, batch, more }) => {
        const tokens = tokensOf(t * batch + 1 + more)
        const length = Math.floor((tokens.length - 1) / batch)
        const all = windows(tokens, { t, batch })
        assert.equal(all.count, Math.floor(length / t))
        let k = 0
        for (const { index, first, inputs, targets } of all) {
          assert.equal(index, k)
          assert.equal(first, k === 0)
          for (let step = 0; step < t; step++)
            for (let b = 0; b < batch; b++) {
              assert.equal(inputs[step * batch + b], b * length + k * t + step)
              assert.equal(targets[step * batch + b], inputs[step * batch + b]! + 1)
            }
          k++
        }
        assert.equal(k, all.count)
      }),
    ))

  it('come again in every epoch, and from any number', () => {
    const all = windows(tokensOf(21), { t: 3, batch: 2 })
    const once = Array.from(all, w => [...w.inputs])
    assert.deepEqual(
      Array.from(all, w => [...w.inputs]),
      once,
    )
    assert.deepEqual([...all.at(2).inputs], once[2])
    refuses(() => all.at(3), /number of the window must be an integer from 0 to 2/)
  })

  it('take no memory beyond one window', () => {
    const all = windows(tokensOf(21), { t: 3, batch: 2 })
    assert.equal(all.at(0).inputs, all.at(1).inputs)
  })

  it('need tokens enough for one', () => {
    refuses(() => windows(tokensOf(6), { t: 3, batch: 2 }), /6 tokens are too few for a window of 3 steps by 2 streams: it needs 7/)
    refuses(() => windows(tokensOf(0), { t: 1, batch: 1 }), /too few/)
    refuses(() => streams(tokensOf(3), 3), /at least 4/)
    assert.equal(windows(tokensOf(7), { t: 3, batch: 2 }).count, 1)
    for (const bad of [0, -1, 1.5, NaN, '2' as unknown as number]) {
      refuses(() => windows(tokensOf(99), { t: bad, batch: 1 }), /t must be an integer/)
      refuses(() => windows(tokensOf(99), { t: 1, batch: bad }), /batch must be an integer/)
    }
  })
})
