import { limits } from './limits.ts'
import type { Span } from './syntax.ts'

/** A mistake of the author, as data. Codes are stable; texts stand in `messages.ts`. */
export interface Diagnostic {
  /** `E0203`: an error, `W0101`: a warning. */
  readonly code: string
  readonly severity: 'error' | 'warning'
  /** One sentence. */
  readonly message: string
  readonly hint?: string
  readonly span: Span
  /** Other places that belong to it, such as the first of two declarations. */
  readonly related?: readonly { readonly span: Span; readonly message: string }[]
}

/** As many as a reader can use: the first errors and the first warnings, in their order. */
export const fewest = (diagnostics: readonly Diagnostic[]): readonly Diagnostic[] => {
  const left = { error: limits.diagnostics, warning: limits.diagnostics }
  return diagnostics.filter(d => left[d.severity]-- > 0)
}

/** More errors than are told. */
export const enough = (diagnostics: readonly Diagnostic[]): boolean =>
  diagnostics.length >= limits.diagnostics && diagnostics.filter(d => d.severity === 'error').length >= limits.diagnostics

/** Carries diagnostics out of a depth where nothing sensible can follow; caught at the stage's border. */
export class Refused extends Error {
  override readonly name: string = 'Refused'
  readonly diagnostics: readonly Diagnostic[]
  /** `shown`: the diagnostics as a reader wants to see them. */
  constructor(diagnostics: readonly Diagnostic[], shown = diagnostics.map(d => `${d.code}: ${d.message}`).join('\n')) {
    super(shown)
    this.diagnostics = diagnostics
  }
}

/** A mistake of ours: the message says so, and shows what the compiler was looking at. */
export class InternalError extends Error {
  constructor(message: string, shown = '') {
    super(`Internal error of Recurve (please report it): ${message}${shown === '' ? '' : `\n${shown}`}`)
  }
}
