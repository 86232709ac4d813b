import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { highlight, highlightHtml, highlights, isReserved, textMateGrammar } from '../../dsl/highlight.ts'
import { scan } from '../../dsl/tokens.ts'
import { assertAccepted } from '../support/golden.ts'
import { corpus } from './corpus.ts'

const kinds = (text: string): readonly string[] => highlight(text).flatMap(p => (p.kind === undefined ? [] : [`${p.kind} ${p.text}`]))

describe('highlighting', () => {
  it('gives every token its kind', () => {
    assert.deepEqual(kinds('cell A(H) { state h: [H] h = tanh(0.5 * h[t-1]) # "c" }'), [
      'block cell',
      'call A',
      'bracket (',
      'name H',
      'bracket )',
      'bracket {',
      'declaration state',
      'name h',
      'bracket :',
      'bracket [',
      'name H',
      'bracket ]',
      'name h',
      'operator =',
      'call tanh',
      'bracket (',
      'number 0.5',
      'operator *',
      'name h',
      'bracket [',
      'time t',
      'operator -',
      'number 1',
      'bracket ]',
      'bracket )',
      'comment # "c" }',
    ])
    assert.deepEqual(kinds('conv(v, "same"'), ['call conv', 'bracket (', 'name v', 'bracket ,', 'string "same"'])
    assert.deepEqual(kinds('iffy tt not_t 1e-3'), ['name iffy', 'name tt', 'name not_t', 'number 1e-3'])
  })

  it('sees the tokens that the scanner sees, in every source of the project', () => {
    for (const { path, text } of corpus) {
      const { tokens } = scan(path, text)
      const seen = highlight(text).filter(p => p.kind !== undefined && p.kind !== 'comment')
      assert.deepEqual(
        seen.map(p => p.text),
        tokens.map(t => t.text),
        path,
      )
    }
  })

  it('knows the reserved words of the grammar, and no others', () => {
    const text = readFileSync('dsl/grammar.ohm', 'utf8')
    const kindRule = /kind \(a declaration\) = \((.*?)\)/.exec(text)![1]!
    const free = new Set(['index', 'shared', 't'])
    const words = [...text.matchAll(/"([a-z]+)" ~namePart/g), ...kindRule.matchAll(/"([a-z]+)"/g)].map(m => m[1]!).filter(w => !free.has(w))
    assert.ok(words.length > 25)
    for (const w of words) assert.ok(isReserved(w), w)
    const listed = highlights.filter(r => ['block', 'declaration', 'control'].includes(r.kind)).flatMap(r => r.match.match(/[a-z]{2,}/g)!)
    assert.deepEqual([...listed].sort(), [...words].sort())
  })

  it('loses nothing of any text, and its HTML holds nothing but the text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('</script><b>&amp;"', '# <!-- x', '"<i>')), text => {
        assert.equal(
          highlight(text)
            .map(p => p.text)
            .join(''),
          text,
        )
        const html = highlightHtml(text)
        assert.equal(
          html
            .replace(/<\/?span(?: class="cell-[a-z]+")?>/g, '')
            .replaceAll('&lt;', '<')
            .replaceAll('&gt;', '>')
            .replaceAll('&quot;', '"')
            .replaceAll('&amp;', '&'),
          text,
        )
        assert.ok(!/<(?!\/?span)/.test(html))
      }),
    )
  })

  it('is the grammar of the editors', () => {
    assertAccepted('editors/recurve.tmLanguage.json', `${JSON.stringify(textMateGrammar(), null, 2)}\n`)
    for (const { match } of highlights) new RegExp(match)
  })
})
