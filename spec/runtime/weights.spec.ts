import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Dtype } from '../../compiler/signature.ts'
import { FileError, InputError } from '../../runtime/errors.ts'
import { load } from '../../runtime/load.ts'
import { copyParameters, createModel, evaluateSize, shapeOf, type Model } from '../../runtime/model.ts'
import { adam, sgd } from '../../runtime/optimisers.ts'
import { decode, encode } from '../../runtime/safetensors.ts'
import type { Tensor } from '../../runtime/tensor.ts'
import { loadWeights, resumeFrom, saveWeights } from '../../runtime/weights.ts'
import { fakeModule } from './fake-module.ts'

const bigram = (dtype: Dtype = 'f32', V = 3): Model => createModel(fakeModule(dtype), { V }, { t: 2, batch: 2 })
const bits = (a: Float32Array | Float64Array | undefined): Uint8Array => new Uint8Array(a!.slice().buffer)
const fails = (run: () => unknown, message: RegExp): void => assert.throws(run, (e: unknown) => e instanceof FileError && message.test(e.message))

describe('sizes of a model', () => {
  it('evaluates the sizes that signatures write', () => {
    const dims = { H: 3, D: 5, N_2: 2 }
    for (const [text, value] of [
      ['7', 7],
      ['H', 3],
      ['4*H', 12],
      ['2*H*D + 3*H - 1', 38],
      ['-2*H + D*N_2 + 1', 5],
    ] as const)
      assert.equal(evaluateSize(text, dims), value, text)
  })

  it('names the dim that has no value', () => {
    for (const text of ['4*K', 'toString', ''])
      assert.throws(
        () => evaluateSize(text, { H: 1 }),
        (e: unknown) => e instanceof InputError && /no value for the dim/.test(e.message),
      )
  })

  it('takes defaults and fixed dims into account', () => {
    const module = fakeModule()
    const signature = { ...module.signature, dimDefaults: { C: 2, V: 9 }, fixedDims: { L: 3 } }
    const model = createModel({ ...module, signature }, { V: 4 }, { t: 1, batch: 1 })
    assert.deepEqual(model.dims, { C: 2, V: 4, L: 3 })
    assert.deepEqual(shapeOf(model.signature.params['W']!, model.dims), [4, 4])
  })

  it('has the dims and sizes that the net was made with, whatever becomes of those that were given', () => {
    const sizes = { t: 2, batch: 3 }
    let reads = 0
    const dims = {
      get V() {
        return 3 + reads++
      },
    }
    const model = createModel(fakeModule(), dims, sizes)
    sizes.t = 9
    assert.deepEqual([model.dims['V'], model.net.params['b']!.length, model.sizes.t], [3, 3, 2])
  })

  it('copies parameters, and refuses nets of another kind', () => {
    const [a, b] = [bigram(), bigram()]
    a.net.params['W']!.set([1, 2, 3])
    copyParameters(a, b)
    assert.deepEqual(b.net.params, a.net.params)
    assert.throws(() => copyParameters(a, bigram('f64')), InputError)
    assert.throws(() => copyParameters(a, bigram('f32', 4)), InputError)
    const partly = bigram()
    const without = { ...partly, net: { ...partly.net, params: { W: partly.net.params['W']! } } }
    assert.throws(() => copyParameters(a, without), /the parameter b is not the same/)
    assert.deepEqual(partly.net.params['W'], new Float32Array(9))
  })
})

