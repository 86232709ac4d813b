/**
 * Writes library functions in place. V8 gives up inlining in a kernel with several of them, and then every call returns
 * a boxed number: four times the time, and garbage in every step. Only straight-line functions are written in place.
 */
import { library } from '../../numeric/library.generated.ts'
import type { Dtype } from '../../signature.ts'

interface Straight {
  readonly params: readonly string[]
  readonly consts: readonly (readonly [name: string, value: string])[]
  readonly result: string
}

/** A function that is a list of constants and a result. */
const straight = (js: string): Straight | undefined => {
  const head = /function \w+\(([^)]*)\) \{\n/.exec(js)
  if (head === null) return undefined
  const body = js.slice(head.index + head[0].length, js.lastIndexOf('}'))
  const consts: [string, string][] = []
  for (const statement of statements(body)) {
    const constant = /^const (\w+) = ([^]*)$/.exec(statement)
    const result = /^return ([^]*)$/.exec(statement)
    if (constant !== null) consts.push([constant[1]!, constant[2]!])
    else if (result !== null) return { params: head[1]!.split(',').map(p => p.trim()), consts, result: result[1]! }
    else return undefined
  }
  return undefined
}

/** Statements begin at the indentation of the first; what is indented deeper, or closes, belongs to the one before. */
const statements = (body: string): readonly string[] => {
  const list: string[] = []
  for (const line of body.split('\n')) {
    if (line.trim() === '') continue
    if (/^ {2}[^\s)]/.test(line) || list.length === 0) list.push(line.trim())
    else list[list.length - 1] += ` ${line.trim()}`
  }
  return list
}

const call = /(?<![\w.])([A-Za-z_]\w*)\(/g

/** The arguments of a call whose parenthesis opens at `open`, and where it ends. */
const argumentsAt = (text: string, open: number): { args: readonly string[]; end: number } => {
  const args: string[] = []
  let depth = 0
  let start = open + 1
  for (let i = open; ; i++) {
    const c = text[i]!
    if (c === '(' || c === '[') depth++
    if (c === ')' || c === ']') depth--
    if (depth === 0 || (depth === 1 && c === ',')) {
      args.push(text.slice(start, i).trim())
      start = i + 1
    }
    if (depth === 0) return { args, end: i + 1 }
  }
}

export interface Inlined {
  /** Constants to be declared before. */
  readonly before: readonly string[]
  readonly value: string
  /** Declarations of the library that are still needed. */
  readonly needs: ReadonlySet<string>
}

/** Replaces the calls of straight-line library functions in an expression. `fresh` gives unused names. */
export const inlineCalls = (text: string, dtype: Dtype, fresh: (wanted: string) => string): Inlined => {
  const declarations = new Map(library[dtype].map(d => [d.name, d]))
  const before: string[] = []
  const needs = new Set<string>()
  const expand = (expression: string): string => {
    let result = ''
    let at = 0
    for (const match of expression.matchAll(call)) {
      if (match.index < at) continue
      const declaration = declarations.get(match[1]!)
      const body = declaration === undefined ? undefined : straight(declaration.js)
      if (body === undefined) continue
      const { args, end } = argumentsAt(expression, match.index + match[0].length - 1)
      result += expression.slice(at, match.index) + instantiate(body, args.map(expand))
      at = end
    }
    return constants(result + expression.slice(at))
  }
  const instantiate = (body: Straight, args: readonly string[]): string => {
    const names = new Map<string, string>()
    const rename = (e: string): string => e.replaceAll(/(?<![\w.])[A-Za-z_]\w*/g, w => names.get(w) ?? w)
    body.params.forEach((p, i) => names.set(p, isAtom(args[i]!) ? args[i]! : declare(p, args[i]!)))
    for (const [name, value] of body.consts) names.set(name, declare(name, expand(rename(value))))
    const result = expand(rename(body.result))
    return isAtom(result) ? result : declare('y', result)
  }
  const declare = (wanted: string, value: string): string => {
    const name = fresh(wanted)
    before.push(`const ${name} = ${value}`)
    return name
  }
  /** Named numbers become numbers; other names of the library are noted. */
  const constants = (e: string): string =>
    e.replaceAll(/(?<![\w.])[A-Za-z_]\w*/g, w => {
      const declaration = declarations.get(w)
      if (declaration === undefined) return w
      const literal = /^(?:\/\*\*[^]*?\*\/\s*)?const \w+ = (-?[\d.]+(?:e[-+]?\d+)?)\s*$/.exec(declaration.js.trim())
      if (literal !== null) return literal[1]!.startsWith('-') ? `(${literal[1]})` : literal[1]!
      needs.add(w)
      return w
    })
  const value = expand(text)
  return { before, value, needs }
}

const isAtom = (e: string): boolean => /^[\w.]+$/.test(e)
