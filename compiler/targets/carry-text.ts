/** The part of a generated module that goes on from one pass to the next: carry, reset, and what is kept to resume from. */
import * as dim from '../../dsl/dims.ts'
import type { Dim } from '../../dsl/dims.ts'
import { layoutOf, type Layout } from '../plan/layout.ts'
import type { Plan } from '../plan/plan.ts'
import type { History } from './histories.ts'
import { initialNames, roleNames, sourcesOf } from './ports.ts'
import { only } from './writer.ts'

export interface Carrying {
  readonly plan: Plan
  readonly places: readonly History[]
  /** Of a number. */
  readonly bytes: number
  readonly size: (d: Dim) => string
}

/** The lines of `carry`, `reset`, `carried` and `resume`; and those of a pass that leaves rows out, whose histories are zero. */
export const carryText = ({ plan, places, bytes, size: f }: Carrying): { readonly lines: readonly string[]; readonly forgotten: readonly string[] } => {
  const { graph } = plan
  const initials = sourcesOf(graph, 'initial')
  const givenStates = roleNames(graph, 'given')
  const array = (h: Pick<History, 'index'>): string => (h.index ? 'n' : 'x')
  const address = (h: Pick<History, 'index'>, region: number, offset: Dim): string => `${h.index && bytes === 8 ? '2 * ' : ''}r${region} + ${f(offset)}`
  /** Where the steps before the first lie. */
  const front = (h: History): string => address(h, h.layout.region, dim.subtract(h.layout.offset, dim.scale(h.step, h.lead)))
  const rows = (h: History): string => `${f(h.others)}, ${h.batched ? 'B' : '1'}, ${f(h.row)}`

  // What delays need is moved in front of the first step, for each sequence from its own end.
  const move = (h: History, to: Layout, depth: number, apart: Dim): string =>
    `  history(${array(h)}, ${address(h, h.layout.region, h.layout.offset)}, ${f(h.step)}, ${rows(h)}, ${depth}, ${address(h, to.region, to.offset)}, ${f(apart)}, ${h.batched ? 'ends.t' : 'undefined'}, span)`
  const carries = [...graph.face.states].flatMap(([name, st]) => {
    const source = initials.find(([n]) => n === name)
    const h = places.find(p => p.stream === st.value)
    if (source === undefined || st.along !== 't') return []
    const to = layoutOf(plan, source[1])!
    const given = givenStates.includes(name) ? [`  given[${JSON.stringify(name)}] = true`] : []
    // A history that nobody reads is not kept; one that lies in front of its stream is moved there.
    return h === undefined || to.region === h.layout.region ? given : [move(h, to, st.depth, to.axes['k'] ?? dim.zero), ...given]
  })
  const moves = places.map(h => move(h, { ...h.layout, offset: dim.subtract(h.layout.offset, dim.scale(h.step, h.lead)) }, h.lead, h.step))
  const plain = places.filter(h => h.plain)
  const entries = (h: History): string => f(dim.scale(h.step, h.lead))
  // Initial values that lie in front of their stream are kept with it.
  const own = initials.filter(([, id]) => !places.some(h => h.layout.region === layoutOf(plan, id)!.region))
  const names = new Map([...graph.face.streams].map(([name, id]) => [id, name] as const).toReversed())
  const nameOf = (h: History, i: number): string => {
    const node = graph.nodes[h.stream]!
    return `history.${node.op === 'source' ? node.attrs.name! : (names.get(h.stream) ?? i)}`
  }
  const kept = [
    ...own.map(([name]) => ({ key: `initial.${name}`, from: `initial[${JSON.stringify(name)}]${only('!')}` })),
    ...places.map((h, i) => ({ key: nameOf(h, i), from: `${array(h)}.subarray(${front(h)}, ${front(h)} + ${entries(h)})` })),
  ]
  return {
    forgotten: [
      ...places.filter(h => h.batched).map(h => `  forget(${array(h)}, ${front(h)}, ${f(h.step)}, ${h.lead}, ${rows(h)}, rows)`),
      ...own.map(([name]) => `  forgetAll(initial[${JSON.stringify(name)}]${only('!')}, ${graph.face.states.get(name)!.depth}, B, rows)`),
    ],
    lines: [
      `/** The final states become the initial ones, and the steps count on. */`,
      `function carry()${only(': void')} {`,
      `  alive()`,
      ...carries,
      ...moves,
      `  first += span`,
      `  carried = true`,
      `  changed('carry has moved the states on')`,
      `}`,
      '',
      `/** The initial states are again as the source says: an expression, or zero. */`,
      `function reset()${only(': void')} {`,
      `  alive()`,
      ...initialNames(graph).map(name => `  initial[${JSON.stringify(name)}]${only('!')}.fill(0)`),
      ...givenStates.map(name => `  given[${JSON.stringify(name)}] = false`),
      ...plain.map(h => `  ${array(h)}.fill(0, ${front(h)}, ${front(h)} + ${entries(h)})`),
      `  first = 0`,
      `  carried = false`,
      `  prepared = false`,
      `  changed('reset has set the states back')`,
      `}`,
      '',
      `/** Where what a pass goes on from lies. */`,
      `const past${only(': Readonly<Record<string, Values>>')} = {`,
      ...kept.map(({ key, from }) => `  ${JSON.stringify(key)}: ${from},`),
      `}`,
      '',
      `/** All that a carry hands on, copied: what \`resume\` of a net of the same sizes takes. */`,
      `function kept()${only(': Carried')} {`,
      `  alive()`,
      `  return { step: first, going: carried, given: { ...given }, arrays: Object.fromEntries(Object.entries(past).map(([name, values]) => [name, values.slice()])) }`,
      `}`,
      '',
      `/** Goes on from what \`carried\` gave. Throws, before anything is changed, what does not fit. */`,
      `function resume(from${only(': Carried')})${only(': void')} {`,
      `  alive()`,
      `  fits(from, past, given)`,
      `  for (const name of Object.keys(past)) past[name]${only('!')}.set(from.arrays[name]${only('!')})`,
      ...givenStates.map(name => `  given[${JSON.stringify(name)}] = from.given[${JSON.stringify(name)}] === true`),
      `  first = from.step`,
      `  carried = from.going`,
      `  prepared = false`,
      `  changed('resume has set other states')`,
      `}`,
      '',
    ],
  }
}
