/** `recurve explain-error`: a page about a code of a diagnostic. Its example is compiled when it is shown, so that it stays true. */
import { Option, type Command } from 'commander'
import { pages, type Page } from '../../dsl/explanations/index.ts'
import type { Diagnostic } from '../../dsl/diagnostics.ts'
import { highlight } from '../../dsl/highlight.ts'
import { suggest } from '../../dsl/suggest.ts'
import { checkText } from '../check-text.ts'
import { colours, frameOf, jsonOf } from '../diagnostics.ts'
import { exit, UsageError } from '../exit.ts'
import { jsonText } from '../json.ts'
import type { Finish } from '../program.ts'
import type { Session } from '../session.ts'
import type { Style } from '../style.ts'
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
    if (given.json) session.out(`${jsonText(pageJson(code, page, session))}\n`)
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

const main = 'example.cell'

/** What the compiler says of the example, of this code. */
const example = (code: string, page: Page): Diagnostic | undefined =>
  page.wrong === undefined ? undefined : checkText(main, page.wrong, page.files).find(d => d.code === code)

const textsOf = ({ wrong = '', files = {} }: Page): Map<string, string> => new Map([[main, wrong], ...Object.entries(files)])

const frameFor = (found: Diagnostic, page: Page, style: Style): string => {
  const texts = textsOf(page)
  return indent(frameOf(found, file => texts.get(file), style))
}

const pageJson = (code: string, page: Page, session: Session): object => {
  const { title, text, wrong = null, right = null, files = {}, mended = {} } = page
  const found = example(code, page)
  return { code, title, text, wrong, right, files, mended, diagnostic: found === undefined ? null : jsonOf(found, { ...session, texts: textsOf(page) }) }
}

const indent = (text: string): string => text.replace(/^/gm, '    ')

const shown = (code: string, page: Page, session: Session): string => {
  const style = colours(session.outStyle)
  const source = (text: string): string =>
    indent(
      highlight(text.trimEnd())
        .map(p => (p.kind === undefined ? p.text : style(p.kind, p.text)))
        .join(''),
    )
  const beside = (files: Page['files']): readonly string[] => Object.entries(files ?? {}).map(([name, text]) => `\nwhere ${name} is\n\n${source(text)}\n`)
  const found = example(code, page)
  return [
    `${session.outStyle('bold', `${code}: ${page.title}`)}\n\n${wrapped(page.text)}\n`,
    ...(page.wrong === undefined ? [] : [`\nThis is ${code.startsWith('W') ? 'warned of' : 'refused'}:\n\n${source(page.wrong)}\n`, ...beside(page.files)]),
    ...(found === undefined ? [] : [`\n${frameFor(found, page, session.outStyle)}\n`]),
    ...(page.right === undefined ? [] : [`\nThis is right:\n\n${source(page.right)}\n`, ...beside(page.mended)]),
  ].join('')
}

/** Lines of at most 100 columns. */
const wrapped = (text: string): string => text.replace(/(.{1,100})(?: |$)/g, '$1\n').trimEnd()

/** docs/errors.md */
export const errorsPage = (): string => {
  const source = (text: string): string => `\n\`\`\`\n${text}\`\`\`\n`
  const beside = (files: Page['files']): readonly string[] => Object.entries(files ?? {}).map(([name, text]) => `\nwhere \`${name}\` is\n${source(text)}`)
  const one = ([code, page]: readonly [string, Page]): string => {
    const found = example(code, page)
    return [
      `## ${code}: ${page.title}\n\n${page.text}\n`,
      ...(page.wrong === undefined ? [] : [source(page.wrong), ...beside(page.files)]),
      ...(found === undefined ? [] : [`\n${frameFor(found, page, plain)}\n`]),
      ...(page.right === undefined ? [] : [`\n${page.wrong === undefined ? 'Right' : 'Mended'}:\n${source(page.right)}`, ...beside(page.mended)]),
    ].join('')
  }
  return `# Diagnostics\n\nEvery code, made by \`recurve explain-error --markdown\`. \`E\` is an error, \`W\` a warning; codes never change their meaning.\n\n${[...pages].map(one).join('\n')}`
}

const plain: Style = (_format, text) => text
