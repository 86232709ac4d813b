// PeepholeLSTM, compiled by Recurve. Do not edit: change the source and build again.

export interface Dims { readonly D: number; readonly H: number }
export interface Sizes { readonly t: number; readonly batch: number }
export interface CreateOptions {
  /** Steps that a gradient travels back; Infinity for full BPTT. */
  window?: number
  every?: number
  /** Keeps the tape for several backward passes. */
  again?: boolean
  /** The outputs that are wanted; all, if left out. */
  outputs?: readonly string[]
  /** Streams whose total derivative is wanted in `adjoints`. */
  adjoints?: readonly string[]
  /** Checks before each backward pass that what the forward pass read is still there. */
  check?: boolean
  /** The number of the first row, where the batch is a part of a larger one: noise is that of the whole. */
  firstRow?: number
  /** What lies along other sequences than t is computed once, until `reset`. */
  stepping?: boolean
}
/** What a pass goes on from, as plain data. */
export interface Carried {
  /** How many steps came before. */
  readonly step: number
  /** Whether a carry came before. */
  readonly going: boolean
  readonly given: Readonly<Record<string, boolean>>
  readonly arrays: Readonly<Record<string, Float32Array | Float64Array | Int32Array>>
}
/** One step at a time: fill `inputs`, call it, read `outputs`. */
export interface Stepper extends Pick<Net, 'inputs' | 'targets' | 'lengths' | 'rows' | 'noise' | 'given' | 'hyper' | 'params' | 'initial' | 'outputs' | 'final' | 'dispose'> {
  (options?: { training?: boolean; seed?: number }): number
  step(options?: { training?: boolean; seed?: number }): number
  /** Begins anew, with what the net holds now. */
  reset(): void
  /** What was chosen at the last step, for a model that looks back at it: `tgt[t-1]`. */
  feed(name: string, values: ArrayLike<number>): void
  /** Every sequence of the batch takes the history of another: beams. */
  reorder(rows: ArrayLike<number>): void
}
export interface Net {
  readonly params: { readonly Wi: Float32Array; readonly Wf: Float32Array; readonly Wg: Float32Array; readonly Wo: Float32Array; readonly Ui: Float32Array; readonly Uf: Float32Array; readonly Ug: Float32Array; readonly Uo: Float32Array; readonly pi: Float32Array; readonly pf: Float32Array; readonly po: Float32Array; readonly bi: Float32Array; readonly bg: Float32Array; readonly bo: Float32Array; readonly bf: Float32Array }
  readonly grads: { readonly Wi: Float32Array; readonly Wf: Float32Array; readonly Wg: Float32Array; readonly Wo: Float32Array; readonly Ui: Float32Array; readonly Uf: Float32Array; readonly Ug: Float32Array; readonly Uo: Float32Array; readonly pi: Float32Array; readonly pf: Float32Array; readonly po: Float32Array; readonly bi: Float32Array; readonly bg: Float32Array; readonly bo: Float32Array; readonly bf: Float32Array }
  readonly noise: {}
  readonly hyper: {}
  /** True takes what stands in `initial`, for a state that the source gives initial values, or in `noise`, instead of drawing. */
  readonly given: {}
  readonly inputs: { readonly x: Float32Array }
  readonly targets: {}
  /** How many steps each sequence of the batch has; all of them at first. */
  readonly lengths: { readonly t: Int32Array }
  /** How many sequences of the batch are in use; all at first. Rows behind them do not exist. */
  rows: number
  readonly initial: { readonly h: Float32Array; readonly c: Float32Array }
  readonly outputs: { readonly h: Float32Array; readonly c: Float32Array }
  readonly final: { readonly h: Float32Array; readonly c: Float32Array }
  readonly outputGrads: { readonly h: Float32Array; readonly c: Float32Array }
  readonly finalGrads: { readonly h: Float32Array; readonly c: Float32Array }
  readonly inputGrads: { readonly x: Float32Array }
  readonly initialGrads: { readonly h: Float32Array; readonly c: Float32Array }
  readonly adjoints: Readonly<Record<string, Float32Array>>
  readonly bytes: { readonly params: number; readonly tape: number; readonly work: number }
  initialise(seed: number): void
  forward(options?: { training?: boolean; seed?: number; tape?: boolean }): number
  backward(options?: { window?: number; every?: number; accumulate?: boolean }): void
  carry(): void
  reset(): void
  /** All that a carry hands on, and takes up again. */
  carried(): Carried
  resume(carried: Carried): void
  feed(name: string, values: ArrayLike<number>): void
  reorder(rows: ArrayLike<number>): void
  stepper(axis?: string): Stepper
  dispose(): void
}

export const signature = {
  "format": "recurve-module-1",
  "name": "PeepholeLSTM",
  "kind": "cell",
  "target": "ts",
  "dtype": "f32",
  "source": "4c17df65198f5cd227dd373a9eb37574c8a30bece4f701a5d8e097122ee89365",
  "dims": ["D","H"],
  "fixedDims": {},
  "dimDefaults": {},
  "params": {
    "Wi": {"shape":["H","D"],"axes":[],"type":"real","init":{"scheme":"glorot","args":[],"scaled":1},"fixed":false},
    "Wf": {"shape":["H","D"],"axes":[],"type":"real","init":{"scheme":"glorot","args":[],"scaled":1},"fixed":false},
    "Wg": {"shape":["H","D"],"axes":[],"type":"real","init":{"scheme":"glorot","args":[],"scaled":1},"fixed":false},
    "Wo": {"shape":["H","D"],"axes":[],"type":"real","init":{"scheme":"glorot","args":[],"scaled":1},"fixed":false},
    "Ui": {"shape":["H","H"],"axes":[],"type":"real","init":{"scheme":"glorot","args":[],"scaled":1},"fixed":false},
    "Uf": {"shape":["H","H"],"axes":[],"type":"real","init":{"scheme":"glorot","args":[],"scaled":1},"fixed":false},
    "Ug": {"shape":["H","H"],"axes":[],"type":"real","init":{"scheme":"glorot","args":[],"scaled":1},"fixed":false},
    "Uo": {"shape":["H","H"],"axes":[],"type":"real","init":{"scheme":"glorot","args":[],"scaled":1},"fixed":false},
    "pi": {"shape":["H"],"axes":[],"type":"real","init":{"scheme":"zeros","args":[],"scaled":1},"fixed":false},
    "pf": {"shape":["H"],"axes":[],"type":"real","init":{"scheme":"zeros","args":[],"scaled":1},"fixed":false},
    "po": {"shape":["H"],"axes":[],"type":"real","init":{"scheme":"zeros","args":[],"scaled":1},"fixed":false},
    "bi": {"shape":["H"],"axes":[],"type":"real","init":{"scheme":"zeros","args":[],"scaled":1},"fixed":false},
    "bg": {"shape":["H"],"axes":[],"type":"real","init":{"scheme":"zeros","args":[],"scaled":1},"fixed":false},
    "bo": {"shape":["H"],"axes":[],"type":"real","init":{"scheme":"zeros","args":[],"scaled":1},"fixed":false},
    "bf": {"shape":["H"],"axes":[],"type":"real","init":{"scheme":"ones","args":[],"scaled":1},"fixed":false},
  },
  "hyper": {},
  "noise": {},
  "inputs": {
    "x": {"shape":["D"],"axes":["t","batch"],"type":"real"},
  },
  "targets": {},
  "states": {
    "h": {"shape":["H"],"axes":["t","batch"],"type":"real","delay":1},
    "c": {"shape":["H"],"axes":["t","batch"],"type":"real","delay":1},
  },
  "outputs": {
    "h": {"shape":["H"],"axes":["t","batch"],"type":"real"},
    "c": {"shape":["H"],"axes":["t","batch"],"type":"real"},
  },
  "sequences": ["t"],
  "loss": false,
} as const

/**
 * Takes all memory in one block, for given dims, a number of steps and a number of sequences.
 * Throws a RangeError for sizes that are not positive integers or need more than 2147483648 bytes.
 */
