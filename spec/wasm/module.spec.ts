import assert from 'node:assert/strict'
import { engine } from '../support/engine.ts'
import { readFileSync } from 'node:fs'
import { compile } from '../../compiler/compile.ts'
import { interpret, singleEach } from '../../compiler/interpret/interpret.ts'
import { wholePass } from '../../compiler/interpret/passes.ts'
import type { GeneratedModule, Net } from '../../compiler/signature.ts'
import { importCode, load } from '../../runtime/load.ts'

/** What a program sees that imports a generated file with WebAssembly in it. */

const std = (file: string): string => readFileSync(new URL(`../../dsl/std/${file}.cell`, import.meta.url), 'utf8')
const wasm = { target: 'wasm', dtype: 'f32' } as const

const fill = (a: { length: number; [i: number]: number }, seed: number): void => {
  for (let i = 0; i < a.length; i++) a[i] = Math.fround(Math.sin(1 + seed * 3.1 + i * 0.7) * 0.6)
}
const filled = (net: Net): Net => {
  let seed = 0
  for (const list of [net.params, net.inputs, net.initial, net.outputGrads, net.finalGrads])
    for (const a of Object.values(list)) fill(a as Float32Array, seed++)
  return net
}
const results = (net: Net): Record<string, number[]> =>
  Object.fromEntries(
    (['outputs', 'final', 'grads', 'inputGrads', 'initialGrads'] as const).flatMap(kind =>
      Object.entries(net[kind]).map(([n, a]) => [`${kind} ${n}`, Array.from(a as Float32Array)]),
    ),
  )

/** Sizes around the width of a vector, of a tile, and of a panel. */
const widths = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33]
const lengths = [1, 2, 3, 5]

