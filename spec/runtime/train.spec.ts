import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { GeneratedModule, Port } from '../../compiler/signature.ts'
import { InputError, TrainingError } from '../../runtime/errors.ts'
import { evaluate, languagePorts } from '../../runtime/language.ts'
import { createModel, type Model } from '../../runtime/model.ts'
import { adam, sgd } from '../../runtime/optimisers.ts'
import { generate, sampleIndex } from '../../runtime/sample.ts'
import { constant, cosine, linear, warmup } from '../../runtime/schedule.ts'
import { trainLanguageModel, type StepReport, type TrainOptions } from '../../runtime/train.ts'
import { resumeFrom, saveWeights } from '../../runtime/weights.ts'
import { fakeModule, type Log } from './fake-module.ts'

/** A text where each symbol follows from the one before with probability 3/4, else is any: so many nats a symbol. */
const V = 4
const text = (n: number): Int32Array => {
  let [state, last] = [1, 0]
  return Int32Array.from({ length: n }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    const u = state / 2 ** 32
    last = u < 0.75 ? (last + 1) % V : Math.floor((u - 0.75) * 4 * V)
    return last
  })
}
const entropy = -(0.8125 * Math.log(0.8125) + 3 * 0.0625 * Math.log(0.0625))

const model = (t = 5, batch = 4, log: Log = []): Model => createModel(fakeModule('f64', log), { V }, { t, batch })
const decaying = (decay: number, t = 5, batch = 4): Model => {
  const m = model(t, batch)
  m.net.hyper['decay'] = decay
  return m
}
const train = (m: Model, tokens: Int32Array, options: Partial<TrainOptions>): StepReport | undefined =>
  trainLanguageModel(m, tokens, { optimiser: adam({ rate: 0.05 }), seed: 1, ...options })
const refuses = (run: () => unknown, message: RegExp, kind: new (m: string) => Error = InputError): void =>
  assert.throws(run, (e: unknown) => e instanceof kind && message.test(e.message))

