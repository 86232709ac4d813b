import { lineAt, lineStarts } from './text.ts'

/** The comment block directly above an offset: whole lines of comment, with no other line between. */
export const documentation = (text: string, comments: ReadonlyMap<number, string>): ((offset: number) => string) => {
  const starts = lineStarts(text)
  const blank = (from: number, to: number): boolean => /^[\s\ufeff]*$/.test(text.slice(from, to))
  const own = new Map<number, string>()
  for (const [at, comment] of comments) {
    const line = lineAt(starts, at)
    if (blank(starts[line]!, at)) own.set(line, comment.replace(/^ /, '').trimEnd())
  }
  return offset => {
    const line = lineAt(starts, offset)
    // Only what begins its line has the comment above it to itself.
    if (!blank(starts[line]!, offset)) return ''
    const lines: string[] = []
    for (let l = line - 1; own.has(l); l--) lines.unshift(own.get(l)!)
    return lines.join('\n')
  }
}
