/** Calls as other libraries have them: under other names, with a prefix, as methods, with `axis=` and the like. */
import * as dim from '../../../dsl/dims.ts'
import type { Dim } from '../../../dsl/dims.ts'
import { affineNames, fills, lookupNames, operand, plainName, productNames, sizeNames, spelling, written as templateOf } from '../../../dsl/slips/functions.ts'
import type { Argument, Expr } from '../../../dsl/syntax.ts'
import type { Context } from '../context.ts'
import { functionNames, functionTable } from '../functions.ts'
import { quietly, seen, written } from './looking.ts'
import { fittingProduct } from './products.ts'
import { sizeOf } from '../expression.ts'

/** What takes `over`. */
const reducing: ReadonlySet<string> = new Set(['sum', 'mean', 'max', 'min', 'norm', 'var', 'argmax', 'cumsum', 'cumprod'])
/** What takes a number of an axis behind its argument elsewhere; of two, `max` and `min` are elementwise. */
const counted: ReadonlySet<string> = new Set([...reducing].filter(n => n !== 'max' && n !== 'min'))
/** What goes along the last dim unless told otherwise. */
const lastDim: ReadonlySet<string> = new Set([
  'softmax',
  'log_softmax',
  'logsumexp',
  'layer_norm',
  'rms_norm',
  'concat',
  'split',
  'cumsum',
  'cumprod',
  'argmax',
])
const axisNames: ReadonlySet<string> = new Set(['axis', 'dim', 'dims', 'axes', 'over', 'along'])
const keepNames: ReadonlySet<string> = new Set(['keepdims', 'keepdim', 'keep_dims', 'keep_dim'])
/** Arguments that mean nothing here. */
const ignored: ReadonlySet<string> = new Set([
  'dtype',
  'out',
  'inplace',
  'device',
  'name',
  'requires_grad',
  'training',
  'order',
  'reduction',
  'bias',
  'eps',
  'epsilon',
])

const limitNames: readonly ReadonlySet<string>[] = [
  new Set(['min', 'a_min', 'lower', 'lo', 'low', 'clip_value_min']),
  new Set(['max', 'a_max', 'upper', 'hi', 'high', 'clip_value_max']),
]
const slopes: ReadonlySet<string> = new Set(['negative_slope', 'slope', 'alpha'])
const normNames: ReadonlySet<string> = new Set(['p', 'ord'])

const wholeNumber = (e: Expr): number | undefined =>
  e.kind === 'number' && Number.isInteger(e.value) ? e.value : e.kind === 'unary' && e.op === '-' && e.arg.kind === 'number' ? -e.arg.value : undefined

/** How `over` names the dim that `axis=` counts; undefined where it does not say. Whoever counts the batch counts one too far. */
const overOf = (ctx: Context, axis: Expr, shape: readonly Dim[]): { readonly text: string; readonly at: number } | undefined => {
  if (axis.kind === 'name') {
    const size = ctx.dims.get(axis.name)
    const at = size === undefined ? -1 : shape.findIndex(d => dim.equal(d, size))
    return at < 0 ? undefined : { text: axis.name, at }
  }
  const n = wholeNumber(axis)
  const counted = n === undefined ? undefined : n < 0 ? shape.length + n : n >= shape.length ? n - 1 : n
  const size = counted === undefined ? undefined : shape[counted]
  if (size === undefined) return undefined
  const named = /^[A-Za-z_]\w*$/.test(size.key) && shape.filter(d => dim.equal(d, size)).length === 1
  return { text: named ? size.key : `${counted!}`, at: counted! }
}

interface Given {
  readonly args: readonly Expr[]
  readonly axis?: Expr
  readonly keep: boolean
}

