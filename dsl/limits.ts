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
  /** Things in one list: arguments, dims, names of a declaration, of an import, or on the left of an equation. */
  items: 2000,
  /** Dims of a shape, and indices in one pair of brackets. */
  rank: 8,
  /** Terms and factors of one size, as `2*H + D`, and the terms of the product of all sizes of a shape. */
  terms: 64,
  /** Errors of one file that are told, and warnings. */
  diagnostics: 20,
  /** Other places that belong to a diagnostic. */
  related: 6,
  /** Characters of a message, and of a hint. */
  message: 280,
} as const
