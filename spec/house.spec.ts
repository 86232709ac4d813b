/** The rules of the house that a program can check. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'

const root = new URL('../', import.meta.url)
const layers = ['dsl', 'compiler', 'runtime', 'cli', 'examples'] as const
type Layer = (typeof layers)[number]

/** What each folder may import from, besides itself. */
const below: Readonly<Record<Layer, readonly Layer[]>> = {
  dsl: [],
  compiler: ['dsl'],
  runtime: ['dsl', 'compiler'],
  cli: ['dsl', 'compiler', 'runtime'],
  examples: ['dsl', 'compiler', 'runtime', 'cli'],
}

/** The doors to Node in what runs in a browser otherwise. */
const doors = /^runtime\/(?:files|workers[^/]*)(?:\.ts|\/)/

interface File {
  readonly path: string
  readonly text: string
  readonly imports: readonly string[]
}

const walk = (folder: string): readonly string[] =>
  existsSync(new URL(folder, root))
    ? readdirSync(new URL(`${folder}/`, root), { withFileTypes: true })
        .filter(e => e.name !== 'node_modules')
        .flatMap(e => (e.isDirectory() ? walk(`${folder}/${e.name}`) : [`${folder}/${e.name}`]))
    : []

/** What a file imports, statically or not: paths from the root, and names of packages as they are. */
const importsOf = (path: string, text: string): readonly string[] =>
  [...text.matchAll(/^\s*(?:import|export)\s(?:[^'"`;]*?\sfrom\s)?\s*['"]([^'"\n]+)['"]|\bimport\(\s*['"]([^'"\n]+)['"]/gm)]
    .map(m => m[1] ?? m[2]!)
    .map(target => (target.startsWith('.') ? posix.join(posix.dirname(path), target) : target))

/** What people write: not what programs do. */
const read = (folder: string): readonly File[] =>
  walk(folder)
    .filter(path => /\.[cm]?tsx?$/.test(path) && !/\.generated\.ts$|\.d\.ts$|\/emitted\//.test(path))
    .map(path => {
      const text = readFileSync(new URL(path, root), 'utf8')
      return { path, text, imports: importsOf(path, text) }
    })

const files: Readonly<Record<Layer, readonly File[]>> = {
  dsl: read('dsl'),
  compiler: read('compiler'),
  runtime: read('runtime'),
  cli: read('cli'),
  examples: read('examples'),
}
const sources = layers.flatMap(l => files[l])
const layerOf = (path: string): string => path.split('/')[0]!

describe('the house', () => {
  it('is read at all', () => {
    for (const l of ['dsl', 'compiler', 'runtime', 'cli'] as const) assert.ok(files[l].length > 3, l)
    assert.ok(files.compiler.some(f => f.imports.includes('dsl/diagnostics.ts')))
    assert.deepEqual(importsOf('a/b.ts', `import {\n  x,\n} from '../c.ts'\nimport './d.ts'\nconst e = await import('./f.ts')\nimport g from 'node:fs'\n`), [
      'c.ts',
      'a/d.ts',
      'a/f.ts',
      'node:fs',
    ])
  })

  it('imports downwards only: dsl <- compiler <- runtime <- cli, examples', () => {
    const wrong = layers.flatMap(layer =>
      files[layer].flatMap(f =>
        f.imports
          .filter(target => target.endsWith('.ts') || target.endsWith('.js'))
          .filter(target => layerOf(target) !== layer && !(below[layer] as readonly string[]).includes(layerOf(target)))
          .map(target => `${f.path} imports ${target}`),
      ),
    )
    assert.deepEqual(wrong, [])
  })

  it('needs Node behind its doors only: dsl, compiler and the core of runtime run in a browser', () => {
    const core = [...files.dsl, ...files.compiler, ...files.runtime].filter(f => !doors.test(f.path))
    const wrong = core.flatMap(f => f.imports.filter(target => target.startsWith('node:')).map(target => `${f.path} imports ${target}`))
    assert.deepEqual(wrong, [])
    const globals = core.filter(f => /\b(?:process|Buffer|__dirname|require)\s*[.(]/.test(withoutComments(f.text))).map(f => f.path)
    assert.deepEqual(globals, [])
  })

  it('does not reach the door to files from the package itself', () => {
    const all = new Map(sources.map(f => [f.path, f]))
    const reached = new Set<string>()
    const visit = (path: string): void => {
      if (reached.has(path)) return
      reached.add(path)
      for (const target of all.get(path)?.imports ?? []) visit(target)
    }
    visit('runtime/index.ts')
    assert.ok(reached.has('compiler/compile.ts'))
    assert.deepEqual(
      [...reached].filter(path => doors.test(path)),
      [],
    )
  })

  it('imports packages that the package depends on', () => {
    const { dependencies } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as { dependencies: Record<string, string> }
    const wrong = sources.flatMap(f =>
      f.imports
        .filter(target => !/\.[jt]s$|^node:|^recurve(?:\/|$)/.test(target) && dependencies[target] === undefined)
        .map(target => `${f.path} imports ${target}`),
    )
    assert.deepEqual(wrong, [])
  })

  it('has no file of more than 500 lines', () => {
    const long = [...sources, ...read('scripts'), ...read('spec')].map(f => [f.path, f.text.split('\n').length - 1] as const).filter(([, n]) => n > 500)
    assert.deepEqual(long, [])
  })

  it('has no any', () => {
    const found = [...sources, ...read('scripts'), ...read('spec')].filter(f => /(?::|<|\bas)\s*any\b(?!\s*[-\w])/.test(withoutTexts(f.text))).map(f => f.path)
    assert.deepEqual(found, [])
  })
})

const withoutComments = (text: string): string => text.replace(/\/\*[^]*?\*\/|^\s*\/\/.*$|\s\/\/ .*$/gm, '')
/** Without what is in quotes on one line, and without comments. */
const withoutTexts = (text: string): string => withoutComments(text).replace(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\\n]|\\.)*`/g, "''")
