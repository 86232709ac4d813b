/** The syntax tree: what the author wrote, with its place, and nothing else. */

/** A stretch of one source file, as offsets in UTF-16 units: `start` included, `end` not. */
export interface Span {
  readonly file: string
  readonly start: number
  readonly end: number
}

export interface Name {
  readonly name: string
  readonly span: Span
}

export type BinaryOp = '+' | '-' | '*' | '/' | '@' | '^' | '==' | '!=' | '<' | '<=' | '>' | '>=' | 'and' | 'or'

/** An argument: `x`, `h = e`, `e over s`. */
export interface Argument {
  readonly name?: Name
  readonly value: Expr
  /** `over s` or `over N`; a number names a dimension by its place. */
  readonly over?: Name | NumberLiteral
  readonly span: Span
}

/** What stands between brackets: an index or a delay, a slice, or `new`. */
export type IndexItem =
  | { readonly kind: 'at'; readonly value: Expr; readonly span: Span }
  | { readonly kind: 'slice'; readonly from?: Expr; readonly to?: Expr; readonly span: Span }
  | { readonly kind: 'new'; readonly span: Span }

export interface NumberLiteral {
  readonly kind: 'number'
  readonly value: number
  /** The digits as written. */
  readonly text: string
  readonly span: Span
}

export type Expr =
  | NumberLiteral
  | { readonly kind: 'string'; readonly value: string; readonly span: Span }
  | { readonly kind: 'name'; readonly name: string; readonly span: Span }
  | { readonly kind: 'unary'; readonly op: '-' | 'not'; readonly arg: Expr; readonly span: Span }
  | { readonly kind: 'binary'; readonly op: BinaryOp; readonly left: Expr; readonly right: Expr; readonly span: Span }
  | { readonly kind: 'if'; readonly test: Expr; readonly then: Expr; readonly else: Expr; readonly span: Span }
  | { readonly kind: 'call'; readonly callee: Expr; readonly args: readonly Argument[]; readonly span: Span }
  | { readonly kind: 'field'; readonly object: Expr; readonly field: Name; readonly span: Span }
  | { readonly kind: 'index'; readonly object: Expr; readonly items: readonly IndexItem[]; readonly span: Span }
  | { readonly kind: 'list'; readonly items: readonly Expr[]; readonly span: Span }
  | Repeat

/** `s = repeat l < L (s = h[t-1]) { … }`, without the `s =` before it. */
export interface Repeat {
  readonly kind: 'repeat'
  readonly index: Name
  readonly count: Expr
  readonly starts: readonly { readonly name: Name; readonly value: Expr }[]
  readonly body: readonly Equation[]
  readonly span: Span
}

export interface Equation {
  readonly kind: 'equation'
  readonly targets: readonly { readonly name: Name; readonly shape?: readonly Expr[] }[]
  readonly value: Expr
  readonly span: Span
}

/** `[H, D]`, `[K] index(V)`, `over s`, `over s, t`, `once`, `shared`: any part may be missing. */
export interface Type {
  readonly index?: Expr
  readonly shape?: readonly Expr[]
  readonly over?: Name
  /** `over s, t`: along the block's own sequence as well. */
  readonly withT?: true
  readonly once: boolean
  /** Of a noise: one draw for the whole batch. */
  readonly shared?: true
  readonly span: Span
}

/** What follows `~`. */
export interface Init {
  readonly value: Expr
  readonly scaled?: Expr
  readonly fixed: boolean
  readonly span: Span
}

export type DeclarationKind = 'input' | 'state' | 'output' | 'param' | 'hyper' | 'noise' | 'target'

/** One declared name, exactly as written (what it takes from its neighbours is worked out later). */
export interface DeclaredName {
  readonly name: Name
  readonly type?: Type
  readonly init?: Init
  readonly from?: Expr
  /** The value of a `hyper`. */
  readonly value?: Expr
}

export interface Declaration {
  readonly kind: 'declaration'
  readonly of: DeclarationKind
  readonly names: readonly DeclaredName[]
  readonly doc: string
  readonly span: Span
}

export interface Loss {
  readonly kind: 'loss'
  readonly total: boolean
  readonly value: Expr
  readonly where?: Expr
  readonly span: Span
}

export interface Window {
  readonly kind: 'window'
  readonly size: Expr
  readonly every?: Expr
  readonly span: Span
}

export interface Dimension {
  readonly name: Name
  readonly value?: Expr
}

export type Statement = Declaration | Equation | Loss | Window

export interface Block {
  readonly kind: 'cell' | 'model'
  readonly name: Name
  readonly dims: readonly Dimension[]
  readonly body: readonly Statement[]
  /** The comment block directly above. */
  readonly doc: string
  readonly span: Span
}

export interface Fn {
  readonly kind: 'fn'
  readonly name: Name
  readonly params: readonly { readonly name: Name; readonly shape?: readonly Expr[]; readonly value?: Expr }[]
  /** Empty for `fn f(x) = e`. */
  readonly body: readonly Equation[]
  readonly result: Expr
  readonly doc: string
  readonly span: Span
}

export interface Import {
  readonly kind: 'import'
  readonly names: readonly Name[]
  readonly from: { readonly value: string; readonly span: Span }
  readonly span: Span
}

export interface SourceFile {
  /** The path as the user gave it. */
  readonly path: string
  readonly text: string
  readonly items: readonly (Block | Fn | Import)[]
}
