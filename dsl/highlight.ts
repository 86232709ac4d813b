/**
 * The tokens of the language as a reader sees them: one table, from which terminal, HTML and editors (TextMate) take
 * their colours. It takes any text, whole or in part, right or wrong.
 */

export type Highlight = 'comment' | 'string' | 'number' | 'block' | 'declaration' | 'control' | 'call' | 'time' | 'name' | 'operator' | 'bracket'

interface Row {
  readonly kind: Highlight
  /** A regular expression, for this language and for TextMate's alike. */
  readonly match: string
  /** The name under which editors know such tokens. */
  readonly scope: string
}

const words = (list: string): string => `\\b(?:${list.split(' ').join('|')})\\b`

/** The first row that matches counts. */
export const highlights: readonly Row[] = [
  { kind: 'comment', match: '#[^\\n\\r\\u2028\\u2029]*', scope: 'comment.line.number-sign' },
  { kind: 'string', match: '"[^"\\n\\r\\u2028\\u2029]*"?', scope: 'string.quoted.double' },
  { kind: 'number', match: '\\b(?:0|[1-9][0-9]*)(?:\\.[0-9]+)?(?:[eE][+-]?[0-9]+)?\\b', scope: 'constant.numeric' },
  { kind: 'block', match: words('import from fn return cell model'), scope: 'keyword.other' },
  {
    kind: 'declaration',
    match: words('input state output param hyper noise target loss total window every where over once new scaled fixed'),
    scope: 'storage.type',
  },
  { kind: 'control', match: words('if then else repeat and or not'), scope: 'keyword.control' },
  { kind: 'call', match: '\\b[A-Za-z_][A-Za-z0-9_]*(?=\\()', scope: 'entity.name.function' },
  { kind: 'time', match: '\\bt\\b', scope: 'variable.language' },
  { kind: 'name', match: '\\b[A-Za-z_][A-Za-z0-9_]*\\b', scope: 'variable.other' },
  { kind: 'operator', match: '==|!=|<=|>=|[-+*/@^~=<>!]', scope: 'keyword.operator' },
  { kind: 'bracket', match: '[()\\[\\]{},:.]', scope: 'punctuation' },
]

const reserved = highlights.filter(r => ['block', 'declaration', 'control'].includes(r.kind)).map(r => new RegExp(`^${r.match}$`))

/** Is a word no name anywhere in the language? */
export const isReserved = (word: string): boolean => reserved.some(r => r.test(word))

const pattern = new RegExp(highlights.map(r => `(${r.match})`).join('|'), 'g')

export interface Highlighted {
  /** Missing for spaces, and for what the language does not know. */
  readonly kind?: Highlight
  readonly text: string
}

/** The text in pieces, which together are the text. */
export const highlight = (text: string): readonly Highlighted[] => {
  const pieces: Highlighted[] = []
  let end = 0
  for (const m of text.matchAll(pattern)) {
    if (m.index > end) pieces.push({ text: text.slice(end, m.index) })
    const row = highlights[m.slice(1).findIndex(group => group !== undefined)]!
    pieces.push({ kind: row.kind, text: m[0] })
    end = m.index + m[0].length
  }
  return end < text.length ? [...pieces, { text: text.slice(end) }] : pieces
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** HTML that holds nothing but the text: `<span class="cell-call">tanh</span>`; the page gives the classes their colours. */
export const highlightHtml = (text: string): string =>
  highlight(text)
    .map(p => (p.kind === undefined ? escaped(p.text) : `<span class="cell-${p.kind}">${escaped(p.text)}</span>`))
    .join('')

/** The grammar for editors that read TextMate's format, as an object to be written as JSON. */
export const textMateGrammar = (): Readonly<Record<string, unknown>> => ({
  name: 'Recurve',
  scopeName: 'source.recurve',
  fileTypes: ['cell'],
  patterns: highlights.map(r => ({ name: `${r.scope}.recurve`, match: r.match.replaceAll('\\u2028', '\\x{2028}').replaceAll('\\u2029', '\\x{2029}') })),
})
