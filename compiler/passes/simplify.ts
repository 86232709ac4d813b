/** Passes that write the same values with less work. */
import * as dim from '../../dsl/dims.ts'
import { foldedAxis, sameAxes, unionAxes, type Graph, type Id, type Node } from '../graph.ts'
import { broadcast, type Builder } from '../builder.ts'
import { rowOf } from '../ops/table.ts'
import { copyNode, rebuild, useCounts, type Pass, type Rewrite } from './rebuild.ts'

const isConstant = (b: Builder, id: Id, value: number): boolean => {
  const n = b.node(id)
  return n.op === 'constant' && n.attrs.value === value
}

/** A repeated operand broadcasts by itself, where the result stays as large. */
const unexpanded = (b: Builder, node: Node, args: readonly Id[]): readonly Id[] => {
  if (rowOf(node.op).class !== 'map') return args
  let current = args
  args.forEach((a, i) => {
    const n = b.node(a)
    if (n.op !== 'expand') return
    const trial = current.map((x, j) => (j === i ? n.args[0]! : x))
    const values = trial.map(x => b.node(x))
    if (dim.sameShape(broadcast(values), node.shape) && sameAxes(unionAxes(values.map(v => v.axes)), node.axes)) current = trial
  })
  return current
}

const simplified: Rewrite = (b, node, map) => {
  if (node.op === 'shift' || node.op === 'source') return undefined
  if (node.op === 'stop' || node.op === 'seed') return map(node.args[0]!)
  const args = unexpanded(b, node, node.args.map(map))
  const [x, y] = args
  if (node.op === 'mul' && isConstant(b, y!, 1) && keeps(b, x!, node)) return x
  if (node.op === 'mul' && isConstant(b, x!, 1) && keeps(b, y!, node)) return y
  if (node.op === 'div' && isConstant(b, y!, 1) && keeps(b, x!, node)) return x
  if (node.op === 'reverse' && b.node(x!).op === 'reverse') return b.node(x!).args[0]
  if (node.op === 'neg' && b.node(x!).op === 'neg') return b.node(x!).args[0]
  if (node.op === 'add' && b.node(y!).op === 'neg') return b.map('sub', x!, b.node(y!).args[0]!)
  if (node.op === 'contract' && node.attrs.continued !== true && args.length === 1) {
    const { spec, over } = node.attrs
    if (spec!.operands[0] === spec!.result && over!.every(a => !b.node(x!).axes.includes(a))) return x
  }
  return copyNode(b, node, args)
}

const keeps = (b: Builder, x: Id, node: Node): boolean => dim.sameShape(b.node(x).shape, node.shape) && sameAxes(b.node(x).axes, node.axes)

export const simplify: Pass = {
  name: 'simplify',
  doc: 'leaves out multiplications by 1, double negations, repetitions that broadcasting does anyway, and what nobody reads',
  exact: true,
  run: graph => rebuild(graph, simplified),
}

export const expandDefined: Pass = {
  name: 'expand',
  doc: 'writes softmax and its like in simpler ops, once their adjoints have been taken',
  exact: true,
  run: graph => {
    let current = graph
    while (current.nodes.some(n => rowOf(n.op).class === 'defined'))
      current = rebuild(current, (b, node, map) => {
        const row = rowOf(node.op)
        if (row.class !== 'defined') return undefined
        return row.expand!(b, { ...node, args: node.args.map(map) })
      })
    return current
  },
}

/** What a reduction takes where there is nothing. */
const neutral = { sum: 0, max: -Infinity, argmax: -Infinity, min: Infinity, argmin: Infinity } as const

