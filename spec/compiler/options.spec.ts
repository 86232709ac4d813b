import assert from 'node:assert/strict'
import { compile, type CompileOptions } from '../../compiler/compile.ts'
import { compileTable } from '../../compiler/options.ts'
import { show } from '../../dsl/options.ts'
import { load } from '../../runtime/load.ts'
import { divide } from '../../runtime/parallel/divide.ts'

const source = `import { id } from "./lib.cell"
model M(D, H) {
  input x: [D]
  state h: [H]
  param W: [H, D], U: [H, H]
  output y
  a = W @ x
  h = tanh(a + U @ h[t-1])
  y = id(h)
  loss sum(y * y)
  window 6 every 3
}`
const files = (path: string): string | undefined => (path === 'lib.cell' ? 'fn id(a) = a' : undefined)
const made = (options: object = {}): ReturnType<typeof compile> => compile(source, { files, ...options })
const plain = made().code!.js

const evil = '(globalThis.pwned = 1, 3)'
const pretending = (value: unknown): object => ({ toString: () => String(value), valueOf: () => value, [Symbol.toPrimitive]: () => value })
const world = globalThis as { pwned?: unknown }

/** What somebody could give for an option that wants something else. */
const odd: readonly unknown[] = [
  evil,
  '3',
  '',
  '*/ globalThis.pwned = 1 /*',
  '`${globalThis.pwned = 1}`',
  'x\n;globalThis.pwned = 1',
  '\u2028globalThis.pwned = 1',
  '__proto__',
  'constructor',
  pretending(3),
  pretending(evil),
  [evil],
  [3],
  [[3]],
  [{ toString: () => 'h' }],
  { H: evil },
  { H: '3' },
  { H: pretending(3) },
  { H: 0 },
  { H: 1.5 },
  { H: NaN },
  { H: 2 ** 31 },
  { K: 3 },
  new Map([['H', 3]]),
  3n,
  NaN,
  0,
  -0,
  -1,
  1.5,
  1e300,
  -Infinity,
  true,
  false,
  null,
  Symbol('h'),
  () => evil,
  new Proxy({}, { get: () => evil, ownKeys: () => ['H'], getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true, value: evil }) }),
  new Proxy([], { get: (_, key) => (key === 'length' ? 1 : evil) }),
  new String(evil),
  new Number(3),
  new Date(),
]

/** What is taken as it is, beside the odd ones; with one option the others may have to go. */
const fine: Readonly<Record<keyof CompileOptions, readonly unknown[]>> = {
  cell: ['M'],
  target: ['ts', 'wasm'],
  fma: [false],
  dtype: ['f32', 'f64'],
  set: [{}, { H: 3 }, { H: 3, D: 2 ** 31 - 1 }],
  window: [1, 6, 100, Infinity],
  every: [1, 6],
  cotangents: [[], ['y'], ['h']],
  finalCotangents: [[], ['h']],
  keep: [[], ['a'], ['a', 'h', 'y']],
  adjoints: [[], ['a', 'h']],
  path: ['a.cell', 'folder/a.cell'],
  files: [files],
}

/** Of the odd values, those that an option takes for what they are. */
const allowed = (name: string, value: unknown): boolean =>
  ((name === 'path' || name === 'cell') && typeof value === 'string') ||
  (name === 'fma' && value === false) ||
  (name === 'files' && typeof value === 'function')

