/** E01…: what characters, words and brackets are. */
import { limits } from '../limits.ts'
import { cell, type Pages } from './page.ts'

export const syntax: Pages = {
  E0100: {
    title: 'not UTF-8',
    text: 'A source is UTF-8. A byte of the file, or of one that it imports, is not; the message says at which offset. Save the file as UTF-8.',
  },
  E0101: {
    title: 'something else was expected here',
    text: 'The text up to the underlined place is right, and cannot go on like this. The message lists what could stand there.',
    wrong: cell('input x [D]', 'y = x'),
    right: cell('input x: [D]', 'y = x'),
  },
  E0102: {
    title: 'the file ends too early',
    text: 'The last statement is not finished. Where a bracket is open as well, E0106 shows where it began.',
    wrong: 'fn f(x) =\n',
    right: 'fn f(x) = x * x\ncell A(D) {\n  input x: [D]\n  output y\n  y = f(x)\n}\n',
  },
  E0103: {
    title: 'not a file of cells',
    text: 'A file holds `import`, `fn`, `cell` and `model` blocks, and nothing between them. Code of another language gets one message instead of hundreds.',
    wrong: `${cell('input x: [D]', 'y = x')}y = 2\n`,
    right: cell('input x: [D]', 'y = 2 * x'),
  },
  E0104: {
    title: 'no cell',
    text: 'The file is empty, or holds comments only. A file holds at least one `cell`, `model` or `fn`.',
    wrong: '# An LSTM, soon.\n',
    right: cell('input x: [D]', 'y = x'),
  },
  E0105: {
    title: 'a string that is not one',
    text: 'Strings stand in double quotes and end on their line. They name a file, the edge of a convolution, or the indices of a `contract`.',
    wrong: cell('input x: [D]', 'param k: [3]', "y = conv(x, k, 'same')"),
    right: cell('input x: [D]', 'param k: [3]', 'y = conv(x, k, "same")'),
  },
  E0106: {
    title: 'a bracket that is never closed',
    text: 'The underlined bracket has no partner. The place is that of the opening bracket, since the end of the file says little.',
    wrong: cell('input x: [D]', 'y = tanh(x'),
    right: cell('input x: [D]', 'y = tanh(x)'),
  },
  E0107: {
    title: 'a bracket that closes nothing',
    text: 'There is no open bracket of this kind. It is one too many, or the bracket that opens it was lost.',
    wrong: cell('input x: [D]', 'y = tanh(x))'),
    right: cell('input x: [D]', 'y = tanh(x)'),
  },
  E0108: {
    title: 'a character that has no place in a source',
    text: 'Control characters, marks that turn the direction of writing, and odd kinds of spaces are refused, since they make a text look different from what it is. Delete the character, or write a plain space.',
    wrong: cell('input x: [D]', 'y = x\u00a0+ 1'),
    right: cell('input x: [D]', 'y = x + 1'),
  },
  E0109: {
    title: 'a letter or sign outside of ASCII',
    text: 'Names are ASCII letters, digits and `_`; comments may hold anything. Signs that were pasted from a paper get the right one offered.',
    wrong: cell('input x: [D]', 'y = x − 1'),
    right: cell('input x: [D]', 'y = x - 1'),
  },
  E0110: {
    title: 'a sign that means nothing here',
    text: 'The language has no such operator. Statements end by themselves, without `;`.',
    wrong: cell('input x: [D]', 'y = x;'),
    right: cell('input x: [D]', 'y = x'),
  },
  E0111: {
    title: 'a number written in another way',
    text: 'Numbers are decimal, with a digit on both sides of the point, and without `_` and leading zeros. So `.5` is written `0.5`, and `1_000` is written `1000`.',
    wrong: cell('input x: [D]', 'y = .5 * x'),
    right: cell('input x: [D]', 'y = 0.5 * x'),
  },
  E0112: {
    title: 'a number that is too large',
    text: 'Numbers are double precision: the largest is about 1.8e308. A larger one would be infinite, and so would be what is computed from it; often the exponent has a digit too many.',
    wrong: cell('input x: [D]', 'y = 1e999 * x'),
    right: cell('input x: [D]', 'y = 1e99 * x'),
  },
  W0113: {
    title: 'a number that becomes 0',
    text: 'The number is closer to 0 than double precision can tell. It is taken as 0: write `0` if that is meant, and else look at the exponent.',
    wrong: cell('input x: [D]', 'y = x + 1e-999'),
    right: cell('input x: [D]', 'y = x + 1e-99'),
  },
  E0114: { title: 'a file that is too large', text: `A file holds at most ${limits.bytes} bytes. Put cells into files of their own and import them.` },
  E0115: {
    title: 'nested too deeply',
    text: `Brackets, signs, \`not\` and \`if\` lie at most ${limits.nesting} deep in one another. Give names to the inner parts.`,
  },
  E0116: {
    title: 'a name that is too long',
    text: `A name has at most ${limits.name} characters. Names also stand in messages and in the code that is emitted. Choose a shorter one.`,
    wrong: cell(`input ${'h'.repeat(limits.name + 1)}: [D]`, 'y = 1'),
    right: cell('input h: [D]', 'y = h'),
  },
  E0117: { title: 'an expression that is too long', text: `At most ${limits.depth} operations hang together in one expression. Give names to its parts.` },
  E0118: {
    title: 'comparisons do not chain',
    text: '`a < b < c` would compare a condition with a number. Write both comparisons.',
    wrong: cell('input x: [D]', 'y = if 0 < x < 1 then x else 0'),
    right: cell('input x: [D]', 'y = if 0 < x and x < 1 then x else 0'),
  },
  E0119: {
    title: 'two signs in a row, or a plus sign',
    text: 'Two signs in a row are mostly a slip; parentheses make them meant. There is no sign `+`.',
    wrong: cell('input x: [D]', 'y = --x'),
    right: cell('input x: [D]', 'y = -(-x)'),
  },
  E0120: {
    title: 'a loose operator behind a tight one',
    text: '`if` and `repeat` reach as far right as they can, and `not` is looser than arithmetic: behind an operator they need parentheses. Without them it is hard to see where the operand ends.',
    wrong: cell('input x: [D]', 'y = 2 * if x > 0 then x else 0'),
    right: cell('input x: [D]', 'y = 2 * (if x > 0 then x else 0)'),
  },
  E0121: {
    title: 'a reserved word as a name',
    text: 'Words like `state`, `from` and `new` belong to the language. Function names are free: a name may hide one, with the warning W0211.',
    wrong: cell('input x, new: [D]', 'y = x'),
    right: cell('input x, fresh: [D]', 'y = x + fresh'),
  },
  E0122: {
    title: 'two `over` in one call',
    text: '`over` holds for the whole call, so there is one of it. Write it once; it need not stand behind the first argument.',
    wrong: cell('input x: [D, H]', 'y = concat(x over D, x over H)'),
    right: cell('input x: [D, H]', 'y = concat(x, x over D)'),
  },
  E0123: {
    title: 'a word that begins no statement',
    text: 'A statement is an equation `name = …`, or begins with `input`, `state`, `output`, `param`, `hyper`, `noise`, `target`, `loss`, `total` or `window`. Words of other languages are left out (`let`) or have another name (`weight` is `param`). There are no loops and no choices between statements: a choice is a value, and rounds are written with `repeat`.',
    wrong: cell('input x: [D]', 'output y', 'let y = x'),
    right: cell('input x: [D]', 'output y', 'y = x'),
  },
  E0124: {
    title: 'something else than a name on the left of an equation',
    text: 'An equation says what a name is at every step, so that no step and no index stands on its left side. What the step before gave is read on the right, as `h[t-1]`; the value before the first step stands in the declaration, behind `from`. Several names stand without brackets.',
    wrong: cell('input x: [D]', 'state h: [D]', 'h[t] = x + h[t-1]'),
    right: cell('input x: [D]', 'state h: [D]', 'h = x + h[t-1]'),
  },
  E0125: {
    title: 'an index in braces, as in a formula',
    text: 'Braces hold the statements of a block. A step before is written in brackets, `h[t-1]`; what only makes another name is a part of it, `W_xh`; a power is `x^2`, and a transpose `transpose(W)`.',
    wrong: cell('input x: [D]', 'state h: [D]', 'h = x + h_{t-1}'),
    right: cell('input x: [D]', 'state h: [D]', 'h = x + h[t-1]'),
  },
  E0126: {
    title: 'the parts of a declaration in another order',
    text: 'Behind the name stand, in this order: the type with `over` or `once` and `shared`, then `~` with `scaled` and `fixed`, then `from`. The message shows where the part belongs.',
    wrong: cell('input x: [D]', 'noise m: [D] ~ bernoulli(0.5) once', 'output y', 'y = m * x'),
    right: cell('input x: [D]', 'noise m: [D] once ~ bernoulli(0.5)', 'output y', 'y = m * x'),
  },
  E0127: {
    title: 'a choice as another language writes it',
    text: 'A choice is a value, written `if c then a else b`, entry by entry. The condition comes first, and there is always an `else`.',
    wrong: cell('input x: [D]', 'output y', 'y = x if x > 0 else 0'),
    right: cell('input x: [D]', 'output y', 'y = if x > 0 then x else 0'),
  },
  E0128: {
    title: 'a block inside of another',
    text: 'A file holds `fn`, `cell` and `model` side by side. A function sees only what it is given, so that it loses nothing by standing outside. Move it in front of the block.',
    wrong: cell('input x: [D]', 'output y', 'fn f(v) = 2 * v', 'y = f(x)'),
    right: `fn f(v) = 2 * v\n${cell('input x: [D]', 'output y', 'y = f(x)')}`,
  },
  E0129: {
    title: 'a shape with too many dims',
    text: `A shape has at most ${limits.rank} dims, and as many indices stand in one pair of brackets. Functions and \`new\` make no larger shapes either. \`reshape\` makes one dim of several.`,
    wrong: cell('input x: [D, D, D, D, D, D, D, D, D]', 'output y', 'y = x'),
    right: cell('input x: [D, D, D, D, D, D, D * D * D]', 'output y', 'y = x'),
  },
  E0130: {
    title: 'a list that is too long',
    text: `Arguments, dims, names of a declaration, of an import, and names on the left of an equation are at most ${limits.items} in one list. Divide it into several statements.`,
  },
}
