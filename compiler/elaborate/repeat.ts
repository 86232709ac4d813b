/** Micro-steps inside a step: rounds that are written out one after the other. */
import * as dim from '../../dsl/dims.ts'
import { messages } from '../../dsl/messages.ts'
import type { Equation, Repeat } from '../../dsl/syntax.ts'
import { refuse, sourceText, type Context, type Meaning } from './context.ts'
import { evaluate, extentOf, number, structuralCount } from './expression.ts'

/** More rounds than this are refused: each is a copy of the equations. */
export const mostRounds = 256

/**
 * The names in parentheses after the last round. Inside, equations run in order and bind names again; what is not among
 * those names is local to a round.
 */
export const repeated = (ctx: Context, e: Repeat): Meaning => {
  const rounds = structuralCount(ctx, e.count)
  if (rounds < 0 || rounds > mostRounds) return refuse(e.count.span, messages.tooManyRounds(rounds, mostRounds))
  // All starts are evaluated before any name is bound.
  const starts = e.starts.map(s => [s.name.name, { kind: 'stream', id: number(ctx, s.value) }] as const satisfies readonly [string, Meaning])
  const kept = new Map<string, Meaning>(starts)
  for (let round = 0; round < rounds; round++) {
    const local = new Map<string, Meaning>()
    const inner: Context = {
      ...ctx,
      dims: new Map([...ctx.dims, [e.index.name, dim.constant(round)]]),
      lookup: name => local.get(name) ?? kept.get(name) ?? (name === e.index.name ? undefined : ctx.lookup(name)),
      // What is bound here has no other step.
      delayable: name => (local.has(name) || kept.has(name) ? undefined : ctx.delayable(name)),
      known: () => [...local.keys(), ...kept.keys(), ...ctx.known()],
    }
    for (const q of e.body) {
      const values = valuesOf(inner, q)
      q.targets.forEach((t, i) => (kept.has(t.name.name) ? kept : local).set(t.name.name, values[i]!))
    }
  }
  const ids = [...kept.values()].map(m => (m as Meaning & { kind: 'stream' }).id)
  return ids.length === 1 ? { kind: 'stream', id: ids[0]! } : { kind: 'parts', ids }
}

/** What an equation gives its names: streams, of the shapes that it states. */
const valuesOf = (ctx: Context, q: Equation): readonly Meaning[] => {
  const { world } = ctx
  const meaning = evaluate(ctx, q.value)
  const ids = meaning.kind === 'parts' ? meaning.ids : [number(ctx, q.value)]
  if (meaning.kind === 'parts' && ids.length !== q.targets.length) return refuse(q.span, messages.partsDiffer(q.targets.length, ids.length))
  if (meaning.kind !== 'parts' && q.targets.length > 1) return refuse(q.value.span, messages.notParts(q.targets.length))
  return ids.map((id, i) => {
    const stated = q.targets[i]!.shape?.map(s => extentOf(ctx, s))
    const { shape } = world.b.node(id)
    if (stated !== undefined && !dim.sameShape(stated, shape))
      refuse(q.value.span, messages.equationShape(sourceText(world, q.targets[i]!.name.span), dim.showShape(stated), dim.showShape(shape)))
    return { kind: 'stream', id }
  })
}
