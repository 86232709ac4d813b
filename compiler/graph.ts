/**
 * The graph of streams. A node is one operation on one example at one moment, carried along its axes; edges run from
 * operands to results. Every edge goes back in the list of nodes, but for the first operand of a `shift`, which may
 * close a cycle. Graphs are values: a pass returns a new one, and facts about nodes go in maps beside it.
 */
import * as dim from '../dsl/dims.ts'
import type { Dim } from '../dsl/dims.ts'
import { InternalError } from '../dsl/diagnostics.ts'
import type { Span } from '../dsl/syntax.ts'
import type { Plain } from './numeric/plain.ts'
import type { Initialiser } from './signature.ts'

export type Id = number

/**
 * What a value varies along. `k`: the history of a stream that is delayed by more than one step; `t`: the steps; another
 * sequence, by its place among the declarations and its name (`0s`); `b`: the batch. Stored in this order.
 */
export type Axis = string

const rank = (a: Axis): number => (a === 'k' ? 0 : a === 't' ? 1 : a === 'b' ? Infinity : 2 + Number.parseInt(a))
export const ordered = (axes: Iterable<Axis>): readonly Axis[] => [...new Set(axes)].sort((x, y) => (x === y ? 0 : rank(x) - rank(y)))

export const isSequence = (a: Axis): boolean => a !== 'k' && a !== 'b'
export const sequencesOf = ({ axes }: Pick<Value, 'axes'>): readonly Axis[] => axes.filter(isSequence)

/** The axis of the sequence that a block calls by this name: the `place`-th of those beside `t`. */
export const axisNamed = (name: string, place: number): Axis => (name === 't' ? 't' : `${place}${name}`)
/** What the outside calls it. */
export const nameOfAxis = (a: Axis): string => (a === 'b' ? 'batch' : a.replace(/^\d+/, ''))

/** How far an axis goes, as a dim that no author can write. */
export const extent = (a: Axis): Dim => dim.variable(`@${a}`)

/** How far any sequence of the batch goes along it: what a pass runs over, where `extent` is what there is room for. */
export const reached = (a: Axis): Dim => (isSequence(a) ? dim.variable(`#${a}`) : extent(a))

/** How many sequences of the batch are in use: rows behind them do not exist. */
export const inUse: Dim = dim.variable('#b')

/** The axis whose steps a dim counts, where it has been folded into a shape. */
export const foldedAxis = (d: Dim): Axis | undefined => (/^@[^*+ ]+$/.test(d.key) && d.key !== '@b' ? d.key.slice(1) : undefined)

/** A condition is not a number, and an index is not differentiated. */
export type ValueType = 'real' | 'index' | 'condition'

export interface Value {
  readonly shape: readonly Dim[]
  readonly axes: readonly Axis[]
  readonly type: ValueType
}

/** Where a source's numbers come from. */
export type Role =
  | 'param'
  | 'input'
  | 'target'
  | 'hyper'
  | 'noise'
  /** How many steps of a sequence there are, for each of the batch. */
  | 'length'
  /** The initial values of a state, oldest first. */
  | 'initial'
  /** Is 1 where the caller gives the initial values of a state that has an expression for them. */
  | 'given'
  | 'outputGrad'
  | 'finalGrad'

/** Index names of the operands and of the result of a contraction; letters stand for dims of the shapes. */
export interface ContractSpec {
  readonly operands: readonly string[]
  readonly result: string
}

/** What a node needs to know beside its operands; each op reads its own keys. */
export interface Attrs {
  readonly role?: Role
  readonly name?: string
  readonly value?: number
  /** Along which sequence a `shift`, `edge`, `step`, `reverse`, `end`, `fold` or `unfold` goes; `t` if it is left out. */
  readonly along?: Axis
  /** `shift`: the result at step t is the operand at t - by. */
  readonly by?: number
  /** `shift`, `edge`: after a carry, the stream goes on where it was, and what it begins with is not looked at. */
  readonly carries?: boolean
  /** `shift`: its steps count from the end of the sequence: it belongs to a loop that runs backward in t. */
  readonly reversed?: boolean
  /** `shift`: which reads a truncation window cuts: of steps before those that it reaches, or behind them. */
  readonly cuts?: 'past' | 'future'
  /** `shift`: carries a gradient back through time; what it reads is chosen at each step. */
  readonly chosen?: boolean
  /** `shift`, `edge`: a truncation window may cut it there. */
  readonly cut?: boolean
  /** `edge`, `initial`: how many initial values the stream has. */
  readonly depth?: number
  readonly spec?: ContractSpec
  /** `contract`, `scatter`: axes that are summed over. */
  readonly over?: readonly Axis[]
  /** `contract`, `scatter`: sums over time run backward, as the loop does that makes the summands. */
  readonly backward?: boolean
  /** `contract`: the sum continues the first operand. */
  readonly continued?: boolean
  /** `contract`: the last operand says which terms there are: where it is 0, there is none, whatever the factors are. */
  readonly guarded?: boolean
  /** `reduce`: what it does, and over which dims. */
  readonly kind?: 'sum' | 'max' | 'min' | 'argmax' | 'argmin'
  readonly dims?: readonly number[]
  /** `slice`, `concat`: the dim that is cut or joined. */
  readonly dim?: number
  readonly from?: Dim
  readonly to?: Dim
  readonly shape?: readonly Dim[]
  readonly axes?: readonly Axis[]
  readonly order?: readonly number[]
  readonly size?: Dim
  /**
   * `end`: which step it is. `chunk`: the first step of the chunk whose losses are differentiated, or the one behind its
   * last; the first that its window reaches, or the one behind the last; how many steps lie between boundaries in every part.
   */
  readonly at?: 'first' | 'last' | 'low' | 'high' | 'window'
  /** `step`: counts from the first of this pass, not from where the states began. */
  readonly local?: boolean
  /** `copy`: for whom, and for which of its operands. */
  readonly reader?: Id
  readonly place?: number
  /** Computed a second time, for the backward part. */
  readonly again?: boolean
}

