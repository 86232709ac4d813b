/** E04…: time. W05…: what is not wrong, and rarely meant. */
import { limits } from '../limits.ts'
import { bare, block, cell, model, type Pages } from './page.ts'

const plain = ['input x: [D]', 'state h: [H]', 'param W: [H, D], U: [H, H]'] as const

export const time: Pages = {
  E0401: {
    title: 'a cycle within one step',
    text: 'A value that needs itself in the same step cannot be computed. The message goes round the cycle; somewhere on it the value of the step before is meant: `h[t-1]`.',
    wrong: cell(...plain, 'h = tanh(W @ x + U @ h)'),
    right: cell(...plain, 'h = tanh(W @ x + U @ h[t-1])'),
  },
  E0402: {
    title: 'a shape that goes round in a circle',
    text: 'What is read at an earlier step must have a shape before its equation is read. Declare it as a state, or state the shape in the equation.',
    wrong: cell('input x: [D]', 'v = 0.5 * v[t-1] + x', 'y = v'),
    right: cell('input x: [D]', 'v: [D] = 0.5 * v[t-1] + x', 'y = v'),
  },
  E0403: {
    title: 'not a delay',
    text: 'Between the brackets of a delay stand `t`, and a number of steps that is known when the code is built: a number, or a dim. So it is known how many earlier values are kept.',
    wrong: cell('input x: [D]', 'y = x[2 * t]'),
    right: cell('input x: [D]', 'y = x[t-2]'),
  },
  E0404: {
    title: 'a look into the future',
    text: 'A cell can be run step by step, so it looks ahead in its inputs only. What it computes at a later step is not there yet: read the input ahead, and compute from that.',
    wrong: cell('input x: [D]', 'v = 2 * x', 'y = v[t+1]'),
    right: cell('input x: [D]', 'y = 2 * x[t+1]'),
  },
  E0405: {
    title: 'an initial value that varies along t',
    text: 'A state begins before the first step. Its initial value may depend on parameters and on `once` inputs.',
    wrong: cell('input x: [D]', 'state h: [D] from x', 'h = 0.5 * h[t-1] + x'),
    right: cell('input x: [D], z: [D] once', 'state h: [D] from z', 'h = 0.5 * h[t-1] + x'),
  },
  E0409: {
    title: 'a state along two sequences',
    text: 'A state has one value at each step. Its equation varies along another sequence as well: reduce it over that one, as attention does.',
    wrong: cell('input x: [D]', 'input m: [D] over s', 'state h: [D]', 'h = 0.5 * h[t-1] + m'),
    right: cell('input x: [D]', 'input m: [D] over s', 'state h: [D]', 'h = 0.5 * h[t-1] + mean(m over s)'),
  },
  E0406: {
    title: 'not a window',
    text: 'A window is the number of steps that a gradient travels back: a whole number, at least 1. Without a `window`, BPTT is full.',
    wrong: model('input x: [D]', 'state h: [D]', 'h = x + h[t-1]', 'loss sum(h)', 'window 0'),
    right: model('input x: [D]', 'state h: [D]', 'h = x + h[t-1]', 'loss sum(h)', 'window 1'),
  },
  E0410: {
    title: 'chunks longer than the window',
    text: '`window k every j` differentiates the losses of j steps at a time, and a gradient travels back k steps from the end of its chunk. With j above k the first losses of a chunk would lie outside of their own window.',
    wrong: model('input x: [D]', 'state h: [D]', 'h = x + h[t-1]', 'loss sum(h)', 'window 2 every 3'),
    right: model('input x: [D]', 'state h: [D]', 'h = x + h[t-1]', 'loss sum(h)', 'window 3 every 2'),
  },
  E0408: {
    title: 'a long chain of equations, the last one first',
    text: `The order of equations does not matter, but where each of more than ${limits.chain} needs the next one below it, put them the other way round. Each is read while the one above it waits, so their number has a limit.`,
  },
  E0407: {
    title: 'a whole sequence on a cycle',
    text: '`reverse`, `first`, `last` and sums over `t` see all steps of a sequence, so what they see cannot depend on what they give. Read the step before, or use the whole sequence where nothing on the cycle needs it.',
    wrong: model('input x: [D]', 'state h: [D]', 'h = x + last(h[t-1])', 'loss sum(h)'),
    right: model('input x: [D]', 'state h: [D]', 'h = x + h[t-1]', 'loss sum(h * last(h))'),
  },
}