/** The arguments without those that mean nothing here; undefined where one is of another kind. */
const sorted = (name: string, args: readonly Argument[]): Given | undefined => {
  const plain: Expr[] = []
  let axis: Expr | undefined
  let keep = false
  for (const { name: named, value } of args) {
    const limit = named === undefined || name !== 'clamp' ? -1 : limitNames.findIndex(names => names.has(named.name))
    if (named === undefined) plain.push(value)
    else if (limit >= 0) plain[limit + 1] = value
    else if (name === 'norm' && normNames.has(named.name) && wholeNumber(value) === 2) continue
    else if (axisNames.has(named.name)) axis = value
    else if (keepNames.has(named.name)) keep = !(value.kind === 'name' && value.name === 'False')
    else if (slopes.has(named.name) && !functionNames.has(name)) plain.push(value)
    else if (!ignored.has(named.name)) return undefined
  }
  if (plain.includes(undefined as never)) return undefined
  const [first, second] = plain
  const many = first?.kind === 'list' ? 1 : name === 'split' ? 2 : Infinity
  if (axis === undefined && plain.length === many + 1 && wholeNumber(plain.at(-1)!) !== undefined) axis = plain.pop()
  if (name === 'norm' && plain.length === 2 && wholeNumber(second!) === 2) plain.pop()
  if (axis === undefined && plain.length === 2 && counted.has(name) && second !== undefined && wholeNumber(second) !== undefined) axis = plain.pop()
  if (
    axis === undefined &&
    plain.length === 2 &&
    lastDim.has(name) &&
    !['concat', 'split', 'layer_norm', 'rms_norm'].includes(name) &&
    wholeNumber(second!) !== undefined
  )
    axis = plain.pop()
  return { args: first?.kind === 'list' && name !== 'reshape' ? [...first.items, ...plain.slice(1)] : plain, keep, ...(axis === undefined ? {} : { axis }) }
}

/** Other libraries give the size of a part, where here stands how many there are. */
const countedParts = (ctx: Context, [value, part]: readonly Expr[], texts: string[]): boolean => {
  const size = part === undefined ? undefined : quietly(() => sizeOf(ctx, part))
  if (value === undefined || size === undefined || dim.asNumber(size) !== undefined) return size !== undefined
  const whole = seen(ctx, value)?.shape.at(-1)
  const count = whole === undefined ? undefined : dim.divide(whole, size)
  const n = count === undefined ? undefined : dim.asNumber(count)
  if (n !== undefined) texts[1] = `${n}`
  return n !== undefined
}

/** A call of a function of this language, given as another library would. */
const ownCall = (ctx: Context, name: string, all: readonly Argument[]): string | undefined => {
  const given = sorted(name, all)
  if (given === undefined || given.args.length === 0) return undefined
  const { args, axis, keep } = given
  const most = functionTable.get(name)?.params.length ?? 0
  if (most > 0 && args.length > most) return undefined
  const texts = args.map(a => written(ctx, a))
  if (name === 'split' && !countedParts(ctx, args, texts)) return undefined
  const none = axis?.kind === 'name' && axis.name === 'None'
  if (axis === undefined || none) return `${name}(${texts.join(', ')})`
  const shape = seen(ctx, args[0]!)?.shape
  const over = shape === undefined ? undefined : overOf(ctx, axis, shape)
  if (over === undefined || !(reducing.has(name) || lastDim.has(name))) return undefined
  const last = lastDim.has(name) && over.at === shape!.length - 1
  const call = `${name}(${texts.join(', ')}${last ? '' : ` over ${over.text}`})`
  // One dim less fits what it came from, unless an inner one is missing.
  return keep && shape!.length > 1 && over.at > 0 && reducing.has(name) ? `${call}[${shape!.map((_, i) => (i === over.at ? 'new' : ':')).join(', ')}]` : call
}

/** `mm(W, x)`, by the shapes. */
const product = (ctx: Context, name: string, [left, right]: readonly Expr[]): string | undefined => {
  const [a, b] = [seen(ctx, left!)?.shape, seen(ctx, right!)?.shape]
  const elementwise = /mul|times|prod|hadamard|elem/.test(plainName(name)) && !/mat|inner|dot/.test(plainName(name))
  const [l, r] = [operand(written(ctx, left!)), operand(written(ctx, right!))]
  if (a === undefined || b === undefined) return elementwise ? `${l} * ${r}` : `${l} @ ${r}`
  if (elementwise && a.length === b.length) return `${l} * ${r}`
  if (a.length === 1 && b.length === 1) return dim.sameShape(a, b) ? `dot(${written(ctx, left!)}, ${written(ctx, right!)})` : undefined
  return fittingProduct(ctx, left!, right!, a, b) ?? (a.length === 0 || b.length === 0 ? `${l} * ${r}` : undefined)
}

/** `embedding(w, E)`. */
const lookup = (ctx: Context, args: readonly Expr[]): string | undefined => {
  const index = args.find(a => seen(ctx, a)?.type === 'index')
  const matrix = args.find(a => a !== index)
  return index === undefined || matrix === undefined ? undefined : `${operand(written(ctx, matrix))}[${written(ctx, index)}]`
}