describe('weights in files', () => {
  it('come back bit for bit, fixed ones too', () =>
    fc.assert(
      fc.property(fc.constantFrom<Dtype>('f32', 'f64'), fc.uint8Array({ minLength: 72, maxLength: 72 }), (dtype, random) => {
        const [from, to] = [bigram(dtype), bigram(dtype)]
        const W = from.net.params['W']!
        new Uint8Array(W.buffer).set(random.subarray(0, W.byteLength))
        from.net.params['scale']![0] = 2
        loadWeights(to, saveWeights(from), { notFinite: true })
        for (const name of ['W', 'b', 'scale']) assert.deepEqual(bits(to.net.params[name]), bits(from.net.params[name]))
      }),
    ))

  it('stand under their names with their shapes, so that other tools read them', () => {
    const { tensors, metadata } = decode(saveWeights(bigram('f32', 4), { metadata: { vocabulary: 'abcd' } }))
    assert.deepEqual(
      ['W', 'b', 'scale'].map(name => [tensors.get(name)!.dtype, tensors.get(name)!.shape]),
      [
        ['F32', [4, 4]],
        ['F32', [4]],
        ['F32', []],
      ],
    )
    assert.equal(tensors.size, 3)
    assert.equal(metadata['vocabulary'], 'abcd')
    assert.equal(metadata['recurve.source'], 'ab'.repeat(32))
  })

  it('give back the metadata of the caller, and only that', () => {
    const { metadata, progress } = loadWeights(bigram(), saveWeights(bigram(), { metadata: { vocabulary: 'ab' } }))
    assert.deepEqual({ ...metadata }, { vocabulary: 'ab' })
    assert.equal(progress, undefined)
    assert.throws(() => saveWeights(bigram(), { metadata: { 'recurve.step': '1' } }), /may not begin with recurve/)
  })

  it('may come from another program', () => {
    const ones = (n: number): Float32Array => new Float32Array(n).fill(1)
    const model = bigram()
    loadWeights(
      model,
      encode(
        new Map<string, Tensor>([
          ['b', { dtype: 'F32', shape: [3], data: ones(3) }],
          ['W', { dtype: 'F32', shape: [3, 3], data: ones(9) }],
          ['scale', { dtype: 'F32', shape: [], data: ones(1) }],
        ]),
      ),
    )
    assert.deepEqual(model.net.params['W'], ones(9))
  })

  it('that do not fit are refused with all differences at once, and change nothing', () => {
    const model = bigram()
    const bytes = encode(
      new Map<string, Tensor>([
        ['b', { dtype: 'F64', shape: [3], data: new Float64Array(3).fill(1) }],
        ['W', { dtype: 'F32', shape: [9], data: new Float32Array(9).fill(1) }],
        ['U', { dtype: 'F32', shape: [2, 2], data: new Float32Array(4) }],
      ]),
    )
    assert.throws(() => loadWeights(model, bytes), {
      name: 'FileError',
      message: [
        'the weights do not fit Bigram:',
        '  W is F32 [9]: expected F32 [3, 3]',
        '  b is F64 [3]: expected F32 [3]',
        '  scale is missing: expected F32 []',
        '  U is unknown: F32 [2, 2]',
      ].join('\n'),
    })
    assert.deepEqual(model.net.params['b'], new Float32Array(3))
  })

  it('of another cell are refused, though they fit, with a word on whose they are', () => {
    const named = (name: string, source = 'ab'.repeat(32)): Model => {
      const model = bigram()
      model.net.params['W']!.fill(2)
      return { ...model, signature: { ...model.signature, name, source } }
    }
    const mine = bigram()
    fails(
      () => loadWeights(mine, saveWeights(named('Trigram'))),
      /^the weights are those of Trigram: they would fit Bigram, but may mean something else; \{ fromOther: true \}/,
    )
    fails(
      () => loadWeights(mine, saveWeights(named('Bigram', 'cd'.repeat(32)))),
      /^the weights are those of another source text of Bigram \(SHA-256 "cdcdcdcdcdcd" there, "abababababab" here\)/,
    )
    fails(() => loadWeights(bigram('f32', 4), saveWeights(named('Trigram'))), /^the weights of Trigram do not fit Bigram:\n {2}W is F32 \[3, 3\]/)
    assert.deepEqual(mine.net.params['W'], new Float32Array(9))
    for (const other of [named('Trigram'), named('Bigram', 'cd'.repeat(32))]) {
      const fresh = bigram()
      loadWeights(fresh, saveWeights(other), { fromOther: true })
      assert.deepEqual(fresh.net.params['W'], other.net.params['W'])
    }
    const run = saveWeights(named('Trigram'), { progress: { step: 1, seed: 1, optimiser: sgd({ rate: 1 }).save() } })
    fails(() => resumeFrom(mine, run), /those of Trigram/)
    assert.equal(resumeFrom(mine, run, { fromOther: true }).progress.step, 1)
  })

  it('of a cell that the compiler made are told from those of one with other equations', async () => {
    const text = (f: string): string => `cell C(H) { input x: [H] state h: [H] param U: [H, H] h = ${f}(U @ h[t-1] + x) }`
    const [tanh, same, sigmoid] = await Promise.all(
      [text('tanh'), text('tanh'), text('sigmoid')].map(async source => createModel(await load(source), { H: 2 }, { t: 1, batch: 1 })),
    )
    loadWeights(same!, saveWeights(tanh!))
    fails(() => loadWeights(sigmoid!, saveWeights(tanh!)), /another source text of C/)
  })

  it('that are NaN or infinite are refused, with the first of them', () => {
    for (const [value, shown] of [
      [NaN, 'NaN'],
      [Infinity, 'Infinity'],
      [-Infinity, '-Infinity'],
    ] as const) {
      const from = bigram()
      from.net.params['W']!.fill(1)
      from.net.params['b']!.set([0, value, value])
      const to = bigram()
      fails(() => loadWeights(to, saveWeights(from)), new RegExp(`^b is ${shown} at element 1; \\{ notFinite: true \\} takes it`))
      assert.deepEqual(to.net.params['W'], new Float32Array(9))
      loadWeights(to, saveWeights(from), { notFinite: true })
      assert.deepEqual(to.net.params, from.net.params)
    }
  })

  it('take no options but theirs', () => {
    const model = bigram()
    const bytes = saveWeights(model)
    const bad = (run: () => unknown, message: RegExp): void => assert.throws(run, (e: unknown) => e instanceof InputError && message.test(e.message))
    bad(() => loadWeights(model, bytes, { fromother: true } as object), /loadWeights: there is no option "fromother".*Did you mean fromOther\?/)
    bad(() => resumeFrom(model, bytes, { notFinite: 1 as unknown as boolean }), /notFinite must be true or false, got 1/)
    const progress = { step: 1, seed: 1, optimiser: sgd({ rate: 1 }).save() }
    bad(() => saveWeights(model, { progres: progress } as object), /saveWeights: there is no option "progres"/)
    bad(() => saveWeights(model, { progress: { ...progress, step: 1.5 } }), /the step must be an integer/)
    bad(() => saveWeights(model, { progress: { ...progress, seed: -1 } }), /the seed must be an integer/)
    bad(() => saveWeights(model, { progress: { ...progress, optimiser: sgd({ rate: 1 }) } as never }), /optimiser must be what an optimiser saved/)
    bad(() => saveWeights(model, { progress: { ...progress, rate: 1 } as never }), /progress: there is no option "rate"/)
    bad(() => saveWeights(model, { metadata: { n: 1 } as never }), /metadata\.n must be a string, got 1/)
    bad(() => saveWeights(model, { metadata: { '../x': '' } }), /is a path/)
  })

  it('of a later version are refused', () =>
    fails(() => loadWeights(bigram(), encode(new Map(), { 'recurve.format': 'recurve-weights-2' })), /recurve-weights-2.*reads recurve-weights-1/))
})

