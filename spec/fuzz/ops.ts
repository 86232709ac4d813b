/** One maker of equations for each form of the language. A maker that finds nothing to work on does nothing. */
import * as dim from '../../dsl/dims.ts'
import type { Dim } from '../../dsl/dims.ts'
import type { Chooser } from './choices.ts'
import { dimNames, same, shapes, showShape, text, type Shape, type Value } from './draft.ts'

import { along, backward, noise, repeated, summary, turned } from './steps.ts'
import { any, binary, choice, gate, matrix, unary, vector, type Maker } from './elementwise.ts'

const product: Maker = (d, c) => {
  const v = any(d, c, x => vector(x) || matrix(x))
  if (v === undefined) return
  const other = any(d, c, x => (vector(x) || matrix(x)) && dim.equal(x.shape.length === 2 ? x.shape[0]! : x.shape[0]!, v.shape.at(-1)!))
  if (other !== undefined && c.once(2)) {
    const shape = [...v.shape.slice(0, -1), ...(other.shape.length === 2 ? [other.shape[1]!] : [])]
    d.define(`${v.text} @ ${other.text}`, shape, [v, other], c)
    return
  }
  const to = c.of(shapes.filter(s => s.length === 1))[0]!
  if (v.shape.length === 1 && c.once(2)) d.define(`${v.text} @ ${d.param([v.shape[0]!, to], c)}`, [to], [v], c)
  else d.define(`${d.param([to, v.shape[0]!], c)} @ ${v.text}`, [to, ...v.shape.slice(1)], [v], c)
}

const contract: Maker = (d, c) => {
  const v = any(d, c, x => x.shape.length >= 1 && x.shape.length <= 3)
  if (v === undefined) return
  const [i, j] = v.shape as [Dim, Dim | undefined]
  const w = any(d, c, x => same(x.shape, v.shape))!
  const p = (s: Shape): string => d.param(s, c)
  const H = dim.variable('H')
  if (v.shape.length === 1) {
    const [form, shape] = c.of<readonly [string, Shape]>([
      [`contract("ij,j->i", ${p([H, i])}, ${v.text})`, [H]],
      [`contract("i,i->i", ${v.text}, ${w.text})`, [i]],
      [`contract("i,j->ji", ${v.text}, ${w.text})`, [i, i]],
      [`contract("i->", ${v.text})`, []],
      [`contract("i,i->", ${v.text}, ${w.text})`, []],
      [`contract("ijk,k->ji", ${p([H, dim.variable('C'), i])}, ${v.text})`, [dim.variable('C'), H]],
    ])
    d.define(form, shape, [v, w], c)
  } else if (v.shape.length === 2) {
    const [form, shape] = c.of<readonly [string, Shape]>([
      [`contract("nij,nj->ni", ${p([i, j!, j!])}, ${v.text})`, [i, j!]],
      [`contract("ij->ji", ${v.text})`, [j!, i]],
      [`contract("ij->j", ${v.text})`, [j!]],
      [`contract("ij->i", ${v.text})`, [i]],
      [`contract("ij,ij->j", ${v.text}, ${w.text})`, [j!]],
      [`contract("ij,kj->ik", ${v.text}, ${w.text})`, [i, i]],
      [`contract("ij,j->", ${v.text}, ${p([j!])})`, []],
    ])
    d.define(form, shape, [v, w], c)
  } else d.define(`contract("ijk,k->ij", ${v.text}, ${p([v.shape[2]!])})`, v.shape.slice(0, 2), [v], c)
}

const outer: Maker = (d, c) => {
  const [a, b] = [any(d, c, vector), any(d, c, vector)]
  if (a === undefined || b === undefined) return
  if (same(a.shape, b.shape) && c.once(2)) d.define(`dot(${a.text}, ${b.text})`, [], [a, b], c)
  else d.define(`outer(${a.text}, ${b.text})`, [a.shape[0]!, b.shape[0]!], [a, b], c)
}

/** ` over H` or ` over 1`: a name where it is clear. */
const over = (shape: Shape, at: number, c: Chooser): string => {
  const { key } = shape[at]!
  const named = (dimNames as readonly string[]).includes(key) && shape.filter(x => x.key === key).length === 1
  return ` over ${named && c.once(2) ? key : at}`
}

const reduction: Maker = (d, c) => {
  const v = any(d, c, x => x.shape.length > 0)
  if (v === undefined) return
  const f = c.of(['sum', 'mean', 'max', 'min', 'norm', 'var'])
  const at = c.below(v.shape.length + 1) - 1
  const own = f === 'norm' ? `1 + ${v.text}^2` : v.text
  if (at < 0) d.define(`${f}(${own})`, [], [v], c)
  else
    d.define(
      `${f}(${own}${over(v.shape, at, c)})`,
      v.shape.filter((_, i) => i !== at),
      [v],
      c,
    )
}

