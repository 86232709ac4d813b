/** `recurve bench`: how long a training step takes, and how many operations a second that is. */
import { setFlagsFromString } from 'node:v8'
import { InvalidArgumentError, Option, type Command } from 'commander'
import { compile, type Compiled, type CompileOptions, type Target } from '../../compiler/compile.ts'
import { isSequence, forwardResults, historyDepth, unionAxes, type Graph } from '../../compiler/graph.ts'
import { uniformAt } from '../../compiler/numeric/random.ts'
import { factors, letterDims } from '../../compiler/ops/structural.ts'
import { liveNodes } from '../../compiler/passes/rebuild.ts'
import type { Dtype, Net, Port, Reals, Signature } from '../../compiler/signature.ts'
import { evaluate } from '../../dsl/dims.ts'
import { suggest } from '../../dsl/suggest.ts'
import { hasVectors } from '../../runtime/engine.ts'
import { InputError } from '../../runtime/errors.ts'
import { importCode } from '../../runtime/load.ts'
import { createModel, evaluateSize, type Model } from '../../runtime/model.ts'
import { tell } from '../diagnostics.ts'
import { exit, UsageError } from '../exit.ts'
import { jsonText } from '../json.ts'
import { checkTarget, options } from '../options.ts'
import type { Finish } from '../program.ts'
import type { Session } from '../session.ts'
import { openFile } from '../source.ts'
import { table } from '../table.ts'

interface BenchOptions {
  readonly cell?: string
  readonly set?: Readonly<Record<string, number>>
  readonly t: number
  readonly batch: number
  readonly target: Target
  readonly dtype?: Dtype
  readonly fma?: boolean
  readonly window?: number
  readonly seconds: number
  readonly json?: true
}

const help = `
Parameters start as the source says, with seed 1; inputs and targets are random, the same in every run. The times are those of one
training step (forward and backward) and of forward alone, in turns. GFLOP/s counts the multiplications and additions of all
sums of products, and divides them by the best time. A FILE of - is standard input.

Examples:
  $ recurve bench lstm.cell --cell LSTM --set D=64,H=64 --t 64 --batch 16
  $ recurve bench lstm.cell --cell LSTM --set D=64,H=64 --target wasm --fma --json`

export const benchCommand = (program: Command, session: Session, finish: Finish): void => {
  const dims = options.set()
  dims.description = 'numbers of dims, such as H=128,D=4'
  program
    .command('bench')
    .summary('how fast a cell is')
    .description('Measures how long one training step of a cell or model takes, and forward alone.')
    .argument('<file>', 'the source')
    .addOption(options.cell('the cell or model; the last of the file if left out'))
    .addOption(dims)
    .addOption(new Option('--t <steps>', 'the length of the sequences, of all where there are several').argParser(count).default(64))
    .addOption(new Option('--batch <n>', 'how many sequences').argParser(count).default(16))
    .addOption(options.target(['ts', 'wasm'], 'what the code is').default('ts'))
    .addOption(options.dtype('the numbers that it works with; f32 if left out'))
    .addOption(options.fma())
    .addOption(options.window())
    .addOption(new Option('--seconds <s>', 'how long it measures, after as long again to warm up').argParser(duration).default(1))
    .option('--json', 'the figures as JSON')
    .addHelpText('after', help)
    .action(async (file: string, given: BenchOptions) => finish(await bench(file, given, session)))
}

const count = (text: string): number => {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : 0
  if (!(value >= 1 && value < 2 ** 31)) throw new InvalidArgumentError('A positive integer is needed.')
  return value
}

const duration = (text: string): number => {
  const value = /^\d+(?:\.\d*)?$|^\.\d+$/.test(text) ? Number(text) : 0
  if (!(value > 0 && value <= 3600)) throw new InvalidArgumentError('A number of seconds, up to 3600, is needed.')
  return value
}

const bench = async (file: string, given: BenchOptions, session: Session): Promise<number> => {
  checkTarget(given)
  return withEngine(given, session, () => measureFile(file, given, session))
}

