/** A name that nothing declares: how it may be declared, worked out from where it stands. */
import { Refused } from '../../../dsl/diagnostics.ts'
import * as dim from '../../../dsl/dims.ts'
import type { Dim } from '../../../dsl/dims.ts'
import { messages } from '../../../dsl/messages.ts'
import type { Expr, Span } from '../../../dsl/syntax.ts'
import { visitAll } from '../../../dsl/walk.ts'
import { equationsOf } from '../declarations.ts'
import { refuse, sourceText, type Context } from '../context.ts'
import { mentionsStep } from '../expression.ts'
import { elementwise, seen } from './looking.ts'

type Shape = readonly Dim[]

/** How a name is used: its shape, where that can be known, and what it is. */
interface Use {
  readonly shape?: Shape | undefined
  readonly as: 'value' | 'delayed' | 'index' | 'target'
  /** Of an index: how many there are. */
  readonly size?: Dim | undefined
}

/** Adds the declaration to the refusal of a name that is not defined. `wanted`: the shape of the whole, where it is known. */
export const withDeclaration = <T>(ctx: Context, root: Expr, wanted: Shape | undefined, make: () => T): T => {
  try {
    return make()
  } catch (error) {
    const only = error instanceof Refused && error.diagnostics.length === 1 ? error.diagnostics[0] : undefined
    if (only?.code !== messages.undefinedName('').code || only.hint !== undefined || !within(root.span, only.span)) throw error
    const name = sourceText(ctx.world, only.span)
    // `h_1` may be a step, a layer, or a value before the first step.
    const counted = /^(.+?)_?\d+$/.exec(name)?.[1]
    if (noNames.has(name) || (counted !== undefined && ctx.known().includes(counted))) throw error
    if (boundInRepeat(ctx, name)) return refuse(only.span, messages.onlyInRepeat(name))
    return refuse(only.span, messages.undeclared(name, declaration(ctx, name, useOf(ctx, root, only.span, wanted))))
  }
}

const within = (outer: Span, inner: Span): boolean => outer.file === inner.file && outer.start <= inner.start && inner.end <= outer.end

/** Words of other languages that no declaration would give a meaning. */
const noNames: ReadonlySet<string> = new Set('True False true false None null nil inf Inf Infinity nan NaN'.split(' '))

/** A name that the rounds of a `repeat` of the block bind, and that means nothing behind it. */
const boundInRepeat = ({ block }: Context, name: string): boolean => {
  let found = false
  const binds = (e: Expr): void => {
    if (e.kind === 'repeat') found ||= [...e.starts.map(s => s.name), ...e.body.flatMap(q => q.targets.map(t => t.name))].some(n => n.name === name)
  }
  for (const q of block.kind === 'fn' ? block.body : equationsOf(block)) visitAll(q.value, binds)
  return found
}

const numbers: ReadonlySet<string> = new Set(
  'rate lr dt eps epsilon tau decay scale temperature temp momentum threshold leak leakage keep prob dropout'.split(' '),
)

const declaration = (ctx: Context, name: string, use: Use | undefined): string => {
  const shape = use?.shape === undefined ? ': […]' : use.shape.length === 0 ? '' : `: ${dim.showShape(use.shape)}`
  const index = `index(${use?.size?.key ?? '…'})`
  if (use?.as === 'delayed') return `state ${name}${shape}`
  if (use?.as === 'index') return `input ${name}: ${index}`
  if (use?.as === 'target') return `target ${name}${use.size === undefined ? shape : `: ${index}`}`
  if (numbers.has(name) && use?.shape !== undefined) return `hyper ${name} = 0.1`
  return `${/^(?:x|X|u|inp|input|inputs|xs)\d*$/.test(name) && (use?.shape?.length ?? 0) < 2 ? 'input' : 'param'} ${name}${shape}`
}

/** The shape that a delayed name has by its use in an expression, as text. */
export const shapeInUse = (ctx: Context, root: Expr, name: string): string | undefined => {
  const found: Expr[] = []
  visitAll(root, e => {
    if (e.kind === 'index' && e.object.kind === 'name' && e.object.name === name) found.push(e.object)
  })
  const shape = found[0] === undefined ? undefined : useOf(ctx, root, found[0].span, undefined)?.shape
  return shape === undefined || shape.length === 0 ? undefined : dim.showShape(shape)
}

