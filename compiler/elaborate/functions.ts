/** The functions of the language, in terms of ops. */
import * as dim from '../../dsl/dims.ts'
import { limits } from '../../dsl/limits.ts'
import { messages } from '../../dsl/messages.ts'
import type { Argument, Expr } from '../../dsl/syntax.ts'
import { alongIn, nameOfAxis, ordered, sequencesOf, type Attrs, type Axis, type Id } from '../graph.ts'
import type { MapOp } from '../ops/elementwise.ts'
import { ShapeError } from '../ops/row.ts'
import { mapRow, structuralRow } from '../ops/table.ts'
import { argumentsOf } from './arguments.ts'
import { convolution, cumulativeSum, edges } from './along.ts'
import { refuse, sourceText, type Context, type Meaning } from './context.ts'
import { otherDot } from './slips/products.ts'
import { bounded, evaluate, extentOf, fitting, number, stream, structuralCount } from './expression.ts'

type Call = Expr & { kind: 'call' }
interface Entry {
  readonly params: readonly string[]
  /** How many of them must be given. */
  readonly least: number
  /** One line for the manual. */
  readonly doc: string
  readonly make: (ctx: Context, call: Call, args: readonly Argument[]) => Meaning
}

const is = (id: Id): Meaning => ({ kind: 'stream', id })

/** A function of numbers that broadcasts; made of nodes by `write`. */
const numeric = (doc: string, params: string, write: (ctx: Context, args: readonly Id[]) => Id, least?: number): Entry => {
  const names = params.split(' ')
  return {
    params: names,
    least: least ?? names.length,
    doc,
    make: (ctx, call, args) => {
      const ids = args.map(a => number(ctx, a.value))
      return is(
        fitting(
          ctx,
          call,
          sourceText(ctx.world, call.callee.span),
          args.map(a => a.value),
          () => write(ctx, ids),
        ),
      )
    },
  }
}

/** An op under its own name. */
const op = (name: MapOp): Entry => numeric(mapRow(name).doc, mapRow(name).params.join(' '), ({ world }, args) => world.b.map(name, ...args))

/** A formula of the cell language. */
const formula = (params: string, text: string): Entry =>
  numeric(`\`${text}\``, params, ({ world }, args) => world.b.formula(text, new Map(params.split(' ').map((p, i) => [p, args[i]!] as const))))

/** Which dims a reduction goes over: all, or the one that `over` names. */
const reducedDims = (ctx: Context, a: Argument, v: Id): readonly number[] => {
  const { shape } = ctx.world.b.node(v)
  if (a.over === undefined) return shape.map((_, i) => i)
  if ('kind' in a.over) {
    if (!Number.isInteger(a.over.value) || a.over.value < 0 || a.over.value >= shape.length)
      refuse(a.over.span, messages.noSuchDim(a.over.text, dim.showShape(shape)))
    return [a.over.value]
  }
  const { name, span } = a.over
  if (!ctx.dims.has(name)) return refuse(span, messages.noSuchDim(name, dim.showShape(shape)))
  const key = ctx.dims.get(name)!.key
  const found = shape.flatMap((d, i) => (d.key === key ? [i] : []))
  if (found.length === 0) refuse(span, messages.noSuchDim(name, dim.showShape(shape)))
  if (found.length > 1) refuse(span, messages.ambiguousDim(name, dim.showShape(shape), found))
  return found
}

/** The sequence that an argument is taken over, if it is one. */
const sequenceOf = (ctx: Context, a: Argument): Axis | undefined =>
  a.over !== undefined && 'name' in a.over && !ctx.dims.has(a.over.name) ? ctx.axes.get(a.over.name) : undefined

/** A cell runs step by step along its own sequence. */
const wholeIn = (ctx: Context, call: Call, along: Axis, what: string): void => {
  if (ctx.block.kind === 'cell' && along === ctx.axes.get('t')) refuse(call.span, messages.wholeSequenceInCell(what))
}

