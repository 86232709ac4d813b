/** Plain triple loops. */
import { plainLstm } from '../plain-lstm.ts'
import { AbsentError, serve } from '../serve.ts'
import { absolute, dot, fill } from '../work.ts'

serve({
  hello: () => 'this checkout',
  prepare: ({ cell, size, params, x, r }) => {
    if (cell !== 'lstm') throw new AbsentError('an LSTM only')
    const joined = (letter: string): Float32Array => Float32Array.from(params.filter(p => p.name.startsWith(letter)).flatMap(p => [...fill(p)]))
    const cotangent = fill(r)
    const net = plainLstm(size, { x: fill(x), w: joined('W'), u: joined('U'), bias: joined('b'), cotangent })
    const training = (): void => {
      net.forward()
      net.backward()
    }
    training()
    const { x: dx, ...dparams } = net.grads
    const checks = { loss: dot(net.hs, cotangent), dx: absolute(dx), dparams: absolute(...Object.values(dparams)) }
    return { checks, run: mode => (mode === 'forward' ? net.forward() : training()) }
  },
})