const measureFile = async (file: string, given: BenchOptions, session: Session): Promise<number> => {
  const { path, text, files } = openFile(file, session)
  const { diagnostics, code, graph, signature } = compileOpen(text, { ...compileOptions(given), path, files }, given.set ?? {})
  tell(diagnostics, session)
  if (code === undefined || graph === undefined || signature === undefined) return exit.wrong
  const dims = chooseDims(signature, given.set ?? {})
  // Other sequences are as long as that of the steps.
  const sizes = { ...Object.fromEntries(signature.sequences.map(a => [a, given.t])), t: given.t, batch: given.batch }
  const module = await importCode(code.js)
  const model = within(() => createModel(module, dims, sizes))
  fillModel(model)
  const flops = productFlops(graph, model.dims, sizes)
  const { forward, training } = passesOf(model.net)
  const [step, alone] = measure([training, forward], given.seconds)
  const { params, tape, work } = model.net.bytes
  const figures = {
    ...figuresOf(step!, flops.training),
    bytes: { params, tape, work },
    forward: figuresOf(alone!, flops.forward),
    sizes: { ...sizes, ...model.dims },
  }
  model.net.dispose()
  session.out(given.json ? `${jsonText(figures)}\n` : report(signature, figures))
  return exit.done
}

/** Node 20 has fused multiply-add behind a flag. A module does without it in silence; what is measured is what was asked for. */
const flag = 'experimental-wasm-relaxed-simd'

const withEngine = async <T>({ target, fma = false }: BenchOptions, session: Session, work: () => Promise<T>): Promise<T> => {
  if (target === 'ts') return work()
  if (!hasVectors()) throw new InputError('this Node has no vectors in WebAssembly (SIMD): use --target ts')
  if (!fma || hasVectors(true)) return work()
  setFlagsFromString(`--${flag}`)
  if (!hasVectors(true)) session.err('note: measured without fused multiply-add, which this machine does not have\n')
  try {
    return await work()
  } finally {
    setFlagsFromString(`--no-${flag}`)
  }
}

const compileOptions = ({ cell, dtype = 'f32', target, fma = false, window }: BenchOptions): CompileOptions => ({
  dtype,
  target,
  fma,
  ...(cell === undefined ? {} : { cell }),
  ...(window === undefined ? {} : { window }),
})

/** The code of `must be known when the code is built`. */
const structural = 'E0348'

/** Dims stay open, as they do in a module that serves many sizes, unless the cell counts with one of them. */
const compileOpen = (text: string, given: CompileOptions, set: Readonly<Record<string, number>>): Compiled => {
  const open = compile(text, given)
  return open.code === undefined && open.diagnostics.some(d => d.code === structural) ? compile(text, { ...given, set }) : open
}

/** The numbers of the dims that are open. Throws a UsageError where one is missing or unknown. */
const chooseDims = ({ name, dims, fixedDims, dimDefaults }: Signature, set: Readonly<Record<string, number>>): Record<string, number> => {
  const known = [...dims, ...Object.keys(fixedDims)]
  for (const wrong of Object.keys(set).filter(n => !known.includes(n))) {
    const meant = suggest(wrong, known)
    throw new UsageError(
      `--set ${wrong}: ${name} has no dim ${wrong}; it has ${known.join(', ') || 'none'}${meant === undefined ? '' : `. Did you mean ${meant}?`}`,
    )
  }
  const missing = dims.filter(n => !Object.hasOwn(set, n) && !Object.hasOwn(dimDefaults, n))
  if (missing.length > 0) throw new UsageError(`${name} needs numbers for its dims: --set ${missing.map(n => `${n}=…`).join(',')}`)
  return Object.fromEntries(dims.flatMap(n => (Object.hasOwn(set, n) ? [[n, set[n]!]] : [])))
}

/** Sizes that need too much memory are a mistake of the request. */
const within = <T>(make: () => T): T => {
  try {
    return make()
  } catch (error) {
    throw error instanceof RangeError ? new InputError(error.message, { cause: error }) : error
  }
}

/** Gives all arrays numbers to work with, the same for the same sizes. */
const fillModel = ({ net, signature, dims }: Model): void => {
  net.initialise(1)
  let stream = 0
  const fill = (ports: Readonly<Record<string, Port>>, arrays: Net['inputs'], least: number): void => {
    for (const [name, port] of Object.entries(ports)) {
      const into = arrays[name]!
      stream++
      const values = port.type === 'index' ? evaluateSize(port.size!, dims) : undefined
      for (let i = 0; i < into.length; i++) {
        const u = uniformAt(1, stream, i)
        into[i] = values === undefined ? least + u * (1 - least) : Math.floor(u * values)
      }
    }
  }
  fill(signature.inputs, net.inputs, -1)
  // A target may be a probability.
  fill(signature.targets, net.targets, 0)
  if (!signature.loss) for (const cotangent of Object.values<Reals>(net.outputGrads)) cotangent.fill(0.1)
}

