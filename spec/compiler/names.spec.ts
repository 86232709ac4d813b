import assert from 'node:assert/strict'
import { compile } from '../../compiler/compile.ts'
import { load } from '../../runtime/load.ts'
import { verify } from '../../runtime/verify/index.ts'

/** Names that mean something in JavaScript mean nothing here. */
const names = (a: readonly string[]): string => `model ${a[0]}(${a[1]}, ${a[2]}) {
  input ${a[3]}: [${a[1]}]
  state ${a[4]}: [${a[2]}]
  output ${a[5]}
  param ${a[6]}: [${a[2]}, ${a[1]}], ${a[7]}: [${a[2]}]
  hyper ${a[8]} = 0.5
  noise ${a[9]}: [${a[2]}] ~ normal(0, 0.1)
  ${a[4]} = tanh(${a[6]} @ ${a[3]} + ${a[8]} * ${a[7]} * ${a[4]}[t-1] + ${a[9]})
  ${a[5]} = 2 * ${a[4]}
  loss sum(${a[5]} * ${a[5]})
}`
const sets: readonly (readonly string[])[] = [
  ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', 'prototype', '__defineGetter__', 'isPrototypeOf', '__lookupSetter__', 'toLocaleString'],
  ['eval', 'undefined', 'let', 'arguments', 'await', 'class', 'static', 'yield', 'NaN', 'Infinity'],
  ['Object', 'Math', 'Float64Array', 'Array', 'globalThis', 'process', 'require', 'module', 'exports', 'function'],
  ['A', 'length', 'name', '__proto__', 'constructor', 'x', 'B', 'T', 't0', 'memory'],
]

describe('names', function () {
  this.timeout(60_000)
  for (const set of sets)
    it(`${set.slice(0, 4).join(', ')}, … are ordinary names`, async () => {
      const text = names(set)
      const { cells, diagnostics } = await verify(text, { runs: 3, seed: 1 })
      assert.deepEqual(diagnostics, [])
      assert.equal(cells[0]!.outcome, 'pass')
      const { create } = await load(text)
      const net = create(
        Object.fromEntries(
          [
            [set[1]!, 2],
            [set[2]!, 3],
          ].map(([k, v]) => [k, v] as const),
        ) as Record<string, number>,
        { t: 2, batch: 1 },
      )
      net.initialise(1)
      assert.deepEqual(
        Object.keys(net.params).sort((a, b) => (a < b ? -1 : 1)),
        [set[6]!, set[7]!].sort((a, b) => (a < b ? -1 : 1)),
      )
      assert.equal(net.inputs[set[3]!]!.length, 4)
      assert.equal(net.hyper[set[8]!], 0.5)
      assert.ok(Number.isFinite(net.forward()))
      net.backward()
      assert.equal(net.grads[set[6]!]!.length, 6)
    })

  it('comments and paths cannot run', async () => {
    const nasty = '*/ globalThis.pwned = 1 /* </script> <!-- `${globalThis.pwned = 1}` \\u2028 \\'
    const text = `# ${nasty}\ncell A(D) {\n  # ${nasty}\n  input x: [D] # ${nasty}\n  output y\n  y = 2 * x # ${nasty}\n}\n`
    for (const target of ['ts', 'wasm'] as const) {
      const { code } = compile(text, { path: `a*/ globalThis.pwned = 1 /*\n globalThis.pwned = 1 //.cell`, target })
      assert.ok(code !== undefined)
      const { create } = (await import(`data:text/javascript,${encodeURIComponent(code.js)}`)) as {
        create: (d: object, s: object) => { forward: () => number }
      }
      create({ D: 2 }, { t: 1, batch: 1 }).forward()
      assert.equal((globalThis as { pwned?: number }).pwned, undefined)
      assert.ok(!code.js.includes('</script>'))
    }
  })
})