/** A value that has its own steps in each sequence of the batch. */
const seenWhole = (ctx: Context, call: Call, a: Argument, v: Id, along: Axis): Id => {
  const { b } = ctx.world
  wholeIn(ctx, call, along, `over ${nameOfAxis(along)}`)
  const { shape, axes } = b.node(v)
  if (!axes.includes(along)) refuse(a.value.span, messages.noSequence(sourceText(ctx.world, a.value.span), nameOfAxis(along)))
  return b.expand(v, shape, ordered([...axes, 'b']))
}

/** A sum over all steps. */
const sumAlong = (ctx: Context, v: Id, along: Axis): Id => {
  const { b } = ctx.world
  const letters = 'abcdefgh'.slice(0, b.node(v).shape.length)
  return b.add('contract', [v], { spec: { operands: [letters], result: letters }, over: [along] })
}

/** How many steps there are; 1 where there are none, so that a mean over nothing is 0. */
const stepsAlong = (ctx: Context, along: Axis): Id => ctx.world.b.map('max', ctx.world.lengths.get(along)!, ctx.world.b.constant(1))

const meanAlong = (ctx: Context, v: Id, along: Axis): Id => ctx.world.b.map('div', sumAlong(ctx, v, along), stepsAlong(ctx, along))

/** The value where the sequence has steps; of none it is 0, as a sum and a mean are. */
const ofSteps = ({ world }: Context, v: Id, along: Axis): Id => {
  const { b } = world
  return b.map('select', b.map('eq', world.lengths.get(along)!, b.constant(0)), b.constant(0), v)
}

/** A reduction over the steps of a sequence. */
const reductionAlong = (ctx: Context, what: string, v: Id, along: Axis): Id => {
  const { b } = ctx.world
  const squared = (x: Id): Id => b.map('mul', x, x)
  switch (what) {
    case 'mean':
      return meanAlong(ctx, v, along)
    case 'var':
      return meanAlong(ctx, squared(b.map('sub', v, meanAlong(ctx, v, along))), along)
    case 'norm':
      return b.map('root', sumAlong(ctx, squared(v), along))
    case 'max':
    case 'min':
      return ofSteps(ctx, b.add('reduce', [b.add('fold', [v], { along })], { kind: what, dims: [b.node(v).shape.length] }), along)
    default:
      return sumAlong(ctx, v, along)
  }
}

/** A reduction: over the whole shape, over one dim, or over time. */
const reduction = (what: string, write: (ctx: Context, v: Id, dims: readonly number[]) => Id): Entry => ({
  params: ['v'],
  least: 1,
  doc: `the ${what} of all entries; \`over N\`: along one dim; \`over t\`: over the steps of a sequence`,
  make: (ctx, call, [a]) => {
    const v = number(ctx, a!.value)
    const along = sequenceOf(ctx, a!)
    if (along !== undefined)
      return is(ctx.world.b.at(call.span, () => reductionAlong(ctx, sourceText(ctx.world, call.callee.span), seenWhole(ctx, call, a!, v, along), along)))
    const dims = reducedDims(ctx, a!, v)
    return is(ctx.world.b.at(call.span, () => (dims.length === 0 ? write(ctx, v, []) : write(ctx, v, dims))))
  },
})

const reduce = (ctx: Context, kind: 'sum' | 'max' | 'min', v: Id, dims: readonly number[]): Id =>
  dims.length === 0 ? v : ctx.world.b.add('reduce', [v], { kind, dims })

const mean = (ctx: Context, v: Id, dims: readonly number[]): Id => {
  const { b } = ctx.world
  const count = dim.product(dims.map(d => b.node(v).shape[d]!))
  return b.map('div', reduce(ctx, 'sum', v, dims), b.size(count))
}

const variance = (ctx: Context, v: Id, dims: readonly number[]): Id => {
  const { b } = ctx.world
  const { shape } = b.node(v)
  const off = b.map('sub', v, b.keepDims(mean(ctx, v, dims), shape, dims))
  return mean(ctx, b.map('mul', off, off), dims)
}

const norm = (ctx: Context, v: Id, dims: readonly number[]): Id => ctx.world.b.map('root', reduce(ctx, 'sum', ctx.world.b.map('mul', v, v), dims))

