/** The FILE of a command: a path, or `-` for standard input. */
import { openSource, type Source } from '../runtime/compile-files.ts'
import type { Session } from './session.ts'

/** What diagnostics call it; its imports are looked for in the working directory. */
export const stdinName = '<stdin>'

export const openFile = (file: string, session: Session): Source =>
  file === '-' ? openSource(stdinName, session.stdin(), session.texts) : openSource(file, undefined, session.texts)
