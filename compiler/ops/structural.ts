/** Ops with a shape of their own: sources, views, sums, products, look-ups, and the passage of time. */
import * as dim from '../../dsl/dims.ts'
import type { Dim } from '../../dsl/dims.ts'
import { alongIn, alongOf, extent, ordered, sameAxes, unionAxes, type Attrs, type ContractSpec, type Id, type Node, type Value } from '../graph.ts'
import type { Builder } from '../builder.ts'
import { ShapeError, type StructuralRow } from './row.ts'
import { advanced, inChunk, isNear, isPlainDelay, withinReach } from './truncation.ts'

const real = (shape: readonly Dim[], axes: Value['axes']): Value => ({ shape, axes, type: 'real' })
const none: StructuralRow['adjoint'] = () => []
const constant: StructuralRow['tangent'] = () => undefined

/** A source says what it is: its value stands in its attributes. */
const declared = (_: readonly Value[], attrs: Attrs): Value => real(attrs.shape ?? [], attrs.axes ?? [])

const without = <T>(list: readonly T[], at: number): readonly T[] => list.filter((_, i) => i !== at)

/** What a delay is on its way back. Along t its operand is chosen at each step: it ends with each sequence, and with what a pass runs. */
export const wayBack = (n: Node): Pick<Attrs, 'along' | 'chosen' | 'cut'> => {
  const along = alongOf(n)
  if (along !== 't' || n.attrs.by! < 0) return alongIn(along)
  return { chosen: true, ...(isPlainDelay(n) ? { cut: true } : {}) }
}

/** Of the initial values of a stream, that of the step before the first. */
const newest = (b: Builder, d: Id): Id => (b.node(d).axes.includes('k') ? b.add('end', [d], { along: 'k', at: 'last' }) : d)

/** The dims that the letters of a contraction stand for. */
export const letterDims = (spec: ContractSpec, operands: readonly Value[]): ReadonlyMap<string, Dim> => {
  const dims = new Map<string, Dim>()
  spec.operands.forEach((letters, k) => {
    const { shape } = operands[k]!
    if (letters.length !== shape.length) throw new ShapeError(`'${letters}' names ${letters.length} dims`, operands)
    for (const [i, letter] of [...letters].entries()) {
      const known = dims.get(letter)
      if (known !== undefined && !dim.equal(known, shape[i]!)) throw new ShapeError('the sizes differ', operands)
      dims.set(letter, shape[i]!)
    }
  })
  return dims
}

/** What a contraction runs over: its factors, and what guards its terms. */
const summands = <T>({ continued }: Attrs, args: readonly T[]): readonly T[] => (continued === true ? args.slice(1) : args)

/** The operands that are multiplied, without the sum that is continued and the guard of the terms. */
export const factors = ({ attrs, args }: Node): readonly Id[] => summands(attrs, attrs.guarded === true ? args.slice(0, -1) : args)

export const guardOf = ({ attrs, args }: Node): Id | undefined => (attrs.guarded === true ? args.at(-1) : undefined)

/** True where the operand holds the largest (or smallest) entry, the first of equals. */
const chosen = (b: Builder, node: Node): Id => {
  const v = node.args[0]!
  const { shape } = b.node(v)
  const dims = node.attrs.dims!
  const where = b.add('reduce', [v], { kind: node.attrs.kind === 'max' ? 'argmax' : 'argmin', dims })
  const count = dim.product(dims.map(d => shape[d]!))
  const places = b.reshape(
    b.range(count),
    shape.map((d, i) => (dims.includes(i) ? d : dim.one)),
  )
  return b.map('eq', places, b.keepDims(where, shape, dims))
}

const lastDim = (value: Value): number => {
  if (value.shape.length === 0) throw new ShapeError('a vector is needed', [value])
  return value.shape.length - 1
}

/** softmax and its like along the last dim: sums keep their dim, so that they broadcast back. */
const rowwise = (b: Builder, v: Id, kind: 'sum' | 'max'): Id => {
  const { shape } = b.node(v)
  const d = [shape.length - 1]
  return b.keepDims(b.add('reduce', [v], { kind, dims: d }), shape, d)
}

/** The largest entry, what lies below it, and the logarithm of the sum of its exponentials: large entries lose no digits to their size. */
const belowTop = (b: Builder, v: Id): { readonly top: Id; readonly below: Id; readonly log: Id } => {
  const top = rowwise(b, v, 'max')
  const below = b.map('sub', v, top)
  return { top, below, log: b.map('log', rowwise(b, b.map('exp', below), 'sum')) }
}

