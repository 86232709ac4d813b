import assert from 'node:assert/strict'
import { limits } from '../../dsl/limits.ts'
import { parse } from '../../dsl/parse.ts'
import type { Block, Declaration, Expr, Fn, SourceFile } from '../../dsl/syntax.ts'
import { corpus } from './corpus.ts'
import { full } from './print.ts'

const file = (text: string): SourceFile => {
  const parsed = parse('test.cell', text)
  assert.deepEqual(parsed.diagnostics, [])
  return parsed.file!
}
const expression = (text: string): Expr => (file(`fn f() = ${text}`).items[0] as Fn).result
const block = (text: string): Block => file(text).items.find((i): i is Block => i.kind === 'cell' || i.kind === 'model')!
const codes = (text: string): readonly string[] => parse('test.cell', text).diagnostics.map(d => d.code)

describe('parse', () => {
  for (const { path, text } of corpus)
    it(`reads ${path}`, () => {
      const { file: tree, diagnostics } = parse(path, text)
      assert.deepEqual(diagnostics, [])
      assert.equal(tree?.text, text)
      assert.ok(tree.items.length > 0)
    })

  describe('precedence', () => {
    const table: readonly (readonly [string, string])[] = [
      ['a + b * c', '(a + (b * c))'],
      ['a - b - c', '((a - b) - c)'],
      ['a / b / c * d', '(((a / b) / c) * d)'],
      ['r * U @ h', '(r * (U @ h))'],
      ['A @ B @ v', '((A @ B) @ v)'],
      ['W @ x + U @ h + b', '(((W @ x) + (U @ h)) + b)'],
      ['-A @ b', '((-A) @ b)'],
      ['A @ -b', '(A @ (-b))'],
      ['A @ -b @ c', '((A @ (-b)) @ c)'],
      ['a * -b + c', '((a * (-b)) + c)'],
      ['a - -b', '(a - (-b))'],
      ['-x^2', '(-(x ^ 2))'],
      ['x^2^3', '(x ^ (2 ^ 3))'],
      ['2^-3', '(2 ^ (-3))'],
      ['2^-3^2', '(2 ^ (-(3 ^ 2)))'],
      ['2^-a * b', '((2 ^ (-a)) * b)'],
      ['a @ b^2', '(a @ (b ^ 2))'],
      ['(a + b) * c', '((a + b) * c)'],
      ['a < b + 1', '(a < (b + 1))'],
      ['a == b and c != d or e', '(((a == b) and (c != d)) or e)'],
      ['a or b and c', '(a or (b and c))'],
      ['not a == b and c', '((not (a == b)) and c)'],
      ['not not a', '(not (not a))'],
      ['a and not b', '(a and (not b))'],
      ['if a then b else c + 1', '(if a then b else (c + 1))'],
      ['if a then b else if c then d else e', '(if a then b else (if c then d else e))'],
      ['1 + (if a then b else c)', '(1 + (if a then b else c))'],
      ['LSTM(H=H)(Emb[word], h = 0).h[t-1]', 'LSTM(H = H)(Emb[word], h = 0).h[(t - 1)]'],
      ['-f(x)[0]^2', '(-(f(x)[0] ^ 2))'],
      ['sum(a * m over s)', 'sum((a * m) over s)'],
      ['sum(m over 0)', 'sum(m over 0)'],
      ['z[0:H] + m[:, new] + v[:2] + v[2:]', '(((z[0:H] + m[:, new]) + v[:2]) + v[2:])'],
      ['reshape(v, [N * C, 2])', 'reshape(v, [(N * C), 2])'],
      ['contract("nij,nj->ni", U, h)', 'contract("nij,nj->ni", U, h)'],
      ['repeat l < L (s = h[t-1]) { s = tanh(U[l] @ s) }', '(repeat l < L (s = h[(t - 1)]) { s = tanh((U[l] @ s)) })'],
      ['repeat l < (2 * L) (a = x, b = y) { a = b b = a }', '(repeat l < (2 * L) (a = x, b = y) { a = b b = a })'],
      ['iffy + android * nota', '(iffy + (android * nota))'],
      ['1.5E+3 + 1e-3', '(1.5E+3 + 1e-3)'],
    ]
    for (const [text, tree] of table) it(text, () => assert.equal(full(expression(text)), tree))
  })

  it('gives every expression its place, parentheses included', () => {
    const text = 'fn f(a, b) = (a + b) * a'
    const e = (file(text).items[0] as Fn).result
    assert.ok(e.kind === 'binary')
    assert.equal(text.slice(e.span.start, e.span.end), '(a + b) * a')
    assert.equal(text.slice(e.left.span.start, e.left.span.end), '(a + b)')
  })

  it('reads all parts of declarations', () => {
    const { body } = block(`model M(V, H, C = 2) {
      input word: index(V) over s from 1, z: [H] once
      target positive: once
      param U: [H, H] ~ orthogonal scaled 0.9 fixed, b
      hyper rate = 0.1
      noise m: [H] once ~ bernoulli(1 - rate)
      total loss z where z > 0
      window 20 every 5
    }`)
    const names = body.flatMap(s => (s.kind === 'declaration' ? s.names : []))
    const [word, z, positive, u, b, rate, m] = names
    assert.equal(full(word!.type!.index!), 'V')
    assert.equal(word!.type!.over!.name, 's')
    assert.equal(full(word!.from!), '1')
    assert.ok(z!.type!.once && positive!.type!.once && m!.type!.once)
    assert.equal(positive!.type!.shape, undefined)
    assert.equal(full(u!.init!.scaled!), '0.9')
    assert.ok(u!.init!.fixed)
    assert.equal(b!.type, undefined)
    assert.equal(full(rate!.value!), '0.1')
    assert.equal(full(m!.init!.value), 'bernoulli((1 - rate))')
    const [loss, window] = body.slice(-2)
    assert.ok(loss?.kind === 'loss' && loss.total && full(loss.where!) === '(z > 0)')
    assert.ok(window?.kind === 'window' && full(window.every!) === '5')
  })

  it('keeps the comment block directly above as documentation', () => {
    const cell = block('# The family.\n\n# One cell,\n# two lines.\ncell A(H) { # not this\n  # the memory\n  state h: [H] param b: [H] # nor this\n  h = b\n}')
    assert.equal(cell.doc, 'One cell,\ntwo lines.')
    const docs = cell.body.filter((s): s is Declaration => s.kind === 'declaration').map(d => d.doc)
    assert.deepEqual(docs, ['the memory', ''])
  })

  it('takes line breaks of every kind, and none, for the same', () => {
    const one = 'cell A(H) { state h: [H] h = h[t-1] + 1 output h }'
    const trees = ['\n', '\r\n', '\r', '\u2028', '\u2029', '\t'].map(b => {
      const { body } = block(one.replaceAll(' ', b))
      return body.map(s => (s.kind === 'equation' ? full(s.value) : s.kind))
    })
    for (const tree of trees) assert.deepEqual(tree, ['declaration', '(h[(t - 1)] + 1)', 'declaration'])
  })

  describe('limits', () => {
    const cell = (e: string): string => `cell A() { y = ${e} }`
    const nest = (open: string, close: string, depth: number): string => cell(open.repeat(depth) + 'a' + close.repeat(depth))
    const kinds: readonly (readonly [string, string, string])[] = [
      ['parentheses', '(', ')'],
      ['calls', 'f(x, x = 1 + ', ')'],
      ['slices', 'x[a:', ']'],
      ['lists', '[', ']'],
      ['micro-steps', 'repeat l < 3 (a = b) { a = ', '}'],
      ['choices', 'if a then b else ', ''],
      ['negations', 'not ', ''],
    ]
    for (const [name, open, close] of kinds)
      it(`${name} may lie ${limits.nesting - 1} deep in a cell, and a hundred thousand are an error`, () => {
        assert.deepEqual(codes(nest(open, close, limits.nesting - 1)), [])
        assert.deepEqual(codes(nest(open, close, limits.nesting)), ['E0115'])
        assert.ok(['E0115', 'E0114'].includes(codes(nest(open, '', 50_000))[0]!))
      })
    it('brackets of several kinds, deep and closed', () => assert.deepEqual(codes(nest('f(x[(', ')])', 33)), []))
    it('minus signs', () => assert.deepEqual(codes(cell('-'.repeat(50_000) + 'a')), ['E0115']))
    it('terms of a sum', () => {
      assert.deepEqual(codes(cell('a' + ' + a'.repeat(limits.depth - 2))), [])
      assert.deepEqual(codes(cell('a' + '+a'.repeat(30_000))), ['E0117'])
      assert.deepEqual(codes(cell('a' + '^a'.repeat(30_000))), ['E0117'])
      assert.deepEqual(codes(cell('a' + '[0]'.repeat(2000))), ['E0117'])
      assert.deepEqual(codes(cell('a' + '(b)'.repeat(2000))), ['E0117'])
    })
    it('many equations are no long expression', () =>
      assert.deepEqual(codes(`cell A() {${Array.from({ length: 1500 }, (_, i) => ` y${i} = if 1 < 2 then 1 else 2`).join('')} }`), []))
    it('the length of a file', () => assert.deepEqual(codes('#'.repeat(limits.bytes + 1)), ['E0114']))
    it('the length of a file in bytes', () => assert.deepEqual(codes(`cell A() { } #${'é'.repeat(limits.bytes / 2)}`), ['E0114']))
    it('the length of a name', () => {
      assert.deepEqual(codes(`cell ${'a'.repeat(limits.name)}() { }`), [])
      const [d] = parse('a.cell', `cell ${'a'.repeat(5000)}() { }`).diagnostics
      assert.equal(d?.code, 'E0116')
      assert.ok(d.message.length < 200)
    })
    it('the digits of a number', () => assert.deepEqual(codes(cell(`0.${'1'.repeat(10_000)}`)), []))
    it('the number of diagnostics', () => assert.equal(codes('cell A() {' + ' 01'.repeat(1000) + '}').length, limits.diagnostics))
  })
})
