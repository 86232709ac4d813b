/** `recurve verify`: property-based verification of the gradients. */
import type { Command } from 'commander'
import { functionNames } from '../../compiler/elaborate/functions.ts'
import { readProgram, type Files } from '../../dsl/program.ts'
import type { CellResult } from '../../runtime/verify/index.ts'
import { tell } from '../diagnostics.ts'
import { exit, UsageError } from '../exit.ts'
import { jsonText } from '../json.ts'
import { drawSeed, options } from '../options.ts'
import type { Finish } from '../program.ts'
import type { Session } from '../session.ts'
import { openFile } from '../source.ts'
import type { Format } from '../style.ts'
import { table } from '../table.ts'

interface VerifyOptions {
  readonly cell?: string
  readonly runs?: number
  readonly seed?: number
  readonly set?: Readonly<Record<string, number>>
  readonly json?: true
}

const help = `
Without --cell all cells and models of each file are verified. It exits with 1 if one of them fails, and prints
the smallest counterexample. The same seed gives the same cases.

Examples:
  $ recurve verify lstm.cell
  $ recurve verify lstm.cell --cell LSTM --runs 1000 --seed 7 --json`

export const verifyCommand = (program: Command, session: Session, finish: Finish): void => {
  program
    .command('verify')
    .summary('property-based verification of gradients')
    .description('Checks on random cases that the derived gradients are right.')
    .argument('<file...>', 'sources')
    .addOption(options.cell('the cell or model; all if left out'))
    .addOption(options.runs())
    .addOption(options.seed())
    .addOption(options.set())
    .option('--json', 'the outcome as JSON')
    .addHelpText('after', help)
    .action(async (files: readonly string[], given: VerifyOptions) => finish(await verifyFiles(files, given, session)))
}

const verifyFiles = async (files: readonly string[], given: VerifyOptions, session: Session): Promise<number> => {
  const seed = given.seed ?? drawSeed()
  // Told before the work, so that it is known even if that never ends.
  if (given.seed === undefined) session.err(`seed ${seed}\n`)
  // Only this command needs it, and what it imports takes a while to load.
  const { verify } = await import('../../runtime/verify/index.ts')
  const cells: CellResult[] = []
  let refused = false
  for (const file of files) {
    const { path, text, files: imports } = openFile(file, session)
    for (const chosen of parts(path, text, imports, given)) {
      const runs = given.runs === undefined ? {} : { runs: given.runs }
      const report = await verify(text, { path, files: imports, seed, ...runs, ...chosen, progress: session.status })
      session.status('')
      if (tell(report.diagnostics, session)) refused = true
      if (!given.json) session.out(report.cells.map(c => cellText(c, session)).join(''))
      cells.push(...report.cells)
    }
  }
  if (given.json) session.out(`${jsonText({ cells: cells.map(jsonOf) })}\n`)
  // Programs read the outcome; what failed, and on which case, is for people.
  if (given.json) for (const c of cells) if (c.report !== undefined) session.err(`${c.report.trimEnd()}\n`)
  for (const outcome of ['fail', 'inconclusive'] as const) {
    const names = cells.filter(c => c.outcome === outcome).map(c => c.name)
    if (names.length > 0) session.err(`${outcome === 'fail' ? 'failed' : outcome}: ${names.join(', ')}\n`)
  }
  return refused || cells.some(c => c.outcome === 'fail') ? exit.wrong : exit.done
}

/** What is verified on its own: each cell gets those of the given dims that it has. */
const parts = (
  path: string,
  text: string,
  files: Files,
  { cell, set = {} }: VerifyOptions,
): readonly { readonly cell?: string; readonly set?: Readonly<Record<string, number>> }[] => {
  const all = cell === undefined ? {} : { cell }
  const { program } = readProgram(path, text, files, functionNames)
  const blocks = (cell === undefined ? program?.own : [cell])?.map(name => program?.blocks.get(name)) ?? []
  if (program === undefined || blocks.includes(undefined)) return [all]
  const dimsOf = new Map(blocks.map(b => [b!.name.name, b!.dims.map(d => d.name.name)]))
  const unknown = Object.keys(set).find(name => ![...dimsOf.values()].some(dims => dims.includes(name)))
  if (unknown !== undefined) throw new UsageError(`--set ${unknown}: ${path} has no cell or model with a dim ${unknown}`)
  return [...dimsOf].map(([name, dims]) => ({ cell: name, set: Object.fromEntries(Object.entries(set).filter(([d]) => dims.includes(d))) }))
}

const jsonOf = ({ name, target, outcome, checks }: CellResult): unknown => ({
  name,
  target,
  outcome,
  checks: checks.map(({ check, cases, worst, limit }) => ({ check, cases, worst, limit })),
})

const colours: Readonly<Record<CellResult['outcome'], Format>> = { pass: 'green', fail: ['bold', 'red'], inconclusive: 'yellow' }

/** The outcome, a line for each check, and where it failed the smallest counterexample. */
const cellText = (cell: CellResult, { outStyle }: Session): string => {
  const rows = cell.checks.map(c => [c.check, `${c.cases}`, figure(c.worst), figure(c.limit), c.note === undefined ? c.outcome : `${c.outcome}: ${c.note}`])
  const head = `${outStyle('bold', cell.name)} (${cell.target}): ${outStyle(colours[cell.outcome], cell.outcome)}`
  const report = cell.report === undefined ? '' : `\n${cell.report.trimEnd()}\n`
  return `${head}\n${table([['check', 'cases', 'worst', 'limit', ''], ...rows])}${report}`
}

const figure = (value: number): string => (value === 0 || !Number.isFinite(value) || Number.isInteger(value) ? String(value) : value.toExponential(1))
