import { readdirSync, readFileSync } from 'node:fs'

/** Every text that ought to be right: the cells that come with the compiler, and the examples. */
export const corpus: readonly { readonly path: string; readonly text: string }[] = ['dsl/std/', 'examples/cells/'].flatMap(folder => {
  const url = new URL(`../../${folder}`, import.meta.url)
  let names: readonly string[] = []
  try {
    names = readdirSync(url)
      .filter(f => f.endsWith('.cell'))
      .sort()
  } catch {
    // A folder that does not exist holds no cells.
  }
  return names.map(f => ({ path: `${folder}${f}`, text: readFileSync(new URL(f, url), 'utf8') }))
})
