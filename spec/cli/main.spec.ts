/** The command as a process, and what all of its commands have in common. */
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { recurve } from '../../cli/program.ts'
import { InternalError } from '../../dsl/diagnostics.ts'
import { command, elman, misspelt, session, workshop } from './fake-session.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const line = ['--import', 'tsx', 'cli/main.ts']

interface Process {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

const start = (args: readonly string[], input = '', env: Readonly<Record<string, string>> = {}): Process => {
  const { NO_COLOR: _no, FORCE_COLOR: _force, ...rest } = process.env
  const { status, stdout, stderr } = spawnSync(process.execPath, [...line, ...args], { cwd: root, input, encoding: 'utf8', env: { ...rest, ...env } })
  return { code: status, out: stdout, err: stderr }
}

describe('the command', () => {
  const { write } = workshop()

  it('exits with 0, 1 and 2, with results on stdout and the rest on stderr', () => {
    const right = start(['check', '-'], elman)
    assert.deepEqual(right, { code: 0, out: '', err: '1 cell or model in 1 file: no errors, 0 warnings\n' })
    const wrong = start(['build', '-'], misspelt)
    assert.deepEqual([wrong.code, wrong.out], [1, ''])
    assert.match(wrong.err, /^<stdin>:6:7: error E0302: /)
    const usage = start(['chekc', 'a.cell'])
    assert.deepEqual([usage.code, usage.out], [2, ''])
    assert.match(usage.err, /^error: unknown command 'chekc'\n\(Did you mean check\?\)\n/)
  })

  it('has colours where they are wanted only', () => {
    assert.ok(start(['check', '-'], misspelt, { FORCE_COLOR: '1' }).out.includes('\u001b[31m'))
    assert.equal(start(['check', '-'], misspelt, { NO_COLOR: '1' }).out, start(['check', '-'], misspelt).out)
  })

  it('ends quietly where its reader stops before the end', async () => {
    const child = spawn(process.execPath, [...line, 'build', write('a.cell', elman)], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
    let err = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
    child.stdout.destroy()
    const code = await new Promise(done => child.on('close', done))
    assert.deepEqual([code, err], [0, ''])
  })

  it('is ended by Ctrl-C at once', async () => {
    const child = spawn(process.execPath, [...line, 'check', '-'], { cwd: root, stdio: ['pipe', 'pipe', 'pipe'] })
    // It waits for its input; a shell reports the signal as 130.
    const timer = setTimeout(() => child.kill('SIGINT'), 1500)
    const signal = await new Promise(done => child.on('close', (_code, s) => done(s)))
    clearTimeout(timer)
    assert.equal(signal, 'SIGINT')
  })

  it('shows help with examples for itself and each command, and its version', async () => {
    for (const args of [['--help'], ['check', '--help'], ['build', '-h'], ['verify', '--help'], ['run', '--help'], ['help', 'run']]) {
      const { code, out, err } = await command(args)
      assert.deepEqual([code, err], [0, ''], args.join(' '))
      assert.match(out, /^Usage: recurve [^]*Examples:\n {2}\$ recurve /)
    }
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
    for (const flag of ['--version', '-V']) assert.deepEqual(await command([flag]), { code: 0, out: `${version}\n`, err: '' })
  })

  it('offers what was meant, and exits with 2', async () => {
    for (const [args, why] of [
      [[], /^Usage: recurve/],
      [['biuld', 'x'], /unknown command 'biuld'\n\(Did you mean build\?\)/],
      [['train', 'x'], /unknown command 'train'/],
      [['check'], /missing required argument 'file'/],
      [['check', 'x', '--jsno'], /unknown option '--jsno'\n\(Did you mean --json\?\)/],
      [['build', 'x', '--windwo', '3'], /Did you mean --window\?/],
      [['build', 'x', '--set'], /option '--set <dims>' argument missing/],
      [['verify', 'x', '--runs', '0'], /A positive integer is needed/],
      [['verify', 'x', '--seed', '-1'], /An integer from 0 to 4294967295 is needed/],
      [['verify', 'x', '--seed', '4294967296'], /An integer from 0 to 4294967295 is needed/],
      [['verify', 'x', '--seed', '1.5'], /An integer from 0 to 4294967295 is needed/],
    ] as const) {
      const { code, out, err } = await command(args)
      assert.deepEqual([code, out], [2, ''], args.join(' '))
      assert.match(err, why)
    }
  })

  it('calls its own faults by that name, exits with 70, and shows the stack on request only', async () => {
    const fail =
      (error: Error): (() => never) =>
      () => {
        throw error
      }
    const known = new InternalError('a node is lost', '%0 = source')
    for (const error of [new TypeError('x is not a function'), known]) {
      const quiet = await command(['check', '-'], { stdin: fail(error) })
      assert.deepEqual([quiet.code, quiet.out], [70, ''])
      assert.match(quiet.err, /^Internal error of Recurve \(please report it\): (?:x is not a function|a node is lost)\nWith RECURVE_DEBUG=1 /)
      assert.doesNotMatch(quiet.err, /\n\s+at |%0/)
    }
    const loud = session({ stdin: fail(known), debug: true })
    assert.equal(await recurve(['check', '-'], loud.session), 70)
    assert.match(loud.err.join(''), /%0 = source[^]*\n\s+at /)
  })
})
