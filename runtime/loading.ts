/** What has to hold of weights before they are put into a net, and what the caller may let through. */
import type { Reals, Signature } from '../compiler/signature.ts'
import { aFlag, type Table } from '../dsl/options.ts'
import { FileError, show } from './errors.ts'
import type { Metadata } from './safetensors.ts'

export interface PartsOptions {
  /** Takes weights that are NaN or infinite. */
  readonly notFinite?: boolean
}

export interface LoadOptions extends PartsOptions {
  /** Takes weights of another cell, or of another source text of the same cell, where all of them fit. */
  readonly fromOther?: boolean
}

export const partsTable: Table<PartsOptions> = { notFinite: aFlag }
export const loadTable: Table<LoadOptions> = { ...partsTable, fromOther: aFlag }

/** The keys under which a file says whose weights it has: the name of the cell, and the hash of the source text. */
export const originKeys = { name: 'recurve.name', source: 'recurve.source' } as const

/**
 * Whose weights these are, if not those of the net: another cell's, or, since equations may have changed under the same
 * names, those of another text. A file that says nothing of it is one of another program.
 */
export const strangerIn = (metadata: Metadata, { name, source }: Signature): string | undefined => {
  const [theirs, text] = [metadata[originKeys.name], metadata[originKeys.source]]
  if (theirs === undefined) return undefined
  if (theirs !== name) return `of ${/^\w{1,40}$/.test(theirs) ? theirs : show(theirs)}`
  return text === source ? undefined : `of another source text of ${name} (SHA-256 ${show(text?.slice(0, 12))} there, ${show(source.slice(0, 12))} here)`
}

/** Throws a FileError that names the first weight that is NaN or infinite. */
export const checkFinite = (tensors: Iterable<readonly [name: string, data: Reals]>, { notFinite = false }: PartsOptions): void => {
  if (notFinite) return
  for (const [name, data] of tensors) {
    const index = data.findIndex((x: number) => !Number.isFinite(x))
    if (index >= 0) throw new FileError(`${name} is ${data[index]} at element ${index}; { notFinite: true } takes it as it is`)
  }
}
