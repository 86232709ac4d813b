/**
 * A small assembler: modules of WebAssembly from instructions by their names. It knows bytes and nothing else.
 * Code is a list of instructions that leaves its value on the stack, so that expressions are put together by functions.
 */
import { InternalError } from '../../../dsl/diagnostics.ts'
import { instructions, type Name } from './instructions.ts'

export type ValueType = 'i32' | 'f32' | 'v128'

interface Placed {
  readonly name: Name
  /** Numbers behind the opcode: an index, a constant, an offset in memory, lanes. */
  readonly operands: readonly number[]
}

/** Instructions in their order. Parts are shared, never changed. */
export type Code = readonly (Placed | Code)[]

/** An instruction behind its operands. */
export const op = (name: Name, ...operands: readonly Code[]): Code => [...operands, { name, operands: [] }]

/** An instruction with numbers of its own (an index, a lane, lanes), behind its operands. */
export const opWith = (name: Name, numbers: readonly number[], ...operands: readonly Code[]): Code => [...operands, { name, operands: numbers }]

/** Reads memory at an address plus `offset` bytes. */
export const load = (name: Name & `${string}load${string}`, address: Code, offset = 0): Code => opWith(name, [offset], address)

/** Writes memory at an address plus `offset` bytes. */
export const store = (name: Name & `${string}store${string}`, address: Code, value: Code, offset = 0, lane?: number): Code =>
  opWith(name, lane === undefined ? [offset] : [offset, lane], address, value)

export const i32 = (value: number): Code => opWith('i32.const', [value])
export const f32 = (value: number): Code => opWith('f32.const', [value])
/** Four equal numbers. */
export const f32x4 = (value: number): Code => opWith('v128.const', [...new Uint8Array(new Float32Array([value, value, value, value]).buffer)])
export const i32x4 = (value: number): Code => opWith('v128.const', [...new Uint8Array(new Int32Array([value, value, value, value]).buffer)])

export interface Local {
  readonly index: number
  readonly type: ValueType
}

export const get = (l: Local): Code => opWith('local.get', [l.index])
export const set = (l: Local, value: Code): Code => opWith('local.set', [l.index], value)
export const tee = (l: Local, value: Code): Code => opWith('local.tee', [l.index], value)

/** Runs the body while the condition, tested at its end, holds; it runs once at least. */
export const repeatWhile = (body: Code, condition: Code): Code => [{ name: 'loop', operands: [] }, body, opWith('br_if', [0], condition), op('end')]

export const when = (condition: Code, then: Code, otherwise?: Code): Code => [
  condition,
  { name: 'if', operands: [] },
  then,
  ...(otherwise === undefined ? [] : [op('else'), otherwise]),
  op('end'),
]

/** The value of one of two codes. */
export const choose = (type: ValueType, condition: Code, then: Code, otherwise: Code): Code => [
  condition,
  { name: 'if', operands: [typeCode[type]] },
  then,
  op('else'),
  otherwise,
  op('end'),
]

/** Counts `variable` from its value upward by `step` while it lies below `limit`. */
export const countUp = (variable: Local, limit: Code, step: Code, body: Code): Code => [
  { name: 'block', operands: [] },
  { name: 'loop', operands: [] },
  opWith('br_if', [1], op('i32.ge_s', get(variable), limit)),
  body,
  set(variable, op('i32.add', get(variable), step)),
  opWith('br', [0]),
  op('end'),
  op('end'),
]

const typeCode: Readonly<Record<ValueType, number>> = { i32: 0x7f, f32: 0x7d, v128: 0x7b }

/** A function: its parameters come first among its locals. */
export class Func {
  readonly name: string
  readonly params: readonly Local[]
  readonly results: readonly ValueType[]
  readonly #locals: Local[] = []
  body: Code = []

  constructor(name: string, params: readonly ValueType[], results: readonly ValueType[] = []) {
    this.name = name
    this.params = params.map((type, index) => ({ index, type }))
    this.results = results
  }

  local(type: ValueType): Local {
    const made = { index: this.params.length + this.#locals.length, type }
    this.#locals.push(made)
    return made
  }

  get locals(): readonly Local[] {
    return this.#locals
  }
}

const unsigned = (value: number): number[] => {
  const bytes: number[] = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest]
    bytes.push((rest % 128) | 128)
  }
}

const signed = (value: number): number[] => {
  const bytes: number[] = []
  for (let rest = value | 0; ; rest >>= 7) {
    const low = rest & 127
    if ((rest >> 6 === 0 && rest >= 0) || (rest >> 6 === -1 && rest < 0)) return [...bytes, low]
    bytes.push(low | 128)
  }
}

