/** Heads of blocks, imports, and what stands between blocks, as other languages write them. */
import { closing, is, isWord } from '../around.ts'
import type { Diagnostic } from '../diagnostics.ts'
import { hints } from '../hints.ts'
import { messages, report } from '../messages.ts'
import { itemWords } from '../nesting.ts'
import { suggest } from '../suggest.ts'
import { spanOf, textOf, type Slip, type Stop } from './stop.ts'
import { itemAliases, libraries } from './words.ts'

/** `cell A[D]`, `cell A {`, `cell A(D: int)`, `cell A(D):`. */
export const blockHead: Slip = s => {
  const { tokens, at, from, to } = s
  const word = tokens[from]!
  if (at >= to || !(is(word, 'cell') || is(word, 'model'))) return undefined
  const found = tokens[at]!
  const name = textOf(s, from + 1, from + 2)
  if (at === from + 2) {
    if (is(found, '{')) return report(spanOf(s, at), messages.headLacks('(', found.text, `${word.text} ${name}()`))
    const end = is(found, '[') ? closing(tokens, at, to) : tokens.findIndex((t, i) => i > at && is(t, '>'))
    if ((is(found, '[') || is(found, '<')) && end > at)
      return report(spanOf(s, at), messages.headLacks('(', found.text, `${word.text} ${name}(${textOf(s, at + 1, end)})`))
  }
  if (!is(found, ':')) return undefined
  if (is(tokens[at - 1], ')')) return report(spanOf(s, at), messages.headLacks('{', found.text, `${textOf(s, from, at)} { … }`))
  return s.wanted.includes('`)`') ? report(spanOf(s, at), messages.typedDim(textOf(s, at - 1, at))) : undefined
}

/** `import LSTM from "std"`, `import { LSTM } from std`. */
export const importForm = (s: Omit<Stop, 'at' | 'wanted'>): Diagnostic | undefined => {
  const { tokens, from, to } = s
  const words = tokens.slice(from, to).filter(t => t.kind !== 'symbol')
  const names = words.filter(t => t.kind === 'word' && !['import', 'from', 'as'].includes(t.text) && t.text !== 'std').map(t => t.text)
  const given = words.find(t => t.kind === 'string')
  if (names.length === 1 && given === undefined && libraries.has(names[0]!)) return report(spanOf(s, from, to), messages.importLibrary(names[0]!))
  if (names.length > 8 || (names.length === 0 && given === undefined)) return undefined
  const source = given !== undefined ? given.text.replaceAll("'", '"') : words.some(t => is(t, 'std')) ? '"std"' : undefined
  return source === undefined
    ? undefined
    : report(spanOf(s, from, to), messages.importForm(`import { ${names.length === 0 ? 'LSTM' : names.join(', ')} } from ${source}`))
}

/** What is meant by text that stands where a block must begin. */
export const strayHint = (s: Omit<Stop, 'at' | 'wanted'>): string | undefined => {
  const { tokens, from } = s
  const word = tokens[from]!
  const item = itemAliases.get(word.text.toLowerCase())
  const close = word.kind === 'word' ? suggest(word.text, itemWords) : undefined
  if (close !== undefined) return hints.meant(close)
  if (word.kind !== 'word') return word.kind === 'string' ? hints.comment(false) : undefined
  if (is(tokens[from + 1], '(') && !itemWords.has(word.text) && item === undefined) {
    const end = closing(tokens, from + 1, tokens.length)
    return is(tokens[end + 1], '{') ? hints.write(`cell ${textOf(s, from, end + 1)}`) : undefined
  }
  if (item === undefined || item === 'import' || !isWord(tokens[from + 1])) return undefined
  const end = is(tokens[from + 2], '(') ? closing(tokens, from + 2, tokens.length) + 1 : from + 2
  return hints.write(`${item} ${textOf(s, from + 1, Math.min(end, tokens.length))}${item === 'fn' ? ' = …' : ''}`)
}
