/** `npm run bench`: one training step of an LSTM, ours against plain loops, interleaved in the same run. */
import { readFileSync } from 'node:fs'
import { load } from '../../runtime/load.ts'
import { plainLstm } from './plain-lstm.ts'

const sizes = [
  { t: 32, batch: 1, d: 32, h: 32 },
  { t: 64, batch: 16, d: 64, h: 64 },
  { t: 64, batch: 32, d: 128, h: 128 },
]
/** Multiplications and additions of the products: forward, and twice that backward. */
const flops = ({ t, batch, d, h }: (typeof sizes)[number]): number => 3 * t * batch * 2 * 4 * h * (d + h)

const source = readFileSync(new URL('../../dsl/std/lstm.cell', import.meta.url), 'utf8')
const median = (list: readonly number[]): number => [...list].sort((a, b) => a - b)[list.length >> 1]!
const generator = (): (() => number) => {
  let seed = 1
  return () => (seed = (seed * 16807) % 2147483647) / 2147483647
}

const module = await load(source, { cell: 'LSTM', dtype: 'f32' })
console.log('LSTM training step, f32, one thread: median ms (best), GFLOP/s at best')
console.log('T,B,D,H'.padEnd(16), 'plain loops'.padEnd(26), 'recurve ts'.padEnd(26), 'ratio of bests')
for (const size of sizes) {
  const plain = plainLstm(size, generator())
  const net = module.create({ D: size.d, H: size.h }, { t: size.t, batch: size.batch })
  net.initialise(1)
  net.inputs['x']!.set(plain.inputs)
  net.outputGrads['h']!.fill(0.1)
  const ours = (): void => {
    net.forward({ training: true })
    net.backward()
  }
  const contenders = [plain.run, ours]
  const times: number[][] = [[], []]
  const started = performance.now()
  const budget = Number(process.env['BENCH_SECONDS'] ?? 6) * 1000
  for (let round = 0; round < 400 && (round < 5 || performance.now() - started < budget); round++)
    contenders.forEach((run, i) => {
      const begin = performance.now()
      run()
      if (round >= 2) times[i]!.push(performance.now() - begin)
    })
  const best = times.map(t => Math.min(...t))
  const cell = (i: number): string => `${median(times[i]!).toFixed(2)} (${best[i]!.toFixed(2)})  ${(flops(size) / best[i]! / 1e6).toFixed(2)} GF/s`.padEnd(26)
  console.log(Object.values(size).join(',').padEnd(16), cell(0), cell(1), `${(best[0]! / best[1]!).toFixed(2)}x`)
}
