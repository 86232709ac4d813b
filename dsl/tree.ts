/** From a match of the grammar to the syntax tree. */
import type { IterationNode, MatchResult, Node, NonterminalNode } from 'ohm-js'
import { arrange, type Operand, type Operator, type Prefix } from './arrange.ts'
import type { Diagnostic } from './diagnostics.ts'
import grammar, { type RecurveActionDict, type RecurveSemantics } from './grammar.ohm-bundle.js'
import { messages, report, type Message } from './messages.ts'
import type * as syntax from './syntax.ts'

export interface Source {
  readonly path: string
  /** The comment block directly above an offset of the file. */
  readonly doc: (offset: number) => string
  /** Takes what the grammar lets through and the language does not. */
  readonly fault: (d: Diagnostic) => void
}

/** Builds the tree of a match whose text begins at `offset` in the file. */
export type Build = (match: MatchResult, offset: number) => unknown

/** The builder of one file. To make one costs more than to use it. */
export const builder = (source: Source): Build => {
  let base = 0
  const operation = actions(source, () => base)
  const semantics: RecurveSemantics = grammar.createSemantics().addOperation<unknown>('tree', operation)
  return (match, offset) => {
    base = offset
    return (semantics(match) as Node).tree()
  }
}

type Extra<T> = readonly T[]

