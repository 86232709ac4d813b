/** The graphs that a verification interprets: made once for a cell, run on many draws. */
import { InternalError } from '../../dsl/diagnostics.ts'
import * as dim from '../../dsl/dims.ts'
import type { Builder } from '../../compiler/builder.ts'
import { foldedAxis, validate, type Graph, type Id, type Node, type Value } from '../../compiler/graph.ts'
import { differentiate, isWanted, type Derivative, type Request } from '../../compiler/passes/differentiate.ts'
import { copyInto, mapInterface } from '../../compiler/passes/rebuild.ts'
import { written } from '../../compiler/passes/simplify.ts'
import { addTangents, tangentPart } from '../../compiler/passes/tangent.ts'
import { formulaMass } from '../../compiler/ops/formula.ts'
import type { StructuralRow } from '../../compiler/ops/row.ts'
import { rowOf } from '../../compiler/ops/table.ts'

/** A graph whose results are the named numbers. */
export interface Question {
  readonly graph: Graph
  readonly answers: ReadonlyMap<string, Id>
}

/** The direction of a source is a source of its own. */
export const directionName = (n: Node): string => `direction of ${n.attrs.role} ${n.attrs.name}`

const scalar: Value = { shape: [], axes: [], type: 'real' }

/** The sum of all entries. */
const total = (b: Builder, v: Id): Id => {
  // Steps past the end of a sequence do not exist, where they are a dim of the shape neither.
  const along = foldedAxis(b.node(v).shape.at(-1) ?? dim.one)
  if (along !== undefined) return total(b, b.add('unfold', [v], { along }))
  const n = b.node(v)
  return b.fit(n.axes.length === 0 && n.shape.length === 0 ? v : b.add('copy', [v], {}), scalar)
}
const inner = (b: Builder, x: Id, y: Id): Id => total(b, b.map('mul', x, y))
const sum = (b: Builder, list: readonly Id[]): Id => list.reduce((x, y) => b.map('add', x, y), b.constant(0))

/** A graph with a builder that goes on where it ends; nothing is left out, and ids stay the same. */
const reopened = (graph: Graph): { b: Builder; id: (old: Id) => Id; nodes: readonly Node[] } => {
  const all = new Set(graph.nodes.map(n => n.id))
  const { builder, map } = copyInto(graph, undefined, all)
  return { b: builder, id: old => map.get(old)!, nodes: graph.nodes }
}

const question = (b: Builder, like: Graph, map: ReadonlyMap<Id, Id>, answers: ReadonlyMap<string, Id>): Question => {
  const face = { ...mapInterface(like.face, map), outputs: answers, states: new Map(), streams: new Map() }
  const { loss: _, ...rest } = face
  const graph = written({ nodes: b.nodes, face: rest })
  return { graph: validate(graph, 'question'), answers: graph.face.outputs }
}

interface Opened {
  readonly b: Builder
  readonly d: Derivative
  readonly forward: readonly Node[]
  readonly id: (old: Id) => Id
  readonly map: ReadonlyMap<Id, Id>
  readonly tangents: ReadonlyMap<Id, Id>
  /** What the directions do to what is differentiated: <Jd, w>. */
  readonly seeded: Id
}

const open = (source: Graph, request: Request, alter: (d: Derivative) => Derivative): Opened => {
  const d = alter(differentiate(source, request))
  const { b, id } = reopened(d.graph)
  const map = new Map(d.graph.nodes.map(n => [n.id, id(n.id)] as const))
  const forward = d.graph.nodes.slice(0, d.forward).map(n => b.node(id(n.id)))
  const tangents = addTangents(b, forward, n =>
    isWanted(d.graph, n) ? b.source({ role: 'input', name: directionName(n), ...(n.attrs.depth === undefined ? {} : { depth: n.attrs.depth }) }, n) : undefined,
  )
  return { b, d, forward, id, map, tangents, seeded: seededBy(b, d, id, request, tangents) }
}

const seededBy = (b: Builder, d: Derivative, id: (old: Id) => Id, request: Request, tangents: ReadonlyMap<Id, Id>): Id => {
  const { face } = d.graph
  const parts: Id[] = []
  const add = (value: Id, cotangent: Id | undefined): void => {
    const t = tangents.get(id(value))
    if (t !== undefined) parts.push(cotangent === undefined ? t : inner(b, t, cotangent))
  }
  const source = (role: 'outputGrad' | 'finalGrad', name: string): Id | undefined => {
    const found = d.cotangents.get(`${role} ${name}`)
    return found === undefined ? undefined : id(found)
  }
  for (const name of request.outputs) add(face.outputs.get(name) ?? face.states.get(name)!.value, source('outputGrad', name))
  for (const name of request.finals) {
    const w = source('finalGrad', name)
    if (w !== undefined) add(face.states.get(name)!.final, w)
  }
  if (face.loss !== undefined) add(face.loss, undefined)
  return sum(b, parts)
}

