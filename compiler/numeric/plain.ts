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
