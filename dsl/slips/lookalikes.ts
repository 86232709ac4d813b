/** What people paste from papers, and what it is called here. */

const greek: readonly (readonly [string, string])[] =
  'alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho - sigma tau upsilon phi chi psi omega'
    .split(' ')
    .flatMap((name, i) => [
      [String.fromCodePoint(0x3b1 + i), name],
      [String.fromCodePoint(0x391 + i), name[0]!.toUpperCase() + name.slice(1)],
    ])

export const lookalikes: ReadonlyMap<string, string> = new Map([
  ...greek,
  ...Object.entries({
    '-': '\u2212\u2013\u2014\u2010\u2011\uff0d',
    '*': '\u2217\u2218\u2299\u25e6\u29bf\u2a00\uff0a',
    '/': '\u00f7\u2215\u2044\uff0f',
    '+': '\u2295\uff0b',
    '=': '\u2190\u2254\u225c\uff1d',
    '<=': '\u2264\u2a7d\u2266',
    '>=': '\u2265\u2a7e\u2267',
    '!=': '\u2260',
    '==': '\u2261\u225f',
    '~': '\u223c\uff5e',
    and: '\u2227',
    or: '\u2228',
    not: '\u00ac',
    sqrt: '\u221a',
    sum: '\u2211',
    '"': '\u201c\u201d\u201e',
    '(': '\uff08',
    ')': '\uff09',
    ',': '\uff0c',
    ':': '\uff1a\u2208',
    theta: '\u03d1',
    epsilon: '\u03f5',
    phi: '\u03d5',
  }).flatMap(([here, signs]) => [...signs].map(s => [s, here] as const)),
])

/** Signs that stand for both products. */
export const products: ReadonlySet<string> = new Set('\u00d7\u00b7\u22c5\u2022\u2219\u30fb\u2715\u2a2f')

/** Commands of LaTeX that are no names of letters. */
export const commands: ReadonlyMap<string, string> = new Map(
  Object.entries({
    '*': 'odot circ ast',
    '@': 'cdot times',
    '+': 'oplus',
    '<=': 'le leq',
    '>=': 'ge geq',
    '!=': 'ne neq',
    '=': 'leftarrow gets',
    sum: 'sum',
    sqrt: 'sqrt',
    '#': 'text',
  }).flatMap(([here, words]) => words.split(' ').map(w => [w, here] as const)),
)

const index = 'aeoxhklmnpst'
/** Letters, digits and signs that stand lower or higher than others. */
export const plainOf: ReadonlyMap<string, string> = new Map([
  ...[...'0123456789+-=()'].map((c, i) => [String.fromCodePoint(0x2080 + i), c] as const),
  ...[...index].map((c, i) => [String.fromCodePoint((i < 4 ? 0x2090 : 0x2091) + i), c] as const),
  ...[...'iruv'].map((c, i) => [String.fromCodePoint(0x1d62 + i), c] as const),
  ['\u2c7c', 'j'],
  ['\u00b9', '1'],
  ['\u00b2', '2'],
  ['\u00b3', '3'],
  ['\u2070', '0'],
  ...[...'456789+-=()'].map((c, i) => [String.fromCodePoint(0x2074 + i), c] as const),
  ['\u207f', 'n'],
  ['\u1d40', 'T'],
  ['\u1d57', 't'],
])