export function create(dims: Dims, sizes: Sizes, options: CreateOptions = {}): Net {
  known('dims', dims, ["D","H"])
  known('sizes', sizes, ["t","batch"])
  known('options', options, ["window","every","again","outputs","adjoints","check","firstRow","stepping"])
  const D_ = positive("D", own(dims, "D"))
  const H_ = positive("H", own(dims, "H"))
  const T = positive('t', own(sizes, 't'))
  const B = positive('batch', own(sizes, 'batch'))
  let span = T
  const givenWindow = own(options, 'window')
  const givenEvery = own(options, 'every')
  const created = windowOf(givenWindow ?? Infinity, givenEvery ?? (givenWindow === undefined ? undefined : undefined))
  const stepping = flag('stepping', own(options, 'stepping'))
  const firstRow = whole('firstRow', own(options, 'firstRow') ?? 0)
  /** True when one pass does for all chunks: no gradient passes between them. */
  const isSingle = (w: { window: number; every: number }): boolean => w.window === Infinity || w.window === w.every
  const wanted = chosen('outputs', own(options, 'outputs'), ["h","c"], ["h","c"])
  const derived = chosen('adjoints', own(options, 'adjoints'), [], ["h","c"])
  const again = flag('again', own(options, 'again')) || !isSingle(created)

  // Where everything lies, in entries of the one block.
  let top = 0
  const take = (size: number): number => {
    const at = top
    top += size
    return at
  }
  const r0 = take(4 * D_ * H_) // Wi Wf Wg Wo
  const r1 = take(4 * H_) // bi bf bg bo
  const r2 = take(4 * H_ * H_) // Ui Uf Ug Uo
  const r3 = take(B) // t
  const r4 = take(B * T * D_) // x
  const r5 = take(H_) // pi
  const r6 = take(H_) // pf
  const r7 = take(H_) // po
  const r8 = take(B * T * H_) // outputGrad h
  const r9 = take(B * T * H_) // outputGrad c
  const r10 = take(B * H_) // finalGrad h
  const r11 = take(B * H_) // finalGrad c
  const r12 = take(4 * B * T * H_) // contract
  const r13 = take(B * T * H_) // i
  const r14 = take(B * T * H_) // f
  const r15 = take(B * T * H_ + B * H_) // c
  const r16 = take(B * T * H_) // o
  const r17 = take(B * T * H_ + B * H_) // h
  const r18 = take(B * H_) // end
  const r19 = take(B * H_) // end
  const r20 = take(B) // and
  const r21 = take(B) // eq
  const r22 = take(B * H_) // select
  const r23 = take(B * H_) // select
  const r24 = take(B * H_) // select
  const r25 = take(B * H_) // select
  const r26 = take(1) // and
  const r27 = take(derived.has("h") ? T * (B * H_) : B * H_) // h adjoint
  const step27 = derived.has("h") ? B * H_ : 0
  const r28 = again ? take(4 * B * T * H_) : r12 // concat
  const r29 = take(derived.has("c") ? T * (B * H_) : B * H_) // c adjoint
  const step29 = derived.has("c") ? B * H_ : 0
  const r30 = take(B * H_) // add
  const r31 = take(B * H_) // contract
  const r32 = take(H_) // po gradient
  const r33 = take(H_) // pf gradient
  const r34 = take(4 * H_ * H_) // contract
  const r35 = take(B * T * D_) // contract
  const r36 = take(4 * H_) // contract
  const r37 = take(H_) // pi gradient
  const r38 = r22 // edge, in a place that is free again
  const r39 = r24 // edge, in a place that is free again
  const r40 = take(B * T * D_) // copy
  const r41 = take(4 * D_ * H_) // contract
  const r42 = take(B * H_) // add
  const r43 = take(B * H_) // add
  const r44 = take(B * H_) // zeros
  const r45 = take(B * H_) // zeros
  const given0 = take(B) // lengths as they are set
  const bytes = { params: 4 * (4 * D_ * H_ + 4 * H_ + 4 * H_ * H_ + H_ + H_ + H_), tape: 4 * (4 * B * T * H_ + B * T * H_ + B * T * H_ + B * T * H_), work: 4 * (B + B * T * D_ + B * T * H_ + B * T * H_ + B * H_ + B * H_ + B * T * H_ + B * H_ + B * T * H_ + B * H_ + B * H_ + B * H_ + B + B + B * H_ + B * H_ + B * H_ + B * H_ + 1 + (derived.has("h") ? T * (B * H_) : B * H_) + (again ? 4 * B * T * H_ : 0) + (derived.has("c") ? T * (B * H_) : B * H_) + B * H_ + B * H_ + H_ + H_ + 4 * H_ * H_ + B * T * D_ + 4 * H_ + H_ + B * T * D_ + 4 * D_ * H_ + B * H_ + B * H_ + B * H_ + B * H_ + B) }
  if (!(top * 4 <= 2147483648)) throw new RangeError(`${top * 4} bytes are needed, and the limit is 2147483648`)
  const memory = new ArrayBuffer(top * 4)
  let x = new Float32Array(memory)
  let n = new Int32Array(memory)

  const params = fixed('params', {
    Wi: x.subarray(r0 + 0, r0 + 0 + (D_ * H_)),
    Wf: x.subarray(r0 + D_ * H_, r0 + D_ * H_ + (D_ * H_)),
    Wg: x.subarray(r0 + 2 * D_ * H_, r0 + 2 * D_ * H_ + (D_ * H_)),
    Wo: x.subarray(r0 + 3 * D_ * H_, r0 + 3 * D_ * H_ + (D_ * H_)),
    Ui: x.subarray(r2 + 0, r2 + 0 + (H_ * H_)),
    Uf: x.subarray(r2 + H_ * H_, r2 + H_ * H_ + (H_ * H_)),
    Ug: x.subarray(r2 + 2 * H_ * H_, r2 + 2 * H_ * H_ + (H_ * H_)),
    Uo: x.subarray(r2 + 3 * H_ * H_, r2 + 3 * H_ * H_ + (H_ * H_)),
    pi: x.subarray(r5 + 0, r5 + 0 + H_),
    pf: x.subarray(r6 + 0, r6 + 0 + H_),
    po: x.subarray(r7 + 0, r7 + 0 + H_),
    bi: x.subarray(r1 + 0, r1 + 0 + H_),
    bg: x.subarray(r1 + 2 * H_, r1 + 2 * H_ + H_),
    bo: x.subarray(r1 + 3 * H_, r1 + 3 * H_ + H_),
    bf: x.subarray(r1 + H_, r1 + H_ + H_),
  }, () => changed('parameters were changed after forward'))
  const grads = fixed('grads', {
    Wi: x.subarray(r41 + 0, r41 + 0 + (D_ * H_)),
    Wf: x.subarray(r41 + D_ * H_, r41 + D_ * H_ + (D_ * H_)),
    Wg: x.subarray(r41 + 2 * D_ * H_, r41 + 2 * D_ * H_ + (D_ * H_)),
    Wo: x.subarray(r41 + 3 * D_ * H_, r41 + 3 * D_ * H_ + (D_ * H_)),
    Ui: x.subarray(r34 + 0, r34 + 0 + (H_ * H_)),
    Uf: x.subarray(r34 + H_ * H_, r34 + H_ * H_ + (H_ * H_)),
    Ug: x.subarray(r34 + 2 * H_ * H_, r34 + 2 * H_ * H_ + (H_ * H_)),
    Uo: x.subarray(r34 + 3 * H_ * H_, r34 + 3 * H_ * H_ + (H_ * H_)),
    pi: x.subarray(r37 + 0, r37 + 0 + H_),
    pf: x.subarray(r33 + 0, r33 + 0 + H_),
    po: x.subarray(r32 + 0, r32 + 0 + H_),
    bi: x.subarray(r36 + 0, r36 + 0 + H_),
    bg: x.subarray(r36 + 2 * H_, r36 + 2 * H_ + H_),
    bo: x.subarray(r36 + 3 * H_, r36 + 3 * H_ + H_),
    bf: x.subarray(r36 + H_, r36 + H_ + H_),
  })
  const inputs = fixed('inputs', {
    x: x.subarray(r4 + 0, r4 + 0 + T * B * D_),
  })
  const targets = fixed('targets', {})
  /** How long the sequences are said to be, and how long those in use are in the pass that is there. */
  const lengths = fixed('lengths', {
    t: n.subarray(given0 * 1, given0 * 1 + B),
  })
  const ends = {
    t: n.subarray((r3) * 1 + 0, (r3) * 1 + 0 + B * 1),
  }
  lengths.t.fill(T)
  const initial = fixed('initial', {
    h: x.subarray(r17 + 0, r17 + 0 + B * H_),
    c: x.subarray(r15 + 0, r15 + 0 + B * H_),
  })
  const outputs = fixed('outputs', {
    ...(wanted.has("h") ? { h: x.subarray(r17 + B * H_, r17 + B * H_ + T * B * H_) } : {}),
    ...(wanted.has("c") ? { c: x.subarray(r15 + B * H_, r15 + B * H_ + T * B * H_) } : {}),
  } as Net["outputs"])
  const final = fixed('final', {
    h: x.subarray(r18 + 0, r18 + 0 + B * H_),
    c: x.subarray(r19 + 0, r19 + 0 + B * H_),
  })
  const outputGrads = fixed('outputGrads', {
    h: x.subarray(r8 + 0, r8 + 0 + T * B * H_),
    c: x.subarray(r9 + 0, r9 + 0 + T * B * H_),
  })
  const finalGrads = fixed('finalGrads', {
    h: x.subarray(r10 + 0, r10 + 0 + B * H_),
    c: x.subarray(r11 + 0, r11 + 0 + B * H_),
  })
  const inputGrads = fixed('inputGrads', {
    x: x.subarray(r35 + 0, r35 + 0 + T * B * D_),
  })
  const initialGrads = fixed('initialGrads', {
    h: x.subarray(r43 + 0, r43 + 0 + B * H_),
    c: x.subarray(r42 + 0, r42 + 0 + B * H_),
  })
  const adjoints: Readonly<Record<string, Float32Array>> = fixed('adjoints', {
    ...(derived.has("h") ? { h: x.subarray(r27 + 0, r27 + 0 + T * B * H_) } : {}),
    ...(derived.has("c") ? { c: x.subarray(r29 + 0, r29 + 0 + T * B * H_) } : {}),
  })
  /** Total derivatives of the chunks before; those of one stream by two names once. */
  const totals = [...derived].filter((a, i, all) => all.findIndex(b => adjoints[b]!.byteOffset === adjoints[a]!.byteOffset) === i)
  const sums: Record<string, Float32Array> = {}
  if (again) for (const a of totals) sums[a] = new Float32Array(adjoints[a]!.length)
  /** Gradients that the passes of one backward pass add to. */
  const added = [grads, inputGrads, initialGrads].flatMap(list => Object.values<Float32Array>(list))
  const given = settable('given', {}, truth)
  const hyper = settable('hyper', {}, finite)
  const noise = fixed('noise', {})

  /** How many sequences of the batch are in use, and how many were in the pass that is there. */
  let rows = B
  let ran = B
  /** Whether a sequence is shorter than there is room for; whether a pass goes on from the one before. */
  let ragged = false
  let carried = false
  /** What lies along other sequences than t is there from the step before. */
  let prepared = false
  /** The number of the first step: `carry` goes on counting. */
  let first = 0
  /** Why there is nothing that a backward pass could go through; empty: there is. */
  let stale = unrun
  function changed(what: string): void {
    if (stale === '') stale = `${what}: call forward again, before backward`
  }
  /** What the pass has read, where changes of it are to be noticed. */
  const watched = flag('check', own(options, 'check')) ? watch({ params, inputs, targets, initial, noise }) : undefined
  let disposed = false
  const alive = (): void => {
    if (disposed) throw new Error('this net has been disposed of')
  }

  function initialiseAll(seed: number): void {
    alive()
    seedOf(seed)
    changed('parameters were changed after forward')
    initialise(params["Wi"], [H_, D_], "glorot", [], 1, seed, 0)
    initialise(params["Wf"], [H_, D_], "glorot", [], 1, seed, 1)
    initialise(params["Wg"], [H_, D_], "glorot", [], 1, seed, 2)
    initialise(params["Wo"], [H_, D_], "glorot", [], 1, seed, 3)
    initialise(params["Ui"], [H_, H_], "glorot", [], 1, seed, 4)
    initialise(params["Uf"], [H_, H_], "glorot", [], 1, seed, 5)
    initialise(params["Ug"], [H_, H_], "glorot", [], 1, seed, 6)
    initialise(params["Uo"], [H_, H_], "glorot", [], 1, seed, 7)
    initialise(params["pi"], [H_], "zeros", [], 1, seed, 8)
    initialise(params["pf"], [H_], "zeros", [], 1, seed, 9)
    initialise(params["po"], [H_], "zeros", [], 1, seed, 10)
    initialise(params["bi"], [H_], "zeros", [], 1, seed, 11)
    initialise(params["bg"], [H_], "zeros", [], 1, seed, 12)
    initialise(params["bo"], [H_], "zeros", [], 1, seed, 13)
    initialise(params["bf"], [H_], "ones", [], 1, seed, 14)
  }

  /** Runs all steps; the loss, or 0 where there is none. Throws a RangeError for an index out of range. */
  function forward(options: { training?: boolean; seed?: number; tape?: boolean } = {}): number {
    alive()
    known('forward', options, forwardOptions)
    const training = flag('training', own(options, 'training'))
    const seed = seedOf(own(options, 'seed') ?? 0)
    const keeps = flag('tape', own(options, 'tape') ?? true)
    stale = 'the last forward pass has not come through: call forward again, before backward'
    span = measure("t", lengths.t, ends.t, rows, T)
    ran = rows
    ragged = rows < B || isRagged(ends.t, T)
    if (rows < B) {
      forget(x, r17 + 0, B * H_, 1, 1, B, H_, rows)
      forget(x, r15 + 0, B * H_, 1, 1, B, H_, rows)
    }
    forward1(x, r0, r4, r1, r12, span, B, H_, D_)
    for (let t = 0; t < span; t++) {
      forward2(x, r2, r17 + t * (B * H_), r12 + t * (4 * B * H_), B, H_)
      forward3(x, r5, r15 + t * (B * H_), r12 + t * (4 * B * H_), r6, r12 + H_ + t * (4 * B * H_), r12 + 2 * H_ + t * (4 * B * H_), r7, r12 + 3 * H_ + t * (4 * B * H_), r13 + t * (B * H_), r14 + t * (B * H_), r15 + B * H_ + t * (B * H_), r16 + t * (B * H_), r17 + B * H_ + t * (B * H_), H_, B)
      if (ragged) {
        forwardZero1(x, n, r15 + B * H_ + t * (B * H_), H_, r3, B, t)
        forwardZero2(x, n, r17 + B * H_ + t * (B * H_), H_, r3, B, t)
      }
    }
    if (ragged) {
      forwardZero1All(x, n, r15 + B * H_, H_, r3, B, T)
      forwardZero2All(x, n, r17 + B * H_, H_, r3, B, T)
    }
    forward4(x, n, r17 + B * H_, r18, r3, r17, B, H_)
    if (ragged) forwardZero3(x, r18, H_, rows, B)
    forward5(x, n, r15 + B * H_, r19, r3, r15, B, H_)
    if (ragged) forwardZero4(x, r19, H_, rows, B)
    prepared = stepping
    stale = keeps ? '' : unrun
    if (keeps && watched !== undefined) watched.note()
    return 0
  }

  /** Fills the gradients, from the tape that `forward` left. */
  function backward(options: { window?: number; every?: number; accumulate?: boolean } = {}): void {
    alive()
    known('backward', options, backwardOptions)
    const wide = own(options, 'window')
    const every = own(options, 'every')
    const accumulate = flag('accumulate', own(options, 'accumulate'))
    if (stale === '') {
      if (rows !== ran) changed('rows was changed after forward')
      else if (differ(lengths.t, ends.t, rows)) changed('lengths.t was changed after forward')
      else if (watched !== undefined && watched.other() !== undefined) changed(`${watched.other()} was changed after forward`)
    }
    if (stale !== '') throw new Error(stale)
    const cut = wide === undefined && every === undefined ? created : windowOf(wide ?? created.window, every)
    const single = isSingle(cut)
    if (!single && !again) throw new Error('chunks that share steps need the tape more than once: create the net with this window, or with { again: true }')
    if (!again) stale = 'the tape is spent: call forward again, or create the net with { again: true }'
    const window = single ? cut.window : Infinity
    const keep = accumulate || !single
    if (!single && !accumulate) for (const g of added) g.fill(0)
    if (!single) for (const a of totals) sums[a]!.fill(0)
    for (let chunkFrom = 0; chunkFrom === 0 || chunkFrom < span; chunkFrom += single ? Infinity : cut.every) {
      const chunkTo = single ? Infinity : chunkFrom + cut.every
      const low = single ? 0 : Math.max(0, chunkTo - cut.window)
      const high = single ? Infinity : chunkFrom + cut.window
      const reach = Math.min(window, low > 0 ? low : Infinity)
      const passTo = single ? span : Math.min(span, chunkTo)
      const passFrom = low
      const passSteps = passTo - passFrom
      const passRoom = single ? T : passTo
      backward1(x, n, r3, r20, r21, chunkFrom, chunkTo, B)
      backward2(x, r20, r10, r21, r11, r22, r23, r24, r25, H_, B)
      if (ragged) {
        backwardZero1(x, r22, H_, rows, B)
        backwardZero2(x, r24, H_, rows, B)
      }
      for (let t = passSteps + passFrom - 1; t >= passFrom; t--) {
        if (ragged) {
          backwardEnd1(x, n, t + 1 < span ? t + 1 < passSteps + passFrom && near(t, t + 1, window, low) ? r31 : r45 : r22, r3, r22, H_, t, span, B)
          backwardEnd2(x, n, t + 1 < span ? t + 1 < passSteps + passFrom && near(t, t + 1, window, low) ? r30 : r44 : r24, r3, r24, H_, t, span, B)
        }
        backward3(x, r26, t, chunkFrom, chunkTo)
        backward4(x, r26, r8 + t * (B * H_), r9 + t * (B * H_), t + 1 < span ? t + 1 < passSteps + passFrom && near(t, t + 1, window, low) ? r31 : r45 : r22, r15 + B * H_ + t * (B * H_), r16 + t * (B * H_), r7, t + 1 < span ? t + 1 < passSteps + passFrom && near(t, t + 1, window, low) ? r30 : r44 : r24, r12 + 2 * H_ + t * (4 * B * H_), r13 + t * (B * H_), r15 + t * (B * H_), r14 + t * (B * H_), r6, r5, r27 + t * step27, r28 + 3 * H_ + t * (4 * B * H_), r29 + t * step29, r28 + 2 * H_ + t * (4 * B * H_), r28 + H_ + t * (4 * B * H_), r28 + t * (4 * B * H_), r30, H_, B)
        if (ragged) {
          backwardZero3(x, n, r27 + t * step27, H_, r3, step27, t, B)
          backwardZero4(x, n, r28 + 3 * H_ + t * (4 * B * H_), H_, r3, B, t)
          backwardZero5(x, n, r29 + t * step29, H_, r3, step29, t, B)
          backwardZero6(x, n, r28 + 2 * H_ + t * (4 * B * H_), H_, r3, B, t)
          backwardZero7(x, n, r28 + H_ + t * (4 * B * H_), H_, r3, B, t)
          backwardZero8(x, n, r28 + t * (4 * B * H_), H_, r3, B, t)
          backwardZero9(x, n, r30, H_, r3, t, B)
        }
        backward5(x, r28 + t * (4 * B * H_), r2, r31, B, H_)
        if (ragged) backwardZero10(x, n, r31, H_, r3, t, B)
        if (ragged) {
          backwardEnd1Off(x, n, t + 1 < span ? t + 1 < passSteps + passFrom && near(t, t + 1, window, low) ? -1 : r45 : r22, r3, H_, t, span, B)
          backwardEnd2Off(x, n, t + 1 < span ? t + 1 < passSteps + passFrom && near(t, t + 1, window, low) ? -1 : r44 : r24, r3, H_, t, span, B)
        }
      }
      if (ragged) {
        backwardZero3All(x, n, r27, H_, r3, step27, passFrom, passRoom, B)
        backwardZero5All(x, n, r29, H_, r3, step29, passFrom, passRoom, B)
      }
      backward6(x, r28 + 4 * B * H_ * passFrom + 3 * H_, r15 + B * H_ * passFrom + B * H_, r32, keep, B, H_, passSteps)
      backward7(x, r28 + 4 * B * H_ * passFrom + H_, r15 + B * H_ * passFrom, r33, keep, B, H_, passSteps)
      backward8(x, r28 + 4 * B * H_ * passFrom, r17 + B * H_ * passFrom, r34, keep, B, H_, passSteps)
      backward9(x, r28 + 4 * B * H_ * passFrom, r0, r35 + B * D_ * passFrom, keep, passSteps, B, D_, H_)
      if (ragged) backwardZero11(x, n, r35, D_, r3, B, passFrom, passRoom)
      backward10(x, r28 + 4 * B * H_ * passFrom, r36, keep, B, H_, passSteps)
      backward11(x, r28 + 4 * B * H_ * passFrom, r15 + B * H_ * passFrom, r37, keep, B, H_, passSteps)
      backward12(x, r30, r38, passSteps, passFrom, reach, H_, B)
      backward13(x, r31, r39, passSteps, passFrom, reach, H_, B)
      backward14(x, r4 + B * D_ * passFrom, r40 + B * D_ * passFrom, passSteps, B, D_)
      if (ragged) backwardZero12(x, n, r40, D_, r3, B, passFrom, passSteps)
      backward15(x, r28 + 4 * B * H_ * passFrom, r40 + B * D_ * passFrom, r41, keep, B, H_, D_, passSteps)
      backward16(x, r25, r38, r23, r39, r42, r43, keep, B, H_)
      if (ragged) {
        backwardZero13(x, r42, H_, rows, B)
        backwardZero14(x, r43, H_, rows, B)
      }
      if (!single) {
        if (sums["h"] !== undefined) addTo(sums["h"], adjoints["h"]!, B * H_ * passFrom, passSteps * B * H_ + B * H_ * passFrom)
        if (sums["c"] !== undefined) addTo(sums["c"], adjoints["c"]!, B * H_ * passFrom, passSteps * B * H_ + B * H_ * passFrom)
      }
    }
    if (!single) for (const a of totals) adjoints[a]!.set(sums[a]!)
  }

  /** The final states become the initial ones, and the steps count on. */
  function carry(): void {
    alive()
    history(x, r17 + B * H_, B * H_, 1, B, H_, 1, r17 + 0, B * H_, ends.t, span)
    history(x, r15 + B * H_, B * H_, 1, B, H_, 1, r15 + 0, B * H_, ends.t, span)
    first += span
    carried = true
    changed('carry has moved the states on')
  }

  /** The initial states are again as the source says: an expression, or zero. */
  function reset(): void {
    alive()
    initial["h"]!.fill(0)
    initial["c"]!.fill(0)
    first = 0
    carried = false
    prepared = false
    changed('reset has set the states back')
  }

  /** Where what a pass goes on from lies. */
  const past: Readonly<Record<string, Values>> = {
    "history.h": x.subarray(r17 + 0, r17 + 0 + B * H_),
    "history.c": x.subarray(r15 + 0, r15 + 0 + B * H_),
  }

  /** All that a carry hands on, copied: what `resume` of a net of the same sizes takes. */
  function kept(): Carried {
    alive()
    return { step: first, going: carried, given: { ...given }, arrays: Object.fromEntries(Object.entries(past).map(([name, values]) => [name, values.slice()])) }
  }

  /** Goes on from what `carried` gave. Throws, before anything is changed, what does not fit. */
  function resume(from: Carried): void {
    alive()
    fits(from, past, given)
    for (const name of Object.keys(past)) past[name]!.set(from.arrays[name]!)
    first = from.step
    carried = from.going
    prepared = false
    changed('resume has set other states')
  }

  /** Puts what was chosen at the last step in the place of what stood there. To be called after a carry. */
  function feed(name: string, values: ArrayLike<number>): void {
    alive()
    changed('feed has set another history')
    throw new RangeError(`feed: the model looks back at no input or target ${name}`)
  }

  /** Every sequence of the batch takes the history of the one that is named for it: beams. To be called after a carry. */
  function reorder(from: ArrayLike<number>): void {
    alive()
    if (from.length !== B) throw new RangeError(`reorder: ${from.length} rows for a batch of ${B}`)
    for (let b = 0; b < B; b++) if (!Number.isInteger(from[b]) || from[b]! < 0 || from[b]! >= B) throw new RangeError(`reorder: there is no sequence ${from[b]}`)
    changed('reorder has given sequences other histories')
    permute(x, r17 + 0, B * H_, 1, 1, B, H_, from)
    permute(x, r15 + 0, B * H_, 1, 1, B, H_, from)
  }

  /** A net that runs one step at a time, from where this one begins; what lies along other sequences is computed at its first step. */
  function stepper(axis = 't'): Stepper {
    alive()
    if (axis !== 't') throw new RangeError(`stepper: ${axis} is not the axis of the steps; that is t`)
    const one = create(dims, { ...sizes, t: 1 }, { outputs: [...wanted], stepping: true, firstRow })
    const reset = (): void => {
      one.reset()
      takeOver(one, { params, hyper, given, inputs, targets, lengths, initial })
      one.rows = rows
      one.resume(kept())
    }
    const step = (options?: { training?: boolean; seed?: number }): number => {
      const loss = one.forward(options)
      one.carry()
      return loss
    }
    reset()
    const { inputs: own, targets: aims, lengths: ends, noise: drawn, given: set, hyper: numbers, params: weights, initial: starts, outputs: results, final: lasts } = one
    const made = Object.assign(step, { step, reset, reorder: one.reorder, feed: one.feed, inputs: own, targets: aims, lengths: ends, rows: 0, noise: drawn, given: set, hyper: numbers, params: weights, initial: starts, outputs: results, final: lasts, dispose: one.dispose })
    Object.defineProperty(made, 'rows', { get: () => one.rows, set: value => void (one.rows = value) })
    return Object.freeze(made)
  }

  /** Lets the memory go. A second call does nothing. */
  function dispose(): void {
    disposed = true
    x = new Float32Array(0)
    n = new Int32Array(0)
  }

  return Object.freeze({
    params, grads, hyper, noise, given, inputs, targets, lengths, initial, outputs, final, outputGrads, finalGrads, inputGrads, initialGrads, adjoints, bytes,
    get rows() {
      return rows
    },
    set rows(value) {
      rows = whole('rows', value, B)
    },
    initialise: initialiseAll, forward, backward, carry, reset, carried: kept, resume, feed, reorder, stepper, dispose,
  })
}

/**
 * The product ij,j->i, continuing a sum: [bi bf bg bo], [Wi Wf Wg Wo], x
 * i = sigmoid(Wi @ x + Ui @ h[t-1] + pi * c[t-1] + bi)   (lstm.cell:42)
 */
