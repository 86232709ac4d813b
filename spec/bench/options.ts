/** What `npm run bench -- …` takes. */
import { parseArgs } from 'node:util'
import { contenders, groups } from './contenders.ts'
import { cellNames, growth, sizes, sizeText, type CellName, type Size } from './work.ts'

export interface BenchOptions {
  readonly cells: readonly CellName[]
  readonly sizes: readonly Size[]
  /** Sizes at which the LSTM is measured besides. */
  readonly growth: readonly Size[]
  /** Ids of peers. */
  readonly peers: readonly string[]
  readonly seconds: number
  readonly save: boolean
}

export const help = `npm run bench -- [options]

  --cells <list>    ${cellNames.join(',')}; all if left out
  --sizes <list>    T,B,D,H with spaces between: "32,1,32,32 64,16,64,64"; a chosen few, and how times grow, if left out
  --peers <list>    ${contenders
    .filter(c => !c.ours)
    .map(c => c.id)
    .join(',')}; torch for ${groups['torch']!.join(',')}; none
  --seconds <s>     how long each contender is measured in each mode; 0.5 if left out
  --quick           small sizes of two cells, 0.2 seconds
  --save            writes results.json and results.svg
`

/** Throws a RangeError that says what is wrong. */
export const readOptions = (args: readonly string[]): BenchOptions | 'help' => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      cells: { type: 'string' },
      sizes: { type: 'string' },
      peers: { type: 'string' },
      seconds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      save: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return 'help'
  const { quick, save } = values
  const cells = values.cells === undefined ? (quick ? cellNames.slice(0, 2) : cellNames) : list(values.cells).map(cellOf)
  const chosen = values.sizes === undefined ? (quick ? sizes.slice(0, 3) : sizes) : sizesOf(values.sizes)
  const seconds = values.seconds === undefined ? (quick ? 0.2 : 0.5) : Number(values.seconds)
  if (!(seconds > 0 && seconds <= 600)) throw new RangeError(`--seconds ${values.seconds}: a number up to 600 is needed`)
  if (cells.length === 0 || chosen.length === 0) throw new RangeError('there is nothing to measure')
  const own = contenders.filter(c => !c.ours).map(c => c.id)
  const peers = values.peers === undefined ? own : list(values.peers).flatMap(name => groups[name] ?? [name])
  for (const name of peers)
    if (!own.includes(name)) throw new RangeError(`--peers: there is no ${name}; there are: ${own.join(', ')}, ${Object.keys(groups).join(', ')}`)
  const grows = !quick && values.sizes === undefined && cells.includes('lstm')
  const known = chosen.map(sizeText)
  const more = [...new Map(Object.values(growth).flatMap(each => each.map(s => [sizeText(s), s] as const)))].flatMap(([name, s]) =>
    known.includes(name) ? [] : [s],
  )
  return { cells, sizes: chosen, growth: grows ? more : [], peers, seconds, save }
}

const list = (text: string): readonly string[] => text.split(',').filter(s => s !== '')

const cellOf = (name: string): CellName => {
  const found = cellNames.find(c => c === name)
  if (found === undefined) throw new RangeError(`--cells: there is no ${name}; there are: ${cellNames.join(', ')}`)
  return found
}

/** With spaces between, or semicolons. */
const sizesOf = (text: string): readonly Size[] =>
  text
    .split(/[\s;]+/)
    .filter(s => s !== '')
    .map(sizeOf)

const sizeOf = (text: string): Size => {
  const numbers = text.split(',').map(Number)
  const [t, batch, d, h] = numbers
  if (numbers.length !== 4 || numbers.some(n => !Number.isInteger(n) || n < 1))
    throw new RangeError(`--sizes ${text}: it is written T,B,D,H, four positive integers`)
  return { t: t!, batch: batch!, d: d!, h: h! }
}
