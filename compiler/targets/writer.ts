/** Text of a generated file: one source for TypeScript and JavaScript, names that collide with nothing. */
import type { Dim } from '../../dsl/dims.ts'

/** What stands between these marks is for TypeScript only. No source text can hold them: it is made ASCII first. */
export const only = (type: string): string => `\u27e6${type}\u27e7`

export const typescript = (text: string): string => text.replaceAll(/[\u27e6\u27e7]/g, '')
export const javascript = (text: string): string => text.replaceAll(/\u27e6[^\u27e7]*\u27e7/g, '').replaceAll(/[ \t]+$/gm, '')

/**
 * Names in a generated file. What the author or an op has named has an underscore, and what this compiler names has none,
 * so that the two never meet, whatever the author calls things.
 */
export interface Names {
  /** A name after one of the author's or of an op, that is not in use yet. */
  readonly fresh: (wanted: string) => string
  /** A name of ours, that is not in use yet. */
  readonly own: (wanted: string) => string
}

export const names = (more: Iterable<string> = []): Names => {
  const used = new Set(more)
  const unused = (base: string, mark: string): string => {
    let name = base
    for (let i = 2; used.has(name); i++) name = `${base}${mark}${i}`
    used.add(name)
    return name
  }
  return {
    fresh: wanted => {
      const plain = wanted.replaceAll(/[^A-Za-z0-9_]/g, '_').replace(/^(?=[0-9])/, '_')
      return unused(plain.includes('_') ? plain : `${plain}_`, '_')
    },
    own: wanted => unused(wanted, '$'),
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
