// Specs named on the command line run alone, in one process: a `spec` here would be added to them.
const named = process.argv.slice(2).some(argument => argument.endsWith('.ts'))

module.exports = {
  // Files run side by side, one process for each core; compiled cells are kept within a process (spec/support/compiled.ts).
  ...(named ? {} : { spec: ['spec/**/*.spec.ts'], parallel: true, jobs: require('node:os').availableParallelism() }),
  // Not all of tsx: with its hooks for `require`, a module that is also imported dynamically would exist twice.
  import: 'tsx/esm',
  require: ['./spec/setup.ts'],
  reporter: './spec/reporter.cjs',
  timeout: 20000,
  'forbid-only': true,
  'fail-zero': true,
}
