/** Calls of functions, cells and instances. */
import * as dim from '../../dsl/dims.ts'
import type { Dim } from '../../dsl/dims.ts'
import { limits } from '../../dsl/limits.ts'
import { messages } from '../../dsl/messages.ts'
import { suggest } from '../../dsl/suggest.ts'
import type { Argument, Block, Expr, Span } from '../../dsl/syntax.ts'
import { nameOfAxis, ordered, sequencesOf, type Axis, type Id } from '../graph.ts'
import { elaborateBlock } from './block.ts'
import { origins } from './related.ts'
import { refuse, sourceText, type Context, type Instance, type Meaning } from './context.ts'
import { declarationsOf, type Declared } from './declarations.ts'
import { equationScope } from './equations.ts'
import { number, sizeOf, stream } from './expression.ts'

type Call = Expr & { kind: 'call' }

export const apply = (ctx: Context, target: Meaning, call: Call): Meaning => {
  switch (target.kind) {
    case 'cell':
      return { kind: 'instance', instance: instantiate(ctx, target, call) }
    case 'instance':
      return applyInstance(ctx, target.instance, call)
    case 'fn':
      return inline(ctx, target, call)
    default:
      return refuse(call.callee.span, messages.notCallable(sourceText(ctx.world, call.callee.span)), origins(ctx, [call.callee]))
  }
}

/** `LSTM(H=64)`: dims by name or position. */
const instantiate = (ctx: Context, { block }: Meaning & { kind: 'cell' }, call: Call): Instance => {
  if (block.kind === 'model') refuse(call.span, messages.notYet('using a model inside a model'))
  if (ctx.block.kind === 'cell') refuse(call.span, messages.notYet('using a cell inside a cell'))
  const names = block.dims.map(d => d.name.name)
  const dims = new Map<string, Dim>()
  call.args.forEach((a, i) => {
    const name = a.name?.name ?? names[i]
    if (name === undefined || !names.includes(name)) return refuse(a.span, messages.unknownArgument(block.name.name, a.name?.name ?? `${i + 1}`, names))
    if (a.name === undefined && !isSize(ctx, a.value)) return refuse(call.span, messages.needsInstance(block.name.name, sourceText(ctx.world, a.span), names))
    if (dims.has(name)) return refuse(a.span, messages.argumentTwice(name))
    dims.set(name, sizeOf(ctx, a.value))
  })
  const path = ctx.equation
  if (path === undefined) return refuse(call.span, messages.needsName(block.name.name))
  if (ctx.instances.has(path)) return refuse(call.span, messages.twoInstances(path))
  ctx.instances.add(path)
  return { block, path: `${ctx.path}${path}`, dims, params: new Map() }
}

const isSize = (ctx: Context, e: Expr): boolean =>
  e.kind === 'number' ||
  (e.kind === 'name' && ctx.dims.has(e.name) && ctx.lookup(e.name) === undefined) ||
  (e.kind === 'binary' && isSize(ctx, e.left) && isSize(ctx, e.right))

/** Binds the dims that a declared shape leaves open to what is there; equal shapes, or a message. */
const unify = (ctx: Context, dims: Map<string, Dim>, declared: readonly Expr[], actual: readonly Dim[], at: Span, what: string): void => {
  const shown = (): string => `[${declared.map(e => sourceText(ctx.world, e.span)).join(', ')}]`
  const differs = (): never => refuse(at, messages.argumentShape(what, shown(), dim.showShape(actual)))
  if (declared.length !== actual.length) differs()
  declared.forEach((e, i) => {
    if (e.kind === 'name' && !dims.has(e.name)) dims.set(e.name, actual[i]!)
    else if (!dim.equal(sizeOf({ dims }, e), actual[i]!)) differs()
  })
}

/** Arguments go by position in the order of the inputs, or by name; a state's name gives its initial value. */
const applyInstance = (ctx: Context, instance: Instance, call: Call): Meaning => {
  const { world } = ctx
  const { block } = instance
  const declared = declarationsOf(block)
  const inputs = declared.filter(d => d.of === 'input')
  const states = declared.filter(d => d.of === 'state')
  const given = new Map<string, { id: Id; arg: Argument }>()
  const dims = instance.dims
  let place = 0
  for (const a of call.args) {
    const name = a.name?.name ?? inputs[place++]?.name.name
    const target = name === undefined ? undefined : [...inputs, ...states].find(d => d.name.name === name)
    if (name === undefined || target === undefined) {
      const all = [...inputs, ...states].map(d => d.name.name)
      return refuse(a.span, messages.unknownArgument(block.name.name, a.name?.name ?? `${place}`, all, suggest(name ?? '', all)))
    }
    if (given.has(name)) return refuse(a.span, messages.argumentTwice(name))
    const id = target.type?.index === undefined ? number(ctx, a.value) : stream(ctx, a.value)
    const { shape, type } = world.b.node(id)
    if (target.type?.index !== undefined && type !== 'index') refuse(a.span, messages.notAnIndex(sourceText(world, a.span)))
    unify(ctx, dims, target.type?.shape ?? [], shape, a.span, `${block.name.name}'s ${name}`)
    given.set(name, { id, arg: a })
  }
  for (const i of inputs) if (!given.has(i.name.name)) return refuse(call.span, messages.missingInput(block.name.name, i.name.name))
  for (const d of block.dims) {
    if (dims.has(d.name.name)) continue
    if (d.value === undefined) return refuse(call.span, messages.missingDim(block.name.name, d.name.name))
    dims.set(d.name.name, sizeOf({ dims }, d.value))
  }
  const name = ctx.equation
  if (name === undefined) return refuse(call.span, messages.needsName(block.name.name))
  const path = `${ctx.path}${name}.`
  const pick = (list: typeof inputs): Map<string, Id> =>
    new Map(list.flatMap(d => (given.has(d.name.name) ? [[d.name.name, given.get(d.name.name)!.id] as const] : [])))
  const depths = new Map([...ctx.depths].flatMap(([n, k]) => (n.startsWith(`${name}.`) ? [[n.slice(name.length + 1), k] as const] : [])))
  const axes = axesIn(ctx, block, inputs, given, call)
  for (const [wanted, { id, arg }] of given) {
    const state = states.find(d => d.name.name === wanted)
    const [varies] = sequencesOf(world.b.node(id))
    if (state !== undefined && varies !== undefined) refuse(arg.span, messages.initialVaries(wanted, nameOfAxis(varies)))
  }
  const made = elaborateBlock(world, block, world.program.scopeOf(block), {
    dims,
    axes,
    path,
    params: { path: `${instance.path}.`, known: instance.params },
    inputs: pick(inputs),
    initial: pick(states),
    depths,
  })
  const [only, ...others] = made.outputs.keys()
  const fields = new Map<string, Meaning>([...made.states, ...made.outputs].map(([n, id]) => [n, { kind: 'stream', id }]))
  return { kind: 'result', fields, single: others.length === 0 ? only : undefined, cell: block.name.name }
}

