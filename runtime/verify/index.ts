/** Property-based verification of gradients: draws cases, shrinks what fails, and names the equation. */
import fc from 'fast-check'
import { compile, type CompileOptions } from '../../compiler/compile.ts'
import { statementAt } from '../../compiler/heads.ts'
import { functionNames } from '../../compiler/elaborate/functions.ts'
import type { Diagnostic } from '../../dsl/diagnostics.ts'
import { readProgram, type Files } from '../../dsl/program.ts'
import { place } from '../../dsl/text.ts'
import { subjectOf, type Alterations, type Check, type Subject } from './checks.ts'
import { draws, type Draw } from './draw.ts'

export interface VerifyOptions {
  readonly path?: string
  readonly files?: Files
  readonly cell?: string
  readonly set?: Readonly<Record<string, number>>
  /** Cases for each check. */
  readonly runs?: number
  readonly seed?: number
  readonly progress?: (text: string) => void
  readonly alter?: Alterations
}

export interface CheckResult {
  readonly check: string
  readonly cases: number
  readonly worst: number
  readonly limit: number
  readonly outcome: 'pass' | 'fail' | 'inconclusive'
  readonly note?: string
}

export interface CellResult {
  readonly name: string
  readonly target: string
  readonly outcome: 'pass' | 'fail' | 'inconclusive'
  readonly checks: readonly CheckResult[]
  /** What failed, on the smallest case found, in words. */
  readonly report?: string
}

export interface VerifyReport {
  readonly diagnostics: readonly Diagnostic[]
  readonly cells: readonly CellResult[]
}

export const defaultRuns = 30
/** More cases than this share that say nothing are a failure of the generator. */
const inconclusiveShare = 0.05

/** Verifies the named cell or model, or all that the file defines. */
export const verify = async (text: string, options: VerifyOptions = {}): Promise<VerifyReport> => {
  const path = options.path ?? 'source.cell'
  const read = readProgram(path, text, options.files, functionNames)
  if (read.program === undefined) return { diagnostics: read.diagnostics, cells: [] }
  const names = options.cell === undefined ? read.program.own : [options.cell]
  const diagnostics: Diagnostic[] = [...read.diagnostics]
  const cells: CellResult[] = []
  for (const cell of names) {
    const compileOptions: CompileOptions = {
      path,
      cell,
      ...(options.files === undefined ? {} : { files: options.files }),
      ...(options.set === undefined ? {} : { set: options.set }),
    }
    const compiled = compile(text, { ...compileOptions, dtype: 'f64' })
    const errors = compiled.diagnostics.filter(d => d.severity === 'error')
    diagnostics.push(...errors)
    if (errors.length > 0) continue
    cells.push(await verifyCell(text, cell, compileOptions, options))
  }
  return { diagnostics, cells }
}

const verifyCell = async (text: string, name: string, compileOptions: CompileOptions, options: VerifyOptions): Promise<CellResult> => {
  const subject = await subjectOf(text, compileOptions, options.alter)
  const results: CheckResult[] = []
  let report: string | undefined
  for (const check of subject.checks) {
    options.progress?.(`${name}: ${check.name}`)
    const made = runCheck(subject, check, options)
    results.push(made.result)
    if (made.failed !== undefined && report === undefined) report = describe(name, subject, check, made.failed, options)
  }
  const outcome = results.some(r => r.outcome === 'fail') ? 'fail' : results.some(r => r.outcome === 'inconclusive') ? 'inconclusive' : 'pass'
  return { name, target: 'ts', outcome, checks: results, ...(report === undefined ? {} : { report }) }
}

