/** The part of a generated module that runs one step at a time. */
import * as dim from '../../dsl/dims.ts'
import type { Dim } from '../../dsl/dims.ts'
import { layoutOf } from '../plan/layout.ts'
import type { Plan } from '../plan/plan.ts'
import type { History } from './histories.ts'
import { only } from './writer.ts'

export interface Stepping {
  readonly plan: Plan
  readonly places: readonly History[]
  /** Of a number. */
  readonly bytes: number
  readonly size: (d: Dim) => string
  /** Why the outputs cannot be computed step by step. */
  readonly looksAhead: string | undefined
}

/** The lines of `feed`, `reorder` and `stepper`, inside of `create`. */
export const steppingText = ({ plan, places, bytes, size: f, looksAhead }: Stepping): readonly string[] => {
  const { graph } = plan
  const initials = graph.nodes.filter(n => n.op === 'source' && n.attrs.role === 'initial')
  return [
    `/** Puts what was chosen at the last step in the place of what stood there. To be called after a carry. */`,
    `function feed(name${only(': string')}, values${only(': ArrayLike<number>')})${only(': void')} {`,
    `  alive()`,
    ...places.flatMap(h => {
      const node = graph.nodes[h.stream]!
      if (node.op !== 'source' || !(node.attrs.role === 'target' || node.attrs.role === 'input')) return []
      const at = `${h.index && bytes === 8 ? '2 * ' : ''}r${h.layout.region} + ${f(dim.subtract(h.layout.offset, h.step))}`
      return [`  if (name === ${JSON.stringify(node.attrs.name!)}) return ${h.index ? 'n' : 'x'}.set(values, ${at})`]
    }),
    `  throw new RangeError(\`feed: the model looks back at no input or target \${name}\`)`,
    `}`,
    '',
    `/** Every sequence of the batch takes the history of the one that is named for it: beams. To be called after a carry. */`,
    `function reorder(rows${only(': ArrayLike<number>')})${only(': void')} {`,
    `  alive()`,
    `  if (rows.length !== B) throw new RangeError(\`reorder: \${rows.length} rows for a batch of \${B}\`)`,
    `  for (let b = 0; b < B; b++) if (!(rows[b]${only('!')} >= 0 && rows[b]${only('!')} < B)) throw new RangeError(\`reorder: there is no sequence \${rows[b]}\`)`,
    ...places
      .filter(h => h.batched)
      .map(
        h =>
          `  permute(${h.index ? 'n' : 'x'}, ${h.index && bytes === 8 ? '2 * ' : ''}r${h.layout.region} + ${f(dim.subtract(h.layout.offset, dim.scale(h.step, h.lead)))}, ${f(h.step)}, ${f(h.row)}, ${h.lead}, rows)`,
      ),
    // Those that lie in front of their stream have been moved with it.
    ...initials
      .filter(n => !places.some(h => h.layout.region === layoutOf(plan, n.id)!.region))
      .map(n => n.attrs.name!)
      .map(name => `  permuteAll(initial[${JSON.stringify(name)}], ${graph.face.states.get(name)!.depth}, rows)`),
    `}`,
    '',
    ...(looksAhead === undefined
      ? [
          `/** A net that runs one step at a time, from where this one begins; what lies along other sequences is computed at its first step. */`,
          `function stepper(axis = 't')${only(': Stepper')} {`,
          `  alive()`,
          `  if (axis !== 't') throw new RangeError(\`stepper: \${axis} is not the axis of the steps; that is t\`)`,
          `  const one = create(dims, { ...sizes, t: 1 }, { outputs: [...wanted], stepping: true })`,
          `  const reset = ()${only(': void')} => {`,
          `    one.reset()`,
          `    takeOver(one, { params, hyper, given, inputs, targets, lengths, initial })`,
          `  }`,
          `  const step = (options${only('?: { training?: boolean; seed?: number }')})${only(': number')} => {`,
          `    const loss = one.forward(options)`,
          `    one.carry()`,
          `    return loss`,
          `  }`,
          `  reset()`,
          `  const { reorder, feed, inputs: own, targets: aims, lengths: ends, noise: drawn, given: set, hyper: numbers, params: weights, initial: starts, outputs: results, final: lasts, dispose: drop } = one`,
          `  return Object.assign(step, { step, reset, reorder, feed, inputs: own, targets: aims, lengths: ends, noise: drawn, given: set, hyper: numbers, params: weights, initial: starts, outputs: results, final: lasts, dispose: drop })`,
          `}`,
        ]
      : [
          `/** This model cannot be run one step at a time. */`,
          `function stepper(axis = 't')${only(': Stepper')} {`,
          `  alive()`,
          `  throw new Error(\`stepper: the outputs look ahead along \${axis}: ${looksAhead.replaceAll('`', "'")}\`)`,
          `}`,
        ]),
    '',
  ]
}
