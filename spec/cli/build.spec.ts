import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import type { GeneratedModule } from '../../compiler/signature.ts'
import { command, elman, misspelt, workshop } from './fake-session.ts'

describe('recurve build', () => {
  const { path, write } = workshop()
  let file = ''
  before(() => (file = write('a.cell', `${elman.replace('Plain', 'First')}${elman}`)))

  it('prints TypeScript, of the last cell or of the one that is named', async () => {
    const { code, out, err } = await command(['build', file])
    assert.deepEqual([code, err], [0, ''])
    assert.match(out, /^\/\/ Plain, compiled by Recurve/)
    assert.match(out, /Float32Array/)
    assert.equal((await command(['build', file])).out, out)
    const piped = await command(['build', '-'], { stdin: () => readFileSync(file) })
    assert.equal(piped.out.replaceAll('<stdin>', 'a.cell'), out)
    const first = await command(['build', file, '--cell', 'First', '--dtype', 'f64'])
    assert.match(first.out, /^\/\/ First, compiled by Recurve/)
    assert.match(first.out, /Float64Array/)
  })

  it('writes a .ts, or a .js with a .d.ts beside it, and leaves nothing else', async () => {
    const printed = await command(['build', file])
    const ts = await command(['build', file, '-o', path('net.ts')])
    assert.deepEqual([ts.code, ts.out, ts.err], [0, '', `wrote ${path('net.ts')}\n`])
    assert.equal(readFileSync(path('net.ts'), 'utf8'), printed.out)
    write('package.json', '{"type": "module"}')
    const js = await command(['build', file, '-o', path('code.js'), '--set', 'H=3'])
    assert.equal(js.code, 0)
    assert.match(readFileSync(path('code.d.ts'), 'utf8'), /export declare function create/)
    const { signature, ...made } = (await import(pathToFileURL(path('code.js')).href)) as GeneratedModule
    assert.deepEqual([signature.dims, signature.fixedDims], [['D'], { H: 3 }])
    assert.equal(made.create({ D: 2 }, { t: 1, batch: 1 }).params['W']!.length, 6)
    assert.deepEqual(
      readdirSync(path('.')).filter(name => name.includes('tmp')),
      [],
    )
  })

  it('leaves what was there where it cannot compile or write', async () => {
    write('kept.ts', 'kept')
    const wrong = await command(['build', write('wrong.cell', misspelt), '-o', path('kept.ts')])
    assert.deepEqual([wrong.code, wrong.out], [1, ''])
    assert.match(wrong.err, /wrong\.cell:6:7: error E0302: .*\n6 \| .*\n {2}\| +\^\^\^\^\n/)
    assert.equal(readFileSync(path('kept.ts'), 'utf8'), 'kept')
    const nowhere = await command(['build', file, '-o', path('no/where.ts')])
    assert.equal(nowhere.code, 1)
    assert.match(nowhere.err, /^error: cannot write .*where\.ts: no such file or directory \(ENOENT\)\n$/)
  })

  it('shows what the stages make', async () => {
    for (const [what, shown] of [
      ['graph', /^%0 = source /m],
      ['adjoint', /# gradient of params W/],
      ['schedule', /^backward$/m],
      ['plan', /\S/],
      ['ts', /export function create/],
    ] as const) {
      const { code, out } = await command(['build', file, '--emit', what])
      assert.equal(code, 0)
      assert.match(out, shown, what)
    }
    assert.doesNotMatch((await command(['build', file, '--emit', 'graph'])).out, /gradient/)
  })

  it('takes a window, and chunks that are as long', async () => {
    const window = async (...args: string[]): Promise<unknown> => {
      const { code, out } = await command(['build', file, ...args, '-o', path('w.js')])
      assert.deepEqual([code, out], [0, ''])
      return /"window": (\d+)/.exec(readFileSync(path('w.d.ts'), 'utf8'))?.[1]
    }
    assert.equal(await window('--window', '5', '--every', '5'), '5')
    assert.equal(await window('--window', 'full'), undefined)
  })

  it('measures --every by the window of the source, where none is given', async () => {
    const own = write('own.cell', elman.replace('cell', 'model').replace(/\}\s*$/, '  loss sum(h)\n  window 3\n}\n'))
    const { code, err } = await command(['build', own, '--every', '4', '--emit', 'plan'])
    assert.equal(code, 2)
    assert.match(err, /--every 4 with a window of 3/)
    assert.equal((await command(['build', own, '--every', '2', '--emit', 'plan'])).code, 0)
  })

  const refused: readonly (readonly [readonly string[], RegExp])[] = [
    [['--target', 'wasm', '--dtype', 'f64'], /--dtype f64 with --target wasm: vectors are of f32/],
    [['--fma'], /--fma belongs to --target wasm/],
    [['--target', 'was'], /Allowed choices are ts, wasm/],
    [['--tape', 'f16'], /--tape f16: this version stores no 16-bit tape yet/],
    [['--dtype', 'f16'], /Allowed choices are f32, f64/],
    [['--emit', 'grahp'], /Allowed choices are graph, adjoint, schedule, plan, ts/],
    [['--window', '5', '--every', '7'], /--every 7 with a window of 5: a chunk is at most as long as the window/],
    [['--every', '2'], /--every needs a window/],
    [['--window', '0'], /A positive integer or `full` is needed/],
    [['--window', '-1'], /A positive integer or `full` is needed/],
    [['--window', '2.5'], /A positive integer or `full` is needed/],
    [['--set', 'H=0'], /The dim H needs a positive integer, not "0"/],
    [['--set', 'H=1e3'], /The dim H needs a positive integer, not "1e3"/],
    [['--set', 'H=99999999999999999999'], /The dim H needs a positive integer/],
    [['--set', 'H'], /written `H=128,D=4`, not "H"/],
    [['--set', 'H=1', '--set', 'D=2,H=2'], /The dim H has two values, 1 and 2/],
    [['--set', 'N=4'], /--set N: Plain has no dim N; it has D, H/],
    [['--set', 'h=4'], /Did you mean H\?/],
    [['-o', 'net.py'], /the name of the output ends in \.ts or \.js/],
    [['-o', 'net.ts', '--emit', 'plan'], /--emit plan is printed: leave out -o/],
    [['more.cell'], /too many arguments/],
  ]
  for (const [args, why] of refused)
    it(`refuses ${args.join(' ')}`, async () => {
      const { code, out, err } = await command(['build', file, ...args])
      assert.deepEqual([code, out], [2, ''])
      assert.match(err, why)
      assert.ok(!existsSync('net.ts'))
    })
})
