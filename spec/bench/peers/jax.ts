/** jax-js on its WebAssembly backend: the loop unrolled, compiled by `jit`, differentiated by `grad`. */
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import { AbsentError, optional, serve } from '../serve.ts'
import { absolute, dot, fill } from '../work.ts'
import { leavesOf, runCell, type Ops } from './cells.ts'

/** Operations take their operands away; `ref` keeps one for another use. */
interface Arr {
  readonly ref: Arr
  readonly shape: readonly number[]
  reshape(shape: readonly number[]): Arr
  slice(...index: readonly (number | readonly number[])[]): Arr
  add(b: Arr | number): Arr
  sub(b: Arr): Arr
  mul(b: Arr): Arr
  sum(): Arr
  dataSync(): Float32Array
  dispose(): void
}

type Tree = Readonly<Record<string, Arr>>

/** What is used of the library. */
interface Jax {
  init(device: string): Promise<readonly string[]>
  defaultDevice(device: string): string
  blockUntilReady<T>(tree: T): Promise<T>
  jit<A extends readonly unknown[], R>(f: (...args: A) => R): (...args: A) => R
  grad<A extends readonly unknown[]>(f: (...args: A) => Arr): (...args: A) => A[0]
  readonly nn: { sigmoid(a: Arr): Arr }
  readonly numpy: {
    array(values: Float32Array, options: { readonly shape: readonly number[] }): Arr
    zeros(shape: readonly number[]): Arr
    matmul(a: Arr, b: Arr): Arr
    transpose(a: Arr): Arr
    tanh(a: Arr): Arr
    sqrt(a: Arr): Arr
    square(a: Arr): Arr
    mean(a: Arr, axis: number, options: { readonly keepdims: boolean }): Arr
    split(a: Arr, parts: number, axis: number): readonly Arr[]
    stack(list: readonly Arr[]): Arr
    negative(a: Arr): Arr
    divide(a: Arr, b: Arr): Arr
  }
}

const start = async (): Promise<Jax> => {
  const jax = await optional<Jax>('@jax-js/jax')
  if (!(await jax.init('wasm')).includes('wasm')) throw new Error('its WebAssembly backend does not start')
  jax.defaultDevice('wasm')
  return jax
}

const opsOf = ({ numpy: np, nn }: Jax): Ops<Arr> => ({
  product: (x, w) => np.matmul(x.ref, np.transpose(w.ref)),
  add: (a, b) => a.ref.add(b.ref),
  sub: (a, b) => a.ref.sub(b.ref),
  mul: (a, b) => a.ref.mul(b.ref),
  sigmoid: a => nn.sigmoid(a.ref),
  tanh: a => np.tanh(a.ref),
  split: (a, parts) => np.split(a.ref, parts, 1),
  steps: (a, t, batch) => Array.from({ length: t }, (_, step) => a.ref.slice([step * batch, (step + 1) * batch])),
  stack: list => np.stack(list.map(a => a.ref)),
  zeros: (rows, columns) => np.zeros([rows, columns]),
  oneMinus: a => np.negative(a.ref).add(1),
  normalise: a => {
    const centred = a.ref.sub(np.mean(a.ref, 1, { keepdims: true }))
    return np.divide(centred.ref, np.sqrt(np.mean(np.square(centred.ref), 1, { keepdims: true }).add(1e-5)))
  },
})

/** Compiling an unrolled loop takes seconds, and more than in proportion to its length. */
const longest = 64

serve({
  hello: async () => {
    await start()
    const entry = createRequire(import.meta.url).resolve('@jax-js/jax')
    const { version } = JSON.parse(readFileSync(`${entry.slice(0, entry.lastIndexOf('/dist/'))}/package.json`, 'utf8')) as { version: string }
    return `jax-js ${version}, WebAssembly`
  },
  prepare: async problem => {
    const { t, batch, d, h } = problem.size
    if (t > longest || batch * h > 1024) throw new AbsentError('too large to unroll')
    const jax = await start()
    const array = (values: Float32Array, shape: readonly number[]): Arr => jax.numpy.array(values, { shape })
    const leaves = leavesOf(problem)
    const params: Tree = { x: array(fill(problem.x), [t * batch, d]), ...Object.fromEntries(leaves.map(l => [l.name, array(l.values, l.shape)])) }
    const cotangent = array(fill(problem.r), problem.r.shape)
    const ops = opsOf(jax)
    const output = (tree: Tree): Arr => runCell(ops, problem, tree['x']!, tree)
    const forward = jax.jit(output)
    const gradients = jax.jit(jax.grad((tree: Tree, r: Arr) => output(tree).mul(r).sum()))
    const refs = (): Tree => Object.fromEntries(Object.entries(params).map(([name, a]) => [name, a.ref]))
    const { x: dx, ...dparams } = gradients(refs(), cotangent.ref)
    const checks = {
      loss: dot(forward(refs()).dataSync(), cotangent.ref.dataSync()),
      dx: absolute(dx!.dataSync()),
      dparams: absolute(...Object.values(dparams).map(g => g.dataSync())),
    }
    return {
      checks,
      run: async mode => {
        const made = mode === 'forward' ? [forward(refs())] : Object.values(gradients(refs(), cotangent.ref))
        for (const a of await jax.blockUntilReady(made)) a.dispose()
      },
    }
  },
})
