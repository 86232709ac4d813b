/**
 * `npm run bench:compile`: how long compiling takes, warm, for texts of 1 to 64 KB. A text is one cell of many gates, or
 * many cells, of which one is compiled; a check reads all of them.
 */
import { checkText } from '../../cli/check-text.ts'
import { compile } from '../../compiler/compile.ts'
import { blocks, broken } from '../dsl/mutants.ts'

const gate = (i: number): string => `  param W${i}: [H, D], U${i}: [H, H] ~ orthogonal, b${i}: [H]\n  g${i} = sigmoid(W${i} @ x + U${i} @ h[t-1] + b${i})\n`
const wide = (bytes: number): string => {
  let text = 'cell Wide(D, H) {\n  input x: [D]\n  state h: [H]\n'
  let n = 0
  while (text.length < bytes - 2500) text += gate(n++)
  const mean = Array.from({ length: Math.min(n, 300) }, (_, i) => `g${i}`).join(' + ')
  return `${text}  h = tanh(${mean})\n}\n`
}
/** Those that stand alone. */
const single = blocks.filter(b => /^(?:cell|model) /.test(b))
const many = (bytes: number): string => {
  let text = ''
  for (let i = 0; text.length < bytes - 700; i++) text += `${single[i % single.length]!.replace(/^(\w+) (\w+)/, `$1 $2_${i}`)}\n`
  return text
}
const best = (run: () => void, times = 3): number => {
  let least = Infinity
  for (let i = 0; i < times; i++) {
    const start = performance.now()
    run()
    least = Math.min(least, performance.now() - start)
  }
  return least
}

compile(wide(1000))
console.log('KB   one cell: compile, ms   many cells: check of all, ms   compile of the last, ms')
for (const kb of [1, 2, 4, 8, 16, 32, 63]) {
  const [a, b] = [wide(kb * 1024), many(kb * 1024)]
  const times = kb > 16 ? 1 : 3
  const row = [best(() => void compile(a), times), best(() => void checkText('a.cell', b), times), best(() => void compile(b), times)]
  console.log(`${String(kb).padStart(2)}   ${row.map(ms => ms.toFixed(0).padStart(20)).join('   ')}`)
}
let worst = 0
for (let seed = 1; seed <= 2000; seed++)
  worst = Math.max(
    worst,
    best(() => void checkText('a.cell', broken(seed).text), 1),
  )
console.log(`2,000 mutants: the slowest check took ${worst.toFixed(0)} ms`)