function forward1(x: Float32Array, a: number, b: number, s: number, c: number, span: number, B: number, H_: number, D_: number): void {
  let aAt = a
  let bAt = b
  let sAt = s
  let cAt = c
  let q = 0
  for (; q + 4 <= span * B; q += 4) {
    let p = 0
    for (; p + 4 <= 4 * H_; p += 4) {
      const i0 = sAt + p
      let s00 = x[i0]
      let s10 = x[i0 + 1]
      let s20 = x[i0 + 2]
      let s30 = x[i0 + 3]
      let s01 = x[i0]
      let s11 = x[i0 + 1]
      let s21 = x[i0 + 2]
      let s31 = x[i0 + 3]
      let s02 = x[i0]
      let s12 = x[i0 + 1]
      let s22 = x[i0 + 2]
      let s32 = x[i0 + 3]
      let s03 = x[i0]
      let s13 = x[i0 + 1]
      let s23 = x[i0 + 2]
      let s33 = x[i0 + 3]
      let ka = aAt + p * D_
      let kb = bAt + q * D_
      for (let k0 = 0; k0 < D_; k0++) {
        const a0 = x[ka]
        const a1 = x[ka + D_]
        const a2 = x[ka + 2 * D_]
        const a3 = x[ka + 3 * D_]
        const b0 = x[kb]
        const b1 = x[kb + D_]
        const b2 = x[kb + 2 * D_]
        const b3 = x[kb + 3 * D_]
        s00 += a0 * b0
        s10 += a1 * b0
        s20 += a2 * b0
        s30 += a3 * b0
        s01 += a0 * b1
        s11 += a1 * b1
        s21 += a2 * b1
        s31 += a3 * b1
        s02 += a0 * b2
        s12 += a1 * b2
        s22 += a2 * b2
        s32 += a3 * b2
        s03 += a0 * b3
        s13 += a1 * b3
        s23 += a2 * b3
        s33 += a3 * b3
        ka += 1
        kb += 1
      }
      const c0 = cAt + q * (4 * H_) + p
      x[c0] = s00
      x[c0 + 1] = s10
      x[c0 + 2] = s20
      x[c0 + 3] = s30
      x[c0 + (4 * H_)] = s01
      x[c0 + 1 + (4 * H_)] = s11
      x[c0 + 2 + (4 * H_)] = s21
      x[c0 + 3 + (4 * H_)] = s31
      x[c0 + 2 * (4 * H_)] = s02
      x[c0 + 1 + 2 * (4 * H_)] = s12
      x[c0 + 2 + 2 * (4 * H_)] = s22
      x[c0 + 3 + 2 * (4 * H_)] = s32
      x[c0 + 3 * (4 * H_)] = s03
      x[c0 + 1 + 3 * (4 * H_)] = s13
      x[c0 + 2 + 3 * (4 * H_)] = s23
      x[c0 + 3 + 3 * (4 * H_)] = s33
    }
    for (; p < 4 * H_; p++) {
      const i0 = sAt + p
      let s00 = x[i0]
      let s01 = x[i0]
      let s02 = x[i0]
      let s03 = x[i0]
      let ka = aAt + p * D_
      let kb = bAt + q * D_
      for (let k0 = 0; k0 < D_; k0++) {
        const a0 = x[ka]
        const b0 = x[kb]
        const b1 = x[kb + D_]
        const b2 = x[kb + 2 * D_]
        const b3 = x[kb + 3 * D_]
        s00 += a0 * b0
        s01 += a0 * b1
        s02 += a0 * b2
        s03 += a0 * b3
        ka += 1
        kb += 1
      }
      const c0 = cAt + q * (4 * H_) + p
      x[c0] = s00
      x[c0 + (4 * H_)] = s01
      x[c0 + 2 * (4 * H_)] = s02
      x[c0 + 3 * (4 * H_)] = s03
    }
  }
  for (; q < span * B; q++) {
    let p = 0
    for (; p + 8 <= 4 * H_; p += 8) {
      const i0 = sAt + p
      let s00 = x[i0]
      let s10 = x[i0 + 1]
      let s20 = x[i0 + 2]
      let s30 = x[i0 + 3]
      let s40 = x[i0 + 4]
      let s50 = x[i0 + 5]
      let s60 = x[i0 + 6]
      let s70 = x[i0 + 7]
      let ka = aAt + p * D_
      let kb = bAt + q * D_
      for (let k0 = 0; k0 < D_; k0++) {
        const a0 = x[ka]
        const a1 = x[ka + D_]
        const a2 = x[ka + 2 * D_]
        const a3 = x[ka + 3 * D_]
        const a4 = x[ka + 4 * D_]
        const a5 = x[ka + 5 * D_]
        const a6 = x[ka + 6 * D_]
        const a7 = x[ka + 7 * D_]
        const b0 = x[kb]
        s00 += a0 * b0
        s10 += a1 * b0
        s20 += a2 * b0
        s30 += a3 * b0
        s40 += a4 * b0
        s50 += a5 * b0
        s60 += a6 * b0
        s70 += a7 * b0
        ka += 1
        kb += 1
      }
      const c0 = cAt + q * (4 * H_) + p
      x[c0] = s00
      x[c0 + 1] = s10
      x[c0 + 2] = s20
      x[c0 + 3] = s30
      x[c0 + 4] = s40
      x[c0 + 5] = s50
      x[c0 + 6] = s60
      x[c0 + 7] = s70
    }
    for (; p < 4 * H_; p++) {
      const i0 = sAt + p
      let s00 = x[i0]
      let ka = aAt + p * D_
      let kb = bAt + q * D_
      for (let k0 = 0; k0 < D_; k0++) {
        const a0 = x[ka]
        const b0 = x[kb]
        s00 += a0 * b0
        ka += 1
        kb += 1
      }
      const c0 = cAt + q * (4 * H_) + p
      x[c0] = s00
    }
  }
}

/**
 * The product ij,j->i, continuing a sum: contract, [Ui Uf Ug Uo], h[t-1]
 * i = sigmoid(Wi @ x + Ui @ h[t-1] + pi * c[t-1] + bi)   (lstm.cell:42)
 * f = sigmoid(Wf @ x + Uf @ h[t-1] + pf * c[t-1] + bf)   (lstm.cell:43)
 * g = tanh(Wg @ x + Ug @ h[t-1] + bg)   (lstm.cell:44)
 * o = sigmoid(Wo @ x + Uo @ h[t-1] + po * c + bo)   (lstm.cell:46)
 */
function forward2(x: Float32Array, a: number, b: number, s: number, B: number, H_: number): void {
  let aAt = a
  let bAt = b
  let sAt = s
  let cAt = s
  let q = 0
  for (; q + 4 <= B; q += 4) {
    let p = 0
    for (; p + 4 <= 4 * H_; p += 4) {
      const i0 = sAt + q * (4 * H_) + p
      let s00 = x[i0]
      let s10 = x[i0 + 1]
      let s20 = x[i0 + 2]
      let s30 = x[i0 + 3]
      let s01 = x[i0 + (4 * H_)]
      let s11 = x[i0 + 1 + (4 * H_)]
      let s21 = x[i0 + 2 + (4 * H_)]
      let s31 = x[i0 + 3 + (4 * H_)]
      let s02 = x[i0 + 2 * (4 * H_)]
      let s12 = x[i0 + 1 + 2 * (4 * H_)]
      let s22 = x[i0 + 2 + 2 * (4 * H_)]
      let s32 = x[i0 + 3 + 2 * (4 * H_)]
      let s03 = x[i0 + 3 * (4 * H_)]
      let s13 = x[i0 + 1 + 3 * (4 * H_)]
      let s23 = x[i0 + 2 + 3 * (4 * H_)]
      let s33 = x[i0 + 3 + 3 * (4 * H_)]
      let ka = aAt + p * H_
      let kb = bAt + q * H_
      for (let k0 = 0; k0 < H_; k0++) {
        const a0 = x[ka]
        const a1 = x[ka + H_]
        const a2 = x[ka + 2 * H_]
        const a3 = x[ka + 3 * H_]
        const b0 = x[kb]
        const b1 = x[kb + H_]
        const b2 = x[kb + 2 * H_]
        const b3 = x[kb + 3 * H_]
        s00 += a0 * b0
        s10 += a1 * b0
        s20 += a2 * b0
        s30 += a3 * b0
        s01 += a0 * b1
        s11 += a1 * b1
        s21 += a2 * b1
        s31 += a3 * b1
        s02 += a0 * b2
        s12 += a1 * b2
        s22 += a2 * b2
        s32 += a3 * b2
        s03 += a0 * b3
        s13 += a1 * b3
        s23 += a2 * b3
        s33 += a3 * b3
        ka += 1
        kb += 1
      }
      const c0 = cAt + q * (4 * H_) + p
      x[c0] = s00
      x[c0 + 1] = s10
      x[c0 + 2] = s20
      x[c0 + 3] = s30
      x[c0 + (4 * H_)] = s01
      x[c0 + 1 + (4 * H_)] = s11
      x[c0 + 2 + (4 * H_)] = s21
      x[c0 + 3 + (4 * H_)] = s31
      x[c0 + 2 * (4 * H_)] = s02
      x[c0 + 1 + 2 * (4 * H_)] = s12
      x[c0 + 2 + 2 * (4 * H_)] = s22
      x[c0 + 3 + 2 * (4 * H_)] = s32
      x[c0 + 3 * (4 * H_)] = s03
      x[c0 + 1 + 3 * (4 * H_)] = s13
      x[c0 + 2 + 3 * (4 * H_)] = s23
      x[c0 + 3 + 3 * (4 * H_)] = s33
    }
    for (; p < 4 * H_; p++) {
      const i0 = sAt + q * (4 * H_) + p
      let s00 = x[i0]
      let s01 = x[i0 + (4 * H_)]
      let s02 = x[i0 + 2 * (4 * H_)]
      let s03 = x[i0 + 3 * (4 * H_)]
      let ka = aAt + p * H_
      let kb = bAt + q * H_
      for (let k0 = 0; k0 < H_; k0++) {
        const a0 = x[ka]
        const b0 = x[kb]
        const b1 = x[kb + H_]
        const b2 = x[kb + 2 * H_]
        const b3 = x[kb + 3 * H_]
        s00 += a0 * b0
        s01 += a0 * b1
        s02 += a0 * b2
        s03 += a0 * b3
        ka += 1
        kb += 1
      }
      const c0 = cAt + q * (4 * H_) + p
      x[c0] = s00
      x[c0 + (4 * H_)] = s01
      x[c0 + 2 * (4 * H_)] = s02
      x[c0 + 3 * (4 * H_)] = s03
    }
  }
  for (; q < B; q++) {
    let p = 0
    for (; p + 8 <= 4 * H_; p += 8) {
      const i0 = sAt + q * (4 * H_) + p
      let s00 = x[i0]
      let s10 = x[i0 + 1]
      let s20 = x[i0 + 2]
      let s30 = x[i0 + 3]
      let s40 = x[i0 + 4]
      let s50 = x[i0 + 5]
      let s60 = x[i0 + 6]
      let s70 = x[i0 + 7]
      let ka = aAt + p * H_
      let kb = bAt + q * H_
      for (let k0 = 0; k0 < H_; k0++) {
        const a0 = x[ka]
        const a1 = x[ka + H_]
        const a2 = x[ka + 2 * H_]
        const a3 = x[ka + 3 * H_]
        const a4 = x[ka + 4 * H_]
        const a5 = x[ka + 5 * H_]
        const a6 = x[ka + 6 * H_]
        const a7 = x[ka + 7 * H_]
        const b0 = x[kb]
        s00 += a0 * b0
        s10 += a1 * b0
        s20 += a2 * b0
        s30 += a3 * b0
        s40 += a4 * b0
        s50 += a5 * b0
        s60 += a6 * b0
        s70 += a7 * b0
        ka += 1
        kb += 1
      }
      const c0 = cAt + q * (4 * H_) + p
      x[c0] = s00
      x[c0 + 1] = s10
      x[c0 + 2] = s20
      x[c0 + 3] = s30
      x[c0 + 4] = s40
      x[c0 + 5] = s50
      x[c0 + 6] = s60
      x[c0 + 7] = s70
    }
    for (; p < 4 * H_; p++) {
      const i0 = sAt + q * (4 * H_) + p
      let s00 = x[i0]
      let ka = aAt + p * H_
      let kb = bAt + q * H_
      for (let k0 = 0; k0 < H_; k0++) {
        const a0 = x[ka]
        const b0 = x[kb]
        s00 += a0 * b0
        ka += 1
        kb += 1
      }
      const c0 = cAt + q * (4 * H_) + p
      x[c0] = s00
    }
  }
}

/**
 * i = sigmoid(Wi @ x + Ui @ h[t-1] + pi * c[t-1] + bi)   (lstm.cell:42)
 * f = sigmoid(Wf @ x + Uf @ h[t-1] + pf * c[t-1] + bf)   (lstm.cell:43)
 * g = tanh(Wg @ x + Ug @ h[t-1] + bg)   (lstm.cell:44)
 * c = f * c[t-1] + i * g   (lstm.cell:45)
 * o = sigmoid(Wo @ x + Uo @ h[t-1] + po * c + bo)   (lstm.cell:46)
 * h = o * tanh(c)   (lstm.cell:47)
 */
function forward3(x: Float32Array, pi_At: number, last_c_At: number, v_At: number, pf_At: number, v_At_2: number, v_At_3: number, po_At: number, v_At_4: number, i_At: number, f_At: number, c_At: number, o_At: number, h_At: number, H_: number, B: number): void {
  let last_c_At_ = last_c_At
  let v_At_ = v_At
  let v_At_2_ = v_At_2
  let v_At_3_ = v_At_3
  let v_At_4_ = v_At_4
  let i_At_ = i_At
  let f_At_ = f_At
  let c_At_ = c_At
  let o_At_ = o_At
  let h_At_ = h_At
  for (let row0 = 0; row0 < B; row0++) {
    for (let j = 0; j < H_; j++) {
      const pi_ = x[pi_At + j]
      const last_c = x[last_c_At_ + j]
      const v_ = x[v_At_ + j]
      const pf_ = x[pf_At + j]
      const v__2 = x[v_At_2_ + j]
      const v__3 = x[v_At_3_ + j]
      const po_ = x[po_At + j]
      const v__4 = x[v_At_4_ + j]
      const i_x = (v_ + (pi_ * last_c))
      const i_x_2 = -Math.abs(i_x)
      const i_low = i_x_2 < -750 ? -750 : i_x_2
      const i_c = i_low > 750 ? 750 : i_low
      const i_k = Math.floor(i_c * 1.4426950216293335 + 0.5)
      const i_r = i_c - i_k * 0.693359375 - i_k * (-0.00021219444170128554)
      const i_y = 0.5 + i_r * (0.16666634380817413 + i_r * (0.04166650399565697 + i_r * (0.008341709151864052 + i_r * (0.0013931530993431807 + i_r * 0.0001504249667050317))))
      const i_y_2 = 1 + (i_r + i_r * i_r * i_y)
      const i_y_3 = i_y_2 * POWERS[(i_k + 1100) | 0]
      const i_e = i_y_3
      const i_y_4 = (i_x < 0 ? i_e : 1) / (1 + i_e)
      const i_ = Math.fround(i_y_4)
      const f_x = (v__2 + (pf_ * last_c))
      const f_x_2 = -Math.abs(f_x)
      const f_low = f_x_2 < -750 ? -750 : f_x_2
      const f_c = f_low > 750 ? 750 : f_low
      const f_k = Math.floor(f_c * 1.4426950216293335 + 0.5)
      const f_r = f_c - f_k * 0.693359375 - f_k * (-0.00021219444170128554)
      const f_y = 0.5 + f_r * (0.16666634380817413 + f_r * (0.04166650399565697 + f_r * (0.008341709151864052 + f_r * (0.0013931530993431807 + f_r * 0.0001504249667050317))))
      const f_y_2 = 1 + (f_r + f_r * f_r * f_y)
      const f_y_3 = f_y_2 * POWERS[(f_k + 1100) | 0]
      const f_e = f_y_3
      const f_y_4 = (f_x < 0 ? f_e : 1) / (1 + f_e)
      const f_ = Math.fround(f_y_4)
      const g_z = v__3 * v__3
      const g_p = g_z * (-0.0833333283662796 + g_z * (-0.0012410113122314215 + g_z * -2.7001310627383646e-6))
      const g_q = 1 + g_z * (0.11489204317331314 + g_z * (0.001402583671733737 + g_z * 2.788779511320172e-6))
      const g_r = g_p / g_q
      const g_t = v__3 + v__3 * g_r
      const g_y = g_t / (1 + 0.25 * g_t * g_t)
      const g_y_2 = v__3 === 0 ? v__3 : v__3 > 9.03125 || g_y > 1 ? 1 : v__3 < -9.03125 || g_y < -1 ? -1 : g_y
      const g_ = Math.fround(g_y_2)
      const c_ = Math.fround((f_ * last_c) + (i_ * g_))
      const o_x = (v__4 + (po_ * c_))
      const o_x_2 = -Math.abs(o_x)
      const o_low = o_x_2 < -750 ? -750 : o_x_2
      const o_c = o_low > 750 ? 750 : o_low
      const o_k = Math.floor(o_c * 1.4426950216293335 + 0.5)
      const o_r = o_c - o_k * 0.693359375 - o_k * (-0.00021219444170128554)
      const o_y = 0.5 + o_r * (0.16666634380817413 + o_r * (0.04166650399565697 + o_r * (0.008341709151864052 + o_r * (0.0013931530993431807 + o_r * 0.0001504249667050317))))
      const o_y_2 = 1 + (o_r + o_r * o_r * o_y)
      const o_y_3 = o_y_2 * POWERS[(o_k + 1100) | 0]
      const o_e = o_y_3
      const o_y_4 = (o_x < 0 ? o_e : 1) / (1 + o_e)
      const o_ = Math.fround(o_y_4)
      const tanh_z = c_ * c_
      const tanh_p = tanh_z * (-0.0833333283662796 + tanh_z * (-0.0012410113122314215 + tanh_z * -2.7001310627383646e-6))
      const tanh_q = 1 + tanh_z * (0.11489204317331314 + tanh_z * (0.001402583671733737 + tanh_z * 2.788779511320172e-6))
      const tanh_r = tanh_p / tanh_q
      const tanh_t = c_ + c_ * tanh_r
      const tanh_y = tanh_t / (1 + 0.25 * tanh_t * tanh_t)
      const tanh_y_2 = c_ === 0 ? c_ : c_ > 9.03125 || tanh_y > 1 ? 1 : c_ < -9.03125 || tanh_y < -1 ? -1 : tanh_y
      const h_ = o_ * (tanh_y_2)
      x[i_At_ + j] = i_
      x[f_At_ + j] = f_
      x[v_At_3_ + j] = g_
      x[c_At_ + j] = c_
      x[o_At_ + j] = o_
      x[h_At_ + j] = h_
    }
    last_c_At_ += H_
    v_At_ += 4 * H_
    v_At_2_ += 4 * H_
    v_At_3_ += 4 * H_
    v_At_4_ += 4 * H_
    i_At_ += H_
    f_At_ += H_
    c_At_ += H_
    o_At_ += H_
    h_At_ += H_
  }
}

