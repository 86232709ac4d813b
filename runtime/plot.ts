/** A line chart as SVG, written by hand: the same data give the same bytes. It reads well on light and dark pages. */

import { InputError } from './errors.ts'

export interface Series {
  readonly name: string
  /** Pairs [x, y]. The line has a gap where one of them is not finite, or beyond 1e300. */
  readonly points: readonly (readonly [number, number])[]
}

export interface Chart {
  readonly title: string
  readonly x: string
  readonly y: string
  readonly series: readonly Series[]
}

const [width, height] = [720, 400]
const frame = { left: 64, right: width - 16, top: 40, bottom: height - 48 }

/** Okabe and Ito's colours, which the colour-blind tell apart too; dashes help where there is no colour. */
const colours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9']
const dashes = ['', '6 3', '2 3']

const style = `
  text { fill: #24292f; font: 12px system-ui, sans-serif } .title { font-size: 15px; font-weight: 600 }
  .back { fill: #ffffff } .grid { stroke: #d0d7de } .axis { stroke: #57606a } .line { fill: none; stroke-width: 1.75; stroke-linejoin: round }
  @media (prefers-color-scheme: dark) {
    .back { fill: #0d1117 } text { fill: #e6edf3 } .grid { stroke: #30363d } .axis { stroke: #8b949e }
    .line, .dot { filter: brightness(1.35) }
  }
`