export const structural = {
  source: { class: 'source', doc: 'a named array from outside', infer: declared, adjoint: none, tangent: constant },
  constant: { class: 'source', doc: 'a number', infer: declared, adjoint: none, tangent: constant },
  size: { class: 'source', doc: 'a dim as a number', infer: declared, adjoint: none, tangent: constant },
  range: {
    class: 'source',
    doc: '0, 1, …, n - 1',
    infer: (_, attrs) => real([attrs.size!], []),
    adjoint: none,
    tangent: constant,
  },
  step: { class: 'source', doc: 'the number of the step', infer: (_, attrs) => real([], [attrs.along ?? 't']), adjoint: none, tangent: constant },
  chunk: {
    class: 'source',
    doc: 'a number of the pass: an end of the chunk of steps whose losses are differentiated, or of what its window reaches',
    infer: () => real([], []),
    adjoint: none,
    tangent: constant,
  },
  /** Only in passing: where a loss, or what stands for one, leaves its steps. */
  seed: {
    class: 'view',
    doc: 'the value, whose gradient counts in the chunk of its step only',
    infer: args => args[0]!,
    adjoint: (b, n, dy) => [inChunk(b, dy, n.axes)],
    tangent: (b, n, _, d) => inChunk(b, d, n.axes),
  },
  stop: {
    class: 'view',
    doc: 'the value, with no gradient',
    infer: args => args[0]!,
    adjoint: none,
    tangent: constant,
  },
  reverse: {
    class: 'pick',
    doc: 'the steps in the opposite order',
    infer: args => args[0]!,
    adjoint: (b, n, dy) => [b.add('reverse', [dy], n.attrs)],
    tangent: (b, n, _, d) => b.add('reverse', [d], n.attrs),
  },
  end: {
    class: 'pick',
    doc: 'the value at the first or the last step; of a sequence of no steps the second operand, or zero',
    infer: ([v], attrs) => ({ ...v!, axes: v!.axes.filter(a => a !== (attrs.along ?? 't')) }),
    adjoint: (b, n, dy) => [
      b.onlyAt(dy, n.attrs.at === 'first' ? 'first' : 'last', alongOf(n), n.attrs.reversed),
      ...(n.args.length > 1 ? [b.whereEmpty(dy, alongOf(n), b.node(n.args[1]!))] : []),
    ],
    tangent: (b, n, k, d) => (k === 0 ? b.add('end', [d], n.attrs) : b.whereEmpty(newest(b, d), alongOf(n), n)),
  },
  fold: {
    class: 'view',
    doc: 'the steps of a sequence as the last dim of the shape',
    infer: ([v], attrs) => ({ ...v!, shape: [...v!.shape, extent(attrs.along!)], axes: v!.axes.filter(a => a !== attrs.along) }),
    adjoint: (b, n, dy) => [b.add('unfold', [dy], n.attrs)],
    tangent: (b, n, _, d) => b.add('fold', [d], n.attrs),
  },
  unfold: {
    class: 'view',
    doc: 'the last dim of the shape as the steps of a sequence',
    infer: ([v], attrs) => ({ ...v!, shape: v!.shape.slice(0, lastDim(v!)), axes: ordered([...v!.axes, attrs.along!]) }),
    adjoint: (b, n, dy) => [b.add('fold', [dy], n.attrs)],
    tangent: (b, n, _, d) => b.add('unfold', [d], n.attrs),
  },
  reshape: {
    class: 'view',
    doc: 'the same entries in another shape',
    infer: ([v], attrs) => {
      if (!dim.equal(dim.product(v!.shape), dim.product(attrs.shape!)))
        throw new ShapeError('the number of entries differs', [v!, { ...v!, shape: attrs.shape! }])
      return { ...v!, shape: attrs.shape! }
    },
    adjoint: (b, n, dy) => [b.reshape(dy, b.node(n.args[0]!).shape)],
    tangent: (b, n, _, d) => b.reshape(d, n.shape),
  },
  transpose: {
    class: 'view',
    doc: 'the dims in another order',
    infer: ([v], attrs) => ({ ...v!, shape: attrs.order!.map(i => v!.shape[i]!) }),
    adjoint: (b, n, dy) => [
      b.transpose(
        dy,
        n.attrs.order!.map((_, i) => n.attrs.order!.indexOf(i)),
      ),
    ],
    tangent: (b, n, _, d) => b.transpose(d, n.attrs.order!),
  },
  expand: {
    class: 'view',
    doc: 'repeats along dims and axes that the operand lacks',
    infer: ([v], attrs) => ({ ...v!, shape: attrs.shape!, axes: unionAxes([v!.axes, attrs.axes!]) }),
    adjoint: (_, __, dy) => [dy],
    tangent: (b, n, _, d) => b.add('expand', [d], n.attrs),
  },
  slice: {
    class: 'view',
    doc: 'a stretch of one dim',
    infer: ([v], { dim: d, from, to }) => ({
      ...v!,
      shape: v!.shape.map((s, i) => (i === d ? dim.subtract(to!, from!) : s)),
    }),
    adjoint: (b, n, dy) => [b.add('pad', [dy], { ...n.attrs, shape: b.node(n.args[0]!).shape })],
    tangent: (b, n, _, d) => b.add('slice', [d], n.attrs),
  },
  /** Only in passing: the differentiation joins pads to a `concat`. */
  pad: {
    class: 'defined',
    doc: 'zeros around a stretch of one dim',
    infer: ([v], attrs) => ({ ...v!, shape: attrs.shape! }),
    adjoint: (b, n, dy) => [b.slice(dy, n.attrs.dim!, n.attrs.from!, n.attrs.to!)],
    tangent: (b, n, _, d) => b.add('pad', [d], n.attrs),
    expand: (b, n) => b.padded(n.args[0]!, n.attrs),
  },
  concat: {
    class: 'view',
    doc: 'joined along one dim',
    infer: (args, { dim: d }) => {
      const [first] = args
      for (const a of args)
        if (a.shape.length !== first!.shape.length || !dim.sameShape(without(a.shape, d!), without(first!.shape, d!)))
          throw new ShapeError('the other dims differ', args)
      return {
        shape: first!.shape.map((s, i) => (i === d ? dim.sum(args.map(a => a.shape[d!]!)) : s)),
        axes: unionAxes(args.map(a => a.axes)),
        type: first!.type,
      }
    },
    adjoint: (b, n, dy) => {
      let from = dim.zero
      return n.args.map(a => {
        const to = dim.add(from, b.node(a).shape[n.attrs.dim!]!)
        const part = b.slice(dy, n.attrs.dim!, from, to)
        from = to
        return part
      })
    },
    tangent: (b, n, k, d) => {
      const sizes = n.args.map(a => b.node(a).shape[n.attrs.dim!]!)
      const from = dim.sum(sizes.slice(0, k))
      return b.add('pad', [d], { dim: n.attrs.dim!, from, to: dim.add(from, sizes[k]!), shape: n.shape })
    },
  },
  reduce: {
    class: 'reduce',
    doc: 'sum, largest or smallest entry over some dims; a sum goes in four interleaved lanes, then a fixed tree',
    infer: ([v], { dims, kind }) => ({
      shape: v!.shape.filter((_, i) => !dims!.includes(i)),
      axes: v!.axes,
      type: kind === 'argmax' || kind === 'argmin' ? 'index' : 'real',
    }),
    adjoint: (b, n, dy) => {
      const { shape } = b.node(n.args[0]!)
      const back = b.keepDims(dy, shape, n.attrs.dims!)
      if (n.attrs.kind === 'sum') return [back]
      if (n.attrs.kind === 'max' || n.attrs.kind === 'min') return [b.map('select', chosen(b, n), back, b.constant(0))]
      return []
    },
    tangent: (b, n, _, d) => {
      if (n.attrs.kind === 'sum') return b.add('reduce', [d], n.attrs)
      if (n.attrs.kind === 'max' || n.attrs.kind === 'min')
        return b.add('reduce', [b.map('select', chosen(b, n), d, b.constant(0))], { ...n.attrs, kind: 'sum' })
      return undefined
    },
  },
  contract: {
    class: 'contract',
    doc: 'a sum of products, by index names and over axes, ascending; it may continue another sum, and leave out terms that a guard does not let in',
    infer: (args, attrs) => {
      const { spec, over } = attrs
      const dims = letterDims(spec!, summands(attrs, args))
      return {
        shape: [...spec!.result].map(l => {
          const d = dims.get(l)
          if (d === undefined) throw new ShapeError(`the result has an index '${l}' that no operand has`, args)
          return d
        }),
        axes: unionAxes(args.map(a => a.axes)).filter(a => over?.includes(a) !== true),
        type: 'real',
      }
    },
    adjoint: (b, n, dy) => {
      const operands = summands(n.attrs, n.args)
      const letters = n.attrs.spec!.operands
      const parts = factors(n).map((a, k) => {
        const others = operands.filter((_, i) => i !== k)
        const names = [n.attrs.spec!.result, ...letters.filter((_, i) => i !== k)]
        const known = [...letters[k]!].filter(l => names.some(o => o.includes(l))).join('')
        const axes = unionAxes([b.node(dy).axes, ...others.map(o => b.node(o).axes)])
        const over = axes.filter(x => !b.node(a).axes.includes(x))
        const spec = { operands: names, result: known }
        const part = b.add('contract', [dy, ...others], { spec, over, ...(n.attrs.guarded === true ? { guarded: true } : {}) })
        return known === letters[k]
          ? part
          : b.reshape(
              part,
              b.node(a).shape.map((s, i) => (known.includes(letters[k]![i]!) ? s : dim.one)),
            )
      })
      return n.attrs.continued === true ? [dy, ...parts] : parts
    },
    tangent: (b, n, k, d) => {
      const { continued, ...attrs } = n.attrs
      if (continued === true && k === 0) return d
      const at = continued === true ? k - 1 : k
      const operands = summands(n.attrs, n.args)
      if (n.attrs.guarded === true && at === operands.length - 1) return undefined
      return b.add(
        'contract',
        operands.map((a, i) => (i === at ? d : a)),
        attrs,
      )
    },
  },
  gather: {
    class: 'gather',
    doc: 'the row that an index picks; zero for -1',
    infer: ([table, index]) => ({
      shape: table!.shape.slice(1),
      axes: unionAxes([table!.axes, index!.axes]),
      type: table!.type,
    }),
    adjoint: (b, n, dy) => {
      const table = b.node(n.args[0]!)
      const over = n.axes.filter(a => !table.axes.includes(a))
      return [b.add('scatter', [dy, n.args[1]!], { size: table.shape[0]!, over })]
    },
    tangent: (b, n, k, d) => (k === 0 ? b.add('gather', [d, n.args[1]!], n.attrs) : undefined),
  },
  scatter: {
    class: 'scatter',
    doc: 'adds to the row that an index picks; nothing for -1',
    infer: ([v, index], { size, over }) => ({
      shape: [size!, ...v!.shape],
      axes: unionAxes([v!.axes, index!.axes]).filter(a => !over!.includes(a)),
      type: 'real',
    }),
    adjoint: (b, n, dy) => [b.add('gather', [dy, n.args[1]!], {})],
    tangent: (b, n, k, d) => (k === 0 ? b.add('scatter', [d, n.args[1]!], n.attrs) : undefined),
  },
  shift: {
    class: 'shift',
    doc: 'delay (by > 0) or advance along a sequence; outside of the sequence the second operand, or zero',
    infer: ([v], attrs) => ({ ...declared([], attrs), type: v!.type }),
    adjoint: (b, n, dy) => [
      advanced(b, b.shift(dy, -n.attrs.by!, wayBack(n)), n),
      ...(n.args.length > 1
        ? [
            b.add('edge', [dy, ...(n.attrs.cuts === undefined || isPlainDelay(n) ? [] : [isNear(b, n, 'reader')])], {
              ...alongIn(alongOf(n)),
              by: n.attrs.by!,
              depth: n.attrs.depth ?? 1,
              ...(n.attrs.carries === true ? { carries: true } : {}),
              ...(isPlainDelay(n) ? { cut: true } : {}),
            }),
          ]
        : []),
    ],
    tangent: (b, n, k, d) =>
      withinReach(
        b,
        k === 0
          ? b.shift(d, n.attrs.by!, alongIn(alongOf(n)))
          : b.shift(b.constant(0), n.attrs.by!, { ...alongIn(alongOf(n)), depth: n.attrs.depth ?? 1 }, d, n),
        n,
        'reader',
      ),
  },
  edge: {
    class: 'edge',
    doc: 'what a delay gives back to its initial values, from the steps at which the second operand holds, or from all',
    infer: ([dy], { depth, along = 't' }) => ({ ...dy!, axes: ordered([...(depth! > 1 ? ['k'] : []), ...dy!.axes.filter(a => a !== along)]) }),
    adjoint: none,
    tangent: (b, n, k, d) => (k === 0 ? b.add('edge', [d, ...n.args.slice(1)], n.attrs) : undefined),
  },
  softmax: {
    class: 'defined',
    doc: 'exp(v) over its sum, along the last dim',
    infer: ([v]) => (lastDim(v!), v!),
    adjoint: (b, n, dy) => [b.map('mul', n.id, b.map('sub', dy, rowwise(b, b.map('mul', dy, n.id), 'sum')))],
    tangent: (b, n, _, d) => {
      const part = b.map('mul', n.id, d)
      return b.map('sub', part, b.map('mul', n.id, rowwise(b, part, 'sum')))
    },
    mass: (b, n, d) => {
      const part = b.map('mul', n.id, d)
      return b.map('add', part, b.map('mul', n.id, rowwise(b, part, 'sum')))
    },
    expand: (b, n) => {
      const e = b.map('exp', b.map('sub', n.args[0]!, rowwise(b, n.args[0]!, 'max')))
      return b.map('div', e, rowwise(b, e, 'sum'))
    },
  },
  log_softmax: {
    class: 'defined',
    doc: 'v less its logsumexp, along the last dim',
    infer: ([v]) => (lastDim(v!), v!),
    adjoint: (b, n, dy) => [b.map('sub', dy, b.map('mul', b.map('exp', n.id), rowwise(b, dy, 'sum')))],
    tangent: (b, n, _, d) => b.map('sub', d, rowwise(b, b.map('mul', b.map('exp', n.id), d), 'sum')),
    mass: (b, n, d) => b.map('add', d, rowwise(b, b.map('mul', b.map('exp', n.id), d), 'sum')),
    expand: (b, n) => {
      const { below, log } = belowTop(b, n.args[0]!)
      return b.map('sub', below, log)
    },
  },
  logsumexp: {
    class: 'defined',
    doc: 'the logarithm of the sum of exp(v), along the last dim',
    infer: ([v]) => ({ ...v!, shape: v!.shape.slice(0, lastDim(v!)) }),
    adjoint: (b, n, dy) => {
      const { shape } = b.node(n.args[0]!)
      return [b.map('mul', b.keepDims(dy, shape, [shape.length - 1]), b.add('softmax', [n.args[0]!], {}))]
    },
    tangent: (b, n, _, d) =>
      b.add('reduce', [b.map('mul', b.add('softmax', [n.args[0]!], {}), d)], { kind: 'sum', dims: [b.node(n.args[0]!).shape.length - 1] }),
    expand: (b, n) => {
      const { top, log } = belowTop(b, n.args[0]!)
      return b.reshape(b.map('add', top, log), n.shape)
    },
  },
  cross_entropy: {
    class: 'defined',
    doc: '-log softmax(logits)[index], in nats; of several indices one for each',
    infer: ([v, index]) => {
      if (v!.shape.length === 0) throw new ShapeError('a vector of logits is needed', [v!])
      const rows = v!.shape.slice(0, -1)
      if (rows.length > 0 && !dim.sameShape(rows, index!.shape)) throw new ShapeError('one vector of logits is needed for each index', [v!, index!])
      return { shape: index!.shape, axes: unionAxes([v!.axes, index!.axes]), type: 'real' }
    },
    adjoint: (b, n, dy) => {
      const [v, index] = n.args as [Id, Id]
      const gap = b.map('sub', b.add('softmax', [v], {}), b.oneHot(index, b.node(v).shape.at(-1)!))
      return [b.map('mul', b.reshape(dy, [...n.shape, dim.one]), gap)]
    },
    tangent: (b, n, k, d) => {
      if (k !== 0) return undefined
      const mean = b.sumLast(b.map('mul', b.add('softmax', [n.args[0]!], {}), d))
      return b.map('sub', mean, b.pick(d, n.args[1]!))
    },
    mass: (b, n, d) => b.map('add', b.sumLast(b.map('mul', b.add('softmax', [n.args[0]!], {}), d)), b.pick(d, n.args[1]!)),
    expand: (b, n) => {
      const [v, index] = n.args as [Id, Id]
      const { top, below, log } = belowTop(b, v)
      const rows = b.node(v).shape.slice(0, -1)
      // The entry of -1 is zero, as everywhere.
      const entry = b.map('select', b.map('ge', index, b.constant(0)), b.pick(below, index), b.map('neg', b.reshape(top, rows)))
      return b.map('sub', b.reshape(log, rows), entry)
    },
  },
} satisfies Record<string, StructuralRow>

/** True when a contribution of this value can be added to that one as it is. */
export const fits = (a: Value, b: Value): boolean => dim.sameShape(a.shape, b.shape) && sameAxes(a.axes, b.axes)
