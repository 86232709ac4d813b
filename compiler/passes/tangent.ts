/**
 * Forward mode: for each node, how it changes when the sources change along a direction. Its rules are a column of the
 * op table of their own, never derived from the adjoints, so that each can judge the other.
 */
import type { Builder } from '../builder.ts'
import { alongIn, alongOf, type Id, type Node } from '../graph.ts'
import { withinReach } from '../ops/truncation.ts'
import { rowOf } from '../ops/table.ts'
import { flows } from './differentiate.ts'

/** What the tangent `d` of operand k alone adds to the tangent of the node. */
export const tangentPart = (b: Builder, node: Node, k: number, d: Id): Id | undefined => {
  const row = rowOf(node.op)
  if (row.class !== 'map') return row.tangent(b, node, k, d)
  const text = row.tangent[k]
  if (text === null || text === undefined) return undefined
  const scope = new Map<string, Id>([...row.params.map((p, i) => [p, node.args[i]!] as const), [`d${row.params[k]!}`, d], ['y', node.id]])
  return b.formula(text, scope)
}

/** Adds the tangents of `nodes`, which are the builder's own; `direction` gives those of the sources. */
export const addTangents = (b: Builder, nodes: readonly Node[], direction: (node: Node) => Id | undefined): ReadonlyMap<Id, Id> => {
  const given = new Map<Id, Id>()
  for (const n of nodes) {
    const d = n.op === 'source' ? direction(n) : undefined
    if (d !== undefined) given.set(n.id, d)
  }
  const moving = movingNodes(nodes, given)
  const tangents = new Map<Id, Id>(given)
  const open: { shift: Id; of: Id }[] = []
  for (const n of nodes) {
    if (!moving.has(n.id) || given.has(n.id)) continue
    b.at(n.span, () => {
      if (n.op === 'shift') {
        const [v, edge] = n.args as [Id, Id | undefined]
        const edgeTangent = edge === undefined ? undefined : tangents.get(edge)
        const shift = b.openShift(n.attrs.by!, { ...alongIn(alongOf(n)), depth: n.attrs.depth ?? 1 }, n, edgeTangent)
        if (moving.has(v)) open.push({ shift, of: v })
        else b.close(shift, b.constant(0))
        // A truncation window makes a constant of what is read across it.
        tangents.set(n.id, withinReach(b, shift, n, 'reader'))
        return
      }
      const parts = n.args.flatMap((a, k) => {
        const d = tangents.get(a)
        const part = d === undefined || !flows({ nodes: b.nodes }, n, k) ? undefined : tangentPart(b, n, k, d)
        return part === undefined ? [] : [b.expand(part, n.shape, n.axes)]
      })
      if (parts.length > 0)
        tangents.set(
          n.id,
          parts.reduce((x, y) => b.map('add', x, y)),
        )
    })
  }
  for (const { shift, of } of open) b.close(shift, tangents.get(of) ?? b.constant(0))
  return tangents
}

/** The nodes that a change of the sources reaches. */
const movingNodes = (nodes: readonly Node[], given: ReadonlyMap<Id, Id>): ReadonlySet<Id> => {
  const moving = new Set(given.keys())
  for (let before = -1; before !== moving.size;) {
    before = moving.size
    for (const n of nodes) if (!moving.has(n.id) && n.args.some((a, k) => moving.has(a) && flows({ nodes }, n, k))) moving.add(n.id)
  }
  return moving
}
