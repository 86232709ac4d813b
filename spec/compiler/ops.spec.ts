import assert from 'node:assert/strict'
import { Builder } from '../../compiler/builder.ts'
import type { Graph, Id } from '../../compiler/graph.ts'
import { complexDouble, double, interpret } from '../../compiler/interpret/interpret.ts'
import { wholePass } from '../../compiler/interpret/passes.ts'
import { uniformAt } from '../../compiler/numeric/random.ts'
import { elementwise, type MapOp } from '../../compiler/ops/elementwise.ts'
import { adjointParts } from '../../compiler/passes/differentiate.ts'
import { tangentPart } from '../../compiler/passes/tangent.ts'

/** Every row of the elementwise table: three columns of its own say what its derivative is, and must agree. */

const points = 200
const step = 2 ** -100

const face: Graph['face'] = {
  params: new Map(),
  inputs: new Map(),
  targets: new Map(),
  hyper: new Map(),
  noise: new Map(),
  lengths: new Map(),
  states: new Map(),
  outputs: new Map(),
  streams: new Map(),
}

describe('elementwise ops', () => {
  for (const [op, row] of Object.entries(elementwise) as [MapOp, (typeof elementwise)[MapOp]][])
    row.params.forEach((param, k) => {
      if (row.adjoint[k] === null) {
        it(`${op}: nothing flows to ${param}, in either direction`, () => assert.equal(row.tangent[k], null))
        return
      }
      it(`${op}: adjoint, tangent and complex step agree on ${param}`, () => {
        const b = new Builder()
        const args = row.params.map(p => {
          const v = b.source({ role: 'hyper', name: p }, { shape: [], axes: [], type: 'real' })
          return op === 'select' && p === 'c' ? b.map('gt', v, b.constant(0)) : v
        })
        const y = b.add(op, args, {})
        const adjoint = b.fit(adjointParts(b, b.node(y), b.constant(1))[k]!, b.node(args[k]!))
        const tangent = tangentPart(b, b.node(y), k, b.constant(1))!
        const graph: Graph = { nodes: b.nodes, face }
        const ids: readonly Id[] = [y, adjoint, tangent]
        for (let i = 0; i < points; i++) {
          const [lo, hi] = row.domain
          const values = row.params.map((_, j) => lo + (hi - lo) * uniformAt(7 + i, j, 0))
          const read = (n: { attrs: { name?: string } }): { re: number[]; im: number[] } => {
            const j = (row.params as readonly string[]).indexOf(n.attrs.name!)
            return { re: [values[j]!], im: [j === k ? step : 0] }
          }
          const run = { graph, sizes: { t: 1, b: 1, dims: {} }, read, pass: wholePass, roots: ids }
          const plain = interpret({ ...run, arithmetic: double })
          const complex = interpret({ ...run, arithmetic: complexDouble }).get(y)!.im![0]! / step
          const [a, t] = [plain.get(adjoint)!.re[0]!, plain.get(tangent)!.re[0]!]
          const near = (x: number, z: number): boolean => Math.abs(x - z) <= 1e-12 * (1 + Math.abs(z))
          assert.ok(near(a, t), `at ${values.join(', ')}: adjoint ${a}, tangent ${t}`)
          assert.ok(near(a, complex), `at ${values.join(', ')}: adjoint ${a}, complex step ${complex}`)
        }
      })
    })

  it('ties go as documented', () => {
    const value = (op: 'relu' | 'abs' | 'max' | 'min' | 'clamp', at: readonly number[], k: number): number => {
      const b = new Builder()
      const args = at.map((_, i) => b.source({ role: 'hyper', name: `v${i}` }, { shape: [], axes: [], type: 'real' }))
      const y = b.add(op, args, {})
      const id = adjointParts(b, b.node(y), b.constant(1))[k]!
      const read = (n: { attrs: { name?: string } }): { re: number[] } => ({ re: [at[Number(n.attrs.name!.slice(1))]!] })
      return interpret({ graph: { nodes: b.nodes, face }, sizes: { t: 1, b: 1, dims: {} }, read, pass: wholePass, roots: [id], arithmetic: double }).get(id)!
        .re[0]!
    }
    assert.equal(value('relu', [0], 0), 0)
    assert.equal(value('abs', [0], 0), 0)
    assert.deepEqual(
      [0, 1].map(k => value('max', [2, 2], k)),
      [1, 0],
    )
    assert.deepEqual(
      [0, 1].map(k => value('min', [2, 2], k)),
      [1, 0],
    )
    assert.deepEqual(
      [
        [-1, -1, 1],
        [1, -1, 1],
      ].map(at => value('clamp', at, 0)),
      [1, 1],
    )
  })
})
