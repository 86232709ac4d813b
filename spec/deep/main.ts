/**
 * `npm run verify:deep -- --runs N --seed S`: what takes too long for `npm test`. Every cell of the library and of the
 * examples with many draws, N random programs, and mutants of the corpus; prints each figure, and exits 1 when one does
 * not hold. `--only cells|programs|mutants` runs a part.
 */
import fc from 'fast-check'
import { parseArgs } from 'node:util'
import { verify } from '../../runtime/verify/index.ts'
import { corpus } from '../dsl/corpus.ts'
import { broken, changed, faultOf, touches } from '../dsl/mutants.ts'
import { choices, setting } from '../fuzz/choices.ts'
import { compare } from '../fuzz/compare.ts'
import { generate } from '../fuzz/generate.ts'

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '300' },
    seed: { type: 'string', default: '1' },
    mutants: { type: 'string', default: '100000' },
    only: { type: 'string' },
  },
})
const [runs, seed, mutants] = [Number(values.runs), Number(values.seed), Number(values.mutants)]
const parts = ['cells', 'programs', 'mutants'] as const
if (
  ![runs, mutants].every(n => Number.isInteger(n) && n >= 1) ||
  !Number.isInteger(seed) ||
  (values.only !== undefined && !parts.some(p => p === values.only))
) {
  console.error(`--runs and --mutants take positive integers, --seed an integer, --only one of ${parts.join(', ')}`)
  process.exit(2)
}

const cells = async (): Promise<number> => {
  let failed = 0
  console.log(`${runs} cases a check, seed ${seed}`)
  for (const { path, text } of corpus)
    try {
      const { cells: found, diagnostics } = await verify(text, { path, runs, seed })
      for (const d of diagnostics) console.log(`${path}: ${d.code} ${d.message}`)
      for (const cell of found) {
        console.log(`${cell.outcome === 'pass' ? 'passed' : 'FAILED'}  ${cell.name}`)
        for (const c of cell.checks)
          console.log(`        ${c.check.padEnd(66)} ${String(c.cases).padStart(7)} cases   worst ${c.worst.toExponential(1)}   limit ${c.limit}`)
        if (cell.report !== undefined) console.log(cell.report)
        if (cell.outcome !== 'pass') failed++
      }
    } catch (error) {
      console.log(`FAILED  ${path}: ${String(error)}`)
      failed++
    }
  return failed
}

const programs = async (): Promise<number> => {
  let failed = 0
  for (const [i, [c, s]] of fc.sample(fc.tuple(choices, setting), { numRuns: runs, seed }).entries()) {
    const { text, dims } = generate(c)
    const found = await compare(text, dims, s)
    if (found === undefined) continue
    failed++
    console.log(`FAILED  program ${i}: ${found.check}: ${found.detail.slice(0, 500)}\n${JSON.stringify(s)}\n${text}`)
  }
  console.log(`${runs} random programs: ${failed} failed`)
  return failed
}

const texts = (): number => {
  let failed = 0
  let worst = 0
  const answers: boolean[] = []
  for (let i = 0; i < mutants; i++) {
    const { text } = broken(seed * 1_000_003 + i)
    const start = performance.now()
    let fault: string | undefined
    try {
      fault = faultOf(text)
    } catch (error) {
      fault = String(error)
    }
    worst = Math.max(worst, performance.now() - start)
    if (fault !== undefined) {
      failed++
      console.log(`FAILED  mutant ${i}: ${fault}\n${text}`)
    }
    const other = i % 10 === 0 ? changed(seed * 1_000_003 + i) : undefined
    const shown = other === undefined ? undefined : touches(other)
    if (shown !== undefined) answers.push(shown)
  }
  const share = answers.filter(a => a).length / answers.length
  console.log(
    `${mutants} mutants: ${failed} without an answer, the slowest ${worst.toFixed(0)} ms; ${(100 * share).toFixed(1)} % of ${answers.length} changed words are shown`,
  )
  return failed + (answers.length > 100 && share < 0.9 ? 1 : 0)
}

let failed = 0
if (values.only === undefined || values.only === 'cells') failed += await cells()
if (values.only === undefined || values.only === 'programs') failed += await programs()
if (values.only === undefined || values.only === 'mutants') failed += texts()
process.exitCode = failed === 0 ? 0 : 1
