/** The results as one picture, written by hand: the same results give the same bytes. It reads well on light and dark pages. */
import { escapeXml, niceTicks } from '../../runtime/plot.ts'
import type { Case } from './measure.ts'
import { best, number, ourBest, type Results } from './report.ts'
import { cellNames, cells, growth, sizeText } from './work.ts'

/** Ours are blue, a family has one hue; the others have what the colour-blind tell apart. */
const colours: Readonly<Record<string, string>> = {
  ts: '#56b4e9',
  wasm: '#0072b2',
  'wasm+fma': '#003f6b',
  plain: '#8b949e',
  nn: '#d55e00',
  eager: '#ef8a3c',
  script: '#f6bd8b',
  tfjs: '#009e73',
  jax: '#cc79a7',
  brain: '#b59f00',
}

const style = `
  text { fill: #24292f; font: 11px system-ui, sans-serif } .title { font-size: 13px; font-weight: 600 } .small { font-size: 10px }
  .back { fill: #ffffff } .grid { stroke: #d0d7de } .one { stroke: #57606a } .line { fill: none; stroke-width: 1.75; stroke-linejoin: round }
  @media (prefers-color-scheme: dark) {
    .back { fill: #0d1117 } text { fill: #e6edf3 } .grid { stroke: #30363d } .one { stroke: #8b949e }
    .line, .dot, .bar { filter: brightness(1.35) }
  }
`

const width = 980
const columns = { two: 480, three: 316 } as const
const panelHeight = 236

interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
}

/** Where a panel's data lie. */
const inner = ({ x, y, width: w }: Box): { readonly left: number; readonly right: number; readonly top: number; readonly bottom: number } => ({
  left: x + 44,
  right: x + w - 8,
  top: y + 30,
  bottom: y + panelHeight - 34,
})

const round = (n: number): string => String(Math.round(n * 100) / 100)
const text = (x: number, y: number, what: string, more = ''): string => `<text x="${round(x)}" y="${round(y)}"${more}>${escapeXml(what)}</text>\n`
const middle = ' text-anchor="middle"'
const rule = (x1: number, y1: number, x2: number, y2: number, kind: string): string =>
  `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" class="${kind}"/>\n`

/** Powers of ten that hold all values. */
const decades = (values: readonly number[]): { readonly least: number; readonly most: number } => {
  const least = Math.floor(Math.log10(Math.min(...values)) + 1e-9)
  return { least, most: Math.max(least + 1, Math.ceil(Math.log10(Math.max(...values)) - 1e-9)) }
}

interface Scale {
  readonly at: (value: number) => number
  readonly lines: string
}

/** A logarithmic axis upwards, with a line for each power of ten. */
const upward = (box: Box, { least, most }: ReturnType<typeof decades>, label: (value: number) => string): Scale => {
  const { left, right, top, bottom } = inner(box)
  const at = (value: number): number => bottom - ((Math.log10(value) - least) / (most - least)) * (bottom - top)
  const ticks = Array.from({ length: most - least + 1 }, (_, i) => 10 ** (least + i))
  return {
    at,
    lines: ticks.map(v => rule(left, at(v), right, at(v), v === 1 ? 'one' : 'grid') + text(left - 5, at(v) + 4, label(v), ' text-anchor="end"')).join(''),
  }
}

const plainNumber = (v: number): string => String(Number(v.toPrecision(3)))

interface Bars {
  readonly groups: readonly string[]
  /** A value by group and contender. */
  readonly values: readonly (readonly (readonly [string, number])[])[]
}

/** Bars that rise from 1, or hang from it. */
const barPanel = (box: Box, title: string, bars: Bars, range: ReturnType<typeof decades>): string => {
  const scale = upward(box, range, v => `${plainNumber(v)}x`)
  return `${text(box.x + 8, box.y + 16, title, ' class="title"')}${scale.lines}${barsOf(box, bars, scale.at, 1)}`
}

