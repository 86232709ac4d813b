import assert from 'node:assert/strict'
import { compile, type CompileOptions } from '../../compiler/compile.ts'
import { normalAt, uniformAt } from '../../compiler/numeric/random.ts'
import { looksAhead } from '../../compiler/passes/causal.ts'
import type { Net, Reals } from '../../compiler/signature.ts'
import { readProgram } from '../../dsl/program.ts'
import { importCode } from '../../runtime/load.ts'
import { corpus } from '../dsl/corpus.ts'

/** One step at a time, and a sequence split where states are carried: the whole pass, bit for bit. */

const targets: readonly CompileOptions[] = [
  { target: 'ts', dtype: 'f64' },
  { target: 'wasm', dtype: 'f32' },
]

/** Where both targets are tried: for the others one is enough. */
const often: ReadonlySet<string> = new Set(corpus.map(c => c.path).filter(p => /std|tasks|translate|attention/.test(p)))

const steps = 5
const batch = 3

const fill = (array: Reals | Int32Array, seed: number): void =>
  array.forEach((_, i) => {
    array[i] = array instanceof Int32Array ? Math.floor(uniformAt(seed, 1, i) * 3) : normalAt(seed, 2, i)
  })

/** The arrays of a step, or of a stretch of steps, out of those of all. */
const copy = (
  to: Net | ReturnType<Net['stepper']>,
  net: Net,
  timed: (group: 'inputs' | 'targets' | 'noise', name: string) => boolean,
  from: number,
  count: number,
): void => {
  for (const group of ['inputs', 'targets', 'noise'] as const)
    for (const [name, array] of Object.entries(net[group])) {
      const row = array.length / steps
      if (timed(group, name)) to[group][name]!.set(array.subarray(from * row, (from + count) * row))
      else to[group][name]!.set(array)
    }
  for (const name of Object.keys(net.noise)) to.given[name] = true
}

describe('step by step', function () {
  this.timeout(60_000)
  for (const { path, text } of corpus)
    for (const cell of readProgram(path, text).program!.own)
      it(`${cell} (${path})`, async () => {
        for (const options of often.has(path) ? targets : targets.slice(0, 1)) {
          const compiled = compile(text, { ...options, cell })
          const module = await importCode(compiled.code!.js)
          const s = module.signature
          const dims = Object.fromEntries(s.dims.map((d, i) => [d, 3 + (i % 2)]))
          const sizes = { ...Object.fromEntries(s.sequences.slice(1).map(a => [a, 4])), t: steps, batch }
          const whole = module.create(dims, sizes)
          whole.initialise(3)
          for (const [i, group] of (['inputs', 'targets', 'noise', 'initial'] as const).entries())
            Object.values(whole[group]).forEach((a, k) => fill(a, 10 * i + k))
          for (const name of Object.keys(whole.noise)) whole.given[name] = true
          for (const name of s.sequences.slice(1)) whole.lengths[name]!.set([4, 2, 3])
          whole.forward()
          const ports = { inputs: s.inputs, targets: s.targets, noise: s.noise }
          const timed = (group: keyof typeof ports, name: string): boolean => ports[group][name]!.axes.includes('t')
          const along = (name: string): boolean => s.outputs[name]!.axes.includes('t')
          const ahead = looksAhead(compiled.stages!.source)
          if (ahead !== undefined) {
            assert.throws(() => whole.stepper(), /look ahead/)
            continue
          }
          const step = whole.stepper()
          for (let t = 0; t < steps; t++) {
            copy(step, whole, timed, t, 1)
            step()
            for (const [name, all] of Object.entries(whole.outputs)) {
              const row = all.length / steps
              const wanted = along(name) ? all.subarray(t * row, (t + 1) * row) : t === steps - 1 ? all : undefined
              if (wanted !== undefined) assert.deepEqual([...step.outputs[name]!], [...wanted], `${options.target}: ${name} at step ${t}`)
            }
          }
          for (const [name, last] of Object.entries(whole.final))
            if (s.states[name]!.axes.includes('t')) assert.deepEqual([...step.final[name]!], [...last], `${options.target}: final ${name}`)

          // The same with what a net carries from one pass to the next.
          const net = module.create(dims, { ...sizes, t: 1 })
          for (const n of [net]) {
            for (const [name, p] of Object.entries(whole.params)) n.params[name]!.set(p)
            for (const [name, p] of Object.entries(whole.initial)) n.initial[name]!.set(p)
            for (const name of s.sequences.slice(1)) n.lengths[name]!.set([4, 2, 3])
            for (let t = 0; t < steps; t++) {
              copy(n, whole, timed, t, 1)
              n.forward()
              n.carry()
            }
            for (const [name, all] of Object.entries(whole.outputs)) {
              const row = all.length / steps
              if (along(name)) assert.deepEqual([...n.outputs[name]!], [...all.subarray((steps - 1) * row)], `${options.target}: ${name} with what is carried`)
            }
          }
        }
      })
})