describe('a training run in a file', () => {
  const seed = 0xffffffff
  const stepped = (model: Model): ReturnType<typeof adam> => {
    const optimiser = adam({ rate: 0.1 })
    for (const g of Object.values(model.net.grads)) g.forEach((_, i) => (g[i] = i + 1))
    optimiser.update(model.net.params, model.net.grads)
    model.net.initial['h']!.fill(0.25)
    return optimiser
  }

  it('holds the step, the seed, the optimiser and the carried states', () => {
    const from = bigram()
    const optimiser = stepped(from)
    const bytes = saveWeights(from, { progress: { step: 17, seed, optimiser: optimiser.save() } })
    const to = bigram()
    const { progress } = resumeFrom(to, bytes)
    assert.deepEqual(progress, { step: 17, seed, optimiser: optimiser.save() })
    assert.deepEqual(to.net.params, from.net.params)
    assert.deepEqual(to.net.initial, from.net.initial)
  })

  it('also gives the weights alone', () => {
    const from = bigram()
    const bytes = saveWeights(from, { progress: { step: 1, seed, optimiser: stepped(from).save() } })
    const to = bigram()
    assert.equal(loadWeights(to, bytes).progress?.step, 1)
    assert.deepEqual(to.net.initial['h'], new Float32Array(6))
  })

  it('cannot go on exactly without any of these', () => {
    fails(() => resumeFrom(bigram(), saveWeights(bigram())), /the step, the seed or the optimiser, the carried state h/)
    const whole = saveWeights(bigram(), { progress: { step: 1, seed, optimiser: sgd({ rate: 1 }).save() } })
    const { tensors, metadata } = decode(whole)
    const less = new Map(tensors)
    less.delete('carried/h')
    fails(() => resumeFrom(bigram(), encode(less, metadata)), /lacks the carried state h/)
    for (const key of ['step', 'seed', 'optimiser', 'optimiser.step']) {
      const left = Object.fromEntries(Object.entries(metadata).filter(([k]) => k !== `recurve.${key}`))
      fails(() => resumeFrom(bigram(), encode(tensors, left)), /lacks the step, the seed or the optimiser/)
      loadWeights(bigram(), encode(tensors, left))
    }
  })
})
