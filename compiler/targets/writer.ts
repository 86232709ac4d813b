/** Text of a generated file: one source for TypeScript and JavaScript, names that collide with nothing. */
import type { Dim } from '../../dsl/dims.ts'

/** What stands between these marks is for TypeScript only. No source text can hold them: it is made ASCII first. */
export const only = (type: string): string => `\u27e6${type}\u27e7`

export const typescript = (text: string): string => text.replaceAll(/[\u27e6\u27e7]/g, '')
export const javascript = (text: string): string => text.replaceAll(/\u27e6[^\u27e7]*\u27e7/g, '').replaceAll(/[ \t]+$/gm, '')

/** Words that a generated file cannot use as names, or uses itself. */
const taken = new Set(
  (
    'arguments await break case catch class const continue debugger default delete do else enum eval export extends false finally for ' +
    'function if implements import in instanceof interface let new null package private protected public return static super switch ' +
    'this throw true try typeof undefined var void while with yield NaN Infinity Math Number Object Array Float32Array Float64Array ' +
    'Int32Array Uint32Array Uint8Array ArrayBuffer Error RangeError x n t b j k m p q T B keep window first row pick steps memory ints ' +
    'lane step pointer index block more from limit outer inner ka kb aOuter aInner bOuter bInner at sum ' +
    'ends near low high reach reachBack chunkFrom chunkTo exp expm1 log log1p tanh sigmoid softplus log_sigmoid sin cos erf pow create signature'
  ).split(' '),
)

export interface Names {
  /** A name like the wanted one, that is not in use yet. */
  readonly fresh: (wanted: string) => string
}

export const names = (more: Iterable<string> = []): Names => {
  const used = new Set([...taken, ...more])
  return {
    fresh: wanted => {
      // Names that end in a digit are the kernels' own: `s00`, `row0`.
      const base =
        wanted
          .replaceAll(/[^A-Za-z0-9_]/g, '_')
          .replace(/^(?=[0-9])/, '_')
          .replace(/(?<=[0-9])$/, '_') || '_'
      let name = base
      for (let i = 2; used.has(name); i++) name = `${base}_${i}`
      used.add(name)
      return name
    },
  }
}

/** How dims are called in the generated file. */
export type DimNames = ReadonlyMap<string, string>

/** A size as a formula in JavaScript; `atom`: safe to put in a product. */
export const formula = (d: Dim, dims: DimNames, atom = false): string => {
  const terms = [...d.terms].map(([monomial, c]) => {
    const factors = monomial.split('*').filter(f => f !== '')
    const body = factors.map(f => dims.get(f) ?? f).join(' * ')
    return body === '' ? `${c}` : c === 1 ? body : `${c} * ${body}`
  })
  const text = terms.length === 0 ? '0' : terms.join(' + ').replaceAll('+ -', '- ')
  return atom && (terms.length > 1 || text.includes('*') || text.startsWith('-')) ? `(${text})` : text
}

/** Source text inside a comment: one line, plain ASCII, nothing that could end the comment. */
export const commentSafe = (text: string): string =>
  text
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/[^\x20-\x7e]/g, '?')
    .replaceAll('*/', '* /')
    .replaceAll('/*', '/ *')
    .trim()

export const indent = (text: string, by: number): string => {
  const space = '  '.repeat(by)
  return text.replaceAll(/^(?=.)/gm, space)
}

/** A number as it is written in code. */
export const literal = (v: number): string => (v < 0 || Object.is(v, -0) ? `(${Object.is(v, -0) ? '-0' : v})` : `${v}`)