function forwardZero1(x: Float32Array, n: Int32Array, y: number, H_: number, ends_t: number, B: number, t: number): void {
  for (let b = 0; b < B; b++) {
    if (t >= n[ends_t + b]) {
      for (let j0 = 0; j0 < H_; j0++) {
        x[y + b * H_ + j0] = 0
      }
    }
  }
}

function forwardZero2(x: Float32Array, n: Int32Array, y: number, H_: number, ends_t: number, B: number, t: number): void {
  for (let b = 0; b < B; b++) {
    if (t >= n[ends_t + b]) {
      for (let j0 = 0; j0 < H_; j0++) {
        x[y + b * H_ + j0] = 0
      }
    }
  }
}

function forwardZero1All(x: Float32Array, n: Int32Array, y: number, H_: number, ends_t: number, B: number, T: number): void {
  for (let b = 0; b < B; b++) {
    for (let i = n[ends_t + b]; i < T; i++) {
      for (let j0 = 0; j0 < H_; j0++) {
        x[y + b * H_ + i * (B * H_) + j0] = 0
      }
    }
  }
}

function forwardZero2All(x: Float32Array, n: Int32Array, y: number, H_: number, ends_t: number, B: number, T: number): void {
  for (let b = 0; b < B; b++) {
    for (let i = n[ends_t + b]; i < T; i++) {
      for (let j0 = 0; j0 < H_; j0++) {
        x[y + b * H_ + i * (B * H_) + j0] = 0
      }
    }
  }
}

/**
 * What the steps before leave.
 */
function forward4(x: Float32Array, n: Int32Array, v: number, y: number, ends: number, initial: number, B: number, H_: number): void {
  for (let b = 0; b < B; b++) {
    const end = n[ends + b]
    for (let j0 = 0; j0 < H_; j0++) {
      x[y + b * H_ + j0] = end > 0 ? x[v + b * H_ + (end - 1) * (B * H_) + j0] : x[initial + b * H_ + 0 + j0]
    }
  }
}

function forwardZero3(x: Float32Array, y: number, H_: number, rows: number, B: number): void {
  for (let b = rows; b < B; b++) {
    for (let j0 = 0; j0 < H_; j0++) {
      x[y + b * H_ + j0] = 0
    }
  }
}

/**
 * What the steps before leave.
 */
function forward5(x: Float32Array, n: Int32Array, v: number, y: number, ends: number, initial: number, B: number, H_: number): void {
  for (let b = 0; b < B; b++) {
    const end = n[ends + b]
    for (let j0 = 0; j0 < H_; j0++) {
      x[y + b * H_ + j0] = end > 0 ? x[v + b * H_ + (end - 1) * (B * H_) + j0] : x[initial + b * H_ + 0 + j0]
    }
  }
}

function forwardZero4(x: Float32Array, y: number, H_: number, rows: number, B: number): void {
  for (let b = rows; b < B; b++) {
    for (let j0 = 0; j0 < H_; j0++) {
      x[y + b * H_ + j0] = 0
    }
  }
}

/**
 * What the steps before leave.
 */
function backward1(x: Float32Array, n: Int32Array, t_At: number, and_At: number, eq_At: number, chunkFrom: number, chunkTo: number, B: number): void {
  for (let j = 0; j < B; j++) {
    const t_ = n[t_At + j]
    const max_ = Math.max((t_ - 1), 0)
    const and_ = (max_ >= chunkFrom) && (max_ < chunkTo)
    const eq_ = t_ === 0
    x[and_At + j] = and_ ? 1 : 0
    x[eq_At + j] = eq_ ? 1 : 0
  }
}

/**
 * What the steps before leave.
 */
function backward2(x: Float32Array, and_At: number, grad_h_At: number, eq_At: number, grad_c_At: number, select_At: number, select_At_2: number, select_At_3: number, select_At_4: number, H_: number, B: number): void {
  let and_At_ = and_At
  let grad_h_At_ = grad_h_At
  let eq_At_ = eq_At
  let grad_c_At_ = grad_c_At
  let select_At_ = select_At
  let select_At_2_ = select_At_2
  let select_At_3_ = select_At_3
  let select_At_4_ = select_At_4
  for (let row0 = 0; row0 < B; row0++) {
    const and_ = (x[and_At_] !== 0)
    const eq_ = (x[eq_At_] !== 0)
    for (let j = 0; j < H_; j++) {
      const grad_h = x[grad_h_At_ + j]
      const grad_c = x[grad_c_At_ + j]
      const select_ = Math.fround(and_ ? grad_h : 0)
      const select__2 = eq_ ? select_ : 0
      const select__3 = Math.fround(and_ ? grad_c : 0)
      const select__4 = eq_ ? select__3 : 0
      x[select_At_ + j] = select_
      x[select_At_2_ + j] = select__2
      x[select_At_3_ + j] = select__3
      x[select_At_4_ + j] = select__4
    }
    and_At_ += 1
    grad_h_At_ += H_
    eq_At_ += 1
    grad_c_At_ += H_
    select_At_ += H_
    select_At_2_ += H_
    select_At_3_ += H_
    select_At_4_ += H_
  }
}

function backwardZero1(x: Float32Array, y: number, H_: number, rows: number, B: number): void {
  for (let b = rows; b < B; b++) {
    for (let j0 = 0; j0 < H_; j0++) {
      x[y + b * H_ + j0] = 0
    }
  }
}

function backwardZero2(x: Float32Array, y: number, H_: number, rows: number, B: number): void {
  for (let b = rows; b < B; b++) {
    for (let j0 = 0; j0 < H_; j0++) {
      x[y + b * H_ + j0] = 0
    }
  }
}

function backwardEnd1(x: Float32Array, n: Int32Array, y: number, ends: number, edge: number, H_: number, t: number, span: number, B: number): void {
  if (t + 1 >= span) return
  for (let b = 0; b < B; b++) {
    if (n[ends + b] !== t + 1) continue
    for (let j0 = 0; j0 < H_; j0++) {
      x[y + b * H_ + j0] = x[edge + b * H_ + j0]
    }
  }
}

function backwardEnd2(x: Float32Array, n: Int32Array, y: number, ends: number, edge: number, H_: number, t: number, span: number, B: number): void {
  if (t + 1 >= span) return
  for (let b = 0; b < B; b++) {
    if (n[ends + b] !== t + 1) continue
    for (let j0 = 0; j0 < H_; j0++) {
      x[y + b * H_ + j0] = x[edge + b * H_ + j0]
    }
  }
}

function backwardEnd1Off(x: Float32Array, n: Int32Array, y: number, ends: number, H_: number, t: number, span: number, B: number): void {
  if (t + 1 >= span) return
  if (y < 0) return
  for (let b = 0; b < B; b++) {
    if (n[ends + b] !== t + 1) continue
    for (let j0 = 0; j0 < H_; j0++) {
      x[y + b * H_ + j0] = 0
    }
  }
}

function backwardEnd2Off(x: Float32Array, n: Int32Array, y: number, ends: number, H_: number, t: number, span: number, B: number): void {
  if (t + 1 >= span) return
  if (y < 0) return
  for (let b = 0; b < B; b++) {
    if (n[ends + b] !== t + 1) continue
    for (let j0 = 0; j0 < H_; j0++) {
      x[y + b * H_ + j0] = 0
    }
  }
}

/**
 * What the steps before leave.
 */
function backward3(x: Float32Array, and_At: number, t: number, chunkFrom: number, chunkTo: number): void {
  const and_ = (t >= chunkFrom) && (t < chunkTo)
  x[and_At] = and_ ? 1 : 0
}

/**
 * Adjoint of: h = o * tanh(c)   (lstm.cell:47)
 *             o = sigmoid(Wo @ x + Uo @ h[t-1] + po * c + bo)   (lstm.cell:46)
 *             c = f * c[t-1] + i * g   (lstm.cell:45)
 *             g = tanh(Wg @ x + Ug @ h[t-1] + bg)   (lstm.cell:44)
 *             f = sigmoid(Wf @ x + Uf @ h[t-1] + pf * c[t-1] + bf)   (lstm.cell:43)
 *             i = sigmoid(Wi @ x + Ui @ h[t-1] + pi * c[t-1] + bi)   (lstm.cell:42)
 */
function backward4(x: Float32Array, and_At: number, grad_h_At: number, grad_c_At: number, next_v_At: number, c_At: number, o_At: number, po_At: number, next_v_At_2: number, g_At: number, i_At: number, last_c_At: number, f_At: number, pf_At: number, pi_At: number, add_At: number, mul_At: number, add_At_2: number, mul_At_2: number, mul_At_3: number, mul_At_4: number, add_At_3: number, H_: number, B: number): void {
  let grad_h_At_ = grad_h_At
  let grad_c_At_ = grad_c_At
  let next_v_At_ = next_v_At
  let c_At_ = c_At
  let o_At_ = o_At
  let next_v_At_2_ = next_v_At_2
  let g_At_ = g_At
  let i_At_ = i_At
  let last_c_At_ = last_c_At
  let f_At_ = f_At
  let add_At_ = add_At
  let mul_At_ = mul_At
  let add_At_2_ = add_At_2
  let mul_At_2_ = mul_At_2
  let mul_At_3_ = mul_At_3
  let mul_At_4_ = mul_At_4
  let add_At_3_ = add_At_3
  for (let row0 = 0; row0 < B; row0++) {
    const and_ = (x[and_At] !== 0)
    for (let j = 0; j < H_; j++) {
      const grad_h = x[grad_h_At_ + j]
      const grad_c = x[grad_c_At_ + j]
      const next_v = x[next_v_At_ + j]
      const c_ = x[c_At_ + j]
      const o_ = x[o_At_ + j]
      const po_ = x[po_At + j]
      const next_v_2 = x[next_v_At_2_ + j]
      const g_ = x[g_At_ + j]
      const i_ = x[i_At_ + j]
      const last_c = x[last_c_At_ + j]
      const f_ = x[f_At_ + j]
      const pf_ = x[pf_At + j]
      const pi_ = x[pi_At + j]
      const add_ = Math.fround((and_ ? grad_h : 0) + next_v)
      const tanh_z = c_ * c_
      const tanh_p = tanh_z * (-0.0833333283662796 + tanh_z * (-0.0012410113122314215 + tanh_z * -2.7001310627383646e-6))
      const tanh_q = 1 + tanh_z * (0.11489204317331314 + tanh_z * (0.001402583671733737 + tanh_z * 2.788779511320172e-6))
      const tanh_r = tanh_p / tanh_q
      const tanh_t = c_ + c_ * tanh_r
      const tanh_y = tanh_t / (1 + 0.25 * tanh_t * tanh_t)
      const tanh_y_2 = c_ === 0 ? c_ : c_ > 9.03125 || tanh_y > 1 ? 1 : c_ < -9.03125 || tanh_y < -1 ? -1 : tanh_y
      const tanh_ = tanh_y_2
      const mul_ = Math.fround((add_ * tanh_) * (o_ * (1 - o_)))
      const add__2 = Math.fround((((and_ ? grad_c : 0) + ((add_ * o_) * (1 - (tanh_ * tanh_)))) + (mul_ * po_)) + next_v_2)
      const mul__2 = (add__2 * i_) * (1 - (g_ * g_))
      const mul__3 = Math.fround((add__2 * last_c) * (f_ * (1 - f_)))
      const mul__4 = Math.fround((add__2 * g_) * (i_ * (1 - i_)))
      const add__3 = ((add__2 * f_) + (mul__3 * pf_)) + (mul__4 * pi_)
      x[add_At_ + j] = add_
      x[mul_At_ + j] = mul_
      x[add_At_2_ + j] = add__2
      x[mul_At_2_ + j] = mul__2
      x[mul_At_3_ + j] = mul__3
      x[mul_At_4_ + j] = mul__4
      x[add_At_3_ + j] = add__3
    }
    grad_h_At_ += H_
    grad_c_At_ += H_
    next_v_At_ += H_
    c_At_ += H_
    o_At_ += H_
    next_v_At_2_ += H_
    g_At_ += 4 * H_
    i_At_ += H_
    last_c_At_ += H_
    f_At_ += H_
    add_At_ += H_
    mul_At_ += 4 * H_
    add_At_2_ += H_
    mul_At_2_ += 4 * H_
    mul_At_3_ += 4 * H_
    mul_At_4_ += 4 * H_
    add_At_3_ += H_
  }
}

function backwardZero3(x: Float32Array, n: Int32Array, y: number, H_: number, ends_t: number, step: number, t: number, B: number): void {
  for (let b = 0; b < B; b++) {
    if (t >= n[ends_t + b]) {
      for (let j0 = 0; j0 < H_; j0++) {
        x[y + b * H_ + j0] = 0
      }
    }
  }
}

function backwardZero4(x: Float32Array, n: Int32Array, y: number, H_: number, ends_t: number, B: number, t: number): void {
  for (let b = 0; b < B; b++) {
    if (t >= n[ends_t + b]) {
      for (let j0 = 0; j0 < H_; j0++) {
        x[y + b * (4 * H_) + j0] = 0
      }
    }
  }
}

function backwardZero5(x: Float32Array, n: Int32Array, y: number, H_: number, ends_t: number, step: number, t: number, B: number): void {
  for (let b = 0; b < B; b++) {
    if (t >= n[ends_t + b]) {
      for (let j0 = 0; j0 < H_; j0++) {
        x[y + b * H_ + j0] = 0
      }
    }
  }
}

function backwardZero6(x: Float32Array, n: Int32Array, y: number, H_: number, ends_t: number, B: number, t: number): void {
  for (let b = 0; b < B; b++) {
    if (t >= n[ends_t + b]) {
      for (let j0 = 0; j0 < H_; j0++) {
        x[y + b * (4 * H_) + j0] = 0
      }
    }
  }
}

function backwardZero7(x: Float32Array, n: Int32Array, y: number, H_: number, ends_t: number, B: number, t: number): void {
  for (let b = 0; b < B; b++) {
    if (t >= n[ends_t + b]) {
      for (let j0 = 0; j0 < H_; j0++) {
        x[y + b * (4 * H_) + j0] = 0
      }
    }
  }
}

function backwardZero8(x: Float32Array, n: Int32Array, y: number, H_: number, ends_t: number, B: number, t: number): void {
  for (let b = 0; b < B; b++) {
    if (t >= n[ends_t + b]) {
      for (let j0 = 0; j0 < H_; j0++) {
        x[y + b * (4 * H_) + j0] = 0
      }
    }
  }
}

function backwardZero9(x: Float32Array, n: Int32Array, y: number, H_: number, ends_t: number, t: number, B: number): void {
  for (let b = 0; b < B; b++) {
    if (t >= n[ends_t + b]) {
      for (let j0 = 0; j0 < H_; j0++) {
        x[y + b * H_ + j0] = 0
      }
    }
  }
}

/**
 * The product i,ij->j: [mul mul mul mul], [Ui Uf Ug Uo]
 * Adjoint of: i = sigmoid(Wi @ x + Ui @ h[t-1] + pi * c[t-1] + bi)   (lstm.cell:42)
 */
