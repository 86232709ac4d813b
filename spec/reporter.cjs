/** Mocha's own report, then the slowest specs, and after them one plain line that any program can read: `120 passed, 0 failed`. */
'use strict'
const { reporters } = require('mocha')

const shown = 20
/** Below this a spec is not worth a look, in milliseconds. */
const slow = 500

module.exports = class extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options)
    const tests = []
    const note = test => tests.push({ title: test.fullTitle(), ms: test.duration ?? 0 })
    runner.on('pass', note)
    runner.on('fail', note)
    // Listeners run in the order in which they were added: the summary of `Spec` comes first.
    runner.once('end', () => {
      const slowest = tests
        .filter(t => t.ms >= slow)
        .sort((a, b) => b.ms - a.ms)
        .slice(0, shown)
      if (slowest.length > 0 && tests.length > shown)
        process.stdout.write(`The slowest:\n${slowest.map(t => `  ${String(t.ms).padStart(6)} ms  ${t.title}\n`).join('')}\n`)
      const { passes, failures } = this.stats
      process.stdout.write(`${passes} passed, ${failures} failed\n`)
    })
  }
}
