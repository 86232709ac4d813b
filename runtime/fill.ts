/** Numbers of sources into the arrays of a net. */
import { nameOfAxis, type Axis } from '../compiler/graph.ts'
import type { Net, Sizes } from '../compiler/signature.ts'

/** The sizes of a module by the names that it gives them. */
export const namedSizes = (p: { readonly t: number; readonly b: number; readonly axes?: Readonly<Record<Axis, number>> }): Sizes => ({
  ...Object.fromEntries(Object.entries(p.axes ?? {}).map(([a, n]) => [nameOfAxis(a), n])),
  t: p.t,
  batch: p.b,
})

/**
 * Fills a net by role and name of sources (`param W`, `outputGrad h`); noise is taken as it is given. What else has to be
 * done for a source is left to `more`.
 */
export const fillNet = (
  net: Net,
  data: ReadonlyMap<string, ArrayLike<number>>,
  more: (role: string, name: string, values: ArrayLike<number>) => void = () => undefined,
): void => {
  const ports: Readonly<Record<string, Readonly<Record<string, { set(values: ArrayLike<number>): void }>>>> = {
    param: net.params,
    input: net.inputs,
    target: net.targets,
    initial: net.initial,
    noise: net.noise,
    outputGrad: net.outputGrads,
    finalGrad: net.finalGrads,
  }
  for (const [key, values] of data) {
    const space = key.indexOf(' ')
    const [role, name] = [key.slice(0, space), key.slice(space + 1)]
    ports[role]?.[name]?.set(values)
    if (role === 'noise') net.given[name] = true
    more(role, name, values)
  }
}
