import assert from 'node:assert/strict'
import { declared, expand, readProgram, type Program } from '../../dsl/program.ts'
import { resolve } from '../../dsl/imports.ts'
import { std } from '../../dsl/std.generated.ts'
import type { Block, Declaration } from '../../dsl/syntax.ts'
import { full } from './print.ts'

const read = (text: string, files: ReadonlyMap<string, string> = new Map()): Program => {
  const { program, diagnostics } = readProgram('cells/main.cell', text, p => files.get(p))
  assert.deepEqual(diagnostics, [])
  return program!
}

describe('readProgram', () => {
  it('knows all cells of std', () => {
    for (const [file, text] of Object.entries(std))
      for (const [, name] of text.matchAll(/^cell (\w+)/gm)) {
        const program = read(`import { ${name!} } from "std"\ncell Own() { }`)
        assert.equal(program.blocks.get(name!)?.span.file, `std/${file}`)
        assert.deepEqual(program.own, ['Own'])
      }
  })

  it('gives each block the scope of its own file', () => {
    const program = read(
      'import { B } from "./parts/b.cell"\nfn f(x) = 1\ncell A() { }',
      new Map([
        ['cells/parts/b.cell', 'import { C } from "../c.cell"\nfn f(x) = 2\ncell B() { }\ncell Hidden() { }'],
        ['cells/c.cell', 'cell C() { }'],
      ]),
    )
    assert.deepEqual([...program.blocks.keys()], ['B', 'A'])
    assert.deepEqual([...program.files.keys()], ['cells/main.cell', 'cells/parts/b.cell', 'cells/c.cell'])
    const inner = program.scopeOf(program.blocks.get('B')!)
    assert.deepEqual([...inner.blocks.keys()], ['C', 'B', 'Hidden'])
    assert.equal(full(inner.fns.get('f')!.result), '2')
    assert.equal(full(program.scopeOf(program.blocks.get('A')!).fns.get('f')!.result), '1')
    assert.equal(program.scopeOf(inner.fns.get('f')!), inner)
  })

  it('resolves paths against the importing file', () => {
    const table: readonly (readonly [string, string, string])[] = [
      ['a.cell', './b.cell', 'b.cell'],
      ['x/a.cell', './b.cell', 'x/b.cell'],
      ['./x/a.cell', '../b.cell', 'b.cell'],
      ['a.cell', '../b.cell', '../b.cell'],
      ['../a.cell', '../b.cell', '../../b.cell'],
      ['/x/y/a.cell', '../b.cell', '/x/b.cell'],
      ['/a.cell', '../../b.cell', '/../../b.cell'],
      ['C:\\x\\a.cell', './b.cell', 'C:/x/b.cell'],
    ]
    for (const [importer, path, result] of table) assert.equal(resolve(importer, path), result)
  })
})

describe('expand', () => {
  const kinds = (text: string): readonly string[] => {
    const block = read(`cell A(D, H) { ${text} }`).main.items[0] as Block
    const declaration = block.body.find((s): s is Declaration => s.kind === 'declaration')!
    return expand(declaration).map(d => {
      const shape = d.type?.shape === undefined ? '' : `: [${d.type.shape.map(full).join(', ')}]`
      const init = d.init === undefined ? '' : ` ~ ${full(d.init.value)}`
      return d.name.name + shape + init + (d.from === undefined ? '' : ` from ${full(d.from)}`)
    })
  }
  const table: readonly (readonly [string, readonly string[]])[] = [
    ['param Wi, Wf: [H, D], bi: [H]', ['Wi: [H, D]', 'Wf: [H, D]', 'bi: [H]']],
    ['param Ui, Uf: [H, H] ~ orthogonal, b', ['Ui: [H, H] ~ orthogonal', 'Uf: [H, H] ~ orthogonal', 'b']],
    ['param bi, bg: [H], bf: [H] ~ ones', ['bi: [H]', 'bg: [H]', 'bf: [H] ~ ones']],
    ['param a ~ zeros, b: [H] ~ ones', ['a: [H] ~ zeros', 'b: [H] ~ ones']],
    ['input x, y: [D] from 1, z', ['x: [D] from 1', 'y: [D] from 1', 'z']],
    ['output h, c: [H] h = 1 c = 1', ['h', 'c: [H]']],
  ]
  for (const [text, names] of table) it(text, () => assert.deepEqual(kinds(text), names))

  it('declared lists a whole block', () => {
    const block = read('cell A(D) { input x: [D] hyper r = 1 }').blocks.get('A')!
    assert.deepEqual(
      declared(block).map(d => `${d.of} ${d.name.name}`),
      ['input x', 'hyper r'],
    )
  })
})
