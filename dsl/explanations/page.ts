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

/** A cell with these lines; what it computes as `y` comes out. */
export const cell = (...lines: readonly string[]): string => block('cell A(D, H)', lines)
export const model = (...lines: readonly string[]): string => block('model M(D, H)', lines)
export const block = (head: string, lines: readonly string[]): string => bare(head, withOutput(lines))
/** The same as it stands. */
export const bare = (head: string, lines: readonly string[]): string => `${head} {\n${lines.map(l => `  ${l}\n`).join('')}}\n`

/** Something must come out of a block, or the example would be warned of. */
const withOutput = (lines: readonly string[]): readonly string[] => {
  const computed = lines.some(l => /^(?:let )?y\b/.test(l)) && !lines.some(l => /^(?:output|state|loss|total)\b/.test(l))
  const declarations = lines.findLastIndex(l => /^(?:input|target|param|hyper|noise)\b/.test(l)) + 1
  return computed ? [...lines.slice(0, declarations), 'output y', ...lines.slice(declarations)] : lines
}
