import assert from 'node:assert/strict'
import fc from 'fast-check'
import { format } from '../../dsl/format.ts'
import { parse } from '../../dsl/parse.ts'
import { scan } from '../../dsl/tokens.ts'
import { choices } from '../fuzz/choices.ts'
import { generate } from '../fuzz/generate.ts'
import { corpus } from './corpus.ts'

/** The tree without its places. */
const bare = (path: string, text: string): unknown =>
  JSON.parse(
    JSON.stringify(parse(path, text).file?.items ?? assert.fail(`does not parse: ${text}`), (key, value: unknown) => (key === 'span' ? undefined : value)),
  )
const comments = (text: string): readonly string[] => [...scan('a.cell', text).comments.values()].map(c => c.trimEnd())
const words = (text: string): readonly string[] => scan('a.cell', text).tokens.map(t => t.text)

const judge = (text: string): void => {
  const made = format('a.cell', text).text ?? assert.fail(`not laid out: ${text}`)
  assert.deepEqual(words(made), words(text))
  assert.deepEqual(bare('a.cell', made), bare('a.cell', text), made)
  assert.deepEqual(comments(made), comments(text), made)
  assert.equal(format('a.cell', made).text, made)
  assert.ok(!/[ \t]\n|\r|\n\n\n|^\n|\n\n$/.test(made), made)
}

const inCell = (statements: string): string => `cell A(H) {\n${statements}\n}\n`
const body = (made: string): string =>
  made
    .split('\n')
    .slice(1, -2)
    .map(l => l.slice(2))
    .join('\n')

/** What an equation or a declaration becomes. */
const table: readonly (readonly [written: string, laidOut: string])[] = [
  ['y=a-(b-c)', 'y = a - (b - c)'],
  ['y=-x^2', 'y = -x^2'],
  ['y=(-x) ^ -2', 'y = (-x)^-2'],
  ['y=a@(b@c)*-d', 'y = a @ (b @ c) * -d'],
  ['y=if a<b then -1 else(c)', 'y = if a < b then -1 else (c)'],
  ['y=not(a>b)and c<=d', 'y = not (a > b) and c <= d'],
  ['y = h[ t - 1 ] + x[t+2] + W[ n-1 , : ] + z[0 :H] + v[:,new]', 'y = h[t-1] + x[t+2] + W[n - 1, :] + z[0:H] + v[:, new]'],
  ['y = LSTM( H = 64 )( x , h = last(e over s) ).h', 'y = LSTM(H=64)(x, h = last(e over s)).h'],
  ['y: [ H,D ]=max(m over N)', 'y: [H, D] = max(m over N)'],
  ['a , b=split(v,2)', 'a, b = split(v, 2)'],
  ['s = repeat l<L(s=h[t-1]){s=tanh(U[l]@s)}', 's = repeat l < L (s = h[t-1]) { s = tanh(U[l] @ s) }'],
  ['s = repeat l<(2*L)(s=x){s=s\nr=s}', 's = repeat l < (2 * L) (s = x) {\n  s = s\n  r = s\n}'],
  ['input w:index( V )over s from 1,z : [D]once', 'input w: index(V) over s from 1, z: [D] once'],
  ['param U:[H,H]~orthogonal   scaled .9 fixed'.replace('.9', '0.9'), 'param U: [H, H] ~ orthogonal scaled 0.9 fixed'],
  ['input x\noutput y', 'input  x\noutput y'],
  ['a = 1 # one\n\n\n\n# two\nb = 2', 'a = 1  # one\n\n# two\nb = 2'],
  ['param a,   # first\nb, c,\n# rest\nd', 'param a,  # first\n  b, c,\n  # rest\n  d'],
  ['y = a + # why\nb', 'y = a +  # why\n  b'],
  ['total   loss e where c>=0 window 20 every 5', 'total loss e where c >= 0\nwindow 20 every 5'],
  [
    `y = ${'aaaaaaaaa * bbbbbbbbb + '.repeat(6)}f(c)`,
    `y = ${'aaaaaaaaa * bbbbbbbbb + '.repeat(3)}aaaaaaaaa * bbbbbbbbb\n  + aaaaaaaaa * bbbbbbbbb + aaaaaaaaa * bbbbbbbbb + f(c)`,
  ],
]

