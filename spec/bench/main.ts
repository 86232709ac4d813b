/** `npm run bench`: what the compiler emits, and its peers, on the same work, interleaved in one run. */
import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { progress } from '../../cli/progress.ts'
import { charts } from './charts.ts'
import { padding } from './padding.ts'
import { script, startChild } from './child.ts'
import { contenders, makeProcesses, meet, type Present } from './contenders.ts'
import { measureCase, type Case } from './measure.ts'
import { help, readOptions, type BenchOptions } from './options.ts'
import { cellTable, limitsText, notes, type Limits, type Results } from './report.ts'

/** At the beginning and at the end: the better of two moments counts. */
const probeLimits = async (before: Limits = {}): Promise<Limits> => {
  const found: Record<string, number> = { ...before }
  for (const kind of ['scalar', 'simd', 'fma']) {
    // Each alone: compiled code of one may not disturb another.
    const child = startChild(script('peers/limits.ts'))
    const answer = await child.ask({ ask: 'limit', kind, seconds: 0.3 })
    child.stop()
    if ('gflops' in answer) found[kind] = Math.max(found[kind] ?? 0, answer.gflops)
  }
  return found
}

const bench = async (options: BenchOptions): Promise<void> => {
  const { cells, sizes, growth, peers, seconds } = options
  const present: Present[] = []
  for (const c of contenders) if (c.ours || peers.includes(c.id)) present.push(await meet(c))
  const machine = { cpu: cpus()[0]?.model.trim() ?? 'unknown', node: process.version }
  const first = await probeLimits()
  console.log(`${machine.cpu}, Node ${machine.node.slice(1)}, f32, one thread, ${seconds} s each; ms are medians (bests); peers: their best over our best`)
  const plan = [
    ...cells.map(cell => ({ cell, list: sizes, grows: false })),
    ...(growth.length > 0 ? [{ cell: 'lstm' as const, list: growth, grows: true }] : []),
  ]
  const bar = progress({ total: plan.reduce((n, { list }) => n + list.length, 0), label: 'bench' })
  const processes = makeProcesses()
  const measured: { readonly grows: boolean; readonly cases: readonly Case[] }[] = []
  let done = 0
  try {
    for (const { cell, list, grows } of plan) {
      const cases: Case[] = []
      for (const size of list) {
        cases.push(await measureCase(cell, size, present, processes, seconds))
        bar.update(++done)
      }
      measured.push({ grows, cases })
      console.log(cellTable(cell, cases, present).trimEnd())
    }
  } finally {
    processes.endAll()
    bar.end()
  }
  const [cases, grown] = [false, true].map(grows => measured.filter(m => m.grows === grows).flatMap(m => m.cases)) as [Case[], Case[]]
  const limits = await probeLimits(first)
  const told = present.map(({ contender: { id, title, ours }, told }) => ({ id, title, ours, told }))
  const results: Results = { machine, seconds, contenders: told, limits, cases, growth: grown }
  console.log(`${notes(results)}${limitsText(limits)}`)
  console.log(await padding(seconds))
  if (options.save) {
    const at = (name: string): URL => new URL(name, import.meta.url)
    writeFileSync(at('results.json'), `${JSON.stringify(results, undefined, 2)}\n`)
    writeFileSync(at('results.svg'), charts(results))
    console.log('wrote spec/bench/results.json and spec/bench/results.svg')
  }
}

try {
  const options = readOptions(process.argv.slice(2))
  if (options === 'help') console.log(help)
  else await bench(options)
} catch (error) {
  // What `parseArgs` says of options is a TypeError with a code of its own.
  const code = (error as { code?: string }).code ?? ''
  if (!(error instanceof RangeError) && !code.startsWith('ERR_PARSE_ARGS')) throw error
  console.error(`error: ${(error as Error).message}\n\n${help}`)
  process.exitCode = 2
}
