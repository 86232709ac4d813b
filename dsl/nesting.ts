/** Brackets and depth, judged on the words alone: so that nothing after this can run out of stack. */
import { closing } from './around.ts'
import type { Diagnostic } from './diagnostics.ts'
import { limits } from './limits.ts'
import { messages, report, type Message } from './messages.ts'
import type { Token } from './tokens.ts'

export interface Nesting {
  /** Errors only. */
  readonly diagnostics: readonly Diagnostic[]
  /** The brackets that nothing closes. */
  readonly unclosed: ReadonlySet<Token>
  /** The innermost of them that is still open at the end of the text. */
  readonly openAtEnd?: Token
  /** The limits are passed, and nothing else may look at the text. */
  readonly tooDeep: boolean
}

export const itemWords: ReadonlySet<string> = new Set(['import', 'fn', 'cell', 'model'])
export const kindWords: ReadonlySet<string> = new Set(['input', 'state', 'output', 'param', 'hyper', 'noise', 'target'])
/** The words that begin a statement, and can stand nowhere else. */
export const statementWords: ReadonlySet<string> = new Set([...kindWords, 'loss', 'total', 'window', 'return'])

const closes: ReadonlyMap<string, string> = new Map([
  [')', '('],
  [']', '['],
  ['}', '{'],
])
const openers: ReadonlySet<string> = new Set(closes.values())
const operators: ReadonlySet<string> = new Set(['+', '-', '*', '/', '@', '^', '.', '<', '<=', '>', '>=', '==', '!=', 'and', 'or'])
const prefixes: ReadonlySet<string> = new Set(['-', '+', 'not'])

interface Level {
  /** How many `if` are under way directly inside of it, and how many operators stand in a row. */
  ifs: number
  operators: number
  /** Commas of one list, and brackets that follow one another behind one operand. */
  commas: number
  suffixes: number
  /** The bracket that opens it, and its place among the tokens. */
  readonly token?: Token
  readonly at?: number
}

type Open = Level & { readonly token: Token; readonly at: number }

export const nesting = (file: string, tokens: readonly Token[]): Nesting => {
  const diagnostics: Diagnostic[] = []
  const unclosed = new Set<Token>()
  const stack: Open[] = []
  // The outermost level, which no bracket opens.
  const outside: Level = { ifs: 0, operators: 0, commas: 0, suffixes: 0 }
  let ifs = 0
  let run = 0
  let inRun = false
  let afterBracket = false

  const count = (text: string): number => tokens.reduce((n, t) => (t.kind === 'symbol' && t.text === text ? n + 1 : n), 0)
  // As many braces are closed as are opened: a block inside of another is meant to be there.
  const balanced = count('{') === count('}')
  let inner = false

  const span = (t: Token) => ({ file, start: t.start, end: t.end })
  const pop = (): Open | undefined => {
    const top = stack.pop()
    ifs -= top?.ifs ?? 0
    return top
  }
  const giveUp = (top: Open | undefined, before: Token | undefined): void => {
    if (top === undefined) return
    unclosed.add(top.token)
    if (before === undefined) return
    diagnostics.push(
      report(span(top.token), messages.unclosed(top.token.text, before.text), [{ span: span(before), message: 'it should be closed before this' }]),
    )
  }
  const endExpression = (): void => {
    const top = stack.at(-1) ?? outside
    ifs -= top.ifs
    top.ifs = 0
    top.operators = 0
  }

  const tooMuch = (t: Token, message: Message): Nesting => ({
    diagnostics: [report(span(t), message)],
    unclosed,
    tooDeep: true,
  })

  /** A comma more: too many, or undefined. A bracket that is never closed has other things than a list behind it. */
  const overlong = (level: Level): Message | undefined => {
    level.commas++
    if (level.token?.text !== '[') return level.commas >= limits.items ? messages.longList() : undefined
    return level.commas === limits.rank && closing(tokens, level.at!, tokens.length) < tokens.length ? messages.rank() : undefined
  }

  for (const [at, t] of tokens.entries()) {
    if (t.kind === 'string' || t.kind === 'number') {
      run = 0
      inRun = false
      afterBracket = false
      continue
    }
    // The first sign of a run may be the operator between two operands.
    run = !prefixes.has(t.text) ? 0 : inRun || t.text === 'not' ? run + 1 : 0
    inRun = prefixes.has(t.text)
    const level = stack.at(-1) ?? outside
    if (openers.has(t.text)) {
      level.suffixes = afterBracket ? level.suffixes + 1 : 0
      if (level.suffixes > limits.depth) return tooMuch(t, messages.longExpression())
      stack.push({ token: t, at, ifs: 0, operators: 0, commas: 0, suffixes: 0 })
    } else if (closes.has(t.text)) {
      const opener = closes.get(t.text)!
      if (!stack.some(o => o.token.text === opener)) {
        // The end of the block around a nested one.
        if (!(inner && t.text === '}')) diagnostics.push(report(span(t), messages.unopened(t.text)))
        inner = false
      } else {
        while (stack.at(-1)!.token.text !== opener) giveUp(pop(), t)
        pop()
      }
    } else if (t.text === 'if') {
      ifs++
      level.ifs++
    } else if (t.text === ',') {
      const message = overlong(level)
      if (message !== undefined) return tooMuch(t, message)
      endExpression()
    } else if (t.text === '=') {
      if (level.token === undefined || level.token.text === '{') level.commas = 0
      endExpression()
    } else if (itemWords.has(t.text)) {
      const nested = balanced && stack.length === 1 && stack[0]!.token.text === '{'
      if (nested) diagnostics.push(report(span(t), messages.nestedBlock(t.text)))
      inner ||= nested
      while (stack.length > 0) giveUp(pop(), nested ? undefined : t)
      endExpression()
    } else if (statementWords.has(t.text)) {
      while (stack.length > 0 && stack.at(-1)!.token.text !== '{') giveUp(pop(), t)
      endExpression()
      ;(stack.at(-1) ?? outside).commas = 0
    }
    afterBracket = t.text === ')' || t.text === ']'
    if (stack.length + ifs + run > limits.nesting) return tooMuch(t, messages.nesting())
    if (operators.has(t.text) && ++(stack.at(-1) ?? outside).operators > limits.depth) return tooMuch(t, messages.longExpression())
  }
  for (const open of stack) unclosed.add(open.token)
  const openAtEnd = stack.at(-1)?.token
  return { diagnostics, unclosed, tooDeep: false, ...(openAtEnd === undefined ? {} : { openAtEnd }) }
}
