/** Brackets and depth, judged on the words alone: so that nothing after this can run out of stack. */
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

interface Open {
  readonly token: Token
  /** How many `if` are under way directly inside of it, and how many operators stand in a row. */
  ifs: number
  operators: number
}

export const nesting = (file: string, tokens: readonly Token[]): Nesting => {
  const diagnostics: Diagnostic[] = []
  const unclosed = new Set<Token>()
  const stack: Open[] = []
  // The outermost level, which no bracket opens.
  const outside = { ifs: 0, operators: 0 }
  let ifs = 0
  let run = 0
  let inRun = false

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

  for (const t of tokens) {
    if (t.kind === 'string' || t.kind === 'number') {
      run = 0
      inRun = false
      continue
    }
    // The first sign of a run may be the operator between two operands.
    run = !prefixes.has(t.text) ? 0 : inRun || t.text === 'not' ? run + 1 : 0
    inRun = prefixes.has(t.text)
    if (openers.has(t.text)) stack.push({ token: t, ifs: 0, operators: 0 })
    else if (closes.has(t.text)) {
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
      ;(stack.at(-1) ?? outside).ifs++
    } else if (t.text === ',' || t.text === '=') endExpression()
    else if (itemWords.has(t.text)) {
      const nested = balanced && stack.length === 1 && stack[0]!.token.text === '{'
      if (nested) diagnostics.push(report(span(t), messages.nestedBlock(t.text)))
      inner ||= nested
      while (stack.length > 0) giveUp(pop(), nested ? undefined : t)
      endExpression()
    } else if (statementWords.has(t.text)) {
      while (stack.length > 0 && stack.at(-1)!.token.text !== '{') giveUp(pop(), t)
      endExpression()
    }
    if (stack.length + ifs + run > limits.nesting) return tooMuch(t, messages.nesting())
    if (operators.has(t.text) && ++(stack.at(-1) ?? outside).operators > limits.depth) return tooMuch(t, messages.longExpression())
  }
  for (const open of stack) unclosed.add(open.token)
  const openAtEnd = stack.at(-1)?.token
  return { diagnostics, unclosed, tooDeep: false, ...(openAtEnd === undefined ? {} : { openAtEnd }) }
}
