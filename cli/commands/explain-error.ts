/** `recurve explain-error`: a page about a code of a diagnostic. Its example is compiled when it is shown, so that it stays true. */
import { Option, type Command } from 'commander'
import { pages, type Page } from '../../dsl/explanations/index.ts'
import type { Diagnostic } from '../../dsl/diagnostics.ts'
import { highlight } from '../../dsl/highlight.ts'
import { suggest } from '../../dsl/suggest.ts'
import { checkText } from '../check-text.ts'
import { colours, frameOf } from '../diagnostics.ts'
import { exit, UsageError } from '../exit.ts'
import { jsonText } from '../json.ts'
import type { Finish } from '../program.ts'
import type { Session } from '../session.ts'
import { table } from '../table.ts'

interface ExplainErrorOptions {
  readonly json?: true
  readonly markdown?: true
}

const help = `
Without a code it lists all of them.

Examples:
  $ recurve explain-error E0341
  $ recurve explain-error`

export const explainErrorCommand = (program: Command, session: Session, finish: Finish): void => {
  program
    .command('explain-error')
    .summary('what the code of a diagnostic means')
    .description('What the code of a diagnostic means: the rule, an example, and its mend.')
    .argument('[code]', 'such as E0341')
    .option('--json', 'the page as JSON')
    .addOption(new Option('--markdown', 'all pages as one').conflicts('json'))
    .addHelpText('after', help)
    .action((code: string | undefined, given: ExplainErrorOptions) => finish(explainError(code, given, session)))
}

const explainError = (asked: string | undefined, given: ExplainErrorOptions, session: Session): number => {
  if (given.markdown) session.out(errorsPage())
  else if (asked === undefined) {
    const list = [...pages].map(([code, { title }]) => ({ code, title }))
    session.out(given.json ? `${jsonText({ codes: list })}\n` : table(list.map(l => [l.code, l.title])))
  } else {
    const [code, page] = find(asked)
    if (given.json) session.out(`${jsonText({ code, title: page.title, text: page.text, wrong: page.wrong ?? null, right: page.right ?? null })}\n`)
    else session.out(shown(code, page, session))
  }
  return exit.done
}

/** `341`, `0341` and `e0341` are E0341. */
const find = (asked: string): readonly [string, Page] => {
  const [, letter = '', digits] = /^([EWew]?)(\d{1,4})$/.exec(asked) ?? []
  const wanted = digits === undefined ? [asked] : (letter === '' ? ['E', 'W'] : [letter.toUpperCase()]).map(l => `${l}${digits.padStart(4, '0')}`)
  for (const code of wanted) {
    const page = pages.get(code)
    if (page !== undefined) return [code, page]
  }
  const meant = suggest(wanted[0]!, pages.keys())
  throw new UsageError(`there is no code ${asked}${meant === undefined ? '' : `: did you mean ${meant}?`}; \`recurve explain-error\` lists them`)
}

/** What the compiler says of the example, of this code. */
const example = (code: string, page: Page): Diagnostic | undefined =>
  page.wrong === undefined ? undefined : checkText('example.cell', page.wrong, page.files).find(d => d.code === code)

const shown = (code: string, page: Page, session: Session): string => {
  const style = colours(session.outStyle)
  const indented = (text: string): string =>
    highlight(text.trimEnd())
      .map(p => (p.kind === undefined ? p.text : style(p.kind, p.text)))
      .join('')
      .replace(/^/gm, '    ')
  const found = example(code, page)
  const files = Object.entries(page.files ?? {}).map(([name, text]) => `\nwhere ${name} is\n\n${indented(text)}\n`)
  return [
    `${session.outStyle('bold', `${code}: ${page.title}`)}\n\n${wrapped(page.text)}\n`,
    ...(page.wrong === undefined
      ? []
      : [`\nThis is refused:\n\n${indented(page.wrong)}\n`.replace('refused', code.startsWith('W') ? 'warned of' : 'refused'), ...files]),
    ...(found === undefined ? [] : [`\n${frameOf(found, () => page.wrong, session.outStyle).replace(/^/gm, '    ')}\n`]),
    ...(page.right === undefined ? [] : [`\nThis is right:\n\n${indented(page.right)}\n`]),
  ].join('')
}

/** Lines of at most 100 columns. */
const wrapped = (text: string): string => text.replace(/(.{1,100})(?: |$)/g, '$1\n').trimEnd()

/** docs/errors.md */
export const errorsPage = (): string => {
  const one = ([code, page]: readonly [string, Page]): string => {
    const found = example(code, page)
    return [
      `## ${code}: ${page.title}\n\n${page.text}\n`,
      ...(page.wrong === undefined ? [] : [`\n\`\`\`\n${page.wrong}\`\`\`\n`]),
      ...(found === undefined
        ? []
        : [
            `\n${frameOf(
              found,
              () => page.wrong,
              (_format, text) => text,
            ).replace(/^/gm, '    ')}\n`,
          ]),
      ...(page.right === undefined ? [] : [`\nMended:\n\n\`\`\`\n${page.right}\`\`\`\n`]),
    ].join('')
  }
  return `# Diagnostics\n\nEvery code, made by \`recurve explain-error --markdown\`. \`E\` is an error, \`W\` a warning; codes never change their meaning.\n\n${[...pages].map(one).join('\n')}`
}
