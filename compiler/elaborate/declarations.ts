/** What a block declares, name by name, with what each takes from its neighbours. */
import { expand } from '../../dsl/program.ts'
import type { Block, DeclarationKind, DeclaredName, Equation, Loss, Window } from '../../dsl/syntax.ts'

export interface Declared extends DeclaredName {
  readonly of: DeclarationKind
}

export const declarationsOf = (block: Block): readonly Declared[] =>
  block.body.flatMap(s => (s.kind === 'declaration' ? expand(s).map(d => ({ ...d, of: s.of })) : []))

export const equationsOf = (block: Block): readonly Equation[] => block.body.filter(s => s.kind === 'equation')
export const lossesOf = (block: Block): readonly Loss[] => block.body.filter(s => s.kind === 'loss')
export const windowOf = (block: Block): Window | undefined => block.body.find(s => s.kind === 'window')
