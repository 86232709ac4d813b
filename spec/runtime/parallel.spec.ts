import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { CompileOptions } from '../../compiler/compile.ts'
import type { CreateOptions, Net, Signature } from '../../compiler/signature.ts'
import { InputError } from '../../runtime/errors.ts'
import { load } from '../../runtime/load.ts'
import { evaluateSize } from '../../runtime/model.ts'
import { adam } from '../../runtime/optimisers.ts'
import { divide, parallel, type Group, type GroupOptions as ParallelOptions } from '../../runtime/parallel/index.ts'

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
const lstm = read('dsl/std/lstm.cell')
const charLstm = read('examples/language-model/char-lstm.cell')

interface Case {
  readonly source: string
  readonly dims: Readonly<Record<string, number>>
  readonly compile?: CompileOptions
  readonly create?: CreateOptions
  readonly hyper?: Readonly<Record<string, number>>
}

const model = (loss: string): string => `model M(V, E, H) {
  input w: index(V), x: [E]
  target next: index(V), q: [H]
  state h: [H]
  output y
  param Emb: [V, E], W: [H, E], U: [H, H], Wy: [V, H]
  h = tanh(W @ (Emb[w] + x) + U @ h[t-1])
  y = Wy @ h
  ${loss}
}`
const small = { V: 5, E: 2, H: 3 }
const masked = 'loss cross_entropy(y, next) where next >= 0'

const cases: Readonly<Record<string, Case>> = {
  'a cell without a loss': { source: lstm, dims: { D: 3, H: 4 }, compile: { cell: 'LSTM' }, create: { adjoints: ['h', 'c'] } },
  'a language model': { source: charLstm, dims: { V: 7, E: 3, H: 4 } },
  'a language model with a short window': { source: charLstm, dims: { V: 7, E: 3, H: 4 }, create: { window: 2, outputs: [] } },
  'a mean over the steps that count': { source: model(masked), dims: small },
  'a total': { source: model('total loss squared_error(h, q) where next >= 0'), dims: small },
  'several losses, with comments and names that are taken': {
    source: model(`loss cross_entropy(y, next) # where it is known
      where next >= 0 # and
      total loss absolute_error(h, q) * 0.1
      loss 0.01 * sum(U * U) loss loss_1 loss huber(h[t-1], q) where t > 1
      loss_1 = sum(h * q)`),
    dims: small,
  },
  'a loss that is a number': { source: model(`${masked} loss 2`), dims: small },
  'a loss with cotangents beside it': { source: model(masked), dims: small, compile: { cotangents: ['y'], finalCotangents: ['h'] } },
  'one loss a sequence, and reductions over t': {
    source: `model M(V, H) {
      input x: [H], z: [H] once
      target k: index(V) once, q: [H]
      state h, r: [H] from z
      output y, m
      param U, W: [H, H], Wy: [V, H]
      h = tanh(U @ h[t-1] + x)
      r = tanh(W @ r[t-1] + reverse(x))
      m = mean(h over t)
      y = Wy @ (last(h) + reverse(r) + m)
      loss cross_entropy(last(y), k) where k >= 0
      loss squared_error(first(y)[0:1], m[0:1])
      total loss 0.1 * norm(r) where t >= 2
    }`,
    dims: { V: 4, H: 3 },
    // Its losses reach far: another window takes the tape more than once.
    create: { again: true },
  },
  'states with a history, a look ahead, the number of the step, a hyper': {
    source: `model M(H) {
      input x: [H]
      target q: [H]
      state h: [H], g: [H] from g0
      param U, W: [H, H], g0: [H] ~ ones
      hyper rate = 0.3
      output h, norm
      norm = sum(W * W)
      g = (1 - rate) * g[t-1] + rate * tanh(U @ h[t-3])
      h = tanh(W @ h[t-1] + x[t+1] + g * sin(t))
      loss squared_error(h, q)
    }`,
    dims: { H: 3 },
    create: { adjoints: ['norm', 'g'] },
    hyper: { rate: 0.7 },
  },
}

const sizes = { t: 6, batch: 5 }