const useOf = (ctx: Context, e: Expr, at: Span, wanted: Shape | undefined): Use | undefined => {
  if (!within(e.span, at)) return undefined
  const down = (inner: Expr, shape: Shape | undefined): Use | undefined => useOf(ctx, inner, at, shape)
  switch (e.kind) {
    case 'name':
      return { shape: wanted, as: 'value' }
    case 'unary':
      return down(e.arg, wanted)
    case 'binary': {
      const inLeft = within(e.left.span, at)
      const [self, other] = inLeft ? [e.left, e.right] : [e.right, e.left]
      const shape = seen(ctx, other)?.shape
      if (e.op === '@') return down(self, shape === undefined ? undefined : factor(shape, inLeft, wanted))
      if (e.op === 'and' || e.op === 'or') return down(self, undefined)
      // The larger of the two is the shape of the result; a number beside it says nothing.
      return down(self, shape === undefined || (wanted !== undefined && wanted.length >= shape.length) ? wanted : shape.length > 0 ? shape : wanted)
    }
    case 'if': {
      const other = within(e.then.span, at) ? e.else : e.then
      return within(e.test.span, at) ? down(e.test, undefined) : down(within(e.then.span, at) ? e.then : e.else, wanted ?? seen(ctx, other)?.shape)
    }
    case 'index':
      return indexed(ctx, e, at, wanted)
    case 'call':
      return argument(ctx, e, at, wanted)
    default:
      return undefined
  }
}

/** The shape of the other factor of a product. */
const factor = (shape: Shape, left: boolean, wanted: Shape | undefined): Shape | undefined => {
  const inner = left ? shape[0] : shape.at(-1)
  if (inner === undefined || shape.length > 2) return undefined
  if (shape.length === 1) return wanted === undefined ? undefined : left ? [...wanted, inner] : [inner, ...wanted]
  // Most often a vector.
  if (wanted === undefined) return left ? undefined : [inner]
  return left ? [...wanted.slice(0, -1), inner] : [inner, ...wanted.slice(1)]
}

const indexed = (ctx: Context, e: Expr & { kind: 'index' }, at: Span, wanted: Shape | undefined): Use | undefined => {
  const [item] = e.items
  if (within(e.object.span, at)) {
    const delayed = e.items.length === 1 && item?.kind === 'at' && mentionsStep(ctx.axes, item.value) !== undefined
    return delayed && e.object.kind === 'name' ? { shape: wanted, as: 'delayed' } : useOf(ctx, e.object, at, undefined)
  }
  const whole = item?.kind === 'at' && item.value.kind === 'name' && within(item.value.span, at)
  return whole ? { as: 'index', size: seen(ctx, e.object)?.shape[0] } : undefined
}

const argument = (ctx: Context, e: Expr & { kind: 'call' }, at: Span, wanted: Shape | undefined): Use | undefined => {
  const name = e.callee.kind === 'name' ? e.callee.name : ''
  const own = e.args.find(a => within(a.value.span, at))
  if (own === undefined) return undefined
  const place = e.args.indexOf(own)
  const first = e.args[0]!.value
  const shape = place === 0 ? undefined : seen(ctx, first)?.shape
  const down = (s: Shape | undefined): Use | undefined => useOf(ctx, own.value, at, s)
  if (name === 'cross_entropy' && place === 1) return { as: 'target', size: shape?.at(-1) }
  if (/^(?:squared_error|absolute_error|huber|binary_cross_entropy)$/.test(name) && place === 1) {
    const use = down(shape)
    return use?.as === 'value' && ctx.block.kind === 'model' ? { ...use, as: 'target' } : use
  }
  if (name === 'dot') return down(seen(ctx, e.args[1 - place]?.value ?? first)?.shape)
  if (/^(?:layer|rms)_norm$/.test(name)) return down(place === 0 ? wanted : shape?.slice(-1))
  if (/^(?:softmax|log_softmax|stop_gradient|silu|gelu|elu|log_sigmoid)$/.test(name)) return down(wanted)
  return down(elementwise.has(name) ? (wanted ?? shape) : undefined)
}
