/** Ways through the syntax tree that do not care what its nodes mean. */
import type { Block, Equation, Expr, Fn, SourceFile, Statement } from './syntax.ts'

/** The expressions directly inside one, in the order of the text. */
export const children = (e: Expr): readonly Expr[] => {
  switch (e.kind) {
    case 'number':
    case 'string':
    case 'name':
      return []
    case 'unary':
      return [e.arg]
    case 'binary':
      return [e.left, e.right]
    case 'if':
      return [e.test, e.then, e.else]
    case 'call':
      return [e.callee, ...e.args.map(a => a.value)]
    case 'field':
      return [e.object]
    case 'index':
      return [e.object, ...e.items.flatMap(i => (i.kind === 'at' ? [i.value] : i.kind === 'slice' ? present(i.from, i.to) : []))]
    case 'list':
      return e.items
    case 'repeat':
      return [e.count, ...e.starts.map(s => s.value), ...e.body.flatMap(equationParts)]
  }
}

/** Calls `visit` for an expression and every one inside it, from the outside in. */
export const visitAll = (e: Expr, visit: (e: Expr) => void): void => {
  visit(e)
  for (const c of children(e)) visitAll(c, visit)
}

const present = (...parts: readonly (Expr | undefined)[]): readonly Expr[] => parts.filter(p => p !== undefined)

const equationParts = (e: Equation): readonly Expr[] => [...e.targets.flatMap(t => t.shape ?? []), e.value]

const statementParts = (s: Statement): readonly Expr[] => {
  switch (s.kind) {
    case 'equation':
      return equationParts(s)
    case 'loss':
      return present(s.value, s.where)
    case 'window':
      return present(s.size, s.every)
    case 'declaration':
      return s.names.flatMap(n => [...(n.type?.shape ?? []), ...present(n.type?.index, n.init?.value, n.init?.scaled, n.from, n.value)])
  }
}

/** The outermost expressions of a block or a function. */
export const expressions = (item: Block | Fn): readonly Expr[] =>
  item.kind === 'fn'
    ? [...item.params.flatMap(p => [...(p.shape ?? []), ...present(p.value)]), ...item.body.flatMap(equationParts), item.result]
    : [...item.dims.flatMap(d => present(d.value)), ...item.body.flatMap(statementParts)]

/** The first expression that lies deeper than `limit` inside another. Keeps its own stack, so that depth costs none. */
export const tooDeep = (file: SourceFile, limit: number): Expr | undefined => {
  const waiting: { readonly root: Expr; readonly e: Expr; readonly depth: number }[] = []
  for (const item of file.items) if (item.kind !== 'import') for (const e of expressions(item)) waiting.push({ root: e, e, depth: 1 })
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { root, e, depth } = next
    if (depth > limit) return root
    for (const c of children(e)) waiting.push({ root, e: c, depth: depth + 1 })
  }
  return undefined
}