export interface Node extends Value {
  readonly id: Id
  readonly op: string
  readonly args: readonly Id[]
  readonly attrs: Attrs
  /** The equation that it comes from, for messages and for the heads of kernels. */
  readonly span?: Span
}

export interface ParamInfo extends Value {
  readonly init: Initialiser
  /** For the scheme `formula`: an entry in terms of its indices. */
  readonly formula?: Plain
  readonly fixed: boolean
}

export interface NoiseInfo extends Value {
  readonly kind: 'bernoulli' | 'normal' | 'uniform'
  /** Its numbers, in terms of dims and hypers. */
  readonly args: readonly Plain[]
}

export interface StateInfo {
  readonly value: Id
  /** The sequence along which it runs. */
  readonly along: Axis
  /** What the last step leaves; of a sequence of no steps, its initial value. */
  readonly final: Id
  /** It is begun by another network, and has no initial values of its own. */
  readonly carries: boolean
  /** The deepest delay that reads it (at least 1). */
  readonly depth: number
  /** `undefined`: zero unless given. */
  readonly from?: Id
}

/** What the graph is for: the names that the outside knows. */
export interface Interface {
  readonly params: ReadonlyMap<string, ParamInfo>
  readonly inputs: ReadonlyMap<string, Value & { readonly size?: Dim }>
  readonly targets: ReadonlyMap<string, Value & { readonly size?: Dim }>
  readonly hyper: ReadonlyMap<string, number>
  readonly noise: ReadonlyMap<string, NoiseInfo>
  /** The sequences, in the order of their axes: how long each is. */
  readonly lengths: ReadonlyMap<Axis, Id>
  readonly states: ReadonlyMap<string, StateInfo>
  readonly outputs: ReadonlyMap<string, Id>
  /** Every named stream, by path. */
  readonly streams: ReadonlyMap<string, Id>
  readonly loss?: Id
  /** The truncation window of the source: its size, and the length of a chunk. */
  readonly window?: Window
}

export interface Window {
  readonly size: number
  readonly every: number
}

/** Gradients that the backward part gives, once it has been added. */
export interface Gradients {
  readonly params: ReadonlyMap<string, Id>
  readonly inputs: ReadonlyMap<string, Id>
  readonly initial: ReadonlyMap<string, Id>
  /** Total derivatives of named streams. */
  readonly adjoints: ReadonlyMap<string, Id>
}

export interface Graph {
  readonly nodes: readonly Node[]
  readonly face: Interface
  readonly gradients?: Gradients
}

export const nodeOf = (graph: Graph, id: Id): Node => {
  const node = graph.nodes[id]
  if (node === undefined) throw new InternalError(`no node ${id}`, printGraph(graph))
  return node
}

export const unionAxes = (lists: readonly (readonly Axis[])[]): readonly Axis[] => ordered(lists.flat())

/** As an attribute: `t` is left out. */
export const alongIn = (a: Axis): Pick<Attrs, 'along'> => (a === 't' ? {} : { along: a })

export const alongOf = ({ attrs }: Pick<Node, 'attrs'>): Axis => attrs.along ?? 't'

export const sameAxes = (a: readonly Axis[], b: readonly Axis[]): boolean => a.length === b.length && a.every((x, i) => x === b[i])

const usersByNodes = new WeakMap<readonly Node[], ReadonlyMap<Id, readonly Node[]>>()

/** The nodes that read a node, in their order. Worked out once for a list of nodes, which is never changed. */
export const usersOf = ({ nodes }: Pick<Graph, 'nodes'>, id: Id): readonly Node[] => {
  const known = usersByNodes.get(nodes)
  if (known !== undefined) return known.get(id) ?? []
  const users = new Map<Id, Node[]>()
  for (const n of nodes)
    for (const a of new Set(n.args)) {
      const list = users.get(a)
      if (list === undefined) users.set(a, [n])
      else list.push(n)
    }
  usersByNodes.set(nodes, users)
  return users.get(id) ?? []
}

/** Every id that the outside can see: outputs, states, loss, gradients. */
export const resultIds = (graph: Graph): readonly Id[] => [...forwardResults(graph), ...backwardResults(graph)]

