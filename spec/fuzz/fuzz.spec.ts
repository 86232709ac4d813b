/** Random programs and those that once failed: code, interpreter, reference and complex step agree. */
import fc from 'fast-check'
import { readdirSync, readFileSync } from 'node:fs'
import { choices, setting, type Setting } from './choices.ts'
import { compare } from './compare.ts'
import { dimNames } from './draft.ts'
import { generate } from './generate.ts'

const cases = new URL('./cases/', import.meta.url)

describe('random programs', function () {
  this.timeout(300_000)
  for (const file of readdirSync(cases))
    it(`${file.replace('.cell', '')}: all witnesses agree`, async () => {
      const text = readFileSync(new URL(file, cases), 'utf8')
      const own = JSON.parse(
        text
          .split('\n')
          .find(l => l.startsWith('# {'))!
          .slice(2),
      ) as Setting
      const others: readonly Partial<Setting>[] = [{}, { t: 1 }, { t: 5, batch: 3, window: 2 }, { dims: [2, 3, 4, 2, 3] }, { dims: [1, 1, 1, 1, 1] }]
      for (const other of others) {
        const found = await compare(text, dimNames, { ...own, ...other })
        if (found !== undefined) throw new Error(`${found.check}: ${found.detail} (${JSON.stringify({ ...own, ...other })})`)
      }
    })

  const seed = Number(process.env['FC_SEED'] ?? 1)
  for (const [numRuns, from, quick, what] of [
    [150, seed, false, 'all witnesses agree, on every target'],
    [850, seed + 1, true, 'code, interpreter, reference and complex step agree in double precision'],
  ] as const)
    it(`${numRuns} programs of seed ${from}: ${what}`, () =>
      fc.assert(
        fc.asyncProperty(choices, setting, async (c, s) => {
          const { text, dims } = generate(c)
          const found = await compare(text, dims, s, quick)
          if (found !== undefined) throw new Error(`${found.check}: ${found.detail.slice(0, 2000)}\n${JSON.stringify(s)}\n${text}`)
        }),
        { seed: from, numRuns },
      ))
})
