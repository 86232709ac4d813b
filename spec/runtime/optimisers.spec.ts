import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { clipByGlobalNorm, firstNotFinite, globalNorm } from '../../runtime/clip.ts'
import { FileError, InputError, TrainingError } from '../../runtime/errors.ts'
import { load } from '../../runtime/load.ts'
import { adadelta, adagrad, adam, adamW, rmsprop, sgd, type Optimiser } from '../../runtime/optimisers.ts'

const bits = (a: Float32Array | Float64Array): Uint8Array => new Uint8Array(a.slice().buffer)
const close = (a: number, b: number, limit = 1e-14): void => assert.ok(Math.abs(a - b) <= limit * Math.max(1, Math.abs(b)), `${a} instead of ${b}`)
const both: readonly (readonly [string, (rate: number) => Optimiser])[] = [
  ['sgd', rate => sgd({ rate })],
  ['adam', rate => adam({ rate })],
  ['momentum', rate => sgd({ rate, momentum: 0.5 })],
  ['nesterov', rate => sgd({ rate, momentum: 0.5, nesterov: true })],
  ['adamw', rate => adamW({ rate, decay: 0 })],
  ['adagrad', rate => adagrad({ rate })],
  ['rmsprop', rate => rmsprop({ rate })],
  ['adadelta', rate => adadelta({ rate })],
]