export const forwardResults = ({ face }: Graph): readonly Id[] => [
  ...face.outputs.values(),
  ...[...face.states.values()].flatMap(s => [s.value, s.final]),
  ...(face.loss === undefined ? [] : [face.loss]),
]

export const backwardResults = ({ gradients }: Graph): readonly Id[] =>
  gradients === undefined ? [] : [gradients.params, gradients.inputs, gradients.initial, gradients.adjoints].flatMap(m => [...m.values()])

const list = (xs: readonly string[]): string => xs.join(' ')

export const printAttrs = (attrs: Attrs): string =>
  list(
    Object.entries(attrs)
      .filter(([, v]) => v !== undefined)
      .map(([k, v]) => `${k}=${printAttr(v)}`),
  )

const printAttr = (v: unknown): string => {
  if (Array.isArray(v)) return `[${v.map(printAttr).join(',')}]`
  if (typeof v === 'object' && v !== null) {
    if ('key' in v) return String(v.key)
    if ('operands' in v && 'result' in v) return `${(v.operands as string[]).join(',')}->${String(v.result)}`
  }
  return String(v)
}

/** One line a node: `%7 = mul %3 %5 : [H] b t   # i`. Stable: the same graph prints the same text. */
export const printGraph = (graph: Graph): string => {
  const names = new Map<Id, string[]>()
  const note = (id: Id, name: string): void => void names.set(id, [...(names.get(id) ?? []), name])
  for (const [n, id] of graph.face.streams) note(id, n)
  for (const [n, id] of graph.face.outputs) note(id, `output ${n}`)
  for (const [n, s] of graph.face.states) {
    note(s.value, `state ${n}`)
    note(s.final, `final ${n}`)
  }
  if (graph.face.loss !== undefined) note(graph.face.loss, 'loss')
  for (const [kind, map] of Object.entries(graph.gradients ?? {}) as [string, ReadonlyMap<string, Id>][])
    for (const [n, id] of map) note(id, kind === 'adjoints' ? `adjoint of ${n}` : `gradient of ${kind} ${n}`)
  return graph.nodes.map(n => printNode(n) + (names.has(n.id) ? `   # ${names.get(n.id)!.join(', ')}` : '')).join('\n')
}

export const printNode = (n: Node): string => {
  const parts = [`%${n.id} = ${n.op}`, ...n.args.map(a => `%${a}`), printAttrs(n.attrs)].filter(s => s !== '')
  return `${parts.join(' ')} : ${dim.showShape(n.shape)}${n.axes.length > 0 ? ` ${n.axes.join(' ')}` : ''}${n.type === 'real' ? '' : ` ${n.type}`}`
}

/** How many initial values a value holds along the axis `k`. */
export const historyDepth = (graph: Pick<Graph, 'nodes'>, id: Id): number => {
  const n = graph.nodes[id]!
  if (!n.axes.includes('k')) return 1
  return n.attrs.depth ?? Math.max(1, ...n.args.map(a => historyDepth(graph, a)))
}

/** Sizes that not every choice of dims makes positive, such as `N - K + 1`: shapes, what slices leave, and what lies above a given index. */
export const doubtfulSizes = ({ nodes, face }: Graph): readonly Dim[] => {
  const found = new Map<string, Dim>()
  const note = (d: Dim): void => void ([...d.terms.values()].some(c => c < 0) && found.set(d.key, d))
  for (const n of nodes) {
    n.shape.forEach(note)
    const size = n.op === 'shift' && n.type === 'index' ? sizeOfIndex(face, nodes[n.args[0]!]!) : undefined
    const before = n.args[1] === undefined ? undefined : nodes[n.args[1]]!.attrs.value
    if (size !== undefined && before !== undefined && before > 0) note(dim.subtract(size, dim.constant(before)))
    if (n.op !== 'slice') continue
    const whole = nodes[n.args[0]!]!.shape[n.attrs.dim!]!
    note(dim.add(dim.subtract(whole, n.attrs.to!), dim.one))
  }
  return [...found.values()]
}

/** How many values an index has that comes from outside. */
const sizeOfIndex = (face: Interface, { op, attrs }: Node): Dim | undefined =>
  op !== 'source' ? undefined : (face.inputs.get(attrs.name!) ?? face.targets.get(attrs.name!))?.size

/** Checks what every pass must leave true. */
export const validate = (graph: Graph, after: string): Graph => {
  const fail = (why: string): never => {
    throw new InternalError(`after ${after}: ${why}`, printGraph(graph))
  }
  graph.nodes.forEach((n, i) => {
    if (n.id !== i) fail(`node ${i} calls itself ${n.id}`)
    n.args.forEach((a, k) => {
      if (a < 0 || a >= graph.nodes.length) fail(`%${i} reads %${a}, which is not there`)
      if (a >= i && !(n.op === 'shift' && k === 0)) fail(`%${i} reads %${a}, which comes later`)
    })
  })
  for (const id of resultIds(graph)) if (graph.nodes[id] === undefined) fail(`a result is %${id}, which is not there`)
  return graph
}
