/**
 * How far the losses of one chunk of steps reach. Where they couple steps by delays alone, the pass of a chunk runs the
 * steps that its window reaches, and chunks as long as the window need one pass for all of them. A sum over t, the first
 * step, or what counts its steps the other way couples distant steps: then every chunk has a pass over all steps.
 */
import { alongOf, type Graph, type Id, type Node } from '../graph.ts'
import { turnedNodes } from './reversed.ts'

export interface Reach {
  /** Why distant steps are coupled by other ways than delays; `undefined`: they are not. */
  readonly couples?: string
  /** A pass runs all steps: `couples`, or something looks ahead. */
  readonly whole: boolean
  /** A window reaches forward in t, too: there are loops that run backward. */
  readonly turns: boolean
}

/** Where cotangents come in: at each step of a stream, or at its last. */
interface End {
  readonly id: Id
  readonly final: boolean
}

export const reachOf = (graph: Graph, ends: readonly End[], alive: (id: Id) => boolean, flows: (n: Node, k: number) => boolean): Reach => {
  const { nodes, face } = graph
  const turned = turnedNodes(graph)
  const timed = (id: Id): boolean => nodes[id]!.axes.includes('t')
  const list = nodes.filter(n => alive(n.id))
  const operands = (n: Node): readonly Id[] => n.args.filter((a, k) => flows(n, k) && alive(a))
  const name = (id: Id): string => [...face.streams].find(([, v]) => v === id)?.[0] ?? nodes[id]!.op
  /** Values without steps whose cotangent comes from steps: from all of them. */
  const spread = new Set<Id>()
  for (const n of [...list].reverse()) for (const a of operands(n)) if (!timed(a) && (timed(n.id) || spread.has(n.id))) spread.add(a)

  const isMeeting = (n: Node, a: Id): boolean => turned.has(a) !== turned.has(n.id) && !(n.op === 'reverse' && alongOf(n) === 't')

  const whys: string[] = []
  const couple = (why: string): void => void whys.push(why)
  for (const { id, final } of ends)
    if (turned.has(id)) couple(`${final ? 'the final value' : 'each step'} of ${name(id)} has its place in another order than its loop runs`)
  for (const n of list) {
    const along = alongOf(n) === 't'
    // What is not kept is computed again, for the steps of its own order.
    if (n.args.some((a, k) => !flows(n, k) && nodes[a]!.op !== 'source' && timed(a) && timed(n.id) && isMeeting(n, a)))
      couple('streams of both orders meet at a step')
    for (const a of operands(n)) {
      if (!timed(a)) continue
      if (n.op === 'seed') {
        if (turned.has(a)) couple('a loss counts its steps in another order than the loop runs')
      } else if (timed(n.id)) {
        if (isMeeting(n, a)) couple('streams of both orders meet at a step')
      } else if (nodes[a]!.op !== 'seed') {
        // The last valid step belongs to the chunk of what has no steps.
        const last = n.op === 'end' && along && (n.attrs.at === 'last') !== turned.has(a)
        if (!last) couple(n.op === 'end' ? `the ${n.attrs.at} step of ${name(a)} is far from its losses` : `${name(a)} is summed up over all steps`)
        else if (spread.has(n.id)) couple(`the ${n.attrs.at} step of ${name(a)} is read at every step`)
      }
    }
  }
  const ahead = list.filter(n => n.op === 'shift' && alongOf(n) === 't' && n.attrs.by! < 0 && operands(n).includes(n.args[0]!))
  // What lies ahead of a chunk may look back across its end: such reads would be cut with another chunk.
  const deep = new Set<Id>()
  for (let before = -1; before !== deep.size;) {
    before = deep.size
    for (const n of list) if (n.attrs.cuts !== undefined || operands(n).some(a => deep.has(a))) deep.add(n.id)
  }
  for (const n of ahead) if (n.attrs.cuts === undefined && deep.has(n.args[0]!)) couple(`${name(n.args[0]!)} is read ahead`)
  const [couples] = whys
  return {
    ...(couples === undefined ? {} : { couples }),
    whole: couples !== undefined || ahead.length > 0,
    turns: list.some(n => n.attrs.cuts === 'future'),
  }
}
