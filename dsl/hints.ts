/** Hints whose mend is worked out where the mistake is found; the others stand with their messages. */

/** What to write, as a hint: long texts lose their end. */
export const write = (mend: string): string => `write \`${mend.length > 70 ? `${mend.slice(0, 70)}…` : mend}\``

export const hints = {
  write,
  meant: (mend: string): string => `did you mean \`${mend}\`?`,
  comment: (long: boolean): string => `a comment begins with \`#\`${long ? ', and ends with its line' : ''}`,
  semicolon: (inside: string | undefined): string =>
    inside === undefined
      ? 'leave it out: a statement ends by itself'
      : inside === '['
        ? 'values are joined by `concat(a, b)`'
        : 'arguments are separated by `,`',
  lineBreak: (): string => 'leave it out: line breaks carry no meaning',
  quotes: (): string => 'a string stands in double quotes',
  letters: (other: string | undefined): string => `names are letters, digits and \`_\`${other === undefined ? '' : `: choose another, such as \`${other}\``}`,
  transpose: (): string => 'a transpose is written `transpose(…)`',
  vector: (name: string): string => `${write(name)}: a vector needs no transpose`,
  choice: (mend: string): string => write(mend.length < 70 ? mend : 'if a then b else c'),
  products: (): string => 'write `*`, or `@` for the product of matrices',
  eitherProduct: (elementwise: string, product: string): string => `${write(elementwise)} entry by entry, or \`${product}\` for the product`,
  leaveOut: (rest: string | undefined): string => (rest === undefined ? 'leave it out' : `leave it out: \`${rest}\``),
  declarations: (): string => 'say what it is: a declaration begins with `input`, `state`, `param`, `output`, `hyper` or `noise`',
  blockWord: (meaning: 'rounds' | 'function' | 'end' | 'nothing'): string =>
    ({
      rounds: 'rounds inside of a step are written `s = repeat l < 3 (s = x) { … }`',
      function: 'a function is written outside of the block: `fn f(v) = …`',
      end: 'leave it out: a block ends with `}`',
      nothing: 'leave it out',
    })[meaning],
  hyperType: (): string => 'a hyper is one number',
  initialParam: (): string => 'the initial value of a param is written with `~`',
  start: (mend: string, plain: boolean): string => `${write(mend)}${plain ? '; without it a state begins as zero, too' : ''}`,
  initialState: (): string => 'the value before the first step is written with `from`',
  outside: (): string => 'the value outside of the sequence is written with `from`',
  ownEquation: (name: string): string => `write \`${name} = …\` on its own, as an equation`,
  drawn: (): string => 'a noise is drawn from a distribution: `~ bernoulli(p)`',
} as const
