/**
 * A net has to know when parameters change between `forward` and `backward`, since the gradient would belong to neither.
 * Arrays cannot tell it: so whoever writes parameters here says so, where the record of them has a place for that.
 */
import type { Arrays } from '../compiler/signature.ts'

/** The name under which a record of parameters may hold a function, which is called after they were written. */
export const changed: unique symbol = Symbol.for('recurve.changed') as never

interface Watched {
  readonly [changed]?: () => void
}

/** Says that parameters were written. */
export const tellChanged = (params: Arrays): void => (params as Watched)[changed]?.()
