/** Small functions that every generated module has. */
import { only } from './writer.ts'

const text = (name: string): string => `${name}${only(': string')}`
const value = (name: string): string => `${name}${only(': unknown')}`
const count = (name: string): string => `${name}${only(': number')}`

export const runtimeText = `/** A positive integer, or a RangeError that names it. */
function positive(${text('name')}, ${value('value')})${only(': number')} {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1) throw new RangeError(\`\${name}: a positive integer is needed, not \${shown(value)}\`)
  return value
}

/** An integer from 0 to a limit. */
function whole(${text('name')}, ${value('value')}, most = 4294967295)${only(': number')} {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > most) throw new RangeError(\`\${name}: an integer from 0 to \${most} is needed, not \${shown(value)}\`)
  return value
}

/** True or false; left out, false. */
function flag(${text('name')}, ${value('value')})${only(': boolean')} {
  if (value !== undefined && typeof value !== 'boolean') throw new TypeError(\`\${name}: true or false is needed, not \${shown(value)}\`)
  return value === true
}

/** Names out of those that there are. */
function chosen(${text('what')}, ${value('value')}, otherwise${only(': readonly string[]')}, names${only(': readonly string[]')})${only(': ReadonlySet<string>')} {
  if (value === undefined) return new Set(otherwise)
  if (!Array.isArray(value)) throw new TypeError(\`\${what}: a list of names is needed, not \${shown(value)}\`)
  for (const name of value) if (!names.includes(name)) throw new RangeError(\`\${what}: there is no \${String(name)}; there are: \${names.join(', ')}\`)
  return new Set(value)
}

function shown(${value('value')})${only(': string')} {
  return typeof value === 'string' ? JSON.stringify(value) : typeof value === 'object' && value !== null ? 'an object' : String(value)
}

/** What an object itself says of a name. */
function own${only('<O extends object, K extends keyof O>')}(given${only(': O')}, name${only(': K')})${only(': O[K] | undefined')} {
  return Object.hasOwn(given, name) ? given[name] : undefined
}

/** Refuses keys that mean nothing here. */
function known(${text('what')}, given${only(': object')}, names${only(': readonly string[]')})${only(': void')} {
  if (typeof given !== 'object' || given === null) throw new TypeError(\`\${what}: an object is needed, not \${shown(given)}\`)
  for (const key in given) if (!names.includes(key) && Object.hasOwn(given, key)) throw new RangeError(\`\${what} has no \${key}; there are: \${names.join(', ')}\`)
}
const forwardOptions = ['training', 'seed', 'tape']
const backwardOptions = ['window', 'every', 'accumulate']

/** A record of arrays, which are filled and never replaced. \`changed\`: what is to be called by whoever fills them, where that matters. */
function fixed${only('<R extends object>')}(${text('what')}, arrays${only(': R')}, changed${only('?: () => void')})${only(': R')} {
  const record = {}
  for (const [name, array] of Object.entries(arrays))
    Object.defineProperty(record, name, {
      enumerable: true,
      get: () => array,
      set: () => {
        throw new TypeError(\`\${what}.\${name} cannot be replaced: fill it, with \${what}.\${name}.set(values)\`)
      },
    })
  if (changed !== undefined) Object.defineProperty(record, Symbol.for('recurve.changed'), { value: changed })
  return Object.freeze(record)${only(' as R')}
}

/** A record of values, each of which is checked when it is set. */
function settable${only('<R extends object>')}(${text('what')}, values${only(': R')}, check${only(': (name: string, value: unknown) => unknown')})${only(': R')} {
  const record = {}
  const held${only(': Record<string, unknown>')} = Object.assign(Object.create(null), values)
  for (const name of Object.keys(values))
    Object.defineProperty(record, name, {
      enumerable: true,
      get: () => held[name],
      set: value => {
        held[name] = check(\`\${what}.\${name}\`, value)
      },
    })
  return Object.freeze(record)${only(' as R')}
}
function finite(${text('name')}, ${value('value')})${only(': number')} {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new TypeError(\`\${name}: a finite number is needed, not \${shown(value)}\`)
  return value
}
function truth(${text('name')}, ${value('value')})${only(': boolean')} {
  if (value === undefined) throw new TypeError(\`\${name}: true or false is needed, not undefined\`)
  return flag(name, value)
}

const unrun = 'backward needs a forward pass before it, and one that keeps its tape'

/** Notices when numbers of arrays change. */
function watch(groups${only(': Readonly<Record<string, object>>')})${only(': { note(): void; other(): string | undefined }')} {
  const list = Object.entries(groups).flatMap(([what, arrays]) =>
    Object.entries(arrays${only(' as Record<string, Values>')}).map(([name, { buffer, byteOffset, byteLength }]) => ({ name: \`\${what}.\${name}\`, words: new Int32Array(buffer, byteOffset, byteLength / 4), sum: 0 })),
  )
  const sumOf = (words${only(': Int32Array')})${only(': number')} => {
    let sum = 2166136261
    for (let i = 0; i < words.length; i++) sum = Math.imul(sum ^ words[i]${only('!')}, 16777619) ^ (sum >>> 15)
    return sum
  }
  return {
    note: () => {
      for (const one of list) one.sum = sumOf(one.words)
    },
    other: () => list.find(one => sumOf(one.words) !== one.sum)?.name,
  }
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

/** Every index lies in 0 .. size - 1, or is -1 for none. Steps past the end of a sequence, and rows that are not in use, are not looked at. The innermost sequence first. */
function checkIndices(${text('name')}, values${only(': Int32Array')}, ${count('size')}, ${count('rows')}, ${count('batch')}, ${count('per')}, ends${only('?: Int32Array')}, ${count('most')} = 1, outer${only('?: Int32Array')}, ${count('outerMost')} = 1)${only(': void')} {
  const row = per
  for (let b = 0; b < rows; b++)
    for (let o = 0; o < (outer === undefined ? 1 : outer[b]${only('!')}); o++)
      for (let t = 0; t < (ends === undefined ? 1 : ends[b]${only('!')}); t++) {
        const from = ((o * most + t) * batch + b) * row
        for (let i = from; i < from + row; i++) {
          const v = values[i]${only('!')}
          if (v < -1 || v >= size) throw new RangeError(\`\${name}: \${v} at step \${outer === undefined ? t : o} of sequence \${b} is not an index below \${size}\`)
        }
      }
}

/** Takes over the lengths of the rows that are in use; the most steps that any of them has. Throws a RangeError for a length that there is no room for. */
function measure(${text('name')}, lengths${only(': Int32Array')}, ends${only(': Int32Array')}, ${count('rows')}, ${count('most')})${only(': number')} {
  let found = 0
  for (let b = 0; b < lengths.length; b++) {
    const length = b < rows ? lengths[b]${only('!')} : 0
    if (length < 0 || length > most) throw new RangeError(\`lengths.\${name}: sequence \${b} has \${length} steps, and there is room for \${most}\`)
    ends[b] = length
    if (length > found) found = length
  }
  return found
}

/** True where a length is not that of the pass that was run. */
function differ(lengths${only(': Int32Array')}, ends${only(': Int32Array')}, ${count('rows')})${only(': boolean')} {
  for (let b = 0; b < rows; b++) if (lengths[b] !== ends[b]) return true
  return false
}

/** The last steps of each sequence, as many as delays reach back, are put before the first. */
function history(values${only(': Values')}, ${count('from')}, ${count('step')}, ${count('others')}, ${count('batch')}, ${count('row')}, ${count('depth')}, ${count('to')}, ${count('apart')}, ends${only(': Int32Array | undefined')}, ${count('span')})${only(': void')} {
  for (let o = 0; o < others; o++)
    for (let b = 0; b < batch; b++) {
      const end = ends === undefined ? span : ends[b]${only('!')}
      const place = (o * batch + b) * row
      for (let i = 0; i < depth; i++) {
        const at = from + (end - depth + i) * step + place
        values.copyWithin(to + i * apart + place, at, at + row)
      }
    }
}

/** Rows that are not in use have no history. */
function forget(values${only(': Values')}, ${count('from')}, ${count('step')}, ${count('depth')}, ${count('others')}, ${count('batch')}, ${count('row')}, ${count('rows')})${only(': void')} {
  for (let i = 0; i < depth; i++)
    for (let o = 0; o < others; o++) {
      const at = from + i * step + o * batch * row
      values.fill(0, at + rows * row, at + batch * row)
    }
}
function forgetAll(values${only(': Values')}, ${count('depth')}, ${count('batch')}, ${count('rows')})${only(': void')} {
  const row = values.length / depth / batch
  forget(values, 0, batch * row, depth, 1, batch, row, rows)
}

/** Each row of a step takes the place of the one that is named for it. */
function permute(values${only(': Values')}, ${count('from')}, ${count('step')}, ${count('depth')}, ${count('others')}, ${count('batch')}, ${count('row')}, rows${only(': ArrayLike<number>')})${only(': void')} {
  for (let i = 0; i < depth; i++)
    for (let o = 0; o < others; o++) {
      const at = from + i * step + o * batch * row
      const old = values.slice(at, at + batch * row)
      for (let b = 0; b < batch; b++) values.set(old.subarray(rows[b]${only('!')} * row, (rows[b]${only('!')} + 1) * row), at + b * row)
    }
}
function permuteAll(values${only(': Values')}, ${count('depth')}, rows${only(': ArrayLike<number>')})${only(': void')} {
  const row = values.length / depth / rows.length
  permute(values, 0, rows.length * row, depth, 1, rows.length, row, rows)
}
${only(`type Values = Float32Array | Float64Array | Int32Array
`)}
/** Throws an Error where what was kept does not fit a net. */
function fits(from${only(': Carried')}, past${only(': Readonly<Record<string, Values>>')}, given${only(': object')})${only(': void')} {
  known('resume', from, ['step', 'going', 'given', 'arrays'])
  whole('resume: step', from.step, Number.MAX_SAFE_INTEGER)
  for (const [what, here, there] of [['arrays', past, from.arrays], ['given', given, from.given]]${only(' as const')}) {
    known(\`resume: \${what}\`, there, Object.keys(here))
    for (const name of Object.keys(here)) if (!Object.hasOwn(there, name)) throw new RangeError(\`resume: \${what} lacks \${name}\`)
  }
  for (const [name, values] of Object.entries(past))
    if (from.arrays[name]${only('!')}.length !== values.length) throw new RangeError(\`resume: \${name} has \${from.arrays[name]${only('!')}.length} numbers, and \${values.length} are needed\`)
}
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
