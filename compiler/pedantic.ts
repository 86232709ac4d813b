/** `check --pedantic`: what is not wrong, and rarely meant. Looks at the graph of one block, and names what its author declared. */
import type { Diagnostic } from '../dsl/diagnostics.ts'
import { messages, report, type Message } from '../dsl/messages.ts'
import type { Block, Span } from '../dsl/syntax.ts'
import { expressions, visitAll } from '../dsl/walk.ts'
import { declarationsOf, equationsOf } from './elaborate/declarations.ts'
import type { Graph, Id, Node } from './graph.ts'
import { rowOf } from './ops/table.ts'
import { liveNodes } from './passes/rebuild.ts'

export const pedantic = (block: Block, graph: Graph): readonly Diagnostic[] => {
  const found: Diagnostic[] = []
  const warn = (span: Span, message: Message): void => void found.push(report(span, message))
  const used = usedNames(block)
  const names = declarationsOf(block)
  const outputs = names.filter(n => n.of === 'output').map(n => n.name.name)
  const results = resultsOf(graph, outputs)
  const reached = liveNodes(graph, results)
  const differentiably = liveNodes(graph, results, flows)

  found.push(...nothingOut(block, graph))
  for (const d of block.dims) if (!used.has(d.name.name)) warn(d.name.span, messages.neverUsed('dim', d.name.name))
  for (const { of: kind, name } of names) {
    const n = name.name
    if (kind === 'state') {
      const value = graph.face.states.get(n)?.value ?? graph.face.streams.get(n)
      if (value === undefined) continue
      if (!reached.has(value)) warn(name.span, messages.deadState(n))
      if (growsWithoutBound(graph, value)) warn(name.span, messages.unbounded(n))
    } else if (kind !== 'output' && !used.has(n)) warn(name.span, messages.neverUsed(kind, n))
    else if (kind === 'param' && graph.face.params.get(n)?.fixed === false) {
      const source = sourceOf(graph, 'param', n)
      if (source === undefined || !reached.has(source.id)) warn(name.span, messages.noEffect(n))
      else if (!differentiably.has(source.id)) warn(name.span, messages.alwaysCut(n))
    }
  }
  for (const { targets } of equationsOf(block))
    for (const { name } of targets)
      if (!used.has(name.name) && !names.some(d => d.name.name === name.name) && graph.face.outputs.get(name.name) === undefined)
        warn(name.span, messages.dropped(name.name))
  for (const [gate, bias] of forgetBiases(graph)) {
    const at = names.find(d => d.of === 'param' && d.name.name === bias)
    if (at !== undefined) warn(at.name.span, messages.forgetBias(bias, nameOf(graph, gate)))
  }
  const learned = [...graph.face.params].flatMap(([n, p]) => (p.fixed ? [] : [sourceOf(graph, 'param', n)?.id]))
  for (const n of outputs) {
    const value = graph.face.outputs.get(n)
    const span = names.find(d => d.of === 'output' && d.name.name === n)!.name.span
    if (value === undefined) continue
    const before = liveNodes(graph, [value])
    if (!learned.some(id => id !== undefined && before.has(id))) warn(span, messages.nothingToTrain(n))
  }
  return found.sort((a, b) => a.span.start - b.span.start)
}

/** A block without output, state and loss: it does nothing, which is told without being asked for. */
export const nothingOut = (block: Block, { face }: Graph): readonly Diagnostic[] =>
  face.outputs.size === 0 && face.loss === undefined ? [report(block.name.span, messages.nothingOut(block.name.name))] : []

/** Every name that an expression of the block reads. A name that only its own equation reads counts as read: it is a state of its own. */
const usedNames = (block: Block): ReadonlySet<string> => {
  const used = new Set<string>()
  for (const e of expressions(block))
    visitAll(e, x => {
      if (x.kind === 'name') used.add(x.name)
      if (x.kind === 'call') for (const { over } of x.args) if (over !== undefined && 'name' in over) used.add(over.name)
    })
  return used
}

