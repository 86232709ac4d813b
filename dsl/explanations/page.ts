/** What a page about a code holds. */
export interface Page {
  readonly title: string
  /** What the rule is, why it is so, and how to mend it. */
  readonly text: string
  /** A smallest source that gives the code; missing where only a very large one would. */
  readonly wrong?: string
  /** The same, mended. */
  readonly right?: string
  /** Files that the sources import. The sources are `example.cell` themselves. */
  readonly files?: Readonly<Record<string, string>>
  /** Those of the files that are mended, where the mistake is theirs. */
  readonly mended?: Readonly<Record<string, string>>
}

export type Pages = Readonly<Record<string, Page>>

/** A cell with these lines. */
export const cell = (...lines: readonly string[]): string => block('cell A(D, H)', lines)
export const model = (...lines: readonly string[]): string => block('model M(D, H)', lines)
export const block = (head: string, lines: readonly string[]): string => `${head} {\n${lines.map(l => `  ${l}\n`).join('')}}\n`
