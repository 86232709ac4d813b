/** Colours for the terminal. */

import { styleText } from 'node:util'

export type Format = Parameters<typeof styleText>[0]
export type Style = (format: Format, text: string) => string

export interface Terminal {
  readonly isTTY?: boolean | undefined
}

/**
 * Whether a stream gets colours: `FORCE_COLOR` decides where it is set (`0` and `false` mean no), then `NO_COLOR`
 * (https://no-color.org: any text but the empty one), then whether the stream is a terminal that is not `dumb`.
 */
export const hasColours = (stream: Terminal, env: Readonly<Record<string, string | undefined>> = process.env): boolean => {
  const force = env['FORCE_COLOR']
  if (force !== undefined) return force !== '0' && force !== 'false'
  if (env['NO_COLOR']) return false
  return stream.isTTY === true && env['TERM'] !== 'dumb'
}

/** How text is styled for a stream: `styleFor(process.stderr)('red', 'error')`. Without colours it stays as it is. */
export const styleFor = (stream: Terminal, env?: Readonly<Record<string, string | undefined>>): Style =>
  hasColours(stream, env) ? (format, text) => styleText(format, text, { validateStream: false }) : (_, text) => text
