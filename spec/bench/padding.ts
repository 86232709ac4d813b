/** What padding costs: sequences of 100 steps in room for 1000, against room for 100, in one process. */
import { readFileSync } from 'node:fs'
import { compile } from '../../compiler/compile.ts'
import type { Net } from '../../compiler/signature.ts'
import { importCode } from '../../runtime/load.ts'

const [short, long] = [100, 1000]

const median = (list: readonly number[]): number => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)]!

/** The time of a training step with padding as a multiple of that without, median of pairs that follow each other. */
const ratio = async (file: string, cell: string, target: 'ts' | 'wasm', seconds: number): Promise<{ ms: number; ratio: number }> => {
  const text = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')
  const { create, signature } = await importCode(compile(text, { cell, target, window: Infinity }).code!.js)
  const dims = Object.fromEntries(signature.dims.map(d => [d, 64]))
  const nets = [short, long].map((t): Net => {
    const net = create(dims, { t, batch: 16 })
    net.initialise(1)
    net.lengths['t']!.fill(short)
    return net
  })
  const time = (net: Net): number => {
    const begin = performance.now()
    net.forward()
    net.backward()
    return performance.now() - begin
  }
  for (let i = 0; i < 3; i++) nets.forEach(time)
  const pairs: (readonly number[])[] = []
  for (const end = performance.now() + 1000 * seconds; performance.now() < end || pairs.length < 5;) pairs.push(nets.map(time))
  nets.forEach(n => n.dispose())
  return { ms: median(pairs.map(p => p[0]!)), ratio: median(pairs.map(p => p[1]! / p[0]!)) }
}

/** A table for people. */
export const padding = async (seconds: number): Promise<string> => {
  const lines = [`A training step of ${short} steps in room for ${long}, as a multiple of that in room for ${short} (batch 16, all dims 64):`]
  for (const [file, cell] of [
    ['dsl/std/lstm.cell', 'LSTM'],
    ['examples/cells/tasks.cell', 'LanguageModel'],
  ] as const)
    for (const target of ['ts', 'wasm'] as const) {
      const found = await ratio(file, cell, target, seconds)
      lines.push(`  ${cell.padEnd(14)} ${target.padEnd(5)} ${found.ms.toFixed(1).padStart(7)} ms   ${found.ratio.toFixed(3)}x`)
    }
  return `${lines.join('\n')}\n`
}
