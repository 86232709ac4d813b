/** Many random programs: `node --import tsx spec/fuzz/main.ts seed count`. Prints the smallest program of each kind of finding. */
import fc from 'fast-check'
import { choices, setting } from './choices.ts'
import { compare } from './compare.ts'
import { generate } from './generate.ts'

const [first = '1', count = '1000', ...skip] = process.argv.slice(2)
const known = new Map<string, number>(skip.map(s => [s, 0]))
const start = Date.now()
let [programs, seed] = [0, Number(first)]
while (programs < Number(count)) {
  let wanted: string | undefined
  let detail = ''
  const result = await fc.check(
    fc.asyncProperty(choices, setting, async (c, s) => {
      programs++
      const { text, dims } = generate(c)
      const found = await compare(text, dims, s)
      if (found === undefined) return
      if (known.has(found.check) && wanted === undefined) {
        known.set(found.check, known.get(found.check)! + 1)
        return
      }
      wanted ??= found.check
      if (found.check !== wanted) return
      detail = found.detail
      throw new Error(found.check)
    }),
    { seed: seed++, numRuns: Math.min(200, Number(count)), interruptAfterTimeLimit: 120000 },
  )
  if (!result.failed || result.counterexample === null || wanted === undefined) continue
  const [c, s] = result.counterexample
  known.set(wanted, 1)
  console.log(`=== ${wanted}\n${detail}\n${JSON.stringify(s)} seed ${seed - 1}\n${generate(c).text}`)
}
console.log(`${programs} programs in ${Math.round((Date.now() - start) / 1000)} s`)
for (const [check, n] of known) console.log(`${n} x ${check}`)
