import assert from 'node:assert/strict'
import { gradientProperties, InputError, verify } from '../../runtime/index.ts'

const source = 'cell C(H) { input x: [H] state h: [H] h = tanh(h[t-1] + x) }'
const odd: Readonly<Record<string, readonly unknown[]>> = {
  runs: [0, -1, -0, 1.5, NaN, Infinity, 2 ** 31, '5', 5n, null, [5], { valueOf: () => 5 }],
  seed: [-1, 1.5, NaN, Infinity, 2 ** 32, '1', 1n, null],
  set: [{ H: 0 }, { H: '3' }, { H: 1.5 }, 3, 'H=3', new Map([['H', 3]])],
  cell: [3, null, ['C']],
  path: [3, null],
  files: ['x', {}],
  progress: ['x', {}],
  alter: ['x', () => 1],
  run: [5],
}

describe('options of verify', () => {
  for (const [name, values] of Object.entries(odd))
    it(`${name}: is refused as what it is not`, async () => {
      for (const value of values) {
        const wrong = (e: unknown): boolean => e instanceof InputError && e.message.includes(name)
        await assert.rejects(verify(source, { [name]: value }), wrong)
        assert.throws(() => gradientProperties(source, { [name]: value }), wrong)
      }
    })

  it('are taken for what they are, once', async () => {
    let reads = 0
    const options = {
      set: { H: 2 },
      seed: 2 ** 32 - 1,
      get runs() {
        return ++reads === 1 ? 1 : NaN
      },
    }
    const { cells } = await verify(source, options)
    assert.deepEqual([reads, cells[0]?.outcome, cells[0]?.checks[0]?.cases], [1, 'pass', 1])
    for (const { run } of gradientProperties(source, { runs: 1, seed: 0, cell: 'C' })) await run()
  })

  it('name what the source has', async () => {
    await assert.rejects(verify(source, { set: { K: 2 } }), /^RangeError: set: C: there is no dim "K"; there are: H/)
    await assert.rejects(verify(3 as unknown as string), /^InputError: the source must be a string/)
  })
})
