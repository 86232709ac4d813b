/** Small functions that every generated module has. */
import { only } from './writer.ts'

export const runtimeText = `/** A positive integer, or a RangeError that names it. */
function positive(name${only(': string')}, value${only(': unknown')})${only(': number')} {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1) throw new RangeError(\`\${name}: a positive integer is needed, not \${typeof value === 'string' ? JSON.stringify(value) : String(value)}\`)
  return value
}

/** Refuses keys that mean nothing here. */
function known(what${only(': string')}, given${only(': object')}, names${only(': readonly string[]')})${only(': void')} {
  for (const key of Object.keys(given)) if (!names.includes(key)) throw new RangeError(\`\${what} has no \${key}; there are: \${names.join(', ')}\`)
}

/** The window of truncated BPTT and the length of its chunks, or a RangeError. */
function windowOf(window${only(': number')}, every${only(': number | undefined')})${only(': { window: number; every: number }')} {
  if (window !== Infinity) positive('window', window)
  if (every === undefined) return { window, every: window }
  if (every !== Infinity) positive('every', every)
  if (every > window) throw new RangeError(\`every: chunks of \${every} steps are longer than the window of \${window}\`)
  return { window, every: window === Infinity ? Infinity : every }
}

/** A seed: an integer from 0 to 2^53 - 1. */
function seedOf(seed${only(': unknown')})${only(': number')} {
  if (typeof seed !== 'number' || !Number.isSafeInteger(seed) || seed < 0) throw new RangeError(\`seed: an integer from 0 to 2^53 - 1 is needed, not \${String(seed)}\`)
  return seed
}

/** Every index lies in 0 .. size - 1, or is -1 for none. What lies past the end of a sequence is not looked at. */
function checkIndices(name${only(': string')}, values${only(': Int32Array')}, size${only(': number')}, lengths${only(': Int32Array')}, per${only(': number')})${only(': void')} {
  const batch = lengths.length
  for (let i = 0; i < values.length; i++) {
    const v = values[i]${only('!')}
    const sequence = Math.floor(i / per) % batch
    const step = Math.floor(i / per / batch)
    if ((v < -1 || v >= size) && step < lengths[sequence]${only('!')}) throw new RangeError(\`\${name}: \${v} at step \${step} of sequence \${sequence} is not an index below \${size}\`)
  }
}

/** The most steps that any sequence has. Throws a RangeError for a length that there is no room for. */
function longest(name${only(': string')}, lengths${only(': Int32Array')}, most${only(': number')})${only(': number')} {
  let found = 0
  for (let b = 0; b < lengths.length; b++) {
    const length = lengths[b]${only('!')}
    if (length < 0 || length > most) throw new RangeError(\`lengths.\${name}: sequence \${b} has \${length} steps, and there is room for \${most}\`)
    if (length > found) found = length
  }
  return found
}

/** The last steps of each sequence, as many as delays reach back, are put before the first. */
function history(values${only(': { copyWithin(to: number, from: number, end: number): unknown }')}, from${only(': number')}, step${only(': number')}, row${only(': number')}, depth${only(': number')}, to${only(': number')}, apart${only(': number')}, lengths${only(': Int32Array | undefined')}, span${only(': number')})${only(': void')} {
  const batch = lengths === undefined ? 1 : lengths.length
  for (let b = 0; b < batch; b++) {
    const end = lengths === undefined ? span : lengths[b]${only('!')}
    for (let i = 0; i < depth; i++) {
      const at = from + (end - depth + i) * step + b * row
      values.copyWithin(to + i * apart + b * row, at, at + row)
    }
  }
}

/** Each row of a step takes the place of the one that is named for it. */
function permute(values${only(': Permuted')}, from${only(': number')}, step${only(': number')}, row${only(': number')}, depth${only(': number')}, rows${only(': ArrayLike<number>')})${only(': void')} {
  for (let i = 0; i < depth; i++) {
    const at = from + i * step
    const old = values.slice(at, at + rows.length * row)
    for (let b = 0; b < rows.length; b++) values.set(old.subarray(rows[b]${only('!')} * row, (rows[b]${only('!')} + 1) * row), at + b * row)
  }
}
function permuteAll(values${only(': Permuted & { readonly length: number }')}, depth${only(': number')}, rows${only(': ArrayLike<number>')})${only(': void')} {
  const row = values.length / depth / rows.length
  permute(values, 0, rows.length * row, row, depth, rows)
}
${only(`interface Permuted { slice(from: number, to: number): Permuted; subarray(from: number, to: number): ArrayLike<number>; set(values: ArrayLike<number>, at: number): void }
`)}
/** Copies what one net holds to another, where the arrays are as long. */
function takeOver(to${only(': object')}, from${only(': object')})${only(': void')} {
  for (const [group, values] of Object.entries(from)) {
    const there = (to${only(' as Record<string, Record<string, unknown>>')})[group]${only('!')}
    for (const [name, value] of Object.entries(values${only(' as Record<string, unknown>')})) {
      if (typeof value !== 'object') there[name] = value
      else if (!(group === 'lengths' && name === 't')) {
        const [a, b] = [there[name], value]${only(' as unknown as [{ length: number; set(v: ArrayLike<number>): void }, ArrayLike<number>]')}
        if (a.length === b.length) a.set(b)
      }
    }
  }
}

/** Adds numbers to those that are there, from a place to before another. */
function addTo(to${only(': { [i: number]: number; readonly length: number }')}, more${only(': { readonly [i: number]: number }')}, from = 0, end = to.length)${only(': void')} {
  for (let i = from; i < end; i++) to[i] = to[i]${only('!')} + more[i]${only('!')}
}

/** True where a sequence is shorter than there is room for. */
function isRagged(lengths${only(': Int32Array')}, most${only(': number')})${only(': boolean')} {
  for (let b = 0; b < lengths.length; b++) if (lengths[b]${only('!')} < most) return true
  return false
}
`
