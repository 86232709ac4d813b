/**
 * Before all specs: how long property-based ones run, and from which seed. `FC_SEED=7 FC_NUM_RUNS=1000 npx mocha` says
 * both; without a seed fast-check draws one, and a failure prints it together with the path to the counterexample.
 */
import fc from 'fast-check'

const integer = (name: string): number | undefined => {
  const text = process.env[name]
  if (text === undefined || text === '') return undefined
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new Error(`${name} must be an integer, got ${JSON.stringify(text)}`)
  return value
}

const seed = integer('FC_SEED')
const numRuns = integer('FC_NUM_RUNS')

fc.configureGlobal({
  ...(seed === undefined ? {} : { seed }),
  ...(numRuns === undefined ? {} : { numRuns }),
})
