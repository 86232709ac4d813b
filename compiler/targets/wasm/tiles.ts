/**
 * Sums of products in register tiles, the innermost code of everything: `c[m][n] = start + sum over k of a[m][k] b[k][n]`,
 * in ascending order of k, four results in a vector along n. Sixteen columns are a panel. The numbers of `a` are spread
 * over a vector as they are read, so `a` may lie in any way; the columns of `b` lie side by side.
 * Shapes measured: 2 x 16 reaches the machine's peak with and without fused multiply-add; more accumulators spill.
 */
import { countUp, f32x4, Func, get, i32, load, op, opWith, repeatWhile, set, store, tee, when, type Code, type Local, type Module } from './assembler.ts'

/** How a sum begins, and what happens to what is there at its end. */
export const begin = {
  /** From zero; the result replaces what is there. */
  zero: 0,
  /** From the numbers of another array. */
  start: 1,
  /** From zero; the result is added to what is there. */
  add: 2,
  /** From one number of another array for all columns of a row. */
  spread: 3,
} as const

export const panel = 16
/** The most terms that are summed between a load and a store of a tile; what they take of `b` stays in the first cache. */
export const depth = 256
/** Rows of `a` that stay in the second cache while all panels of `b` pass by. */
export const rowBlock = 128
/** From so many columns of the result on, columns of `a` are turned to rows before they are read. */
const turnFrom = 128

/** Bytes. */
const vector = 16
const line = 4 * panel

const plus = (l: Local, by: Code): Code => set(l, op('i32.add', get(l), by))

const multiplyAdd = (fma: boolean, sum: Local, a: Code, b: Code): Code =>
  set(sum, fma ? op('f32x4.relaxed_madd', a, b, get(sum)) : op('f32x4.add', get(sum), op('f32x4.mul', a, b)))

/** Stores the first `lanes` numbers of a vector (1 to 4). */
const storeLanes = (address: Code, offset: number, value: Local, lanes: Local): Code =>
  when(
    op('i32.ge_s', get(lanes), i32(4)),
    store('v128.store', address, get(value), offset),
    [0, 1, 2].map(i => when(op('i32.gt_s', get(lanes), i32(i)), store('v128.store32_lane', address, get(value), offset + 4 * i, i))),
  )

/**
 * `rows` x `4 * vectors` results, for one tile after the other along m.
 * Parameters: a, aM, aK, b, bK, c, cM, s, sM (addresses and strides in bytes), terms, tiles, how the sums begin, and for
 * a last panel the numbers in its last vector. `columns`: a moves along n, too (a product of two rows, entry by entry).
 */