const rowwise: Maker = (d, c) => {
  const v = any(d, c, x => x.shape.length > 0)
  if (v === undefined) return
  const f = c.of(['softmax', 'log_softmax', 'logsumexp', 'layer_norm', 'rms_norm'])
  const last = v.shape.length - 1
  if (f.endsWith('norm')) {
    const size = [v.shape[last]!]
    const more = c.of(['', `, ${d.param(size, c)}`, ...(f === 'layer_norm' ? [`, ${d.param(size, c)}, ${d.param(size, c)}`] : [])])
    d.define(`${f}(${v.text}${more})`, v.shape, [v], c)
    return
  }
  const at = c.once(2) ? c.below(v.shape.length) : last
  const dims = at === last && !c.once(3) ? '' : over(v.shape, at, c)
  d.define(`${f}(${v.text}${dims})`, f === 'logsumexp' ? v.shape.filter((_, i) => i !== at) : v.shape, [v], c)
}

const join: Maker = (d, c) => {
  const a = any(d, c, x => x.shape.length > 0)
  if (a === undefined) return
  const at = c.once(4) ? 0 : a.shape.length - 1
  const others = (x: Value): boolean => x.shape.length === a.shape.length && x.shape.every((s, i) => i === at || dim.equal(s, a.shape[i]!))
  const parts = [a, ...Array.from({ length: 1 + c.below(2) }, () => any(d, c, others)!)]
  const size = dim.sum(parts.map(p => p.shape[at]!))
  d.define(
    `concat(${parts.map(p => p.text).join(', ')}${at === a.shape.length - 1 ? '' : ` over ${at}`})`,
    a.shape.map((s, i) => (i === at ? size : s)),
    parts,
    c,
  )
}

const split: Maker = (d, c) => {
  const halves = (s: Dim | undefined): Dim | undefined => (s === undefined ? undefined : dim.divide(s, dim.constant(2)))
  const v = any(d, c, x => halves(x.shape.at(-1)) !== undefined)
  if (v === undefined) return
  const shape = [...v.shape.slice(0, -1), halves(v.shape.at(-1))!]
  const [a, b] = [d.fresh('v'), d.fresh('v')]
  d.equations.push(`${a}, ${b} = split(${v.text}, 2)`)
  for (const name of [a, b]) d.add({ text: name, shape, timed: v.timed, named: true, late: v.late })
}

/** Stretches that are there whatever the dims are. */
const stretches = (size: Dim): readonly (readonly [string, Dim])[] => {
  const n = dim.asNumber(size)
  if (n !== undefined)
    return n === 1
      ? [['0:1', dim.one]]
      : [
          [`0:${n - 1}`, dim.constant(n - 1)],
          [`1:`, dim.constant(n - 1)],
          [`${n - 1}:${n}`, dim.one],
        ]
  const found: (readonly [string, Dim])[] = [
    ['0:1', dim.one],
    [`${size.key} - 1:`, dim.one],
  ]
  const terms = [...size.terms]
  const [first] = terms
  const [name, count] = first!
  const one = name.split('*').reduce((p, x) => dim.multiply(p, dim.variable(x)), dim.one)
  if (count > 1) found.unshift([`0:${one.key}`, one], [`${one.key}:${dim.scale(one, 2).key}`, one])
  else if (terms.length > 1) found.unshift([`:${one.key}`, one], [`${one.key}:`, dim.subtract(size, one)])
  return found
}

const slice: Maker = (d, c) => {
  const v = any(d, c, x => x.shape.length > 0)
  if (v === undefined) return
  const at = c.below(v.shape.length)
  const items = v.shape.map(() => ':')
  if (c.once(3)) {
    items[at] = c.of(['0', `${v.shape[at]!.key} - 1`])
    d.define(
      `${v.text}[${items.slice(0, at + 1).join(', ')}]`,
      v.shape.filter((_, i) => i !== at),
      [v],
      c,
    )
    return
  }
  const [range, size] = c.of(stretches(v.shape[at]!))
  items[at] = range
  d.define(
    `${v.text}[${items.join(', ')}]`,
    v.shape.map((s, i) => (i === at ? size : s)),
    [v],
    c,
  )
}

const stretched: Maker = (d, c) => {
  const v = any(d, c, x => x.shape.length >= 1 && x.shape.length <= 2)
  if (v === undefined) return
  const at = c.below(v.shape.length + 1)
  const items = v.shape.map(() => ':')
  items.splice(at, 0, 'new')
  const shape = [...v.shape]
  shape.splice(at, 0, dim.one)
  d.define(`${v.text}[${items.join(', ')}]`, shape, [v], c)
}

