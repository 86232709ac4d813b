/** The signature of a graph: what tools need to know of a module without reading its code. */
import { hyperName } from './elaborate/numbers.ts'
import { mentionedIn, type Plain } from './numeric/plain.ts'
import type { Dim } from '../dsl/dims.ts'
import type { Block } from '../dsl/syntax.ts'
import { nameOfAxis, type Graph, type Value } from './graph.ts'
import { sha256 } from './sha256.ts'
import type { Dtype, Port, Signature } from './signature.ts'

const sizes = (shape: readonly Dim[]): readonly string[] => shape.map(d => d.key)

const portOf = (v: Value & { readonly size?: Dim }): Port => ({
  shape: sizes(v.shape),
  axes: v.axes.filter(a => a !== 'k').map(nameOfAxis),
  type: v.type === 'index' ? 'index' : 'real',
  ...(v.size === undefined ? {} : { size: v.size.key }),
})

const mapped = <V, W>(m: ReadonlyMap<string, V>, f: (v: V) => W): Record<string, W> => {
  const out: Record<string, W> = Object.create(null) as Record<string, W>
  for (const [k, v] of m) out[k] = f(v)
  return out
}

/** What is computed before the first step: how parameters begin, and how noise is distributed. */
export const formulasOf = (graph: Graph): readonly Plain[] => [
  ...[...graph.face.params.values()].flatMap(p => p.formula ?? []),
  ...[...graph.face.noise.values()].flatMap(n => n.args),
]

/** `from`: the text, and what it is compiled for. */
export const signatureOf = (
  graph: Graph,
  block: Block,
  from: { readonly text: string; readonly target: string; readonly dtype: Dtype },
  set: Readonly<Record<string, number>>,
): Signature => {
  const { text, target, dtype } = from
  const { face } = graph
  const live = new Set(graph.nodes.filter(n => n.op === 'source').map(n => `${n.attrs.role} ${n.attrs.name}`))
  const present = <V>(role: string, m: ReadonlyMap<string, V>): ReadonlyMap<string, V> => new Map([...m].filter(([n]) => live.has(`${role} ${n}`)))
  const known = new Set(formulasOf(graph).flatMap(f => [...mentionedIn(f).names]))
  const defaults = block.dims.flatMap(d => (d.value?.kind === 'number' && !Object.hasOwn(set, d.name.name) ? [[d.name.name, d.value.value] as const] : []))
  return {
    format: 'recurve-module-1',
    name: block.name.name,
    kind: block.kind,
    target,
    dtype,
    source: sha256(text),
    dims: block.dims.map(d => d.name.name).filter(n => !Object.hasOwn(set, n)),
    fixedDims: set,
    dimDefaults: Object.fromEntries(defaults),
    params: mapped(present('param', face.params), p => ({ ...portOf(p), init: p.init, fixed: p.fixed })),
    hyper: Object.fromEntries([...face.hyper].filter(([n]) => live.has(`hyper ${n}`) || known.has(hyperName(n)))),
    noise: mapped(present('noise', face.noise), portOf),
    inputs: mapped(present('input', face.inputs), portOf),
    targets: mapped(present('target', face.targets), portOf),
    states: mapped(face.states, s => ({ ...portOf(graph.nodes[s.value]!), delay: s.depth })),
    outputs: mapped(face.outputs, id => portOf(graph.nodes[id]!)),
    sequences: [...face.lengths.keys()].map(nameOfAxis),
    loss: face.loss !== undefined,
    ...(face.window === undefined ? {} : { window: face.window.size, every: face.window.every }),
  }
}
