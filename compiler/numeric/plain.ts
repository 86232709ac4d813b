/**
 * Reads the plain style of this folder: functions that are a list of constants and a result, over numbers and
 * conditions. Targets that cannot print the text itself lower what is read here.
 */
import { InternalError } from '../../dsl/diagnostics.ts'

export type Plain =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'unary'; readonly op: '-' | '!'; readonly arg: Plain }
  | { readonly kind: 'binary'; readonly op: string; readonly left: Plain; readonly right: Plain }
  | { readonly kind: 'choice'; readonly condition: Plain; readonly yes: Plain; readonly no: Plain }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Plain[] }
  | { readonly kind: 'element'; readonly name: string; readonly index: Plain }

export interface PlainFunction {
  readonly params: readonly string[]
  readonly constants: readonly (readonly [name: string, value: Plain])[]
  readonly result: Plain
}

const token = /\s+|\/\/[^\n]*|\/\*[^]*?\*\/|\d[\w.]*(?:(?<=e)[-+]\d+)?|[A-Za-z_$][\w$.]*|>>>|===|!==|>>|<<|&&|\|\||<=|>=|[^\s\w]/g

const level: Readonly<Record<string, number>> = {
  '||': 1,
  '&&': 2,
  '|': 3,
  '===': 6,
  '!==': 6,
  '<': 7,
  '>': 7,
  '<=': 7,
  '>=': 7,
  '+': 9,
  '-': 9,
  '*': 10,
  '/': 10,
}

const named: Readonly<Record<string, number>> = { Infinity, NaN }

