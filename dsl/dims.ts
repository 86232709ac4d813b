/**
 * Sizes as polynomials of the dims with integer coefficients: `4*H`, `N*C + 1`. Two sizes are equal when the
 * polynomials are, never because the numbers happen to be.
 */

/** A monomial is its names in order, joined by `*` (`''` is the constant); a polynomial maps monomials to coefficients. */
export interface Dim {
  readonly terms: ReadonlyMap<string, number>
  /** The canonical text; equal dims have equal keys. */
  readonly key: string
}

const make = (terms: Map<string, number>): Dim => {
  for (const [m, c] of terms) if (c === 0) terms.delete(m)
  const sorted = [...terms].sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : a > b ? 1 : 0))
  return { terms: new Map(sorted), key: print(sorted) }
}

const rank = (monomial: string): number => (monomial === '' ? 1000 : -monomial.split('*').length)

const print = (terms: readonly (readonly [string, number])[]): string =>
  terms.length === 0
    ? '0'
    : terms
        .map(([m, c], i) => {
          const size = Math.abs(c)
          const body = m === '' ? `${size}` : size === 1 ? m : `${size}*${m}`
          return i === 0 ? (c < 0 ? `-${body}` : body) : c < 0 ? ` - ${body}` : ` + ${body}`
        })
        .join('')

export const constant = (n: number): Dim => make(new Map([['', n]]))
export const variable = (name: string): Dim => make(new Map([[name, 1]]))
export const one: Dim = constant(1)
export const zero: Dim = constant(0)

export const add = (a: Dim, b: Dim): Dim => {
  const terms = new Map(a.terms)
  for (const [m, c] of b.terms) terms.set(m, (terms.get(m) ?? 0) + c)
  return make(terms)
}

export const scale = (a: Dim, k: number): Dim => make(new Map([...a.terms].map(([m, c]) => [m, c * k])))
export const subtract = (a: Dim, b: Dim): Dim => add(a, scale(b, -1))

export const multiply = (a: Dim, b: Dim): Dim => {
  const terms = new Map<string, number>()
  for (const [ma, ca] of a.terms)
    for (const [mb, cb] of b.terms) {
      const m = [...ma.split('*'), ...mb.split('*')]
        .filter(n => n !== '')
        .sort()
        .join('*')
      terms.set(m, (terms.get(m) ?? 0) + ca * cb)
    }
  return make(terms)
}

export const product = (dims: readonly Dim[]): Dim => dims.reduce(multiply, one)
export const sum = (dims: readonly Dim[]): Dim => dims.reduce(add, zero)
export const equal = (a: Dim, b: Dim): boolean => a.key === b.key
export const sameShape = (a: readonly Dim[], b: readonly Dim[]): boolean => a.length === b.length && a.every((d, i) => equal(d, b[i]!))

/** The number, where the size is one. */
export const asNumber = (a: Dim): number | undefined => (a.terms.size === 0 ? 0 : a.terms.size === 1 && a.terms.has('') ? a.terms.get('') : undefined)
export const isOne = (a: Dim): boolean => asNumber(a) === 1

/** `a / b` where it comes out as a polynomial: by a number, or by a single monomial. */
export const divide = (a: Dim, b: Dim): Dim | undefined => {
  if (b.terms.size !== 1) return a.key === b.key ? one : undefined
  const [[monomial, k]] = [...b.terms] as [[string, number]]
  const terms = new Map<string, number>()
  for (const [m, c] of a.terms) {
    if (c % k !== 0) return undefined
    const names = m.split('*').filter(n => n !== '')
    for (const n of monomial.split('*').filter(x => x !== '')) {
      const at = names.indexOf(n)
      if (at < 0) return undefined
      names.splice(at, 1)
    }
    terms.set(names.join('*'), c / k)
  }
  return make(terms)
}

/** Puts sizes in the place of names. */
export const substitute = (a: Dim, values: ReadonlyMap<string, Dim>): Dim => {
  let result = zero
  for (const [m, c] of a.terms) {
    let term = constant(c)
    for (const n of m.split('*').filter(x => x !== '')) term = multiply(term, values.get(n) ?? variable(n))
    result = add(result, term)
  }
  return result
}

/** The number for given dims. Throws a RangeError for a name that has none. */
export const evaluate = (a: Dim, values: Readonly<Record<string, number>>): number => {
  let total = 0
  for (const [m, c] of a.terms) {
    let term = c
    for (const n of m.split('*').filter(x => x !== '')) {
      const v = Object.hasOwn(values, n) ? values[n] : undefined
      if (v === undefined) throw new RangeError(`no value for the dim ${n}`)
      term *= v
    }
    total += term
  }
  return total
}

/** How many terms and factors a size has: what it costs to calculate with it. */
export const weight = (a: Dim): number => [...a.terms.keys()].reduce((n, monomial) => n + Math.max(1, monomial.split('*').length), 0)

export const names = (a: Dim): readonly string[] => [...new Set([...a.terms.keys()].flatMap(m => m.split('*')).filter(n => n !== ''))]

/** True when `a` is at least `b` whatever positive integers the names stand for (as far as coefficients show it). */
export const dominates = (a: Dim, b: Dim): boolean =>
  [...b.terms].every(([m, c]) => c <= (a.terms.get(m) ?? 0)) && [...a.terms].every(([m, c]) => c >= (b.terms.get(m) ?? 0))

export const showShape = (shape: readonly Dim[]): string => `[${shape.map(d => d.key).join(', ')}]`
