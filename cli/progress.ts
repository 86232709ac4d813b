/** How far a long piece of work is: one line that is written again on a terminal, a plain line now and then elsewhere. */

export interface ProgressOptions {
  /** What is done when all is done: steps, or seconds of a budget. */
  readonly total: number
  /** What is counted, for the rate: `steps`. Without it there is no rate. */
  readonly unit?: string
  /** Stands in front. */
  readonly label?: string
  /** Seconds between two lines where the stream is no terminal (default 10). */
  readonly every?: number
  /** Where it is written; by default stderr. It is never stdout, where results go. */
  readonly stream?: ProgressStream
  /** Seconds from any start; by default the machine's. */
  readonly clock?: () => number
}

export interface ProgressStream {
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
  write(text: string): unknown
}

export interface ProgressLine {
  /** So much is done; `note` stands at the end of the line, such as a loss. */
  update(done: number, note?: string): void
  /** Writes the last state for good. Nothing is written afterwards. */
  end(): void
}

/** `4s`, `2m05s`, `1h00m`. */
export const duration = (seconds: number): string => {
  if (!(seconds >= 0 && seconds < Infinity)) return '?'
  const s = Math.round(seconds)
  const two = (n: number): string => String(n).padStart(2, '0')
  if (s < 60) return `${s}s`
  return s < 3600 ? `${Math.floor(s / 60)}m${two(s % 60)}s` : `${Math.floor(s / 3600)}h${two(Math.floor(s / 60) % 60)}m`
}

const rateText = (rate: number): string => (rate >= 100 ? rate.toFixed(0) : rate >= 10 ? rate.toFixed(1) : rate.toFixed(2))

/** Begins at once: the rate counts from here. Throws a RangeError for stdout. */
export const progress = (options: ProgressOptions): ProgressLine => {
  const { total, unit, label = '', every = 10, stream = process.stderr, clock = () => performance.now() / 1000 } = options
  if (stream === process.stdout) throw new RangeError('progress is not for stdout, where results go')
  const tty = stream.isTTY === true
  const begin = clock()
  let written = tty ? -Infinity : begin
  let state = { done: 0, note: '' }
  let fresh = true
  let open = true

  const parts = (now: number): readonly string[] => {
    const part = total > 0 ? Math.min(1, Math.max(0, state.done / total)) : 1
    const passed = now - begin
    const bar = tty ? `[${'#'.repeat(Math.floor(part * 20)).padEnd(20, '.')}] ` : ''
    const rate = unit !== undefined && passed > 0 ? `${rateText(state.done / passed)} ${unit}/s` : ''
    const left = part === 1 ? `in ${duration(passed)}` : part > 0 ? `${duration((passed * (1 - part)) / part)} left` : ''
    return [`${bar}${String(Math.floor(part * 100)).padStart(3)}%`, rate, left, state.note].filter(text => text !== '')
  }
  const write = (now: number): void => {
    const text = `${label && `${label} `}${parts(now).join('  ')}`
    written = now
    fresh = false
    stream.write(tty ? `\r${text.slice(0, Math.max(1, (stream.columns ?? 80) - 1))}\x1b[K` : `${text}\n`)
  }
  return {
    update(done, note = '') {
      if (!open) return
      state = { done, note }
      fresh = true
      const now = clock()
      if (now - written >= (tty ? 0.1 : every)) write(now)
    },
    end() {
      if (!open) return
      open = false
      if (fresh) write(clock())
      if (tty) stream.write('\n')
    },
  }
}
