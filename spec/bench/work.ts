/** What is measured: cells, sizes, and the numbers that every contender works with. */

export interface Size {
  readonly t: number
  readonly batch: number
  readonly d: number
  readonly h: number
}

export type Mode = 'forward' | 'training'
export const modes: readonly Mode[] = ['training', 'forward']

/** An array that each contender fills for itself: entry i is `least + (most - least) * uniform(seed, i)`. */
export interface Filled {
  readonly name: string
  readonly shape: readonly number[]
  readonly seed: number
  readonly least: number
  readonly most: number
}

/** One problem: a cell at a size, from `x` to `h`; the loss is the sum of `h * R`. */
export interface Problem {
  readonly cell: CellName
  readonly size: Size
  readonly params: readonly Filled[]
  readonly x: Filled
  readonly r: Filled
}

interface Cell {
  readonly title: string
  /** From this folder. */
  readonly source: string
  readonly block: string
  /** Names to shapes: `d` and `h` stand for the dims, `4h` for four times H. */
  readonly params: Readonly<Record<string, readonly ('d' | 'h' | '4h')[]>>
}

const each = <S>(names: string, shape: readonly S[]): Record<string, readonly S[]> => Object.fromEntries(names.split(' ').map(n => [n, shape]))

export const cells = {
  lstm: {
    title: 'LSTM',
    source: '../../dsl/std/lstm.cell',
    block: 'LSTM',
    params: { ...each('Wi Wf Wg Wo', ['h', 'd']), ...each('Ui Uf Ug Uo', ['h', 'h']), ...each('bi bf bg bo', ['h']) },
  },
  peephole: {
    title: 'peephole LSTM',
    source: '../../dsl/std/lstm.cell',
    block: 'PeepholeLSTM',
    params: { ...each('Wi Wf Wg Wo', ['h', 'd']), ...each('Ui Uf Ug Uo', ['h', 'h']), ...each('bi bf bg bo pi pf po', ['h']) },
  },
  gru: {
    title: 'GRU (reset after the product)',
    source: '../../dsl/std/gru.cell',
    block: 'ResetAfterGRU',
    params: { ...each('Wr Wz Wn', ['h', 'd']), ...each('Ur Uz Un', ['h', 'h']), ...each('br bz bn cn', ['h']) },
  },
  layernorm: {
    title: 'LayerNorm LSTM',
    source: 'cells/layer-norm-lstm.cell',
    block: 'LayerNormLSTM',
    params: { W: ['4h', 'd'], U: ['4h', 'h'], ...each('b gx gh', ['4h']), ...each('gc bc', ['h']) },
  },
  mingru: {
    title: 'minGRU',
    source: 'cells/min-gru.cell',
    block: 'MinGRU',
    params: { ...each('Wz Wn', ['h', 'd']), ...each('bz bn', ['h']) },
  },
} as const satisfies Record<string, Cell>

export type CellName = keyof typeof cells
export const cellNames = Object.keys(cells) as CellName[]

export const sizes: readonly Size[] = [
  { t: 32, batch: 1, d: 32, h: 32 },
  { t: 100, batch: 1, d: 64, h: 64 },
  { t: 64, batch: 16, d: 64, h: 64 },
  { t: 64, batch: 32, d: 128, h: 128 },
  { t: 64, batch: 32, d: 256, h: 256 },
]

/** How times grow with one size while the others stay. */
export const growth: Readonly<Record<'T' | 'B' | 'H', readonly Size[]>> = {
  T: [16, 64, 256].map(t => ({ t, batch: 16, d: 64, h: 64 })),
  B: [1, 4, 16, 64].map(batch => ({ t: 64, batch, d: 64, h: 64 })),
  H: [16, 32, 64, 128, 256].map(h => ({ t: 64, batch: 16, d: h, h })),
}

export const sizeText = ({ t, batch, d, h }: Size): string => `${t},${batch},${d},${h}`

/** Roughly what a training step of an LSTM takes: to know what is too much for a slow contender. */
export const weight = ({ t, batch, d, h }: Size): number => 3 * t * batch * 2 * 4 * h * (d + h)

export const problemOf = (cell: CellName, size: Size): Problem => {
  const { t, batch, d, h } = size
  const sizeOf = { d, h, '4h': 4 * h }
  const k = 1 / Math.sqrt(h)
  const params = Object.entries<readonly ('d' | 'h' | '4h')[]>(cells[cell].params).map(([name, shape], i) => ({
    name,
    shape: shape.map(s => sizeOf[s]),
    seed: i + 3,
    // Gains lie around one, everything else around zero.
    ...(name.startsWith('g') ? { least: 0.5, most: 1.5 } : { least: -k, most: k }),
  }))
  const x = { name: 'x', shape: [t, batch, d], seed: 1, least: -1, most: 1 }
  return { cell, size, params, x, r: { name: 'R', shape: [t, batch, h], seed: 2, least: -1, most: 1 } }
}

/** The numbers of an array. `peers/torch_peer.py` has the same function. */
export const fill = ({ shape, seed, least, most }: Filled): Float32Array =>
  Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => {
    let v = Math.imul(i, 0x9e3779b1) + Math.imul(seed, 0x85ebca77)
    v = Math.imul(v ^ (v >>> 15), 0x85ebca77)
    v = Math.imul(v ^ (v >>> 13), 0xc2b2ae3d)
    return least + (most - least) * (((v ^ (v >>> 16)) >>> 8) / 0x1000000)
  })

/** What shows that two contenders did the same: the loss, and sums of the absolute gradients. */
export interface Checks {
  readonly loss: number
  readonly dx: number
  readonly dparams: number
}

export const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}

export const absolute = (...lists: readonly ArrayLike<number>[]): number => {
  let sum = 0
  for (const list of lists) for (let i = 0; i < list.length; i++) sum += Math.abs(list[i]!)
  return sum
}

export const sameWork = (a: Checks, b: Checks): boolean => {
  // A loss is a sum of both signs: what it is measured against is not its own size.
  const near = (x: number, y: number, scale: number): boolean => Math.abs(x - y) <= 2e-3 * Math.abs(scale)
  return near(a.dx, b.dx, a.dx) && near(a.dparams, b.dparams, a.dparams) && near(a.loss, b.loss, Math.max(Math.abs(a.loss), a.dx))
}
