import assert from 'node:assert/strict'
import { compile, type Target } from '../../compiler/compile.ts'
import { importCode } from '../../runtime/load.ts'

/** What grows with what: work is counted, never timed. */

const chain = (loss: string, more = ''): string => `model M(D, H) {
  input x: [D]
  target z
  param W: [H, D], U: [H, H], w: [H]
  state h: [H]
  h = tanh(W @ x + U @ h[t-1])
  ${more}
  ${loss}
}`
const both = `cell F(H) {
  input x: [H]
  state h: [H]
  param U: [H, H]
  h = tanh(x + U @ h[t-1])
}
model Both(D, H) {
  input x: [D]
  target z
  param W, B: [H, D], w: [H]
  f = F(H=H)(W @ x)
  b = F(H=H)(reverse(B @ x))
  loss squared_error(dot(w, f.h + reverse(b.h)), z)
}`

/** Rounds of loops over steps, and of those over the places of a product or a map, that a backward pass of the emitted code makes. */
const roundsOf = async (source: string, T: number, window: number, every: number, lengths?: readonly number[]): Promise<number> => {
  const counted = globalThis as { rounds?: number }
  // The body of each loop begins by counting.
  const js = compile(source, { cell: source === both ? 'Both' : 'M', dtype: 'f64' }).code!.js.replaceAll(/^( *for \(let .*\{)$/gm, '$1 globalThis.rounds++;')
  const net = (await importCode(js)).create({ D: 2, H: 3 }, { t: T, batch: lengths?.length ?? 1 }, { window, every })
  net.initialise(1)
  if (lengths !== undefined) net.lengths['t']!.set(lengths)
  net.forward()
  counted.rounds = 0
  net.backward()
  const { rounds } = counted
  delete counted.rounds
  return rounds
}

describe('the work of a backward pass', () => {
  for (const [what, source] of [
    ['a chain', chain('loss squared_error(dot(w, h), z)')],
    ['delays of several steps', chain('loss squared_error(dot(w, y), z)', 'y = h[t-3] + 0.5 * h')],
    ['both directions', both],
  ] as const) {
    it(`grows with the steps, and with window over every: ${what}`, async () => {
      const [few, many] = [await roundsOf(source, 200, 12, 3), await roundsOf(source, 400, 12, 3)]
      assert.ok(Math.abs(many / few - 2) < 0.1, `${many} rounds for 400 steps, ${few} for 200`)
      const full = await roundsOf(source, 400, Infinity, Infinity)
      // What looks backward as well has twice the window.
      assert.ok(many / full < (source === both ? 8.5 : 4.5), `${many} rounds for windows of 12 every 3, ${full} for full BPTT`)
    })
    it(`is that of full BPTT where chunks are as long as the window: ${what}`, async () => {
      const [cut, full] = [await roundsOf(source, 400, 20, 20), await roundsOf(source, 400, Infinity, Infinity)]
      assert.ok(Math.abs(cut / full - 1) < 0.01, `${cut} rounds, ${full} for full BPTT`)
    })
  }

  it('grows with the steps where sequences differ in length', async () => {
    const lengths = (T: number): readonly number[] => [T, T - 3, T - 6, T - 9]
    const [few, many] = [await roundsOf(both, 200, 12, 3, lengths(200)), await roundsOf(both, 400, 12, 3, lengths(400))]
    assert.ok(Math.abs(many / few - 2) < 0.1, `${many} rounds for 400 steps, ${few} for 200`)
  })

  it('is a pass over all steps for each chunk where losses couple distant steps, and the plan says why', async () => {
    const source = chain('loss squared_error(dot(w, m), z)', 'm = mean(h over t)')
    const [few, many] = [await roundsOf(source, 100, 4, 4), await roundsOf(source, 200, 4, 4)]
    assert.ok(Math.abs(many / few - 4) < 0.2, `${many} rounds for 200 steps, ${few} for 100`)
    assert.equal(compile(source).stages!.reach.couples, 'h is summed up over all steps')
    assert.equal(compile(chain('loss squared_error(dot(w, h), z)')).stages!.reach.couples, undefined)
  })
})

describe('memory', () => {
  for (const target of ['ts', 'wasm'] as const satisfies readonly Target[])
    it(`of windows that overlap is that of full BPTT with its tape kept (${target})`, async () => {
      const { create } = await importCode(compile(both, { cell: 'Both', target }).code!.js)
      const bytes = (options: object): number => {
        const { params, tape, work } = create({ D: 2, H: 3 }, { t: 100, batch: 2 }, options).bytes
        return params + tape + work
      }
      assert.equal(bytes({ window: 6, every: 2 }), bytes({ again: true }))
    })
})