const barsOf = (box: Box, { groups, values }: Bars, at: Scale['at'], base: number): string => {
  const { left, right, bottom } = inner(box)
  const share = (right - left) / groups.length
  const zero = at(base)
  const bars = values.flatMap((group, g) => {
    const thick = Math.min(14, (share * 0.86) / Math.max(1, group.length))
    const from = left + share * (g + 0.5) - (thick * group.length) / 2
    return group.map(([id, value], k) => {
      const to = at(value)
      const [top, height] = [Math.min(zero, to), Math.max(1, Math.abs(zero - to))]
      const about = `<title>${escapeXml(`${id}, ${groups[g]!}: ${plainNumber(value)}`)}</title>`
      return `<rect x="${round(from + thick * k)}" y="${round(top)}" width="${round(thick - 1)}" height="${round(height)}" fill="${colours[id] ?? '#8b949e'}" class="bar">${about}</rect>\n`
    })
  })
  const names = groups.map((name, g) => text(left + share * (g + 0.5), bottom + 15, name, `${middle} class="small"`))
  return `${bars.join('')}${names.join('')}${text((left + right) / 2, bottom + 29, 'T,B,D,H', `${middle} class="small"`)}`
}

/** Operations a second from zero, and what one core can do at most, in dashes. */
const ratePanel = (box: Box, title: string, { groups, values }: Bars, limits: readonly (readonly [string, number])[]): string => {
  const { left, right, top, bottom } = inner(box)
  const { ticks } = niceTicks(0, Math.max(...values.flat().map(([, v]) => v), ...limits.map(([, v]) => v)))
  const at = (value: number): number => bottom - (value / ticks.at(-1)!) * (bottom - top)
  const lines = ticks.map(v => rule(left, at(v), right, at(v), v === 0 ? 'one' : 'grid') + text(left - 5, at(v) + 4, String(v), ' text-anchor="end"'))
  const most = limits.map(([id, v]) => `<path d="M${left} ${round(at(v))}H${right}" stroke="${colours[id]!}" stroke-dasharray="4 3" class="line"/>\n`)
  return `${text(box.x + 8, box.y + 16, title, ' class="title"')}${lines.join('')}${barsOf(box, { groups, values }, at, 0)}${most.join('')}`
}

type Line = readonly [string, readonly (readonly [number, number])[]]

