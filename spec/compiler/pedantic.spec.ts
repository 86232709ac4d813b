import assert from 'node:assert/strict'
import { elaborate } from '../../compiler/elaborate/elaborate.ts'
import { pedantic } from '../../compiler/pedantic.ts'
import { readProgram } from '../../dsl/program.ts'

const warnings = (text: string): readonly string[] => {
  const { program, diagnostics } = readProgram('a.cell', text)
  assert.deepEqual(diagnostics, [])
  return program!.own.flatMap(name => {
    const block = program!.blocks.get(name)!
    const { graph } = elaborate(program!, block)
    return pedantic(block, graph!).map(d => `${d.code} ${text.slice(d.span.start, d.span.end)}`)
  })
}
const cell = (declarations: string, equations: string): string => `cell A(D, H) {\n input x: [D]\n ${declarations}\n ${equations}\n}`
const simple = 'h = tanh(W @ x + U @ h[t-1])'
const lstm = (bf: string, c = 'f * c[t-1] + i * g'): string =>
  cell(
    `state h, c: [H] param Wi, Wf: [H, D], bi, bg: [H], bf: [H] ${bf}`,
    `i = sigmoid(Wi @ x + bi) f = sigmoid(Wf @ x + bf) g = tanh(bg + h[t-1]) c = ${c} h = tanh(c)`,
  )

/** What is told of a source, and what is not. */
const table: readonly (readonly [what: string, source: string, told: readonly string[]])[] = [
  ['nothing of a plain cell', cell('state h: [H] param W: [H, D], U: [H, H]', simple), []],
  ['a param that is never used', cell('state h: [H] param W: [H, D], U: [H, H], b: [H]', simple), ['W0501 b']],
  [
    'a dim, a hyper, a noise and an input',
    `cell A(D, H, K) { input x, z: [D] state h: [D, H] hyper r = 1 noise m ~ bernoulli(0.5) h = tanh(h[t-1]) * x[:, new] }`,
    ['W0501 K', 'W0501 z', 'W0501 r', 'W0501 m'],
  ],
  ['a state that comes to nothing', cell('state h, s: [H] output y: [H] param W: [H, D], U: [H, H]', `${simple} s = s[t-1] + h y = h`), ['W0502 s']],
  ['a param that comes to nothing', cell('state h, s: [H] output y: [H] param W: [H, D], U, V: [H, H]', `${simple} s = V @ h y = h`), ['W0502 s', 'W0507 V']],
  ['a value that is dropped', cell('state h: [H] param W: [H, D], U: [H, H]', `${simple} e = h * h`), ['W0503 e']],
  ['a forget bias of zero', lstm(''), ['W0504 bf']],
  ['not one of ones', lstm('~ ones'), []],
  ['not a mean of old and new', lstm('', 'f * c[t-1] + (1 - f) * i * g'), []],
  [
    'a forget bias in parts and rows',
    `cell A(D, N, C) { input x: [D] state c: [N, C] param W: [2 * N, D], b: [2 * N] f, i = split(W @ x + b, 2) c = sigmoid(f)[:, new] * c[t-1] + i[:, new] }`,
    ['W0504 b'],
  ],
  ['rectified units', cell('state h: [H] param W: [H, D], U: [H, H]', 'h = relu(W @ x + U @ h[t-1])'), ['W0505 h']],
  ['a vector of weights', cell('state h: [H] param W: [H, D], u: [H]', 'h = W @ x + u * h[t-1]'), ['W0505 h']],
  ['not a sum', cell('state h: [H] param W: [H, D]', 'h = W @ x + h[t-1]'), []],
  ['not what is clamped', cell('state h: [H] param W: [H, D], U: [H, H]', 'h = clamp(W @ x + U @ h[t-1], -1, 1)'), []],
  ['a gradient that is cut', cell('state h: [H] param W: [H, D], U: [H, H]', 'h = tanh(W @ x + stop_gradient(U @ h[t-1]))'), ['W0506 U']],
  [
    'a gradient through signs and conditions',
    cell('state h: [H] param W, V: [H, D], U: [H, H]', 'h = if V @ x > 0 then tanh(U @ h[t-1]) else sign(W @ x)'),
    ['W0506 W', 'W0506 V'],
  ],
  ['not where another way is open', cell('state h: [H] param W: [H, D], U: [H, H]', 'h = tanh(W @ x + U @ h[t-1] + stop_gradient(U @ h[t-1]))'), []],
  [
    'not what is fixed',
    cell('state h: [H] param W: [H, D], U: [H, H] fixed', 'h = tanh(W @ x + stop_gradient(U @ h[t-1]))').replace('[H, H] fixed', '[H, H] ~ orthogonal fixed'),
    [],
  ],
  ['an output that nothing trains', cell('state h: [H] output h, z: [D] param W: [H, D], U: [H, H]', `${simple} z = x * 2`), ['W0508 z']],
]

describe('pedantic warnings', () => {
  for (const [what, source, told] of table) it(what, () => assert.deepEqual(warnings(source), told))
})
