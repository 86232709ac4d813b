/**
 * Every message about a mistake of the author, in the order of the codes. A message is one sentence in the author's own
 * names; a hint says what to write instead, where that is likely. Codes never change their meaning.
 */
import type { Diagnostic } from './diagnostics.ts'
import { write } from './hints.ts'
import { limits } from './limits.ts'
import type { Span } from './syntax.ts'

export interface Message {
  /** `E…` is an error, `W…` a warning. */
  readonly code: string
  readonly message: string
  readonly hint?: string
}

/** A message with its place. */
export const report = (span: Span, message: Message, related?: Diagnostic['related']): Diagnostic => ({
  code: message.code,
  severity: message.code.startsWith('W') ? 'warning' : 'error',
  message: message.message,
  ...(message.hint === undefined ? {} : { hint: message.hint }),
  span,
  ...(related === undefined || related.length === 0 ? {} : { related: related.slice(0, limits.related) }),
})

/** Whatever names and shapes are in it, a sentence stays one that can be read. */
const short = (text: string): string => (text.length > limits.message ? `${text.slice(0, limits.message - 1)}…` : text)
const make = (code: string, message: string, hint?: string): Message =>
  hint === undefined ? { code, message: short(message) } : { code, message: short(message), hint: short(hint) }

/** Source text inside a message: never longer than a short line. */
export const quote = (text: string): string => `\`${text.length > 40 ? `${text.slice(0, 40)}…` : text}\``
const meant = (candidate: string | undefined): string | undefined => (candidate === undefined ? undefined : `did you mean ${quote(candidate)}?`)
/** A way through names that comes back to the first: of a long one, the ends. */
const chain = (names: readonly string[], by: string): string =>
  (names.length > 9 ? [...names.slice(0, 5), '…', ...names.slice(-2)] : names).map(n => (n === '…' ? n : quote(n))).join(by)
