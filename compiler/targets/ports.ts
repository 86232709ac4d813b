/** What a net has, by role: the sources of a graph. */
import type { Graph, Id } from '../graph.ts'

export const sourcesOf = (graph: Graph, role: string): readonly (readonly [string, Id])[] =>
  graph.nodes.flatMap(n => (n.op === 'source' && n.attrs.role === role ? [[n.attrs.name!, n.id] as const] : []))
export const roleNames = (graph: Graph, role: string): readonly string[] => sourcesOf(graph, role).map(([n]) => n)
export const initialNames = (graph: Graph): readonly string[] => roleNames(graph, 'initial')
/** What is drawn, or begins as the source says, unless its numbers are given. */
export const givenNames = (graph: Graph): readonly string[] => [...roleNames(graph, 'given'), ...roleNames(graph, 'noise')]

/** A name as a key of an object. */
export const quoted = (name: string): string => (/^[A-Za-z_]\w*$/.test(name) && name !== '__proto__' ? name : JSON.stringify(name))
/** The same where `__proto__` would be no key. */
export const keyed = (name: string): string => (name === '__proto__' ? '["__proto__"]' : quoted(name))