describe('optimisers', () => {
  it('sgd: p - rate g', () => {
    const params = { W: Float64Array.of(1, 2), b: Float32Array.of(1) }
    sgd({ rate: 0.5 }).update(params, { W: Float64Array.of(0.5, -1), b: Float32Array.of(0.25) })
    assert.deepEqual(params, { W: Float64Array.of(0.75, 2.5), b: Float32Array.of(0.875) })
  })

  it('adam: the published formulas, with powers for the bias', () => {
    const [rate, beta1, beta2, eps] = [0.01, 0.8, 0.95, 1e-3]
    const optimiser = adam({ rate, beta1, beta2, eps })
    const params = { W: Float64Array.of(1, -2) }
    let [m, v, w] = [0, 0, -2]
    for (let n = 1; n <= 20; n++) {
      const g = Math.sin(n) - 0.3
      optimiser.update(params, { W: Float64Array.of(0, g) })
      m = beta1 * m + (1 - beta1) * g
      v = beta2 * v + (1 - beta2) * g * g
      w -= (rate * (m / (1 - beta1 ** n))) / (Math.sqrt(v / (1 - beta2 ** n)) + eps)
      close(params.W[1]!, w)
    }
    assert.equal(params.W[0], 1)
  })

  it('adam: the first step is the rate times the sign, almost', () => {
    const params = { W: Float64Array.of(0, 0) }
    adam({ rate: 0.1 }).update(params, { W: Float64Array.of(3, -1e-3) })
    close(params.W[0]!, -0.1, 1e-8)
    close(params.W[1]!, 0.1, 2e-6)
  })

  it('minimise a bowl', () => {
    const rates: Readonly<Record<string, number>> = { adagrad: 1, rmsprop: 1e-4, adadelta: 1 }
    const counts: Readonly<Record<string, number>> = { rmsprop: 60_000, adadelta: 30_000 }
    for (const [name, make] of both) {
      const params = { x: Float64Array.of(3, -2) }
      const optimiser = make(rates[name] ?? 0.1)
      for (let n = 0; n < (counts[name] ?? 400); n++) optimiser.update(params, { x: params.x.map((x, i) => 2 * (x - i)) })
      for (const i of [0, 1]) assert.ok(Math.abs(params.x[i]! - i) < 1e-3, `${name}: ${params.x[i]}`)
    }
  })

  for (const [name, make] of both) {
    it(`${name}: a rate or a scale of 0 changes no bit, whatever the gradient`, () =>
      fc.assert(
        fc.property(fc.float32Array({ minLength: 3, maxLength: 3 }), fc.float32Array({ minLength: 3, maxLength: 3 }), (W, g) => {
          const before = bits(W)
          make(0).update({ W }, { W: g })
          make(1).update({ W }, { W: g }, 0)
          assert.deepEqual(bits(W), before)
        }),
      ))

    it(`${name}: leaves parameters without a gradient as they are`, () => {
      const params = { W: Float32Array.of(1), U: Float32Array.of(5) }
      make(0.1).update(params, { W: Float32Array.of(1) })
      assert.equal(params.U[0], 5)
      assert.notEqual(params.W[0], 1)
    })

    it(`${name}: goes on from its saved state exactly, and what was saved does not change`, () => {
      const gradient = (n: number): { W: Float32Array } => ({ W: Float32Array.of(Math.sin(n), Math.cos(n)) })
      const [a, b] = [{ W: Float32Array.of(1, 2) }, { W: Float32Array.of(1, 2) }]
      const [whole, first, second] = [make(0.1), make(0.1), make(0.1)]
      for (let n = 0; n < 9; n++) whole.update(a, gradient(n))
      for (let n = 0; n < 4; n++) first.update(b, gradient(n))
      const state = first.save()
      second.load(state)
      first.update({ W: Float32Array.of(0, 0) }, gradient(99))
      for (let n = 4; n < 9; n++) second.update(b, gradient(n))
      assert.deepEqual(bits(b.W), bits(a.W))
      assert.deepEqual(second.save(), whole.save())
    })

    it(`${name}: refuses a rate that is none`, () => {
      for (const rate of [-1, -0.001, NaN, Infinity, -Infinity, 1e30, '0.1', null, undefined, 1n, [0.1]])
        assert.throws(
          () => make(rate as number),
          (e: unknown) => e instanceof InputError && /learning rate must be/.test(e.message),
        )
      const params = { W: Float32Array.of(1) }
      for (const scale of [-1, NaN, Infinity]) assert.throws(() => make(0.1).update(params, { W: Float32Array.of(1) }, scale), InputError)
      assert.equal(params.W[0], 1)
    })

    it(`${name}: keeps its rate: what was checked is what is used`, () => {
      const optimiser = make(0.25) as { rate: number }
      assert.throws(() => (optimiser.rate = NaN), TypeError)
      assert.equal(optimiser.rate, 0.25)
      const params = { W: Float32Array.of(1) }
      for (const scale of ['0.1', 'abc', null, 1n, [1], { valueOf: () => 1 }])
        assert.throws(
          () => make(0.1).update(params, { W: Float32Array.of(1) }, scale as number),
          (e: unknown) => e instanceof InputError && /the scale of the learning rate must be a number/.test(e.message),
        )
      assert.equal(params.W[0], 1)
    })

    it(`${name}: names gradients without a parameter of their length`, () =>
      assert.throws(
        () => make(0.1).update({ W: Float32Array.of(1), b: Float32Array.of(1) }, { W: Float32Array.of(1, 2), toString: Float32Array.of(1) }),
        /gradients of W, toString/,
      ))
  }

  it('adam: refuses other numbers out of range', () => {
    for (const bad of [{ beta1: 1 }, { beta1: -0.1 }, { beta2: NaN }, { beta2: '0.9' as unknown as number }, { eps: 0 }, { eps: -1 }, { eps: Infinity }])
      assert.throws(() => adam({ rate: 0.1, ...bad }), InputError)
  })

  it('refuse options that they do not have, with those that they have', () => {
    const says = (run: () => Optimiser, message: RegExp): void => assert.throws(run, (e: unknown) => e instanceof InputError && message.test(e.message))
    const all: readonly (readonly [string, (options: never) => Optimiser, string])[] = [
      ['sgd', sgd, 'rate, momentum, nesterov'],
      ['adam', adam, 'rate, beta1, beta2, eps'],
      ['adamW', adamW, 'rate, beta1, beta2, eps, decay'],
      ['adagrad', adagrad, 'rate, eps'],
      ['rmsprop', rmsprop, 'rate, alpha, eps'],
      ['adadelta', adadelta, 'rate, rho, eps'],
    ]
    for (const [name, make, list] of all) {
      says(() => make({ rate: 1, speed: 2 } as never), new RegExp(`^${name}: there is no option "speed"; there are: ${list}$`))
      says(() => make({ rat: 1 } as never), /Did you mean rate\?/)
      says(() => make(undefined as never), /the learning rate must be/)
      says(() => make(0.1 as never), /the options must be an object/)
      says(() => make(Object.create({ rate: 0.1 }) as never), /the learning rate must be/)
      let reads = 0
      assert.equal(
        make({
          get rate() {
            return ++reads === 1 ? 0.5 : NaN
          },
        } as never).rate,
        0.5,
      )
    }
    says(() => sgd({ rate: 1, nesterov: 1 as unknown as boolean, momentum: 0.5 }), /nesterov must be true or false/)
    for (const [make, bad] of [
      [rmsprop, { alpha: 1 }],
      [adadelta, { rho: '0.9' }],
      [adamW, { decay: -1 }],
      [adagrad, { eps: 0 }],
      [sgd, { momentum: NaN }],
    ] as const)
      says(() => (make as (o: object) => Optimiser)({ rate: 1, ...bad }), new RegExp(`^${Object.keys(bad)[0]} must be`))
  })

  it('adam: refuses other parameters than before, and a state that is not whole', () => {
    const optimiser = adam({ rate: 0.1 })
    const of = (...x: number[]): Float32Array => Float32Array.from(x)
    optimiser.update({ W: of(1) }, { W: of(1) })
    assert.throws(() => optimiser.update({ U: of(1) }, { U: of(1) }), /not those of the update before/)
    assert.throws(() => optimiser.update({ W: of(1, 2) }, { W: of(1, 2) }), /not those of the update before/)
    const state = optimiser.save()
    assert.throws(
      () => optimiser.load(sgd({ rate: 1 }).save()),
      (e: unknown) => e instanceof FileError && /"sgd", not of adam/.test(e.message),
    )
    for (const tensors of [
      new Map([['m/W', of(1)]]),
      new Map([['v/W', of(1)]]),
      new Map([
        ['m/W', of(1)],
        ['v/W', of(1, 2)],
      ]),
      new Map(),
    ])
      assert.throws(() => optimiser.load({ ...state, tensors }), FileError)
    assert.throws(() => optimiser.load({ ...state, step: 1.5 }), InputError)
    assert.deepEqual(optimiser.save(), state)
  })
})

