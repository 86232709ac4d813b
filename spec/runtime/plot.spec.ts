import assert from 'node:assert/strict'
import fc from 'fast-check'
import { InputError } from '../../runtime/errors.ts'
import { escapeXml, lineChart, niceTicks, type Chart } from '../../runtime/plot.ts'

const chart = (points: readonly (readonly [number, number])[], title = 'Loss'): Chart => ({
  title,
  x: 'step',
  y: 'bits per character',
  series: [{ name: 'train', points }],
})
const coordinates = (svg: string): number[][] => [...svg.matchAll(/ points="([^"]*)"/g)].flatMap(m => m[1]!.split(' ').map(pair => pair.split(',').map(Number)))

describe('ticks', () => {
  it('are few, round, evenly spaced, and span the range', () =>
    fc.assert(
      fc.property(fc.double({ min: -1e9, max: 1e9, noNaN: true }), fc.double({ min: 1e-3, max: 1e9, noNaN: true }), (low, size) => {
        const { ticks, digits } = niceTicks(low, low + size)
        assert.ok(ticks.length >= 2 && ticks.length <= 10, `${ticks.length}`)
        assert.ok(ticks[0]! <= low + size * 1e-6 && ticks.at(-1)! >= low + size * (1 - 1e-6))
        const step = ticks[1]! - ticks[0]!
        ticks.forEach((tick, i) => {
          assert.ok(Math.abs(tick - ticks[0]! - i * step) <= 1e-6 * step + 1e-6)
          assert.equal(Number(tick.toFixed(digits)), tick)
        })
      }),
    ))

  it('are the numbers that one expects', () => {
    assert.deepEqual(niceTicks(0, 1), { ticks: [0, 0.2, 0.4, 0.6, 0.8, 1], digits: 1 })
    assert.deepEqual(niceTicks(1.3, 4.9), { ticks: [1, 2, 3, 4, 5], digits: 0 })
    assert.deepEqual(niceTicks(3, 3).ticks, [2.7, 2.8, 2.9, 3, 3.1, 3.2, 3.3])
    assert.deepEqual(niceTicks(0, 0).ticks, [-1, -0.5, 0, 0.5, 1])
  })
})

describe('a line chart', () => {
  it('draws points where they belong, larger values higher', () => {
    const svg = lineChart(
      chart([
        [0, 0],
        [5, 1],
        [10, 0.5],
      ]),
    )
    assert.deepEqual(coordinates(svg), [
      [64, 352],
      [384, 40],
      [704, 196],
    ])
  })

  it('stays within its frame, and is the same bytes for the same data', () =>
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.double(), fc.oneof(fc.double(), fc.double({ min: -10, max: 10 })))), points => {
        fc.pre(points.some(p => p.every(v => Math.abs(v) <= 1e300)))
        const svg = lineChart(chart(points))
        assert.equal(lineChart(chart(points)), svg)
        for (const [x, y] of coordinates(svg)) assert.ok(x! >= 63 && x! <= 705 && y! >= 39 && y! <= 353, `${x},${y}`)
        assert.ok(!/NaN|Infinity/.test(svg))
      }),
    ))

  it('leaves a gap where a value is not finite, and draws a single point as a dot', () => {
    const svg = lineChart(
      chart([
        [0, 0],
        [1, 1],
        [2, NaN],
        [3, 3],
        [4, Infinity],
        [5, 2],
        [6, 3],
      ]),
    )
    assert.equal([...svg.matchAll(/<polyline/g)].length, 2)
    assert.equal([...svg.matchAll(/<circle/g)].length, 1)
  })

  it('of a hundred thousand points is small, and keeps the peaks', () => {
    const points = Array.from({ length: 100_000 }, (_, i): [number, number] => [i, i === 77_777 ? 10 : Math.sin(i)])
    const svg = lineChart(chart(points))
    assert.ok(svg.length < 60_000, `${svg.length}`)
    assert.ok(coordinates(svg).some(([, y]) => y === 40))
  })

  it('shows several series with a legend', () => {
    const svg = lineChart({
      ...chart([]),
      series: [
        {
          name: 'train',
          points: [
            [0, 1],
            [1, 2],
          ],
        },
        {
          name: 'held out',
          points: [
            [0, 2],
            [1, 3],
          ],
        },
      ],
    })
    assert.deepEqual(
      [...svg.matchAll(/stroke="(#\w+)" points/g)].map(m => m[1]),
      ['#0072b2', '#d55e00'],
    )
    assert.match(svg, />held out</)
  })

  it('cannot be broken by text', () => {
    const evil = `</text><script>alert("1")</script>&amp;'\0\ud800`
    const svg = lineChart({ title: evil, x: evil, y: evil, series: [{ name: evil, points: [[0, 0]] }] })
    assert.ok(!svg.includes('<script') && !svg.includes('\0') && !/\p{Surrogate}/u.test(svg))
    assert.equal(escapeXml(`<a b="c">&'😀`), '&#60;a b=&#34;c&#34;&#62;&#38;&#39;😀')
  })

  it('reads on light and on dark pages', () => assert.match(lineChart(chart([[0, 0]])), /prefers-color-scheme: dark/))

  it('refuses to draw nothing', () => {
    assert.throws(() => lineChart(chart([])), InputError)
    assert.throws(
      () =>
        lineChart(
          chart([
            [0, NaN],
            [Infinity, 1],
          ]),
        ),
      InputError,
    )
  })
})