function backward5(x: Float32Array, a: number, b: number, c: number, B: number, H_: number): void {
  let aAt = a
  let bAt = b
  let cAt = c
  let q = 0
  for (; q + 4 <= B; q += 4) {
    let p = 0
    for (; p + 4 <= H_; p += 4) {
      let s00 = 0, s10 = 0, s20 = 0, s30 = 0, s01 = 0, s11 = 0, s21 = 0, s31 = 0, s02 = 0, s12 = 0, s22 = 0, s32 = 0, s03 = 0, s13 = 0, s23 = 0, s33 = 0
      let ka = aAt + q * (4 * H_)
      let kb = bAt + p
      for (let k0 = 0; k0 < 4 * H_; k0++) {
        const a0 = x[ka]
        const a1 = x[ka + (4 * H_)]
        const a2 = x[ka + 2 * (4 * H_)]
        const a3 = x[ka + 3 * (4 * H_)]
        const b0 = x[kb]
        const b1 = x[kb + 1]
        const b2 = x[kb + 2]
        const b3 = x[kb + 3]
        s00 += a0 * b0
        s10 += a0 * b1
        s20 += a0 * b2
        s30 += a0 * b3
        s01 += a1 * b0
        s11 += a1 * b1
        s21 += a1 * b2
        s31 += a1 * b3
        s02 += a2 * b0
        s12 += a2 * b1
        s22 += a2 * b2
        s32 += a2 * b3
        s03 += a3 * b0
        s13 += a3 * b1
        s23 += a3 * b2
        s33 += a3 * b3
        ka += 1
        kb += H_
      }
      const c0 = cAt + q * H_ + p
      x[c0] = s00
      x[c0 + 1] = s10
      x[c0 + 2] = s20
      x[c0 + 3] = s30
      x[c0 + H_] = s01
      x[c0 + 1 + H_] = s11
      x[c0 + 2 + H_] = s21
      x[c0 + 3 + H_] = s31
      x[c0 + 2 * H_] = s02
      x[c0 + 1 + 2 * H_] = s12
      x[c0 + 2 + 2 * H_] = s22
      x[c0 + 3 + 2 * H_] = s32
      x[c0 + 3 * H_] = s03
      x[c0 + 1 + 3 * H_] = s13
      x[c0 + 2 + 3 * H_] = s23
      x[c0 + 3 + 3 * H_] = s33
    }
    for (; p < H_; p++) {
      let s00 = 0, s01 = 0, s02 = 0, s03 = 0
      let ka = aAt + q * (4 * H_)
      let kb = bAt + p
      for (let k0 = 0; k0 < 4 * H_; k0++) {
        const a0 = x[ka]
        const a1 = x[ka + (4 * H_)]
        const a2 = x[ka + 2 * (4 * H_)]
        const a3 = x[ka + 3 * (4 * H_)]
        const b0 = x[kb]
        s00 += a0 * b0
        s01 += a1 * b0
        s02 += a2 * b0
        s03 += a3 * b0
        ka += 1
        kb += H_
      }
      const c0 = cAt + q * H_ + p
      x[c0] = s00
      x[c0 + H_] = s01
      x[c0 + 2 * H_] = s02
      x[c0 + 3 * H_] = s03
    }
  }
  for (; q < B; q++) {
    let p = 0
    for (; p + 8 <= H_; p += 8) {
      let s00 = 0, s10 = 0, s20 = 0, s30 = 0, s40 = 0, s50 = 0, s60 = 0, s70 = 0
      let ka = aAt + q * (4 * H_)
      let kb = bAt + p
      for (let k0 = 0; k0 < 4 * H_; k0++) {
        const a0 = x[ka]
        const b0 = x[kb]
        const b1 = x[kb + 1]
        const b2 = x[kb + 2]
        const b3 = x[kb + 3]
        const b4 = x[kb + 4]
        const b5 = x[kb + 5]
        const b6 = x[kb + 6]
        const b7 = x[kb + 7]
        s00 += a0 * b0
        s10 += a0 * b1
        s20 += a0 * b2
        s30 += a0 * b3
        s40 += a0 * b4
        s50 += a0 * b5
        s60 += a0 * b6
        s70 += a0 * b7
        ka += 1
        kb += H_
      }
      const c0 = cAt + q * H_ + p
      x[c0] = s00
      x[c0 + 1] = s10
      x[c0 + 2] = s20
      x[c0 + 3] = s30
      x[c0 + 4] = s40
      x[c0 + 5] = s50
      x[c0 + 6] = s60
      x[c0 + 7] = s70
    }
    for (; p < H_; p++) {
      let s00 = 0
      let ka = aAt + q * (4 * H_)
      let kb = bAt + p
      for (let k0 = 0; k0 < 4 * H_; k0++) {
        const a0 = x[ka]
        const b0 = x[kb]
        s00 += a0 * b0
        ka += 1
        kb += H_
      }
      const c0 = cAt + q * H_ + p
      x[c0] = s00
    }
  }
}

function backwardZero10(x: Float32Array, n: Int32Array, y: number, H_: number, ends_t: number, t: number, B: number): void {
  for (let b = 0; b < B; b++) {
    if (t >= n[ends_t + b]) {
      for (let j0 = 0; j0 < H_; j0++) {
        x[y + b * H_ + j0] = 0
      }
    }
  }
}

function backwardZero3All(x: Float32Array, n: Int32Array, y: number, H_: number, ends_t: number, step: number, passFrom: number, passRoom: number, B: number): void {
  if (step > 0) {
    for (let b = 0; b < B; b++) {
      for (let i = Math.max(n[ends_t + b], passFrom); i < passRoom; i++) {
        for (let j0 = 0; j0 < H_; j0++) {
          x[y + b * H_ + i * step + j0] = 0
        }
      }
    }
  }
}

function backwardZero5All(x: Float32Array, n: Int32Array, y: number, H_: number, ends_t: number, step: number, passFrom: number, passRoom: number, B: number): void {
  if (step > 0) {
    for (let b = 0; b < B; b++) {
      for (let i = Math.max(n[ends_t + b], passFrom); i < passRoom; i++) {
        for (let j0 = 0; j0 < H_; j0++) {
          x[y + b * H_ + i * step + j0] = 0
        }
      }
    }
  }
}

/**
 * The product a,a->a, summed over the steps and the batch: mul, c
 * Adjoint of: o = sigmoid(Wo @ x + Uo @ h[t-1] + po * c + bo)   (lstm.cell:46)
 */
function backward6(x: Float32Array, a: number, b: number, c: number, keep: boolean, B: number, H_: number, passSteps: number): void {
  let aAt = a + (passSteps - 1) * (4 * B * H_) + (B - 1) * (4 * H_)
  let bAt = b + (passSteps - 1) * (B * H_) + (B - 1) * H_
  let cAt = c
  const block = Math.max(1, Math.floor(256 / (B)))
  let more = keep
  for (let from = 0; from === 0 || from < passSteps; from += block) {
    const steps = Math.min(block, passSteps - from)
    let outer = steps, inner = B
    let aOuter = -(4 * B * H_), aInner = -(4 * H_)
    let bOuter = -(B * H_), bInner = -H_
    if (inner === 1) {
      inner = outer
      outer = 1
      aInner = aOuter
      bInner = bOuter
    }
    let p = 0
    for (; p + 8 <= H_; p += 8) {
      let s00 = 0, s10 = 0, s20 = 0, s30 = 0, s40 = 0, s50 = 0, s60 = 0, s70 = 0
      let ka = aAt + p
      let kb = bAt + p
      for (let k0 = 0; k0 < outer; k0++) {
        for (let k1 = 0; k1 < inner; k1++) {
          const a0 = x[ka]
          const a1 = x[ka + 1]
          const a2 = x[ka + 2]
          const a3 = x[ka + 3]
          const a4 = x[ka + 4]
          const a5 = x[ka + 5]
          const a6 = x[ka + 6]
          const a7 = x[ka + 7]
          const b0 = x[kb]
          const b1 = x[kb + 1]
          const b2 = x[kb + 2]
          const b3 = x[kb + 3]
          const b4 = x[kb + 4]
          const b5 = x[kb + 5]
          const b6 = x[kb + 6]
          const b7 = x[kb + 7]
          s00 += a0 * b0
          s10 += a1 * b1
          s20 += a2 * b2
          s30 += a3 * b3
          s40 += a4 * b4
          s50 += a5 * b5
          s60 += a6 * b6
          s70 += a7 * b7
          ka += aInner
          kb += bInner
        }
        ka += aOuter - inner * aInner
        kb += bOuter - inner * bInner
      }
      const c0 = cAt + p
      x[c0] = more ? x[c0] + s00 : s00
      x[c0 + 1] = more ? x[c0 + 1] + s10 : s10
      x[c0 + 2] = more ? x[c0 + 2] + s20 : s20
      x[c0 + 3] = more ? x[c0 + 3] + s30 : s30
      x[c0 + 4] = more ? x[c0 + 4] + s40 : s40
      x[c0 + 5] = more ? x[c0 + 5] + s50 : s50
      x[c0 + 6] = more ? x[c0 + 6] + s60 : s60
      x[c0 + 7] = more ? x[c0 + 7] + s70 : s70
    }
    for (; p < H_; p++) {
      let s00 = 0
      let ka = aAt + p
      let kb = bAt + p
      for (let k0 = 0; k0 < outer; k0++) {
        for (let k1 = 0; k1 < inner; k1++) {
          const a0 = x[ka]
          const b0 = x[kb]
          s00 += a0 * b0
          ka += aInner
          kb += bInner
        }
        ka += aOuter - inner * aInner
        kb += bOuter - inner * bInner
      }
      const c0 = cAt + p
      x[c0] = more ? x[c0] + s00 : s00
    }
    aAt -= steps * (4 * B * H_)
    bAt -= steps * (B * H_)
    more = true
  }
}

/**
 * The product a,a->a, summed over the steps and the batch: mul, c[t-1]
 * Adjoint of: f = sigmoid(Wf @ x + Uf @ h[t-1] + pf * c[t-1] + bf)   (lstm.cell:43)
 */
function backward7(x: Float32Array, a: number, b: number, c: number, keep: boolean, B: number, H_: number, passSteps: number): void {
  let aAt = a + (passSteps - 1) * (4 * B * H_) + (B - 1) * (4 * H_)
  let bAt = b + (passSteps - 1) * (B * H_) + (B - 1) * H_
  let cAt = c
  const block = Math.max(1, Math.floor(256 / (B)))
  let more = keep
  for (let from = 0; from === 0 || from < passSteps; from += block) {
    const steps = Math.min(block, passSteps - from)
    let outer = steps, inner = B
    let aOuter = -(4 * B * H_), aInner = -(4 * H_)
    let bOuter = -(B * H_), bInner = -H_
    if (inner === 1) {
      inner = outer
      outer = 1
      aInner = aOuter
      bInner = bOuter
    }
    let p = 0
    for (; p + 8 <= H_; p += 8) {
      let s00 = 0, s10 = 0, s20 = 0, s30 = 0, s40 = 0, s50 = 0, s60 = 0, s70 = 0
      let ka = aAt + p
      let kb = bAt + p
      for (let k0 = 0; k0 < outer; k0++) {
        for (let k1 = 0; k1 < inner; k1++) {
          const a0 = x[ka]
          const a1 = x[ka + 1]
          const a2 = x[ka + 2]
          const a3 = x[ka + 3]
          const a4 = x[ka + 4]
          const a5 = x[ka + 5]
          const a6 = x[ka + 6]
          const a7 = x[ka + 7]
          const b0 = x[kb]
          const b1 = x[kb + 1]
          const b2 = x[kb + 2]
          const b3 = x[kb + 3]
          const b4 = x[kb + 4]
          const b5 = x[kb + 5]
          const b6 = x[kb + 6]
          const b7 = x[kb + 7]
          s00 += a0 * b0
          s10 += a1 * b1
          s20 += a2 * b2
          s30 += a3 * b3
          s40 += a4 * b4
          s50 += a5 * b5
          s60 += a6 * b6
          s70 += a7 * b7
          ka += aInner
          kb += bInner
        }
        ka += aOuter - inner * aInner
        kb += bOuter - inner * bInner
      }
      const c0 = cAt + p
      x[c0] = more ? x[c0] + s00 : s00
      x[c0 + 1] = more ? x[c0 + 1] + s10 : s10
      x[c0 + 2] = more ? x[c0 + 2] + s20 : s20
      x[c0 + 3] = more ? x[c0 + 3] + s30 : s30
      x[c0 + 4] = more ? x[c0 + 4] + s40 : s40
      x[c0 + 5] = more ? x[c0 + 5] + s50 : s50
      x[c0 + 6] = more ? x[c0 + 6] + s60 : s60
      x[c0 + 7] = more ? x[c0 + 7] + s70 : s70
    }
    for (; p < H_; p++) {
      let s00 = 0
      let ka = aAt + p
      let kb = bAt + p
      for (let k0 = 0; k0 < outer; k0++) {
        for (let k1 = 0; k1 < inner; k1++) {
          const a0 = x[ka]
          const b0 = x[kb]
          s00 += a0 * b0
          ka += aInner
          kb += bInner
        }
        ka += aOuter - inner * aInner
        kb += bOuter - inner * bInner
      }
      const c0 = cAt + p
      x[c0] = more ? x[c0] + s00 : s00
    }
    aAt -= steps * (4 * B * H_)
    bAt -= steps * (B * H_)
    more = true
  }
}

/**
 * The product i,j->ij, summed over the steps and the batch: [mul mul mul mul], h[t-1]
 * Adjoint of: i = sigmoid(Wi @ x + Ui @ h[t-1] + pi * c[t-1] + bi)   (lstm.cell:42)
 */
function backward8(x: Float32Array, a: number, b: number, c: number, keep: boolean, B: number, H_: number, passSteps: number): void {
  let aAt = a + (passSteps - 1) * (4 * B * H_) + (B - 1) * (4 * H_)
  let bAt = b + (passSteps - 1) * (B * H_) + (B - 1) * H_
  let cAt = c
  const block = Math.max(1, Math.floor(256 / (B)))
  let more = keep
  for (let from = 0; from === 0 || from < passSteps; from += block) {
    const steps = Math.min(block, passSteps - from)
    let outer = steps, inner = B
    let aOuter = -(4 * B * H_), aInner = -(4 * H_)
    let bOuter = -(B * H_), bInner = -H_
    if (inner === 1) {
      inner = outer
      outer = 1
      aInner = aOuter
      bInner = bOuter
    }
    let q = 0
    for (; q + 4 <= 4 * H_; q += 4) {
      let p = 0
      for (; p + 4 <= H_; p += 4) {
        let s00 = 0, s10 = 0, s20 = 0, s30 = 0, s01 = 0, s11 = 0, s21 = 0, s31 = 0, s02 = 0, s12 = 0, s22 = 0, s32 = 0, s03 = 0, s13 = 0, s23 = 0, s33 = 0
        let ka = aAt + q
        let kb = bAt + p
        for (let k0 = 0; k0 < outer; k0++) {
          for (let k1 = 0; k1 < inner; k1++) {
            const a0 = x[ka]
            const a1 = x[ka + 1]
            const a2 = x[ka + 2]
            const a3 = x[ka + 3]
            const b0 = x[kb]
            const b1 = x[kb + 1]
            const b2 = x[kb + 2]
            const b3 = x[kb + 3]
            s00 += a0 * b0
            s10 += a0 * b1
            s20 += a0 * b2
            s30 += a0 * b3
            s01 += a1 * b0
            s11 += a1 * b1
            s21 += a1 * b2
            s31 += a1 * b3
            s02 += a2 * b0
            s12 += a2 * b1
            s22 += a2 * b2
            s32 += a2 * b3
            s03 += a3 * b0
            s13 += a3 * b1
            s23 += a3 * b2
            s33 += a3 * b3
            ka += aInner
            kb += bInner
          }
          ka += aOuter - inner * aInner
          kb += bOuter - inner * bInner
        }
        const c0 = cAt + q * H_ + p
        x[c0] = more ? x[c0] + s00 : s00
        x[c0 + 1] = more ? x[c0 + 1] + s10 : s10
        x[c0 + 2] = more ? x[c0 + 2] + s20 : s20
        x[c0 + 3] = more ? x[c0 + 3] + s30 : s30
        x[c0 + H_] = more ? x[c0 + H_] + s01 : s01
        x[c0 + 1 + H_] = more ? x[c0 + 1 + H_] + s11 : s11
        x[c0 + 2 + H_] = more ? x[c0 + 2 + H_] + s21 : s21
        x[c0 + 3 + H_] = more ? x[c0 + 3 + H_] + s31 : s31
        x[c0 + 2 * H_] = more ? x[c0 + 2 * H_] + s02 : s02
        x[c0 + 1 + 2 * H_] = more ? x[c0 + 1 + 2 * H_] + s12 : s12
        x[c0 + 2 + 2 * H_] = more ? x[c0 + 2 + 2 * H_] + s22 : s22
        x[c0 + 3 + 2 * H_] = more ? x[c0 + 3 + 2 * H_] + s32 : s32
        x[c0 + 3 * H_] = more ? x[c0 + 3 * H_] + s03 : s03
        x[c0 + 1 + 3 * H_] = more ? x[c0 + 1 + 3 * H_] + s13 : s13
        x[c0 + 2 + 3 * H_] = more ? x[c0 + 2 + 3 * H_] + s23 : s23
        x[c0 + 3 + 3 * H_] = more ? x[c0 + 3 + 3 * H_] + s33 : s33
      }
      for (; p < H_; p++) {
        let s00 = 0, s01 = 0, s02 = 0, s03 = 0
        let ka = aAt + q
        let kb = bAt + p
        for (let k0 = 0; k0 < outer; k0++) {
          for (let k1 = 0; k1 < inner; k1++) {
            const a0 = x[ka]
            const a1 = x[ka + 1]
            const a2 = x[ka + 2]
            const a3 = x[ka + 3]
            const b0 = x[kb]
            s00 += a0 * b0
            s01 += a1 * b0
            s02 += a2 * b0
            s03 += a3 * b0
            ka += aInner
            kb += bInner
          }
          ka += aOuter - inner * aInner
          kb += bOuter - inner * bInner
        }
        const c0 = cAt + q * H_ + p
        x[c0] = more ? x[c0] + s00 : s00
        x[c0 + H_] = more ? x[c0 + H_] + s01 : s01
        x[c0 + 2 * H_] = more ? x[c0 + 2 * H_] + s02 : s02
        x[c0 + 3 * H_] = more ? x[c0 + 3 * H_] + s03 : s03
      }
    }
    for (; q < 4 * H_; q++) {
      let p = 0
      for (; p + 8 <= H_; p += 8) {
        let s00 = 0, s10 = 0, s20 = 0, s30 = 0, s40 = 0, s50 = 0, s60 = 0, s70 = 0
        let ka = aAt + q
        let kb = bAt + p
        for (let k0 = 0; k0 < outer; k0++) {
          for (let k1 = 0; k1 < inner; k1++) {
            const a0 = x[ka]
            const b0 = x[kb]
            const b1 = x[kb + 1]
            const b2 = x[kb + 2]
            const b3 = x[kb + 3]
            const b4 = x[kb + 4]
            const b5 = x[kb + 5]
            const b6 = x[kb + 6]
            const b7 = x[kb + 7]
            s00 += a0 * b0
            s10 += a0 * b1
            s20 += a0 * b2
            s30 += a0 * b3
            s40 += a0 * b4
            s50 += a0 * b5
            s60 += a0 * b6
            s70 += a0 * b7
            ka += aInner
            kb += bInner
          }
          ka += aOuter - inner * aInner
          kb += bOuter - inner * bInner
        }
        const c0 = cAt + q * H_ + p
        x[c0] = more ? x[c0] + s00 : s00
        x[c0 + 1] = more ? x[c0 + 1] + s10 : s10
        x[c0 + 2] = more ? x[c0 + 2] + s20 : s20
        x[c0 + 3] = more ? x[c0 + 3] + s30 : s30
        x[c0 + 4] = more ? x[c0 + 4] + s40 : s40
        x[c0 + 5] = more ? x[c0 + 5] + s50 : s50
        x[c0 + 6] = more ? x[c0 + 6] + s60 : s60
        x[c0 + 7] = more ? x[c0 + 7] + s70 : s70
      }
      for (; p < H_; p++) {
        let s00 = 0
        let ka = aAt + q
        let kb = bAt + p
        for (let k0 = 0; k0 < outer; k0++) {
          for (let k1 = 0; k1 < inner; k1++) {
            const a0 = x[ka]
            const b0 = x[kb]
            s00 += a0 * b0
            ka += aInner
            kb += bInner
          }
          ka += aOuter - inner * aInner
          kb += bOuter - inner * bInner
        }
        const c0 = cAt + q * H_ + p
        x[c0] = more ? x[c0] + s00 : s00
      }
    }
    aAt -= steps * (4 * B * H_)
    bAt -= steps * (B * H_)
    more = true
  }
}

