/** Expressions of the language to nodes of the graph. */
import * as dim from '../../dsl/dims.ts'
import type { Dim } from '../../dsl/dims.ts'
import { Refused } from '../../dsl/diagnostics.ts'
import { limits } from '../../dsl/limits.ts'
import { hints } from '../../dsl/hints.ts'
import { messages, type Message } from '../../dsl/messages.ts'
import { suggest } from '../../dsl/suggest.ts'
import type { BinaryOp, Expr, IndexItem, Span } from '../../dsl/syntax.ts'
import { alongIn, nameOfAxis, type Axis, type Id, type Node } from '../graph.ts'
import { operators } from '../ops/formula.ts'
import { ShapeError } from '../ops/row.ts'
import { apply } from './apply.ts'
import { refuse, sourceText, type Context, type Meaning } from './context.ts'
import { origins } from './related.ts'
import { repeated } from './repeat.ts'
import { callFunction, functionNames } from './functions.ts'
import { calledStream, fieldOfStream, joinedList, prefixedName, turnedFactor, undefinedFunction, undefinedName } from './slips/names.ts'
import { fittingProduct, starredProduct, stretched } from './slips/products.ts'

/** What sizes are read in; the block is named in messages. */
type Sizes = Pick<Context, 'dims'> & Partial<Pick<Context, 'block'>>

/** The size that an expression of dims stands for. */
export const sizeOf = (ctx: Sizes, e: Expr): Dim => {
  const size = calculated(ctx, e)
  if (e.kind === 'binary' && (dim.weight(size) > limits.terms || ![...size.terms.values()].every(Number.isSafeInteger))) refuse(e.span, messages.longSize())
  return size
}

const calculated = (ctx: Sizes, e: Expr): Dim => {
  switch (e.kind) {
    case 'number':
      return Number.isSafeInteger(e.value) ? dim.constant(e.value) : refuse(e.span, messages.notASize(e.text))
    case 'name':
      return ctx.dims.get(e.name) ?? refuse(e.span, unknownDim(ctx, e.name))
    case 'binary': {
      const a = sizeOf(ctx, e.left)
      const b = sizeOf(ctx, e.right)
      if (e.op === '+') return dim.add(a, b)
      if (e.op === '-') return dim.subtract(a, b)
      if (e.op === '*') return dim.multiply(a, b)
      if (e.op === '/') return dim.divide(a, b) ?? refuse(e.span, messages.unevenSize(a.key, b.key))
      return refuse(e.span, messages.notASize(e.op))
    }
    case 'unary':
      if (e.op === '-') return dim.scale(sizeOf(ctx, e.arg), -1)
      return refuse(e.span, messages.notASize('not'))
    default:
      return refuse(e.span, messages.notASize('this expression'))
  }
}

const unwritten: ReadonlySet<string> = new Set(
  'T B t b bs batch batch_size batchsize seq seq_len seqlen time steps timesteps n_steps seq_length L_seq'.split(' '),
)

const unknownDim = ({ dims, block }: Sizes, name: string): Message => {
  const names = [...dims.keys()]
  const head =
    block === undefined || block.kind === 'fn' ? undefined : `${block.kind} ${block.name.name}(${[...block.dims.map(d => d.name.name), name].join(', ')})`
  return messages.unknownDim(name, suggest(name, names), unwritten.has(name), head)
}

/** The size of a dim of something: at least 1, whatever the dims are. */
export const extentOf = (ctx: Sizes, e: Expr): Dim => {
  const size = sizeOf(ctx, e)
  if (dim.dominates(dim.zero, size)) refuse(e.span, messages.sizeTooSmall(size.key))
  return size
}

/** A count that is known when the code is built. */
export const structuralCount = (ctx: Sizes & Pick<Context, 'world'>, e: Expr): number => {
  const size = sizeOf(ctx, e)
  dim.names(size).forEach(n => ctx.world.structural.add(n))
  return dim.asNumber(size) ?? refuse(e.span, messages.notStructural(size.key, dim.names(size)))
}

/** The stream that an expression stands for. */
export const stream = (ctx: Context, e: Expr): Id => {
  const meaning = evaluate(ctx, e)
  switch (meaning.kind) {
    case 'stream':
      return meaning.id
    case 'dim':
      return ctx.world.b.size(meaning.dim)
    case 'result': {
      const only = meaning.single === undefined ? undefined : meaning.fields.get(meaning.single)
      if (only?.kind === 'stream') return only.id
      return refuse(e.span, messages.needsField(sourceText(ctx.world, e.span), [...meaning.fields.keys()]))
    }
    case 'cell':
      return refuse(e.span, messages.cellAsValue(meaning.block.name.name))
    case 'instance':
      return refuse(e.span, messages.instanceAsValue(sourceText(ctx.world, e.span)))
    case 'fn':
      return refuse(e.span, messages.functionAsValue(meaning.fn.name.name))
    case 'parts':
      return refuse(e.span, messages.partsAsValue(meaning.ids.length))
  }
}

