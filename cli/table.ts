/** Columns for a terminal: the first to the left, numbers to the right, the last as it is. */
export const table = (rows: readonly (readonly string[])[]): string => {
  const widths = rows[0]!.map((_, k) => Math.max(...rows.map(r => r[k]!.length)))
  const cell = (text: string, k: number): string => (k === 0 ? text.padEnd(widths[k]!) : k === widths.length - 1 ? text : text.padStart(widths[k]!))
  return rows.map(r => `  ${r.map(cell).join('  ').trimEnd()}\n`).join('')
}
