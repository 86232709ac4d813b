/** What the compiler made of a source, in words for a reader: equations, loops, products, tape. For any cell or model. */
import type { Compiled, Stages } from '../compiler/compile.ts'
import type { Id, Node } from '../compiler/graph.ts'
import { statementAt } from '../compiler/heads.ts'
import type { Stage } from '../compiler/schedule/schedule.ts'
import * as dim from '../dsl/dims.ts'
import type { Block, Expr, Fn } from '../dsl/syntax.ts'
import { children, expressions } from '../dsl/walk.ts'

/** The name of a value: `e`, `lstm.{Wi, Wf}` for what lies side by side, `h[t-1]`, `δh` for what flows back. */
type NameOf = (id: Id) => string

interface Row {
  readonly where: string
  readonly what: readonly string[]
}

const most = 8
const listed = (names: readonly string[]): string => {
  const all = [...new Set(names)]
  return all.length > most ? `${all.slice(0, most).join(', ')} and ${all.length - most} more` : all.join(', ')
}

/** Names that begin alike share the beginning: `lstm.{Wi, Wf}`. */
const together = (names: readonly string[]): string => {
  const all = [...new Set(names)]
  const start = (name: string): string => /^δ?(?:\w+\.)*/.exec(name)![0]
  const byStart = new Map<string, string[]>()
  for (const name of all) byStart.set(start(name), [...(byStart.get(start(name)) ?? []), name.slice(start(name).length)])
  const parts = [...byStart].flatMap(([prefix, rest]) => (rest.length > 1 && prefix !== '' ? [`${prefix}{${rest.join(', ')}}`] : rest.map(r => prefix + r)))
  return parts.length > 1 ? `[${parts.join(', ')}]` : parts.join('')
}