export const nodeOfExpr = (ctx: Context, e: Expr): Node => ctx.world.b.node(stream(ctx, e))

/** A stream that is a number (not a condition, not an index). */
export const number = (ctx: Context, e: Expr): Id => {
  const id = stream(ctx, e)
  const { type } = ctx.world.b.node(id)
  if (type === 'condition') refuse(e.span, messages.conditionAsNumber())
  if (type === 'index') refuse(e.span, messages.indexAsNumber(sourceText(ctx.world, e.span)))
  return id
}

export const condition = (ctx: Context, e: Expr): Id => {
  const id = stream(ctx, e)
  if (ctx.world.b.node(id).type !== 'condition') refuse(e.span, messages.numberAsCondition())
  return id
}

/** Reads a maker of nodes, turning operands that do not fit into a located message. */
export const fitting = (ctx: Context, e: { span: Span }, what: string, operands: readonly Expr[], make: () => Id): Id => {
  try {
    return make()
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error
    const shown = operands.map((o, i) => ({
      text: sourceText(ctx.world, o.span),
      shape: dim.showShape(error.shapes[i]?.shape ?? []),
    }))
    const star = starredProduct(ctx, operands)
    const [left, right, more] = operands
    const hint =
      star !== undefined
        ? hints.meant(star.mend)
        : left !== undefined && right !== undefined && more === undefined && /^[-+*/]$/.test(what)
          ? stretched(ctx, what, left, right)
          : undefined
    return refuse((star?.at ?? e).span, messages.shapesDiffer(what, shown, error.message, hint), origins(ctx, operands))
  }
}

export const evaluate = (ctx: Context, e: Expr): Meaning => {
  const meaning = ctx.world.b.at(e.span, () => meaningOf(ctx, e))
  if (meaning.kind === 'stream') bounded(e.span, ctx.world.b.node(meaning.id).shape)
  return meaning
}

/** What makes shapes grow, as `new` does, is bounded: so that all that is worked out from a shape costs little. */
export const bounded = (span: Span, shape: readonly Dim[]): readonly Dim[] => {
  if (shape.length > limits.rank) refuse(span, messages.rank())
  if (shape.reduce((n, d) => n * Math.max(1, d.terms.size), 1) > limits.terms) refuse(span, messages.longSize())
  return shape
}

const is = (id: Id): Meaning => ({ kind: 'stream', id })

const meaningOf = (ctx: Context, e: Expr): Meaning => {
  const { b } = ctx.world
  switch (e.kind) {
    case 'number':
      return is(b.constant(e.value))
    case 'string':
      return refuse(e.span, messages.stringAsValue())
    case 'list':
      return refuse(e.span, messages.listAsValue(joinedList(ctx, e.items)))
    case 'name':
      return named(ctx, e.name, e.span)
    case 'unary':
      return e.op === 'not' ? is(b.map('not', condition(ctx, e.arg))) : is(negated(ctx, e.arg))
    case 'binary':
      return is(binary(ctx, e, e.op, e.left, e.right))
    case 'if': {
      const test = condition(ctx, e.test)
      const [yes, no] = [number(ctx, e.then), number(ctx, e.else)]
      return is(fitting(ctx, e, 'if … then … else', [e.test, e.then, e.else], () => b.map('select', test, yes, no)))
    }
    case 'field': {
      prefixedName(ctx, e)
      const object = evaluate(ctx, e.object)
      if (object.kind !== 'result') return fieldOfStream(ctx, e)
      const fields = [...object.fields.keys()]
      return object.fields.get(e.field.name) ?? refuse(e.field.span, messages.unknownField(object.cell, e.field.name, fields, suggest(e.field.name, fields)))
    }
    case 'index':
      return is(indexed(ctx, e))
    case 'call':
      return called(ctx, e)
    case 'repeat':
      return repeated(ctx, e)
  }
}

const negated = (ctx: Context, arg: Expr): Id => (arg.kind === 'number' ? ctx.world.b.constant(-arg.value) : ctx.world.b.map('neg', number(ctx, arg)))

