/** The comment above a kernel: the equations that it computes, and where they stand. */
import type { Program } from '../dsl/program.ts'
import { place } from '../dsl/text.ts'
import type { Span } from '../dsl/syntax.ts'
import { usersOf, type Graph, type Id } from './graph.ts'
import type { Kernel } from './schedule/schedule.ts'
import { commentSafe } from './targets/writer.ts'
import { forwardNodes } from './schedule/tape.ts'

/** The innermost statement of the source around a place. */
export const statementAt = (program: Program, span: Span): { text: string; span: Span } | undefined => {
  const file = program.files.get(span.file)
  if (file === undefined) return undefined
  for (const item of file.items) {
    if (item.kind === 'import' || item.span.start > span.start || item.span.end < span.end) continue
    const body = item.kind === 'fn' ? item.body : item.body.filter(s => s.kind === 'equation' || s.kind === 'loss')
    const found = body.find(s => s.span.start <= span.start && span.end <= s.span.end)
    return found === undefined ? undefined : { text: file.text.slice(found.span.start, found.span.end), span: found.span }
  }
  return undefined
}

const most = 12

export const headsOf = (program: Program, graph: Graph): ((kernel: Kernel) => string) => {
  const forward = forwardNodes(graph)
  const known = new Map<Span, string | undefined>()
  const line = (id: Id): string | undefined => {
    const { span } = graph.nodes[id]!
    if (span === undefined) return undefined
    if (!known.has(span)) known.set(span, lineAt(span))
    return known.get(span)
  }
  const lineAt = (span: Span): string | undefined => {
    const found = statementAt(program, span)
    if (found === undefined) return undefined
    const file = program.files.get(found.span.file)!
    const name = found.span.file.split('/').at(-1)!
    return `${commentSafe(found.text)}   (${commentSafe(name)}:${place(file.text, found.span.start).line})`
  }
  return kernel => {
    const ids = [...kernel.nodes, ...kernel.reductions]
    const operands = ids.flatMap(id => (kernel.kind === 'map' ? [] : viewed(graph, id)))
    const lines = [...new Set([...ids, ...operands].flatMap(id => line(id) ?? []))]
    const what = ids.some(id => forward.has(id)) ? '' : 'Adjoint of: '
    const shown = lines.slice(0, most).map((l, i) => ` * ${i === 0 ? what : ' '.repeat(what.length)}${l}`)
    const more = lines.length > most ? [` * … and ${lines.length - most} more`.replace('…', '...')] : []
    const products = kernel.kind === 'contract' ? [` * ${describeProduct(graph, ids[0]!)}`] : []
    return `/**\n${[...products, ...shown, ...more].join('\n') || ' * What the steps before leave.'}\n */\n`
  }
}

/** A merged product belongs to the equations whose parts are cut from it. */
const viewed = (graph: Graph, id: Id): readonly Id[] =>
  usersOf(graph, id)
    .filter(n => n.op === 'slice')
    .flatMap(n => usersOf(graph, n.id).map(m => m.id))

const describeProduct = (graph: Graph, id: Id): string => {
  const n = graph.nodes[id]!
  const { spec, over, continued } = n.attrs
  const sum = over!.length > 0 ? `, summed over ${over!.map(a => (a === 'b' ? 'the batch' : 'the steps')).join(' and ')}` : ''
  return `The product ${spec!.operands.join(',')}->${spec!.result}${sum}${continued === true ? ', continuing a sum' : ''}: ${n.args.map(a => sourceName(graph, a)).join(', ')}`
}

const sourceName = (graph: Graph, id: Id): string => {
  const n = graph.nodes[id]!
  if (n.op === 'source') return n.attrs.name!
  for (const [name, v] of graph.face.streams) if (v === id) return name
  if (n.op === 'shift') return `${sourceName(graph, n.args[0]!)}[t${n.attrs.by! > 0 ? '-' : '+'}${Math.abs(n.attrs.by!)}]`
  if (n.op === 'concat' || n.op === 'slice' || n.op === 'reshape' || n.op === 'copy') {
    const parts = n.args.map(a => sourceName(graph, a))
    return n.op === 'concat' ? `[${parts.join(' ')}]` : parts.join()
  }
  return n.op
}
