/** Equations in any order: each is read when a name of it is first needed; a name that needs itself is a cycle. */
import * as dim from '../../dsl/dims.ts'
import type { Dim } from '../../dsl/dims.ts'
import { enough, InternalError, Refused } from '../../dsl/diagnostics.ts'
import { limits } from '../../dsl/limits.ts'
import { messages } from '../../dsl/messages.ts'
import type { Equation } from '../../dsl/syntax.ts'
import { nameOfAxis, sequencesOf, type Axis, type Id } from '../graph.ts'
import { refuse, sourceText, type Context, type Delayable, type Meaning } from './context.ts'
import { origins, readOf } from './related.ts'
import { shapeInUse, withDeclaration } from './slips/missing.ts'
import { starredProduct } from './slips/products.ts'
import { evaluate, extentOf } from './expression.ts'

interface Entry {
  readonly equation: Equation
  state: 'waiting' | 'reading' | 'read' | 'failed'
  readonly values: Map<string, Meaning>
}

/** What a declared name demands of its equation. */
export type Demand = (name: string) => { shape: readonly Dim[]; finish: (id: Id) => Id; what: string; along?: Axis } | undefined

export interface Equations {
  /** The context in which names mean these equations, or what the outer context says. */
  readonly context: Context
  /** Reads them all, collecting every mistake. */
  readonly readAll: () => void
}

export const equationScope = (outer: Context, equations: readonly Equation[], demand: Demand = () => undefined): Equations => {
  const { world } = outer
  const entries = new Map<string, Entry>()
  for (const equation of equations) {
    const entry: Entry = { equation, state: 'waiting', values: new Map() }
    for (const t of equation.targets) entries.set(t.name.name, entry)
  }
  const reading: string[] = []

  const read = (name: string, entry: Entry): Meaning => {
    if (entry.state === 'failed') throw new Refused([])
    if (entry.state === 'reading') {
      const cycle = [...reading.slice(reading.indexOf(name)), name]
      entry.state = 'failed'
      const target = entry.equation.targets.find(t => t.name.name === name)!
      return refuse(
        readOf(outer.axes, entries.get(cycle.at(-2)!)!.equation.value, name) ?? target.name.span,
        messages.cycle(
          cycle,
          cycle.find(n => demand(n)?.what === 'state'),
        ),
        [...new Set(cycle.slice(0, -1))].map(n => ({ span: entries.get(n)!.equation.span, message: `${n} is computed here` })),
      )
    }
    if (entry.state === 'waiting') {
      if (reading.length >= limits.chain) return refuse(entry.equation.span, messages.longChain(name))
      entry.state = 'reading'
      reading.push(name)
      try {
        world.b.at(entry.equation.span, () => define(entry))
        entry.state = 'read'
      } catch (error) {
        entry.state = 'failed'
        throw error
      } finally {
        reading.pop()
      }
    }
    return entry.values.get(name)!
  }

  const define = (entry: Entry): void => {
    const { targets, value } = entry.equation
    const first = targets[0]!
    const ctx: Context = { ...context, equation: first.name.name, instances: new Set() }
    const stated = first.shape?.map(e => extentOf(ctx, e))
    const meaning = withDeclaration(ctx, value, targets.length === 1 ? (stated ?? demand(first.name.name)?.shape) : undefined, () => evaluate(ctx, value))
    if (targets.length === 1 && meaning.kind !== 'parts') {
      entry.values.set(first.name.name, settled(ctx, entry.equation, 0, meaning))
      return
    }
    if (meaning.kind !== 'parts') return refuse(value.span, messages.notParts(targets.length))
    if (meaning.ids.length !== targets.length) return refuse(entry.equation.span, messages.partsDiffer(targets.length, meaning.ids.length))
    targets.forEach((t, i) => entry.values.set(t.name.name, settled(ctx, entry.equation, i, { kind: 'stream', id: meaning.ids[i]! })))
  }

  /** Checks the value against the shape that is stated or declared, and notes the stream's name. */
  const settled = (ctx: Context, equation: Equation, at: number, meaning: Meaning): Meaning => {
    const target = equation.targets[at]!
    const name = target.name.name
    const wanted = demand(name)
    const single = meaning.kind === 'result' && wanted !== undefined && meaning.single !== undefined ? meaning.fields.get(meaning.single)! : meaning
    const value: Meaning = single.kind === 'dim' ? { kind: 'stream', id: world.b.size(single.dim) } : single
    if (value.kind !== 'stream') {
      if (wanted !== undefined || target.shape !== undefined) refuse(equation.value.span, messages.notAStream(sourceText(world, equation.value.span)))
      return value
    }
    const node = world.b.node(value.id)
    const stated = target.shape?.map(e => extentOf(ctx, e))
    for (const shape of [stated, wanted?.shape])
      if (shape !== undefined && !dim.sameShape(shape, node.shape)) {
        const star = shape.length < node.shape.length ? starredProduct(ctx, [equation.value]) : undefined
        const message = messages.equationShape(name, dim.showShape(shape), dim.showShape(node.shape), star?.mend)
        refuse((star?.at ?? equation.value).span, message, origins(ctx, [equation.value], name))
      }
    if (wanted !== undefined && node.type !== 'real') refuse(equation.value.span, messages.conditionAsNumber())
    const other = sequencesOf(node).find(a => wanted?.along !== undefined && a !== wanted.along)
    if (other !== undefined) refuse(equation.value.span, messages.stateVaries(name, nameOfAxis(other)))
    const id = wanted === undefined ? value.id : wanted.finish(value.id)
    world.streams.set(`${ctx.path}${name}`, id)
    return { kind: 'stream', id }
  }

  const delayable = (name: string): Delayable | undefined => {
    const entry = entries.get(name)
    const own = outer.delayable(name)
    if (own !== undefined || entry?.state !== 'reading') return own
    const target = entry.equation.targets.find(t => t.name.name === name)!
    if (target.shape === undefined) {
      // What surrounds it is looked at in a context in which the name is not asked for again.
      const blind: Context = {
        ...context,
        lookup: n => (n === name ? undefined : context.lookup(n)),
        delayable: n => (n === name ? undefined : context.delayable(n)),
      }
      return refuse(target.name.span, messages.delayNeedsShape(name, shapeInUse(blind, entry.equation.value, name)))
    }
    const along = outer.axes.get('t')!
    return { value: { shape: target.shape.map(e => extentOf(outer, e)), axes: [along, 'b'], type: 'real' }, along, depth: 1, ahead: true }
  }

  const context: Context = {
    ...outer,
    lookup: name => {
      const entry = entries.get(name)
      return entry === undefined ? outer.lookup(name) : read(name, entry)
    },
    delayable,
    known: () => [...entries.keys(), ...outer.known()],
  }

  const readAll = (): void => {
    let refused = false
    for (const [name, entry] of entries) {
      if (enough(world.diagnostics)) return
      try {
        read(name, entry)
      } catch (error) {
        if (!(error instanceof Refused)) throw error
        world.diagnostics.push(...error.diagnostics)
        refused = true
      }
    }
    // What was refused was told, here or where it failed first.
    if (refused && !world.diagnostics.some(d => d.severity === 'error')) throw new InternalError('an equation was refused, and nothing says why')
  }
  return { context, readAll }
}