describe('options of compile', () => {
  afterEach(() => {
    assert.equal(world.pwned, undefined)
    delete world.pwned
  })

  it('have a table that knows them all', () => assert.deepEqual(Object.keys(fine).sort(), Object.keys(compileTable).sort()))

  for (const name of Object.keys(fine) as (keyof CompileOptions)[]) {
    it(`${name}: takes what it is for`, () => {
      for (const value of fine[name]) {
        const { code, diagnostics } = made({ [name]: value, ...(name === 'path' ? { files: () => 'fn id(a) = a' } : {}) })
        assert.deepEqual([diagnostics.length, code === undefined], [0, false], show(value))
      }
      assert.equal(made({ [name]: undefined, ...(name === 'files' ? { files } : {}) }).code!.js, plain)
    })

    it(`${name}: is refused as anything else, with its name`, () => {
      for (const value of odd)
        if (!allowed(name, value))
          assert.throws(
            () => made({ [name]: value }),
            (e: unknown) => (e instanceof TypeError || e instanceof RangeError) && new RegExp(`^${name}\\b`).test(e.message) && !/\n/.test(e.message),
            show(value),
          )
    })

    it(`${name}: is read once, and then taken as it was`, () => {
      const [good] = fine[name]
      let times = 0
      const options = Object.defineProperty({ files }, name, { get: () => (times++ === 0 ? good : evil), enumerable: true, configurable: true })
      const texts = name === 'path' ? { ...options, files: () => 'fn id(a) = a' } : options
      assert.deepEqual(compile(source, texts).diagnostics, [])
      assert.equal(times, 1)
    })
  }

  it('no text of them is run', async () => {
    for (const path of odd.filter(v => typeof v === 'string')) {
      const { code, diagnostics } = made({ path, files: () => 'fn id(a) = a' })
      assert.deepEqual(diagnostics, [])
      const { create } = (await import(`data:text/javascript,${encodeURIComponent(code!.js)}`)) as Awaited<ReturnType<typeof load>>
      create({ D: 1, H: 1 }, { t: 1, batch: 1 }).forward()
    }
    await assert.rejects(load(source, { files, window: evil as unknown as number }), TypeError)
    assert.throws(() => divide(source, { files, every: evil as unknown as number }), TypeError)
  })

  it('of a prototype, or of everybody, are not there', () => {
    const given = Object.assign(Object.create({ window: evil, set: { H: evil } }) as object, { files })
    assert.equal(compile(source, given).code!.js, plain)
    for (const name of ['dtype', 'keep', 'finalCotangents']) Object.defineProperty(Object.prototype, name, { value: evil, configurable: true, writable: true })
    try {
      assert.equal(made().code!.js, plain)
    } finally {
      for (const name of ['dtype', 'keep', 'finalCotangents']) Reflect.deleteProperty(Object.prototype, name)
    }
  })

  it('that are unknown, and names that the source does not have, are told with those that there are', () => {
    const says = (options: object, message: string): void => assert.throws(() => made(options), { name: 'RangeError', message })
    const all = Object.keys(compileTable).join(', ')
    says({ windows: 3 }, `compile: there is no option "windows"; there are: ${all}. Did you mean window?`)
    says({ set: { h: 3 } }, 'set: M: there is no dim "h"; there are: D, H. Did you mean H?')
    says({ keep: ['yy'] }, 'keep: there is no stream "yy"; there are: h, y, x, a. Did you mean y?')
    says({ adjoints: ['other'] }, 'adjoints: there is no stream "other"; there are: h, y, x, a')
    says({ cotangents: ['a'] }, 'cotangents: there is no output or state "a"; there are: y, h')
    says({ finalCotangents: ['y'] }, 'finalCotangents: there is no state "y"; there are: h')
    made({ keep: ['a'], cotangents: ['a'] })
  })

  it('that do not go together are refused', () => {
    const refuses = (options: object, message: RegExp, text = source): void =>
      assert.throws(
        () => compile(text, { files, ...options }),
        (e: unknown) => e instanceof RangeError && message.test(e.message),
      )
    refuses({ target: 'wasm', dtype: 'f64' }, /works with f32/)
    refuses({ fma: true }, /belongs to the WebAssembly target/)
    refuses({ window: 3, every: 4 }, /^every: chunks of 4 steps are longer than the window of 3/)
    refuses({ every: 7 }, /longer than the window of 6/)
    refuses({ window: Infinity, every: 2 }, /full BPTT has none/)
    refuses({ every: 2 }, /need a window/, source.replace(/ {2}window.*\n/, ''))
  })

  it('the source is a string, and so are the texts of files', () => {
    for (const text of [undefined, null, 3, ['cell'], pretending(source), Buffer.from(source)])
      assert.throws(() => compile(text as unknown as string), /^TypeError: the source must be a string/)
    assert.throws(() => made({ files: () => pretending('fn id(a) = a') }), /^TypeError: files: the text of lib\.cell must be a string, got an object/)
  })
})