/** <Jd, w> by the tangents, <d, g> by the adjoints, for one draw. */
export const dotQuestion = (source: Graph, request: Request, alter: (d: Derivative) => Derivative): Question => {
  const { b, d, map, id, seeded } = open(source, request, alter)
  const { params, inputs, initial } = d.graph.gradients!
  const pairs = [...params.values(), ...inputs.values(), ...initial.values()]
  const wanted = d.graph.nodes.filter(n => isWanted(d.graph, n))
  const byName = new Map<string, Id>([
    ...[...params].map(([n, g]) => [`param ${n}`, g] as const),
    ...[...inputs].map(([n, g]) => [`input ${n}`, g] as const),
    ...[...initial].map(([n, g]) => [`initial ${n}`, g] as const),
  ])
  const gd = wanted.flatMap(n => {
    const g = byName.get(`${n.attrs.role} ${n.attrs.name}`)
    if (g === undefined) return []
    const direction = b.source({ role: 'input', name: directionName(n), ...(n.attrs.depth === undefined ? {} : { depth: n.attrs.depth }) }, n)
    return [inner(b, id(g), direction)]
  })
  const answers = new Map([
    ['tangent', total(b, seeded)],
    ['adjoint', sum(b, gd)],
  ])
  if (pairs.length === 0) throw new InternalError('there is nothing to differentiate')
  return question(b, d.graph, map, answers)
}

/**
 * The edge mass: the sum over all edges of |adjoint * partial * tangent|. Rounding errors of both sweeps are multiples
 * of it, so it is the honest scale of their difference; where a partial is itself a difference, its terms count. Defined ops are written out, so that what happens inside counts.
 */
export const massQuestion = (source: Graph, request: Request): Question => {
  const expanded = written(source)
  const { b, d, map, id, forward, tangents } = open(expanded, request, x => x)
  const parts: Id[] = []
  for (const n of forward) {
    const bar = d.bar.get([...map].find(([, to]) => to === n.id)?.[0] ?? -1)
    if (bar === undefined) continue
    n.args.forEach((a, k) => {
      const t = tangents.get(a)
      if (t === undefined) return
      const row = rowOf(n.op)
      if (row.class === 'map') {
        const text = row.adjoint[k]
        if (text === null || text === undefined) return
        const scope = new Map<string, Id>([...row.params.map((p, i) => [p, n.args[i]!] as const), ['y', n.id], ['dy', id(bar)]])
        parts.push(inner(b, formulaMass(b, text, scope), b.map('abs', t)))
        return
      }
      const u = edgeTangent(b, n, k, t)
      if (u !== undefined) parts.push(inner(b, b.map('abs', id(bar)), b.map('abs', u)))
    })
  }
  return question(b, d.graph, map, new Map([['mass', sum(b, parts)]]))
}

/** What the rules of defined ops add to the edge mass: their terms may cancel where the same written out has none that do. */
export const definedMassQuestion = (source: Graph, request: Request): Question | undefined => {
  if (source.nodes.every(n => massRule(n) === undefined)) return undefined
  const { b, d, map, id, tangents } = open(source, request, x => x)
  const parts = d.graph.nodes.slice(0, d.forward).flatMap(old => {
    const rule = massRule(old)
    const [bar, t] = [d.bar.get(old.id), old.args[0] === undefined ? undefined : tangents.get(id(old.args[0]))]
    return rule === undefined || bar === undefined || t === undefined ? [] : [inner(b, b.map('abs', id(bar)), rule(b, b.node(id(old.id)), b.map('abs', t)))]
  })
  return question(b, d.graph, map, new Map([['mass', sum(b, parts)]]))
}

const massRule = (n: Node): StructuralRow['mass'] => {
  const row = rowOf(n.op)
  return row.class === 'map' ? undefined : row.mass
}

/** The absolute value of what one operand's tangent does, its inner sums without cancellation. */
const edgeTangent = (b: Builder, n: Node, k: number, t: Id): Id | undefined => {
  if (n.op === 'shift') return k === 0 ? b.shift(b.map('abs', t), n.attrs.by!, {}) : undefined
  const args = n.args.map((a, i) => (b.node(a).type === 'real' && (n.op === 'contract' || i === k) ? b.map('abs', a) : a))
  return n.op === 'contract' || n.op === 'gather' || n.op === 'reduce' ? tangentPart(b, { ...n, args }, k, b.map('abs', t)) : tangentPart(b, n, k, t)
}

/** For each node: <its adjoint, its tangent> and what it gives back to its operands. They are equal where its rules are right. */
export const pairingQuestion = (source: Graph, request: Request, alter: (d: Derivative) => Derivative): { question: Question; nodes: readonly Node[] } => {
  const { b, d, map, id, tangents } = open(source, request, alter)
  const answers = new Map<string, Id>()
  const nodes: Node[] = []
  for (const old of d.graph.nodes.slice(0, d.forward)) {
    const bar = d.bar.get(old.id)
    const t = tangents.get(id(old.id))
    if (bar === undefined || t === undefined || old.op === 'shift' || old.op === 'source') continue
    const back = old.args.flatMap((a, k) => {
      const part = d.edges.get(`${old.id}:${k}`)
      const ta = tangents.get(id(a))
      return part === undefined || ta === undefined ? [] : [inner(b, id(part), ta)]
    })
    nodes.push(old)
    answers.set(`out ${old.id}`, inner(b, id(bar), t))
    answers.set(`back ${old.id}`, sum(b, back))
    answers.set(`size ${old.id}`, inner(b, b.map('abs', id(bar)), b.map('abs', t)))
  }
  return { question: question(b, d.graph, map, answers), nodes }
}
