/**
 * Reserved words that stand where a name must stand. They are told at the name, and a stand-in takes their place, so
 * that `cell` in a list of states begins no new block. Asked only about texts that do not parse.
 */
import { closes, firstOfLine, is, isWord, mayLead, opens } from '../around.ts'
import type { Diagnostic } from '../diagnostics.ts'
import { isReserved } from '../highlight.ts'
import { messages, report } from '../messages.ts'
import { itemWords, kindWords, statementWords } from '../nesting.ts'
import type { Token } from '../tokens.ts'

export interface Renamed {
  readonly tokens: readonly Token[]
  /** The text with stand-ins of the same length. */
  readonly clean: string
  /** Where such words stand. */
  readonly places: readonly Token[]
  /** One for each such word. */
  readonly diagnostics: readonly Diagnostic[]
}

/** What the innermost bracket around a token holds. */
type Inside = 'names' | 'imports' | 'body' | 'index' | 'other'

/** Words that may follow a whole operand. */
const infix: ReadonlySet<string> = new Set(['and', 'or', 'then', 'else', 'over', 'where', 'every', 'from', 'scaled', 'fixed', 'once'])
/** Parts of a declaration: behind a type they are more likely misplaced than misnamed. */
const partWords: ReadonlySet<string> = new Set(['from', 'over', 'once', 'scaled', 'fixed'])
const startsOperand: ReadonlySet<string> = new Set(['if', 'not', 'repeat'])
const beforeName: ReadonlySet<string> = new Set([...kindWords, 'over', 'cell', 'model', 'fn'])
const beginsStatement: ReadonlySet<string> = new Set([...statementWords, ...itemWords])

export const reservedNames = (file: string, tokens: readonly Token[], clean: string): Renamed => {
  const defined = definitions(tokens, clean)
  const used = uses(tokens, clean, defined)
  if (defined.size + used.size === 0) return { tokens, clean, places: [], diagnostics: [] }
  const told = new Map<string, number>()
  for (const i of [...defined, ...used]) if (!told.has(tokens[i]!.text)) told.set(tokens[i]!.text, i)
  const standIn = (t: Token, i: number): string => (defined.has(i) || used.has(i) ? `${t.text.slice(0, -1)}_` : t.text)
  const renamed = tokens.map((t, i) => ({ ...t, text: standIn(t, i) }))
  const pieces = renamed.map((t, i) => clean.slice(tokens[i - 1]?.end ?? 0, t.start) + (t.text === tokens[i]!.text ? clean.slice(t.start, t.end) : t.text))
  return {
    tokens: renamed,
    clean: pieces.join('') + clean.slice(tokens.at(-1)!.end),
    places: [...defined, ...used].map(i => tokens[i]!),
    diagnostics: [...told].map(([word, i]) => report({ file, start: tokens[i]!.start, end: tokens[i]!.end }, messages.reserved(word, is(tokens[i + 1], '=')))),
  }
}

/** Another word or value on the same line follows: this one begins something. */
const leads = (tokens: readonly Token[], at: number, clean: string): boolean => {
  const next = tokens[at + 1]
  return next !== undefined && next.kind !== 'symbol' && !infix.has(next.text) && !firstOfLine(tokens, at + 1, clean)
}

/** `once = …` on a line of its own, which the grammar takes for a part of the declaration above it. */
export const hiddenEquation = (file: string, tokens: readonly Token[], clean: string): readonly Diagnostic[] =>
  tokens.flatMap((t, i) =>
    is(t, 'once') && is(tokens[i + 1], '=') && firstOfLine(tokens, i, clean) ? [report({ file, start: t.start, end: t.end }, messages.reserved(t.text))] : [],
  )

/** `where(c, a, b)`, which is a function elsewhere. */
const whereCall = (tokens: readonly Token[], at: number): boolean =>
  is(tokens[at], 'where') && is(tokens[at + 1], '(') && at > 0 && (mayLead(tokens[at - 1]!) || is(tokens[at - 1], '.'))

const reserved = (t: Token): boolean => t.kind === 'word' && isReserved(t.text)

