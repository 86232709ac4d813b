/** What a block declares, name by name, with what each takes from its neighbours. */
import { expand } from '../../dsl/program.ts'
import type { Block, DeclarationKind, DeclaredName, Equation, Expr, Loss, Window } from '../../dsl/syntax.ts'

export interface Declared extends DeclaredName {
  readonly of: DeclarationKind
}

export const declarationsOf = (block: Block): readonly Declared[] =>
  block.body.flatMap(s => (s.kind === 'declaration' ? expand(s).map(d => ({ ...d, of: s.of })) : []))

export const equationsOf = (block: Block): readonly Equation[] => block.body.filter(s => s.kind === 'equation')
export const lossesOf = (block: Block): readonly Loss[] => block.body.filter(s => s.kind === 'loss')
export const windowOf = (block: Block): Window | undefined => block.body.find(s => s.kind === 'window')

/** Calls `visit` for every expression in the block, from the outside in. */
export const eachExpression = (block: Block, visit: (e: Expr) => void): void => {
  const walk = (e: Expr): void => {
    visit(e)
    switch (e.kind) {
      case 'unary':
        return walk(e.arg)
      case 'binary':
        walk(e.left)
        return walk(e.right)
      case 'if':
        return [e.test, e.then, e.else].forEach(walk)
      case 'call':
        walk(e.callee)
        return e.args.forEach(a => walk(a.value))
      case 'field':
        return walk(e.object)
      case 'index':
        walk(e.object)
        return e.items.forEach(i => {
          if (i.kind === 'at') walk(i.value)
        })
      case 'list':
        return e.items.forEach(walk)
      case 'repeat':
        e.starts.forEach(s => walk(s.value))
        return e.body.forEach(q => walk(q.value))
      default:
    }
  }
  for (const s of block.body) {
    if (s.kind === 'equation' || s.kind === 'loss') walk(s.value)
    if (s.kind === 'loss' && s.where !== undefined) walk(s.where)
  }
}
