/** The contender's side in a process of its own. */
import { createInterface } from 'node:readline'
import type { Absent, Answer, Prepared, Question } from './protocol.ts'
import type { Mode, Problem } from './work.ts'

export interface Ready extends Prepared {
  readonly run: (mode: Mode) => void | Promise<void>
}

export interface Contender {
  readonly hello: () => string | Promise<string>
  readonly prepare: (problem: Problem, variant: string) => Ready | Promise<Ready>
}

/** What a contender throws where it cannot do something that it need not be able to do. */
export class AbsentError extends Error {}

/** Imports a package that need not be there. */
export const optional = async <T>(name: string): Promise<T> => {
  try {
    return (await import(name)) as T
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_MODULE_NOT_FOUND') throw new AbsentError('not installed', { cause: error })
    throw error
  }
}

/** Answers questions until they end. Libraries that talk do so on stderr: stdout is for answers. */
export const answerAll = (reply: (question: Question) => Promise<Answer>): void => {
  console.log = console.error
  console.info = console.error
  const answerOne = async (line: string): Promise<void> => {
    let answer: Answer
    try {
      answer = await reply(JSON.parse(line) as Question)
    } catch (error) {
      if (!(error instanceof AbsentError)) throw error
      answer = { absent: error.message } satisfies Absent
    }
    process.stdout.write(`${JSON.stringify(answer)}\n`)
  }
  createInterface({ input: process.stdin }).on('line', line => void answerOne(line))
}

/** The first five runs may take as long as this: some compile in the second, and the third shows it. */
const atLeast = 2

export const serve = (contender: Contender): void => {
  let ready: Ready | undefined
  const timed = async (mode: Mode): Promise<number> => {
    const start = performance.now()
    await ready!.run(mode)
    return performance.now() - start
  }
  answerAll(async question => {
    switch (question.ask) {
      case 'hello':
        return { version: await contender.hello() }
      case 'prepare': {
        const { run, ...told } = await contender.prepare(question.problem, question.variant)
        ready = { run, ...told }
        return told
      }
      case 'warm': {
        const begin = performance.now()
        const passed = (): number => (performance.now() - begin) / 1000
        let ms = Infinity
        for (let i = 0; i < 2 || passed() < (i < 5 ? atLeast : question.seconds); i++) ms = Math.min(ms, await timed(question.mode))
        return { ms }
      }
      case 'run': {
        const ms: number[] = []
        for (let i = 0; i < question.times; i++) ms.push(await timed(question.mode))
        return { ms }
      }
      case 'limit':
        throw new AbsentError('not a probe')
    }
  })
}
