import assert from 'node:assert/strict'
import { errorsPage } from '../../cli/commands/explain-error.ts'
import type { JsonDiagnostic } from '../../cli/diagnostics.ts'
import { pages } from '../../dsl/explanations/index.ts'
import { assertAccepted } from '../support/golden.ts'
import { command } from './fake-session.ts'

interface JsonPage {
  readonly code: string
  readonly title: string
  readonly text: string
  readonly wrong: string | null
  readonly right: string | null
  readonly files: Readonly<Record<string, string>>
  readonly mended: Readonly<Record<string, string>>
  readonly diagnostic: JsonDiagnostic | null
}

const jsonOf = async (code: string): Promise<JsonPage> => JSON.parse((await command(['explain-error', code, '--json'])).out) as JsonPage

describe('recurve explain-error', () => {
  it('shows a page: the rule, the example with its diagnostic, and the mend', async () => {
    const { code, out } = await command(['explain-error', 'e0341'])
    assert.equal(code, 0)
    assert.match(out, /^E0341: a product whose sizes do not fit\n/)
    assert.match(out, /example\.cell:5:7: error E0341: `@` multiplies H by D/)
    assert.match(out, /This is right:\n\n {4}cell A\(D, H\) \{/)
    for (const other of ['E0341', '0341', '341']) assert.equal((await command(['explain-error', other])).out, out)
    assert.match((await command(['explain-error', 'W0504'])).out, /This is warned of:/)
  })

  it('shows the diagnostic of every example, and the files beside it', async () => {
    for (const [code, { wrong, right, files, mended }] of pages) {
      const { out } = await command(['explain-error', code])
      assert.equal(new RegExp(`example\\.cell:\\d+:\\d+: (error|warning) ${code}: |b\\.cell:\\d+:\\d+: error ${code}: `).test(out), wrong !== undefined, code)
      assert.equal(out.includes('This is right:'), right !== undefined, code)
      const beside = Object.keys(files ?? {}).length + Object.keys(mended ?? {}).length
      assert.equal(out.match(/^where .* is$/gm)?.length ?? 0, beside, code)
    }
  })

  it('gives programs the same', async () => {
    const page = await jsonOf('E0302')
    assert.deepEqual(Object.keys(page), ['code', 'title', 'text', 'wrong', 'right', 'files', 'mended', 'diagnostic'])
    const offset = page.wrong!.indexOf('tahn')
    assert.equal(page.right, page.wrong!.replace('tahn', 'tanh'))
    assert.deepEqual(page.diagnostic, {
      code: 'E0302',
      severity: 'error',
      message: 'there is no function or cell `tahn`',
      hint: 'did you mean `tanh`?',
      file: 'example.cell',
      start: { line: 4, column: 7, offset },
      end: { line: 4, column: 11, offset: offset + 4 },
      related: [],
    })
    const cycle = await jsonOf('E0215')
    assert.equal(cycle.diagnostic?.file, 'b.cell')
    assert.equal(cycle.files['b.cell']!.slice(cycle.diagnostic.start.offset, cycle.diagnostic.end.offset), '"./example.cell"')
    assert.ok(!cycle.mended['b.cell']!.includes('import'))
    const { wrong, diagnostic } = await jsonOf('E0114')
    assert.deepEqual([wrong, diagnostic], [null, null])
  })

  it('lists the codes with their titles', async () => {
    const { out } = await command(['explain-error'])
    const lines = out.trimEnd().split('\n')
    assert.equal(lines.length, pages.size)
    assert.match(lines[0]!, /^ *E0100 +not UTF-8$/)
    const { codes } = JSON.parse((await command(['explain-error', '--json'])).out) as { codes: readonly { readonly code: string; readonly title: string }[] }
    assert.deepEqual(
      codes.map(c => c.code),
      [...pages.keys()],
    )
  })

  it('offers the nearest code where there is no such one', async () => {
    const { code, out, err } = await command(['explain-error', 'E3041'])
    assert.deepEqual([code, out], [2, ''])
    assert.match(err, /there is no code E3041: did you mean E0341\?; `recurve explain-error` lists them/)
    assert.match((await command(['explain-error', 'shape'])).err, /there is no code shape; `recurve explain-error` lists them/)
  })

  it('is the page of the docs', () => {
    assertAccepted('docs/errors.md', errorsPage())
  })
})
