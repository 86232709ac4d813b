import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compile } from '../../compiler/compile.ts'
import { printSchedule } from '../../compiler/schedule/schedule.ts'
import { assertAccepted } from '../support/golden.ts'

/**
 * The emitted files of a few cells, whole. A change of the compiler shows here as a difference to be read;
 * `UPDATE_GOLDEN=1 npm test` accepts it.
 */
const folder = new URL('./emitted/', import.meta.url)
const cases = [
  ['elman', 'Elman'],
  ['lstm', 'LSTM'],
  ['lstm', 'PeepholeLSTM'],
  ['gru', 'GRU'],
] as const

const source = (file: string): string => readFileSync(new URL(`../../dsl/std/${file}.cell`, import.meta.url), 'utf8')
const made = (file: string, cell: string, dtype: 'f32' | 'f64' = 'f32') => compile(source(file), { cell, dtype, path: `${file}.cell` })

const golden = (name: string, text: string): void => assertAccepted(new URL(name, folder), text)

/** The heads of the kernels that a phase calls, in order, and whether they run in a loop. */
const products = (file: string, cell: string): { inside: number; outside: readonly string[] } => {
  const { stages } = made(file, cell)
  const { graph, schedule } = stages!.frozen
  const list = schedule.backward.flatMap(s => s.kernels.filter(k => k.kind === 'contract').map(k => ({ loop: s.kind === 'loop', node: graph.nodes[k.nodes[0]!]! })))
  const name = (id: number): string => {
    const n = graph.nodes[id]!
    return n.op === 'source' ? n.attrs.name! : n.op === 'copy' ? name(n.args[0]!) : n.op === 'shift' ? `${name(n.args[0]!)}[t-1]` : ([...graph.face.streams].find(([, v]) => v === id)?.[0] ?? n.op)
  }
  return { inside: list.filter(p => p.loop).length, outside: list.filter(p => !p.loop && p.node.attrs.over!.length > 0).map(p => p.node.args.map(name).join(' ')) }
}

describe('emitted code', () => {
  for (const [file, cell] of cases) {
    it(`${cell}: the file is as accepted`, () => golden(`${cell}.ts`, made(file, cell).code!.ts))
    it(`${cell}: the schedule is as accepted`, () => {
      const { graph, schedule } = made(file, cell).stages!.frozen
      golden(`${cell}.schedule.txt`, `${printSchedule(graph, schedule)}\n`)
    })
    it(`${cell}: the same bytes twice`, () => assert.equal(made(file, cell).code!.ts, made(file, cell).code!.ts))
  }

  it('LSTM: one product for all four recurrent weight gradients, one for the four input weights, one product in the loop', () => {
    assert.deepEqual(products('lstm', 'LSTM'), { inside: 1, outside: ['concat h[t-1]', 'concat', 'concat x'] })
  })
  it('GRU: one weight-gradient product for each distinct vector that is multiplied', () => {
    const { outside } = products('gru', 'GRU')
    assert.equal(outside.filter(p => p.includes(' ')).length, 3, outside.join('; '))
  })
  it('Elman: the input projection before the loop, the readout after it', () => {
    const { stages } = made('elman', 'Elman')
    assert.deepEqual(stages!.frozen.schedule.forward.slice(0, 3).map(s => [s.kind, s.kernels.length]), [['steps', 1], ['loop', 2], ['steps', 1]])
  })

  it('compiles under tsc --strict alone in an empty folder, and imports nothing', function () {
    this.timeout(60_000)
    const dir = mkdtempSync(join(tmpdir(), 'recurve-'))
    try {
      for (const [file, cell] of cases)
        for (const dtype of ['f32', 'f64'] as const) {
          const { code } = made(file, cell, dtype)
          assert.doesNotMatch(code!.ts, /^import |\brequire\(|import\(/m)
          writeFileSync(join(dir, `${cell}-${dtype}.ts`), code!.ts)
          writeFileSync(join(dir, `${cell}-${dtype}-js.d.ts`), code!.dts)
        }
      const names = cases.flatMap(([, cell]) => ['f32', 'f64'].flatMap(d => [`${cell}-${d}.ts`, `${cell}-${d}-js.d.ts`]))
      const tsc = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url))
      execFileSync(process.execPath, [tsc, '--strict', '--noEmit', '--target', 'es2022', '--module', 'esnext', '--ignoreConfig', ...names], { cwd: dir, stdio: 'pipe', env: { PATH: process.env['PATH'] ?? '' } })
    } catch (error) {
      assert.fail(`${String((error as { stdout?: Buffer }).stdout)} ${String((error as { stderr?: Buffer }).stderr)} ${String(error)}`)
    } finally {
      rmSync(dir, { recursive: true })
    }
  })
})
