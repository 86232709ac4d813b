import type { Argument, Expr, IndexItem, NumberLiteral, Name } from '../../dsl/syntax.ts'

const axis = (a: Name | NumberLiteral): string => ('kind' in a ? a.text : a.name)

const argument = (a: Argument): string =>
  `${a.name === undefined ? '' : `${a.name.name} = `}${full(a.value)}${a.over === undefined ? '' : ` over ${axis(a.over)}`}`

const item = (i: IndexItem): string => {
  if (i.kind === 'new') return 'new'
  if (i.kind === 'at') return full(i.value)
  return `${i.from === undefined ? '' : full(i.from)}:${i.to === undefined ? '' : full(i.to)}`
}

/** An expression with every operation in parentheses, so that the tree can be read. */
export const full = (e: Expr): string => {
  switch (e.kind) {
    case 'number':
      return e.text
    case 'string':
      return `"${e.value}"`
    case 'name':
      return e.name
    case 'unary':
      return e.op === 'not' ? `(not ${full(e.arg)})` : `(-${full(e.arg)})`
    case 'binary':
      return `(${full(e.left)} ${e.op} ${full(e.right)})`
    case 'if':
      return `(if ${full(e.test)} then ${full(e.then)} else ${full(e.else)})`
    case 'call':
      return `${full(e.callee)}(${e.args.map(argument).join(', ')})`
    case 'field':
      return `${full(e.object)}.${e.field.name}`
    case 'index':
      return `${full(e.object)}[${e.items.map(item).join(', ')}]`
    case 'list':
      return `[${e.items.map(full).join(', ')}]`
    case 'repeat': {
      const starts = e.starts.map(s => `${s.name.name} = ${full(s.value)}`).join(', ')
      const body = e.body.map(b => `${b.targets.map(t => t.name.name).join(', ')} = ${full(b.value)}`).join(' ')
      return `(repeat ${e.index.name} < ${full(e.count)} (${starts}) { ${body} })`
    }
  }
}