/** A list of names, of which the first ones say enough. */
const listed = (names: readonly string[]): string => {
  const most = 12
  return `${names.slice(0, most).map(quote).join(', ')}${names.length > most ? ` and ${names.length - most} more` : ''}`
}
/** `a`, `a or b`, `a, b or c`. */
const either = (words: readonly string[]): string => (words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)!}`)
const codePoint = (c: number): string => `U+${c.toString(16).toUpperCase().padStart(4, '0')}`
const article = (word: string): string => (/^[aeiou]/.test(word) ? `an ${word}` : `a ${word}`)

/** Messages about the text alone: what its characters, words and brackets are. */
const syntax = {
  unexpected: (found: string, expected: readonly string[], hint?: string) => make('E0101', `expected ${either(expected)}, not ${quote(found)}`, hint),
  incomplete: (after: string, expected: readonly string[], hint?: string) => make('E0101', `expected ${either(expected)} after ${quote(after)}`, hint),
  unexpectedEnd: (expected: readonly string[]) => make('E0102', `unexpected end of the file: expected ${either(expected)}`),
  foreign: (hint: string) => make('E0103', 'this is not the cell language: a file holds `import`, `fn`, `cell` and `model` blocks', hint),
  stray: (found: string, hint?: string) => make('E0103', `${quote(found)} begins no block: a file holds \`import\`, \`fn\`, \`cell\` and \`model\``, hint),
  noCell: () => make('E0104', 'no cell defined', 'a cell begins `cell Name(D, H) {`'),
  openString: () => make('E0105', 'this string is never closed', 'a string ends with `"` on the same line'),
  singleQuotes: (text: string) => make('E0105', 'a string stands in double quotes', `write ${quote(`"${text}"`)}`),
  unclosed: (bracket: string, before: string | undefined, expected: readonly string[] = []) =>
    make(
      'E0106',
      before === undefined
        ? `unexpected end of the file: this \`${bracket}\` is never closed${expected.length === 0 ? '' : `, and ${either(expected)} was expected`}`
        : `this \`${bracket}\` is not closed before ${quote(before)}`,
    ),
  unopened: (bracket: string) => make('E0107', `this \`${bracket}\` closes nothing`),
  character: (c: number, hint?: string) => make('E0108', `the character ${codePoint(c)} is not allowed in a source file`, hint),
  notAscii: (text: string, hint?: string) => {
    const [first] = [...text].map(c => c.codePointAt(0)!)
    const name =
      [...text].length > 1 ? quote(text) : /[\p{L}\p{N}\p{P}\p{S}]/u.test(text) ? `${quote(text)} (${codePoint(first!)})` : `the character ${codePoint(first!)}`
    return make('E0109', `${name} cannot stand here: names are ASCII letters, digits and \`_\``, hint)
  },
  symbol: (text: string, hint?: string) => make('E0110', `${quote(text)} means nothing in this language`, hint),
  badNumber: (text: string, hint?: string) => make('E0111', `${quote(text)} is not a number: numbers are written like \`12\`, \`0.5\` or \`1e-3\``, hint),
  overflow: (text: string) => make('E0112', `the number ${quote(text)} is too large: the largest is about 1.8e308`),
  underflow: (text: string) => make('W0113', `the number ${quote(text)} is so small that it becomes 0`),
  fileTooLarge: (bytes: number) => make('E0114', `the file is too large: it has ${bytes} bytes, and the limit is ${limits.bytes}`),
  nesting: () => make('E0115', `nested too deeply: brackets, signs, \`not\` and \`if\` may lie at most ${limits.nesting} deep`),
  longName: (name: string) => make('E0116', `the name ${quote(name)} has ${name.length} characters; the limit is ${limits.name}`),
  longExpression: () => make('E0117', `the expression is too long: at most ${limits.depth} operations may hang together`, 'give a name to a part of it'),
  chained: () => make('E0118', 'comparisons do not chain', 'write `a < b and b < c`'),
  signs: (text: string) => make('E0119', `two signs in a row, ${quote(text)}, are not allowed`, 'put the second in parentheses'),
  plus: () => make('E0119', 'there is no sign `+`', 'leave it out'),
  parentheses: (what: string) => make('E0120', `\`${what}\` is looser than the operator before it`, `put the \`${what}\` in parentheses`),
  repeatOperator: () => make('E0120', '`repeat` takes no operator', 'put the `repeat` in parentheses'),
  reserved: (word: string, equation = false) =>
    make(
      'E0121',
      `\`${word}\` is a reserved word, not a name`,
      `choose another name, such as \`${word}_\`${equation && (word === 'loss' || word === 'window') ? `; a ${word} is written \`${word} …\`, without \`=\`` : ''}`,
    ),
  nestedBlock: (word: string) =>
    make('E0128', `a \`${word}\` cannot stand inside of another block`, 'a file holds `fn`, `cell` and `model` side by side: move it out'),
  rank: () => make('E0129', `a shape has at most ${limits.rank} dims, and a pair of brackets as many indices`),
  longList: () => make('E0130', `a list has at most ${limits.items} items`, 'divide it: into several statements, or calls'),
  twoOvers: () => make('E0122', 'one call takes one `over`', 'it holds for the whole call'),
  statementWord: (word: string, hint: string) => make('E0123', `${quote(word)} begins no statement`, hint),
  choiceStatement: (name: string) => make('E0123', '`if` begins no statement: a choice is a value', `write \`${name} = if … then … else …\``),
  returned: (name: string) => make('E0123', '`return` belongs to functions: what comes out of a cell is declared', write(`output ${name}`)),
  nameless: (text: string) =>
    make('E0123', `${quote(text)} is a value without a name`, 'write `y = …`; if it belongs to the line before it, an operator is missing there'),
  docText: () => make('E0123', 'a text in quotes begins no statement', 'a comment begins with `#`'),
  indexedTarget: (name: string, index: string, inside: string) =>
    make(
      'E0124',
      `${quote(index)} cannot stand on the left: an equation says what ${quote(name)} is at every step`,
      inside === 't+1'
        ? `write \`${name} = …\`, with \`[t-1]\` for what the step before gave`
        : inside === '0' || inside === 't-1'
          ? `the value before the first step is declared: \`state ${name}: … from …\``
          : `write \`${name} = …\``,
    ),
  bracketedTargets: (names: string) => make('E0124', 'names on the left stand without brackets', `write \`${names} = …\``),
  braces: (text: string, mend: string | undefined) =>
    make('E0125', `${quote(text)} is no name: braces hold the statements of a block`, mend === undefined ? 'a name has letters, digits and `_`' : write(mend)),
  partOrder: (part: string, before: string | undefined, mend: string) =>
    make('E0126', before === undefined ? `${quote(part)} stands behind the type` : `${quote(part)} stands before ${quote(before)}`, write(mend)),
  partBehind: (part: string, mend: string) => make('E0126', `${quote(part)} stands behind the initialiser`, write(mend)),
  choice: (test: string, yes: string, no: string) => make('E0127', 'a choice is written `if … then … else …`', write(`if ${test} then ${yes} else ${no}`)),
  update: (name: string, sign: string) =>
    make('E0101', `expected \`=\`, not ${quote(sign)}`, `write \`${name} = ${name} ${sign[0]!} …\`, or \`${name}[t-1]\` for the value before`),
  instead: (found: string, here: string, mend = here) => make('E0101', `expected ${quote(here)}, not ${quote(found)}`, write(mend)),
  lacks: (word: string, before: string) => make('E0101', `expected ${quote(word)} before ${quote(before)}`, `write \`${word} ${before}\``),
  tuple: (shape: string | undefined, values: string) =>
    make(
      'E0101',
      'parentheses hold one value',
      shape === undefined ? `values are joined by \`concat(${values})\`` : `a shape stands in brackets: \`${shape}\``,
    ),
  commaBehind: () => make('E0101', 'an equation ends without `,`', 'leave the `,` out'),
  lossColon: (mend: string) => make('E0101', 'expected an expression, not `:`', write(mend)),
  importLibrary: (name: string) =>
    make(
      'E0101',
      `${quote(name)} is no file of cells: an import takes cells and functions from a file`,
      'leave it out: functions are called by their names alone',
    ),
  oddHead: (found: string, mend: string) => make('E0101', `expected a name, not ${quote(found)}`, write(mend)),
  equationBehindComma: (name: string) =>
    make('E0101', `expected a declared name behind the \`,\`, not the equation of ${quote(name)}`, 'leave the `,` before it out'),
  lastComma: (before: string) => make('E0101', `nothing stands between this \`,\` and ${quote(before)}`, 'leave the `,` out'),
  sideBySide: (left: string, right: string, sign: string | undefined) =>
    make(
      'E0101',
      `expected an operator between ${quote(left)} and ${quote(right)}`,
      sign === undefined ? '`@` multiplies matrices, `*` numbers; arguments stand in parentheses' : write(`${left} ${sign} ${right}`),
    ),
  chainedEquation: (value: string, name: string) =>
    make('E0101', 'an equation has one `=`', `give ${quote(value)} an equation of its own, and write \`${name} = ${value}\``),
  listedValues: (mends: readonly [string, string]) => make('E0101', 'an equation has one value', `write ${mends.map(m => quote(m)).join(' and ')}`),
  bareType: (name: string, shape: string | undefined) =>
    make(
      'E0101',
      'expected a shape in brackets',
      shape === undefined ? 'a type is a shape in brackets, such as `[D]`, or `index(V)`' : write(`${name}: ${shape}`),
    ),
  joinedDims: (shape: string) => make('E0101', 'the dims of a shape stand in one pair of brackets, with commas between', write(shape)),
  hyperType: (name: string, value: string) => make('E0101', 'expected `=`, not `:`', write(`hyper ${name} = ${value}`)),
  missingColon: (mend: string) => make('E0101', 'expected `:` before the type', write(mend)),
  missingValue: (mend: string) => make('E0101', 'expected `=` before the number', write(mend)),
  missingPart: (mend: string) => make('E0101', 'expected `~` or `from` before the initial value', write(mend)),
  headLacks: (wanted: string, found: string, mend: string) => make('E0101', `expected ${quote(wanted)}, not ${quote(found)}`, write(mend)),
  typedDim: (name: string) => make('E0101', 'expected `)` or `,`, not `:`', `dims are whole numbers: write ${quote(name)} alone`),
  importForm: (mend: string) => make('E0101', 'an import has its names in braces and its source in quotes', write(mend)),
} as const