export const tileFunction = (module: Module, rows: number, vectors: number, fma: boolean, last: boolean, columns = false): Func => {
  const name = `${columns ? 'columns' : 'tile'}${rows}x${4 * vectors}${last ? 'last' : ''}`
  const known = module.find(name)
  if (known !== undefined) return known
  const f = module.add(
    new Func(
      name,
      Array.from({ length: last ? 13 : 12 }, () => 'i32' as const),
    ),
  )
  const [a, aM, aK, b, bK, c, cM, s, sM, terms, tiles, how] = f.params as unknown as Locals<12>
  const lanes = f.params[12]
  const sums = Array.from({ length: rows }, () => Array.from({ length: vectors }, () => f.local('v128')))
  const of = Array.from({ length: vectors }, () => f.local('v128'))
  const times = f.local('v128')
  const heads = sums.map(() => f.local('i32'))
  const [kb, k] = [f.local('i32'), f.local('i32')]
  /** Visits the rows of a result, its address moving down. */
  const down = (from: Local, stride: Local, body: (row: readonly Local[], at: Local) => Code): Code => {
    const at = f.local('i32')
    return [set(at, get(from)), sums.map((row, i) => [i === 0 ? [] : plus(at, get(stride)), body(row, at)])]
  }
  const eachVector = (row: readonly Local[], body: (sum: Local, offset: number) => Code): Code => row.map((sum, v) => body(sum, v * vector))
  const write = (row: readonly Local[], at: Local): Code =>
    eachVector(row, (sum, offset) =>
      last && offset === (vectors - 1) * vector ? storeLanes(get(at), offset, sum, lanes!) : store('v128.store', get(at), get(sum), offset),
    )
  const body = [
    when(
      op('i32.eq', get(how), i32(begin.start)),
      down(s, sM, (row, at) => eachVector(row, (sum, offset) => set(sum, load('v128.load', get(at), offset)))),
      when(
        op('i32.eq', get(how), i32(begin.spread)),
        down(s, sM, (row, at) => row.map(sum => set(sum, load('v128.load32_splat', get(at))))),
        sums.flat().map(sum => set(sum, f32x4(0))),
      ),
    ),
    heads.map((h, i) => set(h, i === 0 ? get(a) : op('i32.add', get(heads[i - 1]!), get(aM)))),
    set(kb, get(b)),
    set(k, get(terms)),
    repeatWhile(
      [
        // Spreading before a single row needs no vectors of `b` kept.
        rows === 1
          ? [
              columns ? [] : set(times, load('v128.load32_splat', get(heads[0]!))),
              eachVector(sums[0]!, (sum, offset) =>
                multiplyAdd(fma, sum, columns ? load('v128.load', get(heads[0]!), offset) : get(times), load('v128.load', get(kb), offset)),
              ),
              plus(heads[0]!, get(aK)),
            ]
          : [
              of.map((l, v) => set(l, load('v128.load', get(kb), v * vector))),
              sums.map((row, i) => [
                set(times, load('v128.load32_splat', get(heads[i]!))),
                row.map((sum, v) => multiplyAdd(fma, sum, get(times), get(of[v]!))),
                plus(heads[i]!, get(aK)),
              ]),
            ],
        plus(kb, get(bK)),
      ],
      tee(k, op('i32.sub', get(k), i32(1))),
    ),
    when(
      op('i32.eq', get(how), i32(begin.add)),
      down(c, cM, (row, at) => eachVector(row, (sum, offset) => set(sum, op('f32x4.add', load('v128.load', get(at), offset), get(sum))))),
    ),
    down(c, cM, write),
    // On to the next tile.
    plus(a, op('i32.mul', get(aM), i32(rows))),
    plus(c, op('i32.mul', get(cM), i32(rows))),
    plus(s, op('i32.mul', get(sM), i32(rows))),
  ]
  f.body = repeatWhile(body, tee(tiles, op('i32.sub', get(tiles), i32(1))))
  return f
}

/** So many locals for numbers and addresses. */
const locals = <N extends number>(f: Func, count: N): Locals<N> => Array.from({ length: count }, () => f.local('i32')) as unknown as Locals<N>
type Locals<N extends number, L extends readonly Local[] = []> = L['length'] extends N ? L : Locals<N, [...L, Local]>

/** What `packFunction` makes takes so many bytes for each term and panel. */
export const packedLine = line

/**
 * Copies `b` to panels of sixteen columns: line k of panel j stands at `to + (j * terms + k) * 64`.
 * Parameters: to, from, stride along n, stride along k (bytes), columns, terms. It may read up to 15 entries behind `from`.
 */