const oneLine = (text: string): string =>
  text
    .replaceAll(/#[^\n]*/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()

/** The explanation, ending in a line break. Throws a TypeError where there is nothing to explain: the source has errors. */
export const explainText = (compiled: Compiled): string => {
  const { stages, signature } = compiled
  if (stages === undefined || signature === undefined) throw new TypeError('only a source without errors can be explained')
  const { schedule } = stages.plan
  const name = namesIn(stages)
  const count = (list: readonly Stage[]): number => list.reduce((n, s) => n + s.kernels.length, 0)
  const rows = [
    ...phaseRows(stages, 'forward', name).map(r => ({ ...r, phase: 'forward' })),
    ...phaseRows(stages, 'backward', name).map(r => ({ ...r, phase: 'backward' })),
  ].flatMap(({ phase, where, what }) => what.map((text, i) => [phase, i === 0 ? where : '', text] as const))
  const body = rows.map(([phase, where, text], i) => `${(rows[i - 1]?.[0] === phase ? '' : phase).padEnd(9)} ${where.padEnd(18)} ${text}`)
  return `${[
    ...equationLines(stages),
    '',
    ...body,
    ...tapeLines(stages, signature.dtype === 'f32' ? 4 : 8, name).map((line, i) => `${(i === 0 ? 'tape' : '').padEnd(9)} ${line}`),
    `kernels   ${count(schedule.forward)} forward, ${count(schedule.backward)} backward`,
  ]
    .map(line => line.trimEnd())
    .join('\n')}\n`
}

/** The equations as the author wrote them, then those of the cells and functions that they use. */
const equationLines = ({ program, block }: Stages): readonly string[] => {
  const seen = new Set<Block | Fn>([block])
  const lines: string[] = []
  for (const item of seen) {
    const text = program.files.get(item.span.file)!.text
    const from = item.span.file === block.span.file ? '' : `   (${item.span.file})`
    if (item.kind === 'fn') lines.push(`${oneLine(text.slice(item.span.start, item.span.end))}${from}`)
    else {
      lines.push(`${item.kind} ${item.name.name}(${item.dims.map(d => d.name.name).join(', ')})${from}`)
      for (const s of item.body) if (s.kind !== 'declaration') lines.push(`  ${oneLine(text.slice(s.span.start, s.span.end))}`)
    }
    const scope = program.scopeOf(item)
    const visit = (e: Expr): void => {
      const used = e.kind === 'name' ? (scope.blocks.get(e.name) ?? scope.fns.get(e.name)) : undefined
      if (used !== undefined) seen.add(used)
      children(e).forEach(visit)
    }
    expressions(item).forEach(visit)
  }
  return lines
}

const namesIn = ({ program, plan: { graph, schedule } }: Stages): NameOf => {
  const names = new Map<Id, string>()
  const note = (id: Id, name: string): void => void (names.has(id) || names.set(id, name))
  for (const [name, id] of graph.face.streams) note(id, name)
  for (const [name, { value }] of graph.face.states) note(value, name)
  for (const [name, id] of graph.gradients?.adjoints ?? []) note(id, `δ${name}`)
  if (graph.face.loss !== undefined) note(graph.face.loss, 'loss')
  const nameOf = (id: Id): string => {
    const n = graph.nodes[id]!
    const known = names.get(id) ?? n.attrs.name
    if (known !== undefined) return known
    if (n.op === 'shift') return `${nameOf(n.args[0]!)}[t${n.attrs.by! > 0 ? '-' : '+'}${Math.abs(n.attrs.by!)}]`
    if (n.op === 'concat') return together(leaves(n).map(nameOf))
    if (['slice', 'reshape', 'transpose', 'expand', 'copy'].includes(n.op)) return nameOf(n.args[0]!)
    if (n.op === 'constant') return String(n.attrs.value)
    const equation = n.span === undefined ? undefined : statementAt(program, n.span)
    if (equation === undefined) return 'the loss'
    // What has no name of its own is shown as the author wrote it, and what flows back by its equation.
    if (isForward(id)) return parenthesised(oneLine(program.files.get(n.span!.file)!.text.slice(n.span!.start, n.span!.end)))
    const target = /^\s*(\w+)[^=]*=/.exec(equation.text)?.[1]
    return target === undefined ? 'δ of the loss' : `δ${target}`
  }
  const leaves = (n: Node): readonly Id[] => n.args.flatMap(a => (graph.nodes[a]!.op === 'concat' ? leaves(graph.nodes[a]!) : [a]))
  const isForward = (id: Id): boolean => graph.nodes[id]!.attrs.again === true || schedule.position.get(id)?.phase === 'forward'
  return nameOf
}

const parenthesised = (text: string): string => (/^[\w.]*(?:\([^()]*\))?$/.test(text) ? text : `(${text})`)

/** What stands where in one direction: products in the order in which they run, and what loops carry. */
const phaseRows = (stages: Stages, phase: 'forward' | 'backward', name: NameOf): readonly Row[] => {
  const rows: Row[] = []
  for (const [index, stage] of stages.plan.schedule[phase].entries()) {
    const carried = stage.kind === 'loop' ? carriedBy(stages, phase, index, name) : []
    const what = productsOf(stages, stage, name)
    if (carried.length > 0) {
      const where = stage.direction > 0 ? 'loop over t' : 'loop over t, back'
      rows.push({ where, what: [`carries ${listed(carried)}`, ...what] })
    } else if (what.length > 0) {
      const where = { once: 'once', steps: 'all steps at once', loop: 'step by step' }[stage.kind]
      const last = rows.at(-1)
      if (last?.where === where) rows[rows.length - 1] = { where, what: [...last.what, ...what] }
      else rows.push({ where, what })
    }
  }
  return rows.map(({ where, what }) => ({ where, what: gradientsJoined(what) }))
}

const gradient = 'gradient of '

/** One line for all products that are gradients of parameters. */
const gradientsJoined = (what: readonly string[]): readonly string[] => {
  const gradients = what.filter(w => w.startsWith(gradient)).map(w => w.slice(gradient.length))
  if (gradients.length < 2) return what
  return [...what.filter(w => !w.startsWith(gradient)), `gradients of ${listed(gradients)}`]
}

/** The streams that a loop hands from one step to the next. */
const carriedBy = ({ plan }: Stages, phase: 'forward' | 'backward', stage: number, name: NameOf): readonly string[] => {
  const inside = (id: Id): boolean => {
    const at = plan.schedule.position.get(id)
    return at !== undefined && at.phase === phase && at.stage === stage
  }
  const adjoints = new Set(plan.graph.gradients?.adjoints.values() ?? [])
  return [...plan.reads].flatMap(([id, reads]) =>
    inside(id) ? reads.filter(r => r.shifted !== 'no' && inside(r.by)).map(r => name(adjoints.has(r.by) ? r.by : id)) : [],
  )
}

const productsOf = (stages: Stages, stage: Stage, name: NameOf): readonly string[] => {
  const { graph } = stages.plan
  const gradients = new Map<Id, string[]>()
  for (const [param, id] of graph.gradients?.params ?? []) {
    const n = graph.nodes[id]!
    const base = n.op === 'slice' || n.op === 'copy' ? baseOf(graph.nodes, id) : id
    gradients.set(base, [...(gradients.get(base) ?? []), param])
  }
  return stage.kernels.flatMap(({ kind, nodes }) => {
    const n = graph.nodes[nodes[0] ?? -1]
    if (n === undefined || (kind !== 'contract' && kind !== 'gather' && kind !== 'scatter')) return []
    const params = gradients.get(n.id)
    if (params !== undefined) return [`${gradient}${together(params)}`]
    if (kind === 'gather') return graph.nodes[n.args[0]!]!.op === 'source' ? [`${name(n.args[0]!)}[${name(n.args[1]!)}]`] : []
    return kind === 'contract' ? productText(n, name) : []
  })
}

const baseOf = (nodes: readonly Node[], id: Id): Id => {
  const n = nodes[id]!
  return n.op === 'slice' || n.op === 'copy' ? baseOf(nodes, n.args[0]!) : id
}

/** `W @ x`, `Wᵀ @ δy`, or the general form; nothing for a sum of one operand, which is no product. */
const productText = ({ args, attrs: { spec, continued } }: Node, name: NameOf): readonly string[] => {
  const operands = (continued === true ? args.slice(1) : args).map(name)
  const letters = spec!.operands
  if (operands.length < 2) return []
  const m = letters.findIndex(l => l.length === 2)
  const [matrix, vector] = [letters[m], letters[1 - m]]
  if (letters.length === 2 && vector?.length === 1 && spec!.result.length === 1 && matrix !== undefined) {
    if (matrix === spec!.result + vector) return [`${operands[m]} @ ${operands[1 - m]}`]
    if (matrix === vector + spec!.result) return [`${operands[m]}ᵀ @ ${operands[1 - m]}`]
  }
  return [`contract("${letters.join(',')}->${spec!.result}", ${operands.join(', ')})`]
}

/** What the backward part reads of the forward part, for one step of one sequence. */
const tapeLines = ({ plan }: Stages, bytes: number, name: NameOf): readonly string[] => {
  const kept = plan.graph.nodes.filter(
    n => n.axes.includes('t') && plan.schedule.position.get(n.id)?.phase === 'forward' && plan.reads.get(n.id)?.some(r => r.at.phase === 'backward') === true,
  )
  const entries = dim.sum(kept.map(n => dim.product(n.shape)))
  const again = plan.graph.nodes.filter(n => n.attrs.again === true && plan.schedule.position.has(n.id))
  return [
    kept.length === 0 ? 'none' : `${dim.scale(entries, bytes).key} bytes for each step of each sequence: ${together(kept.map(n => name(n.id)))}`,
    ...(again.length === 0 ? [] : [`computed again instead: ${listed(again.map(n => name(n.id)))}`]),
  ]
}
