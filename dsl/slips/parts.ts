/** A part that a kind of declaration does not have: which one is meant, and how it is written. */
import { hints } from '../hints.ts'
import type { DeclarationKind, DeclaredName, Expr } from '../syntax.ts'
import { initialiserFor, schemeNames } from './words.ts'

/** A short expression as text; undefined for what would be long. */
const shown = (e: Expr): string | undefined => {
  const all = (list: readonly Expr[]): string | undefined => {
    const texts = list.map(shown)
    return texts.every(t => t !== undefined) ? texts.join(', ') : undefined
  }
  switch (e.kind) {
    case 'number':
      return e.text
    case 'name':
      return e.name
    case 'unary': {
      const arg = shown(e.arg)
      return arg === undefined || e.op === 'not' ? undefined : `-${arg}`
    }
    case 'binary': {
      const [left, right] = [shown(e.left), shown(e.right)]
      return left === undefined || right === undefined || e.left.kind === 'binary' || e.right.kind === 'binary' ? undefined : `${left} ${e.op} ${right}`
    }
    case 'call': {
      const [callee, args] = [shown(e.callee), all(e.args.map(a => a.value))]
      return callee === undefined || args === undefined ? undefined : `${callee}(${args})`
    }
    case 'list': {
      const items = all(e.items)
      return items === undefined ? undefined : `[${items}]`
    }
    default:
      return undefined
  }
}

/** The name with its type, as far as it is short. */
const typed = ({ name, type }: DeclaredName): string => {
  if (type === undefined) return name.name
  const shape = type.shape === undefined ? '' : shown({ kind: 'list', items: type.shape, span: type.span })
  const along = type.over !== undefined ? ` over ${type.over.name}${type.withT === true ? ', t' : ''}` : type.once ? ' once' : ''
  const parts = `${shape ?? '…'}${along}`.trim()
  return type.index === undefined && parts !== '' ? `${name.name}: ${parts}` : `${name.name}: …`
}

/** The name of an initialiser, alone or with numbers. */
const named = (e: Expr): string | undefined => (e.kind === 'name' ? e.name : e.kind === 'call' && e.callee.kind === 'name' ? e.callee.name : undefined)
const withNumbers: ReadonlySet<string> = new Set(['constant', 'uniform', 'normal'])

/** What stands behind the `~` of a param. */
const schemeOf = (e: Expr): string | undefined => {
  if (e.kind === 'number') return e.value === 0 ? 'zeros' : e.value === 1 ? 'ones' : `constant(${e.text})`
  const name = named(e)
  if (name === undefined) return undefined
  if (schemeNames.includes(name)) return withNumbers.has(name) ? (shown(e) ?? `${name}(…)`) : name
  return initialiserFor(name)
}

/** What stands behind the `from` of a state or an input. */
const startOf = (e: Expr): string | undefined => {
  const name = named(e)
  const scheme = name === undefined ? undefined : schemeNames.includes(name) ? name : initialiserFor(name)
  if (scheme === 'zeros') return '0'
  if (scheme === 'ones') return '1'
  if (scheme === 'constant' && e.kind === 'call') return shown(e.args[0]?.value ?? e)
  if (scheme !== undefined) return undefined
  return e.kind === 'number' || e.kind === 'name' || (e.kind === 'unary' && e.arg.kind === 'number') ? shown(e) : undefined
}

const distributions: ReadonlySet<string> = new Set(['bernoulli', 'normal', 'uniform'])

/** `part`: what `n`, declared as a `kind`, cannot have. */
export const partHint = (part: string, kind: DeclarationKind, n: DeclaredName): string | undefined => {
  const given = part === 'a value' ? n.value : part === 'an initialiser' ? n.init?.value : part === 'a `from`' ? n.from : undefined
  const name = n.name.name
  if (part === 'a type' && kind === 'hyper') return hints.hyperType()
  if (given === undefined) return undefined
  if (part === 'a value' && given.kind === 'list') return hints.write(`${name}: ${shown(given) ?? '[…]'}`)
  switch (kind) {
    case 'param': {
      const scheme = schemeOf(given)
      return scheme === undefined ? hints.initialParam() : hints.write(`${typed(n)} ~ ${scheme}`)
    }
    case 'state':
    case 'input':
    case 'target': {
      const start = startOf(given)
      if (start !== undefined) return hints.start(`${typed(n)} from ${start}`, kind === 'state' && start === '0')
      if (part === 'a value') return kind === 'state' ? hints.ownEquation(name) : hints.outside()
      return kind === 'state' ? hints.initialState() : undefined
    }
    case 'output':
      return part === 'a value' ? hints.ownEquation(name) : undefined
    case 'noise':
      return part === 'a value' && distributions.has(named(given) ?? '') ? hints.write(`${typed(n)} ~ ${shown(given) ?? '…'}`) : hints.drawn()
    case 'hyper':
      return hints.write(`hyper ${name} = ${shown(given) ?? '…'}`)
  }
}
