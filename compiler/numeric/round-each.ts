/**
 * Rewrites the text of a numeric function so that each + - * / and square root is rounded to f32. It understands the
 * plain style of this folder. What is compared with bits, or chooses an element, is a whole number and stays as it is.
 */

const TOKEN = /\s+|\/\/[^\n]*|\/\*[^]*?\*\/|\d[\w.]*(?:(?<=e)[-+]\d+)?|[A-Za-z_$][\w$.]*|>>>|===|!==|>>|<<|&&|\|\||<=|>=|=>|[^\s\w]/g

const LEVEL: Readonly<Record<string, number>> = {
  '||': 1,
  '&&': 2,
  '|': 3,
  '^': 4,
  '&': 5,
  '===': 6,
  '!==': 6,
  '<': 7,
  '>': 7,
  '<=': 7,
  '>=': 7,
  '>>': 8,
  '<<': 8,
  '>>>': 8,
  '+': 9,
  '-': 9,
  '*': 10,
  '/': 10,
}
const ROUNDED = new Set(['+', '-', '*', '/', 'Math.sqrt'])
const BITWISE = new Set(['|', '^', '&', '>>', '<<', '>>>'])

interface Parsed {
  /** With every operation rounded. */
  readonly rounded: string
  readonly plain: string
}

/** The function with rounded operations; `fround` must be in scope. */
export const roundEach = (text: string): string => {
  const tokens = text.match(TOKEN) ?? []
  let at = 0
  const isSpace = (token: string | undefined): boolean => token !== undefined && /^(\s|\/\/|\/\*)/.test(token)
  const space = (): string => {
    let out = ''
    while (isSpace(tokens[at])) out += tokens[at++]!
    return out
  }
  const peek = (): string | undefined => {
    let i = at
    while (isSpace(tokens[i])) i++
    return tokens[i]
  }
  const next = (expected?: string): string => {
    space()
    const token = tokens[at++]
    if (token === undefined || (expected !== undefined && token !== expected))
      throw new Error(`Expected ${expected ?? 'a token'} and found ${token} in\n${text}`)
    return token
  }
  const wrap = (operator: string, rounded: string, plain: string): Parsed => ({
    rounded: ROUNDED.has(operator) ? `fround(${rounded})` : rounded,
    plain,
  })

  const operand = (): Parsed => {
    const token = next()
    if (token === '-' || token === '!') {
      const inner = operand()
      return { rounded: token + inner.rounded, plain: token + inner.plain }
    }
    let value: Parsed = { rounded: token, plain: token }
    if (token === '(') {
      const inner = expression()
      next(')')
      value = { rounded: `(${inner.rounded})`, plain: `(${inner.plain})` }
    } else if (!/^[\w$]/.test(token)) throw new Error(`${token} begins no operand in\n${text}`)
    for (;;) {
      // A parenthesis or bracket at the start of a line never continues an expression in our sources.
      if (tokens[at] === '(') {
        next('(')
        const args: Parsed[] = []
        while (peek() !== ')') {
          args.push(expression())
          if (peek() === ',') next(',')
        }
        next(')')
        value = wrap(token, `${value.rounded}(${args.map(a => a.rounded).join(', ')})`, `${value.plain}(${args.map(a => a.plain).join(', ')})`)
      } else if (tokens[at] === '[') {
        next('[')
        const index = expression()
        next(']')
        value = { rounded: `${value.rounded}[${index.plain}]`, plain: `${value.plain}[${index.plain}]` }
      } else if (tokens[at] === '!') {
        next('!')
        value = { rounded: `${value.rounded}!`, plain: `${value.plain}!` }
      } else return value
    }
  }

  const binary = (least: number): Parsed => {
    let left = operand()
    for (;;) {
      const operator = peek() ?? ''
      const level = LEVEL[operator]
      if (level === undefined || level < least) return left
      next()
      const right = binary(level + 1)
      const plain = `${left.plain} ${operator} ${right.plain}`
      left = BITWISE.has(operator) ? { rounded: plain, plain } : wrap(operator, `${left.rounded} ${operator} ${right.rounded}`, plain)
    }
  }

  const expression = (): Parsed => {
    const condition = binary(1)
    if (peek() !== '?') return condition
    next('?')
    const yes = expression()
    next(':')
    const no = expression()
    return { rounded: `${condition.rounded} ? ${yes.rounded} : ${no.rounded}`, plain: `${condition.plain} ? ${yes.plain} : ${no.plain}` }
  }

  // Everything up to the body is copied; then each expression behind `=` or `return` is rewritten.
  let out = ''
  while (at < tokens.length && tokens[at] !== '{') out += tokens[at++]!
  while (at < tokens.length) {
    const token = tokens[at++]!
    out += token
    if (token === '=' || token === 'return') out += ` ${expression().rounded}`
  }
  return out
}