/** The tokens of a text with anything between them that means nothing. */
const scattered = (text: string, gaps: readonly number[]): string => {
  const between = [' ', '\n', ' # note\n', '\n\n\n', '\n# own line\n', '  ', '\r\n', '\n  # a\n  # b\n\n']
  const { tokens } = scan('a.cell', text)
  return tokens.map((t, i) => `${t.text}${between[gaps[i % gaps.length]!]!}`).join('')
}
const gaps = fc.array(fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, fc.nat(7)), { minLength: 1, maxLength: 60 })
const blocks = corpus.flatMap(c => c.text.split(/^(?=# |cell |model |fn )/m)).filter(b => parse('a.cell', b).file !== undefined)

const { expression } = fc.letrec<{ expression: string }>(tie => {
  const e = tie('expression')
  const join = (...parts: readonly (string | fc.Arbitrary<string>)[]): fc.Arbitrary<string> =>
    fc.tuple(...parts.map(p => (typeof p === 'string' ? fc.constant(p) : p))).map(all => all.join(' '))
  return {
    expression: fc.oneof(
      { maxDepth: 4, depthIdentifier: 'expression' },
      fc.constantFrom('a', 'b_1', '2', '1e-3', 'h[t-1]', 'W[2, :]', '"s"'),
      join(e, fc.constantFrom('+', '-', '*', '/', '@', '^', 'and', 'or', '<', '=='), e),
      join('(', e, ')'),
      join(fc.constantFrom('-', 'not'), e),
      join('if', e, 'then', e, 'else', e),
      join('f (', e, ',', e, 'over N )'),
      join('g ( k =', e, ')'),
      join('x [', e, ':', e, ', new ]'),
      join('[', e, ',', e, ']'),
      join('( repeat l <', fc.constantFrom('3', '( L + 1 )'), '( s =', e, ') { s =', e, '} )'),
      join('y . z [ t -', fc.constantFrom('1', 'd', '( 1 )'), ']'),
    ),
  }
})

describe('the layout of a source', function () {
  this.timeout(60_000)
  for (const [written, laidOut] of table) it(JSON.stringify(written).slice(1, 70), () => assert.equal(body(format('a.cell', inCell(written)).text!), laidOut))

  it('blocks, functions and imports', () => {
    const written = '\ufeff\n\nimport{A,B}from "./a.cell" fn f(x,beta=1)=x fn g(q:[H]){a=q return a+1}cell A(D,H=2){}model M(){loss 1}\n'
    const laidOut =
      'import { A, B } from "./a.cell"\nfn f(x, beta = 1) = x\nfn g(q: [H]) {\n  a = q\n  return a + 1\n}\ncell A(D, H = 2) {}\nmodel M() {\n  loss 1\n}\n'
    assert.equal(format('a.cell', written).text, laidOut)
  })

  it('refuses a text with an error, and says why', () => {
    const { text, diagnostics } = format('a.cell', 'cell A( {}')
    assert.equal(text, undefined)
    assert.ok(diagnostics.length > 0)
  })

  it('leaves every source of the project as it is', () => {
    for (const { path, text } of corpus) {
      judge(text)
      assert.equal(format(path, text).text, text, `${path}: run \`recurve fmt ${path}\``)
    }
  })

  it('keeps tree, documentation and comments, whatever stands between the tokens', () => {
    fc.assert(
      fc.property(fc.constantFrom(...blocks), gaps, (text, g) => judge(scattered(text, g))),
      { numRuns: 600, seed: 1 },
    )
  })

  it('keeps random programs', () => {
    fc.assert(
      fc.property(choices, gaps, (c, g) => judge(scattered(generate(c).text, g))),
      { numRuns: 1000, seed: 1 },
    )
  })

  it('keeps random expressions', () => {
    const parses = (e: string): boolean => parse('a.cell', inCell(`y = ${e}`)).file !== undefined
    fc.assert(
      fc.property(expression.filter(parses), gaps, (e, g) => judge(scattered(inCell(`y = ${e}`), g))),
      { numRuns: 2000, seed: 1 },
    )
  })
})
