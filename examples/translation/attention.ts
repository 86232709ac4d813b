/** A picture of attention: for each word that is written, how much each word that was read counts. */

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** An SVG; `weights`: [target][source], each row with the sum 1. */
export const drawAttention = (source: readonly string[], target: readonly string[], weights: readonly (readonly number[])[]): string => {
  const [cell, left, top] = [44, 110, 90]
  const width = left + cell * source.length + 20
  const height = top + cell * target.length + 20
  const font = 'font-family="sans-serif" font-size="15"'
  const columns = source.map(
    (w, i) => `<text ${font} text-anchor="start" transform="translate(${left + cell * (i + 0.6)} ${top - 10}) rotate(-45)">${escaped(w)}</text>`,
  )
  const rows = target.map((w, j) => `<text ${font} text-anchor="end" x="${left - 10}" y="${top + cell * (j + 0.6)}">${escaped(w)}</text>`)
  const cells = target.flatMap((_, j) =>
    source.map((_word, i) => {
      const a = weights[j]![i]!
      const place = `x="${left + cell * i}" y="${top + cell * j}" width="${cell - 2}" height="${cell - 2}"`
      return `<rect ${place} fill="#1f4e79" fill-opacity="${a.toFixed(3)}" stroke="#cccccc"><title>${a.toFixed(3)}</title></rect>`
    }),
  )
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">
<rect width="100%" height="100%" fill="white"/>
${[...columns, ...rows, ...cells].join('\n')}
</svg>
`
}