const named = (ctx: Context, name: string, span: Span): Meaning => {
  const axis = ctx.axes.get(name)
  if (axis !== undefined) return is(ctx.world.b.add('step', [], axis === 't' ? {} : { along: axis, local: true }))
  const found = ctx.lookup(name)
  if (found !== undefined) return found
  const size = ctx.dims.get(name)
  if (size !== undefined) return { kind: 'dim', dim: size }
  const block = ctx.scope.blocks.get(name)
  if (block !== undefined) return { kind: 'cell', block }
  const fn = ctx.scope.fns.get(name)
  if (fn !== undefined) return { kind: 'fn', fn }
  if (functionNames.has(name)) return refuse(span, messages.functionAsValue(name))
  if (name === 'PI') return is(ctx.world.b.constant(Math.PI))
  return refuse(span, undefinedName(ctx, name))
}

/** `W^T` and `e^x`, where nothing is called so. */
const notPowers = (ctx: Context, left: Expr, right: Expr): void => {
  const text = (x: Expr): string => sourceText(ctx.world, x.span)
  if (right.kind === 'name' && right.name === 'T' && !isKnown(ctx, 'T')) refuse({ ...right.span, start: left.span.end }, messages.transposed(text(left)))
  if (left.kind === 'name' && left.name === 'e' && !isKnown(ctx, 'e')) refuse(left.span, messages.exponential(text(right).replace(/^\((.*)\)$/, '$1')))
}

const isKnown = (ctx: Context, name: string): boolean => ctx.dims.has(name) || ctx.axes.has(name) || ctx.known().includes(name)

const binary = (ctx: Context, e: Expr, op: BinaryOp, left: Expr, right: Expr): Id => {
  const { b } = ctx.world
  if (op === '@') return product(ctx, e, left, right)
  if (op === '^') notPowers(ctx, left, right)
  if (op === 'and' || op === 'or') {
    const [l, r] = [condition(ctx, left), condition(ctx, right)]
    return fitting(ctx, e, op, [left, right], () => b.map(op, l, r))
  }
  const comparing = !['+', '-', '*', '/', '^'].includes(op)
  const [l, r] = comparing ? [comparable(ctx, left), comparable(ctx, right)] : [number(ctx, left), number(ctx, right)]
  if (op === '^' && right.kind === 'number' && right.value === 2) return b.map('mul', l, l)
  return fitting(ctx, e, op, [left, right], () => b.map(operators[op], l, r))
}

/** Indices may be compared. */
const comparable = (ctx: Context, e: Expr): Id => {
  const id = stream(ctx, e)
  if (ctx.world.b.node(id).type === 'condition') refuse(e.span, messages.conditionAsNumber())
  return id
}

const specs: Readonly<Record<string, readonly [string, string, string]>> = {
  '2,1': ['ij', 'j', 'i'],
  '2,2': ['ij', 'jk', 'ik'],
  '1,2': ['j', 'jk', 'k'],
}

/** Of `W.T @ x` more can be said than of `W.T`. */
const factors = (ctx: Context, left: Expr, right: Expr): readonly [Id, Id] => {
  try {
    return [number(ctx, left), number(ctx, right)]
  } catch (error) {
    if (error instanceof Refused) turnedFactor(ctx, left, right)
    throw error
  }
}

/** `a @ b`: matrix-vector, matrix-matrix, vector-matrix, vector-vector. */
const product = (ctx: Context, e: Expr, left: Expr, right: Expr): Id => {
  const { b } = ctx.world
  const [l, r] = factors(ctx, left, right)
  const [a, c] = [b.node(l), b.node(r)]
  const inner = [a.shape.at(-1), c.shape.length === 2 ? c.shape[0] : c.shape.at(-1)] as const
  const shown = [left, right].map((x, i) => ({
    text: sourceText(ctx.world, x.span),
    shape: dim.showShape([a, c][i]!.shape),
  }))
  if (inner[0] === undefined || inner[1] === undefined || a.shape.length > 2 || c.shape.length > 2)
    return refuse(e.span, messages.notAProduct(shown), origins(ctx, [left, right]))
  if (!dim.equal(inner[0], inner[1])) {
    const mend = fittingProduct(ctx, left, right, a.shape, c.shape)
    return refuse(e.span, messages.productDiffers(shown, inner[0].key, inner[1].key, mend), origins(ctx, [left, right]))
  }
  if (a.shape.length === 1 && c.shape.length === 1) return b.dot(l, r)
  const [x, y, z] = specs[`${a.shape.length},${c.shape.length}`]!
  return b.add('contract', [l, r], { spec: { operands: [x, y], result: z }, over: [] })
}