const actions = ({ path, doc, fault }: Source, offset: () => number): RecurveActionDict<unknown> => {
  const at = (n: Node): syntax.Span => ({
    file: path,
    start: n.source.startIdx + offset(),
    end: n.source.endIdx + offset(),
  })
  const refuse = (span: syntax.Span, message: Message): void => fault(report(span, message))
  // The one place where the untyped results of the parser get their types: each action below returns what its rule is for.
  const of = <T>(n: Node): T => n.tree() as T
  const each = <T>(n: Node): Extra<T> => n.children.map(c => c.tree() as T)
  const list = <T>(n: NonterminalNode): Extra<T> => n.asIteration().children.map((c: Node) => c.tree() as T)
  const maybe = <T>(n: IterationNode): T | undefined => (n.children[0] === undefined ? undefined : of<T>(n.children[0]))
  const has = (n: IterationNode): boolean => n.children.length > 0
  const opt = <K extends string, T>(key: K, value: T | undefined): { readonly [k in K]?: T } =>
    value === undefined ? {} : ({ [key]: value } as { readonly [k in K]: T })
  /** What stands in an iteration inside an iteration. */
  const inner = <T>(n: IterationNode): Extra<T> => n.children.flatMap(c => each<T>(c))
  const listed = <T>(first: IterationNode, rest: IterationNode): Extra<T> => [...each<T>(first), ...inner<T>(rest)]
  const expr = (n: Node): syntax.Expr => of<syntax.Expr>(n)

  return {
    File: items => each(items),
    Item: item => item.tree(),
    Import(_import, _open, names, _close, _from, from): syntax.Import {
      const { value, span } = of<{ readonly value: string; readonly span: syntax.Span }>(from)
      return { kind: 'import', names: list(names), from: { value, span }, span: at(this) }
    },
    Block(word, name, _open, dims, _close, _brace, body, _end): syntax.Block {
      const span = at(this)
      const kind = word.sourceString === 'cell' ? 'cell' : 'model'
      return { kind, name: of(name), dims: list(dims), body: each(body), doc: doc(span.start), span }
    },
    Dimension: (name, value): syntax.Dimension => ({ name: of(name), ...opt('value', maybe<syntax.Expr>(value)) }),
    Fn(_fn, name, _open, params, _close, body): syntax.Fn {
      const span = at(this)
      const { equations, result } = of<{ equations: Extra<syntax.Equation>; result: syntax.Expr }>(body)
      return { kind: 'fn', name: of(name), params: list(params), body: equations, result, doc: doc(span.start), span }
    },
    Parameter: (name, shape, value): syntax.Fn['params'][number] => ({
      name: of(name),
      ...opt('shape', maybe<Extra<syntax.Expr>>(shape)),
      ...opt('value', maybe<syntax.Expr>(value)),
    }),
    ShortBody: (_assign, result) => ({ equations: [], result: expr(result) }),
    LongBody: (_open, equations, _return, result, _close) => ({ equations: each(equations), result: expr(result) }),

    Statement: s => s.tree(),
    Declaration(kind, names): syntax.Declaration {
      const span = at(this)
      const of_ = kind.sourceString as syntax.DeclarationKind
      return { kind: 'declaration', of: of_, names: list(names), doc: doc(span.start), span }
    },
    Declared: (name, type, value, init, from): syntax.DeclaredName => ({
      name: of(name),
      ...opt('type', maybe<syntax.Type>(type)),
      ...opt('init', maybe<syntax.Init>(init)),
      ...opt('from', maybe<syntax.Expr>(from)),
      ...opt('value', maybe<syntax.Expr>(value)),
    }),
    TypePart: (_colon, type) => type.tree(),
    Type_shaped(shape, along): syntax.Type {
      const first = shape.ctorName === 'Shape' ? { shape: of<Extra<syntax.Expr>>(shape) } : of<object>(shape)
      return { ...first, once: false, ...maybe<object>(along), span: at(this) }
    },
    Type_scalar(along): syntax.Type {
      return { once: false, ...of<object>(along), span: at(this) }
    },
    Indices: (shape, index) => ({ shape: of<Extra<syntax.Expr>>(shape), ...of<object>(index) }),
    Index: (_index, _open, size, _close) => ({ index: expr(size) }),
    Along_once: (_once, shared) => ({ once: true, ...(has(shared) ? { shared: true } : {}) }),
    Along_over: (_over, name, withT, shared) => ({
      over: of<syntax.Name>(name),
      ...(has(withT) ? { withT: true } : {}),
      ...(has(shared) ? { shared: true } : {}),
    }),
    Along_shared: _shared => ({ shared: true }),
    Init(_tilde, value, scaled, fixed): syntax.Init {
      return { value: expr(value), ...opt('scaled', maybe<syntax.Expr>(scaled)), fixed: has(fixed), span: at(this) }
    },
    Scaled: (_scaled, value) => value.tree(),
    From: (_from, value) => value.tree(),
    Value: (_assign, value) => value.tree(),
    Loss(total, _loss, value, where): syntax.Loss {
      const parts = { value: expr(value), ...opt('where', maybe<syntax.Expr>(where)) }
      return { kind: 'loss', total: has(total), ...parts, span: at(this) }
    },
    Where: (_where, value) => value.tree(),
    Window(_window, size, every): syntax.Window {
      return { kind: 'window', size: expr(size), ...opt('every', maybe<syntax.Expr>(every)), span: at(this) }
    },
    Every: (_every, value) => value.tree(),
    Equation(targets, _assign, value): syntax.Equation {
      return { kind: 'equation', targets: list(targets), value: expr(value), span: at(this) }
    },
    Target: (name, shape): syntax.Equation['targets'][number] => ({
      name: of(name),
      ...opt('shape', maybe<Extra<syntax.Expr>>(shape)),
    }),
    StatedShape: (_colon, shape) => shape.tree(),
    Shape: (_open, items, _close) => list(items),

    Expr(first, rest): syntax.Expr {
      const continued = each<{ readonly operator: Operator; readonly operand: Operand }>(rest)
      const operands = [of<Operand>(first), ...continued.map(c => c.operand)]
      return arrange(
        operands,
        continued.map(c => c.operator),
        refuse,
      )
    },
    Continued: (operator, operand) => ({
      operator: { op: operator.sourceString as syntax.BinaryOp, span: at(operator) },
      operand: of<Operand>(operand),
    }),
    Operand(prefixes, value): Operand {
      const e = expr(value)
      const bare = e.kind === 'if' || e.kind === 'repeat'
      const parenthesised = value.ctorName === 'Postfix'
      const signs = prefixes.children.map((p): Prefix => ({ op: p.sourceString as Prefix['op'], span: at(p) }))
      return { prefixes: signs, value: e, ...(bare && !parenthesised ? { open: e.kind } : {}) }
    },
    If(_if, test, _then, yes, _else, no): syntax.Expr {
      // oxlint-disable-next-line unicorn/no-thenable -- the tree's own field, never awaited
      return { kind: 'if', test: expr(test), then: expr(yes), else: expr(no), span: at(this) }
    },
    Repeat(_repeat, index, _less, count, _open, starts, _close, _brace, body, _end): syntax.Repeat {
      const head = { index: of<syntax.Name>(index), count: expr(count) }
      return { kind: 'repeat', ...head, starts: list(starts), body: each(body), span: at(this) }
    },
    Start: (name, _assign, value): syntax.Repeat['starts'][number] => ({ name: of(name), value: expr(value) }),
    Postfix(base, suffixes): syntax.Expr {
      let e = expr(base)
      for (const suffix of each<(object: syntax.Expr) => syntax.Expr>(suffixes)) e = suffix(e)
      return e
    },
    // The parentheses belong to the place of what they hold.
    Parens(_open, value, _close): syntax.Expr {
      return { ...expr(value), span: at(this) }
    },
    List(_open, first, _commas, rest, _close): syntax.Expr {
      return { kind: 'list', items: listed(first, rest), span: at(this) }
    },
    Call(_open, first, _commas, rest, close) {
      const values = listed<syntax.Argument>(first, rest)
      const overs = values.flatMap(a => (a.over === undefined ? [] : [a.over.span]))
      if (overs.length > 1) fault(report(overs[1]!, messages.twoOvers(), [{ span: overs[0]!, message: 'the first' }]))
      const { end } = at(close)
      return (callee: syntax.Expr): syntax.Expr => ({ kind: 'call', callee, args: values, span: { ...callee.span, end } })
    },
    Subscript(_open, first, _commas, rest, close) {
      const values = [of<syntax.IndexItem>(first), ...each<syntax.IndexItem>(rest)]
      const { end } = at(close)
      return (object: syntax.Expr): syntax.Expr => ({ kind: 'index', object, items: values, span: { ...object.span, end } })
    },
    Field(_dot, field) {
      const name = of<syntax.Name>(field)
      return (object: syntax.Expr): syntax.Expr => ({
        kind: 'field',
        object,
        field: name,
        span: { ...object.span, end: name.span.end },
      })
    },
    Argument(name, value, over): syntax.Argument {
      const parts = { ...opt('name', maybe<syntax.Name>(name)), value: expr(value) }
      return { ...parts, ...opt('over', maybe<syntax.Name | syntax.NumberLiteral>(over)), span: at(this) }
    },
    Named: (name, _assign) => name.tree(),
    Over: (_over, axis) => axis.tree(),
    IndexItem: item => item.tree(),
    new(_new): syntax.IndexItem {
      return { kind: 'new', span: at(this) }
    },
    SliceTo(_colon, to): syntax.IndexItem {
      return { kind: 'slice', ...opt('to', maybe<syntax.Expr>(to)), span: at(this) }
    },
    AtOrSlice(value, colon, to): syntax.IndexItem {
      const span = at(this)
      if (!has(colon)) return { kind: 'at', value: expr(value), span }
      return { kind: 'slice', from: expr(value), ...opt('to', inner<syntax.Expr>(to)[0]), span }
    },

    variable(name): syntax.Expr {
      return { kind: 'name', name: name.sourceString, span: at(this) }
    },
    number(_whole, _fraction, _exponent): syntax.NumberLiteral {
      const text = this.sourceString
      return { kind: 'number', value: Number(text), text, span: at(this) }
    },
    string(_open, _characters, _close): syntax.Expr {
      return { kind: 'string', value: this.sourceString.slice(1, -1), span: at(this) }
    },
    name(_first, _rest): syntax.Name {
      return { name: this.sourceString, span: at(this) }
    },
  }
}
