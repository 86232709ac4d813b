/** Mocha's own report, and after it one plain line that any program can read: `120 passed, 0 failed`. */
'use strict'
const { reporters } = require('mocha')

module.exports = class extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options)
    // Listeners run in the order in which they were added: the summary of `Spec` comes first.
    runner.once('end', () => {
      const { passes, failures } = this.stats
      process.stdout.write(`${passes} passed, ${failures} failed\n`)
    })
  }
}
