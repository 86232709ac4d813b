/** What the layout needs to know of a text beyond its tokens, by offset: all of it is read off the tree. */
import { isReserved } from './highlight.ts'
import type { Equation, Expr, SourceFile } from './syntax.ts'
import type { Token } from './tokens.ts'
import { children, expressions } from './walk.ts'

export interface Landmarks {
  /** Where statements begin: declarations, equations, blocks, … */
  readonly statements: ReadonlySet<number>
  /** Braces whose contents stand on lines of their own. */
  readonly expanded: ReadonlySet<number>
  /** Commas between the names of a declaration. */
  readonly groups: ReadonlySet<number>
  /** How many spaces more stand behind the word of a declaration. */
  readonly padding: ReadonlyMap<number, number>
  /** Signs and `=` without spaces around them: `h[t-1]`, `LSTM(H=64)`. */
  readonly tight: ReadonlySet<number>
  /** `-` and `not` that have one operand. */
  readonly prefixes: ReadonlySet<number>
  /** Words that are no names here. */
  readonly keywords: ReadonlySet<number>
  /** Inside of a `repeat` on one line, where no line is broken. */
  readonly unbroken: ReadonlySet<number>
  /** Parentheses around the starts of a `repeat`. */
  readonly starts: ReadonlySet<number>
}

/** Does a value end with this token, so that a minus after it subtracts, and a bracket belongs to it? */
export const endsValue = (t: Token, keywords: ReadonlySet<number>): boolean =>
  t.kind === 'number' || t.kind === 'string' || t.text === ')' || t.text === ']' || (t.kind === 'word' && !keywords.has(t.start))

/** A `repeat` that takes more columns than this stands on several lines. */
const shortRepeat = 90

export const landmarks = (file: SourceFile, tokens: readonly Token[]): Landmarks => {
  const indexAt = new Map(tokens.map((t, i) => [t.start, i]))
  const statements = new Set<number>()
  const expanded = new Set<number>()
  const groups = new Set<number>()
  const padding = new Map<number, number>()
  const tight = new Set<number>()
  const starts = new Set<number>()
  const unbroken = new Set<number>()
  const keywords = new Set(tokens.flatMap(t => (t.kind === 'word' && isReserved(t.text) ? [t.start] : [])))
  const axes = new Set(['t', ...tokens.flatMap((t, i) => (t.text === 'over' && tokens[i + 1]?.kind === 'word' ? [tokens[i + 1]!.text] : []))])
  const before = (offset: number): Token => tokens[indexAt.get(offset)! - 1]!
  const after = (offset: number): Token => tokens[indexAt.get(offset)! + 1]!
  const lastIn = (start: number, end: number): number => {
    let i = indexAt.get(start)!
    while (tokens[i + 1] !== undefined && tokens[i + 1]!.end <= end) i++
    return i
  }
  /** The brace that ends at `end`, and the one that opens it. */
  const braces = (start: number, end: number): readonly [Token, Token] => {
    const close = lastIn(start, end)
    let open = close
    for (let level = 0; ; open--) {
      if (tokens[open]!.text === '}') level++
      else if (tokens[open]!.text === '{' && --level === 0) break
    }
    return [tokens[open]!, tokens[close]!]
  }
  const expand = (start: number, end: number): void => {
    for (const b of braces(start, end)) expanded.add(b.start)
  }
  const equation = (e: Equation): void => void statements.add(e.span.start)

  const visit = (e: Expr): void => {
    if (e.kind === 'repeat') {
      starts.add(before(e.starts[0]!.name.span.start).start)
      const end = tokens[endOfRepeat(e)]!
      const [open, close] = braces(e.index.span.start, end.end)
      const all = tokens.slice(indexAt.get(e.index.span.start)!, indexAt.get(close.start)! + 1)
      const short = e.body.length === 1 && all.reduce((sum, t) => sum + t.text.length + 1, 0) <= shortRepeat && !all.some(t => t.text === 'repeat')
      if (!short || /[\n\r\u2028\u2029]/.test(file.text.slice(open.start, close.end))) {
        expanded.add(open.start).add(close.start)
        e.body.forEach(equation)
      } else for (const t of all) unbroken.add(t.start)
    }
    if (e.kind === 'call') {
      const named = e.args.flatMap(a => (a.name === undefined ? [] : [{ name: a.name, value: a.value }]))
      const short = named.every(a => a.value.kind === 'name' || a.value.kind === 'number')
      if (short) for (const a of named) tight.add(after(a.name.span.start).start)
    }
    if (e.kind === 'index')
      for (const i of e.items)
        if (i.kind === 'at' && i.value.kind === 'binary' && (i.value.op === '-' || i.value.op === '+')) {
          const { left, right } = i.value
          const sign = tokens[indexAt.get(i.value.span.start)! + 1]
          const delay = left.kind === 'name' && axes.has(left.name) && (right.kind === 'number' || right.kind === 'name')
          // Parentheses around a part belong to its place: then the sign is not the second token, and has its spaces.
          if (delay && sign?.text === i.value.op) tight.add(sign.start)
        }
    for (const c of children(e)) visit(c)
  }
  /** Parentheses around a `repeat` belong to its place: its own brace is the last before them. */
  const endOfRepeat = (e: Expr & { readonly kind: 'repeat' }): number => {
    let i = lastIn(e.index.span.start, e.span.end)
    while (tokens[i]!.text !== '}') i--
    return i
  }

  for (const item of file.items) {
    statements.add(item.span.start)
    if (item.kind === 'import') continue
    if (item.kind === 'fn') {
      const last = tokens[lastIn(item.span.start, item.span.end)]!
      const result = tokens.find(t => t.start >= (item.body.at(-1)?.span.end ?? item.name.span.end) && t.start < item.result.span.start && t.text === 'return')
      if (result !== undefined) {
        expand(item.span.start, last.end)
        item.body.forEach(equation)
        statements.add(result.start)
      }
    } else {
      expand(item.span.start, item.span.end)
      const words = item.body.flatMap(s => (s.kind === 'declaration' ? [s.of.length] : []))
      const longest = Math.max(0, ...words)
      for (const s of item.body) {
        statements.add(s.span.start)
        if (s.kind !== 'declaration') continue
        padding.set(s.span.start, longest - s.of.length)
        for (const n of s.names.slice(1)) groups.add(before(n.name.span.start).start)
      }
    }
    for (const e of expressions(item)) visit(e)
  }
  const prefixes = new Set(
    tokens.flatMap((t, i) => {
      const before = tokens[i - 1]
      return t.text === 'not' || (t.text === '-' && (before === undefined || !endsValue(before, keywords))) ? [t.start] : []
    }),
  )
  return { statements, expanded, groups, padding, tight, prefixes, keywords, unbroken, starts }
}
