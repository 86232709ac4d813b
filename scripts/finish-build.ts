/** After the type checker: what it does not copy, and the right to run the command. */
import { chmodSync, copyFileSync, readdirSync } from 'node:fs'

const root = new URL('../', import.meta.url)
const at = (path: string): URL => new URL(path, root)

// The grammar is JavaScript already, with declarations beside it: the compiler reads those and leaves it where it is.
for (const name of readdirSync(at('dsl/')).filter(f => f.endsWith('.ohm-bundle.js'))) copyFileSync(at(`dsl/${name}`), at(`dist/dsl/${name}`))

chmodSync(at('dist/cli/main.js'), 0o755)
