/** Names that nothing defines: what is meant by them. */
import type { Dim } from '../../../dsl/dims.ts'
import { messages, type Message } from '../../../dsl/messages.ts'
import { definedInStd } from '../../../dsl/imports.ts'
import { operand } from '../../../dsl/slips/functions.ts'
import { stepOf, stepText } from '../../../dsl/slips/steps.ts'
import { constants, libraries } from '../../../dsl/slips/words.ts'
import { suggest } from '../../../dsl/suggest.ts'
import type { Argument, Expr, Span } from '../../../dsl/syntax.ts'
import { refuse, sourceText, type Context } from '../context.ts'
import { sizeOf } from '../expression.ts'
import { functionNames } from '../functions.ts'
import { foreignCall, renamed } from './calls.ts'
import { quietly, seen, written } from './looking.ts'
import { productShape } from './products.ts'

/** A name of the author's with a step in it; else the nearest one; else what libraries call so. */
export const undefinedName = (ctx: Context, name: string): Message => {
  const known = new Set(ctx.known())
  const all = [...known, ...ctx.dims.keys()]
  const sameLetters = all.find(k => k.toLowerCase() === name.toLowerCase())
  const step = sameLetters === undefined ? stepOf(name, n => known.has(n)) : undefined
  if (step !== undefined) return messages.undefinedName(name, stepText(step))
  const candidate = suggest(name, all) ?? constants.get(name) ?? joined(ctx, name, known)
  if (candidate === undefined && ctx.block.kind === 'fn')
    return messages.notGiven(name, `fn ${ctx.block.name.name}(${[...ctx.block.params.map(p => p.name.name), name].join(', ')})`)
  return messages.undefinedName(name, candidate)
}

/** `Wx`, where `W` and `x` are known and have a product. */
const joined = (ctx: Context, name: string, known: ReadonlySet<string>): string | undefined => {
  for (let i = 1; i < name.length; i++) {
    const [a, b] = [name.slice(0, i), name.slice(i).replace(/^_/, '')]
    if (!known.has(a) || !known.has(b)) continue
    const [left, right] = [a, b].map(n => quietly(() => ctx.lookup(n)))
    if (left?.kind !== 'stream' || right?.kind !== 'stream') continue
    const shapes = [left, right].map(m => ctx.world.b.node(m.id).shape) as [readonly Dim[], readonly Dim[]]
    if (shapes[0].length === 2 && productShape(...shapes) !== undefined) return `${a} @ ${b}`
  }
  return undefined
}

export const undefinedFunction = (ctx: Context, name: string, args: readonly Argument[]): Message => {
  const own = [...ctx.scope.fns.keys(), ...ctx.scope.blocks.keys()]
  const close = suggest(name, own)
  if (close !== undefined) return messages.undefinedFunction(name, close)
  const mend = foreignCall(ctx, name, args)
  if (mend !== undefined) return messages.otherFunction(name, mend)
  const special = declaredElsewhere(ctx, name, args)
  if (special !== undefined) return special
  const here = renamed(name)
  return messages.undefinedFunction(name, here === 'reverse' && ctx.block.kind !== 'model' ? undefined : (here ?? suggest(name, functionNames)))
}

/** `[h[t-1], x]`, as papers join vectors: of sizes alone it is a shape. */
export const joinedList = (ctx: Context, items: readonly Expr[]): string | undefined =>
  items.length > 1 && items.some(i => quietly(() => sizeOf(ctx, i)) === undefined) ? `concat(${items.map(i => written(ctx, i)).join(', ')})` : undefined

/** What is a call elsewhere and a declaration, or an import, here. */
const declaredElsewhere = (ctx: Context, name: string, args: readonly Argument[]): Message | undefined => {
  if (definedInStd().includes(name)) return messages.notImported(name)
  const [first, second] = args.map(a => a.value)
  if (first === undefined) return undefined
  if (/^drop_?out$/i.test(name))
    return messages.dropout(name, shapeText(ctx, first), second === undefined ? '0.9' : `1 - ${written(ctx, second)}`, operand(written(ctx, first)))
  // `Linear(D, H)(x)`: what a layer holds.
  const sizes = args.map(a => written(ctx, a.value))
  if (args.some(a => quietly(() => sizeOf(ctx, a.value)) === undefined)) return undefined
  if (/^(?:linear|dense|affine)$/i.test(name)) return messages.layer(name, sizes.length > 1 ? sizes[0]! : '…', sizes[sizes.length > 1 ? 1 : 0]!)
  if (/^embedding$/i.test(name) && sizes.length > 1) return messages.embeddingLayer(name, sizes[0]!, sizes[1]!)
  if (/^(?:identity|eye)$/.test(name)) return messages.identityValue(name, sizes[0]!)
  if (/^randn?$/.test(name)) return messages.randomValue(name, sizes.join(', '), name === 'rand' ? 'uniform(0, 1)' : 'normal(0, 1)')
  return undefined
}

const shapeText = (ctx: Context, e: Expr): string => {
  const shape = seen(ctx, e)?.shape
  return shape === undefined || shape.length === 0 ? '' : `: [${shape.map(d => d.key).join(', ')}]`
}

type Field = Expr & { kind: 'field' }

/** The names of `torch.nn.tanh`, where the first is no name of the author's. */
const prefixed = (ctx: Context, e: Field): readonly string[] | undefined => {
  const names = [e.field.name]
  let object = e.object
  for (; object.kind === 'field'; object = object.object) names.unshift(object.field.name)
  if (object.kind !== 'name' || ctx.axes.has(object.name) || ctx.dims.has(object.name) || ctx.known().includes(object.name)) return undefined
  if (ctx.scope.blocks.has(object.name) || ctx.scope.fns.has(object.name)) return undefined
  return [object.name, ...names]
}

