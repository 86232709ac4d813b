import assert from 'node:assert/strict'
import fc from 'fast-check'
import { jsonText, parseJson } from '../../cli/json.ts'
import { command, elman, misspelt, workshop } from './fake-session.ts'

const data = {
  params: { W: [[0.5, -1]], U: [[0.25]], b: [0.125] },
  inputs: { x: [[[1, 2]], [[3, 4]]] },
  cotangents: { h: [[[1]], [[1]]] },
}

describe('recurve run', () => {
  const { path, write } = workshop()
  let file = ''
  before(() => (file = write('a.cell', elman)))

  it('prints values and gradients as one JSON object, from either target', async () => {
    const [h0] = [Math.tanh(0.5 - 2 + 0.125)]
    const h1 = Math.tanh(1.5 - 4 + 0.125 + 0.25 * h0)
    for (const target of ['ts', 'reference']) {
      const { code, out, err } = await command(['run', file, '--data', write('in.json', JSON.stringify(data)), '--target', target, '--dtype', 'f64'])
      assert.deepEqual([code, err], [0, ''])
      const result = JSON.parse(out) as { loss: null; outputs: { h: number[][][] }; grads: { params: { b: number[] } } }
      assert.equal(result.loss, null)
      const near = (a: number, b: number): void => assert.ok(Math.abs(a - b) < 1e-12, `${a} ${b}`)
      near(result.outputs.h[0]![0]![0]!, h0)
      near(result.outputs.h[1]![0]![0]!, h1)
      const [d0, d1] = [1 - h0 * h0, 1 - h1 * h1]
      near(result.grads.params.b[0]!, d1 + (1 + d1 * 0.25) * d0)
    }
  })

  it('reads the data from standard input', async () => {
    const { code, out } = await command(['run', file, '--data', '-'], { stdin: () => Buffer.from(JSON.stringify(data)) })
    assert.equal(code, 0)
    assert.deepEqual(Object.keys(JSON.parse(out) as object), ['loss', 'outputs', 'final', 'grads', 'adjoints'])
  })

  it('cuts BPTT where it is told to', async () => {
    const gradient = async (...args: string[]): Promise<unknown> => {
      const { out } = await command(['run', file, '--data', write('in.json', JSON.stringify(data)), ...args])
      return (JSON.parse(out) as { grads: { params: { b: unknown } } }).grads.params.b
    }
    assert.notDeepEqual(await gradient('--window', '1'), await gradient())
    assert.deepEqual(await gradient('--window', 'full'), await gradient())
    assert.deepEqual(await gradient('--window', '2', '--every', '2'), await gradient())
  })

  it('exits with 1 where the source or the data is wrong, and says where', async () => {
    const source = await command(['run', write('wrong.cell', misspelt), '--data', write('in.json', JSON.stringify(data))])
    assert.deepEqual([source.code, source.out], [1, ''])
    assert.match(source.err, /wrong\.cell:6:7: error E0302/)
    for (const [text, why] of [
      ['{"inputs": {"x": [}}', /bad\.json:1:19: not valid JSON: unexpected "\}"/],
      ['{"inputs":\n {"x": NaN}}', /bad\.json:2:8: not valid JSON: unexpected "NaN"; write "NaN"/],
      ['{"inputs": ', /bad\.json:1:12: not valid JSON: the text ends here/],
      ['{"dims": {"D": 2},\n "dims": {"D": 3}}', /bad\.json:2:2: the key "dims" stands twice in one object/],
      ['{"params": {"W": [[1,\n   1e999]]}}', /bad\.json:2:4: 1e999 is too large for a number/],
      ['{"inputs": {}} // none', /bad\.json:1:16: not valid JSON: unexpected "\/"/],
      ['{"inputs": {},}', /bad\.json:1:15: not valid JSON: unexpected "\}"/],
      ['{"__proto__": {"params": {}}}', /^error: unknown key "__proto__"/],
      ['{"params": {"__proto__": [[1]]}, "inputs": {}}', /^error: params: there is no "__proto__"/],
      ['{"input": {}}', /^error: .*"input"/],
      ['[]', /^error: the data must be an object/],
      [JSON.stringify({ ...data, params: { W: [[1, 2, 3]], U: [[1]], b: [1] } }), /^error: .*(?:params\.W|inputs\.x)/],
    ] as const) {
      const { code, out, err } = await command(['run', file, '--data', write('bad.json', text)])
      assert.deepEqual([code, out], [1, ''], text)
      assert.match(err, why)
      assert.doesNotMatch(err, /\n\s+at /)
    }
    const lost = await command(['run', file, '--data', path('none.json')])
    assert.equal(lost.code, 1)
    assert.match(lost.err, /^error: cannot read .*none\.json: no such file or directory/)
  })

  it('refuses what makes no sense with 2', async () => {
    for (const [args, why] of [
      [['run', file], /required option '--data <in\.json>' not specified/],
      [['run', '-', '--data', '-'], /only one of FILE and --data/],
      [['run', file, '--data', '-', '--target', 'wasm', '--dtype', 'f64'], /--dtype f64 with --target wasm/],
      [['run', file, '--data', '-', '--window', '3', '--every', '4'], /--every 4 with a window of 3/],
      [['run', file, '--data', '-', '--every', '1'], /--every needs a window/],
    ] as const) {
      const { code, out, err } = await command(args)
      assert.deepEqual([code, out], [2, ''])
      assert.match(err, why)
    }
  })
})

