/** The TypeScript of random programs under `tsc --strict`: `node --import tsx spec/fuzz/types.ts seed count`. */
import fc from 'fast-check'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compile } from '../../compiler/compile.ts'
import { choices } from './choices.ts'
import { generate } from './generate.ts'

const [seed = '1', count = '50'] = process.argv.slice(2)
const folder = mkdtempSync(join(tmpdir(), 'recurve-types-'))
const files: string[] = []
fc.sample(choices, { seed: Number(seed), numRuns: Number(count) }).forEach((c, i) => {
  const { text } = generate(c)
  for (const dtype of ['f32', 'f64'] as const) {
    const { code } = compile(text, { dtype })
    if (code === undefined) continue
    const file = join(folder, `${dtype}-${i}.ts`)
    writeFileSync(file, `${code.ts}\n/*\n${text}*/\n`)
    files.push(file)
  }
})
try {
  execFileSync('npx', ['tsc', '--strict', '--noEmit', '--ignoreConfig', '--target', 'es2022', '--module', 'nodenext', '--types', '', ...files], {
    stdio: 'pipe',
  })
  console.log(`${files.length} files are well typed`)
  rmSync(folder, { recursive: true })
} catch (error) {
  console.log(String((error as { stdout?: unknown }).stdout ?? error))
  process.exitCode = 1
}