export const packFunction = (module: Module): Func => {
  const known = module.find('pack')
  if (known !== undefined) return known
  const f = module.add(new Func('pack', ['i32', 'i32', 'i32', 'i32', 'i32', 'i32']))
  const [to, from, alongN, alongK, columns, terms] = f.params as unknown as Locals<6>
  const [n, k, at, source, width] = locals(f, 5)
  const inPieces = [
    set(source, get(from)),
    set(k, i32(0)),
    countUp(k, get(terms), i32(1), [
      [0, 1, 2, 3].map(i => store('v128.store', get(to), load('v128.load', get(source), i * vector), i * vector)),
      plus(to, i32(line)),
      plus(source, get(alongK)),
    ]),
    plus(from, i32(line)),
  ]
  const { code, rows } = fourByFour(f, source, alongN)
  /** Four columns of four terms, turned; the terms lie side by side. */
  const turn = [
    set(source, get(at)),
    code,
    rows.map((row, i) => store('v128.store', get(width), row, i * line)),
    plus(width, i32(4 * line)),
    plus(at, i32(vector)),
  ]
  const [rest, column] = [f.local('i32'), f.local('i32')]
  /** One column after the other of a panel, as many as there are. */
  const byColumn = [
    set(rest, op('i32.sub', get(columns), get(n))),
    set(column, i32(0)),
    countUp(column, choose4(f, get(rest)), i32(1), [
      set(at, op('i32.add', get(from), op('i32.mul', get(column), get(alongN)))),
      set(width, op('i32.add', get(to), op('i32.shl', get(column), i32(2)))),
      set(k, i32(0)),
      countUp(k, get(terms), i32(1), [store('f32.store', get(width), load('f32.load', get(at))), plus(at, get(alongK)), plus(width, i32(line))]),
    ]),
    plus(from, op('i32.mul', get(alongN), i32(panel))),
    plus(to, op('i32.mul', get(terms), i32(line))),
  ]
  const [whole, group] = [f.local('i32'), f.local('i32')]
  /** A whole panel whose terms lie side by side. */
  const turned = [
    set(group, i32(0)),
    countUp(group, i32(panel), i32(4), [
      set(at, op('i32.add', get(from), op('i32.mul', get(group), get(alongN)))),
      set(width, op('i32.add', get(to), op('i32.shl', get(group), i32(2)))),
      set(k, i32(0)),
      countUp(k, get(whole), i32(4), turn),
      // Terms that are no whole four.
      set(k, i32(0)),
      countUp(k, op('i32.and', get(terms), i32(3)), i32(1), [
        set(source, get(at)),
        [0, 1, 2, 3].map(i => [store('f32.store', get(width), load('f32.load', get(source)), 4 * i), i === 3 ? [] : plus(source, get(alongN))]),
        plus(at, i32(4)),
        plus(width, i32(line)),
      ]),
    ]),
    plus(from, op('i32.mul', get(alongN), i32(panel))),
    plus(to, op('i32.mul', get(terms), i32(line))),
  ]
  f.body = [
    set(whole, op('i32.and', get(terms), i32(-4))),
    countUp(
      n,
      get(columns),
      i32(panel),
      when(
        op('i32.eq', get(alongN), i32(4)),
        inPieces,
        when(op('i32.and', op('i32.eq', get(alongK), i32(4)), op('i32.ge_s', op('i32.sub', get(columns), get(n)), i32(panel))), turned, byColumn),
      ),
    ),
  ]
  return f
}

/** The number of columns left, sixteen at most. */
const choose4 = (f: Func, rest: Code): Code => {
  const l = f.local('i32')
  return [op('select', rest, i32(panel), op('i32.lt_s', tee(l, rest), i32(panel)))]
}

/**
 * Copies columns to rows: `to[row][term] = from[term][row]`, both without gaps along their last index but for the stride
 * of terms in `from`. Parameters: to, from, the stride along terms (bytes), rows, terms.
 */
