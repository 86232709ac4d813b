/**
 * Parts of models by path: what was learned as a language model starts an encoder, a decoder or a classifier. A pattern
 * is a path in which `*` stands for any rest of it, as in `l1.*`.
 */
import type { Arrays, Reals } from '../compiler/signature.ts'
import { aText, listOf, recordOf } from '../dsl/options.ts'
import { tellChanged } from './changed.ts'
import { FileError, InputError, optionsOf, refuse, show } from './errors.ts'
import { checkFinite, partsTable, type PartsOptions } from './loading.ts'
import { shapeOf, type Model } from './model.ts'
import { decode } from './safetensors.ts'

/** The text that stands for the `*`, where the name fits the pattern. */
const rest = (pattern: string, name: string): string | undefined => {
  const star = pattern.indexOf('*')
  if (star < 0) return pattern === name ? '' : undefined
  const [head, tail] = [pattern.slice(0, star), pattern.slice(star + 1)]
  const fits = name.length >= head.length + tail.length && name.startsWith(head) && name.endsWith(tail)
  return fits ? name.slice(head.length, name.length - tail.length) : undefined
}

const checkPattern = (pattern: string): void => {
  if (pattern === '' || pattern.split('*').length > 2) throw new InputError(`${show(pattern)} is not a pattern: a path with at most one *`)
}

export interface PartsReport {
  /** Our parameters that were loaded, with the names that they had. */
  readonly loaded: ReadonlyMap<string, string>
  /** Our parameters that are as they were. */
  readonly untouched: readonly string[]
}

const described = (dtype: string, shape: readonly number[]): string => `${dtype} [${shape.join(', ')}]`

/**
 * Puts parameters of a file into the net, by rules from the paths there to those here: `{ 'l1.*': 'enc.*', Emb: 'EmbS' }`.
 *
 * Throws a FileError that lists everything that does not match, before anything is changed: rules that fit nothing in
 * the file, parameters that are not here or have another shape or dtype, and two of the file for one of ours; then one that
 * names the first weight that is not finite. Throws an InputError for what is not a pattern or no option.
 */
export const loadParts = (
  { net, signature, dims }: Model,
  bytes: Uint8Array,
  rules: Readonly<Record<string, string>>,
  given: PartsOptions = {},
): PartsReport => {
  const options = optionsOf('loadParts', given, partsTable)
  const { tensors } = decode(bytes)
  const problems: string[] = []
  const from = new Map<string, string>()
  for (const [pattern, target] of Object.entries(recordOf(aText).read(rules, 'rules', refuse))) {
    checkPattern(pattern)
    checkPattern(target)
    if (target.includes('*') && !pattern.includes('*')) throw new InputError(`${show(pattern)}: ${show(target)} has a * that nothing stands for`)
    const found = [...tensors.keys()].filter(name => !/^(?:optimiser|carried)\//.test(name) && rest(pattern, name) !== undefined)
    if (found.length === 0) problems.push(`${pattern}: the file has no such parameter`)
    for (const name of found) {
      const ours = target.replace('*', () => rest(pattern, name)!)
      const port = Object.hasOwn(signature.params, ours) ? signature.params[ours]! : undefined
      const there = tensors.get(name)!
      if (port === undefined) problems.push(`${name}: ${signature.name} has no parameter ${ours}`)
      else if (from.has(ours) && from.get(ours) !== name) problems.push(`${ours} would be ${from.get(ours)} and ${name}`)
      else {
        const wanted = described(net.params[ours] instanceof Float64Array ? 'F64' : 'F32', shapeOf(port, dims))
        if (described(there.dtype, there.shape) !== wanted) problems.push(`${name} is ${described(there.dtype, there.shape)}: ${ours} is ${wanted}`)
        from.set(ours, name)
      }
    }
  }
  if (problems.length > 0) throw new FileError(`the parts do not fit ${signature.name}:\n${problems.map(p => `  ${p}`).join('\n')}`)
  checkFinite(
    [...from.values()].map(name => [name, tensors.get(name)!.data as Reals] as const),
    options,
  )
  for (const [ours, name] of from) net.params[ours]!.set(tensors.get(name)!.data as Reals)
  if (from.size > 0) tellChanged(net.params)
  return { loaded: from, untouched: Object.keys(signature.params).filter(n => !from.has(n)) }
}

/**
 * The gradients without those whose parameters stay as they are: an optimiser leaves alone what has none. Throws an
 * InputError that lists the patterns that fit no parameter.
 */
export const withoutFrozen = (grads: Arrays, patterns: readonly string[]): Arrays => {
  const frozen = listOf(aText).read(patterns, 'the frozen patterns', refuse)
  frozen.forEach(checkPattern)
  const names = Object.keys(grads)
  const idle = frozen.filter(p => !names.some(n => rest(p, n) !== undefined))
  if (idle.length > 0) throw new InputError(`nothing to freeze fits ${idle.map(show).join(', ')}; there are: ${names.join(', ')}`)
  return Object.fromEntries(Object.entries(grads).filter(([n]) => !frozen.some(p => rest(p, n) !== undefined)))
}
