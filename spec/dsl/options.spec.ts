import assert from 'node:assert/strict'
import {
  aFlag,
  aFunction,
  aNumber,
  anInteger,
  aText,
  called,
  listOf,
  needed,
  oneOf,
  readOptions,
  recordOf,
  show,
  stepsOrAll,
  unknownName,
  type Fail,
  type Table,
} from '../../dsl/options.ts'

interface Options {
  readonly size: number
  readonly names?: readonly string[]
  readonly dims?: Readonly<Record<string, number>>
  readonly kind?: 'left' | 'right'
  readonly flag?: boolean
  readonly call?: () => void
  readonly part?: number
}
const table: Table<Options> = {
  size: needed(called('the size', anInteger(1, 9))),
  names: listOf(aText),
  dims: recordOf(anInteger(0)),
  kind: oneOf('left', 'right'),
  flag: aFlag,
  call: aFunction(),
  part: aNumber('a number from 0 to 1', x => x >= 0 && x <= 1),
}
const fail: Fail = (message, isType) => {
  throw isType ? new TypeError(message) : new RangeError(message)
}
const read = (given: unknown): Options => readOptions('pack', given, table, fail)
const says = (given: unknown, message: string, kind: 'TypeError' | 'RangeError' = 'TypeError'): void =>
  assert.throws(() => read(given), { name: kind, message })

describe('options', () => {
  it('are copied, and frozen: what the caller does afterwards changes nothing', () => {
    const [names, dims] = [['a', 'b'], { H: 1 }]
    const found = read({ size: 2, names, dims, flag: undefined })
    names.push('c')
    dims.H = 5
    assert.deepEqual({ ...found }, { size: 2, names: ['a', 'b'], dims: { H: 1 } })
    for (const part of [found, found.names, found.dims]) assert.ok(Object.isFrozen(part))
  })

  it('say what is wrong, what is taken, and what was probably meant', () => {
    says({}, 'the size must be an integer from 1 to 9, got undefined')
    says({ size: '2' }, 'the size must be an integer from 1 to 9, got "2"')
    says({ size: 0 }, 'the size must be an integer from 1 to 9, got 0', 'RangeError')
    says({ size: 1, names: 'ab' }, 'names must be a list, got "ab"')
    says({ size: 1, names: ['a', 1n] }, 'names[1] must be a string, got 1n')
    says({ size: 1, names: Array.from({ length: 1 }) }, 'names[0] must be a string, got undefined')
    says({ size: 1, dims: { H: -0 } }, 'dims.H must be an integer at least 0, got -0', 'RangeError')
    says({ size: 1, dims: new Map([['H', 1]]) }, 'dims must be an object of names and values, got an object')
    says({ size: 1, kind: 'top' }, 'kind must be "left" or "right", got "top"', 'RangeError')
    says({ size: 1, flag: 1 }, 'flag must be true or false, got 1')
    says({ size: 1, call: 'f' }, 'call must be a function, got "f"')
    says({ size: 1, part: NaN }, 'part must be a number from 0 to 1, got NaN', 'RangeError')
    says({ size: 1, flags: true }, 'pack: there is no option "flags"; there are: size, names, dims, kind, flag, call, part. Did you mean flag?', 'RangeError')
    for (const none of [null, 3, 'size', [1], () => 1, new Set()]) says(none, `pack: the options must be an object of names and values, got ${show(none)}`)
  })

  it('take integers that are numbers, and nothing that could become one', () => {
    const good = anInteger(0)
    for (const n of [0, 1, 2 ** 53 - 1]) assert.equal(good.read(n, 'n', fail), n)
    const odd = [-1, 1.5, NaN, Infinity, -0, 2 ** 53, 1e300, '1', 1n, true, null, undefined, [1], { valueOf: () => 1 }, new Number(1), Symbol('1'), () => 1]
    for (const n of odd) assert.throws(() => good.read(n, 'n', fail), /^(?:Type|Range)Error: n must be an integer at least 0, got /, show(n))
    assert.equal(stepsOrAll.read(Infinity, 'n', fail), Infinity)
    for (const n of [0, -Infinity, NaN, 1.5, '3']) assert.throws(() => stepsOrAll.read(n, 'n', fail))
  })

  it('are own properties: a prototype gives none, and `__proto__` is no option', () => {
    assert.equal(read(Object.create({ flag: 'x' }, { size: { value: 1, enumerable: true } })).flag, undefined)
    assert.throws(() => read(JSON.parse('{"size": 1, "__proto__": {"flag": true}}')), /no option "__proto__"/)
    const polluted = Object.prototype as { flag?: unknown }
    polluted.flag = 'x'
    try {
      assert.equal(read({ size: 1 }).flag, undefined)
    } finally {
      delete polluted.flag
    }
  })

  it('are read once, whatever they are', () => {
    const asked: PropertyKey[] = []
    const twofold = <T extends object>(target: T): T =>
      new Proxy(target, {
        get: (t, key) => {
          asked.push(key)
          return asked.filter(k => k === key).length > 1 ? 'something else' : (Reflect.get(t, key) as unknown)
        },
      })
    const found = read(twofold({ size: 1, names: twofold(['a', 'b']), dims: twofold({ H: 2 }) }))
    assert.deepEqual({ ...found }, { size: 1, names: ['a', 'b'], dims: { H: 2 } })
    assert.equal(new Set(asked).size, asked.length)
    let times = 0
    const counted = {
      get size() {
        return ++times
      },
    }
    assert.deepEqual([read(counted).size, times], [1, 1])
  })

  it('list what there is, up to a point', () => {
    const many = Array.from({ length: 100 }, (_, i) => `s${i}`)
    assert.match(unknownName('keep', 'stream', 'zzzz', many), /s28, s29, and 70 more$/)
    assert.equal(unknownName('keep', 'stream', 'zzzz', []), 'keep: there is no stream "zzzz"; there are: none')
  })
})