describe('a generated module in WebAssembly', () => {
  for (const [file, cell] of [
    ['lstm', 'LSTM'],
    ['gru', 'GRU'],
  ] as const)
    it(`${cell}: the bits of the interpreter for sizes around the vector width`, async function () {
      this.timeout(60_000)
      const { code, stages } = compile(std(file), { cell, ...wasm })
      const module = await importCode(code!.js)
      const { graph } = stages!.frozen
      widths.forEach((H, i) => {
        // Every width as each of the sizes, without all products of them.
        const [D, batch, t] = [widths[(i * 5 + 3) % widths.length]!, widths[(i * 7 + 1) % widths.length]!, lengths[i % lengths.length]!]
        const net = filled(module.create({ D, H }, { t, batch }, { window: 2 }))
        const roles: Readonly<Record<string, Readonly<Record<string, ArrayLike<number>>>>> = {
          param: net.params as Record<string, Float32Array>,
          input: net.inputs as Record<string, Float32Array>,
          initial: net.initial as Record<string, Float32Array>,
          outputGrad: net.outputGrads as Record<string, Float32Array>,
          finalGrad: net.finalGrads as Record<string, Float32Array>,
        }
        const values = interpret({
          graph,
          sizes: { t, b: batch, dims: { D, H } },
          arithmetic: singleEach,
          pass: { ...wholePass, window: 2 },
          read: n => ({ re: Float64Array.from(roles[n.attrs.role!]![n.attrs.name!]!) }),
        })
        net.forward()
        net.backward()
        const same = (what: string, got: ArrayLike<number>, id: number): void => {
          const { re } = values.get(id)!
          for (let j = 0; j < re.length; j++)
            assert.ok(Object.is(got[j], re[j]), `${what}[${j}] is ${got[j]} instead of ${re[j]} (D ${D}, H ${H}, T ${t}, B ${batch})`)
        }
        for (const [n, id] of graph.face.outputs) same(n, net.outputs[n]!, id)
        for (const [n, id] of graph.gradients!.params) same(`gradient of ${n}`, net.grads[n]!, id)
        for (const [n, id] of graph.gradients!.inputs) same(`gradient of ${n}`, net.inputGrads[n]!, id)
        for (const [n, id] of graph.gradients!.initial) same(`gradient of the initial ${n}`, net.initialGrads[n]!, id)
      })
    })

  it('stays within its regions: words around each of them are untouched', async () => {
    for (const [file, cell] of [
      ['lstm', 'PeepholeLSTM'],
      ['gru', 'GRU'],
      ['elman', 'Elman'],
    ] as const) {
      const { js } = compile(std(file), { cell, ...wasm }).code!
      // Regions are taken one by one: here with room between them, and a note of where they lie.
      const take = /    const at = top\n    top \+= (.*)\n    return at\n/
      assert.match(js, take)
      const key = `canaries of ${cell}`
      const guarded = js.replace(
        take,
        (_, size: string) => `  const at = top + 8\n  top += ${size} + 16\n  ;(globalThis[${JSON.stringify(key)}] ??= []).push([at, size])\n  return at\n`,
      )
      const module = await importCode(guarded)
      for (const [D, H, batch, t] of [
        [3, 5, 3, 4],
        [16, 16, 4, 3],
        [17, 33, 2, 2],
        [1, 1, 1, 1],
      ] as const) {
        const regions: [number, number][] = []
        Object.assign(globalThis, { [key]: regions })
        const dims = module.signature.dims.includes('K') ? { D, H, K: 3 } : { D, H }
        const net = module.create(dims, { t, batch }, { again: true })
        const memory = new Uint32Array((net.params[Object.keys(net.params)[0]!] as Float32Array).buffer)
        const inside = new Uint8Array(memory.length)
        for (const [at, size] of regions) inside.fill(1, at, at + size)
        // The words at the start are the target's own.
        inside.fill(1, 0, Math.min(...regions.map(([at]) => at)) - 8)
        const canary = 0x7fc0_1234
        for (let i = 0; i < memory.length; i++) if (inside[i] === 0) memory[i] = canary
        filled(net)
        net.forward()
        net.backward()
        net.backward({ accumulate: true })
        net.carry()
        for (let i = 0; i < memory.length; i++) assert.ok(inside[i] === 1 || memory[i] === canary, `word ${i} was written (${cell}, D ${D}, H ${H})`)
      }
    }
  })

  it('with fused multiply-add, or the fallback where the engine lacks it, agrees to rounding', async () => {
    const plain = await load(std('lstm'), { cell: 'LSTM', ...wasm })
    const fused = await load(std('lstm'), { cell: 'LSTM', ...wasm, fma: true })
    const [a, b] = [plain, fused].map(m => {
      const net = filled(m.create({ D: 9, H: 13 }, { t: 5, batch: 3 }))
      net.forward()
      net.backward()
      return results(net)
    }) as [Record<string, number[]>, Record<string, number[]>]
    for (const [n, list] of Object.entries(a))
      list.forEach((v, i) => assert.ok(Math.abs(v - b[n]![i]!) <= 1e-5 * (1 + Math.abs(v)), `${n}[${i}]: ${v} and ${b[n]![i]}`))
  })

  it('says what to do where the engine has no vectors', async () => {
    // A text of its own: the same code is loaded, and its kernels compiled, once.
    const module = await load(`${std('elman')}\n# alone\n`, wasm)
    const { validate } = engine
    try {
      engine.validate = () => false
      assert.throws(() => module.create({ D: 2, H: 2, K: 2 }, { t: 1, batch: 1 }), /no vectors in WebAssembly \(SIMD\): build with --target ts/)
    } finally {
      engine.validate = validate
    }
    assert.doesNotThrow(() => module.create({ D: 2, H: 2, K: 2 }, { t: 1, batch: 1 }))
  })

  it('refuses f64', () => assert.throws(() => compile(std('lstm'), { target: 'wasm', dtype: 'f64' }), RangeError))

  it('allocates nothing in a step', async () => {
    const lstm: GeneratedModule = await load(std('lstm'), { cell: 'LSTM', ...wasm })
    const net = filled(lstm.create({ D: 8, H: 8 }, { t: 16, batch: 2 }, { again: true }))
    const passes = (n: number): void => {
      for (let i = 0; i < n; i++) {
        net.forward()
        net.backward()
      }
    }
    passes(2000)
    // The process allocates for itself now and then, and a collection takes away: the middle one of several rounds is the code's own.
    const rounds = Array.from({ length: 7 }, () => {
      const before = process.memoryUsage()
      passes(2000)
      const after = process.memoryUsage()
      return [after.heapUsed - before.heapUsed, after.arrayBuffers - before.arrayBuffers] as const
    })
    const middle = (k: 0 | 1): number => rounds.map(r => r[k]).sort((x, y) => x - y)[3]!
    // A number for each of 2000 * 16 steps would be 512 KB at least.
    assert.ok(middle(0) < 250_000, `${rounds.map(r => r[0]).join(', ')} bytes`)
    assert.ok(middle(1) < 50_000)
  })
})
