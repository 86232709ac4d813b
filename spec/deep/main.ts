/**
 * `npm run verify:deep -- --runs N --seed S`: what takes too long for `npm test`. Every cell of the library with many
 * draws; prints each figure, and exits 1 when one does not hold.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { verify } from '../../runtime/verify/index.ts'

const { values } = parseArgs({ options: { runs: { type: 'string', default: '300' }, seed: { type: 'string', default: '1' } } })
const [runs, seed] = [Number(values.runs), Number(values.seed)]
if (!Number.isInteger(runs) || runs < 1 || !Number.isInteger(seed)) {
  console.error('--runs takes a positive integer, --seed an integer')
  process.exit(2)
}

const folder = new URL('../../dsl/std/', import.meta.url)
let failed = 0
console.log(`${runs} cases a check, seed ${seed}`)
for (const file of readdirSync(folder)
  .filter(f => f.endsWith('.cell'))
  .sort()) {
  const { cells, diagnostics } = await verify(readFileSync(new URL(file, folder), 'utf8'), { path: file, runs, seed })
  for (const d of diagnostics) console.log(`${file}: ${d.code} ${d.message}`)
  for (const cell of cells) {
    console.log(`${cell.outcome === 'pass' ? 'passed' : 'FAILED'}  ${cell.name}`)
    for (const c of cell.checks)
      console.log(`        ${c.check.padEnd(60)} ${String(c.cases).padStart(7)} cases   worst ${c.worst.toExponential(1)}   limit ${c.limit}`)
    if (cell.report !== undefined) console.log(cell.report)
    if (cell.outcome !== 'pass') failed++
  }
}
process.exitCode = failed === 0 ? 0 : 1