/** What is timed: evaluation alone, and a whole training step. */
export const passesOf = (net: Net): { readonly forward: () => void; readonly training: () => void } => ({
  forward: () => void net.forward({ tape: false }),
  training: () => {
    net.forward({ training: true })
    net.backward()
  },
})

/**
 * Multiplications and additions of the sums of products at these sizes: two for a product of two factors, one where
 * numbers are only summed.
 */
export const productFlops = (
  graph: Graph,
  dims: Readonly<Record<string, number>>,
  { t, batch }: { readonly t: number; readonly batch: number },
): { readonly forward: number; readonly training: number } => {
  const sequences = [...graph.face.lengths.keys()]
  const sizes = { ...dims, ...Object.fromEntries(sequences.flatMap(a => [`@${a}`, `#${a}`].map(d => [d, t]))), '@b': batch }
  const early = liveNodes(graph, forwardResults(graph))
  let forward = 0
  let training = 0
  for (const node of graph.nodes) {
    if (node.op !== 'contract') continue
    const operands = factors(node).map(a => graph.nodes[a]!)
    const along = unionAxes([...node.args.map(a => graph.nodes[a]!.axes), node.axes])
    const places = along.map(a => (isSequence(a) ? t : a === 'b' ? batch : Math.max(...node.args.map(id => historyDepth(graph, id)))))
    const letters = [...letterDims(node.attrs.spec!, operands).values()].map(d => evaluate(d, sizes))
    const flops = [...places, ...letters].reduce((a, b) => a * b, operands.length)
    training += flops
    if (early.has(node.id)) forward += flops
  }
  return { forward, training }
}

/** A time that is shorter than this is taken of several runs together: the clock and the call would show in it. */
const shortest = 0.2

/** Milliseconds of each work, in turns, so that whatever slows the machine down slows all of them. */
const measure = (works: readonly (() => void)[], seconds: number): readonly (readonly number[])[] => {
  const times: number[][] = works.map(() => [])
  const rounds = (least: number, keep: boolean, runs: readonly number[]): readonly number[] => {
    const begin = performance.now()
    let last: readonly number[] = runs
    for (let round = 0; round < least || performance.now() - begin < seconds * 1000; round++)
      last = works.map((work, k) => {
        const start = performance.now()
        for (let i = 0; i < runs[k]!; i++) work()
        const ms = (performance.now() - start) / runs[k]!
        if (keep) times[k]!.push(ms)
        return ms
      })
    return last
  }
  const warm = rounds(
    2,
    false,
    works.map(() => 1),
  )
  rounds(
    3,
    true,
    warm.map(ms => Math.max(1, Math.ceil(shortest / ms))),
  )
  return times
}

interface Figures {
  readonly ms: { readonly median: number; readonly min: number }
  readonly gflops: number
}

const figuresOf = (times: readonly number[], flops: number): Figures => {
  const sorted = [...times].sort((a, b) => a - b)
  const min = sorted[0]!
  return { ms: { median: sorted[sorted.length >> 1]!, min }, gflops: flops / min / 1e6 }
}

const report = (
  { name, target, dtype }: Signature,
  { bytes, forward, sizes, ...step }: Figures & { readonly bytes: Net['bytes']; readonly forward: Figures; readonly sizes: Readonly<Record<string, number>> },
): string => {
  const row = (what: string, { ms, gflops }: Figures): readonly string[] => [what, ms.median.toPrecision(3), ms.min.toPrecision(3), gflops.toFixed(2)]
  const times = table([['', 'median ms', 'best ms', 'GFLOP/s', ''], ...[row('training step', step), row('forward', forward)].map(r => [...r, ''])])
  const taken = Object.entries(bytes).map(([what, n]) => `${what} ${(n / 1024).toFixed(0)} KiB`)
  const at = Object.entries(sizes).map(([what, n]) => `${what} = ${n}`)
  return `${name} (${target}, ${dtype}), ${at.join(', ')}\n${times}  ${taken.join(', ')}\n`
}
