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
    `  changed('feed has set another history')`,
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
    `function reorder(from${only(': ArrayLike<number>')})${only(': void')} {`,
    `  alive()`,
    `  if (from.length !== B) throw new RangeError(\`reorder: \${from.length} rows for a batch of \${B}\`)`,
    `  for (let b = 0; b < B; b++) if (!Number.isInteger(from[b]) || from[b]${only('!')} < 0 || from[b]${only('!')} >= B) throw new RangeError(\`reorder: there is no sequence \${from[b]}\`)`,
    `  changed('reorder has given sequences other histories')`,
    ...places
      .filter(h => h.batched)
      .map(
        h =>
          `  permute(${h.index ? 'n' : 'x'}, ${h.index && bytes === 8 ? '2 * ' : ''}r${h.layout.region} + ${f(dim.subtract(h.layout.offset, dim.scale(h.step, h.lead)))}, ${f(h.step)}, ${h.lead}, ${f(h.others)}, B, ${f(h.row)}, from)`,
      ),
    // Those that lie in front of their stream have been moved with it.
    ...initials
      .filter(n => !places.some(h => h.layout.region === layoutOf(plan, n.id)!.region))
      .map(n => n.attrs.name!)
      .map(name => `  permuteAll(initial[${JSON.stringify(name)}]${only('!')}, ${graph.face.states.get(name)!.depth}, from)`),
    `}`,
    '',
    ...(looksAhead === undefined
      ? [
          `/** A net that runs one step at a time, from where this one begins; what lies along other sequences is computed at its first step. */`,
          `function stepper(axis = 't')${only(': Stepper')} {`,
          `  alive()`,
          `  if (axis !== 't') throw new RangeError(\`stepper: \${axis} is not the axis of the steps; that is t\`)`,
          `  const one = create(dims, { ...sizes, t: 1 }, { outputs: [...wanted], stepping: true, firstRow })`,
          `  const reset = ()${only(': void')} => {`,
          `    one.reset()`,
          `    takeOver(one, { params, hyper, given, inputs, targets, lengths, initial })`,
          `    one.rows = rows`,
          `    one.resume(kept())`,
          `  }`,
          `  const step = (options${only('?: { training?: boolean; seed?: number }')})${only(': number')} => {`,
          `    const loss = one.forward(options)`,
          `    one.carry()`,
          `    return loss`,
          `  }`,
          `  reset()`,
          `  const { inputs: own, targets: aims, lengths: ends, noise: drawn, given: set, hyper: numbers, params: weights, initial: starts, outputs: results, final: lasts } = one`,
          `  const made = Object.assign(step, { step, reset, reorder: one.reorder, feed: one.feed, inputs: own, targets: aims, lengths: ends, rows: 0, noise: drawn, given: set, hyper: numbers, params: weights, initial: starts, outputs: results, final: lasts, dispose: one.dispose })`,
          `  Object.defineProperty(made, 'rows', { get: () => one.rows, set: value => void (one.rows = value) })`,
          `  return Object.freeze(made)`,
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
