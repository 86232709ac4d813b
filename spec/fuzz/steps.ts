/** Makers of what is more than one op: micro-steps, noise, cumulative sums and convolutions. */
import * as dim from '../../dsl/dims.ts'
import type { Dim } from '../../dsl/dims.ts'
import { showShape } from './draft.ts'
import { any, vector, type Maker } from './elementwise.ts'

/** Rounds that bind one name or two; inside, names of a round and the index of the round. */
export const repeated: Maker = (d, c) => {
  const v = any(d, c, vector)
  if (v === undefined) return
  const [n] = v.shape as [Dim]
  const rounds = 1 + c.below(3)
  const [s, g, l] = [d.fresh('s'), d.fresh('g'), d.fresh('l')]
  const own = d.param([n, n], c)
  const stack = d.fresh('P')
  d.declarations.push(`param ${stack}: ${showShape([dim.constant(rounds), n])}`)
  const round = c.of([
    `${s} = tanh(${own} @ ${s} + ${stack}[${l}])`,
    `${g} = sigmoid(${stack}[${l}] + ${s}) ${s} = ${g} * ${s} + (1 - ${g}) * tanh(${own} @ ${s})`,
    `${s} = 0.5 * ${s} + (if ${l} == 0 then 1 else 0.5) * ${v.text} ${g} = ${s} * ${s} ${s} = ${s} + 0.1 * ${g}`,
  ])
  if (c.once(3)) {
    const [a, b, r] = [d.fresh('v'), d.fresh('v'), d.fresh('r')]
    d.equations.push(`${a}, ${b} = repeat ${l} < ${rounds} (${s} = ${v.text}, ${r} = 0.5 * ${v.text}) { ${r} = ${s} * 0.5 + ${r} ${round} }`)
    for (const name of [a, b]) d.add({ text: name, shape: v.shape, timed: v.timed, named: true, late: v.late })
    return
  }
  const name = d.fresh('v')
  d.equations.push(`${name} = repeat ${l} < ${rounds} (${s} = ${v.text}) { ${round} }`)
  d.add({ text: name, shape: v.shape, timed: v.timed, named: true, late: v.late })
}

export const noise: Maker = (d, c) => {
  const v = any(d, c)
  const name = d.fresh('m')
  const once = c.once(4)
  d.declarations.push(`noise ${name}: ${showShape(v?.shape ?? [])}${once ? ' once' : ''} ~ ${c.of(['bernoulli(0.5)', 'normal(0, 1)', 'uniform(-1, 1)'])}`)
  const made = d.add({ text: name, shape: v?.shape ?? [], timed: !once, named: false, late: false })
  if (v !== undefined) d.define(`${v.text} * ${made.text}`, v.shape, [v, made], c)
}

export const along: Maker = (d, c) => {
  const v = any(d, c, x => x.shape.length === 1 || x.shape.length === 2)
  if (v === undefined) return
  const form = c.below(4)
  if (form === 0) {
    d.define(`cumsum(${v.text})`, v.shape, [v], c)
    return
  }
  const kernel = c.once(2) ? d.param([dim.constant(1 + c.below(4))], c) : d.param([dim.variable('K')], c)
  d.define(`conv(${v.text}, ${kernel}, "${c.of(['same', 'circular'])}")`, v.shape, [v], c)
}

/** One value of a whole sequence, or the sequence from its end: in a model, and in no loop. */
export const turned: Maker = (d, c) => {
  const v = any(d, c, x => x.timed)
  if (v === undefined || !d.model || !d.settled) return
  const name = d.fresh('v')
  d.equations.push(`${name} = reverse(${v.text})`)
  d.add({ text: name, shape: v.shape, timed: true, named: true, late: true })
}

export const summary: Maker = (d, c) => {
  const v = any(d, c, x => x.timed)
  if (v === undefined || !d.model || !d.settled) return
  const form = c.of([
    'last(v)',
    'first(v)',
    'sum(v over t)',
    'mean(v over t)',
    'max(v over t)',
    'logsumexp(v over t)',
    'softmax(v over t)',
    '0.5 * v + last(v)',
  ])
  const name = d.fresh('v')
  d.equations.push(`${name} = ${form.replaceAll(/\bv\b/g, v.text)}`)
  d.add({ text: name, shape: v.shape, timed: /^softmax|^0/.test(form), named: true, late: true })
}

/** A loop over a sequence that `reverse` has turned, read in its own order or in that of the caller. */
export const backward: Maker = (d, c) => {
  const v = any(d, c, x => x.timed)
  if (v === undefined || !d.model || !d.settled) return
  const [name, made] = [d.fresh('v'), d.fresh('v')]
  const form = c.of([
    `0.5 * ${name}[t-1] + tanh(reverse(${v.text}))`,
    `tanh(${name}[t-1] - 0.3 * ${name}[t-2] + reverse(${v.text}))`,
    `0.5 * ${name}[t+1] + reverse(${v.text})`,
    `0.5 * ${name}[t-1] + sin(t) * reverse(${v.text})`,
  ])
  d.equations.push(`${name}: ${showShape(v.shape)} = ${form}`)
  d.equations.push(`${made} = ${c.of(['reverse(v)', 'v', 'last(v)', 'first(v)', 'reverse(v) + v', 'sum(v over t)']).replaceAll(/\bv\b/g, name)}`)
  d.add({ text: made, shape: v.shape, timed: !/[=] (last|first|sum)/.test(d.equations.at(-1)!), named: true, late: true })
}
