/** Lines and columns as editors count them, and bytes into text. */

export interface Place {
  readonly line: number
  readonly column: number
}

/** Whether the character ends a line; `\r\n` counts once, at its `\n`. */
const endsLine = (text: string, at: number): boolean => {
  const c = text.charCodeAt(at)
  return c === 10 || c === 0x2028 || c === 0x2029 || (c === 13 && text.charCodeAt(at + 1) !== 10)
}

/** The offsets at which the lines begin. */
export const lineStarts = (text: string): readonly number[] => {
  const starts = [0]
  for (let i = 0; i < text.length; i++) if (endsLine(text, i)) starts.push(i + 1)
  return starts
}

/** The index in `starts` of the line that holds `offset`. */
export const lineAt = (starts: readonly number[], offset: number): number => {
  let low = 0
  let high = starts.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (starts[middle]! <= offset) low = middle
    else high = middle - 1
  }
  return low
}

/** Line and column from 1, the column in UTF-16 units; a byte-order mark takes no column. */
export const place = (text: string, offset: number): Place => {
  const starts = lineStarts(text)
  const at = Math.min(Math.max(offset, 0), text.length)
  const line = lineAt(starts, at)
  const mark = line === 0 && text.charCodeAt(0) === 0xfeff && at > 0 ? 1 : 0
  return { line: line + 1, column: at - starts[line]! - mark + 1 }
}

/** The offset of the first byte that is not valid UTF-8, or -1. */
const firstBadByte = (bytes: Uint8Array): number => {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const fits = (end: number): boolean => {
    try {
      decoder.decode(bytes.subarray(0, end), { stream: true })
      return true
    } catch {
      return false
    } finally {
      // A stream keeps the start of an unfinished character: a last call without bytes drops it.
      try {
        decoder.decode()
      } catch {
        // What was unfinished is of no interest here.
      }
    }
  }
  let low = 0
  let high = bytes.length
  if (fits(high)) return -1
  while (low < high) {
    const middle = (low + high) >> 1
    if (fits(middle + 1)) low = middle + 1
    else high = middle
  }
  return low
}

/** The text of a file's bytes, or the offset of the first byte that is not UTF-8. Nothing is replaced by guesses. */
export const decode = (bytes: Uint8Array): { readonly text: string } | { readonly badByte: number } => {
  try {
    return { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) }
  } catch {
    const at = firstBadByte(bytes)
    return { badByte: at < 0 ? bytes.length : at }
  }
}
