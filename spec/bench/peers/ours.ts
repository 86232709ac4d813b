/** What the compiler makes of the cell. Variants: `ts`, `wasm`, `wasm+fma`. */
import { fileURLToPath } from 'node:url'
import { passesOf, productFlops } from '../../../cli/commands/bench.ts'
import type { CompileOptions } from '../../../compiler/compile.ts'
import { compileFile } from '../../../runtime/compile-files.ts'
import { hasVectors } from '../../../runtime/engine.ts'
import { importCode } from '../../../runtime/load.ts'
import { AbsentError, serve } from '../serve.ts'
import { absolute, cells, dot, fill } from '../work.ts'

serve({
  hello: () => 'this checkout',
  prepare: async ({ cell, size, params, x, r }, variant) => {
    const { source, block } = cells[cell]
    const options = optionsOf(variant)
    const { code, graph, signature, diagnostics } = compileFile(fileURLToPath(new URL(`../${source}`, import.meta.url)), {
      cell: block,
      dtype: 'f32',
      ...options,
    })
    if (code === undefined || graph === undefined || signature === undefined) throw new AbsentError(diagnostics[0]!.message)
    const dims = { D: size.d, H: size.h }
    const net = (await importCode(code.js)).create(dims, { t: size.t, batch: size.batch })
    for (const p of params) net.params[p.name]!.set(fill(p))
    net.inputs['x']!.set(fill(x))
    const cotangent = fill(r)
    net.outputGrads['h']!.set(cotangent)
    const run = passesOf(net)
    run.training()
    const checks = { loss: dot(net.outputs['h']!, cotangent), dx: absolute(net.inputGrads['x']!), dparams: absolute(...Object.values(net.grads)) }
    return { checks, flops: productFlops(graph, dims, size), run: mode => run[mode]() }
  },
})

function optionsOf(variant: string): CompileOptions {
  const [target, fma] = variant.split('+')
  if (target === 'ts') return { target }
  if (target !== 'wasm') throw new AbsentError('no such target')
  if (!hasVectors(fma !== undefined)) throw new AbsentError('not in this engine')
  return { target, fma: fma !== undefined }
}
