/** What an expression is read in: the names it sees, and where its mistakes go. */
import type { Dim } from '../../dsl/dims.ts'
import { Refused, type Diagnostic } from '../../dsl/diagnostics.ts'
import { report, type Message } from '../../dsl/messages.ts'
import type { Program, Scope } from '../../dsl/program.ts'
import type { Block, Fn, Span } from '../../dsl/syntax.ts'
import type { Builder } from '../builder.ts'
import type { Axis, Id, NoiseInfo, ParamInfo, StateInfo, Value } from '../graph.ts'

/** What a name or an expression can stand for. */
export type Meaning =
  | { readonly kind: 'stream'; readonly id: Id }
  | { readonly kind: 'dim'; readonly dim: Dim }
  | { readonly kind: 'cell'; readonly block: Block }
  | { readonly kind: 'fn'; readonly fn: Fn }
  | { readonly kind: 'instance'; readonly instance: Instance }
  | { readonly kind: 'result'; readonly fields: ReadonlyMap<string, Meaning>; readonly single: string | undefined; readonly cell: string }
  | { readonly kind: 'parts'; readonly ids: readonly Id[] }

/** A cell with dims and parameters of its own; made at its first application. */
export interface Instance {
  readonly block: Block
  readonly path: string
  readonly dims: Map<string, Dim>
  readonly params: Map<string, Id>
}

/** The graph under construction and its interface, shared by all blocks of one compilation. */
export interface World {
  readonly b: Builder
  readonly program: Program
  readonly diagnostics: Diagnostic[]
  readonly params: Map<string, ParamInfo>
  readonly states: Map<string, StateInfo>
  readonly streams: Map<string, Id>
  readonly hyper: Map<string, number>
  readonly noise: Map<string, NoiseInfo>
  /** The sequences that are there: how long each is, by axis. */
  readonly lengths: Map<Axis, Id>
  /** Dims whose numbers the graph depends on, and that have none yet. */
  readonly structural: Set<string>
}

/** A stream that may be read through a delay before it is known. */
export interface Delayable {
  readonly value?: Value
  /** What it is outside of the sequence, before and after. */
  readonly edge?: Id
  /** The sequence for which its initial values are. */
  readonly along: Axis
  /** It has no initial values of its own that a carry could set. */
  readonly carries?: boolean
  /** How many initial values a given initial state has. */
  readonly depth: number
  /** Look-ahead is for inputs. */
  readonly ahead: boolean
}

export interface Context {
  readonly world: World
  readonly block: Block | Fn
  readonly scope: Scope
  readonly dims: ReadonlyMap<string, Dim>
  /** The sequences by the names that the block gives them; `t` is its own. */
  readonly axes: ReadonlyMap<string, Axis>
  /** The prefix of the names that are born here: `''` or `l1.`. */
  readonly path: string
  /** The equation that is being read, for naming instances. */
  readonly equation?: string
  readonly lookup: (name: string) => Meaning | undefined
  readonly delayable: (name: string) => Delayable | undefined
  /** Shifts that wait for their operand, by name. */
  readonly open: Map<string, { shift: Id; by: number }[]>
  readonly known: () => readonly string[]
  /** The equations of this block that have made an instance already. */
  readonly instances: Set<string>
  /** The functions that are being inlined. */
  readonly inlining: readonly Fn[]
  /** The deepest delay of each name of the block. */
  readonly depths: ReadonlyMap<string, number>
}

/** Stops the reading of one equation. */
export const refuse = (span: Span, message: Message, related?: Diagnostic['related']): never => {
  throw new Refused([report(span, message, related)])
}

export const sourceText = (world: World, span: Span): string => (world.program.files.get(span.file)?.text ?? '').slice(span.start, span.end)
