/** The number of letters to change, add, drop or swap with their neighbour to make `b` of `a`. */
export const distance = (a: string, b: string): number => {
  let before: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let cost = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, before[j - 2]! + 1)
      row.push(cost)
    }
    before = last
    last = row
  }
  return last[b.length]!
}

/** The candidate that was probably meant: one letter off in a short name, up to three in a long one. */
export const suggest = (name: string, candidates: Iterable<string>): string | undefined => {
  const limit = name.length <= 2 ? 1 : Math.min(3, Math.ceil(name.length / 3))
  let best: string | undefined
  let bestCost = limit + 1
  for (const candidate of candidates) {
    if (candidate === name || Math.abs(candidate.length - name.length) > limit) continue
    // A change of case alone is the likeliest slip of all.
    const cost = candidate.toLowerCase() === name.toLowerCase() ? 0.5 : distance(name, candidate)
    // Two names of one letter are both "one off": only a change of case counts there.
    if (cost >= 1 && Math.max(name.length, candidate.length) === 1) continue
    // Of two letters, one is as likely meant as the other, unless it is the same twice.
    if (cost >= 1 && Math.min(name.length, candidate.length) === 1 && new Set(name + candidate).size > 1) continue
    if (cost < bestCost) {
      best = candidate
      bestCost = cost
    }
  }
  return best
}
