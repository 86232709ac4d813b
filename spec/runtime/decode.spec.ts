import assert from 'node:assert/strict'
import { decode } from '../../runtime/decode.ts'
import { InputError } from '../../runtime/errors.ts'
import { load } from '../../runtime/load.ts'
import { createModel, type Model } from '../../runtime/model.ts'
import { sampleIndex } from '../../runtime/sample.ts'

/** A chain of symbols whose probabilities are in a table: the row is the symbol before, 0 ends. */
const source = `model Chain(V) {
  input mood: [V] once
  target next: index(V) from 1
  output y
  param table: [V, V]
  y = table[next[t-1]] + mood
  loss cross_entropy(y, next)
}`
const P = [
  [1, 0, 0, 0],
  [0.02, 0.03, 0.5, 0.45],
  [0.02, 0.34, 0.32, 0.32],
  [0.97, 0.01, 0.01, 0.01],
]

const modelOf = async (batch: number): Promise<Model> => {
  const model = createModel(await load(source, { dtype: 'f64' }), { V: 4 }, { t: 1, batch })
  model.net.params['table']!.set(P.flat().map(p => Math.log(p + 1e-30)))
  return model
}

/** The best of all sequences of at most so many symbols, by trying them. */
const best = (length: number): { tokens: number[]; log: number } => {
  let found = { tokens: [] as number[], log: -Infinity }
  const visit = (tokens: number[], before: number, log: number): void => {
    const ended = log + Math.log(P[before]![0]! + 1e-30)
    if (ended > found.log) found = { tokens, log: ended }
    if (tokens.length < length - 1) for (const k of [1, 2, 3]) visit([...tokens, k], k, log + Math.log(P[before]![k]!))
  }
  visit([], 1, 0)
  return found
}

describe('decoding', () => {
  it('takes the likeliest symbol each time, and stops at the end', async () => {
    const model = await modelOf(2)
    const [a, b] = decode(model, { method: 'greedy', length: 4, stop: 0 })
    assert.deepEqual([a!.tokens, a!.ended], [[2, 1, 2, 1], false])
    assert.deepEqual(a, b)
    assert.ok(Math.abs(a!.logProbability - Math.log(0.5 * 0.34 * 0.5 * 0.34)) < 1e-12)
    model.net.inputs['mood']!.set([0, 0, 0, 9])
    assert.deepEqual(
      decode(model, { method: 'greedy', length: 4, stop: 0 }).map(d => d.tokens),
      [
        [3, 3, 3, 3],
        [2, 1, 2, 1],
      ],
    )
  })

  it('with beams finds what greedy steps over: the best of all sequences, where there are beams enough', async () => {
    const [found] = decode(await modelOf(4), { method: 'beam', beams: 4, length: 5, stop: 0, alpha: 0 })
    const wanted = best(5)
    assert.deepEqual(found!.tokens, wanted.tokens)
    assert.ok(Math.abs(found!.logProbability - wanted.log) < 1e-12 && found!.ended)
    const [one] = decode(await modelOf(1), { method: 'beam', beams: 1, length: 4, stop: 0, alpha: 0 })
    assert.deepEqual(one!.tokens, [2, 1, 2, 1])
  })

  it('favours longer sequences by its exponent', async () => {
    const model = await modelOf(8)
    model.net.params['table']!.set(P.flat().map((p, i) => Math.log(p + 1e-30) + (i === 4 ? 3.2 : 0)))
    const lengthOf = (alpha: number): number => decode(model, { method: 'beam', beams: 4, length: 6, stop: 0, alpha })[0]!.tokens.length
    assert.ok(lengthOf(0) < lengthOf(6), `${lengthOf(0)} and ${lengthOf(6)}`)
  })

  it('draws as the model says, the same for the same seed', async () => {
    const model = await modelOf(500)
    const draw = (seed: number, more: object = {}): number[] => decode(model, { method: 'sample', seed, length: 1, ...more }).map(d => d.tokens[0]!)
    assert.deepEqual(draw(1), draw(1))
    assert.notDeepEqual(draw(1), draw(2))
    const share = draw(3).filter(k => k === 2).length / 500
    assert.ok(Math.abs(share - 0.5) < 0.07, `${share}`)
    assert.deepEqual(
      [...new Set(draw(4, { topK: 2 }))].sort((a, b) => a - b),
      [2, 3],
    )
    assert.deepEqual(
      [...new Set(draw(4, { topP: 0.9 }))].sort((a, b) => a - b),
      [2, 3],
    )
    assert.deepEqual([...new Set(draw(4, { topP: 0.4 }))], [2])
  })

  it('has a nucleus: the fewest symbols with that probability', () => {
    const logits = [0.5, 0.3, 0.15, 0.05].map(Math.log)
    const among = (topP: number): number => new Set(Array.from({ length: 200 }, (_, i) => sampleIndex(logits, { topP }, i / 200))).size
    assert.deepEqual([0.4, 0.5, 0.7, 0.9, 0.97, 1].map(among), [1, 1, 2, 3, 4, 4])
    for (const topP of [0, -1, 1.1, NaN]) assert.throws(() => sampleIndex(logits, { topP }, 0.5), InputError)
  })

  it('refuses what makes no sense', async () => {
    const model = await modelOf(3)
    for (const bad of [{ length: 0 }, { stop: 4 }, { output: 'z' }, { target: 'z' }])
      assert.throws(() => decode(model, { method: 'greedy', length: 2, ...bad }), InputError)
    assert.throws(() => decode(model, { method: 'beam', beams: 2, length: 2 }), /not a multiple of 2/)
    const says = (options: object, message: RegExp): void =>
      assert.throws(
        () => decode(model, options as never),
        (e: unknown) => e instanceof InputError && message.test(e.message),
      )
    says({ length: 2 }, /method must be "greedy", "sample" or "beam", got undefined/)
    says({ method: 'greddy', length: 2 }, /method must be .*, got "greddy"/)
    says({ method: 'greedy', length: 2, beams: 3 }, /decode by greedy: there is no option "beams"/)
    says({ method: 'sample', length: 2 }, /the seed must be an integer/)
    says({ method: 'sample', length: 2, seed: 1, topP: 2 }, /topP must be/)
    says({ method: 'beam', length: 2 }, /beams must be an integer/)
    says({ method: 'beam', length: 2, beams: 1, alpha: NaN }, /alpha must be/)
    says({ method: 'greedy', length: '2' }, /length must be an integer at least 1, got "2"/)
    const ahead = createModel(await load(source.replace('next[t-1]', 'next[t+1]'), {}), { V: 4 }, { t: 1, batch: 1 })
    assert.throws(() => decode(ahead, { method: 'greedy', length: 2 }), /look ahead/)
  })
})