describe('training a language model', () => {
  it('learns: from ln V down to the entropy of the text', () => {
    const m = model()
    const [seen, held] = [text(4001), text(8000).subarray(4001)]
    assert.ok(Math.abs(evaluate(m, held).loss - Math.log(V)) < 1e-12)
    const losses: number[] = []
    train(m, seen, { steps: 600, schedule: cosine(), onStep: r => void losses.push(r.loss) })
    assert.ok(Math.abs(losses[0]! - Math.log(V)) < 1e-12)
    const { loss, bits } = evaluate(m, held)
    assert.ok(Math.abs(loss - entropy) < 0.03, `${loss} instead of ${entropy}`)
    assert.equal(bits, loss / Math.log(2))
  })

  it('by plain gradient descent, too', () => {
    const m = model()
    train(m, text(4001), { steps: 600, optimiser: sgd({ rate: 2 }), clip: 5 })
    assert.ok(evaluate(m, text(4001)).loss < entropy + 0.05)
  })

  it('carries states from window to window, and begins each epoch afresh', () => {
    const log: Log = []
    train(model(2, 2, log), text(9), { steps: 5 }) // 4 steps a stream: two windows
    assert.deepEqual(
      log.map(entry => entry.replace(/ \d+$/, '')),
      [true, false, true, false, true].flatMap(first => [...(first ? ['reset'] : []), 'forward', 'backward', 'carry']),
    )
    const seeds = log.filter(entry => entry.startsWith('forward'))
    assert.equal(new Set(seeds).size, 5)
  })

  it('is the same for the same seed, and has other seeds for another', () => {
    const run = (seed: number): { log: Log; losses: number[]; weights: Uint8Array } => {
      const log: Log = []
      const m = model(3, 2, log)
      const losses: number[] = []
      train(m, text(50), { seed, steps: 20, onStep: r => void losses.push(r.loss) })
      return { log, losses, weights: saveWeights(m) }
    }
    assert.deepEqual(run(7), run(7))
    const [a, b] = [new Set(run(7).log), run(8).log.filter(entry => entry.startsWith('forward'))]
    assert.ok(b.every(entry => !a.has(entry)))
  })

  it('goes on from a file exactly, in the middle of an epoch, as if it had not stopped', () =>
    fc.assert(
      fc.property(fc.nat(12), stop => {
        const [tokens, steps, seed] = [text(60), 12, 3]
        const options = (): TrainOptions => ({
          optimiser: adam({ rate: 0.05 }),
          seed,
          steps,
          schedule: linear(0.1),
          clip: 0.5,
        })
        const whole = decaying(0.5)
        trainLanguageModel(whole, tokens, options())

        const first = decaying(0.5)
        const begun = options()
        trainLanguageModel(first, tokens, { ...begun, onStep: r => r.step < stop })
        const done = Math.max(1, stop)
        const bytes = saveWeights(first, { progress: { step: done, seed, optimiser: begun.optimiser.save() } })

        const second = decaying(0.5)
        const { progress } = resumeFrom(second, bytes)
        const again = options()
        again.optimiser.load(progress.optimiser)
        const losses: number[] = []
        trainLanguageModel(second, tokens, {
          ...again,
          seed: progress.seed,
          from: progress.step,
          onStep: r => void losses.push(r.step),
        })
        assert.deepEqual(
          losses,
          Array.from({ length: steps - done }, (_, i) => done + i + 1),
        )
        assert.deepEqual(second.net.params, whole.net.params)
        assert.deepEqual(second.net.initial, whole.net.initial)
      }),
      { numRuns: 13 },
    ))

  it('needs the carried state: evaluation in windows is that of one long window', () => {
    const long = decaying(0.7, 24, 1)
    long.net.params['W']!.set(Float64Array.from({ length: 16 }, (_, i) => Math.sin(i)))
    for (const t of [1, 2, 3, 8]) {
      const short = decaying(0.7, t, 1)
      short.net.params['W']!.set(long.net.params['W']!)
      const [a, b] = [evaluate(long, text(25)), evaluate(short, text(25))]
      assert.equal(b.tokens, 24)
      assert.ok(Math.abs(a.loss - b.loss) < 1e-12)
    }
  })

  it('evaluates without a tape, from fresh states, and leaves fresh states', () => {
    const log: Log = []
    const m = model(2, 2, log)
    evaluate(m, text(9))
    assert.deepEqual(log, ['reset', 'forward tape false', 'carry', 'forward tape false', 'carry', 'reset'])
  })

  it('ends after a time, and slows down by it', () => {
    let now = 100
    const rates: number[] = []
    const last = train(model(), text(50), {
      optimiser: adam({ rate: 2 }),
      seconds: 10,
      clock: () => (now += 0.5),
      schedule: linear(),
      onStep: r => void rates.push(r.rate),
    })
    assert.equal(last!.step, 10)
    assert.deepEqual(rates.slice(0, 3), [1.9, 1.7, 1.5])
    assert.equal(last!.tokensPerSecond, (10 * 20) / last!.seconds)
    assert.equal(train(model(), text(50), { seconds: 1e9, steps: 3 })!.step, 3)
    for (const none of [{ steps: 0 }, { seconds: 0 }, { steps: 5, from: 5 }]) assert.equal(train(model(), text(50), none), undefined)
  })

  it('reports each step, and ends where it is told to', () => {
    const reports: StepReport[] = []
    let now = 0
    const last = train(model(5, 4), text(50), {
      steps: 99,
      clock: () => now++,
      onStep: r => {
        reports.push(r)
        return r.step < 3
      },
    })
    assert.deepEqual(
      reports.map(r => [r.step, r.epoch, r.seconds]),
      [
        [1, 0, 2],
        [2, 0, 4],
        [3, 1, 6],
      ],
    )
    assert.equal(last, reports[2])
    for (const r of reports) {
      assert.ok(r.norm > 0 && r.loss > 0)
      assert.equal(r.bits, r.loss / Math.LN2)
      assert.equal(r.rate, 0.05)
    }
  })

  it('clips: with a tiny limit, gradient descent hardly moves', () => {
    const m = model()
    const norms: number[] = []
    train(m, text(50), { steps: 1, optimiser: sgd({ rate: 1 }), clip: 1e-3, onStep: r => void norms.push(r.norm) })
    const moved = Math.hypot(...m.net.params['W']!, ...m.net.params['b']!)
    assert.ok(norms[0]! > 0.1 && Math.abs(moved - 1e-3) < 1e-7)
  })

  it('stops at a loss that is not finite, with the parameters of the step before', () => {
    const m = model()
    const before = m.net.params['b']!.slice()
    m.net.params['W']![5] = NaN
    refuses(() => train(m, text(50), { steps: 5, from: 2 }), /^step 3: the loss is NaN$/, TrainingError)
    assert.deepEqual(m.net.params['b'], before)
    refuses(() => evaluate(m, text(50)), /the loss is NaN in window 0/, TrainingError)
  })

  it('stops at a gradient that is not finite, and names it', () => {
    const m = model()
    const net: Model['net'] = { ...m.net, backward: () => void (m.net.grads['b']![2] = Infinity) }
    refuses(() => train({ ...m, net }, text(50), { steps: 5 }), /^step 1: the gradient of b is Infinity at element 2$/, TrainingError)
    assert.deepEqual(m.net.params['b'], new Float64Array(V))
  })

  it('refuses options and tokens out of range before the first step', () => {
    const log: Log = []
    const m = model(5, 4, log)
    for (const [bad, message] of [
      [{}, /needs an end/],
      [{ steps: -1 }, /steps must be/],
      [{ steps: 1.5 }, /steps must be/],
      [{ seconds: NaN }, /seconds must be/],
      [{ seconds: -1 }, /seconds must be/],
      [{ steps: 1, clip: 0 }, /clip must be/],
      [{ steps: 1, clip: NaN }, /clip must be/],
      [{ steps: 1, from: -1 }, /go on from/],
      [{ steps: 1, seed: -1 }, /seed must be an integer from 0 to 4294967295, got -1/],
      [{ steps: 1, seed: 2 ** 32 }, /seed must be/],
      [{ steps: 1, seed: 1.5 }, /seed must be/],
      [{ steps: 1, seed: 1n as unknown as number }, /got 1n/],
      [{ steps: 1, seed: '1' as unknown as number }, /got "1"/],
      [{ steps: 1, seeds: 1 } as object, /trainLanguageModel: there is no option "seeds".*Did you mean seed\?/],
      [{ steps: 1, optimiser: sgd as never }, /optimiser must be an optimiser, got a function/],
      [{ steps: 1, optimiser: {} as never }, /optimiser must be an optimiser, got an object/],
      [{ steps: 1, schedule: 0.5 as never }, /schedule must be a function/],
      [{ steps: 1, onStep: 'x' as never }, /onStep must be a function/],
      [{ steps: 1, clock: 5 as never }, /clock must be a function/],
    ] as const)
      refuses(() => train(m, text(50), bad), message)
    refuses(() => train(m, text(20), { steps: 1 }), /20 tokens are too few/)
    refuses(() => train(m, Int32Array.of(...text(50), 4), { steps: 1 }), /token 50 is 4, but x has the values 0 to 3/)
    refuses(() => train(m, Int32Array.of(...text(50), -1), { steps: 1 }), /token 50 is -1/)
    refuses(() => train(m, [...text(50)] as never, { steps: 1 }), /tokens must be an Int32Array, got a list/)
    refuses(() => evaluate(m, Int32Array.of(...text(50), 4)), /token 50 is 4, but x has the values 0 to 3/)
    assert.deepEqual(log, [])
  })
})

