import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'

/** The text is as it was accepted. `UPDATE_GOLDEN=1` accepts it as it is now; a file that is not there is written. */
export const assertAccepted = (file: string | URL, text: string): void => {
  if (process.env['UPDATE_GOLDEN'] === '1' || !existsSync(file)) writeFileSync(file, text)
  assert.equal(text, readFileSync(file, 'utf8'), `${String(file)} changed; UPDATE_GOLDEN=1 accepts it`)
}
