/** What a source file may hold at most. They keep every stage after the scanner linear and its stack shallow. */
export const limits = {
  /** Bytes of one file in UTF-8. */
  bytes: 64 * 1024,
  /** Brackets, signs, `not` and `if` inside one another. */
  nesting: 100,
  /** Characters of one name. */
  name: 100,
  /** Operations inside one another in one expression: also the terms of a flat sum, which hangs to the left. */
  depth: 400,
  /** Equations, each of which needs the next one below it. */
  chain: 300,
  /** Operations of one cell or model once functions, instances and `repeat` are written out. */
  operations: 100_000,
  /** Diagnostics of one parse. */
  diagnostics: 20,
} as const
