/** brain.js: an LSTM for one sequence, with an output layer and an update of the parameters, which cannot be left out. */
import { createRequire } from 'node:module'
import { AbsentError, optional, serve } from '../serve.ts'
import { fill } from '../work.ts'

interface LstmTimeStep {
  train(data: readonly (readonly (readonly number[])[])[], options: { readonly iterations: number; readonly errorThresh: number }): unknown
  run(sequence: readonly (readonly number[])[]): unknown
}

interface Recurrent {
  readonly LSTMTimeStep: new (options: { readonly inputSize: number; readonly hiddenLayers: readonly number[]; readonly outputSize: number }) => LstmTimeStep
}

const start = async (): Promise<Recurrent> => (await optional<{ readonly default: { readonly recurrent: Recurrent } }>('brain.js')).default.recurrent

serve({
  hello: async () => {
    await start()
    return `brain.js ${(createRequire(import.meta.url)('brain.js/package.json') as { version: string }).version}, with an output layer and an update`
  },
  prepare: async ({ cell, size, x }) => {
    if (cell !== 'lstm' || size.batch > 1) throw new AbsentError('an LSTM without batches only')
    const { LSTMTimeStep } = await start()
    const net = new LSTMTimeStep({ inputSize: size.d, hiddenLayers: [size.h], outputSize: size.d })
    const values = fill(x)
    // Each step is trained to predict the next one: there is one more than it computes.
    const sequence = Array.from({ length: size.t + 1 }, (_, t) => Array.from(values.subarray((t % size.t) * size.d, ((t % size.t) + 1) * size.d)))
    const steps = sequence.slice(0, size.t)
    const training = (): unknown => net.train([sequence], { iterations: 1, errorThresh: 0 })
    training()
    return { run: mode => void (mode === 'forward' ? net.run(steps) : training()) }
  },
})