/** softmax and its like: over the last dim, or the one named. */
const rowwise = (name: 'softmax' | 'log_softmax' | 'logsumexp'): Entry => ({
  params: ['v'],
  least: 1,
  doc: `${structuralRow(name).doc}; \`over N\`: along another; \`over s\`: over the steps of a sequence`,
  make: (ctx, call, [a]) => {
    const { b } = ctx.world
    const v = number(ctx, a!.value)
    const along = sequenceOf(ctx, a!)
    if (along !== undefined) {
      const made = b.add(name, [b.add('fold', [seenWhole(ctx, call, a!, v, along)], { along })], {})
      return is(name === 'logsumexp' ? ofSteps(ctx, made, along) : b.add('unfold', [made], { along }))
    }
    const rank = b.node(v).shape.length
    const last = rank - 1
    return is(
      fitting(ctx, call, name, [a!.value], () => {
        const at = a!.over === undefined ? last : reducedDims(ctx, a!, v)[0]!
        if (at === last) return b.add(name, [v], {})
        const order = [...Array.from({ length: rank }, (_, i) => i).filter(i => i !== at), at]
        const result = b.add(name, [b.transpose(v, order)], {})
        return name === 'logsumexp'
          ? result
          : b.transpose(
              result,
              order.map((_, i) => order.indexOf(i)),
            )
      }),
    )
  },
})

/** `max(v)` goes over the shape, `max(a, b)` is elementwise. */
const extremum = (kind: 'max' | 'min'): Entry => ({
  params: ['a', 'b'],
  least: 1,
  doc: `of two: ${mapRow(kind).doc}; of one: the ${kind === 'max' ? 'largest' : 'smallest'} entry, or along one dim with \`over N\`, or the steps with \`over t\``,
  make: (ctx, call, args) =>
    args.length === 2 ? op(kind).make(ctx, call, args) : reduction(kind, (c, v, dims) => reduce(c, kind, v, dims)).make(ctx, call, args),
})

/** Normalisation over the last dim (Ba, Kiros & Hinton 2016; Zhang & Sennrich 2019), with eps 1e-5 under the root. */
const normalised =
  (centred: boolean): ((ctx: Context, args: readonly Id[]) => Id) =>
  (ctx, [v, gain, bias]) => {
    const { b } = ctx.world
    const { shape } = b.node(v!)
    if (shape.length === 0) throw new ShapeError('a vector is needed', [b.node(v!)])
    const last = [shape.length - 1]
    const keep = (x: Id): Id => b.keepDims(x, shape, last)
    const off = centred ? b.map('sub', v!, keep(mean(ctx, v!, last))) : v!
    const power = mean(ctx, b.map('mul', off, off), last)
    const root = b.map('sqrt', b.map('add', power, b.constant(1e-5)))
    let y = b.map('div', off, keep(root))
    if (gain !== undefined) y = b.map('mul', y, gain)
    return bias === undefined ? y : b.map('add', y, bias)
  }

/** A target of a loss that is an index. */
const crossEntropy: Entry = {
  params: ['logits', 'index'],
  least: 2,
  doc: 'minus the log of the probability that a softmax of the logits gives to the index; its row of the gradient is zero where the index is -1',
  make: (ctx, call, [logits, index]) => {
    const { b } = ctx.world
    const v = number(ctx, logits!.value)
    notNormalised(ctx, logits!.value, v, ['softmax', 'log_softmax', 'sigmoid'])
    const i = stream(ctx, index!.value)
    if (b.node(i).type !== 'index') refuse(index!.span, messages.notAnIndex(sourceText(ctx.world, index!.span)))
    return is(fitting(ctx, call, 'cross_entropy', [logits!.value], () => b.add('cross_entropy', [v, i], {})))
  },
}

/** A loss that takes logits must not be given probabilities. */
const notNormalised = (ctx: Context, e: Expr, v: Id, ops: readonly string[]): void => {
  const made = ctx.world.b.node(v).op
  if (ops.includes(made)) refuse(e.span, messages.probabilityToLogits(sourceText(ctx.world, e.span), made))
}