describe('a model that is no language model', () => {
  const other = (change: Partial<GeneratedModule['signature']>): Model => {
    const m = model()
    return { ...m, signature: { ...m.signature, ...change } }
  }
  const index: Port = { shape: [], axes: ['t', 'batch'], type: 'index', size: 'V' }
  for (const [what, change, message] of [
    ['has two inputs', { inputs: { x: index, z: index } }, /needs one input.*has x, z/],
    ['has no target', { targets: {} }, /needs one target.*has none/],
    ['has a real input', { inputs: { x: { shape: ['V'], axes: ['t', 'batch'], type: 'real' } } }, /x is real, \[t, batch, V\]/],
    ['has one target for a sequence', { targets: { next: { ...index, axes: ['batch'] } } }, /next is an index, \[batch\]/],
    ['has symbols of two kinds', { targets: { next: { ...index, size: '2*V' } } }, /x has 4 values, next 8/],
    ['has no loss', { loss: false }, /has no loss/],
  ] as const)
    it(`is refused where it ${what}`, () => {
      refuses(() => languagePorts(other(change)), message)
      refuses(() => evaluate(other(change), text(50)), message)
      refuses(() => train(other(change), text(50), { steps: 1 }), message)
    })

  it('is one otherwise', () => assert.deepEqual(languagePorts(model()), { input: 'x', target: 'next', size: 4 }))
})