/** `torch.tanh(x)`, `np.pi`, `self.W`: a prefix that is none of the author's names. */
export const prefixedName = (ctx: Context, e: Field, args?: readonly Argument[]): void => {
  const names = prefixed(ctx, e)
  if (names === undefined) return
  const name = names.at(-1)!
  const text = written(ctx, e)
  const library = libraries.has(names[0]!)
  const special = library && args !== undefined ? declaredElsewhere(ctx, name, args) : undefined
  if (special !== undefined) refuse(e.span, special)
  if (args !== undefined) {
    const author = ctx.scope.fns.has(name) || ctx.scope.blocks.has(name) ? `${name}(${args.map(a => sourceText(ctx.world, a.span)).join(', ')})` : undefined
    const mend = author ?? foreignCall(ctx, name, args)
    const here = renamed(name)
    if (mend !== undefined || here !== undefined) refuse(e.span, messages.prefixed(text, mend ?? `${here!}(…)`))
  } else {
    const mend = ctx.known().includes(name) || ctx.dims.has(name) ? name : (constants.get(name) ?? renamed(name))
    if (mend !== undefined) refuse(e.span, messages.prefixed(text, mend))
  }
  if (library) refuse(e.span, messages.prefixed(text, undefined))
}

/** `W . x`, `W.T`, `x.sum()`: a field of a stream. */
export const fieldOfStream = (ctx: Context, e: Field, args?: readonly Argument[]): never => {
  const text = written(ctx, e.object)
  const { name } = e.field
  const refused = (mend?: string, span: Span = e.span): never => refuse(span, messages.noFields(text, mend))
  if (args !== undefined) return refused(foreignCall(ctx, name, args, e.object))
  const object = seen(ctx, e.object)
  if (object === undefined) return refused()
  const sizes = object.shape.map(d => d.key).join(', ')
  if (name === 'T' || name === 'mT' || name === 'H') return refused(object.shape.length === 2 ? `transpose(${text})` : text)
  if (name === 'shape' || name === 'size') return refused(object.shape.length === 0 ? undefined : sizes)
  const here = renamed(name)
  if (here !== undefined && !ctx.known().includes(name)) return refused(`${here}(${text})`)
  // A point for a product: what follows it belongs to the operand.
  const other = quietOperand(ctx, e)
  if (other === undefined) return refused()
  const shape = quietly(() => ctx.delayable(name))?.value?.shape ?? seen(ctx, other.value)?.shape
  if (shape === undefined) return refused()
  const product = productShape(object.shape, shape)
  return refused(
    product !== undefined && object.shape.length + shape.length > 2
      ? `${text} @ ${other.text}`
      : product !== undefined
        ? `dot(${text}, ${other.text})`
        : `${text} * ${other.text}`,
  )
}

/** `W.T @ x`: where `W` itself fits, that is said, too. */
export const turnedFactor = (ctx: Context, left: Expr, right: Expr): void => {
  for (const side of [left, right]) {
    if (side.kind !== 'field' || side.field.name !== 'T') continue
    const [own, other] = [seen(ctx, side.object)?.shape, seen(ctx, side === left ? right : left)?.shape]
    if (own?.length !== 2 || other === undefined) continue
    const shape = (matrix: readonly Dim[]): unknown => (side === left ? productShape(matrix, other) : productShape(other, matrix))
    const text = written(ctx, side.object)
    const plain = side === left ? `${text} @ ${operand(written(ctx, right))}` : `${operand(written(ctx, left))} @ ${text}`
    const fits = shape(own) !== undefined && shape(own.toReversed()) === undefined
    refuse(side.span, messages.noFields(text, `transpose(${text})`, fits ? plain : undefined))
  }
}

/** The name behind the point as an expression, and its text with the index that follows. */
const quietOperand = (ctx: Context, e: Field): { readonly value: Expr; readonly text: string } | undefined => {
  const { name, span } = e.field
  if (!ctx.known().includes(name)) return undefined
  const rest = ctx.world.program.files.get(span.file)?.text.slice(span.end, span.end + 40) ?? ''
  return { value: { kind: 'name', name, span }, text: name + (/^\[[^\]\n]*\]/.exec(rest)?.[0] ?? '') }
}

/** `h(t-1)`, `W(x)`: a stream that is called. */
export const calledStream = (ctx: Context, call: Expr & { kind: 'call' }, timed: boolean): Message => {
  const text = written(ctx, call.callee)
  const [arg, ...more] = call.args
  if (arg === undefined || more.length > 0 || arg.name !== undefined) return messages.notCallable(text)
  const inside = written(ctx, arg.value)
  if (timed) return messages.notCallable(text, inside === 't' ? text : `${text}[${inside}]`)
  const [a, b] = [seen(ctx, call.callee)?.shape, seen(ctx, arg.value)?.shape]
  if (a === undefined || b === undefined || arg.value.kind === 'number') return messages.notCallable(text)
  const right = /^[\w.]+$/.test(inside) ? inside : `(${inside})`
  if (productShape(a, b) !== undefined && a.length + b.length > 2) return messages.notCallable(text, `${text} @ ${right}`)
  return messages.notCallable(text, a.length === 0 || b.length === 0 || a.length === b.length ? `${text} * ${right}` : undefined)
}
