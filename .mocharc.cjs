// Specs named on the command line run alone: a `spec` here would be added to them.
const named = process.argv.slice(2).some(argument => argument.endsWith('.ts'))

module.exports = {
  ...(named ? {} : { spec: ['spec/**/*.spec.ts'] }),
  // Not all of tsx: with its hooks for `require`, a module that is also imported dynamically would exist twice.
  import: 'tsx/esm',
  require: ['./spec/setup.ts'],
  reporter: './spec/reporter.cjs',
  timeout: 20000,
  'forbid-only': true,
  'fail-zero': true,
}
