import assert from 'node:assert/strict'
import { accept, answer, caseFiles, readCases } from './cases.ts'

describe('bad texts and the answers to them', () => {
  for (const name of caseFiles()) {
    if (process.env['UPDATE_GOLDEN'] === '1') accept(name)
    describe(name.replace('.txt', ''), () => {
      for (const c of readCases(name)) it(c.title, () => assert.deepEqual(answer(c), c.expected))
    })
  }
})
