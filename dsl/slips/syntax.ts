/** Slips that do not parse: the first that is recognised where the grammar stopped is the answer. */
import { is } from '../around.ts'
import type { Diagnostic } from '../diagnostics.ts'
import { messages, report } from '../messages.ts'
import { statementWords } from '../nesting.ts'
import { blockHead } from './blocks.ts'
import { choiceStatement, conditionalBehind, elseIf, lastComma, otherOperator, whereCall, withoutThen } from './choices.ts'
import { bareType, joinedDims, missingColon, missingComma, missingSign, oddHead, otherSign, partOrder } from './declared.ts'
import {
  bracedIndex,
  bracketedTargets,
  indexedTarget,
  lossColon,
  missingOperator,
  nameless,
  otherAssignment,
  severalValues,
  statementWord,
  tuple,
} from './equations.ts'
import { spanOf, type Slip, type Stop } from './stop.ts'

/** A text in quotes as a comment. */
const docText: Slip = s =>
  s.at < s.to && s.tokens[s.at]!.kind === 'string' && !s.wanted.includes('an expression') && !is(s.tokens[s.from], 'import')
    ? report(spanOf(s, s.at), messages.docText())
    : undefined

/** `return h` in a cell. */
const returned: Slip = s => {
  const { tokens, at, to } = s
  if (at >= to || !is(tokens[at], 'return') || at !== s.from || !s.wanted.includes('a statement')) return undefined
  const name = tokens[at + 1]
  return report(spanOf(s, at), messages.returned(name?.kind === 'word' && !statementWords.has(name.text) ? name.text : 'y'))
}

const slips: readonly Slip[] = [
  returned,
  docText,
  blockHead,
  whereCall,
  elseIf,
  withoutThen,
  otherOperator,
  otherAssignment,
  indexedTarget,
  bracedIndex,
  bracketedTargets,
  conditionalBehind,
  choiceStatement,
  partOrder,
  oddHead,
  otherSign,
  bareType,
  joinedDims,
  missingComma,
  missingColon,
  missingSign,
  tuple,
  lastComma,
  statementWord,
  severalValues,
  lossColon,
  missingOperator,
  nameless,
]

export const slipAt = (s: Stop): Diagnostic | undefined => {
  for (const slip of slips) {
    const found = slip(s)
    if (found !== undefined) return found
  }
  return undefined
}