/** The sequence whose steps an expression counts: `t`, or one named after `over`. */
export const mentionsStep = (axes: Context['axes'], e: Expr): Axis | undefined =>
  e.kind === 'name'
    ? axes.get(e.name)
    : e.kind === 'binary'
      ? (mentionsStep(axes, e.left) ?? mentionsStep(axes, e.right))
      : e.kind === 'unary'
        ? mentionsStep(axes, e.arg)
        : undefined

/** How far `t - k` lies from `t`; 0 is now, 1 is the step before. */
export const delayOf = (ctx: Pick<Context, 'dims' | 'axes' | 'world'>, e: Expr): number => {
  const refused = (): never => refuse(e.span, messages.delayNotConstant(sourceText(ctx.world, e.span)))
  if (e.kind === 'name' && ctx.axes.has(e.name)) return 0
  if (e.kind !== 'binary' || mentionsStep(ctx.axes, e.right) !== undefined || mentionsStep(ctx.axes, e.left) === undefined) return refused()
  const k = structuralCount(ctx, e.right)
  if (e.op === '-') return delayOf(ctx, e.left) + k
  if (e.op === '+') return delayOf(ctx, e.left) - k
  return refused()
}

const indexed = (ctx: Context, e: Expr & { kind: 'index' }): Id => {
  const [item] = e.items
  const along = e.items.length === 1 && item?.kind === 'at' ? mentionsStep(ctx.axes, item.value) : undefined
  if (along !== undefined && item?.kind === 'at') return delayed(ctx, e, item.value, along)
  const step = e.items.find(i => i.kind === 'at' && i.value.kind !== 'name' && mentionsStep(ctx.axes, i.value) !== undefined)
  if (step !== undefined) return refuse(step.span, messages.delayAmongIndices(sourceText(ctx.world, e.object.span), sourceText(ctx.world, step.span)))
  return picked(ctx, e)
}

/** `v[t-k]`: a delay (k > 0) or, of an input, an advance. */
const delayed = (ctx: Context, e: Expr & { kind: 'index' }, time: Expr, along: Axis): Id => {
  const { b } = ctx.world
  const k = delayOf(ctx, time)
  const { object } = e
  if (object.kind === 'name' && ctx.dims.has(object.name) && !ctx.known().includes(object.name)) {
    const other = ctx.known().find(n => n.toLowerCase() === object.name.toLowerCase())
    refuse(object.span, messages.noSequence(object.name, nameOfAxis(along), other))
  }
  if (k === 0) return stream(ctx, e.object)
  const name =
    e.object.kind === 'name'
      ? e.object.name
      : e.object.kind === 'field' && e.object.object.kind === 'name'
        ? `${e.object.object.name}.${e.object.field.name}`
        : undefined
  const named = name === undefined ? undefined : ctx.delayable(name)
  // What is declared for one sequence says nothing about another.
  const known = named?.along === along || named?.value !== undefined ? named : undefined
  if (known !== undefined && known.along !== along) refuse(e.span, messages.noSequence(sourceText(ctx.world, e.object.span), nameOfAxis(along)))
  const isInput = (known?.ahead === true && known.value === undefined) || along !== ctx.axes.get('t')
  if (k < 0 && !isInput && ctx.block.kind === 'cell') refuse(e.span, messages.lookAhead(sourceText(ctx.world, e.object.span)))
  const carries = k > 0 && along === 't' && (known === undefined || known.carries === true || known.edge === undefined)
  const attrs = { ...alongIn(along), cut: false, depth: known?.depth ?? 1, ...(carries ? { carries } : {}) }
  // A state has initial values, and nothing after its last step.
  const outside = k > 0 || known?.ahead === true ? known?.edge : undefined
  if (name !== undefined && known?.value !== undefined) {
    const waiting = ctx.open.get(name) ?? []
    const same = waiting.find(w => w.by === k)
    if (same !== undefined) return same.shift
    const shift = b.openShift(k, attrs, known.value, outside)
    ctx.open.set(name, [...waiting, { shift, by: k }])
    return shift
  }
  const v = stream(ctx, e.object)
  const value = b.node(v)
  if (value.type === 'condition') refuse(e.span, messages.conditionAsNumber())
  if (value.type === 'index') {
    const none = b.constant(-1)
    return b.add('shift', [v, outside ?? none], { by: k, ...attrs, shape: value.shape, axes: [...value.axes] })
  }
  return b.shift(v, k, attrs, outside)
}