describe('optimisers against another system', () => {
  interface Tensor {
    readonly shape: readonly number[]
    readonly data: readonly number[]
  }
  interface Golden {
    readonly inputs: Readonly<Record<string, Tensor>>
    readonly params: Readonly<Record<string, Tensor>>
    readonly outputs: Readonly<Record<string, Tensor>>
  }
  const golden = JSON.parse(readFileSync(new URL('../golden/values/optim.json', import.meta.url), 'utf8')) as Golden
  const source = `model Classifier(D, H, K) {
    input x: [D]
    target label: index(K) once
    state h, c: [H]
    param W: [4 * H, D], U: [4 * H, H], b, d: [4 * H], Wy: [K, H], by: [K]
    i, f, g, o = split(W @ x + b + U @ h[t-1] + d, 4)
    c = sigmoid(f) * c[t-1] + sigmoid(i) * tanh(g)
    h = sigmoid(o) * tanh(c)
    loss cross_entropy(Wy @ last(h) + by, label)
  }`
  const theirs = { W: 'lstm.weight_ih_l0', U: 'lstm.weight_hh_l0', b: 'lstm.bias_ih_l0', d: 'lstm.bias_hh_l0', Wy: 'W_out', by: 'b_out' }
  const makers: Readonly<Record<string, { readonly make: () => Optimiser; readonly clip?: number }>> = {
    sgd: { make: () => sgd({ rate: 0.1 }) },
    momentum: { make: () => sgd({ rate: 0.1, momentum: 0.9 }) },
    nesterov: { make: () => sgd({ rate: 0.1, momentum: 0.9, nesterov: true }) },
    adam: { make: () => adam({ rate: 0.01 }) },
    adamw: { make: () => adamW({ rate: 0.01, decay: 0.1 }) },
    adagrad: { make: () => adagrad({ rate: 0.1 }) },
    rmsprop: { make: () => rmsprop({ rate: 0.01 }) },
    adadelta: { make: () => adadelta({ rate: 1 }) },
    clip: { make: () => sgd({ rate: 0.5 }), clip: 0.05 },
  }
  for (const [name, { make, clip }] of Object.entries(makers))
    it(`${name}: losses and parameters of five steps`, async () => {
      const { create } = await load(source, { dtype: 'f64' })
      const net = create({ D: 3, H: 4, K: 3 }, { t: 5, batch: 4 })
      for (const [ours, key] of Object.entries(theirs)) net.params[ours]!.set(golden.params[key]!.data)
      net.inputs['x']!.set(golden.inputs['x']!.data)
      net.targets['label']!.set(golden.inputs['labels']!.data)
      const optimiser = make()
      const near = (got: number, wanted: number, what: string): void =>
        assert.ok(Math.abs(got - wanted) <= 1e-12 * Math.max(1, Math.abs(wanted)), `${what}: ${got} instead of ${wanted}`)
      for (let n = 1; n <= 5; n++) {
        near(net.forward(), golden.outputs[`${name}.losses`]!.data[n - 1]!, `loss ${n}`)
        net.backward()
        if (clip !== undefined) clipByGlobalNorm(net.grads, clip)
        optimiser.update(net.params, net.grads)
        if (n === 1 || n === 5)
          for (const [ours, key] of Object.entries(theirs))
            golden.outputs[`${name}.step${n}.${key}`]!.data.forEach((v, i) => near(net.params[ours]![i]!, v, `${ours} after step ${n}`))
      }
    })
})

