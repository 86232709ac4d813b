/** Who takes part: each in a process of its own, so that none is compiled, or disturbed, by another's work. */
import { fileURLToPath } from 'node:url'
import { script, startChild, type Child, type Command } from './child.ts'
import type { Absent } from './protocol.ts'
import { weight, type CellName, type Size } from './work.ts'

export interface Contender {
  readonly id: string
  readonly title: string
  readonly ours: boolean
  readonly variant: string
  readonly commands: readonly Command[]
  /** Its process serves all cases: it takes long to start. */
  readonly stays?: true
  /** More than this (in multiplications and additions) would take many seconds a step. */
  readonly most?: number
  readonly can?: (cell: CellName, size: Size) => boolean
}

const ours = (variant: string): Contender => ({ id: variant, title: `recurve ${variant}`, ours: true, variant, commands: [script('peers/ours.ts')] })

const torchScript = fileURLToPath(new URL('peers/torch_peer.py', import.meta.url))
/** One thread: OpenBLAS has threads that PyTorch does not know of. Which kernels it takes is left to it. */
const oneThread = { OPENBLAS_NUM_THREADS: '1', OMP_NUM_THREADS: '1', MKL_NUM_THREADS: '1', OPENBLAS_CORETYPE: undefined, OPENBLAS_L2_SIZE: undefined }
const pythons = [...new Set([process.env['PYTHON'] ?? 'python3', 'python3', '/usr/bin/python3'])]
const torchCommands = pythons.map(file => ({ file, args: [torchScript], env: oneThread }))
const torch = (variant: string, title: string, can?: Contender['can']): Contender => ({
  id: variant,
  title,
  ours: false,
  variant,
  commands: torchCommands,
  stays: true,
  ...(can === undefined ? {} : { can }),
})

export const contenders: readonly Contender[] = [
  ours('ts'),
  ours('wasm'),
  ours('wasm+fma'),
  { id: 'plain', title: 'plain loops', ours: false, variant: '', commands: [script('peers/plain.ts')], most: 2e9, can: cell => cell === 'lstm' },
  torch('nn', 'PyTorch nn', cell => cell === 'lstm' || cell === 'gru'),
  torch('eager', 'PyTorch eager'),
  torch('script', 'PyTorch script'),
  { id: 'tfjs', title: 'tfjs', ours: false, variant: '', commands: [script('peers/tfjs.ts')], most: 4e9 },
  {
    id: 'jax',
    title: 'jax-js',
    ours: false,
    variant: '',
    commands: [script('peers/jax.ts')],
    // Compiling an unrolled loop takes seconds, and more than in proportion to its length.
    can: (_, { t, batch, h }) => t <= 64 && batch * h <= 1024,
  },
  { id: 'brain', title: 'brain.js', ours: false, variant: '', commands: [script('peers/brain.ts')], can: (cell, { batch }) => cell === 'lstm' && batch === 1 },
]

/** Names that stand for several. */
export const groups: Readonly<Record<string, readonly string[]>> = { torch: ['nn', 'eager', 'script'], none: [] }

export const takesPart = ({ most = Infinity, can = () => true }: Contender, cell: CellName, size: Size): boolean => weight(size) <= most && can(cell, size)

export interface Present {
  readonly contender: Contender
  /** Who answered, or why nobody did. */
  readonly told: string
  readonly command?: Command
}

/** Whether what it needs is there: the first command that answers is the one. */
export const meet = async (contender: Contender): Promise<Present> => {
  let why: string | undefined
  for (const command of contender.commands) {
    const child = startChild(command)
    const answer = await child.ask({ ask: 'hello' })
    child.stop()
    if ('version' in answer) return { contender, told: answer.version, command }
    // What is said to be missing tells more than that a command is.
    if (why === undefined || answer.absent === 'not installed') why = missing(answer)
  }
  return { contender, told: why ?? 'not installed' }
}

const missing = ({ absent }: Absent): string => (/ENOENT/.test(absent) ? 'not installed' : absent)

/** Processes for cases; those that stay are kept for the next one. */
export interface Processes {
  for(present: Present): Child
  /** Ends those that serve one case. */
  endCase(): void
  endAll(): void
}

export const makeProcesses = (): Processes => {
  const kept = new Map<string, Child>()
  let fresh: Child[] = []
  const end = (children: Iterable<Child>): void => {
    for (const c of children) c.stop()
  }
  return {
    for: ({ contender, command }) => {
      const known = kept.get(contender.id)
      if (known !== undefined) return known
      const child = startChild(command!)
      if (contender.stays) kept.set(contender.id, child)
      else fresh.push(child)
      return child
    },
    endCase: () => {
      end(fresh)
      fresh = []
    },
    endAll: () => {
      end(fresh)
      end(kept.values())
    },
  }
}