const utf8 = (text: string): number[] => [...new TextEncoder().encode(text)]
const vectorOf = (items: readonly (readonly number[])[]): number[] => [...unsigned(items.length), ...items.flat()]
const named = (text: string): number[] => vectorOf(utf8(text).map(b => [b]))

const noBlockType = 0x40

const encodeOne = ({ name, operands }: Placed, out: number[]): void => {
  const { code, immediate, size } = instructions[name] as { code: readonly number[]; immediate: string; size?: number }
  for (const b of code) out.push(b)
  switch (immediate) {
    case 'index':
      out.push(...unsigned(operands[0]!))
      break
    case 'i32':
      out.push(...signed(operands[0]!))
      break
    case 'f32':
      out.push(...new Uint8Array(new Float32Array([operands[0]!]).buffer))
      break
    case 'v128':
    case 'lanes':
      if (operands.length !== 16) throw new InternalError(`${name} takes 16 bytes`)
      out.push(...operands)
      break
    case 'lane':
      out.push(operands[0]!)
      break
    case 'memory':
    case 'memoryLane':
      // Entries are aligned to four bytes; vectors need no more than that.
      out.push(Math.min(2, Math.log2(size!)), ...unsigned(operands[0]!))
      if (immediate === 'memoryLane') out.push(operands[1]!)
      break
    case 'block':
      out.push(operands[0] ?? noBlockType)
      break
  }
}

/** The bytes of a piece of code. */
export const encode = (code: Code, out: number[] = []): number[] => {
  for (const part of code) {
    if (Array.isArray(part)) encode(part as Code, out)
    else encodeOne(part as Placed, out)
  }
  return out
}

/** Puts functions together; a call names its function, and comes to its number when the module is written. */
export class Module {
  readonly #functions: Func[] = []
  readonly #exports = new Set<string>()

  /** Adds a function; its body may be written afterwards. */
  add(func: Func, exported = false): Func {
    if (this.#functions.some(f => f.name === func.name)) throw new InternalError(`two functions called ${func.name}`)
    this.#functions.push(func)
    if (exported) this.#exports.add(func.name)
    return func
  }

  find(name: string): Func | undefined {
    return this.#functions.find(f => f.name === name)
  }

  call(func: Func, ...args: readonly Code[]): Code {
    if (args.length !== func.params.length) throw new InternalError(`${func.name} takes ${func.params.length} operands, not ${args.length}`)
    const index = this.#functions.indexOf(func)
    if (index < 0) throw new InternalError(`${func.name} is not in the module`)
    return opWith('call', [index], ...args)
  }

  /** The binary module: memory comes from outside as `env.memory`. `pages`: the least and the most that it may have. */
  bytes(memory: { readonly shared: boolean } = { shared: false }): Uint8Array {
    const signature = (f: Func): readonly number[] => [0x60, ...vectorOf(f.params.map(p => [typeCode[p.type]])), ...vectorOf(f.results.map(r => [typeCode[r]]))]
    const types: string[] = []
    const typeIndex = this.#functions.map(f => {
      const key = signature(f).join(' ')
      if (!types.includes(key)) types.push(key)
      return types.indexOf(key)
    })
    const section = (id: number, content: readonly number[]): readonly number[] => [id, ...unsigned(content.length), ...content]
    const body = (f: Func): readonly number[] => {
      const runs: { type: ValueType; count: number }[] = []
      for (const { type } of f.locals) {
        const last = runs.at(-1)
        if (last?.type === type) last.count++
        else runs.push({ type, count: 1 })
      }
      const content = [...vectorOf(runs.map(r => [...unsigned(r.count), typeCode[r.type]])), ...encode(f.body), 0x0b]
      return [...unsigned(content.length), ...content]
    }
    const most = 65_536
    const limits = memory.shared ? [3, 0, ...unsigned(most)] : [0, 0]
    const exported = this.#functions.flatMap((f, i) => (this.#exports.has(f.name) ? [[...named(f.name), 0, ...unsigned(i)]] : []))
    const parts = [
      [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      section(1, vectorOf(types.map(t => t.split(' ').map(Number)))),
      section(2, vectorOf([[...named('env'), ...named('memory'), 2, ...limits]])),
      section(3, vectorOf(typeIndex.map(unsigned))),
      section(7, vectorOf(exported)),
      section(10, vectorOf(this.#functions.map(body))),
      // Names for profilers and stack traces.
      section(0, [...named('name'), ...section(1, vectorOf(this.#functions.map((f, i) => [...unsigned(i), ...named(f.name)])))]),
    ]
    return Uint8Array.from(parts.flat())
  }
}
