/** Names that carry a step, as in code without time: `h_prev`, `x_t`, `h_t_1`. */

export interface Step {
  readonly base: string
  /** How many steps before; negative: behind. */
  readonly by: number
}

const earlier = 'prev|previous|old|last|before|prior|past|lag|lagged|delayed|pre'
const later = 'next|after|ahead|future'
const now = 'new|cur|curr|current|now'

/** Patterns with the base name as `base`, and the number of steps as `k` where it is not one. */
const patterns: readonly (readonly [RegExp, (k: number) => number])[] = [
  [/^(?<base>.+?)_?t(?:_?(?:minus|min|m)_?|_+)(?<k>\d+)$/, k => k],
  [/^(?<base>.+?)_t(?<k>\d)$/, k => k],
  [/^(?<base>.+?)_?t_?(?:plus|p)_?(?<k>\d+)$/, k => -k],
  [new RegExp(`^(?<base>.+?)_?(?:${earlier})$`, 'i'), () => 1],
  [new RegExp(`^(?:${earlier})_?(?<base>.+)$`, 'i'), () => 1],
  [/^(?<base>.+?)_?(?:minus|min|m)_?(?<k>\d)$/, k => k],
  [new RegExp(`^(?<base>.+?)_?(?:${later})$`, 'i'), () => -1],
  [new RegExp(`^(?:${later})_?(?<base>.+)$`, 'i'), () => -1],
  [new RegExp(`^(?<base>.+?)_?(?:${now})$`, 'i'), () => 0],
  [new RegExp(`^(?:${now})_?(?<base>.+)$`, 'i'), () => 0],
  [/^(?<base>.+?)_?t$/, () => 0],
]

const variants = (base: string): readonly string[] => {
  const trimmed = base.replace(/_+$/, '')
  return [trimmed, trimmed[0]!.toLowerCase() + trimmed.slice(1)]
}

/** The known name, and the step, that a name stands for. */
export const stepOf = (name: string, known: (name: string) => boolean): Step | undefined => {
  for (const [pattern, by] of patterns) {
    const { base, k } = pattern.exec(name)?.groups ?? {}
    const found = base === undefined || base.replace(/_+$/, '') === '' ? undefined : variants(base).find(known)
    if (found !== undefined) return { base: found, by: by(k === undefined ? 1 : Number(k)) }
  }
  return undefined
}

/** `h[t-1]`. */
export const stepText = ({ base, by }: Step): string => (by === 0 ? base : `${base}[t${by > 0 ? '-' : '+'}${Math.abs(by)}]`)