/** Messages about declarations and imports: what names are there, and what each may have. */
const declarations = {
  duplicate: (name: string, what: string, before: string) =>
    make('E0201', what === before ? `the ${what} ${quote(name)} is there already` : `${quote(name)} is there already, as ${article(before)}`),
  twoEquations: (name: string) => make('E0202', `${quote(name)} has two equations`, 'each name is defined once: give one of them another name'),
  inputEquation: (name: string, kind: string) =>
    make(
      'E0203',
      `the ${kind} ${quote(name)} cannot have an equation`,
      kind === 'input' ? 'declare it as `state` or `output`, or give the equation another name' : undefined,
    ),
  noEquation: (kind: string, name: string, candidate?: string, instead?: string) =>
    make(
      'E0204',
      `the ${kind} ${quote(name)} has no equation`,
      meant(candidate) ?? `write \`${name} = …\`${instead === undefined ? '' : ` in the place of \`${instead} = …\`: an equation holds at every step`}`,
    ),
  outputOf: (name: string, kind: string) => make('E0205', `the output ${quote(name)} is ${article(kind)}; an output needs a state or an equation`),
  axisName: (name: string) =>
    make('E0206', `${quote(name)} is the name of an axis here, and cannot be ${name === 't' ? 'defined: `t` is the time' : 'anything else'}`),
  notHere: (what: string, kind: string, name: string, hint?: string) => make('E0207', `the ${kind} ${quote(name)} cannot have ${what}`, hint),
  initMissing: (name: string) =>
    make('E0208', `the noise ${quote(name)} needs a distribution`, `write \`~ bernoulli(p)\`, \`~ normal(mean, std)\` or \`~ uniform(lo, hi)\``),
  valueMissing: (name: string) => make('E0208', `the hyper ${quote(name)} needs a number`, `write \`hyper ${name} = 0.1\``),
  modelOnly: (what: string) => make('E0209', `\`${what}\` can stand in a \`model\` only`, 'a model wires cells together'),
  twoWindows: () => make('E0210', 'a model has one `window`'),
  hidesFunction: (name: string) => make('W0211', `${quote(name)} hides the function of that name`, 'give it another name if you want to call the function'),
  importSource: (from: string) =>
    make(
      'E0212',
      `${quote(from)} is neither "std" nor a path that begins with \`./\` or \`../\``,
      from.endsWith('.cell') ? `write \`"./${from}"\`` : undefined,
    ),
  fileMissing: (path: string, candidate?: string) =>
    make('E0213', `there is no file ${quote(path)}`, candidate === undefined ? undefined : `write \`"${candidate}"\``),
  fileUnreadable: (path: string, why: string) => make('E0221', `the file ${quote(path)} cannot be read: ${why}`),
  nameMissing: (name: string, from: string, candidate?: string) =>
    make('E0214', `${quote(from)} has no cell, model or function ${quote(name)}`, meant(candidate)),
  importCycle: (paths: readonly string[]) => make('E0215', `the files import each other: ${chain(paths, ' -> ')}`),
  importDepth: () => make('E0216', `imports may lie at most ${limits.nesting} files deep`),
  brokenImport: (path: string) => make('E0217', `the imported file ${quote(path)} has errors`),
  dimDefault: (name: string) => make('E0218', `the default of the dim ${quote(name)} must be a whole number, at least 1`),
  notFinite: (text: string) => make('E0219', `${quote(text)} is not a finite number`),
  badDistribution: (why: string) => make('E0220', why),
} as const