/** Which sequences the names of a cell for them stand for: its own is that of its inputs, another that of the input declared over it. */
const axesIn = (
  ctx: Context,
  block: Block,
  inputs: readonly Declared[],
  given: ReadonlyMap<string, { readonly id: Id; readonly arg: Argument }>,
  call: Call,
): ReadonlyMap<string, Axis> => {
  const along = (d: Declared): readonly Axis[] => sequencesOf(ctx.world.b.node(given.get(d.name.name)!.id))
  const running = ordered(inputs.filter(d => d.type?.over === undefined && d.type?.once !== true).flatMap(along))
  const names = (axes: readonly Axis[]): readonly string[] => axes.map(nameOfAxis)
  if (running.length > 1) refuse(call.span, messages.twoSequences(block.name.name, names(running)))
  const others = inputs.filter(d => d.type?.over !== undefined)
  // Nothing says along what it runs: along `t`, unless that is what it is to see whole.
  const own = running[0] ?? ctx.axes.get('t')!
  const axes = new Map([['t', own]])
  for (const d of others) {
    const rest = along(d).filter(a => a !== own)
    const { span } = given.get(d.name.name)!.arg
    if (rest.length > 1) refuse(span, messages.whichSequence(sourceText(ctx.world, span), names(rest)))
    if (rest.length === 0) refuse(span, messages.otherSequence(block.name.name, d.name.name, nameOfAxis(own)))
    const known = axes.get(d.type!.over!.name)
    if (known !== undefined && known !== rest[0]) refuse(span, messages.twoSequences(block.name.name, names([known, rest[0]!])))
    axes.set(d.type!.over!.name, rest[0]!)
  }
  for (const d of inputs) {
    const [varies] = d.type?.once === true ? along(d) : []
    if (varies !== undefined) refuse(given.get(d.name.name)!.arg.span, messages.onceVaries(block.name.name, d.name.name, nameOfAxis(varies)))
  }
  return axes
}

/** A function is inlined: its parameters are bound, its equations are its own. */
const inline = (ctx: Context, { fn }: Meaning & { kind: 'fn' }, call: Call): Meaning => {
  const { world } = ctx
  if (ctx.inlining.includes(fn)) refuse(call.span, messages.recursiveFunction(fn.name.name))
  if (ctx.inlining.length >= limits.nesting) return refuse(call.span, messages.deepFunctions())
  const bound = new Map<string, Meaning>()
  const dims = new Map<string, Dim>(ctx.block.kind === 'fn' ? [] : [])
  call.args.forEach((a, i) => {
    const param = a.name === undefined ? fn.params[i] : fn.params.find(p => p.name.name === a.name!.name)
    const names = fn.params.map(p => p.name.name)
    if (param === undefined) return refuse(a.span, messages.unknownArgument(fn.name.name, a.name?.name ?? `${i + 1}`, names))
    if (bound.has(param.name.name)) return refuse(a.span, messages.argumentTwice(param.name.name))
    if (a.over !== undefined) refuse(a.over.span, messages.notYet(`'over' in a call of ${fn.name.name}`))
    const id = stream(ctx, a.value)
    if (param.shape !== undefined) unify(ctx, dims, param.shape, world.b.node(id).shape, a.span, `${fn.name.name}'s ${param.name.name}`)
    bound.set(param.name.name, { kind: 'stream', id })
    return undefined
  })
  const inner: Context = {
    ...ctx,
    block: fn,
    scope: world.program.scopeOf(fn),
    dims,
    inlining: [...ctx.inlining, fn],
    lookup: name => bound.get(name),
    delayable: () => undefined,
    known: () => [...bound.keys()],
  }
  for (const p of fn.params) {
    if (bound.has(p.name.name)) continue
    if (p.value === undefined) return refuse(call.span, messages.wrongArity(fn.name.name, fn.params.map(x => x.name.name).join(', '), call.args.length))
    bound.set(p.name.name, { kind: 'stream', id: number(inner, p.value) })
  }
  const { context } = equationScope(inner, fn.body)
  return { kind: 'stream', id: stream(context, fn.result) }
}