const turnFunction = (module: Module): Func => {
  const known = module.find('turn')
  if (known !== undefined) return known
  const f = module.add(
    new Func(
      'turn',
      Array.from({ length: 5 }, () => 'i32' as const),
    ),
  )
  const [to, from, alongK, rows, terms] = f.params as unknown as Locals<5>
  const [k, row, at, source, target, down] = locals(f, 6)
  const single = (count: number): Code => [
    set(source, get(at)),
    Array.from({ length: count }, (_, i) => [store('f32.store', get(target), load('f32.load', get(source)), 4 * i), plus(source, get(alongK))]),
    plus(at, i32(4)),
    plus(target, get(down)),
  ]
  const { code, rows: turned } = fourByFour(f, source, alongK)
  /** So many terms of all rows. */
  const lines = (count: number): Code => [
    set(at, get(from)),
    set(target, op('i32.add', get(to), op('i32.shl', get(k), i32(2)))),
    set(row, i32(0)),
    count < 4
      ? []
      : countUp(row, op('i32.sub', get(rows), i32(3)), i32(4), [
          set(source, get(at)),
          code,
          turned.map(r => [store('v128.store', get(target), r), plus(target, get(down))]),
          plus(at, i32(vector)),
        ]),
    countUp(row, get(rows), i32(1), single(count)),
    plus(from, op('i32.mul', get(alongK), i32(count))),
  ]
  f.body = [
    set(down, op('i32.shl', get(terms), i32(2))),
    set(k, i32(0)),
    countUp(k, op('i32.sub', get(terms), i32(3)), i32(4), lines(4)),
    countUp(k, get(terms), i32(1), lines(1)),
  ]
  return f
}

/** Four rows of four numbers, turned: reads from `source`, which moves on by the stride. */
const fourByFour = (f: Func, source: Local, stride: Local): { readonly code: Code; readonly rows: readonly Code[] } => {
  const v = Array.from({ length: 4 }, () => f.local('v128'))
  const w = Array.from({ length: 4 }, () => f.local('v128'))
  const words = (list: readonly number[]): number[] => list.flatMap(x => [4 * x, 4 * x + 1, 4 * x + 2, 4 * x + 3])
  const mix = (list: readonly number[], a: Local, b: Local): Code => opWith('i8x16.shuffle', words(list), get(a), get(b))
  const code = [
    v.map(l => [set(l, load('v128.load', get(source))), plus(source, get(stride))]),
    set(w[0]!, mix([0, 4, 1, 5], v[0]!, v[1]!)),
    set(w[1]!, mix([2, 6, 3, 7], v[0]!, v[1]!)),
    set(w[2]!, mix([0, 4, 1, 5], v[2]!, v[3]!)),
    set(w[3]!, mix([2, 6, 3, 7], v[2]!, v[3]!)),
  ]
  const pairs = [
    [0, 2, [0, 1, 4, 5]],
    [0, 2, [2, 3, 6, 7]],
    [1, 3, [0, 1, 4, 5]],
    [1, 3, [2, 3, 6, 7]],
  ] as const
  return { code, rows: pairs.map(([a, b, list]) => mix(list, w[a]!, w[b]!)) }
}

/**
 * `c = start + a b` for any sizes. Parameters: rows m, columns n, terms; a, aM, aK; b; the stride from panel to panel and
 * from term to term of b; c, cM; s, sM; how the sums begin; room for a
 * block of rows, or 0. At most `depth` terms if the sums begin with `add`.
 */
