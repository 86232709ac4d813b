import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { elementwise } from '../../compiler/ops/elementwise.ts'
import type { Derivative } from '../../compiler/passes/differentiate.ts'
import { gradientProperties, verify, type CellResult, type VerifyOptions } from '../../runtime/verify/index.ts'

const std = (file: string): string => readFileSync(new URL(`../../dsl/std/${file}.cell`, import.meta.url), 'utf8')

const verified = async (text: string, options: VerifyOptions): Promise<CellResult> => {
  const { cells, diagnostics } = await verify(text, { runs: 12, seed: 7, ...options })
  assert.deepEqual(
    diagnostics.filter(d => d.severity === 'error'),
    [],
  )
  return cells[0]!
}

const failing = (cell: CellResult): readonly string[] => cell.checks.filter(c => c.outcome === 'fail').map(c => c.check)

/** Runs with another adjoint for an op. */
const withAdjoint = async (op: keyof typeof elementwise, adjoint: readonly string[], run: () => Promise<void>): Promise<void> => {
  const row = elementwise[op] as { adjoint: readonly (string | null)[] }
  const right = row.adjoint
  row.adjoint = adjoint
  try {
    await run()
  } finally {
    row.adjoint = right
  }
}

/** Rewrites the attributes of nodes. */
const tampered = (d: Derivative, change: (n: Derivative['graph']['nodes'][number], i: number) => Derivative['graph']['nodes'][number]): Derivative => ({
  ...d,
  graph: { ...d.graph, nodes: d.graph.nodes.map(change) },
})

const lstm = std('lstm')

describe('verify', function () {
  this.timeout(60_000)

  for (const file of ['elman', 'gru', 'lstm']) for (const { name, run } of gradientProperties(std(file), { runs: 6, seed: 1 })) it(`${file}.cell: ${name}`, run)

  it('a wrong adjoint of tanh is found, and the equation is named', () =>
    withAdjoint('tanh', ['dy * (1 + y * y)'], async () => {
      const cell = await verified(lstm, { cell: 'CoupledLSTM', path: 'lstm.cell' })
      assert.ok(failing(cell).includes('adjoint against tangent (dot test, of edge mass)'))
      assert.match(cell.report!, /tanh/)
      assert.match(cell.report!, /lstm\.cell:\d+:\d+: (g = tanh|h = o \* tanh)/)
      assert.match(cell.report!, /smallest case: t=1 batch=1/)
    }))

  it('a rule that is wrong in adjoint and tangent alike is found by the complex step', async () => {
    const row = elementwise.sigmoid as { tangent: readonly (string | null)[] }
    const right = row.tangent
    row.tangent = ['2 * (da * sigmoid(a) * sigmoid(-a))']
    try {
      await withAdjoint('sigmoid', ['2 * (dy * (y * (1 - y)))'], async () => {
        const cell = await verified(lstm, { cell: 'CoupledLSTM' })
        assert.deepEqual(failing(cell), ['adjoint against complex step (of edge mass)'])
      })
    } finally {
      row.tangent = right
    }
  })

  it('a cut on h but not on c is found, where there is a window', async () => {
    const cell = await verified(lstm, {
      cell: 'LSTM',
      runs: 40,
      alter: {
        derivative: d => {
          // The advance that feeds the adjoint of c loses its cut.
          const c = d.graph.gradients!.adjoints.get('c')
          const adds = (id: number): readonly number[] => [id, ...(d.graph.nodes[id]!.op === 'add' ? d.graph.nodes[id]!.args.flatMap(adds) : [])]
          const advance = adds(c!).find(id => d.graph.nodes[id]!.op === 'shift')
          assert.notEqual(advance, undefined)
          return tampered(d, n => (n.id === advance ? { ...n, attrs: { ...n.attrs, cut: false } } : n))
        },
      },
    })
    assert.ok(failing(cell).includes('adjoint against tangent (dot test, of edge mass)'))
  })

  it('a forgotten step in the sum for a weight is found in the emitted code', async () => {
    const cell = await verified(std('elman'), { cell: 'Jordan', alter: { code: js => js.replaceAll('k0 < passSteps * B;', 'k0 < (passSteps - 1) * B;') } })
    assert.deepEqual(failing(cell), ['emitted code against the interpreter (entries that differ)'])
    assert.match(cell.report!, /gradient of/)
  })

  it('swapped operands of a difference are found in the emitted code', async () => {
    const cell = await verified(lstm, { cell: 'CoupledLSTM', alter: { code: js => js.replace(/(const \w+ = [^\n]*?)\(1 - (\w+)\)/, '$1($2 - 1)') } })
    assert.ok(failing(cell).includes('emitted code against the interpreter (entries that differ)'))
  })

  it('a planted fault in the graph is found as well: a product with the wrong operand', async () => {
    const cell = await verified(std('gru'), {
      cell: 'GRU',
      alter: {
        derivative: d => {
          const last = d.graph.nodes.findLast(n => n.id >= d.forward && n.op === 'mul')!
          return tampered(d, n => (n.id === last.id ? { ...n, args: [n.args[0]!, n.args[0]!] } : n))
        },
      },
    })
    assert.equal(cell.outcome, 'fail')
  })
})