/** An operand as it is shown: its text and its shape. */
export interface Shown {
  readonly text: string
  readonly shape: string
}
const shown = (operands: readonly Shown[]): string => operands.map(o => `${quote(o.text)} is ${o.shape}`).join(', ')

/** Messages about what names and expressions mean. */
const meanings = {
  undefinedName: (name: string, candidate?: string) => make('E0301', `${quote(name)} is not defined`, meant(candidate)),
  undefinedFunction: (name: string, candidate?: string) => make('E0302', `there is no function or cell ${quote(name)}`, meant(candidate)),
  /** A function of another language or library. */
  otherFunction: (name: string, mend: string) => make('E0302', `there is no function or cell ${quote(name)}`, write(mend)),
  notImported: (name: string) => make('E0302', `${quote(name)} is not imported`, write(`import { ${name} } from "std"`)),
  dropout: (name: string, shape: string, chance: string, value: string) =>
    make(
      'E0302',
      `there is no function or cell ${quote(name)}: noise is declared`,
      `declare \`noise m${shape} ~ bernoulli(${chance})\`, and write \`m * ${value}\``,
    ),
  identityValue: (name: string, size: string) =>
    make('E0302', `there is no function or cell ${quote(name)}`, `declare \`param I: [${size}, ${size}] ~ identity fixed\`, and write \`I\``),
  layer: (name: string, from: string, to: string) =>
    make(
      'E0302',
      `there is no function or cell ${quote(name)}: its parameters are declared`,
      `declare \`param W: [${to}, ${from}], b: [${to}]\`, and write \`W @ … + b\``,
    ),
  embeddingLayer: (name: string, rows: string, size: string) =>
    make('E0302', `there is no function or cell ${quote(name)}: its rows are declared`, `declare \`param Emb: [${rows}, ${size}]\`, and write \`Emb[…]\``),
  randomValue: (name: string, shape: string, drawn: string) =>
    make('E0302', `there is no function or cell ${quote(name)}: noise is declared`, `declare \`noise n: [${shape}] ~ ${drawn}\`, and write \`n\``),
  exponential: (power: string) => make('E0301', '`e` is not defined', write(`exp(${power})`)),
  transposed: (name: string) => make('E0301', '`T` is not defined', write(`transpose(${name})`)),
  prefixed: (text: string, mend: string | undefined) =>
    make('E0301', `${quote(text)} is not defined: names have no prefix`, mend === undefined ? '`recurve ops` lists the functions' : write(mend)),
  notGiven: (name: string, head: string) => make('E0301', `${quote(name)} is not defined: a function sees what it is given`, write(head)),
  undeclared: (name: string, declaration: string) => make('E0301', `${quote(name)} is not defined`, `declare \`${declaration}\``),
  onlyInRepeat: (name: string) =>
    make('E0301', `${quote(name)} is not defined`, 'what a `repeat` hands out stands in its parentheses: other names end with each round'),
  wrongArity: (name: string, expected: string, got: number, mend?: string) =>
    make(
      'E0303',
      `${quote(name)} takes ${expected}, and is given ${got} ${got === 1 ? 'argument' : 'arguments'}`,
      mend === undefined ? undefined : write(mend),
    ),
  unknownArgument: (name: string, argument: string, known: readonly string[], candidate?: string, mend?: string) =>
    make(
      'E0304',
      `${quote(name)} has no argument ${quote(argument)}; it has ${known.length === 0 ? 'none' : listed(known)}`,
      mend === undefined ? meant(candidate) : write(mend),
    ),
  argumentTwice: (name: string) => make('E0305', `the argument ${quote(name)} is given twice`),
  conditionAsNumber: () => make('E0306', 'a condition is not a number', 'write `if … then 1 else 0`'),
  numberAsCondition: () => make('E0307', 'a number is not a condition', 'compare it: `v > 0`'),
  indexAsNumber: (text: string) =>
    make('E0308', `${quote(text)} is an index, not a number`, `pick a row with it: \`Emb[${text}]\`, or write \`one_hot(${text}, V)\``),
  notAnIndex: (text: string) => make('E0309', `${quote(text)} is not an index`, 'declare it as `index(V)`'),
  stringAsValue: () => make('E0310', 'a string is not a value here'),
  listAsValue: (mend?: string) => make('E0310', 'a shape in brackets is not a value here', mend === undefined ? undefined : write(mend)),
  functionAsValue: (name: string) => make('E0311', `${quote(name)} is a function`, `call it: \`${name}(…)\``),
  cellAsValue: (name: string) => make('E0312', `${quote(name)} is a cell`, `apply an instance: \`${name}(…)(x)\``),
  instanceAsValue: (text: string) => make('E0313', `${quote(text)} is an instance of a cell, not a stream`, `apply it to its inputs: \`${text}(x)\``),
  needsInstance: (cell: string, argument: string, dims: readonly string[]) =>
    make('E0314', `${quote(cell)} takes its dims first, and ${quote(argument)} is not one`, `write \`${cell}(${dims.at(-1) ?? ''}=…)(${argument})\``),
  needsField: (text: string, fields: readonly string[]) =>
    make('E0315', `${quote(text)} has several results: ${listed(fields)}`, `write \`${text}.${fields[0] ?? ''}\``),
  noFields: (text: string, mend?: string, fits?: string) =>
    make(
      'E0316',
      `${quote(text)} has no fields`,
      mend === undefined ? undefined : `${write(mend)}${fits === undefined ? '' : `; as it is, ${quote(fits)} fits`}`,
    ),
  unknownField: (cell: string, field: string, fields: readonly string[], candidate?: string) =>
    make('E0317', `a result of ${quote(cell)} has no field ${quote(field)}; it has ${listed(fields)}`, meant(candidate)),
  notCallable: (text: string, mend?: string) => make('E0318', `${quote(text)} cannot be called`, meant(mend)),
  needsName: (cell: string) => make('E0319', `an instance of ${quote(cell)} needs a name`, `give it an equation of its own: \`l = ${cell}(…)(…)\``),
  twoInstances: (name: string) =>
    make('E0320', `the equation of ${quote(name)} makes two instances`, 'give each an equation of its own, so that their parameters have names'),
  missingInput: (cell: string, input: string) => make('E0321', `${quote(cell)} needs its input ${quote(input)}`),
  missingDim: (cell: string, name: string) => make('E0322', `nothing says what ${quote(name)} of ${quote(cell)} is`, `write \`${cell}(${name}=…)\``),
  recursiveFunction: (name: string) => make('E0323', `the function ${quote(name)} calls itself`),
  partsAsValue: (n: number) => make('E0324', `this has ${n} parts`, `give each a name: \`a, b = split(…)\``),
  notParts: (n: number) => make('E0325', `${n} names need as many parts`, 'write `a, b = split(v, 2)`'),
  partsDiffer: (names: number, parts: number) => make('E0326', `${names} names, but ${parts} parts`),
  notAStream: (text: string) => make('E0327', `${quote(text)} is not a stream`),
  unknownInitialiser: (name: string, known: readonly string[], candidate?: string) =>
    make('E0328', `there is no initialiser ${quote(name)}; there are ${listed(known)}`, meant(candidate)),
  initialiserNumbers: (name: string, count: number, got: number, mend: string) =>
    make('E0303', `${quote(name)} takes ${count === 0 ? 'no numbers' : `${count} ${count === 1 ? 'number' : 'numbers'}`}, and is given ${got}`, write(mend)),
  needsMatrix: (name: string) => make('E0329', `${quote(name)} needs a matrix`),
  outputMissing: (name: string) => make('E0204', `the output ${quote(name)} has no equation`, `write \`${name} = …\``),
  probabilityToLogits: (text: string, made: string) =>
    make('E0330', `this loss takes logits, and ${quote(text)} is a ${made} already`, `leave the ${made} out`),
  lossNotScalar: (shape: string) => make('E0331', `a loss and its condition are single numbers, and this is ${shape}`, 'sum it: `sum(…)`'),
  noSuchBlock: (name: string, known: readonly string[], candidate?: string) =>
    make('E0332', `the file defines no cell or model ${quote(name)}; it defines ${listed(known)}`, meant(candidate)),
  tooManyRounds: (rounds: number, most: number) =>
    make(
      'E0333',
      rounds < 0 ? `a \`repeat\` cannot have ${rounds} rounds` : `a \`repeat\` of ${rounds} rounds is more than ${most}: each round is written out`,
    ),
  notKnownBefore: (what: string, candidate?: string) =>
    make('E0334', `${quote(what)} is not known before the first step: here stand numbers, dims, hypers, \`range\` and functions of them`, meant(candidate)),
  shapeAsInitialiser: (shape: string) => make('E0334', `${quote(shape)} is a shape, and behind \`~\` stands how a param begins`, `write \`: ${shape}\``),
  rangeNeedsDim: () => make('E0335', '`range` needs a dim to count along, and this is a single number'),
  unknownNoise: (name: string, candidate?: string) =>
    make('E0336', `there is no distribution ${quote(name)}; there are \`bernoulli\`, \`normal\` and \`uniform\``, meant(candidate)),
  wholeSequenceInCell: (name: string) => make('E0337', `\`${name}\` sees a whole sequence, and a cell runs step by step`, 'use it in a model'),
  noSequence: (text: string, axis: string, candidate?: string) =>
    make('E0338', `${quote(text)} does not vary along ${axis}`, meant(candidate) ?? 'leave it as it is: it is one value for the whole sequence'),
  whichSequence: (text: string, axes: readonly string[]) =>
    make('E0361', `${quote(text)} varies along ${axes.join(' and ')}`, `say which is meant: \`over ${axes.at(-1)!}\``),
  twoSequences: (cell: string, axes: readonly string[]) =>
    make('E0362', `the inputs of ${quote(cell)} run along ${axes.join(' and ')}, and a cell runs along one sequence`),
  onceVaries: (cell: string, input: string, axis: string) =>
    make('E0364', `${quote(input)} of ${quote(cell)} is one value for the whole sequence, and this varies along ${axis}`),
  otherSequence: (cell: string, input: string, axis: string) =>
    make('E0363', `${quote(input)} of ${quote(cell)} is another sequence, seen whole at each step, and this runs along ${axis} only`),
  sequenceInCycle: (name: string) => make('E0407', `\`${name}\` sees a whole sequence, and what it sees depends on its result`),
  tooManyOperations: () =>
    make(
      'E0339',
      `written out, with its functions and rounds, this needs more than ${limits.operations} operations`,
      'give a name to what is computed more than once',
    ),
  deepFunctions: () => make('E0360', `functions may call each other at most ${limits.nesting} deep`),
  notYet: (what: string) => make('E0390', `this version does not compile ${what} yet`),
} as const

