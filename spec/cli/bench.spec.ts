import assert from 'node:assert/strict'
import { hasVectors } from '../../runtime/engine.ts'
import { command, elman, misspelt, workshop } from './fake-session.ts'

interface Times {
  readonly ms: { readonly median: number; readonly min: number }
  readonly gflops: number
}

interface Figures extends Times {
  readonly bytes: { readonly params: number; readonly tape: number; readonly work: number }
  readonly forward: Times
  readonly sizes: Readonly<Record<string, number>>
}

const model = `model Tagger(V, E, H, K) {
  input word: index(V)
  target tag: index(K), score: [H]
  param Emb: [V, E] ~ normal(0, 0.1), W: [H, E], U: [H, H], Wy: [K, H]
  state h: [H]
  h = tanh(W @ Emb[word] + U @ h[t-1])
  loss cross_entropy(Wy @ h, tag)
  loss squared_error(h, score)
  window 3
}
`

describe('recurve bench', () => {
  const { path, write } = workshop()
  let file = ''
  before(() => (file = write('a.cell', elman)))
  const quick = ['--t', '5', '--batch', '2', '--seconds', '0.05']
  const figures = async (...args: readonly string[]): Promise<Figures> => {
    const { code, out, err } = await command(['bench', ...args, ...quick, '--json'])
    assert.deepEqual([code, err], [0, ''])
    return JSON.parse(out) as Figures
  }

  it('prints times, operations a second and bytes as JSON', async () => {
    const found = await figures(file, '--set', 'D=3,H=4')
    assert.deepEqual(Object.keys(found), ['ms', 'gflops', 'bytes', 'forward', 'sizes'])
    assert.deepEqual(Object.keys(found.bytes), ['params', 'tape', 'work'])
    assert.deepEqual(found.sizes, { t: 5, batch: 2, D: 3, H: 4 })
    assert.equal(found.bytes.params, 4 * (12 + 16 + 4))
    for (const { ms, gflops } of [found, found.forward]) {
      assert.deepEqual(Object.keys(ms), ['median', 'min'])
      assert.ok(ms.min > 0 && ms.min <= ms.median && Number.isFinite(ms.median))
      assert.ok(gflops > 0 && Number.isFinite(gflops))
    }
  })

  it('counts two operations for a product, and one for a number that is only summed', async () => {
    const found = await figures(file, '--set', 'D=3,H=4')
    const products = 5 * 2 * 4 * (3 + 4)
    const near = (a: number, b: number): void => assert.ok(Math.abs(a / b - 1) < 1e-9, `${a} ${b}`)
    near(found.forward.gflops * found.forward.ms.min * 1e6, 2 * products)
    // The gradient of the bias is a sum over all steps and sequences.
    near(found.gflops * found.ms.min * 1e6, 3 * 2 * products + 5 * 2 * 4)
  })

  it('measures models with indices, targets, a loss and a window, and cells that count', async () => {
    const found = await figures(write('m.cell', model), '--set', 'V=7,E=3,H=4,K=2', '--dtype', 'f64', '--window', '2')
    assert.equal(found.bytes.params, 8 * (7 * 3 + 4 * 3 + 4 * 4 + 2 * 4))
    const late = write('late.cell', 'cell Late(H, K) {\n  input x: [H]\n  state h: [H]\n  h = tanh(x + h[t-K])\n}\n')
    assert.deepEqual((await figures(late, '--set', 'H=4,K=2')).sizes, { t: 5, batch: 2, H: 4, K: 2 })
  })

  it('measures WebAssembly, and leaves the engine as it was', async () => {
    const before = hasVectors(true)
    for (const more of [[], ['--fma']]) {
      const { code, out, err } = await command(['bench', file, '--set', 'D=3,H=4', '--target', 'wasm', ...more, ...quick, '--json'])
      assert.equal(code, 0, err)
      assert.ok((JSON.parse(out) as Figures).gflops > 0)
    }
    assert.equal(hasVectors(true), before)
  })

  it('prints a table for people', async () => {
    const { code, out, err } = await command(['bench', file, '--set', 'D=3,H=4', ...quick])
    assert.deepEqual([code, err], [0, ''])
    assert.match(out, /^Plain \(ts, f32\), t = 5, batch = 2, D = 3, H = 4\n/)
    assert.match(out, /median ms +best ms +GFLOP\/s\n +training step +[\d.e-]+ +[\d.e-]+ +\d+\.\d\d\n +forward +/)
    assert.match(out, /params \d+ KiB, tape \d+ KiB, work \d+ KiB\n$/)
  })

  it('exits with 1 where the source is wrong or the sizes are too large', async () => {
    const source = await command(['bench', write('wrong.cell', misspelt), '--set', 'D=1,H=1', ...quick])
    assert.deepEqual([source.code, source.out], [1, ''])
    assert.match(source.err, /error E0302/)
    const large = await command(['bench', file, '--set', 'D=100000,H=100000', ...quick])
    assert.deepEqual([large.code, large.out], [1, ''])
    assert.match(large.err, /^error: .*bytes are needed/)
    assert.equal((await command(['bench', path('none.cell'), ...quick])).code, 1)
  })

  it('refuses what makes no sense with 2', async () => {
    for (const [args, why] of [
      [[], /Plain needs numbers for its dims: --set D=…,H=…/],
      [['--set', 'D=3'], /--set H=…\n/],
      [['--set', 'D=3,H=4,K=1'], /--set K: Plain has no dim K; it has D, H/],
      [['--set', 'D=3,H=4', '--fma'], /--fma belongs to --target wasm/],
      [['--set', 'D=3,H=4', '--seconds', '0'], /A number of seconds/],
      [['--set', 'D=3,H=4', '--batch', '0'], /A positive integer is needed/],
    ] as const) {
      const { code, out, err } = await command(['bench', file, '--t', '5', ...args])
      assert.deepEqual([code, out], [2, ''], args.join(' '))
      assert.match(err, why)
    }
  })
})
