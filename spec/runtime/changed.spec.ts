import assert from 'node:assert/strict'
import type { Arrays } from '../../compiler/signature.ts'
import { changed } from '../../runtime/changed.ts'
import { FileError } from '../../runtime/errors.ts'
import { copyParameters, createModel, type Model } from '../../runtime/model.ts'
import { adadelta, adagrad, adam, adamW, rmsprop, sgd, type Optimiser } from '../../runtime/optimisers.ts'
import { loadParts } from '../../runtime/parts.ts'
import { loadWeights, resumeFrom, saveWeights } from '../../runtime/weights.ts'
import { fakeModule } from './fake-module.ts'

const optimisers: readonly (readonly [string, (rate: number) => Optimiser])[] = [
  ['sgd', rate => sgd({ rate })],
  ['momentum', rate => sgd({ rate, momentum: 0.5 })],
  ['adam', rate => adam({ rate })],
  ['adamW', rate => adamW({ rate })],
  ['adagrad', rate => adagrad({ rate })],
  ['rmsprop', rate => rmsprop({ rate })],
  ['adadelta', rate => adadelta({ rate })],
]

/** The same arrays in a record that counts how often it is told of a change; frozen, and with accessors, as a net may have it. */
const watched = (arrays: Arrays): { readonly params: Arrays; readonly times: () => number } => {
  let times = 0
  const params = Object.create(null) as Record<string, never>
  for (const [name, array] of Object.entries(arrays)) Object.defineProperty(params, name, { get: () => array, enumerable: true })
  Object.defineProperty(params, changed, { value: () => void times++ })
  return { params: Object.freeze(params), times: () => times }
}

const model = (): Model & { readonly times: () => number } => {
  const made = createModel(fakeModule('f64'), { V: 2 }, { t: 1, batch: 1 })
  const { params, times } = watched(made.net.params)
  return { ...made, net: { ...made.net, params }, times }
}

describe('what writes parameters', () => {
  it('goes by a name that others can know', () => assert.equal(changed, Symbol.for('recurve.changed')))

  for (const [name, make] of optimisers)
    it(`${name} tells it after each step that may change something`, () => {
      const { params, times } = watched({ W: Float64Array.of(1), b: Float64Array.of(1) })
      const grads = Object.freeze({ W: Float64Array.of(1) })
      const optimiser = make(0.1)
      optimiser.update(params, grads)
      assert.deepEqual([params['W']![0] === 1, times()], [false, 1])
      optimiser.update(params, grads, 0)
      assert.equal(times(), 1)
      optimiser.update(params, grads)
      assert.equal(times(), 2)
      assert.throws(() => optimiser.update(params, { Z: Float64Array.of(1) }))
      assert.equal(times(), 2)
      const idle = watched({ W: Float64Array.of(1) })
      make(0).update(idle.params, grads)
      make(0.1).update(idle.params, {})
      assert.equal(idle.times(), 0)
    })

  it('loaders and copies tell it, where they write', () => {
    const from = model()
    const run = saveWeights(from, { progress: { step: 1, seed: 1, optimiser: sgd({ rate: 1 }).save() } })
    for (const write of [
      (to: Model) => loadWeights(to, run),
      (to: Model) => resumeFrom(to, run),
      (to: Model) => loadParts(to, run, { W: 'W' }),
      (to: Model) => copyParameters(from, to),
    ]) {
      const to = model()
      write(to)
      assert.equal(to.times(), 1)
    }
    assert.equal(from.times(), 0)
    const to = model()
    from.net.params['b']![0] = NaN
    assert.throws(() => loadWeights(to, saveWeights(from)), FileError)
    loadParts(to, run, {})
    assert.equal(to.times(), 0)
  })

  it('a record without a place for it is fine', () => sgd({ rate: 1 }).update({ W: Float64Array.of(1) }, { W: Float64Array.of(1) }))
})
