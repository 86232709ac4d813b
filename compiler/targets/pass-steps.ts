/** Which steps a kernel of the backward part runs: a pass of truncated BPTT runs those that its window reaches. */
import * as dim from '../../dsl/dims.ts'
import type { Dim } from '../../dsl/dims.ts'
import type { Graph, Id } from '../graph.ts'
import { isTurned } from '../passes/reversed.ts'
import type { Kernel } from '../schedule/schedule.ts'
import type { Place } from './places.ts'

/** Steps of t, as numbers that each pass sets: from the first to before the end; `back`: counted from the end of the sequence. */
export interface PassSteps {
  readonly first: Dim
  readonly count: Dim
  readonly end: Dim
  /** How far there is room behind them that belongs to nobody else. */
  readonly room: Dim
}

const named = (back: string): PassSteps => ({
  first: dim.variable(`^t${back}`),
  count: dim.variable(`%t${back}`),
  end: dim.add(dim.variable(`^t${back}`), dim.variable(`%t${back}`)),
  room: dim.variable(`$t${back}`),
})
const [onward, backward] = [named(''), named('~')]

/** What the numbers of a pass are called in code, by the names of their dims. */
export const passNames: readonly (readonly [dim: string, name: string])[] = [
  ['^t', 'passFrom'],
  ['%t', 'passSteps'],
  ['$t', 'passRoom'],
  ['^t~', 'passFromBack'],
  ['%t~', 'passStepsBack'],
  ['$t~', 'passRoomBack'],
]

/** The steps of a kernel's values. */
export const stepsOf = (graph: Graph, ids: readonly Id[]): PassSteps => (ids.some(id => isTurned(graph, graph.nodes[id]!)) ? backward : onward)

export const kernelSteps = (graph: Graph, kernels: readonly Kernel[]): PassSteps =>
  stepsOf(
    graph,
    kernels.flatMap(k => [...k.nodes, ...k.reductions]),
  )

/** The place of an operand at the first step of the pass. */
export const atFirst = <P extends Pick<Place, 'layout'>>(place: P, steps: PassSteps | undefined): P => {
  const stride = place.layout.axes['t']
  if (steps === undefined || stride === undefined || dim.equal(stride, dim.zero)) return place
  return { ...place, layout: { ...place.layout, offset: dim.add(place.layout.offset, dim.multiply(steps.first, stride)) } }
}

/** Definitions of the driver for the numbers of a pass that `text` needs: its steps reach from `low` to the end of its chunk, or as far ahead as loops that run backward look. */
export const passText = (turns: boolean, text: string): readonly string[] => {
  const lines: string[] = []
  const define = (name: string, value: string, ...before: readonly string[]): void => {
    if (new RegExp(`\\b${name}\\b`).test(text + lines.join(' '))) lines.unshift(...before, `const ${name} = ${value}`)
  }
  define('passRoomBack', 'single ? T : span - low')
  define('passStepsBack', 'span - low - passFromBack')
  define(
    'passFromBack',
    'single ? 0 : Math.max(0, shortest - passTo)',
    '// Counted from the end, the steps of a chunk lie elsewhere in each sequence.',
    'let shortest = span',
    'for (const end of ends.t) if (end > low && end < shortest) shortest = end',
  )
  define('passRoom', 'single ? T : passTo')
  define('passSteps', 'passTo - passFrom')
  define('passFrom', 'low')
  define('passTo', `single ? span : Math.min(span, ${turns ? 'high' : 'chunkTo'})`)
  return lines
}
