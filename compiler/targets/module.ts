/** A generated module: kernels, the memory they work on, and the interface that `signature.ts` describes. */
import type { Dim } from '../../dsl/dims.ts'
import { axisNamed } from '../graph.ts'
import { formulasOf } from '../describe.ts'
import { mentionedIn } from '../numeric/plain.ts'
import { libraryText } from '../numeric/library.ts'
import type { Reach } from '../passes/reach.ts'
import type { Plan } from '../plan/plan.ts'
import type { Signature } from '../signature.ts'
import { createBody } from './create-text.ts'
import { passNames } from './pass-steps.ts'
import { runtimeText } from './runtime-text.ts'
import { typesOf } from './types-text.ts'
import { indent, javascript, names, only, typescript, type DimNames } from './writer.ts'

export interface Code {
  readonly ts: string
  readonly js: string
  readonly dts: string
}

/** The most bytes that a module takes: indices of its arrays stay within 31 bits. */
export const memoryLimit = 2 ** 31

/** How a target runs the kernels of a plan: the parts of a module that differ. */
export interface Backend {
  /** Declarations beside `create`. */
  readonly declarations: string
  /** The bodies of `forward` and `backward`: calls of kernels. */
  readonly forward: string
  readonly backward: string
  /** Functions of the numeric library that the declarations call. */
  readonly library: readonly string[]
  /** Every region starts at a multiple of so many entries. */
  readonly alignment: number
  /** Entries at the start of the memory that the target keeps for itself. */
  readonly reserved: number
  /** Room beside the plan: names of places, and sizes in entries as formulas. */
  readonly rooms: readonly (readonly [name: string, size: string])[]
  /** Statements that make the `memory` of `top` entries (an ArrayBuffer). */
  readonly memory: readonly string[]
  /** Statements that follow when `x` and `n` are views of it. */
  readonly ready: readonly string[]
}

/** How dims are called in a generated file. */
export const dimNames = (signature: Signature): DimNames => {
  const unique = names()
  const dims = signature.dims.map(d => [d, unique.fresh(d)] as const)
  const others = signature.sequences.slice(1).map((name, i) => [`@${axisNamed(name, i)}`, unique.fresh(`${name.toUpperCase()}_`)] as const)
  const spans = signature.sequences.map((name, i) => [`#${axisNamed(name, i - 1)}`, i === 0 ? 'span' : unique.fresh(`span_${name}`)] as const)
  return new Map([...dims, ['@t', 'T'], ...others, ...spans, ['@b', 'B'], ['#b', 'rows'], ...passNames])
}

export interface Facts {
  /** Sizes of the source that not every choice of dims makes positive. */
  readonly doubtful?: readonly Dim[]
  /** How far the losses of a chunk of steps reach. */
  readonly reach: Reach
  /** Why it cannot be run one step at a time. */
  readonly looksAhead?: string | undefined
}

export const generate = (plan: Plan, signature: Signature, backend: Backend, facts: Facts): Code => {
  const { graph } = plan
  const dims = dimNames(signature)
  const array = signature.dtype === 'f32' ? 'Float32Array' : 'Float64Array'
  const body = createBody(plan, signature, dims, backend, facts, array)
  const own = formulasOf(graph).flatMap(x => [...mentionedIn(x).calls].filter(c => !c.startsWith('Math.')))
  const used = [...backend.library, 'initialise', ...(graph.face.noise.size > 0 ? ['drawNoise'] : []), ...own]
  const library = (edition: 'ts' | 'js'): string => libraryText(signature.dtype, used, edition)
  const types = typesOf(graph, signature, array)
  const before = `// ${signature.name}, compiled by Recurve. Do not edit: change the source and build again.\n`
  const data = `export const signature = ${compactJson(signature)}${only(' as const')}\n`
  const create = `/**
 * Takes all memory in one block, for given dims, a number of steps and a number of sequences.
 * Throws a RangeError for sizes that are not positive integers or need more than ${memoryLimit} bytes.
 */
export function create(dims${only(': Dims')}, sizes${only(': Sizes')}, options${only(': CreateOptions')} = {})${only(': Net')} {
${indent(body, 1)}}
`
  const code = [before, only(types), data, create, backend.declarations].join('\n')
  const runtime = runtimeText
  return {
    ts: `${typescript(code)}\n${typescript(runtime)}\n${library('ts')}`,
    js: `${javascript(code)}\n${javascript(runtime)}\n${library('js')}`,
    dts: `${before}\n${types}\nexport declare const signature: ${JSON.stringify(signature, null, 2)}\n\nexport declare function create(dims: Dims, sizes: Sizes, options?: CreateOptions): Net\n`,
  }
}

/** JSON with each port on a line of its own. */
const compactJson = (signature: Signature): string =>
  `{\n${Object.entries(signature)
    .map(([k, v]) => {
      const nested = typeof v === 'object' && v !== null && !Array.isArray(v) && Object.keys(v as object).length > 0
      const inner = nested
        ? `{\n${Object.entries(v as object)
            .map(([n, p]) => `    ${n === '__proto__' ? '["__proto__"]' : JSON.stringify(n)}: ${JSON.stringify(p)},\n`)
            .join('')}  }`
        : JSON.stringify(v)
      return `  ${JSON.stringify(k)}: ${inner},\n`
    })
    .join('')}}`
