/** E02…: what names are there, and what each may have. */
import { limits } from '../limits.ts'
import { block, cell, model, type Pages } from './page.ts'

/** A file to import from. */
const other = block('cell B(D)', ['input x: [D]', 'y = x'])

export const declarations: Pages = {
  E0201: {
    title: 'a name that is there already',
    text: 'In a file each block has one name, and in a block each name stands for one thing. The message shows the other place.',
    wrong: cell('input x: [D]', 'param x: [D]', 'y = x'),
    right: cell('input x: [D]', 'param w: [D]', 'y = w * x'),
  },
  E0202: {
    title: 'two equations for one name',
    text: 'Equations are not assignments: each name is defined once, and their order does not matter. Inside of a `repeat` names may be bound again.',
    wrong: cell('input x: [D]', 'y = x', 'y = 2 * y'),
    right: cell('input x: [D]', 'z = x', 'y = 2 * z'),
  },
  E0203: {
    title: 'an equation for what comes from outside',
    text: 'Inputs, targets, parameters, hypers and noise get their values from the caller, so they have no equations. What the cell computes is a state, an output, or a name of its own: give the equation such a name.',
    wrong: cell('input x: [D]', 'x = 1'),
    right: cell('input x: [D]', 'y = x + 1'),
  },
  E0204: {
    title: 'a state or output without an equation',
    text: 'Each state and each output needs exactly one equation. Often the name is misspelt in one of the two places.',
    wrong: cell('input x: [D]', 'state h: [D]', 'g = x + h[t-1]'),
    right: cell('input x: [D]', 'state h: [D]', 'h = x + h[t-1]'),
  },
  E0205: {
    title: 'an output that is something else already',
    text: 'An output is a state or has an equation of its own. An input or a parameter can be passed on by one: `y = x`.',
    wrong: cell('input x: [D]', 'output x', 'y = x'),
    right: cell('input x: [D]', 'output y', 'y = x'),
  },
  E0206: {
    title: 'the name of an axis',
    text: '`t` is the number of the step, and the names behind `over` are sequences: in that block they can be nothing else. Choose another name.',
    wrong: cell('input x: [D]', 't = 2 * x'),
    right: cell('input x: [D]', 'y = 2 * x'),
  },
  E0207: {
    title: 'a part that this kind of declaration does not have',
    text: 'Initialisers belong to parameters, distributions to noise, `from` to states and inputs, `once` to inputs, targets and noise. Leave the part out, or declare the name as what is meant.',
    wrong: cell('input x: [D] ~ zeros', 'y = x'),
    right: cell('input x: [D] from 0', 'y = x'),
  },
  E0208: {
    title: 'a hyper without a number, or noise without a distribution',
    text: 'A hyper is a number that the caller may change, and a noise is drawn: both say how in their declaration. Write `hyper rate = 0.1`, or `noise m: [H] ~ bernoulli(0.9)`.',
    wrong: cell('input x: [D]', 'hyper rate', 'y = rate * x'),
    right: cell('input x: [D]', 'hyper rate = 0.1', 'y = rate * x'),
  },
  E0209: {
    title: 'something that only a model has',
    text: 'A cell is what happens in one step. Targets, losses and windows belong to a `model`, which sees whole sequences.',
    wrong: cell('input x: [D]', 'y = x', 'loss sum(y)'),
    right: model('input x: [D]', 'y = x', 'loss sum(y)'),
  },
  E0210: {
    title: 'two windows',
    text: 'A model is truncated in one way. `window 20 every 5` says both numbers.',
    wrong: model('input x: [D]', 'state h: [D]', 'h = x + h[t-1]', 'loss sum(h)', 'window 20', 'window 5'),
    right: model('input x: [D]', 'state h: [D]', 'h = x + h[t-1]', 'loss sum(h)', 'window 20'),
  },
  W0211: {
    title: 'a name that hides a function',
    text: 'Function names are not reserved, so this is allowed; but the function of that name cannot be called here any more. If it is needed, choose another name.',
    wrong: cell('input max: [D]', 'y = max'),
    right: cell('input most: [D]', 'y = most'),
  },
  E0218: {
    title: 'the default of a dim',
    text: 'Dims are whole numbers, at least 1, and so are their defaults. Write such a number, or leave the default out.',
    wrong: 'cell A(D = 0) {\n  input x: [D]\n  output y\n  y = x\n}\n',
    right: 'cell A(D = 1) {\n  input x: [D]\n  output y\n  y = x\n}\n',
  },
  E0219: {
    title: 'a number that is not finite',
    text: 'Hypers and the numbers of initialisers and noise are finite. What is computed from an infinite number is infinite or no number at all. Often the cause is a division by 0.',
    wrong: cell('input x: [D]', 'hyper r = 1 / 0', 'y = r * x'),
    right: cell('input x: [D]', 'hyper r = 1 / 2', 'y = r * x'),
  },
  E0220: {
    title: 'a distribution that does not exist with these numbers',
    text: 'A deviation is at least 0, a chance lies from 0 to 1, and the lower limit of a uniform distribution is not above the upper one. The message says which of these does not hold.',
    wrong: cell('input x: [D]', 'noise m: [D] ~ bernoulli(2)', 'y = m * x'),
    right: cell('input x: [D]', 'noise m: [D] ~ bernoulli(0.2)', 'y = m * x'),
  },
  E0212: {
    title: 'an import from nowhere',
    text: 'Cells come from "std", which ships with the compiler, or from a file, by a path that begins with `./` or `../`. A path without `./` is refused, so that it cannot be taken for the name of a library.',
    wrong: `import { B } from "b.cell"\n${cell('input x: [D]', 'y = x')}`,
    right: `import { B } from "./b.cell"\n${cell('input x: [D]', 'y = x')}`,
    files: { 'b.cell': other },
  },
  E0213: {
    title: 'an imported file that is not there',
    text: 'The path is relative to the file that imports. Look at the spelling, at the folder, and at the ending `.cell`.',
    wrong: `import { B } from "./missing.cell"\n${cell('input x: [D]', 'y = x')}`,
    right: `import { B } from "./b.cell"\n${cell('input x: [D]', 'y = x')}`,
    files: { 'b.cell': other },
  },
  E0221: {
    title: 'a file that cannot be read',
    text: 'There is such a file or folder, and the system does not let it be read; the message says why. Look at its rights, and whether it is a file of cells and no folder.',
  },
  E0214: {
    title: 'a name that the file does not define',
    text: 'An import names cells, models and functions of the other file itself, not what that file imports. Import each name from the file that defines it. The nearest name is offered.',
    wrong: `import { LTSM } from "std"\n${cell('input x: [D]', 'y = x')}`,
    right: `import { LSTM } from "std"\n${cell('input x: [D]', 'y = x')}`,
  },
  E0215: {
    title: 'files that import each other',
    text: 'Imports have no cycles. Move what both need to a third file.',
    wrong: `import { B } from "./b.cell"\n${cell('input x: [D]', 'y = x')}`,
    files: { 'b.cell': `import { A } from "./example.cell"\n${other}` },
    right: `import { B } from "./b.cell"\n${cell('input x: [D]', 'y = x')}`,
    mended: { 'b.cell': other },
  },
  E0216: {
    title: 'imports that lie too deep',
    text: `Files import files at most ${limits.nesting} deep. The message stands in the file whose imports lie too deep. Import from the files at the end of the chain directly.`,
  },
  E0217: {
    title: 'an imported file with errors',
    text: 'The errors of the imported file are shown with it; nothing more can be said before they are mended. Mend that file first.',
    wrong: `import { B } from "./b.cell"\n${cell('input x: [D]', 'y = x')}`,
    files: { 'b.cell': other.replace(':', '') },
    right: `import { B } from "./b.cell"\n${cell('input x: [D]', 'y = x')}`,
    mended: { 'b.cell': other },
  },
}