const binaryCrossEntropy: Entry = {
  params: ['logits', 'p'],
  least: 2,
  doc: '`softplus(logits) - p * logits`, summed: for logits of a sigmoid, and p from 0 to 1',
  make: (ctx, call, [logits, p]) => {
    const v = number(ctx, logits!.value)
    notNormalised(ctx, logits!.value, v, ['sigmoid', 'softmax'])
    const q = number(ctx, p!.value)
    const text = 'softplus(z) - p * z'
    return is(
      fitting(ctx, call, 'binary_cross_entropy', [logits!.value, p!.value], () =>
        ctx.world.b.sumAll(
          ctx.world.b.formula(
            text,
            new Map([
              ['z', v],
              ['p', q],
            ]),
          ),
        ),
      ),
    )
  },
}

/** A loss of two values, summed over the shape. */
const summed = (text: string): Entry =>
  numeric(`\`${text}\`, summed`, 'y z', ({ world }, [y, z]) =>
    world.b.sumAll(
      world.b.formula(
        text,
        new Map([
          ['y', y!],
          ['z', z!],
        ]),
      ),
    ),
  )

const joined: Entry = {
  params: [],
  least: 1,
  doc: 'one behind the other along the last dim, or along another with `over N`; a number counts as `[1]`',
  make: (ctx, call, args) => {
    const { b } = ctx.world
    const ids = args.map(a => number(ctx, a.value)).map(v => (b.node(v).shape.length === 0 ? b.reshape(v, [dim.one]) : v))
    const over = args.at(-1)!.over
    const at = over === undefined ? b.node(ids[0]!).shape.length - 1 : reducedDims(ctx, args.at(-1)!, ids.at(-1)!)[0]!
    return is(
      fitting(
        ctx,
        call,
        'concat',
        args.map(a => a.value),
        () => b.concat(ids, at),
      ),
    )
  },
}

const parts: Entry = {
  params: ['v', 'n'],
  least: 2,
  doc: 'n equal parts along the last dim, or along another with `over N`: `a, b = split(v, 2)`',
  make: (ctx, call, [a, n]) => {
    const { b } = ctx.world
    const v = number(ctx, a!.value)
    const count = structuralCount(ctx, n!.value)
    const { shape } = b.node(v)
    const at = a!.over === undefined && n!.over === undefined ? shape.length - 1 : reducedDims(ctx, { ...a!, over: (n!.over ?? a!.over)! }, v)[0]!
    const size = shape[at]
    if (size === undefined) return refuse(call.span, messages.indexOfScalar(sourceText(ctx.world, a!.span)))
    const part = count >= 1 ? dim.divide(size, dim.constant(count)) : undefined
    if (part === undefined) return refuse(call.span, messages.unevenSplit(dim.showShape(shape), size.key, count))
    const ids = Array.from({ length: count }, (_, i) => b.slice(v, at, dim.scale(part, i), dim.scale(part, i + 1)))
    return { kind: 'parts', ids }
  },
}

const reshaped: Entry = {
  params: ['v', 'shape'],
  least: 2,
  doc: 'the same entries in another shape: `reshape(v, [N, C])`',
  make: (ctx, call, [a, s]) => {
    const v = number(ctx, a!.value)
    if (s!.value.kind !== 'list') return refuse(s!.span, messages.shapeExpected())
    const shape = bounded(
      s!.span,
      s!.value.items.map(i => extentOf(ctx, i)),
    )
    const from = ctx.world.b.node(v).shape
    if (!dim.equal(dim.product(from), dim.product(shape)))
      return refuse(call.span, messages.reshapeDiffers(dim.showShape(from), dim.product(from).key, dim.showShape(shape), dim.product(shape).key))
    return is(ctx.world.b.reshape(v, shape))
  },
}

