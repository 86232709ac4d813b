import assert from 'node:assert/strict'
import { engine } from '../support/engine.ts'
import {
  countUp,
  choose,
  encode,
  f32,
  f32x4,
  Func,
  get,
  i32,
  load,
  Module,
  op,
  opWith,
  repeatWhile,
  set,
  store,
  tee,
  when,
  type Code,
  type ValueType,
} from '../../compiler/targets/wasm/assembler.ts'
import { instructions } from '../../compiler/targets/wasm/instructions.ts'

/** The assembler alone: bytes against the specification, and against the engine. */

const hex = (code: Code): string =>
  encode(code)
    .map(b => b.toString(16).padStart(2, '0'))
    .join(' ')

const run = (params: readonly ValueType[], results: readonly ValueType[], body: (f: Func) => Code, ...args: readonly number[]): unknown => {
  const module = new Module()
  const f = module.add(new Func('f', params, results), true)
  f.body = body(f)
  const memory = new engine.Memory({ initial: 1 })
  const { exports } = new engine.Instance(new engine.Module(module.bytes()), { env: { memory } })
  return exports['f']!(...args)
}

describe('the assembler', () => {
  // The encodings of the specification, section 5.2.2.
  for (const [value, bytes] of [
    [0, '41 00'],
    [1, '41 01'],
    [-1, '41 7f'],
    [63, '41 3f'],
    [64, '41 c0 00'],
    [-64, '41 40'],
    [-65, '41 bf 7f'],
    [624485, '41 e5 8e 26'],
    [-123456, '41 c0 bb 78'],
    [2147483647, '41 ff ff ff ff 07'],
    [-2147483648, '41 80 80 80 80 78'],
  ] as const)
    it(`i32.const ${value}`, () => assert.equal(hex(i32(value)), bytes))

  it('f32.const, a load with an offset, a vector opcode of two bytes', () => {
    assert.equal(hex(f32(1)), '43 00 00 80 3f')
    assert.equal(hex(load('f32.load', i32(0), 300)), '41 00 2a 02 ac 02')
    assert.equal(hex(op('f32x4.add', f32x4(0), f32x4(0))).slice(-8), 'fd e4 01')
  })

  it('every i32 comes back as it went in', () => {
    for (const v of [0, 1, -1, 127, 128, -128, -129, 2 ** 20, -(2 ** 20), 2 ** 31 - 1, -(2 ** 31)])
      assert.equal(
        run([], ['i32'], () => i32(v)),
        v,
      )
  })

  it('locals, branches and loops', () => {
    const factorial = (f: Func): Code => {
      const [n] = f.params as [Func['params'][number]]
      const [i, y] = [f.local('i32'), f.local('i32')]
      return [set(i, i32(1)), set(y, i32(1)), countUp(i, op('i32.add', get(n), i32(1)), i32(1), set(y, op('i32.mul', get(y), get(i)))), get(y)]
    }
    assert.equal(run(['i32'], ['i32'], factorial, 6), 720)
    assert.equal(run(['i32'], ['i32'], factorial, 0), 1)
    const halvings = (f: Func): Code => {
      const [n] = f.params as [Func['params'][number]]
      const y = f.local('i32')
      return [set(y, i32(0)), repeatWhile(set(y, op('i32.add', get(y), i32(1))), tee(n, op('i32.shr_u', get(n), i32(1)))), get(y)]
    }
    assert.equal(run(['i32'], ['i32'], halvings, 1024), 11)
    const sign = (f: Func): Code => choose('i32', op('i32.lt_s', get(f.params[0]!), i32(0)), i32(-1), i32(1))
    assert.deepEqual([run(['i32'], ['i32'], sign, -5), run(['i32'], ['i32'], sign, 5)], [-1, 1])
    const least = (f: Func): Code => [when(op('i32.lt_s', get(f.params[0]!), i32(3)), set(f.params[0]!, i32(3)), set(f.params[0]!, i32(9))), get(f.params[0]!)]
    assert.deepEqual([run(['i32'], ['i32'], least, 1), run(['i32'], ['i32'], least, 4)], [3, 9])
  })

  it('lanes of a vector in memory, unaligned', () => {
    const body = (f: Func): Code => {
      const v = f.local('v128')
      return [
        set(v, opWith('v128.const', [...new Uint8Array(new Float32Array([1, 2, 3, 4]).buffer)])),
        store('v128.store', i32(5), get(v)),
        store('v128.store32_lane', i32(21), get(v), 0, 3),
        op('f32.add', load('f32.load', i32(5), 8), load('f32.load', i32(0), 21)),
      ]
    }
    assert.equal(run([], ['f32'], body), 7)
  })

  it('calls name functions, and refuse a wrong number of operands', () => {
    const module = new Module()
    const twice = module.add(new Func('twice', ['i32'], ['i32']))
    twice.body = op('i32.add', get(twice.params[0]!), get(twice.params[0]!))
    const f = module.add(new Func('f', [], ['i32']), true)
    f.body = module.call(twice, i32(21))
    const memory = new engine.Memory({ initial: 1 })
    const { exports } = new engine.Instance(new engine.Module(module.bytes()), { env: { memory } })
    assert.equal(exports['f']!(), 42)
    assert.throws(() => module.call(twice), /takes 1 operands, not 0/)
    assert.throws(() => module.call(new Func('other', [])), /not in the module/)
    assert.throws(() => module.add(new Func('f', [])), /two functions called f/)
  })

  it('no two instructions have the same bytes', () => {
    const codes = Object.values(instructions).map(i => i.code.join(' '))
    assert.equal(new Set(codes).size, codes.length)
  })
})
