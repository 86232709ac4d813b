/** The arguments of a function: by place or by name, as many as it takes. */
import { messages } from '../../dsl/messages.ts'
import type { Argument, Expr } from '../../dsl/syntax.ts'
import { refuse, sourceText, type Context } from './context.ts'
import { otherArguments } from './slips/calls.ts'

type Call = Expr & { kind: 'call' }

/** What a function takes: no names, where it takes any number. */
export interface Taken {
  readonly params: readonly string[]
  /** How many of them must be given. */
  readonly least: number
}

export const argumentsOf = (ctx: Context, name: string, taken: Taken, call: Call): readonly Argument[] => {
  const { params, least } = taken
  const args = arranged(ctx, name, taken, call)
  const most = params.length === 0 ? Infinity : params.length
  const wanted = params.length === 0 ? `at least ${least}` : params.join(', ')
  if (args.length < least || args.length > most) return refuse(call.span, messages.wrongArity(name, wanted, call.args.length, mendOf(ctx, name, taken, call)))
  const list = params.includes('shape') ? undefined : args.find(a => a.value.kind === 'list')
  if (list !== undefined) refuse(list.span, messages.listAsValue(otherArguments(ctx, name, call.args)))
  return args
}

/** What such a call is here, if it is another one. */
const mendOf = (ctx: Context, name: string, { least }: Taken, call: Call): string | undefined => {
  const mend = otherArguments(ctx, name, call.args)
  const same = mend?.replaceAll(' ', '') === sourceText(ctx.world, call.span).replaceAll(/\s/g, '')
  return same || call.args.length < least ? undefined : mend
}

const arranged = (ctx: Context, name: string, taken: Taken, call: Call): readonly Argument[] => {
  const { params } = taken
  const named = call.args.find(a => a.name !== undefined)
  if (named === undefined) return call.args
  const unknown = (a: Argument, text: string): never => refuse(a.span, messages.unknownArgument(name, text, params, undefined, mendOf(ctx, name, taken, call)))
  // What takes any number of arguments takes them by place.
  if (params.length === 0) return unknown(named, named.name!.name)
  const slots: (Argument | undefined)[] = params.map(() => undefined)
  call.args.forEach((a, i) => {
    const at = a.name === undefined ? i : params.indexOf(a.name.name)
    if (at < 0 || at >= slots.length || slots[at] !== undefined) unknown(a, a.name?.name ?? `${i + 1}`)
    slots[at] = a
  })
  const given = slots.filter(a => a !== undefined)
  if (given.length !== slots.findLastIndex(a => a !== undefined) + 1) refuse(call.span, messages.wrongArity(name, params.join(', '), call.args.length))
  return given
}