/**
 * The product i,ij->j: [mul mul mul mul], [Wi Wf Wg Wo]
 * Adjoint of: i = sigmoid(Wi @ x + Ui @ h[t-1] + pi * c[t-1] + bi)   (lstm.cell:42)
 */
function backward9(x: Float32Array, a: number, b: number, c: number, keep: boolean, passSteps: number, B: number, D_: number, H_: number): void {
  let aAt = a
  let bAt = b
  let cAt = c
  let q = 0
  for (; q + 4 <= passSteps * B; q += 4) {
    let p = 0
    for (; p + 4 <= D_; p += 4) {
      const i0 = cAt + q * D_ + p
      let s00 = keep ? x[i0] : 0
      let s10 = keep ? x[i0 + 1] : 0
      let s20 = keep ? x[i0 + 2] : 0
      let s30 = keep ? x[i0 + 3] : 0
      let s01 = keep ? x[i0 + D_] : 0
      let s11 = keep ? x[i0 + 1 + D_] : 0
      let s21 = keep ? x[i0 + 2 + D_] : 0
      let s31 = keep ? x[i0 + 3 + D_] : 0
      let s02 = keep ? x[i0 + 2 * D_] : 0
      let s12 = keep ? x[i0 + 1 + 2 * D_] : 0
      let s22 = keep ? x[i0 + 2 + 2 * D_] : 0
      let s32 = keep ? x[i0 + 3 + 2 * D_] : 0
      let s03 = keep ? x[i0 + 3 * D_] : 0
      let s13 = keep ? x[i0 + 1 + 3 * D_] : 0
      let s23 = keep ? x[i0 + 2 + 3 * D_] : 0
      let s33 = keep ? x[i0 + 3 + 3 * D_] : 0
      let ka = aAt + q * (4 * H_)
      let kb = bAt + p
      for (let k0 = 0; k0 < 4 * H_; k0++) {
        const a0 = x[ka]
        const a1 = x[ka + (4 * H_)]
        const a2 = x[ka + 2 * (4 * H_)]
        const a3 = x[ka + 3 * (4 * H_)]
        const b0 = x[kb]
        const b1 = x[kb + 1]
        const b2 = x[kb + 2]
        const b3 = x[kb + 3]
        s00 += a0 * b0
        s10 += a0 * b1
        s20 += a0 * b2
        s30 += a0 * b3
        s01 += a1 * b0
        s11 += a1 * b1
        s21 += a1 * b2
        s31 += a1 * b3
        s02 += a2 * b0
        s12 += a2 * b1
        s22 += a2 * b2
        s32 += a2 * b3
        s03 += a3 * b0
        s13 += a3 * b1
        s23 += a3 * b2
        s33 += a3 * b3
        ka += 1
        kb += D_
      }
      const c0 = cAt + q * D_ + p
      x[c0] = s00
      x[c0 + 1] = s10
      x[c0 + 2] = s20
      x[c0 + 3] = s30
      x[c0 + D_] = s01
      x[c0 + 1 + D_] = s11
      x[c0 + 2 + D_] = s21
      x[c0 + 3 + D_] = s31
      x[c0 + 2 * D_] = s02
      x[c0 + 1 + 2 * D_] = s12
      x[c0 + 2 + 2 * D_] = s22
      x[c0 + 3 + 2 * D_] = s32
      x[c0 + 3 * D_] = s03
      x[c0 + 1 + 3 * D_] = s13
      x[c0 + 2 + 3 * D_] = s23
      x[c0 + 3 + 3 * D_] = s33
    }
    for (; p < D_; p++) {
      const i0 = cAt + q * D_ + p
      let s00 = keep ? x[i0] : 0
      let s01 = keep ? x[i0 + D_] : 0
      let s02 = keep ? x[i0 + 2 * D_] : 0
      let s03 = keep ? x[i0 + 3 * D_] : 0
      let ka = aAt + q * (4 * H_)
      let kb = bAt + p
      for (let k0 = 0; k0 < 4 * H_; k0++) {
        const a0 = x[ka]
        const a1 = x[ka + (4 * H_)]
        const a2 = x[ka + 2 * (4 * H_)]
        const a3 = x[ka + 3 * (4 * H_)]
        const b0 = x[kb]
        s00 += a0 * b0
        s01 += a1 * b0
        s02 += a2 * b0
        s03 += a3 * b0
        ka += 1
        kb += D_
      }
      const c0 = cAt + q * D_ + p
      x[c0] = s00
      x[c0 + D_] = s01
      x[c0 + 2 * D_] = s02
      x[c0 + 3 * D_] = s03
    }
  }
  for (; q < passSteps * B; q++) {
    let p = 0
    for (; p + 8 <= D_; p += 8) {
      const i0 = cAt + q * D_ + p
      let s00 = keep ? x[i0] : 0
      let s10 = keep ? x[i0 + 1] : 0
      let s20 = keep ? x[i0 + 2] : 0
      let s30 = keep ? x[i0 + 3] : 0
      let s40 = keep ? x[i0 + 4] : 0
      let s50 = keep ? x[i0 + 5] : 0
      let s60 = keep ? x[i0 + 6] : 0
      let s70 = keep ? x[i0 + 7] : 0
      let ka = aAt + q * (4 * H_)
      let kb = bAt + p
      for (let k0 = 0; k0 < 4 * H_; k0++) {
        const a0 = x[ka]
        const b0 = x[kb]
        const b1 = x[kb + 1]
        const b2 = x[kb + 2]
        const b3 = x[kb + 3]
        const b4 = x[kb + 4]
        const b5 = x[kb + 5]
        const b6 = x[kb + 6]
        const b7 = x[kb + 7]
        s00 += a0 * b0
        s10 += a0 * b1
        s20 += a0 * b2
        s30 += a0 * b3
        s40 += a0 * b4
        s50 += a0 * b5
        s60 += a0 * b6
        s70 += a0 * b7
        ka += 1
        kb += D_
      }
      const c0 = cAt + q * D_ + p
      x[c0] = s00
      x[c0 + 1] = s10
      x[c0 + 2] = s20
      x[c0 + 3] = s30
      x[c0 + 4] = s40
      x[c0 + 5] = s50
      x[c0 + 6] = s60
      x[c0 + 7] = s70
    }
    for (; p < D_; p++) {
      const i0 = cAt + q * D_ + p
      let s00 = keep ? x[i0] : 0
      let ka = aAt + q * (4 * H_)
      let kb = bAt + p
      for (let k0 = 0; k0 < 4 * H_; k0++) {
        const a0 = x[ka]
        const b0 = x[kb]
        s00 += a0 * b0
        ka += 1
        kb += D_
      }
      const c0 = cAt + q * D_ + p
      x[c0] = s00
    }
  }
}

function backwardZero11(x: Float32Array, n: Int32Array, y: number, D_: number, ends_t: number, B: number, passFrom: number, passRoom: number): void {
  for (let b = 0; b < B; b++) {
    for (let i = Math.max(n[ends_t + b], passFrom); i < passRoom; i++) {
      for (let j0 = 0; j0 < D_; j0++) {
        x[y + b * D_ + i * (B * D_) + j0] = 0
      }
    }
  }
}

/**
 * The product a->a, summed over the steps and the batch: [mul mul mul mul]
 * Adjoint of: i = sigmoid(Wi @ x + Ui @ h[t-1] + pi * c[t-1] + bi)   (lstm.cell:42)
 */
function backward10(x: Float32Array, a: number, c: number, keep: boolean, B: number, H_: number, passSteps: number): void {
  let aAt = a + (passSteps - 1) * (4 * B * H_) + (B - 1) * (4 * H_)
  let cAt = c
  const block = Math.max(1, Math.floor(256 / (B)))
  let more = keep
  for (let from = 0; from === 0 || from < passSteps; from += block) {
    const steps = Math.min(block, passSteps - from)
    let outer = steps, inner = B
    let aOuter = -(4 * B * H_), aInner = -(4 * H_)
    if (inner === 1) {
      inner = outer
      outer = 1
      aInner = aOuter
    }
    let p = 0
    for (; p + 8 <= 4 * H_; p += 8) {
      let s00 = 0, s10 = 0, s20 = 0, s30 = 0, s40 = 0, s50 = 0, s60 = 0, s70 = 0
      let ka = aAt + p
      for (let k0 = 0; k0 < outer; k0++) {
        for (let k1 = 0; k1 < inner; k1++) {
          const a0 = x[ka]
          const a1 = x[ka + 1]
          const a2 = x[ka + 2]
          const a3 = x[ka + 3]
          const a4 = x[ka + 4]
          const a5 = x[ka + 5]
          const a6 = x[ka + 6]
          const a7 = x[ka + 7]
          s00 += a0
          s10 += a1
          s20 += a2
          s30 += a3
          s40 += a4
          s50 += a5
          s60 += a6
          s70 += a7
          ka += aInner
        }
        ka += aOuter - inner * aInner
      }
      const c0 = cAt + p
      x[c0] = more ? x[c0] + s00 : s00
      x[c0 + 1] = more ? x[c0 + 1] + s10 : s10
      x[c0 + 2] = more ? x[c0 + 2] + s20 : s20
      x[c0 + 3] = more ? x[c0 + 3] + s30 : s30
      x[c0 + 4] = more ? x[c0 + 4] + s40 : s40
      x[c0 + 5] = more ? x[c0 + 5] + s50 : s50
      x[c0 + 6] = more ? x[c0 + 6] + s60 : s60
      x[c0 + 7] = more ? x[c0 + 7] + s70 : s70
    }
    for (; p < 4 * H_; p++) {
      let s00 = 0
      let ka = aAt + p
      for (let k0 = 0; k0 < outer; k0++) {
        for (let k1 = 0; k1 < inner; k1++) {
          const a0 = x[ka]
          s00 += a0
          ka += aInner
        }
        ka += aOuter - inner * aInner
      }
      const c0 = cAt + p
      x[c0] = more ? x[c0] + s00 : s00
    }
    aAt -= steps * (4 * B * H_)
    more = true
  }
}

/**
 * The product a,a->a, summed over the steps and the batch: mul, c[t-1]
 * Adjoint of: i = sigmoid(Wi @ x + Ui @ h[t-1] + pi * c[t-1] + bi)   (lstm.cell:42)
 */
function backward11(x: Float32Array, a: number, b: number, c: number, keep: boolean, B: number, H_: number, passSteps: number): void {
  let aAt = a + (passSteps - 1) * (4 * B * H_) + (B - 1) * (4 * H_)
  let bAt = b + (passSteps - 1) * (B * H_) + (B - 1) * H_
  let cAt = c
  const block = Math.max(1, Math.floor(256 / (B)))
  let more = keep
  for (let from = 0; from === 0 || from < passSteps; from += block) {
    const steps = Math.min(block, passSteps - from)
    let outer = steps, inner = B
    let aOuter = -(4 * B * H_), aInner = -(4 * H_)
    let bOuter = -(B * H_), bInner = -H_
    if (inner === 1) {
      inner = outer
      outer = 1
      aInner = aOuter
      bInner = bOuter
    }
    let p = 0
    for (; p + 8 <= H_; p += 8) {
      let s00 = 0, s10 = 0, s20 = 0, s30 = 0, s40 = 0, s50 = 0, s60 = 0, s70 = 0
      let ka = aAt + p
      let kb = bAt + p
      for (let k0 = 0; k0 < outer; k0++) {
        for (let k1 = 0; k1 < inner; k1++) {
          const a0 = x[ka]
          const a1 = x[ka + 1]
          const a2 = x[ka + 2]
          const a3 = x[ka + 3]
          const a4 = x[ka + 4]
          const a5 = x[ka + 5]
          const a6 = x[ka + 6]
          const a7 = x[ka + 7]
          const b0 = x[kb]
          const b1 = x[kb + 1]
          const b2 = x[kb + 2]
          const b3 = x[kb + 3]
          const b4 = x[kb + 4]
          const b5 = x[kb + 5]
          const b6 = x[kb + 6]
          const b7 = x[kb + 7]
          s00 += a0 * b0
          s10 += a1 * b1
          s20 += a2 * b2
          s30 += a3 * b3
          s40 += a4 * b4
          s50 += a5 * b5
          s60 += a6 * b6
          s70 += a7 * b7
          ka += aInner
          kb += bInner
        }
        ka += aOuter - inner * aInner
        kb += bOuter - inner * bInner
      }
      const c0 = cAt + p
      x[c0] = more ? x[c0] + s00 : s00
      x[c0 + 1] = more ? x[c0 + 1] + s10 : s10
      x[c0 + 2] = more ? x[c0 + 2] + s20 : s20
      x[c0 + 3] = more ? x[c0 + 3] + s30 : s30
      x[c0 + 4] = more ? x[c0 + 4] + s40 : s40
      x[c0 + 5] = more ? x[c0 + 5] + s50 : s50
      x[c0 + 6] = more ? x[c0 + 6] + s60 : s60
      x[c0 + 7] = more ? x[c0 + 7] + s70 : s70
    }
    for (; p < H_; p++) {
      let s00 = 0
      let ka = aAt + p
      let kb = bAt + p
      for (let k0 = 0; k0 < outer; k0++) {
        for (let k1 = 0; k1 < inner; k1++) {
          const a0 = x[ka]
          const b0 = x[kb]
          s00 += a0 * b0
          ka += aInner
          kb += bInner
        }
        ka += aOuter - inner * aInner
        kb += bOuter - inner * bInner
      }
      const c0 = cAt + p
      x[c0] = more ? x[c0] + s00 : s00
    }
    aAt -= steps * (4 * B * H_)
    bAt -= steps * (B * H_)
    more = true
  }
}

/**
 * Adjoint of: i = sigmoid(Wi @ x + Ui @ h[t-1] + pi * c[t-1] + bi)   (lstm.cell:42)
 */
function backward12(x: Float32Array, dy: number, y: number, passSteps: number, passFrom: number, reach: number, H_: number, B: number): void {
  const limit = Math.min(1, passSteps + passFrom, reach)
  for (let j0 = 0; j0 < B; j0++) {
    for (let j1 = 0; j1 < H_; j1++) {
      x[y + j0 * H_ + j1] = 0 + (passFrom === 0 && limit > 0 ? x[dy + j0 * H_ + j1] : 0)
    }
  }
}

/**
 * Adjoint of: i = sigmoid(Wi @ x + Ui @ h[t-1] + pi * c[t-1] + bi)   (lstm.cell:42)
 */
function backward13(x: Float32Array, dy: number, y: number, passSteps: number, passFrom: number, reach: number, H_: number, B: number): void {
  const limit = Math.min(1, passSteps + passFrom, reach)
  for (let j0 = 0; j0 < B; j0++) {
    for (let j1 = 0; j1 < H_; j1++) {
      x[y + j0 * H_ + j1] = 0 + (passFrom === 0 && limit > 0 ? x[dy + j0 * H_ + j1] : 0)
    }
  }
}

/**
 * Adjoint of: i = sigmoid(Wi @ x + Ui @ h[t-1] + pi * c[t-1] + bi)   (lstm.cell:42)
 */
function backward14(x: Float32Array, x_At: number, copy_At: number, passSteps: number, B: number, D_: number): void {
  for (let j = 0; j < passSteps * B * D_; j++) {
    const x_ = x[x_At + j]
    const copy_ = x_
    x[copy_At + j] = copy_
  }
}

function backwardZero12(x: Float32Array, n: Int32Array, y: number, D_: number, ends_t: number, B: number, passFrom: number, passSteps: number): void {
  for (let b = 0; b < B; b++) {
    for (let i = Math.max(n[ends_t + b], passFrom); i < passSteps + passFrom; i++) {
      for (let j0 = 0; j0 < D_; j0++) {
        x[y + b * D_ + i * (B * D_) + j0] = 0
      }
    }
  }
}