/** `Emb[word]`, `z[0:H]`, `W[2]`, `m[:, new]`. */
const picked = (ctx: Context, e: Expr & { kind: 'index' }): Id => {
  const { b } = ctx.world
  let v = stream(ctx, e.object)
  const whole = b.node(v)
  const first = e.items[0]
  if (e.items.length === 1 && first?.kind === 'at') {
    const by = indexStream(ctx, first.value)
    if (by !== undefined) {
      if (whole.shape.length === 0) refuse(e.span, messages.indexOfScalar(sourceText(ctx.world, e.object.span)))
      return b.add('gather', [v, by], {})
    }
  }
  const shape: Dim[] = []
  let d = 0
  const size = (item: IndexItem): Dim =>
    b.node(v).shape[d] ?? refuse(item.span, messages.tooManyIndices(sourceText(ctx.world, e.object.span), dim.showShape(whole.shape)), origins(ctx, [e.object]))
  for (const item of e.items) {
    if (item.kind === 'new') {
      shape.push(dim.one)
      continue
    }
    const n = size(item)
    if (item.kind === 'at') {
      const at = sizeOf(ctx, item.value)
      bounds(ctx, e, item, at, dim.add(at, dim.one), n)
      v = b.slice(v, d, at, dim.add(at, dim.one))
    } else {
      const from = item.from === undefined ? dim.zero : sizeOf(ctx, item.from)
      const to = item.to === undefined ? n : sizeOf(ctx, item.to)
      bounds(ctx, e, item, from, to, n)
      v = b.slice(v, d, from, to)
      shape.push(dim.subtract(to, from))
    }
    d += 1
  }
  return b.reshape(v, [...shape, ...b.node(v).shape.slice(d)])
}

const indexStream = (ctx: Context, e: Expr): Id | undefined => {
  if (e.kind === 'number' || (e.kind === 'name' && ctx.dims.has(e.name) && ctx.lookup(e.name) === undefined)) return undefined
  if (e.kind === 'binary' || e.kind === 'unary') return undefined
  const id = stream(ctx, e)
  if (ctx.world.b.node(id).type !== 'index') refuse(e.span, messages.notAnIndex(sourceText(ctx.world, e.span)))
  return id
}

/** Checks what can be known before the dims are numbers. */
const bounds = (ctx: Context, e: Expr & { kind: 'index' }, item: IndexItem, from: Dim, to: Dim, size: Dim): void => {
  const [f, rest, end] = [from, dim.subtract(size, to), to].map(dim.asNumber)
  if (!((f ?? 0) < 0 || (rest ?? 0) < 0 || dim.dominates(from, to))) return
  // Elsewhere a negative number counts from the end.
  const counted = (d: Dim, n: number | undefined): string => (n !== undefined && n < 0 ? `${dim.add(size, d).key}`.replaceAll(' ', '') : d.key)
  const open = item.kind === 'slice' && item.to === undefined
  const negative = (f ?? 0) < 0 || (item.kind === 'slice' && (end ?? 0) < 0)
  const text = item.kind === 'at' ? counted(from, f) : `${counted(from, f)}:${open ? '' : counted(to, end)}`
  const others = e.items.map(i => (i === item ? text : sourceText(ctx.world, i.span)))
  const mend = negative ? `${sourceText(ctx.world, e.object.span)}[${others.join(', ')}]` : undefined
  refuse(item.span, messages.outOfBounds(from.key, to.key, size.key, mend))
}

const called = (ctx: Context, e: Expr & { kind: 'call' }): Meaning => {
  const { callee } = e
  // `h(t-1)`: before the state is looked at, which may not be known yet.
  const timed = e.args.length === 1 && mentionsStep(ctx.axes, e.args[0]!.value) !== undefined
  if (timed && callee.kind === 'name' && ctx.known().includes(callee.name)) return refuse(e.span, calledStream(ctx, e, true))
  if (callee.kind === 'name' && ctx.lookup(callee.name) === undefined && !ctx.scope.fns.has(callee.name)) {
    if (functionNames.has(callee.name)) return callFunction(ctx, callee.name, e)
    if (!ctx.scope.blocks.has(callee.name)) return refuse(callee.span, undefinedFunction(ctx, callee.name, e.args))
  }
  if (callee.kind === 'field') prefixedName(ctx, callee, e.args)
  if (callee.kind === 'field' && evaluate(ctx, callee.object).kind === 'stream') return fieldOfStream(ctx, callee, e.args)
  const target = evaluate(ctx, callee)
  if (target.kind === 'stream') return refuse(callee.span, calledStream(ctx, e, timed), origins(ctx, [callee]))
  return apply(ctx, target, e)
}