export const productFunction = (module: Module, fma: boolean): Func => {
  const known = module.find('product')
  if (known !== undefined) return known
  const f = new Func(
    'product',
    Array.from({ length: 15 }, () => 'i32' as const),
  )
  const [m, n, terms, a, aM, aK, b, bN, bK, c, cM, s, sM, how, spare] = f.params as unknown as Locals<15>
  const [k, now, row, rows, j, bj, cj, sj, ai, way, from, fromM, alongS, ofM, ofK] = locals(f, 15)
  const call = (height: number, vectors: number, last: boolean, tiles: Code, skipped: Code): Code => {
    const tile = tileFunction(module, height, vectors, fma, last)
    const at = (start: Code, stride: Local): Code => op('i32.add', start, op('i32.mul', skipped, get(stride)))
    const lanes = op('i32.sub', op('i32.sub', get(n), get(j)), i32(4 * (vectors - 1)))
    return module.call(
      tile,
      at(get(ai), ofM),
      get(ofM),
      get(ofK),
      get(bj),
      get(bK),
      at(get(cj), cM),
      get(cM),
      at(get(sj), fromM),
      get(fromM),
      get(now),
      tiles,
      get(way),
      ...(last ? [lanes] : []),
    )
  }
  /** All rows of a panel: in tiles of so many, and what is left one by one. */
  const rowsOf = (height: number, vectors: number, last: boolean): Code => {
    const log = height === 4 ? 2 : 1
    const whole = op('i32.and', get(rows), i32(-height))
    const left = op('i32.and', get(rows), i32(height - 1))
    return [
      when(op('i32.ge_s', get(rows), i32(height)), call(height, vectors, last, op('i32.shr_u', get(rows), i32(log)), i32(0))),
      when(left, call(1, vectors, last, left, whole)),
    ]
  }
  const remaining = op('i32.sub', get(n), get(j))
  const panels = [
    set(j, i32(0)),
    set(bj, op('i32.add', get(b), op('i32.mul', get(k), get(bK)))),
    set(cj, op('i32.add', get(c), op('i32.mul', get(row), get(cM)))),
    set(alongS, op('select', i32(0), i32(line), op('i32.eq', get(way), i32(begin.spread)))),
    set(sj, op('i32.add', get(from), op('i32.mul', get(row), get(fromM)))),
    set(ai, op('i32.add', op('i32.add', get(a), op('i32.mul', get(row), get(aM))), op('i32.mul', get(k), get(aK)))),
    set(ofM, get(aM)),
    set(ofK, get(aK)),
    // Columns that lie far apart are turned to rows first, where many panels read them.
    when(op('i32.and', op('i32.ne', get(spare), i32(0)), op('i32.and', op('i32.eq', get(aM), i32(4)), op('i32.ge_s', get(n), i32(turnFrom)))), [
      module.call(turnFunction(module), get(spare), get(ai), get(aK), get(rows), get(now)),
      set(ai, get(spare)),
      set(ofM, op('i32.shl', get(now), i32(2))),
      set(ofK, i32(4)),
    ]),
    countUp(j, op('i32.sub', get(n), i32(panel - 1)), i32(panel), [rowsOf(2, 4, false), plus(bj, get(bN)), plus(cj, i32(line)), plus(sj, get(alongS))]),
    when(
      op('i32.gt_s', remaining, i32(12)),
      rowsOf(2, 4, true),
      when(
        op('i32.gt_s', remaining, i32(8)),
        rowsOf(2, 3, true),
        when(op('i32.gt_s', remaining, i32(4)), rowsOf(4, 2, true), when(op('i32.gt_s', remaining, i32(0)), rowsOf(4, 1, true))),
      ),
    ),
  ]
  f.body = [
    set(way, get(how)),
    set(from, get(s)),
    set(fromM, get(sM)),
    set(k, i32(0)),
    countUp(k, get(terms), i32(depth), [
      set(now, smaller(f, op('i32.sub', get(terms), get(k)), op('select', get(terms), i32(depth), op('i32.eq', get(how), i32(begin.add))))),
      set(row, i32(0)),
      countUp(row, get(m), i32(rowBlock), [set(rows, smaller(f, op('i32.sub', get(m), get(row)), i32(rowBlock))), panels]),
      // The next terms continue the sums.
      when(op('i32.eq', get(how), i32(begin.add)), op('return')),
      set(way, i32(begin.start)),
      set(from, get(c)),
      set(fromM, get(cM)),
    ]),
  ]
  return module.add(f)
}

const smaller = (f: Func, a: Code, b: Code): Code => {
  const [x, y] = [f.local('i32'), f.local('i32')]
  return op('select', tee(x, a), tee(y, b), op('i32.lt_s', get(x), get(y)))
}
