/** A net together with what it was made from: its dims and sizes, without which its arrays have no shapes. */

import type { CreateOptions, GeneratedModule, Net, Port, Signature, Sizes } from '../compiler/signature.ts'
import { tellChanged } from './changed.ts'
import { InputError, show } from './errors.ts'

export interface Model {
  readonly signature: Signature
  /** Every dim of the signature. */
  readonly dims: Readonly<Record<string, number>>
  readonly sizes: Sizes
  readonly net: Net
}

/** Takes the memory of a net. Dims that are left out have their defaults. Throws what the module's `create` throws. */
export const createModel = (module: GeneratedModule, dims: Readonly<Record<string, number>>, sizes: Sizes, options: CreateOptions = {}): Model => {
  const { signature } = module
  // Copies: what the net is made with is what the model says.
  const [own, steps] = [{ ...dims }, { ...sizes }]
  const all = { ...signature.dimDefaults, ...own, ...signature.fixedDims }
  return { signature, dims: all, sizes: steps, net: module.create(own, steps, options) }
}

/** The value of a size as signatures write it (`4*H - D + 1`). Throws an InputError for a dim that has no value. */
export const evaluateSize = (size: string, dims: Readonly<Record<string, number>>): number => {
  const valueOf = (factor: string): number => {
    const value = /^\d+$/.test(factor) ? Number(factor) : Object.hasOwn(dims, factor) ? dims[factor] : undefined
    if (value === undefined) throw new InputError(`no value for the dim ${show(factor)} in the size ${show(size)}`)
    return value
  }
  const terms = size.replaceAll(' ', '').match(/[+-]?[^+-]+/g) ?? ['']
  return terms.reduce((sum, term) => {
    const factors = term.replace(/^[+-]/, '').split('*').map(valueOf)
    return sum + factors.reduce((a, b) => a * b, term.startsWith('-') ? -1 : 1)
  }, 0)
}

/** The shape of one value of a port, without its axes. */
export const shapeOf = (port: Port, dims: Readonly<Record<string, number>>): number[] => port.shape.map(size => evaluateSize(size, dims))

/** Copies all parameters, bit for bit, between two nets of one signature and the same dims. Throws an InputError where they are not, and copies none. */
export const copyParameters = (from: Model, to: Model): void => {
  const pairs = Object.keys(from.signature.params).map(name => {
    const [source, target] = [from.net.params[name], to.net.params[name]]
    if (!source || !target || source.length !== target.length || source.BYTES_PER_ELEMENT !== target.BYTES_PER_ELEMENT)
      throw new InputError(`the parameter ${name} is not the same in both nets`)
    return { source, target }
  })
  for (const { source, target } of pairs) target.set(source)
  tellChanged(to.net.params)
}