const runCheck = (subject: Subject, check: Check, options: VerifyOptions): { result: CheckResult; failed?: Draw } => {
  const runs = options.runs ?? defaultRuns
  let worst = 0
  let cases = 0
  let silent = 0
  let note: string | undefined
  let failing = false
  const details = fc.check(
    fc.property(draws(subject.dims.length).filter(subject.fits), draw => {
      const verdict = check.run(draw)
      if (!failing) {
        cases++
        if (verdict.outcome === 'inconclusive') silent++
        else worst = Math.max(worst, verdict.error)
        note = verdict.note ?? note
      }
      if (verdict.outcome === 'fail') failing = true
      return verdict.outcome !== 'fail'
    }),
    { numRuns: runs, seed: options.seed ?? 1, endOnFailure: false, interruptAfterTimeLimit: 60_000 },
  )
  const counterexample = details.counterexample?.[0]
  const outcome = counterexample !== null && counterexample !== undefined ? 'fail' : silent > Math.max(1, cases * inconclusiveShare) ? 'inconclusive' : 'pass'
  const result: CheckResult = {
    check: check.name,
    cases,
    worst,
    limit: check.limit,
    outcome,
    ...(outcome === 'pass' || note === undefined ? {} : { note }),
  }
  return counterexample === null || counterexample === undefined ? { result } : { result, failed: counterexample }
}

/** A report for people: what disagrees, by how much, where in the source, on which small case, and how to see it again. */
const describe = (name: string, subject: Subject, check: Check, draw: Draw, options: VerifyOptions): string => {
  const verdict = check.run(draw)
  const found = subject.locate(draw)
  const { program } = subject.stages
  const { sizes, window } = subject.numbers(draw)
  const lines = [
    `GRADIENT MISMATCH   ${check.name}`,
    `  ${name}: ${check.limit === 0 ? `${verdict.error} entries differ` : `error ${verdict.error.toExponential(2)}, limit ${check.limit.toExponential(0)}`}${verdict.note === undefined ? '' : ` (${verdict.note})`}`,
  ]
  if (found === undefined) lines.push('  the rules of every operation pair: the fault lies in how they are put together, or in the emitted code')
  else {
    const { span } = found.node
    const statement = span === undefined ? undefined : statementAt(program, span)
    if (span !== undefined && statement !== undefined) {
      const text = program.files.get(span.file)!.text
      const at = place(text, span.start)
      lines.push(`  ${span.file}:${at.line}:${at.column}: ${statement.text}`, `  the operation: ${text.slice(span.start, span.end)}   (${found.node.op})`)
    }
    lines.push(`  <tangent, adjoint> of its result is ${found.out}, of its operands ${found.back}, ratio ${found.back / found.out}`)
  }
  const dims = Object.entries(sizes.dims).map(([n, v]) => `${n}=${v}`)
  lines.push(
    `  smallest case: t=${sizes.t} batch=${sizes.b} ${dims.join(' ')}${window === Infinity ? '' : ` window=${window}`}, cotangents at ${draw.cotangents === 'all' ? 'all steps' : draw.cotangents === 'one' ? 'one step' : `the ${draw.cotangents} step`}, seed ${draw.seed}`,
    `  again: recurve verify ${options.path ?? 'FILE'} --cell ${name} --runs ${options.runs ?? defaultRuns} --seed ${options.seed ?? 1}`,
  )
  return lines.join('\n')
}

export interface GradientProperty {
  readonly name: string
  /** Throws an Error with the report of the smallest counterexample where the property does not hold. */
  readonly run: () => Promise<void>
}

/** The checks as named properties, for a test suite: `for (const p of gradientProperties(text)) it(p.name, p.run)`. */
export const gradientProperties = (text: string, options: VerifyOptions = {}): readonly GradientProperty[] => {
  const read = readProgram(options.path ?? 'source.cell', text, options.files, functionNames)
  if (read.program === undefined) throw new Error(read.diagnostics.map(d => `${d.code}: ${d.message}`).join('\n'))
  return (options.cell === undefined ? read.program.own : [options.cell]).map(cell => ({
    name: `the gradient of ${cell} is right`,
    run: async () => {
      const { cells, diagnostics } = await verify(text, { ...options, cell })
      const errors = diagnostics.filter(d => d.severity === 'error')
      if (errors.length > 0) throw new Error(errors.map(d => `${d.code}: ${d.message}`).join('\n'))
      for (const c of cells)
        if (c.outcome !== 'pass') throw new Error(c.report ?? `${c.name}: inconclusive: ${c.checks.find(x => x.outcome === 'inconclusive')?.note ?? ''}`)
    },
  }))
}