/** Messages about shapes and sizes. */
const shapes = {
  shapesDiffer: (what: string, operands: readonly Shown[], why: string, hint?: string) =>
    make('E0340', `the operands of \`${what}\` do not fit: ${shown(operands)} (${why})`, hint),
  productDiffers: (operands: readonly Shown[], left: string, right: string, mend: string | undefined) =>
    make('E0341', `\`@\` multiplies ${left} by ${right}: ${shown(operands)}`, meant(mend)),
  notAProduct: (operands: readonly Shown[]) =>
    make('E0342', `\`@\` takes matrices and vectors: ${shown(operands)}`, 'for numbers and elementwise products write `*`'),
  equationShape: (name: string, declared: string, found: string, mend?: string) =>
    make('E0343', `${quote(name)} is declared ${declared}, and this is ${found}`, meant(mend)),
  dotOperands: (operands: readonly Shown[], hint: string | undefined) =>
    make('E0365', `\`dot\` takes two vectors of one shape: ${shown(operands)}`, hint === undefined ? undefined : write(hint)),
  argumentShape: (what: string, declared: string, found: string) => make('E0344', `${what} is declared ${declared}, and this is ${found}`),
  /** `unwritten`: most likely the steps or the batch. */
  unknownDim: (name: string, candidate?: string, unwritten = false, head?: string) =>
    make(
      'E0345',
      `${quote(name)} is not a dim`,
      unwritten
        ? `leave it out: steps and the batch are never written`
        : (meant(candidate) ?? (head === undefined ? 'dims stand in parentheses behind the name of the cell' : `write \`${head}\``)),
    ),
  notASize: (text: string) => make('E0346', `${quote(text)} is not a size: sizes are whole numbers, dims, and their sums and products`),
  unevenSize: (a: string, b: string) => make('E0347', `${a} / ${b} is not a whole number for all dims`),
  /** `dims`: those of which the size is made. */
  notStructural: (text: string, dims: readonly string[]) =>
    make(
      'E0348',
      `${quote(text)} must be known when the code is built`,
      dims.length === 1 ? `give the dim ${quote(dims[0]!)} a number` : `give numbers to the dims ${either(dims.map(quote)).replace(' or ', ' and ')}`,
    ),
  tooManyIndices: (text: string, shape: string) => make('E0349', `${quote(text)} is ${shape}, and has no more dims to index`),
  indexOfScalar: (text: string) => make('E0350', `${quote(text)} is a single number, and cannot be indexed or split`),
  outOfBounds: (from: string, to: string, size: string, mend?: string) =>
    make('E0351', `the slice from ${from} to ${to} does not lie within 0 to ${size}`, meant(mend)),
  noSuchDim: (name: string, shape: string) => make('E0352', `${shape} has no dim ${quote(name)}`),
  ambiguousDim: (name: string, shape: string, at: readonly number[]) =>
    make('E0353', `${shape} has the dim ${quote(name)} more than once`, `name it by its place: \`over ${at.join('` or `over ')}\``),
  unevenSplit: (shape: string, size: string, n: number) => make('E0354', `${shape} does not split into ${n} equal parts: ${size} / ${n} is not whole`),
  reshapeDiffers: (from: string, a: string, to: string, b: string) => make('E0355', `${from} has ${a} entries, and ${to} has ${b}`),
  shapeExpected: () => make('E0356', 'a shape is needed here', 'write it in brackets: `[N, C]`'),
  convolutionEdge: (known: readonly string[]) => make('E0358', `the third argument of \`conv\` is ${known.map(e => `\`"${e}"\``).join(', ')}`),
  contractText: () => make('E0357', '`contract` takes index names like `"ij,j->i"` and one or two operands'),
  longSize: () =>
    make(
      'E0366',
      `this size is too long: a size has at most ${limits.terms} terms and factors, as the sizes of a shape have together`,
      'give a dim for it, or for a part of it',
    ),
  sizeTooSmall: (size: string) => make('E0359', `a size is at least 1, and this is ${size}`),
} as const

/** Messages about time. */
const time = {
  cycle: (names: readonly string[], state: string | undefined) =>
    make('E0401', `${quote(names[0]!)} needs itself in the same step: ${chain(names, ' needs ')}`, `did you mean \`${state ?? names[0]!}[t-1]\`?`),
  delayNeedsShape: (name: string, shape = '[...]') =>
    make(
      'E0402',
      `the shape of ${quote(name)} cannot be worked out, since it is read at an earlier step`,
      `declare \`state ${name}: ${shape}\`, or state the shape: \`${name}: ${shape} = …\``,
    ),
  delayNotConstant: (text: string) =>
    make('E0403', `${quote(text)} is not a delay: write \`t\`, \`t-1\` or \`t+1\`, with a number known when the code is built`),
  delayAmongIndices: (name: string, step: string) =>
    make('E0403', 'a delay stands alone in its brackets', `write \`${name}[${step}]\`, and further indices in brackets behind it`),
  lookAhead: (text: string) => make('E0404', `${quote(text)} cannot be read ahead: a cell looks ahead in its inputs only`),
  stateVaries: (name: string, axis: string) => make('E0409', `the state ${quote(name)} varies along ${axis} as well`, `reduce it: \`sum(… over ${axis})\``),
  initialVaries: (name: string, axis: string) =>
    make('E0405', `the initial value of ${quote(name)} varies along ${axis}`, 'it may depend on parameters and `once` inputs'),
  chunkTooLong: (every: number, window: number) =>
    make('E0410', `chunks of ${every} steps are longer than the window of ${window}`, 'a window reaches at least as far as a chunk is long'),
  windowSize: () => make('E0406', 'a window is a whole number of steps, at least 1'),
  longChain: (name: string) =>
    make('E0408', `to know ${quote(name)}, more than ${limits.chain} equations that stand below others must be known first`, 'put what is used first'),
} as const