describe('schedules', () => {
  it('begin at 1 and end where they say', () => {
    assert.deepEqual([constant(0), constant(1)], [1, 1])
    for (const schedule of [linear(0.1), cosine(0.1)]) {
      assert.equal(schedule(0), 1)
      assert.ok(Math.abs(schedule(1) - 0.1) < 1e-15)
      assert.ok(Math.abs(schedule(0.5) - 0.55) < 1e-15)
    }
    assert.deepEqual([0, 0.05, 0.1, 1].map(warmup(0.1, linear())), [0, 0.5, 0.9, 0])
  })

  it('refuse what is no factor, no share and no schedule', () => {
    for (const last of [-0.1, NaN, Infinity, '0.1', null])
      for (const make of [linear, cosine]) refuses(() => make(last as number), /the last factor must be a number of at least 0/)
    for (const part of [-0.1, 1.1, NaN, '0.1', undefined]) refuses(() => warmup(part as number), /the part that warms up must be a number from 0 to 1/)
    refuses(() => warmup(0.1, 1 as never), /the schedule after it must be a function/)
  })
})

describe('sampling', () => {
  const softmax = (logits: readonly number[], temperature: number): number[] => {
    const weights = logits.map(l => Math.exp(l / temperature))
    return weights.map(w => w / weights.reduce((a, b) => a + b))
  }

  it('draws each index for a share of u that is its probability', () =>
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 1, maxLength: 6 }), fc.constantFrom(0.5, 1, 2), (logits, temperature) => {
        const counts = logits.map(() => 0)
        for (let n = 0; n < 2000; n++) counts[sampleIndex(logits, { temperature }, (n + 0.5) / 2000)]!++
        softmax(logits, temperature).forEach((p, i) => assert.ok(Math.abs(counts[i]! / 2000 - p) <= 1e-3, `${counts[i]! / 2000} ${p}`))
      }),
      { numRuns: 40 },
    ))

  it('gives an index the shares from its lower end, included, to its upper end, not included', () => {
    assert.deepEqual(
      [0, 0.25, 0.5, 0.75].map(u => sampleIndex([0, 0, 0, 0], {}, u)),
      [0, 1, 2, 3],
    )
  })

  it('greedy takes the largest, of equals the first, whatever u', () => {
    assert.equal(sampleIndex([1, 3, 3, 2], { temperature: 0 }, 0.99), 1)
    assert.equal(sampleIndex([-Infinity, -1], { temperature: 0 }, 0), 1)
    for (const u of [0, 0.5, 1 - 2 ** -53]) assert.equal(sampleIndex([1, 3, 2], { temperature: 1e-300 }, u), 1)
  })

  it('takes the most likely ones only, of equals the first', () => {
    const seen = new Set(Array.from({ length: 100 }, (_, n) => sampleIndex([2, 1, 2, 2, 0], { topK: 2 }, n / 100)))
    assert.deepEqual(seen, new Set([0, 2]))
    for (const topK of [5, 99]) assert.equal(sampleIndex([0, 0, 0, 0, 0], { topK }, 0.99), 4)
  })

  it('holds for logits as large as they come, and never draws what cannot be', () => {
    for (const u of [0, 0.3, 1 - 2 ** -53]) {
      assert.equal(sampleIndex([1e308, -1e308, -Infinity], { temperature: 1 }, u), 0)
      assert.equal(sampleIndex([-Infinity, 5, -Infinity], {}, u), 1)
    }
  })

  it('refuses what it cannot draw from', () => {
    for (const temperature of [NaN, -1, Infinity, '1' as unknown as number]) refuses(() => sampleIndex([1], { temperature }, 0), /temperature must be/)
    for (const topK of [0, -1, 1.5, NaN]) refuses(() => sampleIndex([1], { topK }, 0), /topK must be/)
    refuses(() => sampleIndex([1], { topk: 1 } as object, 0), /sampleIndex: there is no option "topk".*Did you mean topK\?/)
    for (const u of [-0.1, 1, NaN]) refuses(() => sampleIndex([1, 2], {}, u), /u must be/)
    refuses(() => sampleIndex([1, NaN], { temperature: 0 }, 0), /logit 1 is NaN/)
    refuses(() => sampleIndex([Infinity, 1], {}, 0), /logit 0 is Infinity/)
    for (const none of [[], [-Infinity, -Infinity]]) refuses(() => sampleIndex(none, {}, 0), /nothing can be drawn/)
  })
})

