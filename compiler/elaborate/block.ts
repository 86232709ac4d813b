/** One cell or model to nodes: declarations to sources, equations to streams, losses to a scalar. */
import * as dim from '../../dsl/dims.ts'
import type { Dim } from '../../dsl/dims.ts'
import { enough, Refused } from '../../dsl/diagnostics.ts'
import { messages } from '../../dsl/messages.ts'
import type { Scope } from '../../dsl/program.ts'
import type { Block, Expr, Loss } from '../../dsl/syntax.ts'
import { visitAll } from '../../dsl/walk.ts'
import { alongIn, extent, inUse, isSequence, nameOfAxis, ordered, sequencesOf, type Axis, type Id, type Value, type Window } from '../graph.ts'
import { refuse, type Context, type Delayable, type Meaning, type World } from './context.ts'
import { declarationsOf, equationsOf, lossesOf, windowOf, type Declared } from './declarations.ts'
import { equationScope, type Demand } from './equations.ts'
import { bounded, condition, delayOf, extentOf, mentionsStep, number, sizeOf } from './expression.ts'
import { withDeclaration } from './slips/missing.ts'
import { distributionOf, initialiserOf, literal } from './initialisers.ts'

/** The number of steps, and of sequences, as dims that no author can write. */
export const steps: Dim = extent('t')
export const batch: Dim = extent('b')

export interface Given {
  readonly dims: ReadonlyMap<string, Dim>
  /** The sequences that its names for them stand for. */
  readonly axes: ReadonlyMap<string, Axis>
  /** The prefix of the streams and states: `''` or `l1.`. */
  readonly path: string
  /** Parameters that are there already belong to a shared instance. */
  readonly params: { readonly path: string; readonly known: Map<string, Id> }
  /** `undefined`: the block is compiled by itself, and its inputs come from outside. */
  readonly inputs?: ReadonlyMap<string, Id>
  readonly initial?: ReadonlyMap<string, Id>
  /** The deepest delays by which the outside reads its states. */
  readonly depths?: ReadonlyMap<string, number>
  readonly ports?: { inputs: Map<string, Value & { size?: Dim }>; targets: Map<string, Value & { size?: Dim }> }
}

export interface Made {
  readonly states: ReadonlyMap<string, Id>
  readonly outputs: ReadonlyMap<string, Id>
  readonly loss?: Id
  readonly window?: Window
}

const once: readonly Axis[] = ['b']

