/** Counting models, for comparison: what can be had without learning anything. */

interface Context {
  readonly counts: Map<number, number>
  total: number
}

/** The base in which the last symbols are one number. */
const keyOf = (tokens: Int32Array, end: number, length: number, size: number): number => {
  let key = 0
  for (let i = end - length; i < end; i++) key = key * size + tokens[i]!
  return key
}

const count = (tokens: Int32Array, length: number, size: number): ReadonlyMap<number, Context> => {
  const contexts = new Map<number, Context>()
  for (let i = length; i < tokens.length; i++) {
    const key = keyOf(tokens, i, length, size)
    let context = contexts.get(key)
    if (context === undefined) contexts.set(key, (context = { counts: new Map(), total: 0 }))
    context.counts.set(tokens[i]!, (context.counts.get(tokens[i]!) ?? 0) + 1)
    context.total++
  }
  return contexts
}

/**
 * Bits per symbol of n-gram models of orders 1 to `highest` on each text, interpolated as Witten and Bell (1991) do:
 *
 *     p(s | context) = (count(context s) + distinct(context) p(s | shorter context)) / (count(context) + distinct(context))
 *
 * with the uniform distribution at the end. Exact while size^(highest - 1) is below 2^53. `[order - 1][text]`.
 */
export const ngramBits = (train: Int32Array, texts: readonly Int32Array[], size: number, highest: number): readonly (readonly number[])[] => {
  let probabilities = texts.map(text => new Float64Array(text.length).fill(1 / size))
  const bits: number[][] = []
  for (let length = 0; length < highest; length++) {
    const contexts = count(train, length, size)
    probabilities = texts.map((text, k) =>
      probabilities[k]!.map((shorter, i) => {
        const context = i < length ? undefined : contexts.get(keyOf(text, i, length, size))
        if (context === undefined) return shorter
        const distinct = context.counts.size
        return ((context.counts.get(text[i]!) ?? 0) + distinct * shorter) / (context.total + distinct)
      }),
    )
    bits.push(probabilities.map(list => list.reduce((sum, p) => sum - Math.log2(p), 0) / list.length))
  }
  return bits
}