describe('the help of recurve run', () => {
  it('names every key of the data', async () => {
    const { out } = await command(['run', '--help'])
    const keys = 'dims hyper params inputs targets initial lengths rows noise training seed cotangents finalCotangents keep adjoints'
    for (const key of keys.split(' ')) assert.match(out, new RegExp(`\\b${key}\\b`), key)
  })
})

describe('JSON', () => {
  it('keeps the sign of zero, and writes as strings what it has no number for', () =>
    assert.equal(
      jsonText({ a: [-0, 0, NaN, Infinity, -Infinity, 1e21, 0.1], b: Float32Array.of(-0, 0.5), c: null, d: undefined, 'e"': 'é\n', f: true }),
      '{"a":[-0,0,"NaN","Infinity","-Infinity",1e+21,0.1],"b":[-0,0.5],"c":null,"e\\"":"é\\n","f":true}',
    ))

  it('is read as JSON.parse reads it', () =>
    assert.deepEqual(
      parseJson('x', '\ufeff{"a": [1, -0.5e3, "\\u0041", true, null], "b": {}}', () => ({ line: 1, column: 1 })),
      { a: [1, -500, 'A', true, null], b: {} },
    ))

  it('has an error at the place where it stops being JSON', () => {
    for (const [text, offset] of [
      ['', 0],
      ['  ', 2],
      ['[1, 2', 5],
      ['[1 2]', 3],
      ['[1,]', 3],
      ['[01]', 2],
      ['[.5]', 1],
      ['[1.]', 1],
      ['{"a" 1}', 5],
      ['{a: 1}', 1],
      ['{"a": 1,}', 8],
      ['{"a": 1]', 7],
      ['[1] 2', 4],
      ['["a\nb"]', 1],
      ['["\\x"]', 1],
      ['[nulls]', 1],
      ["['a']", 1],
      ['{"a": {"b": [1, {"c": }]}}', 22],
      ['[]]', 2],
      ['[1, -Infinity]', 4],
      ['[1] /* one */', 4],
      ['[1,// one\n2]', 3],
      ['{"a": 1, "b": {"a": 1}, "a": 2}', 24],
      ['{"a": 1, "\\u0061": 2}', 9],
      ['[{"b": 1}, {"b": 1, "b": {}}]', 20],
      ['{"__proto__": 1, "__proto__": 2}', 17],
      ['[1e999]', 1],
      ['{"a": [0, -1e400]}', 10],
      [`[${'9'.repeat(400)}]`, 1],
      [`${'['.repeat(101)}`, 100],
      [`${'{"a":'.repeat(1e5)}`, 500],
    ] as const) {
      let at: number | undefined
      assert.throws(() => parseJson('x', text, o => ({ line: 1, column: (at = o) + 1 })), SyntaxError, text)
      assert.equal(at, offset, text)
    }
  })

  it('makes no prototype of a key', () => {
    const made = parseJson('x', '{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}', () => ({ line: 1, column: 1 })) as object
    assert.deepEqual(Object.keys(made), ['__proto__', 'constructor'])
    assert.equal(Object.getPrototypeOf(made), Object.prototype)
    assert.equal(({} as { polluted?: unknown }).polluted, undefined)
  })

  it('is taken where JSON.parse takes it, and nowhere else', () => {
    const place = (): { line: number; column: number } => ({ line: 1, column: 1 })
    const read = (parse: (text: string) => unknown, text: string): unknown => {
      try {
        return parse(text)
      } catch (e) {
        assert.ok(e instanceof SyntaxError)
        return /stands twice|too large|inside one another/.test(e.message) ? 'strict' : 'wrong'
      }
    }
    const bits = fc.constantFrom(
      '',
      ',',
      ':',
      '[',
      ']',
      '{',
      '}',
      '"',
      '\\',
      '0',
      '1e5',
      '.',
      '-',
      'null',
      'nul',
      ' ',
      '\n',
      '\t',
      '\v',
      '\u00a0',
      '\ufeff',
      '//',
      '/*',
      "'",
      '\u0000',
    )
    fc.assert(
      fc.property(fc.json(), fc.array(fc.tuple(fc.nat(), fc.nat({ max: 2 }), bits), { maxLength: 2 }), (json, edits) => {
        const text = edits.reduce((t, [at, drop, more]) => `${t.slice(0, at % (t.length + 1))}${more}${t.slice((at % (t.length + 1)) + drop)}`, json)
        const strict = read(t => parseJson('x', t, place), text)
        if (strict !== 'strict' && !text.startsWith('\ufeff')) assert.deepEqual(strict, read(JSON.parse, text), text)
      }),
      { numRuns: 3000 },
    )
  })

  it('is read at once, however many numbers there are', () => {
    const row = `[${Array.from({ length: 1000 }, (_, i) => Math.sin(i)).join(',')}]`
    const text = `{"inputs": {"x": [${Array.from({ length: 250 }, () => row).join(',')}]}}`
    const begin = performance.now()
    parseJson('x', text, () => ({ line: 1, column: 1 }))
    const seconds = (performance.now() - begin) / 1000
    assert.ok(text.length > 4e6 && seconds < 2, `${seconds} s for ${text.length} characters`)
  })
})