export const elaborateBlock = (world: World, block: Block, scope: Scope, given: Given): Made => {
  const { b } = world
  const declared = declarationsOf(block)
  const own = given.axes.get('t')!
  const timed: readonly Axis[] = [own, 'b']
  for (const a of given.axes.values()) if (!world.lengths.has(a)) world.lengths.set(a, b.length(a))
  const meanings = new Map<string, Meaning>()
  const edges = new Map<string, Delayable>()
  const demands = new Map<string, ReturnType<Demand>>()
  const states = new Map<string, { declared: Declared; shape: readonly Dim[]; edge?: Id }>()

  const depths = delayDepths(world, block, given)
  const outer: Context = {
    world,
    block,
    scope,
    dims: given.dims,
    axes: given.axes,
    path: given.path,
    lookup: name => {
      if (failed.has(name)) throw new Refused([])
      return meanings.get(name)
    },
    delayable: name => {
      if (failed.has(name)) throw new Refused([])
      return edges.get(name) ?? instanceState(name)
    },
    open: new Map(),
    known: () => [...meanings.keys()],
    instances: new Set(),
    inlining: [],
    depths,
  }
  /** `l1.h[t-1]` outside of the instance starts where the state does. */
  const instanceState = (name: string): Delayable | undefined => {
    const state = world.states.get(`${given.path}${name}`)
    return state?.from === undefined ? undefined : { edge: state.from, depth: state.depth, ahead: false, along: state.along, carries: state.carries }
  }

  /** Declarations that were refused: what uses them is not refused once more. */
  const failed = new Set<string>()
  const collect = (make: () => void, name?: string): void => {
    if (enough(world.diagnostics)) return
    try {
      make()
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      world.diagnostics.push(...error.diagnostics)
      if (name !== undefined) failed.add(name)
    }
  }
  const shapeOf = (d: Declared): readonly Dim[] =>
    bounded(
      d.type?.span ?? d.name.span,
      (d.type?.shape ?? []).map(e => extentOf(outer, e)),
    )

  const axesFor = ({ type }: Declared): readonly Axis[] =>
    type?.once === true ? once : type?.over === undefined ? timed : ordered([given.axes.get(type.over.name)!, 'b'])

  const declareNoise = (d: Declared): void => {
    const name = d.name.name
    const path = `${given.path}${name}`
    const value: Value = { shape: shapeOf(d), axes: axesFor(d), type: 'real' }
    world.noise.set(path, { ...value, ...distributionOf(outer, d) })
    const id = b.source({ role: 'noise', name: path }, value)
    meanings.set(name, { kind: 'stream', id })
    world.streams.set(path, id)
  }

  const declare = (d: Declared): void => {
    const name = d.name.name
    switch (d.of) {
      case 'input':
      case 'target': {
        const size = d.type?.index === undefined ? undefined : extentOf(outer, d.type.index)
        const value: Value = { shape: shapeOf(d), axes: axesFor(d), type: size === undefined ? 'real' : 'index' }
        const id = given.inputs?.get(name) ?? b.source({ role: d.of, name: `${given.path}${name}` }, value)
        const ports = d.of === 'input' ? given.ports?.inputs : given.ports?.targets
        ports?.set(name, { ...value, ...(size === undefined ? {} : { size }) })
        meanings.set(name, { kind: 'stream', id })
        world.streams.set(`${given.path}${name}`, id)
        const edge = d.from === undefined ? undefined : number(outer, d.from)
        edges.set(name, { depth: 1, ahead: true, carries: true, along: sequencesOf(value)[0] ?? own, ...(edge === undefined ? {} : { edge }) })
        return
      }
      case 'param': {
        const path = `${given.params.path}${name}`
        const shape = shapeOf(d)
        const { formula, ...init } = initialiserOf(outer, d.init, shape)
        const id = given.params.known.get(name) ?? b.source({ role: 'param', name: path }, { shape, axes: [], type: 'real' })
        given.params.known.set(name, id)
        world.params.set(path, { shape, axes: [], type: 'real', init, fixed: d.init?.fixed === true, ...(formula === undefined ? {} : { formula }) })
        meanings.set(name, { kind: 'stream', id })
        return
      }
      case 'hyper': {
        const path = `${given.path}${name}`
        world.hyper.set(path, literal(outer, d.value!))
        meanings.set(name, { kind: 'stream', id: b.source({ role: 'hyper', name: path }, { shape: [], axes: [], type: 'real' }) })
        return
      }
      case 'noise':
        return declareNoise(d)
      case 'state': {
        const shape = shapeOf(d)
        states.set(name, { declared: d, shape })
        demands.set(name, { shape, what: 'state', along: own, finish: id => b.expand(id, shape, timed) })
        return
      }
      case 'output':
        if (d.type?.shape !== undefined && !demands.has(name)) demands.set(name, { shape: shapeOf(d), what: 'output', finish: id => id })
    }
  }
  for (const d of declared) if (d.of !== 'output') collect(() => declare(d), d.name.name)
  for (const d of declared) if (d.of === 'output') collect(() => declare(d))

  for (const [name, s] of states) collect(() => edges.set(name, initialState(outer, given, name, { ...s, axes: timed }, depths.get(name) ?? 1)), name)

  const { context, readAll } = equationScope(outer, equationsOf(block), name => demands.get(name))
  readAll()

  const id = (name: string): Id | undefined => {
    try {
      const meaning = context.lookup(name)
      if (meaning?.kind === 'stream') return meaning.id
      if (meaning?.kind === 'result' && meaning.single !== undefined) {
        const only = meaning.fields.get(meaning.single)
        return only?.kind === 'stream' ? only.id : undefined
      }
    } catch (error) {
      if (!(error instanceof Refused)) throw error
    }
    return undefined
  }
  const made = new Map<string, Id>()
  for (const name of states.keys()) {
    const v = id(name)
    if (v === undefined) continue
    made.set(name, v)
    const edge = edges.get(name)?.edge
    const final = b.add('end', edge === undefined ? [v] : [v, edge], { ...alongIn(own), at: 'last' })
    world.states.set(`${given.path}${name}`, {
      value: v,
      along: own,
      final,
      carries: edges.get(name)?.carries === true,
      depth: depths.get(name) ?? 1,
      ...(edge === undefined ? {} : { from: edge }),
    })
  }
  const named = declared.filter(d => d.of === 'output')
  const outputs = new Map<string, Id>()
  for (const d of named) {
    const v = id(d.name.name)
    if (v !== undefined) outputs.set(d.name.name, v)
    else if (world.diagnostics.length === 0) collect(() => refuse(d.name.span, messages.outputMissing(d.name.name)))
  }
  if (named.length === 0) for (const [n, v] of made) outputs.set(n, v)
  let loss: Id | undefined
  for (const l of lossesOf(block))
    collect(() => {
      const value = b.at(l.span, () => withDeclaration(context, l.value, [], () => lossOf(context, l)))
      loss = loss === undefined ? value : b.map('add', loss, value)
    })
  // Losses read states at other steps, too.
  for (const [name, shifts] of outer.open) {
    const v = id(name)
    if (v !== undefined) for (const { shift } of shifts) b.close(shift, v)
  }
  const window = windowOf(block)
  let size: Window | undefined
  if (window !== undefined) collect(() => void (size = windowSize(outer, window)))
  return { states: made, outputs, ...(loss === undefined ? {} : { loss }), ...(size === undefined ? {} : { window: size }) }
}