/** Text that may stand in XML, in elements and attributes. Characters that XML 1.0 does not allow become U+FFFD. */
export const escapeXml = (text: string): string =>
  text
    // oxlint-disable-next-line no-control-regex
    .replace(/[\0-\x08\v\f\x0e-\x1f\ufffe\uffff]|\p{Surrogate}/gu, '\ufffd')
    .replace(/[&<>"']/g, c => `&#${c.charCodeAt(0)};`)

/** About five round numbers that span the range: multiples of 1, 2 or 5 times a power of ten. */
export const niceTicks = (least: number, most: number): { readonly ticks: readonly number[]; readonly digits: number } => {
  const size = Math.max(Math.abs(least), Math.abs(most))
  const margin = size > 1e-200 ? size / 10 : 1
  const [low, high] = most - least > Math.max(size * 1e-9, 1e-200) ? [least, most] : [least - margin, least + margin]
  const rough = (high - low) / 5
  let exponent = Math.floor(Math.log10(rough))
  const unit = rough / Number(`1e${exponent}`)
  let step = unit <= 1.5 ? 1 : unit <= 3 ? 2 : unit <= 7 ? 5 : 10
  if (step === 10) [step, exponent] = [1, exponent + 1]
  // Multiples of integers, scaled by one exact power, so that no tick is 0.30000000000000004.
  const scale = (n: number): number => (exponent < 0 ? (n * step) / Number(`1e${-exponent}`) : n * step * Number(`1e${exponent}`))
  const unitStep = scale(1)
  const [first, last] = [Math.floor(low / unitStep + 1e-9), Math.ceil(high / unitStep - 1e-9)]
  return { ticks: Array.from({ length: last - first + 1 }, (_, i) => scale(first + i)), digits: Math.max(0, -exponent) }
}

const label = (x: number, digits: number): string => {
  const text = Math.abs(x) >= 1e6 || (digits > 6 && x !== 0) ? x.toExponential(1) : x.toFixed(Math.min(digits, 6))
  return text.replace(/^-(?=[0.]*$)/, '').replace('-', '\u2212')
}

/** The lowest and highest point of each column of pixels, so that a long run needs no more text than a short one. */
const thin = (points: readonly (readonly [number, number])[]): readonly (readonly [number, number])[] => {
  const kept: (readonly [number, number])[] = []
  for (let i = 0; i < points.length;) {
    const column = Math.round(points[i]![0])
    let end = i
    let [low, high] = [i, i]
    for (; end < points.length && Math.round(points[end]![0]) === column; end++) {
      if (points[end]![1] < points[low]![1]) low = end
      if (points[end]![1] > points[high]![1]) high = end
    }
    const chosen = [...new Set([i, low, high, end - 1])].sort((a, b) => a - b)
    for (const at of chosen) kept.push(points[at]!)
    i = end
  }
  return kept
}

const drawable = (p: readonly [number, number]): boolean => p.every(v => Math.abs(v) <= 1e300)

const paint = (attribute: 'fill' | 'stroke', k: number): string => `${attribute}="${colours[k % colours.length]}"`
const stroke = (k: number): string => {
  const dash = dashes[Math.floor(k / colours.length) % dashes.length]!
  return `${paint('stroke', k)}${dash && ` stroke-dasharray="${dash}"`}`
}

const drawSeries = ({ points }: Series, k: number, place: (p: readonly [number, number]) => readonly [number, number]): string => {
  const runs: (readonly [number, number])[][] = [[]]
  for (const p of points)
    if (drawable(p)) runs.at(-1)!.push(place(p))
    else runs.push([])
  return runs
    .filter(run => run.length > 0)
    .map(run => {
      if (run.length === 1) return `<circle class="dot" cx="${run[0]![0].toFixed(1)}" cy="${run[0]![1].toFixed(1)}" r="2.5" ${paint('fill', k)}/>`
      const text = thin(run).map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`)
      return `<polyline class="line" ${stroke(k)} points="${text.join(' ')}"/>`
    })
    .join('\n')
}

const range = (values: readonly number[]): readonly [number, number] => {
  let [low, high] = [Infinity, -Infinity]
  for (const v of values) [low, high] = [Math.min(low, v), Math.max(high, v)]
  return [low, high]
}

/** The chart. Throws an InputError where no point can be drawn. */
export const lineChart = ({ title, x, y, series }: Chart): string => {
  const finite = series.flatMap(s => s.points.filter(drawable))
  if (finite.length === 0) throw new InputError('there is nothing to draw: no point is finite')
  const axes = [0, 1].map(d => niceTicks(...range(finite.map(p => p[d]!))))
  const [across, up] = [axes[0]!, axes[1]!]
  const scale = (v: number, ticks: readonly number[], from: number, to: number): number => from + ((v - ticks[0]!) / (ticks.at(-1)! - ticks[0]!)) * (to - from)
  const placeX = (v: number): number => scale(v, across.ticks, frame.left, frame.right)
  const placeY = (v: number): number => scale(v, up.ticks, frame.bottom, frame.top)
  const gridX = across.ticks.map(v => {
    const at = placeX(v).toFixed(1)
    const text = `<text x="${at}" y="${frame.bottom + 18}" text-anchor="middle">${label(v, across.digits)}</text>`
    return `<line class="grid" x1="${at}" x2="${at}" y1="${frame.top}" y2="${frame.bottom}"/>${text}`
  })
  const gridY = up.ticks.map(v => {
    const at = placeY(v).toFixed(1)
    const text = `<text x="${frame.left - 8}" y="${at}" dy="4" text-anchor="end">${label(v, up.digits)}</text>`
    return `<line class="grid" x1="${frame.left}" x2="${frame.right}" y1="${at}" y2="${at}"/>${text}`
  })
  const legend = series.map(({ name }, k) => {
    const at = frame.top + 16 + 18 * k
    const line = `<line class="line" ${stroke(k)} x1="${frame.right - 30}" x2="${frame.right - 8}" y1="${at}" y2="${at}"/>`
    return `${line}<text x="${frame.right - 36}" y="${at}" dy="4" text-anchor="end">${escapeXml(name)}</text>`
  })
  const middle = { x: (frame.left + frame.right) / 2, y: (frame.top + frame.bottom) / 2 }
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${escapeXml(title)}</title>`,
    `<style>${style}</style>`,
    `<rect class="back" width="${width}" height="${height}"/>`,
    `<text class="title" x="${middle.x}" y="24" text-anchor="middle">${escapeXml(title)}</text>`,
    ...gridX,
    ...gridY,
    `<path class="axis" fill="none" d="M${frame.left} ${frame.top}V${frame.bottom}H${frame.right}"/>`,
    `<text x="${middle.x}" y="${height - 10}" text-anchor="middle">${escapeXml(x)}</text>`,
    `<text transform="translate(16 ${middle.y}) rotate(-90)" text-anchor="middle">${escapeXml(y)}</text>`,
    ...series.map((s, k) => drawSeries(s, k, ([px, py]) => [placeX(px), placeY(py)])),
    ...legend,
    '</svg>',
  ].join('\n')}\n`
}
