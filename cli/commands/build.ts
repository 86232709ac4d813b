/** `recurve build`: a source to the module that runs it, or to what a stage of the compiler made of it. */
import { resolve } from 'node:path'
import { Option, type Command } from 'commander'
import { chooseBlock, compile, type CompileOptions, type Stages, type Target } from '../../compiler/compile.ts'
import { functionNames } from '../../compiler/elaborate/functions.ts'
import { printGraph } from '../../compiler/graph.ts'
import { printPlan } from '../../compiler/plan/layout.ts'
import { printSchedule } from '../../compiler/schedule/schedule.ts'
import type { Dtype } from '../../compiler/signature.ts'
import type { Code } from '../../compiler/targets/module.ts'
import { readProgram, type Files } from '../../dsl/program.ts'
import { suggest } from '../../dsl/suggest.ts'
import { writeAtomic } from '../../runtime/files.ts'
import { tell } from '../diagnostics.ts'
import { exit, UsageError } from '../exit.ts'
import { checkEvery, checkTarget, options, refuseLater } from '../options.ts'
import type { Finish } from '../program.ts'
import type { Session } from '../session.ts'
import { openFile } from '../source.ts'

interface BuildOptions {
  readonly output?: string
  readonly cell?: string
  readonly target: Target
  readonly fma?: true
  readonly dtype?: Dtype
  readonly tape: 'f32' | 'f16'
  readonly set?: Readonly<Record<string, number>>
  readonly window?: number
  readonly every?: number
  readonly emit: 'ts' | keyof typeof emitters
}

const emitters = {
  graph: (s: Stages): string => printGraph(s.source),
  adjoint: (s: Stages): string => printGraph(s.frozen.graph),
  schedule: (s: Stages): string => printSchedule(s.frozen.graph, s.frozen.schedule),
  plan: (s: Stages): string => printPlan(s.plan, s.reach),
} as const

const help = `
OUT ends in .ts, or in .js: then a .d.ts is written beside it. Without -o the TypeScript goes to stdout.
A FILE of - is standard input.

Examples:
  $ recurve build lstm.cell --cell LSTM -o lstm.ts
  $ recurve build lstm.cell --set H=128,D=64 --dtype f64 -o lstm.js
  $ recurve build lstm.cell --target wasm --fma -o lstm.js
  $ recurve build lstm.cell --window 20 --emit schedule`

export const buildCommand = (program: Command, session: Session, finish: Finish): void => {
  program
    .command('build')
    .summary('a source to a module')
    .description('Compiles one cell or model into a module that imports nothing.')
    .argument('<file>', 'the source')
    .option('-o, --output <out>', 'where the code goes; stdout if left out')
    .addOption(options.cell('the cell or model; the last of the file if left out'))
    .addOption(options.target(['ts', 'wasm'], 'what the kernels are: TypeScript, or WebAssembly with vectors').default('ts'))
    .addOption(options.fma())
    .addOption(options.dtype('the numbers that it works with; f32 if left out'))
    .addOption(new Option('--tape <type>', 'how the tape stores numbers').choices(['f32', 'f16']).default('f32').hideHelp())
    .addOption(options.set())
    .addOption(options.window())
    .addOption(options.every())
    .addOption(
      new Option('--emit <what>', 'what is printed: the code, or a stage of the compiler')
        .choices(['graph', 'adjoint', 'schedule', 'plan', 'ts'])
        .default('ts'),
    )
    .addHelpText('after', help)
    .action((file: string, given: BuildOptions) => finish(build(file, given, session)))
}

const build = (file: string, given: BuildOptions, session: Session): number => {
  refuseLater(given)
  checkTarget(given)
  const out = given.output === '-' ? undefined : given.output
  if (out !== undefined) checkOutput(out, file, given.emit)
  if (given.window !== undefined) checkEvery(given.every, given.window)
  const { path, text, files } = openFile(file, session)
  checkBlock(given, path, text, files)
  const { diagnostics, code, stages } = compile(text, compileOptions(given, path, files))
  tell(diagnostics, session)
  if (code === undefined || stages === undefined) return exit.wrong
  if (given.emit !== 'ts') session.out(`${emitters[given.emit](stages)}\n`)
  else if (out === undefined) session.out(code.ts)
  else write(out, code, session)
  return exit.done
}

const compileOptions = (given: BuildOptions, path: string, files: NonNullable<CompileOptions['files']>): CompileOptions => {
  const { cell, dtype = 'f32', target, fma = false, set, window } = given
  return {
    path,
    files,
    dtype,
    target,
    fma,
    ...(cell === undefined ? {} : { cell }),
    ...(set === undefined ? {} : { set }),
    ...(window === undefined ? {} : { window }),
    ...(given.every === undefined ? {} : { every: given.every }),
  }
}

const checkOutput = (out: string, file: string, emit: string): void => {
  if (emit !== 'ts') throw new UsageError(`--emit ${emit} is printed: leave out -o`)
  if (!/[^/\\]\.(?:ts|js)$/.test(out) || out.endsWith('.d.ts')) throw new UsageError(`-o ${out}: the name of the output ends in .ts or .js`)
  if (file !== '-' && resolve(out) === resolve(file)) throw new UsageError(`-o ${out} is the source itself`)
}

/** What the block has nothing for is wrong usage. What is wrong with the source itself is told by whoever compiles it. */
const checkBlock = ({ set = {}, cell, window, every }: BuildOptions, path: string, text: string, files: Files): void => {
  const { program } = readProgram(path, text, files, functionNames)
  const chosen = program === undefined ? undefined : chooseBlock(program, cell)
  if (chosen === undefined || !('block' in chosen)) return
  const { name, dims, body } = chosen.block
  const names = dims.map(d => d.name.name)
  const wrong = Object.keys(set).find(n => !names.includes(n))
  if (wrong !== undefined) {
    const meant = suggest(wrong, names)
    throw new UsageError(
      `--set ${wrong}: ${name.name} has no dim ${wrong}; it has ${names.join(', ') || 'none'}${meant === undefined ? '' : `. Did you mean ${meant}?`}`,
    )
  }
  const own = body.find(s => s.kind === 'window')
  if (window === undefined && (own === undefined || own.size.kind === 'number')) checkEvery(every, own?.size.kind === 'number' ? own.size.value : undefined)
}

/** The declarations first: whoever waits for the code finds both. */
const write = (out: string, code: Code, session: Session): void => {
  const js = out.endsWith('.js')
  const parts: readonly (readonly [string, string])[] = js
    ? [
        [out.replace(/\.js$/, '.d.ts'), code.dts],
        [out, code.js],
      ]
    : [[out, code.ts]]
  for (const [path, text] of parts) {
    writeAtomic(path, text)
    session.err(`wrote ${path}\n`)
  }
}
