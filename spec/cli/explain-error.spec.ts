import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { checkText } from '../../cli/check-text.ts'
import { errorsPage } from '../../cli/commands/explain-error.ts'
import { pages } from '../../dsl/explanations/index.ts'
import { command } from './fake-session.ts'

const made = new Set([readFileSync('dsl/messages.ts', 'utf8'), readFileSync('runtime/compile-files.ts', 'utf8')].flatMap(t => t.match(/\b[EW]\d{4}\b/g) ?? []))
const codes = (text: string, files: Readonly<Record<string, string>> | undefined): readonly string[] => [
  ...new Set(checkText('main.cell', text, files).map(d => d.code)),
]
const files = (from: Readonly<Record<string, string>> | undefined, main: string): Readonly<Record<string, string>> => ({ ...from, 'main.cell': main })
/** Only sources that would fill a book, bytes, and options of the command lead there. */
const withoutExample = ['E0100', 'E0114', 'E0115', 'E0116', 'E0117', 'E0216', 'E0332', 'E0348', 'E0360', 'E0408']

describe('recurve explain-error', () => {
  it('has a page for every code, and for no other', () => assert.deepEqual([...pages.keys()].sort(), [...made].sort()))

  for (const [code, page] of pages)
    it(`${code}: ${page.title}`, () => {
      assert.equal(page.wrong === undefined, withoutExample.includes(code), 'an example')
      if (page.wrong !== undefined) {
        const given = codes(page.wrong, files(page.files, page.wrong))
        const errors = given.filter(c => c.startsWith('E') || c === code)
        assert.deepEqual(
          errors.filter(c => code !== 'E0217' || c === code),
          [code],
          given.join(' '),
        )
      }
      if (page.right !== undefined)
        assert.deepEqual(
          codes(page.right, files(page.files, page.right)).filter(c => c.startsWith('E') || c === code),
          [],
        )
      assert.ok(page.text.length > 30 && page.text.endsWith('.'), 'sentences')
    })

  it('shows a page: the rule, the example with its diagnostic, and the mend', async () => {
    const { code, out } = await command(['explain-error', 'e0341'])
    assert.equal(code, 0)
    assert.match(out, /^E0341: a product whose sizes do not fit\n/)
    assert.match(out, /example\.cell:4:7: error E0341: `@` multiplies H by D/)
    assert.match(out, /This is right:\n\n {4}cell A\(D, H\) \{/)
    assert.equal((await command(['explain-error', '341'])).out, out)
    const json = JSON.parse((await command(['explain-error', 'W0504', '--json'])).out) as { code: string; right: string }
    assert.match(json.right, /~ ones/)
  })

  it('lists the codes, and offers the nearest', async () => {
    const { out } = await command(['explain-error'])
    assert.equal(out.trimEnd().split('\n').length, pages.size)
    const { code, err } = await command(['explain-error', 'E0999'])
    assert.equal(code, 2)
    assert.match(err, /there is no code E0999/)
  })

  it('is the page of the docs', () => {
    const page = 'docs/errors.md'
    if (process.env['UPDATE_GOLDEN'] === '1' || !existsSync(page)) writeFileSync(page, errorsPage())
    assert.equal(readFileSync(page, 'utf8'), errorsPage(), `${page} is not up to date: npx recurve explain-error --markdown > ${page}`)
  })
})
