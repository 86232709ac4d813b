/** TensorFlow.js on its WebAssembly backend: operations one by one, gradients by `tf.grads`. */
import { optional, serve } from '../serve.ts'
import { absolute, dot, fill } from '../work.ts'
import { leavesOf, runCell, type Ops } from './cells.ts'

interface Tensor {
  reshape(shape: readonly number[]): Tensor
  dataSync(): Float32Array
  dispose(): void
}

/** What is used of the library. */
interface Tf {
  readonly version: { readonly tfjs: string }
  readonly setBackend: (name: string) => Promise<boolean>
  readonly ready: () => Promise<void>
  readonly env: () => { getAsync(name: string): Promise<unknown> }
  readonly tensor: (values: Float32Array, shape: readonly number[]) => Tensor
  readonly zeros: (shape: readonly number[]) => Tensor
  readonly matMul: (a: Tensor, b: Tensor, transposeA: boolean, transposeB: boolean) => Tensor
  readonly add: (a: Tensor, b: Tensor | number) => Tensor
  readonly sub: (a: Tensor | number, b: Tensor) => Tensor
  readonly mul: (a: Tensor, b: Tensor) => Tensor
  readonly sigmoid: (a: Tensor) => Tensor
  readonly tanh: (a: Tensor) => Tensor
  readonly rsqrt: (a: Tensor) => Tensor
  readonly square: (a: Tensor) => Tensor
  readonly mean: (a: Tensor, axis: number, keepDims: boolean) => Tensor
  readonly split: (a: Tensor, parts: number, axis: number) => Tensor[]
  readonly unstack: (a: Tensor) => Tensor[]
  readonly stack: (list: readonly Tensor[]) => Tensor
  readonly grads: (f: (...args: Tensor[]) => Tensor) => (args: Tensor[], dy: Tensor) => Tensor[]
  readonly tidy: <R>(f: () => R) => R
}

interface Backend {
  readonly setThreadsCount: (n: number) => void
}

const start = async (): Promise<Tf> => {
  const tf = await optional<Tf>('@tensorflow/tfjs')
  const { setThreadsCount } = await optional<Backend>('@tensorflow/tfjs-backend-wasm')
  setThreadsCount(1)
  if (!(await tf.setBackend('wasm'))) throw new Error('its WebAssembly backend does not start')
  await tf.ready()
  return tf
}

const opsOf = (tf: Tf): Ops<Tensor> => ({
  product: (x, w) => tf.matMul(x, w, false, true),
  add: tf.add,
  sub: tf.sub,
  mul: tf.mul,
  sigmoid: tf.sigmoid,
  tanh: tf.tanh,
  split: (a, parts) => tf.split(a, parts, 1),
  steps: (a, t, batch) => tf.unstack(a.reshape([t, batch, -1])),
  stack: tf.stack,
  zeros: (rows, columns) => tf.zeros([rows, columns]),
  oneMinus: a => tf.sub(1, a),
  normalise: a => {
    const centred = tf.sub(a, tf.mean(a, 1, true))
    return tf.mul(centred, tf.rsqrt(tf.add(tf.mean(tf.square(centred), 1, true), 1e-5)))
  },
})

serve({
  hello: async () => {
    const tf = await start()
    const simd = await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT')
    return `TensorFlow.js ${tf.version.tfjs}, WebAssembly${simd === true ? ' with SIMD' : ''}`
  },
  prepare: async problem => {
    const tf = await start()
    const { t, batch, d } = problem.size
    const leaves = leavesOf(problem)
    const args = [tf.tensor(fill(problem.x), [t * batch, d]), ...leaves.map(l => tf.tensor(l.values, l.shape))]
    const cotangent = tf.tensor(fill(problem.r), problem.r.shape)
    const ops = opsOf(tf)
    const output = (x: Tensor, ...params: Tensor[]): Tensor => runCell(ops, problem, x, Object.fromEntries(leaves.map((l, i) => [l.name, params[i]!])))
    const gradients = tf.grads(output)
    const forward = (): Tensor => tf.tidy(() => output(args[0]!, ...args.slice(1)))
    const training = (): Tensor[] => tf.tidy(() => gradients(args, cotangent))
    const [dx, ...dparams] = training().map(g => g.dataSync())
    const checks = { loss: dot(forward().dataSync(), cotangent.dataSync()), dx: absolute(dx!), dparams: absolute(...dparams) }
    return {
      checks,
      run: mode => {
        for (const made of mode === 'forward' ? [forward()] : training()) made.dispose()
      },
    }
  },
})