const contraction: Entry = {
  params: [],
  least: 2,
  doc: 'any product and sum, by index names: `contract("nij,nj->ni", U, h)`',
  make: (ctx, call, [text, ...rest]) => {
    if (text!.value.kind !== 'string') return refuse(text!.span, messages.contractText())
    const [left, result, ...more] = text!.value.value.replaceAll(' ', '').split('->')
    const operands = (left ?? '').split(',')
    const letters = [...operands, result ?? ''].every(o => /^[a-zA-Z]*$/.test(o) && new Set(o).size === o.length)
    if ([...operands, result ?? ''].some(o => o.length > limits.rank)) return refuse(text!.span, messages.rank())
    if (more.length > 0 || result === undefined || !letters || operands.length > 2) return refuse(text!.span, messages.contractText())
    if (operands.length !== rest.length) return refuse(call.span, messages.wrongArity('contract', `${operands.length + 1}`, rest.length + 1))
    const ids = rest.map(a => number(ctx, a.value))
    const spec = { operands, result }
    return is(
      fitting(
        ctx,
        call,
        'contract',
        rest.map(a => a.value),
        () => ctx.world.b.add('contract', ids, { spec, over: [] }),
      ),
    )
  },
}

const convolved: Entry = {
  params: ['v', 'kernel', 'edge'],
  least: 3,
  doc: '`out[i] = sum_j kernel[j] v[i + j - floor(K/2)]` along the last dim, zero outside: `"same"`, `"valid"` or `"circular"`',
  make: (ctx, call, [v, kernel, edge]) => {
    const kind = edge!.value.kind === 'string' ? edges.find(e => e === (edge!.value as { value: string }).value) : undefined
    if (kind === undefined) return refuse(edge!.span, messages.convolutionEdge(edges))
    const [a, k] = [number(ctx, v!.value), number(ctx, kernel!.value)]
    return is(fitting(ctx, call, 'conv', [v!.value, kernel!.value], () => convolution(ctx.world.b, a, k, kind)))
  },
}

const transposed: Entry = numeric('its dims in the other order', 'm', ({ world }, [m]) => {
  const rank = world.b.node(m!).shape.length
  return world.b.transpose(
    m!,
    Array.from({ length: rank }, (_, i) => rank - 1 - i),
  )
})

const dotted: Entry = {
  params: ['a', 'b'],
  least: 2,
  doc: 'the sum of products of two vectors',
  make: (ctx, call, [a, c]) => {
    const { b } = ctx.world
    const ids = [number(ctx, a!.value), number(ctx, c!.value)] as const
    const shapes = ids.map(id => b.node(id).shape) as [readonly dim.Dim[], readonly dim.Dim[]]
    if (shapes[0].length !== 1 || !dim.sameShape(...shapes)) refuse(call.span, otherDot(ctx, a!.value, c!.value, shapes))
    return is(b.at(call.span, () => b.dot(...ids)))
  },
}

/** Sees a whole sequence: that of a stream, or of each field of a result. */
const alongSequence = (ctx: Context, call: Call, a: Argument, make: (v: Id, along: Axis) => Id): Meaning => {
  const { b } = ctx.world
  const named = sequenceOf(ctx, a)
  if (a.over !== undefined && named === undefined) {
    const { span } = a.over
    return refuse(span, messages.undefinedName(sourceText(ctx.world, span)))
  }
  const seen = (m: Meaning): Meaning => {
    if (m.kind === 'result') return { ...m, fields: new Map([...m.fields].map(([n, f]) => [n, seen(f)])) }
    const id = m.kind === 'stream' ? m.id : stream(ctx, a.value)
    const text = sourceText(ctx.world, a.value.span)
    const all = sequencesOf(b.node(id))
    if (named === undefined && all.length > 1) refuse(a.span, messages.whichSequence(text, all.map(nameOfAxis)))
    const along = named ?? all[0] ?? ctx.axes.get('t')!
    wholeIn(ctx, call, along, sourceText(ctx.world, call.callee.span))
    if (!all.includes(along)) return refuse(a.span, messages.noSequence(text, nameOfAxis(along)))
    return is(b.at(call.span, () => make(b.expand(id, b.node(id).shape, ordered([...b.node(id).axes, 'b'])), along)))
  }
  return seen(evaluate(ctx, a.value))
}

/** A function of a whole sequence. */
const wholeSequence = (doc: string, name: string, attrs: Attrs = {}): Entry => ({
  params: ['v'],
  least: 1,
  doc,
  make: (ctx, call, [a]) => alongSequence(ctx, call, a!, (v, along) => ctx.world.b.add(name, [v], { ...attrs, ...alongIn(along) })),
})