const reshape: Maker = (d, c) => {
  const v = any(d, c)
  if (v === undefined) return
  const size = dim.product(v.shape)
  const same_ = shapes.filter(s => dim.equal(dim.product(s), size))
  const more: Shape[] = [[size], [dim.one, ...v.shape], [...v.shape, dim.one], v.shape.toReversed(), v.shape.filter(s => !dim.isOne(s))]
  const to = c.of([...same_, ...more])
  d.define(`reshape(${v.text}, ${showShape(to)})`, to, [v], c)
}

const transpose: Maker = (d, c) => {
  const v = any(d, c, x => x.shape.length >= 2)
  if (v !== undefined) d.define(`transpose(${v.text})`, v.shape.toReversed(), [v], c)
}

const delay: Maker = (d, c) => {
  const v = any(d, c, x => x.timed)
  if (v === undefined) return
  const by = 1 + c.below(3)
  d.define(`${v.text}[t-${by}]${c.once(8) ? '[t-1]' : ''}`, v.shape, [v], c)
}

/** A state that has no equation yet may be delayed as well. */
const past: Maker = (d, c) => {
  if (d.states.length === 0) return
  const s = c.of(d.states)
  d.add({ text: `${s.name}[t-${1 + c.below(3)}]`, shape: s.shape, timed: true, named: false, late: false })
}

const advance: Maker = (d, c) => {
  const free = d.model && d.settled
  const v = any(d, c, x => x.timed && x.named && (/^x\d+$/.test(x.text) || free))
  if (v === undefined) return
  const late = !/^x\d+$/.test(v.text)
  const made = `${v.text}[t+${1 + c.below(2)}]`
  const name = d.fresh('v')
  d.equations.push(`${name} = ${made}`)
  d.add({ text: name, shape: v.shape, timed: true, named: true, late: late || v.late })
}

/** A plain equation that reads itself at another step. */
const selfish: Maker = (d, c) => {
  const v = any(d, c)
  if (v === undefined) return
  const back = d.model && d.settled && c.once(3)
  const name = d.fresh('v')
  d.equations.push(`${name}: ${showShape(v.shape)} = 0.5 * ${name}[t${back ? '+' : '-'}${1 + c.below(2)}] + ${v.text}`)
  d.add({ text: name, shape: v.shape, timed: true, named: true, late: v.late || back })
}

const stop: Maker = (d, c) => {
  const v = any(d, c)
  if (v !== undefined) d.define(`stop_gradient(${v.text})`, v.shape, [v], c)
}

const functions: Readonly<Record<string, readonly [string, (a: string, b: string) => string]>> = {
  swish: ['fn swish(v, beta = 1) = v * sigmoid(beta * v)', a => `swish(${a})`],
  mix: ['fn mix(a, b, r = 0.3) {\n  k = r * a\n  return k + (1 - r) * b\n}', (a, b) => `mix(${a}, ${b})`],
  lag: ['fn lag(v) = 0.5 * v + 0.5 * v[t-1]', a => `lag(${a})`],
  twice: ['fn twice(v) = swish(swish(v, 2), beta = 0.5)', a => `twice(${a})`],
}
const call: Maker = (d, c) => {
  const f = c.of(Object.keys(functions))
  const a = any(d, c, v => f !== 'lag' || v.timed)
  if (a === undefined) return
  const b = any(d, c, v => same(v.shape, a.shape))!
  d.fns.set(f, functions[f]![0])
  if (f === 'twice') d.fns.set('swish', functions['swish']![0])
  d.define(functions[f]![1](a.text, b.text), a.shape, f === 'mix' ? [a, b] : [a], c)
}

const lookUp: Maker = (d, c) => {
  const size = dim.variable('K')
  const i = d.indices.length > 0 && !c.once(3) ? c.of(d.indices) : d.index(size, c)
  const index = i.timed && c.once(4) ? `${i.text}[t-1]` : i.text
  if (c.once(4)) {
    d.define(`one_hot(${index}, ${i.size.key})`, [i.size], [], c, i.timed)
    return
  }
  const table = any(d, c, v => v.shape.length > 0 && dim.equal(v.shape[0]!, i.size))
  if (table !== undefined && c.once(4)) d.define(`${table.text}[${index}]`, table.shape.slice(1), [table], c, table.timed || i.timed)
  else {
    const row = c.of<Shape>([[dim.variable('H')], [], [dim.variable('D')], [dim.variable('N'), dim.variable('C')]])
    d.define(`${d.param([i.size, ...row], c)}[${index}]`, row, [], c, i.timed)
  }
}

const numbers: Maker = (d, c) => {
  const size = c.of(shapes.filter(s => s.length === 1))[0]!
  const [form, shape, timed] = c.of<readonly [string, Shape, boolean]>([
    ['sin(0.3 * t)', [], true],
    [`0.1 * range(${text(size)})`, [size], false],
    [`1 / H`, [], false],
    [`0.7`, [], false],
    [`t`, [], true],
    [`sin(t + range(${text(size)}))`, [size], true],
  ])
  d.define(form, shape, [], c, timed)
}