class Reader {
  readonly #tokens: readonly string[]
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
    this.#tokens = (text.match(token) ?? []).filter(t => !/^(\s|\/\/|\/\*)/.test(t))
  }

  peek(): string | undefined {
    return this.#tokens[this.#at]
  }

  take(expected?: string): string {
    const found = this.#tokens[this.#at++]
    if (found === undefined || (expected !== undefined && found !== expected))
      throw new InternalError(`${expected ?? 'a token'} is needed, not ${found ?? 'the end'}`, this.#text)
    return found
  }

  list(close: string): readonly Plain[] {
    const items: Plain[] = []
    while (this.peek() !== close) {
      items.push(this.expression())
      if (this.peek() === ',') this.take()
    }
    this.take(close)
    return items
  }

  operand(): Plain {
    const first = this.take()
    if (first === '-' || first === '!') return { kind: 'unary', op: first, arg: this.operand() }
    if (first === '(') {
      const inner = this.expression()
      this.take(')')
      return inner
    }
    if (/^\d/.test(first)) return { kind: 'number', value: Number(first) }
    if (!/^[A-Za-z_$]/.test(first)) throw new InternalError(`${first} begins no operand`, this.#text)
    if (this.peek() === '(') {
      this.take()
      return { kind: 'call', name: first, args: this.list(')') }
    }
    if (this.peek() === '[') {
      this.take()
      const index = this.expression()
      this.take(']')
      if (this.peek() === '!') this.take()
      return { kind: 'element', name: first, index }
    }
    const value = named[first]
    return value === undefined ? { kind: 'name', name: first } : { kind: 'number', value }
  }

  binary(least: number): Plain {
    let left = this.operand()
    for (;;) {
      const op = this.peek() ?? ''
      const own = level[op]
      if (own === undefined || own < least) return left
      this.take()
      left = { kind: 'binary', op, left, right: this.binary(own + 1) }
    }
  }

  expression(): Plain {
    const condition = this.binary(1)
    if (this.peek() !== '?') return condition
    this.take()
    const yes = this.expression()
    this.take(':')
    return { kind: 'choice', condition, yes, no: this.expression() }
  }
}

/** An expression of the plain style. */
export const readExpression = (text: string): Plain => {
  const reader = new Reader(text)
  const made = reader.expression()
  if (reader.peek() !== undefined) throw new InternalError(`${reader.peek()} stands behind an expression`, text)
  return made
}

/** A function of the plain style, without annotations; `undefined` where it is more than constants and a result. */
export const readFunction = (text: string): PlainFunction | undefined => {
  const head = /function \w+\(([^)]*)\) \{\n/.exec(text)
  if (head === null) return undefined
  const reader = new Reader(text.slice(head.index + head[0].length))
  const constants: [string, Plain][] = []
  for (;;) {
    const word = reader.take()
    if (word === 'return') {
      const result = reader.expression()
      reader.take('}')
      return { params: head[1]!.split(',').map(p => p.trim()), constants, result }
    }
    if (word !== 'const') return undefined
    const name = reader.take()
    reader.take('=')
    constants.push([name, reader.expression()])
  }
}

/** An expression as text; `name` says what stands for a name, safe to put anywhere. */
export const printPlain = (e: Plain, name: (n: string) => string): string => {
  const inner = (x: Plain): string => (x.kind === 'number' || x.kind === 'name' || x.kind === 'call' ? printPlain(x, name) : `(${printPlain(x, name)})`)
  switch (e.kind) {
    case 'number':
      return e.value < 0 || Object.is(e.value, -0) ? `(${Object.is(e.value, -0) ? '-0' : e.value})` : `${e.value}`
    case 'name':
      return name(e.name)
    case 'unary':
      return `${e.op}${inner(e.arg)}`
    case 'binary':
      return `${inner(e.left)} ${e.op} ${inner(e.right)}`
    case 'choice':
      return `${inner(e.condition)} ? ${inner(e.yes)} : ${inner(e.no)}`
    case 'call':
      return `${e.name}(${e.args.map(a => printPlain(a, name)).join(', ')})`
    case 'element':
      throw new InternalError('an element of an array is no formula')
  }
}

/** The names of an expression, and the functions that it calls. */
export const mentionedIn = (e: Plain): { readonly names: ReadonlySet<string>; readonly calls: ReadonlySet<string> } => {
  const names = new Set<string>()
  const calls = new Set<string>()
  const visit = (x: Plain): void => {
    if (x.kind === 'name') names.add(x.name)
    else if (x.kind === 'unary') visit(x.arg)
    else if (x.kind === 'binary') [x.left, x.right].forEach(visit)
    else if (x.kind === 'choice') [x.condition, x.yes, x.no].forEach(visit)
    else if (x.kind === 'call') {
      calls.add(x.name)
      x.args.forEach(visit)
    }
  }
  visit(e)
  return { names, calls }
}

/** Puts expressions in the place of names. */
export const substitute = (e: Plain, by: ReadonlyMap<string, Plain>): Plain => {
  const sub = (x: Plain): Plain => substitute(x, by)
  switch (e.kind) {
    case 'name':
      return by.get(e.name) ?? e
    case 'unary':
      return { ...e, arg: sub(e.arg) }
    case 'binary':
      return { ...e, left: sub(e.left), right: sub(e.right) }
    case 'choice':
      return { ...e, condition: sub(e.condition), yes: sub(e.yes), no: sub(e.no) }
    case 'call':
      return { ...e, args: e.args.map(sub) }
    default:
      return e
  }
}

const arithmetic: Readonly<Record<string, (a: number, b: number) => number | boolean>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '<': (a, b) => a < b,
  '>': (a, b) => a > b,
  '<=': (a, b) => a <= b,
  '>=': (a, b) => a >= b,
  '===': (a, b) => a === b,
  '!==': (a, b) => a !== b,
  '&&': (a, b) => a !== 0 && b !== 0,
  '||': (a, b) => a !== 0 || b !== 0,
}

/** The number that a formula stands for; `name` gives those of its names, `library` its functions. Conditions are 1 and 0. */
export const evaluatePlain = (e: Plain, name: (n: string) => number, library: Readonly<Record<string, unknown>>): number => {
  const down = (x: Plain): number => evaluatePlain(x, name, library)
  switch (e.kind) {
    case 'number':
      return e.value
    case 'name':
      return name(e.name)
    case 'unary':
      return e.op === '-' ? -down(e.arg) : Number(down(e.arg) === 0)
    case 'binary':
      return Number(arithmetic[e.op]!(down(e.left), down(e.right)))
    case 'choice':
      return down(e.condition) !== 0 ? down(e.yes) : down(e.no)
    case 'call': {
      const f = e.name.startsWith('Math.') ? (Math as unknown as Record<string, unknown>)[e.name.slice(5)] : library[e.name]
      return (f as (...x: number[]) => number)(...e.args.map(down))
    }
    case 'element':
      throw new InternalError('an element of an array is no formula')
  }
}