/**
 * The product i,j->ij, summed over the steps and the batch: [mul mul mul mul], x
 * Adjoint of: i = sigmoid(Wi @ x + Ui @ h[t-1] + pi * c[t-1] + bi)   (lstm.cell:42)
 */
function backward15(x: Float32Array, a: number, b: number, c: number, keep: boolean, B: number, H_: number, D_: number, passSteps: number): void {
  let aAt = a + (passSteps - 1) * (4 * B * H_) + (B - 1) * (4 * H_)
  let bAt = b + (passSteps - 1) * (B * D_) + (B - 1) * D_
  let cAt = c
  const block = Math.max(1, Math.floor(256 / (B)))
  let more = keep
  for (let from = 0; from === 0 || from < passSteps; from += block) {
    const steps = Math.min(block, passSteps - from)
    let outer = steps, inner = B
    let aOuter = -(4 * B * H_), aInner = -(4 * H_)
    let bOuter = -(B * D_), bInner = -D_
    if (inner === 1) {
      inner = outer
      outer = 1
      aInner = aOuter
      bInner = bOuter
    }
    let q = 0
    for (; q + 4 <= 4 * H_; q += 4) {
      let p = 0
      for (; p + 4 <= D_; p += 4) {
        let s00 = 0, s10 = 0, s20 = 0, s30 = 0, s01 = 0, s11 = 0, s21 = 0, s31 = 0, s02 = 0, s12 = 0, s22 = 0, s32 = 0, s03 = 0, s13 = 0, s23 = 0, s33 = 0
        let ka = aAt + q
        let kb = bAt + p
        for (let k0 = 0; k0 < outer; k0++) {
          for (let k1 = 0; k1 < inner; k1++) {
            const a0 = x[ka]
            const a1 = x[ka + 1]
            const a2 = x[ka + 2]
            const a3 = x[ka + 3]
            const b0 = x[kb]
            const b1 = x[kb + 1]
            const b2 = x[kb + 2]
            const b3 = x[kb + 3]
            s00 += a0 * b0
            s10 += a0 * b1
            s20 += a0 * b2
            s30 += a0 * b3
            s01 += a1 * b0
            s11 += a1 * b1
            s21 += a1 * b2
            s31 += a1 * b3
            s02 += a2 * b0
            s12 += a2 * b1
            s22 += a2 * b2
            s32 += a2 * b3
            s03 += a3 * b0
            s13 += a3 * b1
            s23 += a3 * b2
            s33 += a3 * b3
            ka += aInner
            kb += bInner
          }
          ka += aOuter - inner * aInner
          kb += bOuter - inner * bInner
        }
        const c0 = cAt + q * D_ + p
        x[c0] = more ? x[c0] + s00 : s00
        x[c0 + 1] = more ? x[c0 + 1] + s10 : s10
        x[c0 + 2] = more ? x[c0 + 2] + s20 : s20
        x[c0 + 3] = more ? x[c0 + 3] + s30 : s30
        x[c0 + D_] = more ? x[c0 + D_] + s01 : s01
        x[c0 + 1 + D_] = more ? x[c0 + 1 + D_] + s11 : s11
        x[c0 + 2 + D_] = more ? x[c0 + 2 + D_] + s21 : s21
        x[c0 + 3 + D_] = more ? x[c0 + 3 + D_] + s31 : s31
        x[c0 + 2 * D_] = more ? x[c0 + 2 * D_] + s02 : s02
        x[c0 + 1 + 2 * D_] = more ? x[c0 + 1 + 2 * D_] + s12 : s12
        x[c0 + 2 + 2 * D_] = more ? x[c0 + 2 + 2 * D_] + s22 : s22
        x[c0 + 3 + 2 * D_] = more ? x[c0 + 3 + 2 * D_] + s32 : s32
        x[c0 + 3 * D_] = more ? x[c0 + 3 * D_] + s03 : s03
        x[c0 + 1 + 3 * D_] = more ? x[c0 + 1 + 3 * D_] + s13 : s13
        x[c0 + 2 + 3 * D_] = more ? x[c0 + 2 + 3 * D_] + s23 : s23
        x[c0 + 3 + 3 * D_] = more ? x[c0 + 3 + 3 * D_] + s33 : s33
      }
      for (; p < D_; p++) {
        let s00 = 0, s01 = 0, s02 = 0, s03 = 0
        let ka = aAt + q
        let kb = bAt + p
        for (let k0 = 0; k0 < outer; k0++) {
          for (let k1 = 0; k1 < inner; k1++) {
            const a0 = x[ka]
            const a1 = x[ka + 1]
            const a2 = x[ka + 2]
            const a3 = x[ka + 3]
            const b0 = x[kb]
            s00 += a0 * b0
            s01 += a1 * b0
            s02 += a2 * b0
            s03 += a3 * b0
            ka += aInner
            kb += bInner
          }
          ka += aOuter - inner * aInner
          kb += bOuter - inner * bInner
        }
        const c0 = cAt + q * D_ + p
        x[c0] = more ? x[c0] + s00 : s00
        x[c0 + D_] = more ? x[c0 + D_] + s01 : s01
        x[c0 + 2 * D_] = more ? x[c0 + 2 * D_] + s02 : s02
        x[c0 + 3 * D_] = more ? x[c0 + 3 * D_] + s03 : s03
      }
    }
    for (; q < 4 * H_; q++) {
      let p = 0
      for (; p + 8 <= D_; p += 8) {
        let s00 = 0, s10 = 0, s20 = 0, s30 = 0, s40 = 0, s50 = 0, s60 = 0, s70 = 0
        let ka = aAt + q
        let kb = bAt + p
        for (let k0 = 0; k0 < outer; k0++) {
          for (let k1 = 0; k1 < inner; k1++) {
            const a0 = x[ka]
            const b0 = x[kb]
            const b1 = x[kb + 1]
            const b2 = x[kb + 2]
            const b3 = x[kb + 3]
            const b4 = x[kb + 4]
            const b5 = x[kb + 5]
            const b6 = x[kb + 6]
            const b7 = x[kb + 7]
            s00 += a0 * b0
            s10 += a0 * b1
            s20 += a0 * b2
            s30 += a0 * b3
            s40 += a0 * b4
            s50 += a0 * b5
            s60 += a0 * b6
            s70 += a0 * b7
            ka += aInner
            kb += bInner
          }
          ka += aOuter - inner * aInner
          kb += bOuter - inner * bInner
        }
        const c0 = cAt + q * D_ + p
        x[c0] = more ? x[c0] + s00 : s00
        x[c0 + 1] = more ? x[c0 + 1] + s10 : s10
        x[c0 + 2] = more ? x[c0 + 2] + s20 : s20
        x[c0 + 3] = more ? x[c0 + 3] + s30 : s30
        x[c0 + 4] = more ? x[c0 + 4] + s40 : s40
        x[c0 + 5] = more ? x[c0 + 5] + s50 : s50
        x[c0 + 6] = more ? x[c0 + 6] + s60 : s60
        x[c0 + 7] = more ? x[c0 + 7] + s70 : s70
      }
      for (; p < D_; p++) {
        let s00 = 0
        let ka = aAt + q
        let kb = bAt + p
        for (let k0 = 0; k0 < outer; k0++) {
          for (let k1 = 0; k1 < inner; k1++) {
            const a0 = x[ka]
            const b0 = x[kb]
            s00 += a0 * b0
            ka += aInner
            kb += bInner
          }
          ka += aOuter - inner * aInner
          kb += bOuter - inner * bInner
        }
        const c0 = cAt + q * D_ + p
        x[c0] = more ? x[c0] + s00 : s00
      }
    }
    aAt -= steps * (4 * B * H_)
    bAt -= steps * (B * D_)
    more = true
  }
}

/**
 * What the steps before leave.
 */
function backward16(x: Float32Array, select_At: number, v_At: number, select_At_2: number, v_At_2: number, add_At: number, add_At_2: number, keep: boolean, B: number, H_: number): void {
  for (let j = 0; j < B * H_; j++) {
    const select_ = x[select_At + j]
    const v_ = x[v_At + j]
    const select__2 = x[select_At_2 + j]
    const v__2 = x[v_At_2 + j]
    const add_ = select_ + v_
    const add__2 = select__2 + v__2
    x[add_At + j] = keep ? x[add_At + j] + add_ : add_
    x[add_At_2 + j] = keep ? x[add_At_2 + j] + add__2 : add__2
  }
}

function backwardZero13(x: Float32Array, y: number, H_: number, rows: number, B: number): void {
  for (let b = rows; b < B; b++) {
    for (let j0 = 0; j0 < H_; j0++) {
      x[y + b * H_ + j0] = 0
    }
  }
}

function backwardZero14(x: Float32Array, y: number, H_: number, rows: number, B: number): void {
  for (let b = rows; b < B; b++) {
    for (let j0 = 0; j0 < H_; j0++) {
      x[y + b * H_ + j0] = 0
    }
  }
}

/** True when a gradient may pass between the steps: no truncation boundary lies between them, neither that of chunks nor that at a step. */
function near(a: number, b: number, window: number, at: number): boolean {
  return Math.floor(a / window) === Math.floor(b / window) && a < at === b < at
}

/** A positive integer, or a RangeError that names it. */
function positive(name: string, value: unknown): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1) throw new RangeError(`${name}: a positive integer is needed, not ${shown(value)}`)
  return value
}

/** An integer from 0 to a limit. */
function whole(name: string, value: unknown, most = 4294967295): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > most) throw new RangeError(`${name}: an integer from 0 to ${most} is needed, not ${shown(value)}`)
  return value
}

/** True or false; left out, false. */
function flag(name: string, value: unknown): boolean {
  if (value !== undefined && typeof value !== 'boolean') throw new TypeError(`${name}: true or false is needed, not ${shown(value)}`)
  return value === true
}

/** Names out of those that there are. */
function chosen(what: string, value: unknown, otherwise: readonly string[], names: readonly string[]): ReadonlySet<string> {
  if (value === undefined) return new Set(otherwise)
  if (!Array.isArray(value)) throw new TypeError(`${what}: a list of names is needed, not ${shown(value)}`)
  for (const name of value) if (!names.includes(name)) throw new RangeError(`${what}: there is no ${String(name)}; there are: ${names.join(', ')}`)
  return new Set(value)
}

function shown(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : typeof value === 'object' && value !== null ? 'an object' : String(value)
}

/** What an object itself says of a name. */
function own<O extends object, K extends keyof O>(given: O, name: K): O[K] | undefined {
  return Object.hasOwn(given, name) ? given[name] : undefined
}

/** Refuses keys that mean nothing here. */
function known(what: string, given: object, names: readonly string[]): void {
  if (typeof given !== 'object' || given === null) throw new TypeError(`${what}: an object is needed, not ${shown(given)}`)
  for (const key in given) if (!names.includes(key) && Object.hasOwn(given, key)) throw new RangeError(`${what} has no ${key}; there are: ${names.join(', ')}`)
}
const forwardOptions = ['training', 'seed', 'tape']
const backwardOptions = ['window', 'every', 'accumulate']

/** A record of arrays, which are filled and never replaced. `changed`: what is to be called by whoever fills them, where that matters. */
function fixed<R extends object>(what: string, arrays: R, changed?: () => void): R {
  const record = {}
  for (const [name, array] of Object.entries(arrays))
    Object.defineProperty(record, name, {
      enumerable: true,
      get: () => array,
      set: () => {
        throw new TypeError(`${what}.${name} cannot be replaced: fill it, with ${what}.${name}.set(values)`)
      },
    })
  if (changed !== undefined) Object.defineProperty(record, Symbol.for('recurve.changed'), { value: changed })
  return Object.freeze(record) as R
}

/** A record of values, each of which is checked when it is set. */
function settable<R extends object>(what: string, values: R, check: (name: string, value: unknown) => unknown): R {
  const record = {}
  const held: Record<string, unknown> = Object.assign(Object.create(null), values)
  for (const name of Object.keys(values))
    Object.defineProperty(record, name, {
      enumerable: true,
      get: () => held[name],
      set: value => {
        held[name] = check(`${what}.${name}`, value)
      },
    })
  return Object.freeze(record) as R
}
function finite(name: string, value: unknown): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new TypeError(`${name}: a finite number is needed, not ${shown(value)}`)
  return value
}
function truth(name: string, value: unknown): boolean {
  if (value === undefined) throw new TypeError(`${name}: true or false is needed, not undefined`)
  return flag(name, value)
}

const unrun = 'backward needs a forward pass before it, and one that keeps its tape'

/** Notices when numbers of arrays change. */
function watch(groups: Readonly<Record<string, object>>): { note(): void; other(): string | undefined } {
  const list = Object.entries(groups).flatMap(([what, arrays]) =>
    Object.entries(arrays as Record<string, Values>).map(([name, { buffer, byteOffset, byteLength }]) => ({ name: `${what}.${name}`, words: new Int32Array(buffer, byteOffset, byteLength / 4), sum: 0 })),
  )
  const sumOf = (words: Int32Array): number => {
    let sum = 2166136261
    for (let i = 0; i < words.length; i++) sum = Math.imul(sum ^ words[i]!, 16777619) ^ (sum >>> 15)
    return sum
  }
  return {
    note: () => {
      for (const one of list) one.sum = sumOf(one.words)
    },
    other: () => list.find(one => sumOf(one.words) !== one.sum)?.name,
  }
}

/** The window of truncated BPTT and the length of its chunks, or a RangeError. */
function windowOf(window: number, every: number | undefined): { window: number; every: number } {
  if (window !== Infinity) positive('window', window)
  if (every === undefined) return { window, every: window }
  if (every !== Infinity) positive('every', every)
  if (every > window) throw new RangeError(`every: chunks of ${every} steps are longer than the window of ${window}`)
  return { window, every: window === Infinity ? Infinity : every }
}

/** A seed: an integer from 0 to 2^53 - 1. */
function seedOf(seed: unknown): number {
  if (typeof seed !== 'number' || !Number.isSafeInteger(seed) || seed < 0) throw new RangeError(`seed: an integer from 0 to 2^53 - 1 is needed, not ${String(seed)}`)
  return seed
}

/** Every index lies in 0 .. size - 1, or is -1 for none. Steps past the end of a sequence, and rows that are not in use, are not looked at. The innermost sequence first. */
function checkIndices(name: string, values: Int32Array, size: number, rows: number, batch: number, per: number, ends?: Int32Array, most: number = 1, outer?: Int32Array, outerMost: number = 1): void {
  const row = per
  for (let b = 0; b < rows; b++)
    for (let o = 0; o < (outer === undefined ? 1 : outer[b]!); o++)
      for (let t = 0; t < (ends === undefined ? 1 : ends[b]!); t++) {
        const from = ((o * most + t) * batch + b) * row
        for (let i = from; i < from + row; i++) {
          const v = values[i]!
          if (v < -1 || v >= size) throw new RangeError(`${name}: ${v} at step ${outer === undefined ? t : o} of sequence ${b} is not an index below ${size}`)
        }
      }
}

/** Takes over the lengths of the rows that are in use; the most steps that any of them has. Throws a RangeError for a length that there is no room for. */
function measure(name: string, lengths: Int32Array, ends: Int32Array, rows: number, most: number): number {
  let found = 0
  for (let b = 0; b < lengths.length; b++) {
    const length = b < rows ? lengths[b]! : 0
    if (length < 0 || length > most) throw new RangeError(`lengths.${name}: sequence ${b} has ${length} steps, and there is room for ${most}`)
    ends[b] = length
    if (length > found) found = length
  }
  return found
}

/** True where a length is not that of the pass that was run. */
function differ(lengths: Int32Array, ends: Int32Array, rows: number): boolean {
  for (let b = 0; b < rows; b++) if (lengths[b] !== ends[b]) return true
  return false
}

/** The last steps of each sequence, as many as delays reach back, are put before the first. */
function history(values: Values, from: number, step: number, others: number, batch: number, row: number, depth: number, to: number, apart: number, ends: Int32Array | undefined, span: number): void {
  for (let o = 0; o < others; o++)
    for (let b = 0; b < batch; b++) {
      const end = ends === undefined ? span : ends[b]!
      const place = (o * batch + b) * row
      for (let i = 0; i < depth; i++) {
        const at = from + (end - depth + i) * step + place
        values.copyWithin(to + i * apart + place, at, at + row)
      }
    }
}

/** Rows that are not in use have no history. */
function forget(values: Values, from: number, step: number, depth: number, others: number, batch: number, row: number, rows: number): void {
  for (let i = 0; i < depth; i++)
    for (let o = 0; o < others; o++) {
      const at = from + i * step + o * batch * row
      values.fill(0, at + rows * row, at + batch * row)
    }
}
function forgetAll(values: Values, depth: number, batch: number, rows: number): void {
  const row = values.length / depth / batch
  forget(values, 0, batch * row, depth, 1, batch, row, rows)
}

/** Each row of a step takes the place of the one that is named for it. */
function permute(values: Values, from: number, step: number, depth: number, others: number, batch: number, row: number, rows: ArrayLike<number>): void {
  for (let i = 0; i < depth; i++)
    for (let o = 0; o < others; o++) {
      const at = from + i * step + o * batch * row
      const old = values.slice(at, at + batch * row)
      for (let b = 0; b < batch; b++) values.set(old.subarray(rows[b]! * row, (rows[b]! + 1) * row), at + b * row)
    }
}
function permuteAll(values: Values, depth: number, rows: ArrayLike<number>): void {
  const row = values.length / depth / rows.length
  permute(values, 0, rows.length * row, depth, 1, rows.length, row, rows)
}
type Values = Float32Array | Float64Array | Int32Array

