import type { Diagnostic } from './diagnostics.ts'
import { messages, report } from './messages.ts'
import { itemWords } from './nesting.ts'
import { strayHint } from './slips/blocks.ts'
import type { Token } from './tokens.ts'

const languages: readonly (readonly [name: string, words: ReadonlySet<string>])[] = [
  ['Python', new Set(['def', 'class', 'self', 'None', 'lambda', 'elif'])],
  ['JavaScript', new Set(['const', 'let', 'var', 'function', 'export', 'this'])],
  ['C', new Set(['include', 'int', 'void', 'struct', 'template', 'namespace'])],
  ['Julia', new Set(['using', 'struct', 'function', 'end'])],
]

/** One answer to a text that holds no block at all, in the place of an error for each of its lines. */
export const foreign = (path: string, text: string, tokens: readonly Token[]): Diagnostic | undefined => {
  const begins = tokens.some((t, i) => {
    if (t.kind !== 'word' || !itemWords.has(t.text) || tokens[i - 1]?.text === '.') return false
    const next = tokens[i + 1]
    if (next === undefined) return i === 0
    if (t.text === 'import') return next.text === '{'
    const after = tokens[i + 2]
    return (next.kind === 'word' && (after === undefined || after.text === '(' || after.text === '{')) || (i === 0 && next.text !== '=')
  })
  const first = tokens[0]
  if (begins || first === undefined) return undefined
  const start = { file: path, start: first.start, end: first.end }
  const whole = [...itemWords].filter(w => w.startsWith(first.text))
  if (tokens.length === 1 && whole.length > 0) return report({ ...start, start: first.end }, messages.unexpectedEnd(whole.map(w => `\`${w}\``)))
  const counts = languages.map(([name, words]) => [name, tokens.filter(t => words.has(t.text)).length] as const)
  const [language, count] = counts.reduce((a, b) => (b[1] > a[1] ? b : a))
  if (count > 1) return report(start, messages.foreign(`this looks like ${language}; a cell begins \`cell Name(D, H) {\``))
  const hint = (itemWords.has(first.text) ? undefined : strayHint({ path, text, tokens, from: 0, to: tokens.length })) ?? 'a cell begins `cell Name(D, H) {`'
  return report(start, itemWords.has(first.text) ? messages.foreign(hint) : messages.stray(first.text, hint))
}
