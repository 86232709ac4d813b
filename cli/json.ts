/** JSON as other programs expect it: nothing is lost of a number, and nothing is lost without a word. */
import { visit } from 'jsonc-parser'

/** `-0` stays negative, and what JSON has no number for is a string: `"NaN"`, `"Infinity"`, `"-Infinity"`. */
export const jsonText = (value: unknown): string => {
  if (typeof value === 'number') return Number.isFinite(value) ? (Object.is(value, -0) ? '-0' : String(value)) : `"${value}"`
  if (Array.isArray(value)) return `[${value.map(v => jsonText(v ?? null)).join(',')}]`
  if (ArrayBuffer.isView(value)) return jsonText(Array.from(value as Float64Array))
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null)
  const entries = Object.entries(value).filter(([, v]) => v !== undefined)
  return `{${entries.map(([k, v]) => `${JSON.stringify(k)}:${jsonText(v)}`).join(',')}}`
}

type Wrong = (offset: number, what: string) => SyntaxError

/** Arrays and objects inside one another: far more than any data has, and far less than the stack takes. */
const most = 100

/**
 * Goes through a text once and throws at the first place where it is not JSON, where an object has a key twice, of which
 * engines drop the first, or where a number is so large that they make it infinite.
 */
const check = (text: string, wrong: Wrong): void => {
  const keys: Set<string>[] = []
  let depth = 0
  const begin = (offset: number): void => {
    if (++depth > most) throw wrong(offset, `more than ${most} lists and objects inside one another`)
  }
  const end = (): void => void depth--
  visit(
    text,
    {
      onObjectBegin: offset => {
        begin(offset)
        keys.push(new Set())
      },
      onObjectEnd: () => {
        end()
        keys.pop()
      },
      onArrayBegin: begin,
      onArrayEnd: end,
      onObjectProperty: (key, offset) => {
        const known = keys.at(-1)!
        if (known.has(key)) throw wrong(offset, `the key ${JSON.stringify(key)} stands twice in one object`)
        known.add(key)
      },
      onLiteralValue: (value: unknown, offset, length) => {
        if (value === Infinity || value === -Infinity) throw wrong(offset, `${text.slice(offset, offset + Math.min(length, 40))} is too large for a number`)
      },
      onError: (_, offset) => {
        const found =
          offset >= text.length ? 'the text ends here' : `unexpected ${JSON.stringify(/^(?:-?\w{1,20}|[^])/u.exec(text.slice(offset, offset + 40))![0])}`
        const hint = /^-?(?:NaN|nan|Inf|inf)/.test(text.slice(offset, offset + 4)) ? '; write "NaN", "Infinity" and "-Infinity" in quotes' : ''
        throw wrong(offset, `not valid JSON: ${found}${hint}`)
      },
    },
    { disallowComments: true, allowTrailingComma: false },
  )
}

/**
 * Reads JSON. Throws a SyntaxError that names the place, and the mend where a program of another language wrote what JSON has
 * not. A key `__proto__` is one like any other: it becomes a property of its object, and never its prototype.
 */
export const parseJson = (name: string, text: string, place: (offset: number) => { line: number; column: number }): unknown => {
  const mark = text.startsWith('\ufeff') ? 1 : 0
  const body = text.slice(mark)
  check(body, (offset, what) => {
    const { line, column } = place(offset + mark)
    return new SyntaxError(`${name}:${line}:${column}: ${what}`)
  })
  return JSON.parse(body)
}
