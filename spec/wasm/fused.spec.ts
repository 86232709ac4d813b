import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** Bounds of the functions where multiply-adds are fused, in units of the last place: no wider than without. */
const bounds: Readonly<Record<string, number>> = {
  exp: 1,
  expm1: 1.6,
  log: 0.8,
  log1p: 0.8,
  tanh: 2.4,
  sigmoid: 2.4,
  softplus: 1.6,
  sin: 2.4,
  cos: 2.4,
  erf: 2.5,
  pow: 0.9,
}

describe('fused multiply-add', () => {
  let result: { readonly errors: Readonly<Record<string, number>>; readonly apart: number; readonly differing: number }
  before(function () {
    this.timeout(60_000)
    // Node 20 has relaxed vectors behind a flag; later ones have them, and no such flag.
    const flag = process.versions.node.startsWith('20.') ? ['--experimental-wasm-relaxed-simd'] : []
    const script = fileURLToPath(new URL('./fused.ts', import.meta.url))
    result = JSON.parse(execFileSync(process.execPath, [...flag, '--import', 'tsx', script], { encoding: 'utf8' })) as typeof result
  })

  for (const [name, bound] of Object.entries(bounds))
    it(`${name} keeps within ${bound} ulp`, () => assert.ok(result.errors[name]! <= bound, `${name} is ${result.errors[name]} ulp off`))

  it('is used, and changes no more than last bits', () => {
    assert.ok(result.differing > 0, 'nothing differs from the code that does not fuse')
    assert.ok(result.apart < 1e-5, `gradients differ by ${result.apart} of the largest`)
  })
})