/** The same numbers for both, drawn by the name and the place. */
const fill = (net: Net | Group, signature: Signature, dims: Readonly<Record<string, number>>, turn: number): void => {
  const record = (what: 'inputs' | 'targets' | 'outputGrads' | 'finalGrads', ports: Signature['inputs']): void => {
    for (const [name, array] of Object.entries(net[what])) {
      const port = ports[name]
      const size = port?.size === undefined ? 0 : evaluateSize(port.size, dims)
      for (let i = 0; i < array.length; i++) {
        const u = Math.sin(i * 1.3 + name.length + 7 * turn)
        // A third of the targets is left out, in some sequences more than in others.
        array[i] = size === 0 ? u : what === 'targets' && (i % 5) * u < 0.5 ? -1 : Math.floor(Math.abs(u) * size * 0.999)
      }
    }
  }
  record('inputs', signature.inputs)
  record('targets', signature.targets)
  record('outputGrads', {})
  record('finalGrads', {})
}

const near = (got: number, wanted: number, what: string): void =>
  assert.ok(Math.abs(got - wanted) <= 1e-13 * (1 + Math.abs(wanted)), `${what}: ${got} instead of ${wanted}`)

const results = ['grads', 'outputs', 'final', 'inputGrads', 'initialGrads', 'adjoints', 'initial', 'params'] as const
const agree = (group: Group, net: Net, when: string): void => {
  for (const what of results) {
    assert.deepEqual(Object.keys(group[what]).sort(), Object.keys(net[what]).sort(), `${when}: ${what}`)
    for (const [name, array] of Object.entries(net[what])) {
      const other = group[what][name]!
      assert.equal(other.length, array.length, `${when}: ${what}.${name}`)
      array.forEach((value, i) => near(other[i]!, value, `${when}: ${what}.${name}[${i}]`))
    }
  }
  assert.deepEqual({ ...group.given }, { ...net.given }, when)
}

const pair = async (c: Case, options: ParallelOptions): Promise<{ net: Net; group: Group; signature: Signature; dims: Readonly<Record<string, number>> }> => {
  const compiled: CompileOptions = { dtype: 'f64', ...c.compile }
  const module = await load(c.source, compiled)
  const group = await parallel(divide(c.source, compiled), c.dims, sizes, { ...c.create, ...options })
  const net = module.create(c.dims, sizes, c.create)
  for (const n of [net, group]) {
    n.initialise(3)
    Object.assign(n.hyper, c.hyper)
  }
  assert.deepEqual(JSON.parse(JSON.stringify(group.signature)), JSON.parse(JSON.stringify(module.signature)))
  return { net, group, signature: module.signature, dims: c.dims }
}

const using = async (made: Promise<Group>, use: (group: Group) => Promise<void>): Promise<void> => {
  const group = await made
  try {
    await use(group)
  } finally {
    await group.dispose()
  }
}

