/** Writes the texts that the compiler carries inside of it, so that it needs no file system at run time. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = new URL('../', import.meta.url)

/** One generated module: `name: Readonly<Record<file name, text>>`, of the files of a folder that end in `ending`. */
const embed = (folder: string, ending: string, name: string, target: string): void => {
  const files = readdirSync(new URL(folder, root))
    .filter(f => f.endsWith(ending))
    .sort()
  const entries = files.map(f => {
    const text = readFileSync(new URL(f, new URL(folder, root)), 'utf8')
    return `  ${JSON.stringify(f)}: ${JSON.stringify(text)},\n`
  })
  const head = `// Generated from ${folder} by scripts/embed.ts.\n`
  writeFileSync(new URL(target, root), `${head}export const ${name}: Readonly<Record<string, string>> = {\n${entries.join('')}}\n`)
}

embed('dsl/std/', '.cell', 'std', 'dsl/std.generated.ts')

const numeric = new URL('embed-numeric.ts', import.meta.url)
if (existsSync(fileURLToPath(numeric))) await import(numeric.href)
