/** What a row of the op table holds. A missing column is a type error. */
import type { Attrs, Id, Node, Value } from '../graph.ts'
import type { Builder } from '../builder.ts'
import type { NumericLibrary } from '../numeric/library.ts'
import type { Complex } from './complex.ts'

/** A pure function of numbers, carried over shapes and axes with broadcasting. */
export interface MapRow {
  readonly class: 'map'
  /** Names of the operands in the formulas below; the result is `y`, its cotangent `dy`, an operand's tangent `da` for `a`. */
  readonly params: readonly string[]
  readonly result: 'real' | 'condition'
  readonly doc: string
  /** For each operand, what it adds to that operand's adjoint; `null`: nothing flows. */
  readonly adjoint: readonly (string | null)[]
  /** For each operand, what its tangent adds to the tangent of the result. */
  readonly tangent: readonly (string | null)[]
  readonly value: (lib: NumericLibrary) => (...x: number[]) => number
  readonly complex: (...x: Complex[]) => Complex
  /** The formula in the plain style of compiler/numeric, that every target prints or lowers; operands are safe to put in place. */
  readonly code: (...x: string[]) => string
  /** Functions of the numeric library that `code` calls. */
  readonly uses: readonly string[]
  readonly latex: (...x: string[]) => string
  /** An interval of operands on which it is smooth, and points where it is not. */
  readonly domain: readonly [number, number]
  readonly ties: readonly number[]
}

/** How an op with a shape of its own is lowered: the few classes that interpreter and targets know. */
export type StructuralClass =
  | 'source'
  | 'view'
  | 'reduce'
  | 'contract'
  | 'gather'
  | 'scatter'
  | 'pick'
  | 'shift'
  | 'edge'
  /** Written as other ops before code is made. */
  | 'defined'

export interface StructuralRow {
  readonly class: StructuralClass
  readonly doc: string
  /** Throws a ShapeError. */
  readonly infer: (args: readonly Value[], attrs: Attrs) => Value
  readonly adjoint: (b: Builder, node: Node, dy: Id) => readonly (Id | undefined)[]
  /** What the tangent `d` of operand `k` alone adds to the tangent of the result. */
  readonly tangent: (b: Builder, node: Node, k: number, d: Id) => Id | undefined
  /** `defined` only: the tangent of the first operand with absolute values in every term: how large they are before they cancel. */
  readonly mass?: (b: Builder, node: Node, d: Id) => Id
  /** `defined` only: the same value in simpler ops. */
  readonly expand?: (b: Builder, node: Node) => Id
}

export type Row = MapRow | StructuralRow

/** Operands that do not fit; the caller knows the place and the names, and makes the message. */
export class ShapeError extends Error {
  readonly shapes: readonly Value[]
  constructor(why: string, shapes: readonly Value[]) {
    super(why)
    this.shapes = shapes
  }
}
