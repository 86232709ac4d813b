/** How a run ends. Ctrl-C ends it by the signal itself, which a shell shows as 130: the work is not asynchronous, so a handler would only delay it. */

export const exit = {
  done: 0,
  /** The input is wrong, or the property does not hold. */
  wrong: 1,
  usage: 2,
  /** Our own fault. */
  internal: 70,
} as const

/** The command was called wrongly, in a way that only shows once it is looked at. */
export class UsageError extends Error {
  override readonly name: string = 'UsageError'
}
