/** Truncated BPTT, interpreted: one backward pass after the other. */
import { historyDepth, type Id } from '../graph.ts'
import { interpret, type Run } from './interpret.ts'
import type { Pass } from './passes.ts'
import { tensor, type Tensor } from './tensor.ts'

/**
 * All passes one after the other: the values of the last one, and the sums of the gradients. `goingOn`: values whose sums
 * go on in each pass where they were, as in emitted code; without them, gradients are added up behind each pass.
 */
export const interpretPasses = (run: Omit<Run, 'pass' | 'before'>, passes: readonly Pass[], goingOn?: ReadonlySet<Id>): ReadonlyMap<Id, Tensor> => {
  const { adjoints, params, inputs, initial } = run.graph.gradients ?? {
    adjoints: new Map<string, Id>(),
    params: new Map<string, Id>(),
    inputs: new Map<string, Id>(),
    initial: new Map<string, Id>(),
  }
  // Total derivatives are read within a pass: they are added up behind it.
  const behind = new Set([...adjoints.values(), ...(goingOn === undefined ? [params, inputs, initial].flatMap(m => [...m.values()]) : [])])
  const round = run.arithmetic.rounding === 'none' ? (x: number): number => x : Math.fround
  const empty = (id: Id): Tensor => tensor(run.graph.nodes[id]!, run.sizes, historyDepth(run.graph, id), false)
  let values: ReadonlyMap<Id, Tensor> | undefined
  for (const pass of passes) {
    const last = (id: Id): Tensor => values?.get(id) ?? empty(id)
    const before = pass.adds ? new Map([...(goingOn ?? [])].map(id => [id, last(id)] as const)) : undefined
    const found = interpret({ ...run, pass, ...(before === undefined ? {} : { before }) })
    const total = (v: Tensor, sum: Tensor): Tensor => ({ ...v, re: v.re.map((x, i) => round(x + sum.re[i]!)) })
    values = pass.adds ? new Map([...found].map(([id, x]) => [id, behind.has(id) ? total(x, last(id)) : x] as const)) : found
  }
  return values!
}