describe('the norm of all gradients', () => {
  it('is that of one long vector', () => {
    assert.equal(globalNorm({ a: Float32Array.of(3, 0), b: Float64Array.of(4) }), 5)
    assert.equal(globalNorm({}), 0)
  })

  it('neither overflows nor vanishes where it is itself a number', () => {
    close(globalNorm({ a: Float64Array.of(3e200, 4e200) }) / 1e200, 5)
    close(globalNorm({ a: Float64Array.of(3e-200, 4e-200) }) * 1e200, 5)
    assert.equal(globalNorm({ a: Float32Array.of(3e38, 0) }), Math.fround(3e38))
    assert.equal(globalNorm({ a: Float64Array.of(0, 5e-324) }), 5e-324)
  })

  it('finds what is not finite', () => {
    assert.deepEqual(firstNotFinite({ a: Float32Array.of(1), b: Float32Array.of(0, -Infinity, NaN) }), {
      name: 'b',
      index: 1,
      value: -Infinity,
    })
    assert.equal(firstNotFinite({ a: Float32Array.of(3e38) }), undefined)
  })

  it('limits it, and returns the norm before', () => {
    const grads = { a: Float64Array.of(3), b: Float64Array.of(4) }
    assert.equal(clipByGlobalNorm(grads, 7.5), 5)
    assert.deepEqual(grads, { a: Float64Array.of(3), b: Float64Array.of(4) })
    assert.equal(clipByGlobalNorm(grads, 1), 5)
    assert.deepEqual(grads, { a: Float64Array.of(3 * (1 / (5 + 1e-6))), b: Float64Array.of(4 * (1 / (5 + 1e-6))) })
  })

  it('leaves smaller ones bit for bit, and keeps the direction of larger ones', () =>
    fc.assert(
      fc.property(fc.float64Array({ noNaN: true, noDefaultInfinity: true, minLength: 1 }), fc.double({ min: 1e-3, max: 1e3, noNaN: true }), (a, limit) => {
        const before = a.slice()
        const norm = globalNorm({ a })
        fc.pre(Number.isFinite(norm))
        assert.equal(clipByGlobalNorm({ a }, limit), norm)
        assert.ok(globalNorm({ a }) <= limit * (1 + 1e-12))
        if (norm + 1e-6 <= limit) assert.deepEqual(bits(a), bits(before))
        else before.forEach((x, i) => assert.ok(Math.sign(x) === Math.sign(a[i]!) || a[i] === 0))
      }),
    ))

  it('stops where a gradient is not finite: names the first, changes nothing', () => {
    for (const [bad, text] of [
      [NaN, 'NaN'],
      [Infinity, 'Infinity'],
      [-Infinity, '-Infinity'],
    ] as const)
      for (const limit of [1, Infinity]) {
        const grads = { Wi: Float32Array.of(1), Wh: Float32Array.of(2, bad), b: Float32Array.of(NaN) }
        assert.throws(
          () => clipByGlobalNorm(grads, limit),
          (e: unknown) => e instanceof TrainingError && e.message === `the gradient of Wh is ${text} at element 1`,
        )
        assert.equal(grads.Wi[0], 1)
      }
    assert.throws(() => clipByGlobalNorm({ a: Float64Array.of(1.7e308, 1.7e308) }, 1), /beyond 1e308/)
  })

  it('refuses a limit that is none', () => {
    for (const limit of [0, -1, NaN, '1']) assert.throws(() => clipByGlobalNorm({}, limit as number), InputError)
  })
})