/** Where such a word is given its meaning as a name: declared, bound, or asked for. The last word of a text may be cut off. */
const definitions = (tokens: readonly Token[], clean: string): ReadonlySet<number> => {
  const found = new Set<number>()
  const inside = contexts(tokens, found)
  let ifs = 0
  let declares = false
  for (let i = 0; i + 1 < tokens.length; i++) {
    const t = tokens[i]!
    const where = inside(i)
    if (is(t, '=') && where === 'body') declares = false
    if (!reserved(t) || whereCall(tokens, i)) continue
    const branch = (t.text === 'then' || t.text === 'else') && ifs > 0
    const behind = !is(tokens[i - 1], ',') && !isWord(tokens[i - 1], beforeName)
    const misplaced = behind && declares && partWords.has(t.text) && where === 'body' && !firstOfLine(tokens, i, clean)
    if (!branch && !misplaced && isDefined(tokens, i, clean, where, found)) found.add(i)
    else if (t.text === 'if') ifs++
    else if (t.text === 'else') ifs--
    else if (beginsStatement.has(t.text)) {
      ifs = 0
      declares = kindWords.has(t.text)
    }
  }
  return found
}

const isDefined = (tokens: readonly Token[], at: number, clean: string, where: Inside | undefined, found: ReadonlySet<number>): boolean => {
  const before = tokens[at - 1]
  const next = tokens[at + 1]!
  const listed = is(before, ',') || is(before, '(') || is(before, '{')
  if (is(before, '.')) return true
  if (is(next, '=')) return where === 'body' || listed
  if (leads(tokens, at, clean)) return false
  if (isWord(before, beforeName) && !found.has(at - 1)) return true
  if (is(before, 'repeat')) return is(next, '<')
  if (where === 'names' || where === 'imports') return listed
  if (where !== 'body') return false
  return is(before, ',') || (firstOfLine(tokens, at, clean) && (beginsTargets(tokens, at) || (is(next, ':') && is(tokens[at + 2], '['))))
}

/** `a, b =` with reserved words for names. */
const beginsTargets = (tokens: readonly Token[], at: number): boolean => {
  let i = at
  while (isWord(tokens[i]) && is(tokens[i + 1], ',')) i += 2
  return i > at && isWord(tokens[i]) && is(tokens[i + 1], '=')
}

/** Where such a word stands for a value. */
const uses = (tokens: readonly Token[], clean: string, defined: ReadonlySet<number>): ReadonlySet<number> => {
  const names = new Set([...defined].map(i => tokens[i]!.text))
  const found = new Set<number>()
  const inside = contexts(tokens, defined)
  for (let i = 1; i + 1 < tokens.length; i++) {
    const t = tokens[i]!
    const where = inside(i)
    if (!reserved(t) || whereCall(tokens, i) || defined.has(i) || !mayLead(tokens[i - 1]!) || leads(tokens, i, clean)) continue
    if (where === 'index' && t.text === 'new') continue
    if (startsOperand.has(t.text) && (!names.has(t.text) || ['(', '-'].some(s => is(tokens[i + 1], s)))) continue
    if (names.has(t.text) || !(firstOfLine(tokens, i, clean) && beginsStatement.has(t.text))) found.add(i)
  }
  return found
}

/** What surrounds each token, asked for in their order. `names`: words that begin nothing. */
const contexts = (tokens: readonly Token[], names: ReadonlySet<number>): ((at: number) => Inside | undefined) => {
  const stack: Inside[] = []
  let done = 0
  const item = (i: number): boolean => isWord(tokens[i], itemWords) && !names.has(i) && isWord(tokens[i + 1])
  const opened = (i: number): Inside => {
    if (is(tokens[i], '[')) return 'index'
    if (is(tokens[i], '(')) return item(i - 2) ? 'names' : 'other'
    if (is(tokens[i - 1], 'import')) return 'imports'
    return stack.length === 0 || is(tokens[i - 1], ')') ? 'body' : 'other'
  }
  return at => {
    for (; done < at; done++) {
      if (opens(tokens[done]!)) stack.push(opened(done))
      else if (closes(tokens[done]!)) stack.pop()
      else if (item(done)) stack.length = 0
    }
    return stack.at(-1)
  }
}
