/**
 * Makes graphs: infers shapes from the op table, and gives equal nodes one id (sharing). A shift made before its
 * operand is patched once the operand is known, which is how cycles close.
 */
import * as dim from '../dsl/dims.ts'
import type { Dim } from '../dsl/dims.ts'
import { InternalError } from '../dsl/diagnostics.ts'
import type { Span } from '../dsl/syntax.ts'
import { alongIn, historyDepth, nameOfAxis, printAttrs, sameAxes, unionAxes, type Attrs, type Axis, type Id, type Node, type Value } from './graph.ts'
import { formula, type FormulaScope } from './ops/formula.ts'
import { ShapeError, type MapRow } from './ops/row.ts'
import type { MapOp } from './ops/elementwise.ts'
import { rowOf } from './ops/table.ts'

const letters = 'abcdefghijklmnopqrstuvwxyz'

/** The shape of an elementwise result: dims from the right, equal or a literal 1. */
export const broadcast = (values: readonly Value[]): readonly Dim[] => {
  const rank = Math.max(0, ...values.map(v => v.shape.length))
  return Array.from({ length: rank }, (_, i) => {
    let found: Dim = dim.one
    for (const v of values) {
      const d = v.shape[i - rank + v.shape.length]
      if (d === undefined || dim.isOne(d)) continue
      if (!dim.isOne(found) && !dim.equal(found, d)) throw new ShapeError('the shapes do not fit', values)
      found = d
    }
    return found
  })
}

/** More operations than the limit: a short text can ask for any number, by functions that call functions twice. */
export class TooLarge extends Error {
  readonly span: Span | undefined
  constructor(span: Span | undefined) {
    super('too many operations')
    this.span = span
  }
}

export type ShiftAttrs = Pick<Attrs, 'along' | 'carries' | 'cut' | 'cuts' | 'depth' | 'reversed'>

export class Builder {
  readonly #limit: number
  #asked = 0
  readonly #nodes: Node[] = []
  readonly #shared = new Map<string, Id>()
  #span: Span | undefined

  /** `limit`: how many operations may be asked for, counting those that are there already. */
  constructor(limit = Infinity) {
    this.#limit = limit
  }

  /** Nodes made by `make` belong to the equation at `span`. */
  at<T>(span: Span | undefined, make: () => T): T {
    const before = this.#span
    this.#span = span ?? before
    try {
      return make()
    } finally {
      this.#span = before
    }
  }

  get nodes(): readonly Node[] {
    return this.#nodes
  }

  node(id: Id): Node {
    const node = this.#nodes[id]
    if (node === undefined) throw new InternalError(`the builder has no node ${id}`)
    return node
  }

  /** A node of any op but a shift to come. Throws a ShapeError where the operands do not fit. */
  add(op: string, args: readonly Id[], attrs: Attrs): Id {
    if (++this.#asked > this.#limit) throw new TooLarge(this.#span)
    const row = rowOf(op)
    const values = args.map(a => this.node(a))
    const value = row.class === 'map' ? this.#elementwise(row, values) : row.infer(values, attrs)
    return this.#share({ op, args, attrs, shape: value.shape, axes: value.axes, type: value.type })
  }

  map(op: MapOp, ...args: Id[]): Id {
    return this.add(op, args, {})
  }

  #elementwise(row: MapRow, values: readonly Value[]): Value {
    return {
      shape: broadcast(values),
      axes: unionAxes(values.map(v => v.axes)),
      type: row.result === 'condition' ? 'condition' : 'real',
    }
  }