const windowSize = (ctx: Context, w: NonNullable<ReturnType<typeof windowOf>>): Window => {
  const positive = (e: typeof w.size): number => {
    const n = dim.asNumber(sizeOf(ctx, e))
    return n !== undefined && n >= 1 ? n : refuse(e.span, messages.windowSize())
  }
  const size = positive(w.size)
  const every = w.every === undefined ? size : positive(w.every)
  if (every > size) refuse(w.every!.span, messages.chunkTooLong(every, size))
  return { size, every }
}

/** The initial values: what the caller gives, else the expression of the source, else zero. */
const initialState = (
  ctx: Context,
  given: Given,
  name: string,
  { declared: d, shape, axes }: { readonly declared: Declared; readonly shape: readonly Dim[]; readonly axes: readonly Axis[] },
  depth: number,
): Delayable => {
  const { b } = ctx.world
  const value: Value = { shape, axes, type: 'real' }
  const wired = given.initial?.get(name)
  if (wired !== undefined) {
    const node = b.node(wired)
    if (!dim.sameShape(node.shape, shape)) refuse(d.name.span, messages.equationShape(name, dim.showShape(shape), dim.showShape(node.shape)))
    return { value, edge: wired, depth, ahead: false, along: axes[0]!, carries: true }
  }
  const path = `${given.path}${name}`
  const initial = b.source({ role: 'initial', name: path, depth }, { shape, axes: depth > 1 ? ['k', 'b'] : ['b'], type: 'real' })
  if (d.from === undefined) return { value, edge: initial, depth, ahead: false, along: axes[0]! }
  const start = number(ctx, d.from)
  const node = b.node(start)
  const [varies] = sequencesOf(node)
  if (varies !== undefined) refuse(d.from.span, messages.initialVaries(name, nameOfAxis(varies)))
  if (!dim.sameShape(node.shape, shape) && node.shape.length > 0)
    refuse(d.from.span, messages.equationShape(name, dim.showShape(shape), dim.showShape(node.shape)))
  const isGiven = b.source({ role: 'given', name: path }, { shape: [], axes: [], type: 'real' })
  return { value, edge: b.map('select', b.map('gt', isGiven, b.constant(0)), initial, start), depth, ahead: false, along: axes[0]! }
}

/** `loss e`: the mean of e over the axes along which it varies, over the steps where the condition holds. */
const lossOf = (ctx: Context, l: Loss): Id => {
  const { b } = ctx.world
  const e = number(ctx, l.value)
  if (b.node(e).shape.length > 0) refuse(l.value.span, messages.lossNotScalar(dim.showShape(b.node(e).shape)))
  const where = l.where === undefined ? undefined : condition(ctx, l.where)
  if (where !== undefined && b.node(where).shape.length > 0) refuse(l.where!.span, messages.lossNotScalar(dim.showShape(b.node(where).shape)))
  const terms = where === undefined ? e : b.map('select', where, e, b.constant(0))
  const { axes } = b.node(terms)
  // How many steps there are differs from sequence to sequence.
  const all = axes.some(isSequence) ? ordered([...axes, 'b']) : axes
  const sum = (v: Id): Id => b.fit(b.node(v).op === 'seed' ? v : b.expand(v, [], all), { shape: [], axes: [], type: 'real' })
  const total = sum(b.add('seed', [b.expand(terms, [], all)], {}))
  if (l.total || axes.length === 0) return total
  const found = where === undefined ? countOf(ctx, all) : sum(b.map('select', where, b.constant(1), b.constant(0)))
  return b.map('div', total, b.map('max', found, b.constant(1)))
}

/** How many places there are along the axes, each sequence counting its own steps. */
const countOf = ({ world }: Context, axes: readonly Axis[]): Id => {
  const { b } = world
  const lengths = axes.filter(isSequence).map(a => b.add('copy', [world.lengths.get(a)!], {}))
  if (lengths.length === 0) return b.size(axes.includes('b') ? inUse : dim.one)
  const each = lengths.reduce((x, y) => b.map('mul', x, y))
  return b.fit(each, { shape: [], axes: [], type: 'real' })
}

/** How far back each name of the block is read: `h`, and `l1.h` for the states of instances. */
const delayDepths = (world: World, block: Block, given: Given): ReadonlyMap<string, number> => {
  const depths = new Map<string, number>(given.depths)
  const visit = (e: Expr): void => {
    const item = e.kind === 'index' ? e.items[0] : undefined
    if (e.kind !== 'index' || item?.kind !== 'at' || !mentionsStep(given.axes, item.value)) return
    const { object } = e
    const name =
      object.kind === 'name' ? object.name : object.kind === 'field' && object.object.kind === 'name' ? `${object.object.name}.${object.field.name}` : undefined
    if (name === undefined) return
    try {
      const k = delayOf({ dims: given.dims, axes: given.axes, world }, item.value)
      depths.set(name, Math.max(k, depths.get(name) ?? 1))
    } catch (error) {
      if (!(error instanceof Refused)) throw error
    }
  }
  for (const q of equationsOf(block)) visitAll(q.value, visit)
  for (const l of lossesOf(block)) for (const e of l.where === undefined ? [l.value] : [l.value, l.where]) visitAll(e, visit)
  return depths
}
