import assert from 'node:assert/strict'
import { duration, progress, type ProgressStream } from '../../cli/progress.ts'
import { hasColours, styleFor } from '../../cli/style.ts'

const terminal = (isTTY: boolean, columns = 80): { stream: ProgressStream; lines: string[] } => {
  const lines: string[] = []
  return { lines, stream: { isTTY, columns, write: text => void lines.push(text) } }
}

describe('colours', () => {
  it('follow FORCE_COLOR, then NO_COLOR, then the terminal', () => {
    const [tty, pipe] = [{ isTTY: true }, { isTTY: false }]
    for (const [stream, env, yes] of [
      [tty, {}, true],
      [pipe, {}, false],
      [{}, {}, false],
      [tty, { NO_COLOR: '1' }, false],
      [tty, { NO_COLOR: '' }, true],
      [tty, { TERM: 'dumb' }, false],
      [pipe, { FORCE_COLOR: '1' }, true],
      [pipe, { FORCE_COLOR: '' }, true],
      [tty, { FORCE_COLOR: '0' }, false],
      [tty, { FORCE_COLOR: 'false' }, false],
      [pipe, { FORCE_COLOR: '1', NO_COLOR: '1' }, true],
    ] as const)
      assert.equal(hasColours(stream, env), yes, JSON.stringify([stream, env]))
  })

  it('leave text as it is where there are none', () => {
    assert.equal(styleFor({ isTTY: false }, {})('red', 'error'), 'error')
    assert.equal(styleFor({ isTTY: true }, {})('red', 'error'), '\x1b[31merror\x1b[39m')
    assert.equal(styleFor({ isTTY: true }, {})(['bold', 'red'], 'x').replaceAll(/\x1b\[\d+m/g, ''), 'x') // oxlint-disable-line no-control-regex
  })
})

describe('progress', () => {
  it('tells times as one reads them', () =>
    assert.deepEqual([0, 4.4, 59.6, 125, 3600, 7265, NaN, Infinity, -1].map(duration), ['0s', '4s', '1m00s', '2m05s', '1h00m', '2h01m', '?', '?', '?']))

  it('on a terminal is one line, written again at most ten times a second', () => {
    const { stream, lines } = terminal(true)
    let now = 0
    const bar = progress({ total: 128, unit: 'steps', label: 'train', stream, clock: () => now })
    for (let n = 1; n <= 64; n++) {
      now = n / 64
      bar.update(n, 'loss 1.23')
    }
    assert.equal(lines.length, 10)
    assert.equal(lines.at(-1), `\rtrain [##########..........]  50%  64.0 steps/s  1s left  loss 1.23\x1b[K`)
    now = 2
    bar.update(128, 'loss 1.00')
    bar.end()
    assert.equal(lines.at(-2), `\rtrain [####################] 100%  64.0 steps/s  in 2s  loss 1.00\x1b[K`)
    assert.equal(lines.at(-1), '\n')
    const length = lines.length
    bar.update(100)
    bar.end()
    assert.equal(lines.length, length)
  })

  it('never takes more than one line of the terminal', () => {
    const { stream, lines } = terminal(true, 20)
    const bar = progress({ total: 100, unit: 'steps', label: 'a long label', stream, clock: () => 0 })
    bar.update(1, 'and a long note')
    // oxlint-disable-next-line no-control-regex
    assert.equal(lines[0]!.replace('\r', '').replace(/\x1b\[K/, '').length, 19)
  })

  it('elsewhere is a plain line now and then, and one at the end', () => {
    const { stream, lines } = terminal(false)
    let now = 100
    const bar = progress({ total: 60, unit: 'steps', stream, every: 10, clock: () => now })
    for (let n = 1; n <= 60; n++) {
      now = 100 + n / 2
      bar.update(n)
    }
    bar.end()
    assert.deepEqual(lines, [' 33%  2.00 steps/s  20s left\n', ' 66%  2.00 steps/s  10s left\n', '100%  2.00 steps/s  in 30s\n'])
  })

  it('counts seconds of a budget, without a rate', () => {
    const { stream, lines } = terminal(false)
    let now = 0
    const bar = progress({ total: 100, stream, every: 1, clock: () => now })
    now = 25
    bar.update(25, 'loss 2')
    assert.deepEqual(lines, [' 25%  1m15s left  loss 2\n'])
  })

  it('is sound where nothing is done yet, or there is nothing to do', () => {
    for (const total of [0, 10]) {
      const { stream, lines } = terminal(false)
      const bar = progress({ total, unit: 'steps', stream, clock: () => 0 })
      bar.update(0)
      bar.end()
      assert.deepEqual(lines, [total === 0 ? '100%  in 0s\n' : '  0%\n'])
    }
  })

  it('never goes to stdout', () => assert.throws(() => progress({ total: 1, stream: process.stdout }), RangeError))
})