export const habits: Pages = {
  W0509: {
    title: 'nothing comes out',
    text: 'Without an output, a state or a loss there is nothing to compute. A value is an output where it is declared as one.',
    wrong: bare('cell A(D)', ['input x: [D]', 'y = x']),
    right: bare('cell A(D)', ['input x: [D]', 'output y', 'y = x']),
  },
  W0501: {
    title: 'declared and never used',
    text: 'Told by `check --pedantic`. The gradient of such a parameter is exactly zero; it is still saved and loaded.',
    wrong: cell(...plain, 'param b: [H]', 'h = tanh(W @ x + U @ h[t-1])'),
    right: cell(...plain, 'param b: [H]', 'h = tanh(W @ x + U @ h[t-1] + b)'),
  },
  W0502: {
    title: 'a state that comes to nothing',
    text: 'Told by `check --pedantic`. No declared output and no loss depends on it, so it costs time and learns nothing.',
    wrong: cell('input x: [D]', 'state h, s: [D]', 'output h', 'h = 0.5 * h[t-1] + x', 's = s[t-1] + x'),
    right: cell('input x: [D]', 'state h, s: [D]', 'output h, s', 'h = 0.5 * h[t-1] + x', 's = s[t-1] + x'),
  },
  W0503: {
    title: 'computed and dropped',
    text: 'Told by `check --pedantic`. Nothing reads the value: often another name was meant where it should be read.',
    wrong: cell(...plain, 'g = W @ x', 'h = tanh(U @ h[t-1] + W @ x)'),
    right: cell(...plain, 'g = W @ x', 'h = tanh(U @ h[t-1] + g)'),
  },
  W0504: {
    title: 'a forget gate that begins by forgetting',
    text: 'Told by `check --pedantic`. With a bias of zero a forget gate begins at one half, and what lies ten steps back has faded to a thousandth. A bias of one is what Gers, Schmidhuber & Cummins (2000) and Jozefowicz et al. (2015) advise.',
    wrong: block('cell A(D, H)', ['input x: [D]', 'state c: [H]', 'param W, V: [H, D], b: [H]', 'f = sigmoid(W @ x + b)', 'c = f * c[t-1] + V @ x']),
    right: block('cell A(D, H)', ['input x: [D]', 'state c: [H]', 'param W, V: [H, D], b: [H] ~ ones', 'f = sigmoid(W @ x + b)', 'c = f * c[t-1] + V @ x']),
  },
  W0505: {
    title: 'a recurrence that nothing bounds',
    text: 'Told by `check --pedantic`. A state that returns to itself through weights, and through no gate, squashing function or normalisation, may double with every step; so may its gradient. Where that is meant (rectified units that begin as the identity), clip gradients.',
    wrong: cell(...plain, 'h = relu(W @ x + U @ h[t-1])'),
    right: cell(...plain, 'h = tanh(W @ x + U @ h[t-1])'),
  },
  W0506: {
    title: 'a gradient that is always zero',
    text: 'Told by `check --pedantic`. Every way from this parameter to what comes out goes through `stop_gradient`, `sign`, `floor` or a condition. Declare it `fixed` if it is not to be learned.',
    wrong: cell('input x: [D]', 'output y', 'param w: [D]', 'y = x * stop_gradient(w)'),
    right: cell('input x: [D]', 'output y', 'param w: [D]', 'y = x * w'),
  },
  W0507: {
    title: 'a parameter that comes to nothing',
    text: 'Told by `check --pedantic`. It is used, but no declared output and no loss depends on what it is used for.',
    wrong: cell('input x: [D]', 'output y', 'param w: [D]', 'v = w * x', 'z = 2 * v', 'y = x'),
    right: cell('input x: [D]', 'output y', 'param w: [D]', 'v = w * x', 'y = 2 * v'),
  },
  W0508: {
    title: 'an output with nothing to train',
    text: 'Told by `check --pedantic`. It depends on no parameter that is learned.',
    wrong: cell('input x: [D]', 'output y, z', 'param w: [D]', 'y = w * x', 'z = 2 * x'),
    right: cell('input x: [D]', 'output y, z', 'param w: [D]', 'y = w * x', 'z = 2 * y'),
  },
}