describe('generating', () => {
  const uniform = (index: number): number => ((index + 1) * 0.618034) % 1
  /** Knows that 0, 1, 2, 3, 0, … follow each other. */
  const counting = (): Model => {
    const m = model(1, 1)
    for (let k = 0; k < V; k++) m.net.params['W']![((k + 1) % V) * V + k] = 50
    return m
  }

  it('goes on from the prompt', () => {
    assert.deepEqual([...generate(counting(), { prompt: [1, 2], length: 6, uniform })], [3, 0, 1, 2, 3, 0])
    assert.deepEqual([...generate(counting(), { prompt: [3], length: 3, uniform, temperature: 0, output: 'y' })], [0, 1, 2])
    assert.deepEqual([...generate(counting(), { prompt: [3], length: 0, uniform })], [])
  })

  it('carries states, from fresh ones, without a tape', () => {
    const log: Log = []
    generate(model(1, 1, log), { prompt: [1, 2], length: 2, uniform })
    assert.deepEqual(log, ['reset', ...['', '', ''].flatMap(() => ['forward tape false', 'carry'])])
  })

  it('is the same for the same numbers, and ends where it is told to', () => {
    const options = { prompt: [0], length: 20, uniform, temperature: 3 }
    const tokens = generate(counting(), options)
    assert.deepEqual(generate(counting(), options), tokens)
    const told: number[] = []
    const part = generate(counting(), { ...options, onToken: (token, index) => told.push(token) > 0 && index < 6 })
    assert.deepEqual(part, tokens.slice(0, 7))
    assert.deepEqual(told, [...part])
  })

  it('refuses other sizes, prompts and outputs', () => {
    const options = { prompt: [0], length: 1, uniform }
    refuses(() => generate(model(2, 1), options), /t = 1 and batch = 1, but has t = 2/)
    refuses(() => generate(counting(), { ...options, prompt: [] }), /prompt is empty/)
    for (const token of [-1, 4, 0.5, NaN]) refuses(() => generate(counting(), { ...options, prompt: [0, token] }), /token 1 of the prompt/)
    for (const length of [-1, 0.5, NaN]) refuses(() => generate(counting(), { ...options, length }), /length must be/)
    refuses(() => generate(counting(), { ...options, output: 'z' }), /no output "z"/)
    refuses(() => generate(counting(), { ...options, temperature: NaN }), /temperature must be/)
    refuses(() => generate(counting(), { ...options, temp: 1 } as never), /generate: there is no option "temp"/)
    refuses(() => generate(counting(), { ...options, uniform: 0.5 as never }), /uniform must be a function/)
    refuses(() => generate(counting(), { ...options, prompt: 'ab' as never }), /prompt must be a list of tokens, got "ab"/)
    const m = counting()
    const outputs = { y: { ...m.signature.outputs['y']!, shape: ['2*V'] } }
    refuses(() => generate({ ...m, signature: { ...m.signature, outputs } }, options), /not one logit for each of the 4 symbols/)
  })
})