const linePanel = (box: Box, title: string, axis: string, lines: readonly Line[]): string => {
  const points = lines.flatMap(([, p]) => p)
  if (points.length === 0) return ''
  const { left, right, bottom } = inner(box)
  const scale = upward(box, decades(points.map(([, y]) => y)), plainNumber)
  const xs = [...new Set(points.map(([x]) => x))].sort((a, b) => a - b)
  const [first, last] = [Math.log2(xs[0]!), Math.log2(xs.at(-1)!)]
  const across = (x: number): number => left + 10 + ((Math.log2(x) - first) / Math.max(1e-9, last - first)) * (right - left - 20)
  const drawn = lines.map(([id, p]) => {
    const colour = colours[id] ?? '#8b949e'
    const path = p.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${round(across(x))} ${round(scale.at(y))}`).join('')
    const dots = p.map(
      ([x, y]) =>
        `<circle cx="${round(across(x))}" cy="${round(scale.at(y))}" r="2.5" fill="${colour}" class="dot"><title>${escapeXml(`${id}, ${axis} = ${x}: ${number(y)} ms`)}</title></circle>\n`,
    )
    return `<path d="${path}" stroke="${colour}" class="line"/>\n${dots.join('')}`
  })
  const names = xs.map(x => text(across(x), bottom + 15, String(x), `${middle} class="small"`))
  return `${text(box.x + 8, box.y + 16, title, ' class="title"')}${scale.lines}${drawn.join('')}${names.join('')}${text((left + right) / 2, bottom + 29, axis, `${middle} class="small"`)}`
}

interface Growth {
  readonly axis: keyof typeof growth
  readonly cases: readonly Case[]
}

const ratesOf = (list: readonly Case[], ids: readonly string[]): Bars => ({
  groups: list.map(c => sizeText(c.size)),
  values: list.map(c =>
    ids.flatMap(id => {
      const time = best(c.outcomes[id], 'training')
      return time === undefined || c.flops === undefined ? [] : [[id, c.flops.training / time / 1e6] as const]
    }),
  ),
})

/** In the colours of what they limit. */
const limitsOf = ({ limits: { scalar, simd, fma } }: Results): readonly (readonly [string, number])[] =>
  (
    [
      ['ts', scalar],
      ['wasm', simd],
      ['wasm+fma', fma],
    ] as const
  ).flatMap(([id, v]) => (v === undefined ? [] : [[id, v] as const]))

const linesOf = ({ axis, cases: list }: Growth, ids: readonly string[]): [string, string, readonly Line[]] => {
  const points = (id: string): Line[1] =>
    list.flatMap(c => {
      const time = best(c.outcomes[id], 'training')
      return time === undefined ? [] : [[axis === 'T' ? c.size.t : axis === 'B' ? c.size.batch : c.size.h, time] as const]
    })
  const lines = ids.map((id): Line => [id, points(id)])
  const fixed = { T: 'B = 16, D = H = 64', B: 'T = 64, D = H = 64', H: 'T = 64, B = 16' }[axis]
  return [`LSTM, ms: ${fixed}`, axis === 'H' ? 'D = H' : axis, lines.filter(([, p]) => p.length > 1)]
}

export const charts = (results: Results): string => {
  const { contenders, cases, machine } = results
  const ours = contenders.filter(c => c.ours).map(c => c.id)
  const ids = contenders.map(c => c.id)
  const shownIds = ids.filter(id => cases.some(c => best(c.outcomes[id], 'training') !== undefined))
  const growing = (['T', 'B', 'H'] as const).map((axis): Growth => {
    const all = [...cases, ...results.growth].filter(c => c.cell === 'lstm')
    return { axis, cases: growth[axis].flatMap(s => all.find(c => sizeText(c.size) === sizeText(s)) ?? []) }
  })
  const hasGrowth = results.growth.length > 0
  const panels = cellNames.flatMap(name => {
    const list = cases.filter(c => c.cell === name)
    const values = list.map(c => {
      const base = ourBest(c, ours, 'training')
      return shownIds.flatMap(id => {
        const time = best(c.outcomes[id], 'training')
        return time === undefined || base === undefined ? [] : [[id, time / base] as const]
      })
    })
    return list.length === 0 ? [] : [{ title: cells[name].title, groups: list.map(c => sizeText(c.size)), values, list }]
  })
  const range = decades([1, ...panels.flatMap(p => p.values.flat().map(([, v]) => v))])
  const head = 66
  const boxes = Array.from({ length: panels.length + 1 }, (_, i) => ({
    x: (i % 2) * (width - columns.two),
    y: head + Math.floor(i / 2) * panelHeight,
    width: columns.two,
  }))
  const bars = panels.map((p, i) => barPanel(boxes[i]!, p.title, p, range))
  const rates = ratePanel(
    boxes.at(-1)!,
    `GFLOP/s of Recurve, ${panels[0]!.title}; dashes: one core in registers`,
    ratesOf(panels[0]!.list, ours),
    limitsOf(results),
  )
  const below = head + Math.ceil(boxes.length / 2) * panelHeight
  const growths = growing.map((g, i) => linePanel({ x: i * ((width - columns.three) / 2), y: below, width: columns.three }, ...linesOf(g, shownIds)))
  const lines = hasGrowth ? growths : []
  const height = below + (hasGrowth ? panelHeight : 0) + 8
  let at = 8
  const legend = shownIds.map(id => {
    const { title } = contenders.find(c => c.id === id)!
    const mark = `<rect x="${at}" y="36" width="11" height="11" fill="${colours[id] ?? '#8b949e'}" class="bar"/>\n${text(at + 15, 46, title)}`
    at += 30 + title.length * 6.6
    return mark
  })
  const title = `Best time of a training step (forward and BPTT) over the best of Recurve: above 1 is slower than Recurve. f32, one thread`
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">
<title>${escapeXml(title)}</title>
<style>${style}</style>
<rect width="${width}" height="${height}" class="back"/>
${text(8, 20, title, ' class="title"')}${legend.join('')}${text(width - 8, 60, `${machine.cpu}, Node ${machine.node.slice(1)}`, ' text-anchor="end" class="small"')}${bars.join('')}${rates}${lines.join('')}</svg>
`
}