export const boundReductions: Pass = {
  name: 'bound-reductions',
  doc: 'a reduction over the steps of a sequence takes those that exist',
  exact: true,
  run: graph =>
    graph.nodes.some(n => n.op === 'reduce' && n.attrs.dims!.some(d => foldedAxis(graph.nodes[n.args[0]!]!.shape[d]!) !== undefined))
      ? rebuild(graph, (b, node, map) => {
          if (node.op !== 'reduce') return undefined
          const { shape } = graph.nodes[node.args[0]!]!
          const bounded = node.attrs.dims!.reduce((v, d) => {
            const along = foldedAxis(shape[d]!)
            if (along === undefined) return v
            const step = b.reshape(
              b.range(shape[d]!),
              shape.slice(d).map((s, i) => (i === 0 ? s : dim.one)),
            )
            return b.map('select', b.map('lt', step, b.length(along)), v, b.constant(neutral[node.attrs.kind!]))
          }, map(node.args[0]!))
          return b.add('reduce', [bounded], node.attrs)
        })
      : graph,
}

/** Everything written out, as it is run. */
export const written = (graph: Graph): Graph => boundReductions.run(expandDefined.run(graph))

/** Letters of a factor of an elementwise product, when its dims are the product's own. */
const lettersOf = (b: Builder, factor: Id, whole: Node, names: string): string | undefined => {
  const { shape } = b.node(factor)
  const offset = whole.shape.length - shape.length
  return shape.every((d, i) => dim.equal(d, whole.shape[i + offset]!)) ? names.slice(offset) : undefined
}

/** The sum runs over the last dims of its one factor, and over no axes: each place has its own. */
const isRow = ({ op, args, attrs }: Node): boolean =>
  op === 'contract' && args.length === 1 && attrs.continued !== true && attrs.over!.length === 0 && attrs.spec!.operands[0]!.startsWith(attrs.spec!.result)

export const contractProducts: Pass = {
  name: 'contract-products',
  doc: 'a sum of elementwise products is a contraction: the products need not be stored; a sum over a row of each place is a reduction: it ends the kernel that makes the row',
  exact: false,
  run: graph => {
    const uses = useCounts(graph)
    return rebuild(graph, (b, node, map) => {
      if (node.op !== 'contract' || node.args.length !== 1 || node.attrs.continued === true) return undefined
      const whole = graph.nodes[node.args[0]!]!
      const { spec, over } = node.attrs
      const letters = spec!.operands[0]!
      const row = (): Id => b.add('reduce', [map(whole.id)], { kind: 'sum', dims: [...letters].map((_, i) => i).slice(spec!.result.length) })
      if (whole.op !== 'mul' || uses.get(whole.id) !== 1 || whole.args[0] === whole.args[1]) return isRow(node) ? row() : undefined
      const [l, r] = whole.args.map(a => lettersOf(b, map(a), whole, letters))
      if (l === undefined || r === undefined) return isRow(node) ? row() : undefined
      // Where each place has factors of its own, no number serves two sums.
      if (isRow(node) && [...spec!.result].every(x => l.includes(x) && r.includes(x)) && whole.args.every(a => sameAxes(b.node(map(a)).axes, node.axes)))
        return row()
      return b.add('contract', whole.args.map(map), { spec: { operands: [l, r], result: spec!.result }, over: over! })
    })
  },
}

/** One number for a whole row: divided by at each place of a larger shape. */
const isRowwise = (b: Builder, divisor: Id, node: Node): boolean => {
  const d = b.node(divisor)
  return (
    d.axes.length > 0 && sameAxes(d.axes, node.axes) && (d.shape.length < node.shape.length || d.shape.some(dim.isOne)) && !dim.sameShape(d.shape, node.shape)
  )
}

export const divideOnce: Pass = {
  name: 'divide-once',
  doc: 'where a row is divided by one number (a norm, a sum), the number is inverted once, and the row multiplied',
  exact: false,
  run: graph =>
    rebuild(graph, (b, node, map) => {
      if (node.op !== 'div') return undefined
      const [x, y] = node.args.map(map) as [Id, Id]
      return isRowwise(b, y, node) ? b.map('mul', x, b.map('div', b.constant(1), y)) : undefined
    }),
}

export const runPasses = (graph: Graph, passes: readonly Pass[], check: (g: Graph, name: string) => Graph): Graph =>
  passes.reduce((g, p) => check(p.run(g), p.name), graph)
