import assert from 'node:assert/strict'
import { compile } from '../../compiler/compile.ts'
import { readText } from '../../runtime/files.ts'
import { explainText } from '../../runtime/explain-text.ts'

const lines = (source: string, options = {}): readonly string[] =>
  explainText(compile(source, options))
    .split('\n')
    .map(l => l.trim())

describe('the explanation of a compiled source in words', () => {
  it('tells of the language model what is in the loop and what is not, in under 30 lines', () => {
    const text = explainText(compile(readText('examples/language-model/char-lstm.cell')))
    assert.ok(text.split('\n').length < 30, text)
    const after = (start: string): string => text.slice(text.indexOf(start))
    assert.match(text, /cell LSTM\(D, H\) {3}\(std\/lstm\.cell\)\n {2}i = sigmoid/)
    assert.match(
      after('forward'),
      /at once +Emb\[char\]\n +lstm\.\{Wi, Wf, Wg, Wo\} @ e\n +loop over t +carries lstm\.h, lstm\.c\n +lstm\.\{Ui, Uf, Ug, Uo\} @ lstm\.h\[t-1\]\n +all steps at once +Wy @ lstm\.h\n/,
    )
    assert.match(after('backward'), /loop over t, back +carries δlstm\.h, δlstm\.c\n +lstm\.\{Ui, Uf, Ug, Uo\}ᵀ @ δ\{i, f, g, o\}\n +all steps at once/)
    assert.match(text, /4\*E \+ 24\*H \+ 4\*V \+ 8 bytes for each step/)
  })

  it('holds for cells that are no language models', () => {
    const text = lines('cell C(D, H) {\n  input x: [D]\n  state h: [H]\n  param U: [H, D + H] # a comment\n  h = tanh(U @\n    concat(x, h[t-1])) # another\n}')
    assert.ok(text.includes('h = tanh(U @ concat(x, h[t-1]))'), text.join('\n'))
    assert.ok(text.some(l => l.includes('loop over t        carries h')))
    assert.ok(text.some(l => l.endsWith('U @ [x, h[t-1]]')))
    assert.ok(text.some(l => l.endsWith('gradient of U')))
  })

  it('shows functions, and what has no name as the author wrote it', () => {
    const text = lines('fn twice(v) = 2 * v\ncell C(H) {\n  input x: [H]\n  param W: [H, H], V: [H, H]\n  y = W @ tanh(V @ twice(x))\n  output y\n}')
    assert.ok(text.includes('fn twice(v) = 2 * v'))
    assert.ok(
      text.some(l => l.endsWith('W @ tanh(V @ twice(x))') || l.endsWith('W @ (tanh(V @ twice(x)))')),
      text.join('\n'),
    )
    assert.ok(!text.some(l => l.includes('loop over t')))
  })

  it('has sizes in the code as numbers, and bytes by the dtype', () => {
    const source = 'cell C(H) {\n  input x: [H]\n  state h: [H]\n  h = tanh(x + h[t-1])\n}'
    assert.ok(lines(source, { set: { H: 3 } }).some(l => l.includes('12 bytes for each step')))
    assert.ok(lines(source, { dtype: 'f64' }).some(l => l.includes('8*H bytes for each step')))
  })

  it('does not explain what is wrong', () => assert.throws(() => explainText(compile('cell C(')), TypeError))
})
