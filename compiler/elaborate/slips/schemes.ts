/** Initial values and distributions under other names, or with other numbers. */
import { initialiserFor, schemeNames } from '../../../dsl/slips/words.ts'
import { suggest } from '../../../dsl/suggest.ts'
import type { Expr } from '../../../dsl/syntax.ts'
import { messages } from '../../../dsl/messages.ts'
import { refuse, type Context } from '../context.ts'
import { written } from './looking.ts'

/** The name of `xavier`, `xavier(…)` or `nn.init.xavier_(…)`, and what is given to it. */
const parts = (value: Expr): { readonly name: string; readonly args: readonly Expr[] } | undefined => {
  const callee = value.kind === 'call' ? value.callee : value
  const name = callee.kind === 'name' ? callee.name : callee.kind === 'field' ? callee.field.name : undefined
  return name === undefined ? undefined : { name, args: value.kind === 'call' ? value.args.map(a => a.value) : [] }
}

const count = (scheme: string): number => (scheme === 'constant' || scheme === 'bernoulli' ? 1 : scheme === 'uniform' || scheme === 'normal' ? 2 : 0)

const numbers: ReadonlyMap<string, readonly string[]> = new Map([
  ['constant', ['v']],
  ['bernoulli', ['p']],
  ['uniform', ['lo', 'hi']],
  ['normal', ['mean', 'std']],
])
/** How other libraries call those numbers. */
const aliases: ReadonlyMap<string, string> = new Map(
  Object.entries({
    v: 'value val c',
    p: 'prob probability probs rate',
    lo: 'low min minval a lower',
    hi: 'high max maxval b upper',
    mean: 'mu loc',
    std: 'stddev sigma scale sd',
  }).flatMap(([here, words]) => words.split(' ').map(w => [w, here] as const)),
)

/** The numbers of a scheme or a distribution by place, where some are given by name. */
export const numbersOf = (ctx: Context, scheme: string, call: Expr): readonly Expr[] => {
  if (call.kind !== 'call') return []
  const names = numbers.get(scheme) ?? []
  const found: (Expr | undefined)[] = call.args.map(a => (a.name === undefined ? a.value : undefined))
  for (const { name, value, span } of call.args) {
    if (name === undefined) continue
    const at = names.indexOf(name.name)
    const gain = /^(?:gain|scale)$/.test(name.name) ? `${scheme}${names.length === 0 ? '' : '(…)'} scaled ${written(ctx, value)}` : undefined
    if (at < 0) return refuse(span, messages.unknownArgument(scheme, name.name, names, aliases.get(name.name), gain))
    if (found[at] !== undefined) return refuse(span, messages.argumentTwice(name.name))
    found[at] = value
  }
  return found.filter(e => e !== undefined)
}

/** A scheme with as many numbers as it takes: those that are given, where they can be meant. */
export const withNumbers = (ctx: Context, scheme: string, args: readonly Expr[]): string => {
  const texts = args.map(a => written(ctx, a))
  const [first] = texts
  if (count(scheme) === 0) return scheme
  if (texts.length === count(scheme)) return `${scheme}(${texts.join(', ')})`
  if (scheme === 'normal') return `normal(0, ${texts.length === 1 ? first! : '1'})`
  if (scheme === 'uniform') return texts.length === 1 ? `uniform(-${/^[\w.]+$/.test(first!) ? first! : `(${first!})`}, ${first!})` : 'uniform(-1, 1)'
  return scheme === 'bernoulli' ? 'bernoulli(0.5)' : 'constant(0)'
}

/** What is meant by an initialiser that there is not. */
export const otherScheme = (ctx: Context, value: Expr): string | undefined => {
  const given = parts(value)
  if (given === undefined) return undefined
  const { name, args } = given
  const plain = name.replace(/_+$/, '').toLowerCase()
  if (schemeNames.includes(plain)) return withNumbers(ctx, plain, args)
  const here = initialiserFor(name)
  const scheme = here === undefined ? undefined : /^\w+/.exec(here)![0]
  if (scheme === undefined) return suggest(name, schemeNames)
  return args.length === count(scheme) && args.length > 0 && args.every(a => a.kind !== 'name' || !ctx.dims.has(a.name)) ? withNumbers(ctx, scheme, args) : here
}

/** What is meant by a distribution that there is not. */
export const otherDistribution = (ctx: Context, value: Expr): string | undefined => {
  const given = parts(value)
  if (given === undefined) return undefined
  const { name, args } = given
  const [first] = args
  if (['bernoulli', 'normal', 'uniform'].includes(name.toLowerCase())) return withNumbers(ctx, name.toLowerCase(), args)
  if (/^drop_?out$/i.test(name)) return `bernoulli(1 - ${first === undefined ? '0.1' : written(ctx, first)})`
  if (/^(?:binomial|bern|coin|mask)$/i.test(name)) return `bernoulli(${first === undefined ? '0.5' : written(ctx, first)})`
  const scheme = /^(?:normal|uniform)/.exec(initialiserFor(name) ?? '')?.[0]
  return scheme === undefined ? suggest(name, ['bernoulli', 'normal', 'uniform']) : withNumbers(ctx, scheme, args.length === 2 ? args : [])
}