const parameter: Maker = (d, c) => {
  const shape = c.of(shapes)
  const name = d.param(shape, c)
  d.add({ text: name, shape, timed: false, named: true, late: false })
}
const rate: Maker = (d, c) => {
  const name = d.fresh('rate')
  d.declarations.push(`hyper ${name} = ${c.of(['0.1', '-2', '0.75'])}`)
  d.add({ text: name, shape: [], timed: false, named: true, late: false })
}
const input: Maker = (d, c) => void d.input(c.of(shapes), c)

/** Gives the next state its equation. */
export const close: Maker = (d, c) => {
  const state = d.states.find(s => !s.closed)
  if (state === undefined) return
  state.closed = true
  const { name, shape } = state
  const v = any(d, c, x => !x.late)
  const own = v === undefined ? d.param(shape, c) : d.fitted(v, shape, c)
  const g = any(d, c, x => !x.late && same(x.shape, shape))
  const k = c.below(2) + 1
  const form = c.of([
    `tanh(${own})`,
    `0.8 * ${name}[t-1] + 0.2 * (${own})`,
    own,
    `sigmoid(${g?.text ?? '0.3'}) * ${name}[t-${k}] + ${own}`,
    `${name}[t-${k}]`,
    `tanh(${own} + ${name}[t-1] - 0.5 * ${name}[t-2])`,
    `${name}[t-1] * 0.5 + stop_gradient(${own})`,
  ])
  d.equations.push(`${name} = ${form}`)
  d.add({ text: name, shape, timed: true, named: true, late: false })
}

const cells: readonly { name: string; use: string; fields: readonly string[]; shape: Shape }[] = [
  { name: 'GRU', use: 'GRU(H=H)', fields: ['h'], shape: [dim.variable('H')] },
  { name: 'LSTM', use: 'LSTM(H=K)', fields: ['h', 'c'], shape: [dim.variable('K')] },
  { name: 'PeepholeLSTM', use: 'PeepholeLSTM(H=D)', fields: ['h', 'c'], shape: [dim.variable('D')] },
  { name: 'LSTM1997', use: 'LSTM1997(H=C)', fields: ['h', 'c'], shape: [dim.variable('C')] },
  { name: 'Elman', use: 'Elman(H=H, K=K)', fields: ['y'], shape: [dim.variable('K')] },
  { name: 'BlockLSTM', use: 'BlockLSTM(N=N, C=C)', fields: ['h'], shape: [dim.multiply(dim.variable('N'), dim.variable('C'))] },
  { name: 'CoupledLSTM', use: 'CoupledLSTM(H=2)', fields: ['h', 'c'], shape: [dim.constant(2)] },
]

const instance: Maker = (d, c) => {
  const v = any(d, c, x => vector(x) && x.timed)
  if (!d.model || v === undefined) return
  const cell = c.of(cells)
  d.imports.add(cell.name)
  const start = any(d, c, x => !x.timed && same(x.shape, cell.shape) && x.named)
  const name = d.fresh('l')
  const initial = start !== undefined && cell.fields[0] === 'h' && c.once(2) ? `x=${v.text}, h=${start.text}` : v.text
  const from = [v, ...(start === undefined ? [] : [start])]
  const late = from.some(x => x.late)
  const results = [name]
  if (c.once(4)) {
    const w = any(d, c, x => x.timed && same(x.shape, v.shape))!
    const shared = d.fresh('cell')
    const second = d.fresh('l')
    d.equations.push(`${shared} = ${cell.use}`, `${name} = ${shared}(${initial})`, `${second} = ${shared}(${w.text})`)
    results.push(second)
  } else d.equations.push(`${name} = ${cell.use}(${initial})`)
  for (const r of results) for (const f of cell.fields) d.add({ text: `${r}.${f}`, shape: cell.shape, timed: true, named: true, late })
}

/** Those that shrinking should end at come first; what matters often stands twice. */
export const makers: readonly Maker[] = [
  unary,
  binary,
  gate,
  delay,
  past,
  close,
  product,
  slice,
  join,
  reduction,
  input,
  parameter,
  choice,
  stretched,
  gate,
  past,
  reshape,
  transpose,
  rowwise,
  contract,
  outer,
  split,
  call,
  lookUp,
  numbers,
  stop,
  selfish,
  advance,
  rate,
  instance,
  instance,
  unary,
  binary,
  repeated,
  noise,
  along,
  turned,
  summary,
]

/** What sees a whole sequence. */
export const ofWhole: readonly Maker[] = [turned, summary, backward, summary, turned, advance, selfish]