  #share(node: Omit<Node, 'id' | 'span'>): Id {
    const { op, args, attrs, shape, axes, type } = node
    const key = `${op} ${args.join(' ')} ${printAttrs(attrs)} ${dim.showShape(shape)} ${axes.join('')}`
    const known = this.#shared.get(key)
    if (known !== undefined) return known
    const id = this.#nodes.length
    this.#nodes.push({ id, op, args, attrs, shape, axes, type, ...(this.#span === undefined ? {} : { span: this.#span }) })
    this.#shared.set(key, id)
    return id
  }

  source(attrs: Attrs, value: Value): Id {
    return this.#share({ op: 'source', args: [], attrs, shape: value.shape, axes: value.axes, type: value.type })
  }

  /** The value at the first or the last step, zero at all others. `reversed`: of a stream that counts from the end. */
  onlyAt(v: Id, at: 'first' | 'last', along: Axis, reversed = false): Id {
    const step = this.add('step', [], { ...alongIn(along), local: true, ...(reversed ? { reversed } : {}) })
    const place = at === 'first' ? this.constant(0) : this.map('sub', this.length(along), this.constant(1))
    return this.map('select', this.map('eq', step, place), v, this.constant(0))
  }

  /** The value for sequences of no steps, zero for all others; as the newest of the initial values that `like` holds. */
  whereEmpty(v: Id, along: Axis, like: Node): Id {
    const empty = this.map('select', this.map('eq', this.length(along), this.constant(0)), v, this.constant(0))
    if (!like.axes.includes('k')) return empty
    const depth = historyDepth(this, like.id)
    const newest = this.map('eq', this.add('step', [], { along: 'k', local: true, depth }), this.constant(depth - 1))
    return this.map('select', newest, empty, this.constant(0))
  }

  /** How many steps there are of a sequence, for each of the batch. */
  length(along: Axis): Id {
    return this.source({ role: 'length', name: nameOfAxis(along), along }, { shape: [], axes: ['b'], type: 'index' })
  }

  constant(value: number): Id {
    return this.add('constant', [], { value })
  }
  size(size: Dim): Id {
    const n = dim.asNumber(size)
    return n === undefined ? this.add('size', [], { size }) : this.constant(n)
  }
  range(size: Dim): Id {
    return this.add('range', [], { size })
  }
  reshape(v: Id, shape: readonly Dim[]): Id {
    const node = this.node(v)
    if (dim.sameShape(node.shape, shape)) return v
    return this.add('reshape', [node.op === 'reshape' ? node.args[0]! : v], { shape })
  }
  transpose(v: Id, order: readonly number[]): Id {
    return order.every((o, i) => o === i) ? v : this.add('transpose', [v], { order })
  }
  slice(v: Id, d: number, from: Dim, to: Dim): Id {
    const whole = this.node(v)
    if (dim.equal(from, dim.zero) && dim.equal(to, whole.shape[d]!)) return v
    if (whole.op === 'concat' && whole.attrs.dim === d) {
      let at = dim.zero
      for (const a of whole.args) {
        const end = dim.add(at, this.node(a).shape[d]!)
        if (dim.equal(at, from) && dim.equal(end, to) && sameAxes(this.node(a).axes, whole.axes)) return a
        at = end
      }
    }
    if (whole.op === 'slice' && whole.attrs.dim === d) {
      const start = whole.attrs.from!
      return this.slice(whole.args[0]!, d, dim.add(start, from), dim.add(start, to))
    }
    return this.add('slice', [v], { dim: d, from, to })
  }
  concat(parts: readonly Id[], d: number): Id {
    return parts.length === 1 ? parts[0]! : this.add('concat', parts, { dim: d })
  }
  /** Puts dims of size 1 back where a reduction took them away. */
  keepDims(v: Id, shape: readonly Dim[], dims: readonly number[]): Id {
    return this.reshape(
      v,
      shape.map((d, i) => (dims.includes(i) ? dim.one : d)),
    )
  }
  sumAll(v: Id): Id {
    const { shape } = this.node(v)
    return shape.length === 0 ? v : this.add('reduce', [v], { kind: 'sum', dims: shape.map((_, i) => i) })
  }
  sumLast(v: Id): Id {
    return this.add('reduce', [v], { kind: 'sum', dims: [this.node(v).shape.length - 1] })
  }
  /** The entry along the last dim that an index names, zero for -1; of several indices the entry of each in its own row, or in the one row that there is. */
  pick(v: Id, index: Id): Id {
    const { shape } = this.node(v)
    if (shape.length === 1) return this.add('gather', [v, index], {})
    return this.sumLast(this.map('mul', this.oneHot(index, shape.at(-1)!), v))
  }
  dot(a: Id, b: Id): Id {
    return this.sumAll(this.map('mul', a, b))
  }
  oneHot(index: Id, size: Dim): Id {
    const at = this.reshape(index, [...this.node(index).shape, dim.one])
    return this.map('select', this.map('eq', this.range(size), at), this.constant(1), this.constant(0))
  }
  expand(v: Id, shape: readonly Dim[], axes: readonly Axis[]): Id {
    const node = this.node(v)
    if (dim.sameShape(node.shape, shape) && sameAxes(node.axes, unionAxes([node.axes, axes]))) return v
    return this.add('expand', [v], { shape, axes })
  }

  /** `edge`: the values outside of the sequence; `like`: takes shape and axes from there. */
  shift(v: Id, by: number, attrs: ShiftAttrs, edge?: Id, like: Value = this.node(v)): Id {
    const value = { shape: like.shape, axes: unionAxes([like.axes, [attrs.along ?? 't']]) }
    return this.add('shift', edge === undefined ? [v] : [v, edge], { by, ...attrs, ...value })
  }

  /** A shift of a stream that is not there yet; `close` gives it. */
  openShift(by: number, attrs: ShiftAttrs, value: Value, edge?: Id): Id {
    const id = this.#nodes.length
    const shape = { shape: value.shape, axes: unionAxes([value.axes, [attrs.along ?? 't']]) }
    this.#nodes.push({
      id,
      op: 'shift',
      args: edge === undefined ? [id] : [id, edge],
      attrs: { by, ...attrs, ...shape },
      ...shape,
      type: value.type,
      ...(this.#span === undefined ? {} : { span: this.#span }),
    })
    return id
  }

  close(shift: Id, v: Id): void {
    const node = this.node(shift)
    this.#nodes[shift] = { ...node, args: [v, ...node.args.slice(1)] }
  }

  /** Zeros around a stretch of one dim. */
  padded(v: Id, { dim: d, from, to, shape }: Attrs): Id {
    const { axes } = this.node(v)
    const zeros = (size: Dim): Id[] =>
      dim.equal(size, dim.zero)
        ? []
        : [
            this.expand(
              this.constant(0),
              shape!.map((s, i) => (i === d ? size : s)),
              axes,
            ),
          ]
    return this.concat([...zeros(from!), v, ...zeros(dim.subtract(shape![d!]!, to!))], d!)
  }

  /** Sums or repeats until the value has the shape and the axes of another: what a broadcast needs on the way back. */
  fit(v: Id, like: Value): Id {
    const value = this.node(v)
    const over = value.axes.filter(a => !like.axes.includes(a))
    const extra = value.shape.length - like.shape.length
    const summed = value.shape.map((d, i) => i < extra || (dim.isOne(like.shape[i - extra]!) && !dim.isOne(d)))
    let result = v
    if (over.length > 0 || summed.includes(true)) {
      const names = letters.slice(0, value.shape.length)
      const kept = [...names].filter((_, i) => !summed[i]).join('')
      result = this.add('contract', [v], { spec: { operands: [names], result: kept }, over })
    }
    const summedTo = this.node(result)
    if (summedTo.shape.length !== like.shape.length && dim.equal(dim.product(summedTo.shape), dim.product(like.shape)))
      result = this.reshape(result, like.shape)
    return this.expand(result, like.shape, like.axes)
  }

  /** Writes a formula of the cell language over nodes. */
  formula(text: string, scope: FormulaScope): Id {
    return formula(this, text, scope)
  }
}