/** `linear(x, W, b)`. */
const affine = (ctx: Context, args: readonly Expr[]): string | undefined => {
  const ranks = args.map(a => seen(ctx, a)?.shape.length)
  const matrix = args[ranks.indexOf(2)]
  const [x, bias] = args.filter(a => a !== matrix)
  if (matrix === undefined || x === undefined) return undefined
  const text = fittingProduct(ctx, matrix, x, seen(ctx, matrix)!.shape, seen(ctx, x)?.shape ?? [])
  return text === undefined ? undefined : `${text}${bias === undefined ? '' : ` + ${written(ctx, bias)}`}`
}

const sizeText = (ctx: Context, args: readonly Expr[]): string | undefined => {
  const shape = seen(ctx, args[0]!)?.shape
  const at = args[1] === undefined ? 0 : (wholeNumber(args[1]) ?? NaN)
  return shape?.[at < 0 ? shape.length + at : at]?.key
}

/** What is written here for a call of another library's function; `object`: that of a method. */
export const foreignCall = (ctx: Context, name: string, args: readonly Argument[], object?: Expr): string | undefined => {
  const all: readonly Argument[] = object === undefined ? args : [{ value: object, span: object.span }, ...args]
  const plain = plainName(name)
  const own = spelling(name, functionNames)
  if (own === 'dot' && all.length === 2)
    return product(
      ctx,
      name,
      all.map(a => a.value),
    )
  if (own !== undefined) return own === 'reshape' ? reshaped(ctx, all) : ownCall(ctx, own, all)
  const given = sorted(renamed(name) ?? name, all)
  if (given === undefined || given.args.length === 0) return undefined
  const texts = given.args.map(a => written(ctx, a))
  if (productNames.has(plain) && texts.length === 2) return product(ctx, name, given.args)
  if (lookupNames.has(plain) && texts.length === 2) return lookup(ctx, given.args)
  if (affineNames.has(plain) && texts.length >= 2) return affine(ctx, given.args)
  if (sizeNames.has(plain)) return sizeText(ctx, given.args)
  if (fills.has(plain)) return fills.get(plain)
  if (plain === 'view' || plain === 'resize') return reshaped(ctx, all)
  if (plain === 'unsqueeze' || plain === 'expanddims') return stretchedAt(ctx, given)
  if (plain === 'flatten' || plain === 'ravel') {
    const shape = seen(ctx, given.args[0]!)?.shape
    return shape === undefined || shape.length < 2 ? undefined : `reshape(${texts[0]!}, [${dim.product(shape).key}])`
  }
  const here = renamed(name)
  // A cell goes forward only: what is turned there is no sequence.
  if (here === 'reverse' && ctx.block.kind !== 'model') return undefined
  return here === undefined ? templateOf(name, texts) : ownCall(ctx, here, all)
}

/** A function of this language that is the same under another name. */
export const renamed = (name: string): string | undefined => {
  const own = spelling(name, functionNames)
  const head = own ?? /^(\w+)\(@\)$/.exec(templateOf(name, ['@']) ?? '')?.[1]
  return head !== undefined && functionNames.has(head) ? head : undefined
}

/** `x.reshape(N, C)`. */
const reshaped = (ctx: Context, [first, ...sizes]: readonly Argument[]): string | undefined => {
  if (first === undefined || sizes.length === 0) return undefined
  const dims = sizes.flatMap(s => (s.value.kind === 'list' ? s.value.items : [s.value]))
  if (dims.some(d => quietly(() => sizeOf(ctx, d)) === undefined || wholeNumber(d) === -1)) return undefined
  return `reshape(${written(ctx, first.value)}, [${dims.map(d => written(ctx, d)).join(', ')}])`
}

const stretchedAt = (ctx: Context, { args, axis }: Given): string | undefined => {
  const rank = seen(ctx, args[0]!)?.shape.length
  const at = axis ?? args[1]
  const n = at === undefined ? undefined : wholeNumber(at)
  if (rank === undefined || n === undefined) return undefined
  const place = n < 0 ? rank + 1 + n : n
  if (place < 0 || place > rank) return undefined
  return `${operand(written(ctx, args[0]!))}[${Array.from({ length: rank + 1 }, (_, i) => (i === place ? 'new' : ':')).join(', ')}]`
}

/** `mean(x, axis=0)`, `concat([a, b])`: of a function that there is, with arguments that it has not. */
export const otherArguments = (ctx: Context, name: string, args: readonly Argument[]): string | undefined =>
  name === 'reshape' ? reshaped(ctx, args) : ownCall(ctx, name, args)
