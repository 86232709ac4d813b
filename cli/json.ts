/** JSON as other programs expect it: nothing is lost of a number. */
import { firstWrong } from './json-place.ts'

/** `-0` stays negative, and what JSON has no number for is a string: `"NaN"`, `"Infinity"`, `"-Infinity"`. */
export const jsonText = (value: unknown): string => {
  if (typeof value === 'number') return Number.isFinite(value) ? (Object.is(value, -0) ? '-0' : String(value)) : `"${value}"`
  if (Array.isArray(value)) return `[${value.map(v => jsonText(v ?? null)).join(',')}]`
  if (ArrayBuffer.isView(value)) return jsonText(Array.from(value as Float64Array))
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null)
  const entries = Object.entries(value).filter(([, v]) => v !== undefined)
  return `{${entries.map(([k, v]) => `${JSON.stringify(k)}:${jsonText(v)}`).join(',')}}`
}

/** Reads JSON; the error names the place, and the mend where a program of another language wrote what JSON has not. */
export const parseJson = (name: string, text: string, place: (offset: number) => { line: number; column: number }): unknown => {
  const body = text.startsWith('\ufeff') ? text.slice(1) : text
  try {
    return JSON.parse(body)
  } catch (e) {
    const offset = firstWrong(body)
    const { line, column } = place(offset + text.length - body.length)
    const found = offset >= body.length ? 'the text ends here' : `unexpected ${JSON.stringify(/^(?:-?\w{1,20}|[^])/u.exec(body.slice(offset))![0])}`
    const hint = /^-?(?:NaN|nan|Inf|inf)/.test(body.slice(offset)) ? '; write "NaN", "Infinity" and "-Infinity" in quotes' : ''
    throw new SyntaxError(`${name}:${line}:${column}: not valid JSON: ${found}${hint}`, { cause: e })
  }
}
