import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** What the README shows is run: files are written, commands and programs executed, in the order in which they stand. */
const root = new URL('../', import.meta.url)
const path = (file: string): string => fileURLToPath(new URL(file, root))
const tsx = pathToFileURL(path('node_modules/tsx/dist/esm/index.mjs')).href

const blocks = [...readFileSync(new URL('README.md', root), 'utf8').matchAll(/^```(\w+) ?(\S*)\n([^]*?)^```$/gm)].map(m => ({
  language: m[1]!,
  file: m[2]!,
  text: m[3]!,
}))

describe('README', function () {
  this.timeout(120_000)
  let dir = ''
  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'recurve-readme-'))
    writeFileSync(join(dir, 'package.json'), '{ "type": "module" }')
  })
  after(() => rmSync(dir, { recursive: true }))

  const run = (args: readonly string[]): string => {
    try {
      return execFileSync(process.execPath, ['--import', tsx, ...args], {
        cwd: dir,
        encoding: 'utf8',
        stdio: 'pipe',
        env: { PATH: process.env['PATH'] ?? '', NO_COLOR: '1' },
      })
    } catch (error) {
      return assert.fail(`${args.join(' ')}\n${(error as { stdout: string }).stdout}\n${(error as { stderr: string }).stderr}`)
    }
  }

  it('has blocks of every kind', () => assert.deepEqual([...new Set(blocks.map(b => b.language))].sort(), ['cell', 'json', 'sh', 'ts']))

  for (const { language, file, text } of blocks)
    it(`${language} ${file || text.split('\n')[0]!}`, () => {
      if (language === 'sh') {
        for (const line of text.trim().split('\n')) {
          assert.match(line, /^npx recurve /)
          run([path('cli/main.ts'), ...line.split(' ').slice(2)])
        }
        return
      }
      const local = text
        .replaceAll("'recurve/verify'", `'${pathToFileURL(path('runtime/verify/index.ts')).href}'`)
        .replaceAll("'recurve'", `'${pathToFileURL(path('runtime/index.ts')).href}'`)
      writeFileSync(join(dir, file), language === 'ts' ? local : text)
      if (language === 'cell') run([path('cli/main.ts'), 'check', file])
      if (language === 'json') JSON.parse(text)
      if (language === 'ts') {
        if (file.endsWith('.spec.ts')) run([path('node_modules/mocha/bin/mocha.js'), '--no-config', '--timeout', '60000', file])
        else run([file])
      }
    })
})
