/** Diagnostics for people and for programs. */
import type { Diagnostic } from '../dsl/diagnostics.ts'
import { frame, type Part, type Style as FrameStyle } from '../dsl/frame.ts'
import type { Span } from '../dsl/syntax.ts'
import { place } from '../dsl/text.ts'
import { textIn } from '../runtime/compile-files.ts'
import type { Session } from './session.ts'
import type { Format, Style } from './style.ts'

const formats: Readonly<Record<Part, Format>> = {
  error: ['bold', 'red'],
  warning: ['bold', 'yellow'],
  place: 'bold',
  gutter: 'blue',
  related: 'cyan',
  hint: 'green',
  comment: 'gray',
  string: 'green',
  number: 'yellow',
  block: 'magenta',
  declaration: 'magenta',
  control: 'magenta',
  call: 'cyan',
  time: 'yellow',
  name: [],
  operator: [],
  bracket: [],
}

/** The colours of frames and sources, of a stream's style. */
export const colours =
  (style: Style): FrameStyle =>
  (part, text) =>
    formats[part].length === 0 ? text : style(formats[part], text)

/** One code frame. */
export const frameOf = (d: Diagnostic, texts: (file: string) => string | undefined, style: Style): string => frame(d, texts, colours(style))

/** Code frames, with an empty line between two. */
export const frames = (diagnostics: readonly Diagnostic[], session: Session, style: Style): string =>
  diagnostics.map(d => `${frameOf(d, textIn(session.texts), style)}\n`).join('\n')

/** A mistake that has no place in a source, on stderr. */
export const complain = (message: string, session: Session): void => session.err(`${session.errStyle(['bold', 'red'], 'error:')} ${message}\n`)

/** Frames on stderr; true where one of them is an error. */
export const tell = (diagnostics: readonly Diagnostic[], session: Session): boolean => {
  if (diagnostics.length > 0) session.err(frames(diagnostics, session, session.errStyle))
  return diagnostics.some(d => d.severity === 'error')
}

interface At {
  readonly line: number
  readonly column: number
  readonly offset: number
}

export interface JsonDiagnostic {
  readonly code: string
  readonly severity: string
  readonly message: string
  readonly hint: string | null
  readonly file: string
  readonly start: At
  readonly end: At
  /** Other places that belong to it, such as the first of two declarations. */
  readonly related: readonly JsonPlace[]
}

export interface JsonPlace {
  readonly message: string
  readonly file: string
  readonly start: At
  readonly end: At
}

/** Lines and columns from 1, offsets from 0 in UTF-16 units; `end` is behind the last character. */
export const jsonOf = ({ code, severity, message, hint, span, related = [] }: Diagnostic, session: Session): JsonDiagnostic => {
  const within = ({ file, start, end }: Span): Omit<JsonPlace, 'message'> => {
    const text = textIn(session.texts)(file) ?? ''
    const at = (offset: number): At => ({ ...place(text, offset), offset })
    return { file, start: at(start), end: at(end) }
  }
  return { code, severity, message, hint: hint ?? null, ...within(span), related: related.map(r => ({ message: r.message, ...within(r.span) })) }
}

/** Each once: what two cells of a file share is found in both. In the order of the texts. */
export const distinct = (diagnostics: readonly Diagnostic[]): readonly Diagnostic[] => {
  const seen = new Map(diagnostics.map(d => [JSON.stringify([d.code, d.span, d.message]), d]))
  const files = [...new Set(diagnostics.map(d => d.span.file))]
  return [...seen.values()].sort((a, b) => files.indexOf(a.span.file) - files.indexOf(b.span.file) || a.span.start - b.span.start)
}

export const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`