/** What the outside looks at: declared outputs and the loss; without either, everything that is a result. */
const resultsOf = ({ face }: Graph, outputs: readonly string[]): readonly Id[] => {
  const asked = [...(face.loss === undefined ? [] : [face.loss]), ...outputs.flatMap(n => face.outputs.get(n) ?? [])]
  return asked.length > 0 ? asked : [...face.outputs.values()]
}

/** Does a gradient flow from a node to that operand? */
const flows = (n: Node, operand: number): boolean => {
  const row = rowOf(n.op)
  return row.class === 'map' ? row.adjoint[operand] !== null : n.op !== 'stop'
}

const sourceOf = (graph: Graph, role: string, name: string): Node | undefined =>
  graph.nodes.find(n => n.op === 'source' && n.attrs.role === role && n.attrs.name === name)

const nameOf = (graph: Graph, id: Id): string | undefined => [...graph.face.streams].find(([, v]) => v === id)?.[0]

/** What leaves the size of a value as it was, or adds to it; `mul` and `contract` are looked at apart. */
const passes: ReadonlySet<string> = new Set([
  'add',
  'sub',
  'neg',
  'relu',
  'softplus',
  'copy',
  'reshape',
  'transpose',
  'expand',
  'slice',
  'concat',
  'pad',
  'abs',
])

/**
 * Does a state come back to itself through products with parameters, and through nothing that bounds it? Gates, squashing
 * functions and quotients count as bounds.
 */
const growsWithoutBound = (graph: Graph, state: Id): boolean => {
  const isParam = (id: Id): boolean => graph.nodes[id]!.op === 'source' && graph.nodes[id]!.attrs.role === 'param'
  const seen = new Set<string>()
  const waiting: { readonly id: Id; readonly grown: boolean }[] = [{ id: state, grown: false }]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { id, grown } = next
    const key = `${id} ${grown}`
    if (seen.has(key)) continue
    seen.add(key)
    const n = graph.nodes[id]!
    if (n.op === 'shift') {
      if (n.args[0] === state && grown) return true
      if (n.args[0] !== state) waiting.push({ id: n.args[0]!, grown })
    } else if (passes.has(n.op)) for (const a of n.args) waiting.push({ id: a, grown })
    else if (n.op === 'mul' || n.op === 'contract') {
      for (const [k, a] of n.args.entries()) if (n.args.some((f, j) => j !== k && isParam(f))) waiting.push({ id: a, grown: true })
    } else if (n.op === 'select') for (const a of n.args.slice(1)) waiting.push({ id: a, grown })
  }
  return false
}

/**
 * Gates `g = sigmoid(… + b)` of `c = g * c[t-1] + …` whose biases all begin as zero: half of the state is forgotten at
 * each step. A gate that occurs as `1 - g` too makes a mean of old and new, and is no forget gate.
 */
const forgetBiases = (graph: Graph): readonly (readonly [gate: Id, bias: string])[] => {
  const { nodes } = graph
  const views: ReadonlySet<string> = new Set(['reshape', 'expand', 'transpose', 'slice'])
  const unviewed = (id: Id): Id => (views.has(nodes[id]!.op) ? unviewed(nodes[id]!.args[0]!) : id)
  const summands = (id: Id): readonly Id[] => (nodes[id]!.op === 'add' ? nodes[id]!.args.map(unviewed).flatMap(summands) : [id])
  const found = new Map<string, Id>()
  for (const { value } of graph.face.states.values())
    for (const product of summands(value).map(id => nodes[id]!)) {
      if (product.op !== 'mul') continue
      const factors = product.args.map(unviewed)
      const gate = factors.find((g, k) => nodes[g]!.op === 'sigmoid' && nodes[factors[1 - k]!]!.op === 'shift' && nodes[factors[1 - k]!]!.args[0] === value)
      if (gate === undefined || nodes.some(n => n.op === 'sub' && n.args[1] === gate)) continue
      const names = summands(unviewed(nodes[gate]!.args[0]!)).flatMap(id => (nodes[id]!.attrs.role === 'param' ? [nodes[id]!.attrs.name!] : []))
      if (names.length > 0 && names.every(n => graph.face.params.get(n)?.init.scheme === 'zeros')) found.set(names[0]!, gate)
    }
  return [...found].map(([bias, gate]) => [gate, bias])
}
