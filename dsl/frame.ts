/** Diagnostics as a reader of a terminal sees them: the place, the line, an underline. */
import type { Diagnostic } from './diagnostics.ts'
import { highlight, type Highlight } from './highlight.ts'
import type { Span } from './syntax.ts'
import { lineAt, lineStarts } from './text.ts'

/** What a part of the frame is; `style` gives it a colour, or leaves it. */
export type Part = 'error' | 'warning' | 'place' | 'gutter' | 'related' | 'hint' | Highlight
export type Style = (part: Part, text: string) => string

/** The text of a file that a diagnostic names. */
export type Texts = (file: string) => string | undefined

const plain: Style = (_part, text) => text
const width = 100
const tab = '  '

/** Shown with what a terminal would act upon made visible. */
const visible = (text: string): string =>
  // oxlint-disable-next-line no-control-regex -- exactly these must not reach a terminal
  text.replaceAll('\t', tab).replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufeff]|\p{Cs}/gu, '\ufffd')

/** Long lines show the stretch around the place, with `…` where something is left out. */
const cut = (line: string, from: number, to: number): { readonly text: string; readonly from: number; readonly to: number } => {
  if (line.length <= width) return { text: line, from, to }
  const start = Math.max(0, Math.min(from - Math.floor(width / 3), line.length - width))
  const end = start + width
  const head = start > 0 ? '…' : ''
  return {
    text: head + line.slice(start, end) + (end < line.length ? '…' : ''),
    from: from - start + head.length,
    to: Math.min(to, end) - start + head.length,
  }
}

/** A line of source in its colours. */
const coloured = (line: string, style: Style): string =>
  highlight(line)
    .map(p => (p.kind === undefined ? p.text : style(p.kind, p.text)))
    .join('')

interface Shown {
  readonly place: string
  readonly lines: readonly string[]
}

const show = (span: Span, texts: Texts, style: Style, part: Part, gutter: number): Shown => {
  const text = texts(span.file)
  if (text === undefined) return { place: span.file, lines: [] }
  const starts = lineStarts(text)
  const offset = Math.min(Math.max(span.start, 0), text.length)
  const index = lineAt(starts, offset)
  const mark = index === 0 && text.startsWith('\ufeff') ? 1 : 0
  const start = starts[index]! + mark
  const line = text.slice(start, starts[index + 1] ?? text.length).replace(/[\n\r\u2028\u2029]+$/, '')
  const from = Math.min(Math.max(offset - start, 0), line.length)
  const to = Math.min(Math.max(span.end - start, from + 1), Math.max(line.length, from + 1))
  const column = (at: number): number => visible(line.slice(0, at)).length
  const clipped = cut(visible(line), column(from), Math.max(column(to), column(from) + 1))
  const underline = ' '.repeat(clipped.from) + style(part, '^'.repeat(Math.max(1, clipped.to - clipped.from)))
  const number = `${index + 1}`.padStart(gutter)
  return {
    place: `${span.file}:${index + 1}:${from + 1}`,
    lines: [
      `${style('gutter', `${number} |`)} ${coloured(clipped.text.trimEnd(), style)}`.trimEnd(),
      `${style('gutter', `${' '.repeat(gutter)} |`)} ${underline}`,
    ],
  }
}

const gutterOf = (d: Diagnostic, texts: Texts): number => {
  const lines = [d.span, ...(d.related ?? []).map(r => r.span)].map(s => {
    const text = texts(s.file)
    return text === undefined ? 1 : lineAt(lineStarts(text), s.start) + 1
  })
  return `${Math.max(...lines)}`.length
}

/** One diagnostic: what is wrong, where, the line, other places, and the hint. */
export const frame = (d: Diagnostic, texts: Texts, style: Style = plain): string => {
  const gutter = gutterOf(d, texts)
  const main = show(d.span, texts, style, d.severity, gutter)
  const related = (d.related ?? []).flatMap(r => {
    const other = show(r.span, texts, style, 'related', gutter)
    return [`${' '.repeat(gutter)} ${style('place', other.place)}: ${style('related', r.message)}`, ...other.lines]
  })
  return [
    `${style('place', main.place)}: ${style(d.severity, `${d.severity} ${d.code}`)}: ${visible(d.message)}`,
    ...main.lines,
    ...related,
    ...(d.hint === undefined ? [] : [`${' '.repeat(gutter)} ${style('hint', `hint: ${visible(d.hint)}`)}`]),
  ].join('\n')
}

/** The first few, for an error's message: errors before warnings. */
export const fewFrames = (diagnostics: readonly Diagnostic[], texts: Texts): string => {
  const most = 3
  const sorted = [...diagnostics.filter(d => d.severity === 'error'), ...diagnostics.filter(d => d.severity !== 'error')]
  const more = sorted.length - most
  return [...sorted.slice(0, most).map(d => frame(d, texts)), ...(more > 0 ? [`… and ${more} more`] : [])].join('\n\n')
}
