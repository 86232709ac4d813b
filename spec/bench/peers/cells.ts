/** The cells as one would write them for a library of array operations: the input's product for all steps at once, the gates side by side. */
import { fill, type CellName, type Problem } from '../work.ts'

/** What the libraries have in common. Matrices have rows of one example each. */
export interface Ops<T> {
  /** `x @ transpose(w)`. */
  readonly product: (x: T, w: T) => T
  readonly add: (a: T, b: T) => T
  readonly sub: (a: T, b: T) => T
  readonly mul: (a: T, b: T) => T
  readonly sigmoid: (a: T) => T
  readonly tanh: (a: T) => T
  /** Equal parts of each row. */
  readonly split: (a: T, parts: number) => readonly T[]
  /** Rows of all steps to those of each. */
  readonly steps: (a: T, t: number, batch: number) => readonly T[]
  readonly stack: (list: readonly T[]) => T
  readonly zeros: (rows: number, columns: number) => T
  readonly oneMinus: (a: T) => T
  readonly normalise: (a: T) => T
}

type Params<T> = Readonly<Record<string, T>>

/** From `x`, with the rows of all steps, to `h` of all steps. */
export const runCell = <T>(ops: Ops<T>, { cell, size }: Problem, x: T, p: Params<T>): T => {
  const { t, batch, h: hidden } = size
  const { add, sub, mul, sigmoid, tanh, product, split } = ops
  const rows = (a: T): readonly T[] => ops.steps(a, t, batch)
  let h = ops.zeros(batch, hidden)
  let c = h
  const layerNorm = (a: T, gain: T, bias?: T): T => {
    const scaled = mul(ops.normalise(a), gain)
    return bias === undefined ? scaled : add(scaled, bias)
  }
  const gates = (z: T, n: number): [T, T, T, T] => split(z, n) as unknown as [T, T, T, T]
  const each: Readonly<Record<CellName, () => readonly T[]>> = {
    lstm: () =>
      rows(add(product(x, p['W']!), p['b']!)).map(z => {
        const [i, f, g, o] = gates(add(z, product(h, p['U']!)), 4)
        c = add(mul(sigmoid(f), c), mul(sigmoid(i), tanh(g)))
        return (h = mul(sigmoid(o), tanh(c)))
      }),
    peephole: () =>
      rows(add(product(x, p['W']!), p['b']!)).map(z => {
        const [i, f, g, o] = gates(add(z, product(h, p['U']!)), 4)
        c = add(mul(sigmoid(add(f, mul(p['pf']!, c))), c), mul(sigmoid(add(i, mul(p['pi']!, c))), tanh(g)))
        return (h = mul(sigmoid(add(o, mul(p['po']!, c))), tanh(c)))
      }),
    gru: () =>
      rows(add(product(x, p['W']!), p['b']!)).map(w => {
        const [wr, wz, wn] = gates(w, 3)
        const [ur, uz, un] = gates(product(h, p['U']!), 3)
        const n = tanh(add(wn, mul(sigmoid(add(wr, ur)), add(un, p['cn']!))))
        return (h = add(n, mul(sigmoid(add(wz, uz)), sub(h, n))))
      }),
    layernorm: () =>
      rows(layerNorm(product(x, p['W']!), p['gx']!)).map(z => {
        const [i, f, g, o] = gates(add(z, layerNorm(product(h, p['U']!), p['gh']!, p['b']!)), 4)
        c = add(mul(sigmoid(f), c), mul(sigmoid(i), tanh(g)))
        return (h = mul(sigmoid(o), tanh(layerNorm(c, p['gc']!, p['bc']!))))
      }),
    mingru: () => {
      const z = sigmoid(add(product(x, p['Wz']!), p['bz']!))
      const fresh = rows(mul(z, add(product(x, p['Wn']!), p['bn']!)))
      return rows(ops.oneMinus(z)).map((keep, step) => (h = add(mul(keep, h), fresh[step]!)))
    },
  }
  return ops.stack(each[cell]())
}

export interface Leaf {
  readonly name: string
  readonly shape: readonly number[]
  readonly values: Float32Array
}

const gatesOf: Readonly<Partial<Record<CellName, string>>> = { lstm: 'ifgo', peephole: 'ifgo', gru: 'rzn' }

/** The parameters, those of all gates side by side. */
export const leavesOf = ({ cell, params }: Problem): readonly Leaf[] => {
  const gates = gatesOf[cell]
  const leaves = params.map(p => ({ name: p.name, shape: p.shape, values: fill(p) }))
  if (gates === undefined) return leaves
  const isPart = ({ name }: Leaf): boolean => name.length === 2 && 'WUb'.includes(name[0]!) && gates.includes(name[1]!)
  const joined = ['W', 'U', 'b'].map(letter => {
    const parts = [...gates].map(g => leaves.find(l => l.name === letter + g)!)
    const [first, ...rest] = parts[0]!.shape
    return { name: letter, shape: [first! * gates.length, ...rest], values: Float32Array.from(parts.flatMap(l => [...l.values])) }
  })
  return [...joined, ...leaves.filter(l => !isPart(l))]
}
