/**
 * Makes text of the numeric library: each top-level declaration of compiler/numeric in TypeScript and in JavaScript, for
 * printing into generated modules, and the f32 functions with every operation rounded. Run it when a source changes.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { roundEach } from '../compiler/numeric/round-each.ts'

interface Declaration {
  readonly name: string
  readonly text: string
}

interface Entry {
  readonly name: string
  readonly needs: readonly string[]
  readonly ts: string
  readonly js: string
}

const folder = new URL('../compiler/numeric/', import.meta.url)
const read = (file: string): string => readFileSync(new URL(file, folder), 'utf8')

/** The top-level declarations of a source, each with its doc comment and without `export`. */
export const declarations = (source: string): Declaration[] => {
  const found: Declaration[] = []
  const lines = source.split('\n')
  for (let i = 0; i < lines.length; i++) {
    const head = /^(?:export )?(?:function|const) (\w+)/.exec(lines[i]!)
    if (head === null) continue
    let start = i
    if (lines[i - 1]?.endsWith('*/')) while (!lines[start]!.startsWith('/**')) start--
    let end = i
    if (/[{([]$/.test(lines[i]!)) while (!/^[})\]]/.test(lines[end]!) || lines[end]!.endsWith('{')) end++
    found.push({
      name: head[1]!,
      text: lines
        .slice(start, end + 1)
        .join('\n')
        .replace(/^export /m, ''),
    })
    i = end
  }
  return found
}

const TYPE = String.raw`: (?:readonly )?\w+(?:\[\])?(?: \| \w+)*`

/** Takes the annotations away; the sources have them only on parameters, results and variables. */
export const stripTypes = (text: string): string => {
  const head = /^function [^]*? \{$/m.exec(text)?.[0] ?? ''
  return text
    .replace(head, () => head.replace(new RegExp(`${TYPE}(?=[,)\\n]| \\{)`, 'g'), ''))
    .replace(new RegExp(`\\b(const|let) (\\w+)${TYPE} =`, 'g'), '$1 $2 =')
    .replace(/\]!(?!=)/g, ']')
}

const mentions = (text: string, name: string): boolean => new RegExp(`(?<![.\\w$])${name}(?![\\w$])`).test(text.replace(/\/\*[^]*?\*\/|\/\/.*/g, ''))
const rename = (text: string, from: string, to: string): string => text.replace(new RegExp(`(?<![.\\w$])${from}(?![\\w$])`, 'g'), to)

const entries = (all: readonly Declaration[]): Entry[] =>
  all.map(({ name, text }) => {
    const js = stripTypes(text)
    return { name, needs: all.filter(d => d.name !== name && mentions(js, d.name)).map(d => d.name), ts: text, js }
  })

/** The declarations that `names` need, themselves included. */
const closure = (all: readonly Entry[], names: readonly string[]): Set<string> => {
  const seen = new Set<string>()
  const visit = (name: string): void => {
    if (seen.has(name)) return
    seen.add(name)
    all.find(e => e.name === name)!.needs.forEach(visit)
  }
  names.forEach(visit)
  return seen
}

/** A precision's declarations. Randomness is computed in double everywhere: in an f32 module its logarithm is `log64`. */
const section = (dtype: 'f32' | 'f64'): Entry[] => {
  const bits = declarations(read('bits.ts'))
  const double = declarations(read('f64.ts'))
  const random = [...declarations(read('random.ts')), ...declarations(read('initialise.ts')), ...declarations(read('noise.ts'))]
  const aliases = ['log', 'cos']
  if (dtype === 'f64') {
    const plain = random.map(d => ({ ...d, text: aliases.reduce((text, a) => rename(text, `${a}64`, a), d.text) }))
    return entries([...bits, ...double, ...plain])
  }
  const needed = closure(entries([...bits, ...double]), aliases)
  const renamed = double
    .filter(d => needed.has(d.name))
    .map(d => ({ name: `${d.name}64`, text: double.reduce((text, { name }) => rename(text, name, `${name}64`), d.text) }))
  return entries([...bits, ...declarations(read('f32.ts')), ...renamed, ...random])
}

/** Throws unless the JavaScript edition of a section is a program. */
const check = (all: readonly Entry[]): void => {
  const names = new Set<string>()
  for (const { name } of all) {
    if (names.has(name)) throw new Error(`${name} is declared twice`)
    names.add(name)
  }
  // oxlint-disable-next-line no-implied-eval, no-new-func -- our own text, to see that it parses
  new Function(`'use strict'\n${all.map(e => e.js).join('\n')}`)
}

const literal = (text: string): string => '`' + text.replace(/[\\`]|\$\{/g, '\\$&') + '`'

const printSection = (all: readonly Entry[]): string =>
  all
    .map(
      ({ name, needs, ts, js }) =>
        `    {\n      name: '${name}',\n      needs: [${needs.map(n => `'${n}'`).join(', ')}],\n      ts: ${literal(ts)},\n      js: ${literal(js)},\n    },\n`,
    )
    .join('')

const rounded = (): string => {
  const texts = declarations(read('f32.ts')).map(({ name, text }) => {
    const exported = new RegExp(`^export function ${name}\\b`, 'm').test(read('f32.ts'))
    const body = text.startsWith('const') || /^const/m.test(text) ? text : roundEach(text)
    return exported ? body.replace(/^function/m, 'export function') : body
  })
  return (
    [
      '/* oxlint-disable */',
      '/** Generated by scripts/embed-numeric.ts from f32.ts: the same functions with every operation rounded to f32. */',
      "import { exponent, POWERS } from './bits.ts'",
      'const fround = Math.fround',
      ...texts,
    ].join('\n\n') + '\n'
  )
}

/** The generated files by name. */
export const numericTexts = (): Record<string, string> => {
  const sections = (['f64', 'f32'] as const).map(dtype => {
    const all = section(dtype)
    check(all)
    return `  ${dtype}: [\n${printSection(all)}  ],\n`
  })
  const library = [
    '/* oxlint-disable */',
    '/** Generated by scripts/embed-numeric.ts from the sources beside it. */',
    "import type { Declaration } from './library.ts'",
    '',
    `export const library: Readonly<Record<'f64' | 'f32', readonly Declaration[]>> = {`,
    `${sections.join('')}}`,
    '',
  ].join('\n')
  return { 'library.generated.ts': library, 'f32-rounded.generated.ts': rounded() }
}

/** Writes the generated files. */
export const embedNumeric = (): void => {
  for (const [file, text] of Object.entries(numericTexts())) writeFileSync(new URL(file, folder), text)
}

// Also when `embed.ts`, which only imports this file, is what runs; but not when a spec imports it.
if (/[\\/]scripts[\\/]embed(-numeric)?\.ts$/.test(process.argv[1] ?? '')) embedNumeric()