describe('training in parallel', () => {
  for (const [what, c] of Object.entries(cases))
    for (const workers of [1, 2, 3])
      it(`${what}: ${workers === 1 ? 'one worker' : `${workers} workers`} and one net agree, through carried windows and after a reset`, async () => {
        const { net, group, signature, dims } = await pair(c, { workers })
        await using(Promise.resolve(group), async () => {
          for (let turn = 0; turn < 4; turn++) {
            fill(net, signature, dims, turn)
            fill(group, signature, dims, turn)
            const accumulate = turn === 2
            const loss = net.forward({ training: true, seed: turn })
            net.backward({ accumulate })
            near(await group.step({ training: true, seed: turn, accumulate }), loss, 'the loss')
            agree(group, net, `turn ${turn}`)
            if (turn === 2) for (const n of [net, group]) await n.reset()
            for (const n of [net, group]) await n.carry()
            // What is written between the windows is what the next one begins with.
            for (const n of [net, group]) for (const values of Object.values(n.initial)) values[values.length - 1] = 0.25
            agree(group, net, `after turn ${turn}`)
          }
          near(await group.forward({ tape: false }), net.forward({ tape: false }), 'the loss of an evaluation')
          agree(group, net, 'an evaluation')
          near(await group.forward(), net.forward(), 'the loss')
          net.backward({ window: 1 })
          await group.backward({ window: 1 })
          agree(group, net, 'another window')
        })
      })

  for (const target of ['ts', 'wasm'] as const)
    it(`gives the same bits each time: f32, ${target}`, async () => {
      const divided = divide(charLstm, { dtype: 'f32', target })
      const dims = { V: 11, E: 5, H: 17 }
      const run = async (): Promise<readonly (readonly number[])[]> => {
        const seen: number[][] = []
        await using(parallel(divided, dims, { t: 9, batch: 7 }, { workers: 3 }), async group => {
          group.initialise(8)
          const optimiser = adam({ rate: 0.01 })
          for (let step = 0; step < 5; step++) {
            fill(group, divided.signature, dims, step)
            const loss = await group.step()
            optimiser.update(group.params, group.grads)
            await group.carry()
            seen.push([loss, ...Object.values(group.params).flatMap(p => [...p])])
          }
        })
        return seen
      }
      assert.deepEqual(await run(), await run())
    })

  it('draws other noise in each part', () =>
    using(
      parallel(
        divide('cell N(H) { input x: [H] state h: [H] noise m: [H] ~ bernoulli(0.5) h = h[t-1] + m * x }', { dtype: 'f64' }),
        { H: 40 },
        { t: 1, batch: 2 },
        { workers: 2 },
      ),
      async group => {
        for (const seed of [4, 2 ** 53 - 1]) {
          ;(group.inputs['x'] as Float64Array).fill(1)
          await group.forward({ training: true, seed })
          const h = Array.from(group.final['h']!)
          assert.deepEqual(new Set(h), new Set([0, 1]))
          assert.notDeepEqual(h.slice(0, 40), h.slice(40))
        }
      },
    ))

  describe('when something is wrong', () => {
    for (const workers of [0, 6, 1.5, '2' as unknown as number])
      it(`refuses ${JSON.stringify(workers)} as a number of workers`, () =>
        assert.rejects(parallel(divide(model(masked)), small, sizes, { workers }), (e: unknown) => e instanceof InputError && /workers/.test(e.message)))

    it('refuses options that it does not know, of the group and of its passes', async () => {
      const divided = divide(model(masked))
      const says = (run: Promise<unknown>, message: RegExp): Promise<void> =>
        assert.rejects(run, (e: unknown) => e instanceof InputError && message.test(e.message))
      await says(parallel(divided, small, sizes, { workers: 2, windows: 3 } as never), /parallel: there is no option "windows".*Did you mean window\?/)
      await says(parallel(divided, small, sizes, { workers: 2, window: '3' } as never), /window must be a number, got "3"/)
      await says(parallel(divided, small, sizes, { workers: 2, outputs: 'y' } as never), /outputs must be a list, got "y"/)
      await says(parallel(divided, small, { ...sizes, s: 3 } as never, { workers: 2 }), /parallel: sizes: there is no option "s"/)
      assert.throws(() => divide(model(masked), { windw: 3 } as object), /^RangeError: compile: there is no option "windw"/)
      await using(parallel(divided, small, sizes, { workers: 2 }), async group => {
        await says(group.step({ trainig: true } as object), /step: there is no option "trainig".*Did you mean training\?/)
        await says(group.forward({ tape: 'no' } as never), /tape must be true or false/)
        await says(group.backward({ training: true } as never), /backward: there is no option "training"/)
        await group.step()
      })
    })

    it('refuses what create refuses, with its words', async () => {
      const divided = divide(model(masked))
      await assert.rejects(parallel(divided, { V: 5, E: 2 }, sizes, { workers: 2 }), /^RangeError: H: a positive integer is needed/)
      await assert.rejects(parallel(divided, small, { t: 2, batch: 2.5 }, { workers: 2 }), /^RangeError: batch: a positive integer is needed, not 2.5/)
      await assert.rejects(parallel(divided, small, { t: 0, batch: 2 }, { workers: 2 }), /^RangeError: t: a positive integer is needed, not 0/)
      await assert.rejects(parallel(divided, small, sizes, { workers: 2, window: 0 }), /^RangeError: window/)
      await assert.rejects(parallel(divided, small, sizes, { workers: 2, outputs: ['z'] }), /^RangeError: outputs: there is no z/)
      await assert.rejects(parallel(divided, { ...small, H: 4000 }, { t: 30_000, batch: 8 }, { workers: 2 }), /^RangeError: .* bytes are needed/)
    })

    it('rejects with the words of the net and the sequence of the whole batch, changes nothing, and goes on', async () => {
      const { net, group, signature, dims } = await pair(cases['a mean over the steps that count']!, { workers: 3 })
      await using(Promise.resolve(group), async () => {
        for (const n of [net, group]) fill(n, signature, dims, 0)
        await group.step()
        const before = results.map(what => Object.values(group[what]).map(array => [...array]))
        const { w } = group.inputs
        const good = w![3 * 5 + 4]!
        for (const n of [net, group]) n.inputs['w']![3 * 5 + 4] = 5
        const message = /^RangeError: w: 5 at step 3 of sequence 4 is not an index below 5$/
        assert.throws(() => net.forward(), message)
        for (const run of [() => group.step(), () => group.forward()]) await assert.rejects(run(), message)
        assert.deepEqual(
          results.map(what => Object.values(group[what]).map(array => [...array])),
          before,
        )
        for (const n of [net, group]) n.inputs['w']![3 * 5 + 4] = good
        await assert.rejects(group.step({ window: -1 }), /^RangeError: window: a positive integer is needed, not -1$/)
        await group.step({ seed: 2 ** 53 - 1 })
        await assert.rejects(group.step({ seed: -1 }), /^RangeError: seed/)
        await assert.rejects(group.step({ seed: '1' as unknown as number }), /^RangeError: seed/)
        near(await group.step(), net.forward(), 'the loss')
        net.backward()
        agree(group, net, 'after errors')
        await assert.rejects(group.backward(), /the tape is spent/)
      })
    })

    it('does one thing at a time', () =>
      using(parallel(divide(model(masked)), small, sizes, { workers: 2 }), async group => {
        const first = group.step()
        await assert.rejects(group.step(), /await it before/)
        await assert.rejects(group.carry(), /await it before/)
        assert.throws(() => group.initialise(1), /await it before/)
        await first
        await group.step()
      }))

    it('ends its workers when disposed of, and what they do', async () => {
      const group = await parallel(divide(model(masked)), small, sizes, { workers: 2 })
      const step = group.step()
      const seen = assert.rejects(step, /disposed/)
      await group.dispose()
      await seen
      await group.dispose()
      await assert.rejects(group.step(), /disposed/)
      await assert.rejects(group.reset(), /disposed/)
    })
  })

  it('rejects when a worker is lost, and ends the others', async () => {
    const divided = divide(model(masked))
    // The module in a worker ends its thread on the second step.
    const js = divided.js.replace(
      'function forward(options = {}) {',
      'let steps = 0\nfunction forward(options = {}) {\n  if (steps++ > 0 && inputs.w[0] === 4) process.exit(3)',
    )
    assert.notEqual(js, divided.js)
    const group = await parallel({ ...divided, js }, small, sizes, { workers: 2 })
    await group.step()
    group.inputs['w']![0] = 4
    await assert.rejects(group.step(), /a worker ended with status 3/)
    await assert.rejects(group.step(), /a worker ended with status 3/)
    await group.dispose()
  })

  it('keeps a process alive during a step, and not after it', function () {
    this.timeout(60_000)
    const root = JSON.stringify(new URL('../../', import.meta.url).href)
    const program = `
      const { parallel } = await import(${root} + 'runtime/parallel/index.ts')
      const { divide } = await import(${root} + 'runtime/parallel/divide.ts')
      const group = await parallel(divide('model M(H) { input x: [H] state h: [H] param U: [H, H] h = tanh(U @ h[t-1] + x) loss sum(h) }'), { H: 2 }, { t: 2, batch: 2 }, { workers: 2 })
      console.log(await group.step())
      if (process.argv[1] === 'dispose') await group.dispose()
      console.log('end')`
    for (const last of ['dispose', 'leave']) {
      const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx/esm', '--input-type=module', '-e', program, last], {
        encoding: 'utf8',
        timeout: 30_000,
        cwd: new URL('../../', import.meta.url),
      })
      assert.deepEqual([stdout, stderr, status], ['0\nend\n', '', 0], last)
    }
  })
})
