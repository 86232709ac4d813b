import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import type { JsonDiagnostic } from '../../cli/diagnostics.ts'
import { command, elman, misspelt, workshop } from './fake-session.ts'

const diagnosticsIn = (out: string): readonly JsonDiagnostic[] => (JSON.parse(out) as { diagnostics: JsonDiagnostic[] }).diagnostics

describe('recurve check', () => {
  const { path, write } = workshop()

  it('is content with a right source, and says so on stderr', async () => {
    const { code, out, err } = await command(['check', write('a.cell', elman)])
    assert.deepEqual([code, out, err], [0, '', '1 cell or model in 1 file: no errors, 0 warnings\n'])
    assert.deepEqual(await command(['check', path('a.cell'), '--json']), { code: 0, out: '{"diagnostics":[]}\n', err: '' })
  })

  it('shows an error as a code frame on stdout, and exits with 1', async () => {
    const { code, out, err } = await command(['check', write('b.cell', misspelt)])
    assert.equal(code, 1)
    assert.equal(
      out,
      `${path('b.cell')}:6:7: error E0302: there is no function or cell \`tahn\`
6 |   h = tahn(W @ x + U @ h[t-1] + b)
  |       ^^^^
  hint: did you mean \`tanh\`?
`,
    )
    assert.equal(err, '1 cell or model in 1 file: 1 error, 0 warnings (`recurve explain-error E0302` says more)\n')
  })

  it('gives programs the same with places: lines and columns from 1, offsets from 0, the end behind the last character', async () => {
    const file = write('b.cell', misspelt)
    const { code, out } = await command(['check', '--json', file])
    assert.equal(code, 1)
    const offset = misspelt.indexOf('tahn')
    assert.deepEqual(JSON.parse(out), {
      diagnostics: [
        {
          code: 'E0302',
          severity: 'error',
          message: 'there is no function or cell `tahn`',
          hint: 'did you mean `tanh`?',
          file,
          start: { line: 6, column: 7, offset },
          end: { line: 6, column: 11, offset: offset + 4 },
          related: [],
        },
      ],
    })
  })

  it('takes several files, and all cells and models of each', async () => {
    const two = misspelt + misspelt.replace('Plain', 'Other').replace('tahn', 'tnah')
    const { code, out, err } = await command(['check', write('a.cell', elman), write('two.cell', two), '--json'])
    assert.deepEqual([code, err], [1, ''])
    assert.deepEqual(
      diagnosticsIn(out).map(d => [d.file, d.start.line]),
      [
        [path('two.cell'), 6],
        [path('two.cell'), 13],
      ],
    )
    const other = await command(['check', path('two.cell'), '--cell', 'Other', '--json'])
    assert.deepEqual(
      diagnosticsIn(other.out).map(d => d.start.line),
      [13],
    )
  })

  it('tells what two cells share once', async () => {
    const shared = `fn f(v) = tahn(v)\n${elman.replace('tanh', 'f')}${elman.replace('tanh', 'f').replace('Plain', 'Other')}`
    const { out } = await command(['check', write('shared.cell', shared), '--json'])
    assert.equal(diagnosticsIn(out).filter(d => d.code === 'E0302').length, 1)
  })

  it('names the cells there are where --cell names none', async () => {
    const { code, out } = await command(['check', write('a.cell', elman), '--cell', 'Plan', '--json'])
    assert.equal(code, 1)
    assert.match(diagnosticsIn(out)[0]!.message, /no cell or model `Plan`; it defines `Plain`/)
    assert.equal(diagnosticsIn(out)[0]!.hint, 'did you mean `Plain`?')
  })

  it('does not fail for warnings', async () => {
    const { code, out } = await command(['check', write('w.cell', elman.replace('+ b)', '+ b * 1e-999)'))])
    assert.equal(code, 0)
    assert.match(out, /:6:\d+: warning W0113: /)
  })

  it('tells with --pedantic what is not wrong, and rarely meant', async () => {
    const file = write('p.cell', elman.replace('+ b)', ')'))
    assert.equal((await command(['check', file])).out, '')
    const { code, out } = await command(['check', file, '--pedantic'])
    assert.equal(code, 0)
    assert.match(out, /warning W0501: the param `b` is never used/)
  })

  it('checks a cell whose counts get their numbers only when it is built', async () => {
    const delayed = elman.replace('(D, H)', '(D, H, K)').replace('[t-1]', '[t-K]')
    assert.equal((await command(['check', write('k.cell', delayed)])).code, 0)
    assert.equal((await command(['check', write('k2.cell', delayed.replace('tanh', 'tahn'))])).code, 1)
    assert.match((await command(['build', path('k.cell')])).err, /E0348/)
    assert.equal((await command(['build', path('k.cell'), '--set', 'K=2'])).code, 0)
  })

  it('places the first byte that is not UTF-8, in the file or in one it imports', async () => {
    const bytes = Buffer.concat([Buffer.from('# caf'), Buffer.from([0xe9, 0x0a]), Buffer.from(elman)])
    const json = await command(['check', '--json', write('latin.cell', bytes)])
    assert.equal(json.code, 1)
    const [d] = diagnosticsIn(json.out)
    assert.deepEqual([d?.message, d?.file, d?.start], ['the byte 0xe9 at offset 5 is not UTF-8', path('latin.cell'), { line: 1, column: 6, offset: 5 }])
    const importer = write('importer.cell', `import { Plain } from "./latin.cell"\n${elman.replace('Plain', 'Own')}`)
    for (const args of [
      ['check', importer],
      ['build', importer],
    ]) {
      const { code, out, err } = await command(args)
      assert.equal(code, 1)
      assert.match(out + err, /latin\.cell:1:6: error E0100: the byte 0xe9 at offset 5 is not UTF-8\n1 \| # caf\n {2}\| {6}\^/)
    }
  })

  it('finds imports beside the file that imports them', async () => {
    mkdirSync(path('parts/deep'), { recursive: true })
    write('parts/deep/inner.cell', 'fn squash(v) = tanh(v)\n')
    write('parts/outer.cell', `import { squash } from "./deep/inner.cell"\nfn twice(v) = squash(squash(v))\n`)
    const main = write('main.cell', `import { twice } from "./parts/outer.cell"\n${elman.replace('tanh', 'twice')}`)
    assert.deepEqual(await command(['check', main]), { code: 0, out: '', err: '1 cell or model in 1 file: no errors, 0 warnings\n' })
    const { code, out } = await command(['check', write('lost.cell', `import { f } from "./nowhere.cell"\n${elman}`)])
    assert.equal(code, 1)
    assert.match(out, /lost\.cell:1:19: error E0213: there is no file/)
  })

  it('goes on with the other files where one cannot be read', async () => {
    const { code, out, err } = await command(['check', path('none.cell'), write('b.cell', misspelt), path('parts')])
    assert.equal(code, 1)
    assert.match(out, /E0302/)
    assert.match(
      err,
      /^error: cannot read .*none\.cell: no such file or directory \(ENOENT\)\nerror: cannot read .*parts: it is a directory \(EISDIR\)\n1 cell or model in 1 file: 3 errors, /,
    )
  })

  it('says nowhere that there are no errors where a file cannot be read', async () => {
    const { code, out, err } = await command(['check', path('none.cell')])
    assert.deepEqual([code, out], [1, ''])
    assert.match(err, /\n0 cells and models in 0 files: 1 error, 0 warnings\n$/)
    const json = await command(['check', path('none.cell'), write('a.cell', elman), '--json'])
    assert.equal(json.code, 1)
    assert.deepEqual(
      diagnosticsIn(json.out).map(d => [d.code, d.file, d.message.replace(/`.*`/, `\`${path('none.cell')}\``)]),
      [['E0221', path('none.cell'), `the file \`${path('none.cell')}\` cannot be read: no such file or directory (ENOENT)`]],
    )
  })

  it('places an import that is no file at the import', async () => {
    mkdirSync(path('folder'), { recursive: true })
    for (const [from, says] of [
      ['./folder', /E0221: the file `.*` cannot be read: it is a directory \(EISDIR\)/],
      ['./', /E0221: the file `.*` cannot be read: it is a directory/],
      ['./nowhere/b.cell', /E0213: there is no file/],
      ['./a.cell/b.cell', /E0213: there is no file/],
      ['./a', /E0213: there is no file `.*`\n(?:.*\n){2} {2}hint: write `"\.\/a\.cell"`/],
    ] as const) {
      write('a.cell', elman)
      const { code, out, err } = await command(['check', write('from.cell', `import { Plain } from "${from}"\n${elman.replace('Plain', 'Own')}`)])
      assert.equal(code, 1)
      assert.match(out, says)
      assert.match(out, /from\.cell:1:23: error/)
      assert.match(err, /: 1 error, 0 warnings/)
    }
  })

  it('gives programs the other places, too', async () => {
    const text = elman.replace('param W', 'param x: [H], W')
    const { out } = await command(['check', write('twice.cell', text), '--json'])
    const [d] = diagnosticsIn(out)
    assert.equal(d?.code, 'E0201')
    assert.deepEqual(
      d.related.map(r => [r.message, r.file, text.slice(r.start.offset, r.end.offset), r.start.line]),
      [['the first', path('twice.cell'), 'x', text.slice(0, text.indexOf('x')).split('\n').length]],
    )
  })

  it('warns of a cell from which nothing comes out', async () => {
    const { code, out } = await command(['check', write('still.cell', 'cell A(D) {\n  input x: [D]\n  y = 2 * x\n}\n')])
    assert.equal(code, 0)
    assert.match(out, /still\.cell:1:6: warning W0509: nothing comes out of `A`/)
    assert.equal((await command(['check', path('still.cell'), '--pedantic'])).out.match(/W0509/g)?.length, 1)
  })

  it('tells of very many errors the first ones, and says so', async () => {
    const many = elman.replace('  h =', `${Array.from({ length: 50 }, (_, i) => `  a${i} = q${i}\n`).join('')}  h =`)
    const { out, err } = await command(['check', write('many.cell', many)])
    assert.equal(out.match(/error E0301/g)?.length, 20)
    assert.match(err, /at least 20 errors/)
  })

  it('reads standard input for -', async () => {
    const { code, out } = await command(['check', '-', '--json'], { stdin: () => Buffer.from(misspelt) })
    assert.equal(code, 1)
    assert.deepEqual(
      diagnosticsIn(out).map(d => [d.file, d.start.line, d.start.column]),
      [['<stdin>', 6, 7]],
    )
  })
})