/** Throws an Error where what was kept does not fit a net. */
function fits(from: Carried, past: Readonly<Record<string, Values>>, given: object): void {
  known('resume', from, ['step', 'going', 'given', 'arrays'])
  whole('resume: step', from.step, Number.MAX_SAFE_INTEGER)
  for (const [what, here, there] of [['arrays', past, from.arrays], ['given', given, from.given]] as const) {
    known(`resume: ${what}`, there, Object.keys(here))
    for (const name of Object.keys(here)) if (!Object.hasOwn(there, name)) throw new RangeError(`resume: ${what} lacks ${name}`)
  }
  for (const [name, values] of Object.entries(past))
    if (from.arrays[name]!.length !== values.length) throw new RangeError(`resume: ${name} has ${from.arrays[name]!.length} numbers, and ${values.length} are needed`)
}
/** Copies what one net holds to another, where the arrays are as long. */
function takeOver(to: object, from: object): void {
  for (const [group, values] of Object.entries(from)) {
    const there = (to as Record<string, Record<string, unknown>>)[group]!
    for (const [name, value] of Object.entries(values as Record<string, unknown>)) {
      if (typeof value !== 'object') there[name] = value
      else if (!(group === 'lengths' && name === 't')) {
        const [a, b] = [there[name], value] as unknown as [{ length: number; set(v: ArrayLike<number>): void }, ArrayLike<number>]
        if (a.length === b.length) a.set(b)
      }
    }
  }
}

/** Adds numbers to those that are there, from a place to before another. */
function addTo(to: { [i: number]: number; readonly length: number }, more: { readonly [i: number]: number }, from = 0, end = to.length): void {
  for (let i = from; i < end; i++) to[i] = to[i]! + more[i]!
}

/** True where a sequence is shorter than there is room for. */
function isRagged(lengths: Int32Array, most: number): boolean {
  for (let b = 0; b < lengths.length; b++) if (lengths[b]! < most) return true
  return false
}

/** 2^k at k + 1100, exact from 2^-1074 to 2^1023; below 0, above Infinity. */
const POWERS: Float64Array = powersOfTwo()

function powersOfTwo(): Float64Array {
  const powers: Float64Array = new Float64Array(2200)
  let p: number = 1
  for (let k: number = 1100; k >= 0; k--) {
    powers[k] = p
    p = p / 2
  }
  p = 1
  for (let k: number = 1100; k < 2200; k++) {
    powers[k] = p
    p = p * 2
  }
  return powers
}

const BITS: Float64Array = new Float64Array(1)

const WORDS: Uint32Array = new Uint32Array(BITS.buffer)

/** The k with x / 2^k in [0.70710659, 1.41421318), for a positive normal x; from the f32 bits it is (bits - 0x3f3504f0) >> 23. */
function exponent(x: number): number {
  BITS[0] = x
  return (WORDS[1]! - 0x3fe6a09e) >> 20
}

const LN2HI64: number = 6.9314718036912381649e-1

const LN2LO64: number = 1.90821492927058770002e-10

/** log64(1 + f) - f + f^2/2, divided by s = f / (2 + f), less f^2/2, of z = s^2 (fdlibm). */
function logSeries64(z: number): number {
  return (
    z *
    (6.66666666666673513e-1 +
      z *
        (3.999999999940941908e-1 +
          z *
            (2.857142874366239149e-1 +
              z * (2.222219843214978396e-1 + z * (1.818357216161805012e-1 + z * (1.531383769920937332e-1 + z * 1.4798198605106586e-1))))))
  )
}

/** k ln 2 + log64(1 + f) + c, c being small (fdlibm). */
function logSum64(k: number, f: number, c: number): number {
  const s: number = f / (2 + f)
  const half: number = 0.5 * f * f
  return k * LN2HI64 - (half - (s * (half + logSeries64(s * s)) + (k * LN2LO64 + c)) - f)
}

/** log64 x within 1 ulp. */
function log64(x: number): number {
  if (!(x > 0)) return x === 0 ? -Infinity : NaN
  if (x === Infinity) return x
  const tiny: boolean = x < 2.2250738585072014e-308
  const n: number = tiny ? x * 18014398509481984 : x
  const k: number = exponent(n)
  return logSum64(tiny ? k - 54 : k, n * POWERS[1100 - k]! - 1, 0)
}

/** The upper64 26 bits of a (Dekker). */
function upper64(a: number): number {
  const t: number = 134217729 * a
  return t - (t - a)
}

/** a * b - p exactly, for p = fl(a * b). */
function productError64(a: number, b: number, p: number): number {
  const ah: number = upper64(a)
  const al: number = a - ah
  const bh: number = upper64(b)
  const bl: number = b - bh
  return al * bl - (p - ah * bh - al * bh - ah * bl)
}

/** a - b - d exactly, for d = fl(a - b). */
function differenceError64(a: number, b: number, d: number): number {
  const t: number = d - a
  return a - (d - t) - (b + t)
}

/** 2 / pi in digits of base 2^24, for arguments up to the largest. */
const TWOOVERPI64: Float64Array = new Float64Array([
  0xa2f983, 0x6e4e44, 0x1529fc, 0x2757d1, 0xf534dd, 0xc0db62, 0x95993c, 0x439041, 0xfe5163, 0xabdebb, 0xc561b7, 0x246e3a, 0x424dd2, 0xe00649, 0x2eea09,
  0xd1921c, 0xfe1deb, 0x1cb129, 0xa73ee8, 0x8235f5, 0x2ebb44, 0x84e99c, 0x7026b4, 0x5f7e41, 0x3991d6, 0x398353, 0x39f49c, 0x845f8b, 0xbdf928, 0x3b1ff8,
  0x97ffde, 0x05980f, 0xef2f11, 0x8b5a0a, 0x6d1f6d, 0x367ecf, 0x27cb09, 0xb74f46, 0x3f669e, 0x5fea2d, 0x7527ba, 0xc7ebe5, 0xf17b3d, 0x0739f7, 0x8a5292,
  0xea6bfb, 0x5fb11f, 0x8d5d08, 0x560330, 0x46fc7b,
])

/** What an angle leaves after the quarter turns: its value and a correction. */
const REST64: Float64Array = new Float64Array(2)

/** Puts x - n pi/2 in REST64 and returns n mod 4. Up to 2^20 by subtraction in four parts (Cody and Waite). */
function quarterTurns64(x: number): number {
  if (!(x > -1e6 && x < 1e6)) return x - x === 0 ? quarterTurnsOfLarge64(x) : notAnAngle64()
  const n: number = Math.floor(x * 0.6366197723675814 + 0.5)
  const a: number = x - n * 1.5707963267341256
  const p: number = n * 6.077100506303966e-11
  const b: number = a - p
  const q: number = n * 2.0222662487111665e-21
  const c: number = b - q
  const rest: number = differenceError64(a, p, b) + differenceError64(b, q, c) - n * 8.4784276603689e-32
  REST64[0] = c + rest
  REST64[1] = c - REST64[0] + rest
  return n & 3
}

function notAnAngle64(): number {
  REST64[0] = NaN
  return 0
}

const DIGITS64: Float64Array = new Float64Array(4)

const COLUMNS64: Float64Array = new Float64Array(8)

/** The same by the digits of 2 / pi that matter (Payne and Hanek). */
function quarterTurnsOfLarge64(x: number): number {
  const a: number = Math.abs(x)
  let top: number = 0
  while (top < 42 && a >= POWERS[1124 + 24 * top]!) top = top + 1
  let rest: number = a * POWERS[1100 - 24 * top]!
  for (let j: number = 0; j < 4; j++) {
    DIGITS64[j] = Math.floor(rest)
    rest = (rest - DIGITS64[j]!) * 16777216
  }
  for (let s: number = 0; s < 8; s++) {
    COLUMNS64[s] = 0
    for (let j: number = 0; j < 4; j++) if (top - 1 + s - j >= 0) COLUMNS64[s] = COLUMNS64[s]! + DIGITS64[j]! * TWOOVERPI64[top - 1 + s - j]!
  }
  for (let s: number = 7; s > 0; s--) {
    const carry: number = Math.floor(COLUMNS64[s]! / 16777216)
    COLUMNS64[s] = COLUMNS64[s]! - carry * 16777216
    COLUMNS64[s - 1] = COLUMNS64[s - 1]! + carry
  }
  const up: number = COLUMNS64[1]! >= 8388608 ? 1 : 0
  const n: number = (COLUMNS64[0]! + up) % 4
  const first: number = ((COLUMNS64[1]! - up * 16777216) * 16777216 + COLUMNS64[2]!) * POWERS[1052]!
  const second: number = (COLUMNS64[3]! * 16777216 + COLUMNS64[4]!) * POWERS[1004]!
  const third: number = (COLUMNS64[5]! * 16777216 + COLUMNS64[6]!) * POWERS[956]!
  const turn: number = first + second
  const low: number = second - (turn - first) + third
  const y: number = turn * 1.5707963267948966
  const correction: number = productError64(turn, 1.5707963267948966, y) + (turn * 6.123233995736766e-17 + low * 1.5707963267948966)
  const r: number = y + correction
  const c: number = y - r + correction
  REST64[0] = x < 0 ? -r : r
  REST64[1] = x < 0 ? -c : c
  return x < 0 ? (4 - n) & 3 : n
}

/** sin64(x + y) for |x| <= pi/4 and a correction y (fdlibm). */
function sinCore64(x: number, y: number): number {
  const z: number = x * x
  const v: number = z * x
  const r: number =
    8.33333333332248946124e-3 +
    z * (-1.98412698298579493134e-4 + z * (2.75573137070700676789e-6 + z * (-2.50507602534068634195e-8 + z * 1.58969099521155010221e-10)))
  return x - (z * (0.5 * y - v * r) - y + v * 1.66666666666666324348e-1)
}

/** cos64(x + y), likewise. */
function cosCore64(x: number, y: number): number {
  const z: number = x * x
  const r: number =
    z *
    (4.16666666666666019037e-2 +
      z *
        (-1.38888888888741095749e-3 +
          z * (2.48015872894767294178e-5 + z * (-2.75573143513906633035e-7 + z * (2.0875723212981748279e-9 + z * -1.13596475577881948265e-11)))))
  const half: number = 0.5 * z
  const w: number = 1 - half
  return w + (1 - w - half + (z * r - x * y))
}

/** cos64 x within 1 ulp, for every x. */
function cos64(x: number): number {
  const n: number = quarterTurns64(x)
  const r: number = REST64[0]!
  const c: number = REST64[1]!
  const y: number = (n & 1) === 0 ? cosCore64(r, c) : sinCore64(r, c)
  return n === 0 || n === 3 ? y : -y
}

/** The upper 32 bits of a * b. */
function mulHigh(a: number, b: number): number {
  const a0: number = a & 0xffff
  const a1: number = a >>> 16
  const b0: number = b & 0xffff
  const b1: number = b >>> 16
  const t: number = a1 * b0 + ((a0 * b0) >>> 16)
  const u: number = a0 * b1 + (t & 0xffff)
  return a1 * b1 + (t >>> 16) + (u >>> 16)
}

/** Fills `out` with the four random words of a counter (c0..c3) under a key. */
function philox(key0: number, key1: number, c0: number, c1: number, c2: number, c3: number, out: Uint32Array): void {
  let k0: number = key0 | 0
  let k1: number = key1 | 0
  let w0: number = c0 | 0
  let w1: number = c1 | 0
  let w2: number = c2 | 0
  let w3: number = c3 | 0
  for (let round: number = 0; round < 10; round++) {
    const x: number = mulHigh(0xcd9e8d57, w2) ^ w1 ^ k0
    const y: number = mulHigh(0xd2511f53, w0) ^ w3 ^ k1
    w1 = Math.imul(0xcd9e8d57, w2)
    w3 = Math.imul(0xd2511f53, w0)
    w0 = x
    w2 = y
    k0 = (k0 + 0x9e3779b9) | 0
    k1 = (k1 + 0xbb67ae85) | 0
  }
  out[0] = w0
  out[1] = w1
  out[2] = w2
  out[3] = w3
}

const BLOCK: Uint32Array = new Uint32Array(4)

/** Four words serve four neighbours: the block of `index`, for one of the kinds (0 uniform, 1 normal) that never share one. */
function drawBlock(seed: number, stream: number, index: number, kind: number): void {
  const block: number = Math.floor(index / 4)
  philox(seed >>> 0, Math.floor(seed / 4294967296), block >>> 0, Math.floor(block / 4294967296), stream, kind, BLOCK)
}

/** Uniform in [0, 1): a multiple of 2^-24, so f32 and f64 agree. Whole numbers: 0 <= seed, index < 2^53, 0 <= stream < 2^32. */
function uniformAt(seed: number, stream: number, index: number): number {
  drawBlock(seed, stream, index, 0)
  return (BLOCK[index % 4]! >>> 8) / 16777216
}

/** Standard normal (Box and Muller): neighbours 2n and 2n + 1 are the cosine and the sine of one draw; |value| <= 6.67. */
function normalAt(seed: number, stream: number, index: number): number {
  drawBlock(seed, stream, index, 1)
  const pair: number = index % 4 < 2 ? 0 : 2
  const radius: number = Math.sqrt(-2 * log64((BLOCK[pair]! + 1) / 4294967296))
  // A quarter turn less makes the cosine a sine.
  const turn: number = BLOCK[pair + 1]! / 4294967296 - (index % 2) / 4
  return radius * cos64(6.283185307179586 * turn)
}

/** Fills `out`, a row-major array of `shape`, by a scheme with its numbers; `scaled` multiplies the result. */
function initialise(
  out: Float32Array | Float64Array,
  shape: readonly number[],
  scheme: string,
  args: readonly number[],
  scaled: number,
  seed: number,
  stream: number,
): void {
  const rank: number = shape.length
  const columns: number = rank === 0 ? 1 : shape[rank - 1]!
  const rows: number = rank < 2 ? 1 : shape[rank - 2]!
  const fanOut: number = rank === 1 ? columns : rows
  const glorot: number = Math.sqrt(6 / (columns + fanOut))
  if (scheme === 'zeros') fillConstant(out, 0)
  else if (scheme === 'ones') fillConstant(out, scaled)
  else if (scheme === 'constant') fillConstant(out, args[0]! * scaled)
  else if (scheme === 'uniform') fillUniform(out, args[0]!, args[1]!, scaled, seed, stream)
  else if (scheme === 'normal') fillNormal(out, args[0]!, args[1]!, scaled, seed, stream)
  else if (scheme === 'glorot') fillUniform(out, -glorot, glorot, scaled, seed, stream)
  else if (scheme === 'he') fillNormal(out, 0, Math.sqrt(2 / columns), scaled, seed, stream)
  else if (scheme === 'lecun') fillNormal(out, 0, Math.sqrt(1 / columns), scaled, seed, stream)
  else if (scheme === 'orthogonal') fillOrthogonal(out, rows, columns, scaled, seed, stream)
  else if (scheme === 'identity') fillIdentity(out, rows, columns, scaled)
  else throw new Error('There is no initialiser ' + scheme)
}

function fillConstant(out: Float32Array | Float64Array, value: number): void {
  for (let i: number = 0; i < out.length; i++) out[i] = value
}

function fillUniform(out: Float32Array | Float64Array, lo: number, hi: number, scaled: number, seed: number, stream: number): void {
  for (let i: number = 0; i < out.length; i++) out[i] = scaled * (lo + (hi - lo) * uniformAt(seed, stream, i))
}

function fillNormal(out: Float32Array | Float64Array, mean: number, deviation: number, scaled: number, seed: number, stream: number): void {
  for (let i: number = 0; i < out.length; i++) out[i] = scaled * (mean + deviation * normalAt(seed, stream, i))
}

function fillIdentity(out: Float32Array | Float64Array, rows: number, columns: number, scaled: number): void {
  const size: number = rows * columns
  for (let i: number = 0; i < out.length; i++) {
    const row: number = Math.floor((i % size) / columns)
    out[i] = row === i % columns ? scaled : 0
  }
}

/**
 * Orthonormal rows, or columns where there are more rows: Gram-Schmidt on normal vectors, each pass twice. Its triangular
 * factor has a positive diagonal, which is the choice of signs that makes the result uniform over such matrices.
 */
function fillOrthogonal(out: Float32Array | Float64Array, rows: number, columns: number, scaled: number, seed: number, stream: number): void {
  const count: number = rows < columns ? rows : columns
  const length: number = rows < columns ? columns : rows
  const size: number = count * length
  const vectors: Float64Array = new Float64Array(size)
  for (let block: number = 0; block < out.length; block += size) {
    for (let i: number = 0; i < size; i++) vectors[i] = normalAt(seed, stream, block + i)
    for (let v: number = 0; v < count; v++) {
      for (let pass: number = 0; pass < 2; pass++) {
        for (let u: number = 0; u < v; u++) subtractProjection(vectors, v * length, u * length, length)
        normaliseRow(vectors, v * length, length)
      }
    }
    for (let v: number = 0; v < count; v++)
      for (let i: number = 0; i < length; i++) out[block + (rows < columns ? v * columns + i : i * columns + v)] = scaled * vectors[v * length + i]!
  }
}

function subtractProjection(a: Float64Array, v: number, u: number, length: number): void {
  let dot: number = 0
  for (let i: number = 0; i < length; i++) dot += a[v + i]! * a[u + i]!
  for (let i: number = 0; i < length; i++) a[v + i] = a[v + i]! - dot * a[u + i]!
}

function normaliseRow(a: Float64Array, v: number, length: number): void {
  let sum: number = 0
  for (let i: number = 0; i < length; i++) sum += a[v + i]! * a[v + i]!
  const norm: number = Math.sqrt(sum)
  for (let i: number = 0; i < length; i++) a[v + i] = a[v + i]! / norm
}