const entries: ReadonlyMap<string, Entry> = new Map<string, Entry>([
  ...(['exp', 'log', 'log1p', 'expm1', 'sqrt', 'abs', 'sign', 'floor', 'tanh', 'sigmoid', 'relu', 'softplus', 'erf', 'sin', 'cos', 'clamp'] as const).map(
    name => [name, op(name)] as const,
  ),
  ['max', extremum('max')],
  ['min', extremum('min')],
  ['mod', formula('a b', 'a - b * floor(a / b)')],
  ['log_sigmoid', formula('a', '-softplus(-a)')],
  ['silu', formula('a', 'a * sigmoid(a)')],
  ['gelu', formula('a', '0.5 * a * (1 + erf(a * 0.7071067811865476))')],
  ['elu', formula('a', 'if a > 0 then a else expm1(a)')],
  ['sum', reduction('sum', (ctx, v, dims) => reduce(ctx, 'sum', v, dims))],
  ['mean', reduction('mean', mean)],
  ['var', reduction('variance (divided by n)', variance)],
  ['norm', reduction('root of the sum of squares', norm)],
  ['softmax', rowwise('softmax')],
  ['log_softmax', rowwise('log_softmax')],
  ['logsumexp', rowwise('logsumexp')],
  ['layer_norm', numeric('layer normalisation over the last dim, eps 1e-5', 'v gain bias', normalised(true), 1)],
  ['rms_norm', numeric('divided by the root of the mean square over the last dim, eps 1e-5', 'v gain', normalised(false), 1)],
  ['dot', dotted],
  [
    'outer',
    numeric('the matrix of all products of two vectors', 'a b', ({ world }, [a, b]) =>
      world.b.add('contract', [a!, b!], { spec: { operands: ['i', 'j'], result: 'ij' }, over: [] }),
    ),
  ],
  ['transpose', transposed],
  ['concat', joined],
  ['split', parts],
  ['reshape', reshaped],
  ['contract', contraction],
  ['cumsum', numeric('running sums along the last dim', 'v', ({ world }, [v]) => cumulativeSum(world.b, v!))],
  ['conv', convolved],
  ['range', { params: ['n'], least: 1, doc: 'the numbers from 0 to n - 1', make: (ctx, _, [n]) => is(ctx.world.b.range(extentOf(ctx, n!.value))) }],
  [
    'one_hot',
    {
      params: ['i', 'V'],
      least: 2,
      doc: 'one at the place of the index, zero elsewhere; all zero for the index -1',
      make: (ctx, _, [i, size]) => {
        const index = stream(ctx, i!.value)
        if (ctx.world.b.node(index).type !== 'index') refuse(i!.span, messages.notAnIndex(sourceText(ctx.world, i!.span)))
        return is(ctx.world.b.oneHot(index, extentOf(ctx, size!.value)))
      },
    },
  ],
  ['reverse', wholeSequence('the last step first', 'reverse')],
  ['first', wholeSequence('the value at the first step', 'end', { at: 'first' })],
  ['last', wholeSequence('the value at the last step', 'end', { at: 'last' })],
  ['stop_gradient', numeric('the value, with no gradient', 'v', ({ world }, [v]) => world.b.add('stop', [v!], {}))],
  ['cross_entropy', crossEntropy],
  ['binary_cross_entropy', binaryCrossEntropy],
  ['squared_error', summed('(y - z) * (y - z)')],
  ['absolute_error', summed('abs(y - z)')],
  ['huber', summed('if abs(y - z) <= 1 then 0.5 * (y - z) * (y - z) else abs(y - z) - 0.5')],
])

export const functionNames: ReadonlySet<string> = new Set(entries.keys())

/** What the manual says of each function. */
export const functionTable: ReadonlyMap<string, Pick<Entry, 'params' | 'least' | 'doc'>> = entries

/** `name` is one of `functionNames`. */
export const callFunction = (ctx: Context, name: string, call: Call): Meaning => {
  const entry = entries.get(name)!
  return entry.make(ctx, call, argumentsOf(ctx, name, entry, call))
}