/** What is not wrong, and rarely meant; told when asked for. */
const habits = {
  neverUsed: (kind: string, name: string) => make('W0501', `the ${kind} ${quote(name)} is never used`),
  deadState: (name: string) =>
    make('W0502', `no output and no loss depends on the state ${quote(name)}`, `declare \`output ${name}\`, or use it in what comes out`),
  dropped: (name: string) => make('W0503', `${quote(name)} is computed and never used`),
  forgetBias: (bias: string, gate: string | undefined) =>
    make(
      'W0504',
      `${quote(bias)}, the bias of ${gate === undefined ? 'a forget gate' : `the forget gate ${quote(gate)}`}, begins as zero: half of the state is forgotten at each step`,
      `write \`${bias}: [...] ~ ones\``,
    ),
  unbounded: (name: string) =>
    make('W0505', `the state ${quote(name)} returns to itself through weights and nothing that bounds it: it may grow with every step`),
  alwaysCut: (name: string) =>
    make('W0506', `the gradient of ${quote(name)} is always zero: every way from it ends at a cut`, 'declare it `fixed` if it is not to be learned'),
  noEffect: (name: string) => make('W0507', `no output and no loss depends on the param ${quote(name)}: it cannot be learned`),
  nothingToTrain: (name: string) => make('W0508', `the output ${quote(name)} depends on no parameter that is learned`),
  nothingOut: (name: string) => make('W0509', `nothing comes out of ${quote(name)}`, 'declare an `output`'),
} as const

export const messages = { ...syntax, ...declarations, ...meanings, ...shapes, ...time, ...habits } as const
