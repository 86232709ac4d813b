/** Texts of the corpus with one thing changed: shared by the quick specs and the long checks. */
import { checkText } from '../../cli/check-text.ts'
import type { Diagnostic } from '../../dsl/diagnostics.ts'
import { isReserved } from '../../dsl/highlight.ts'
import { parse } from '../../dsl/parse.ts'
import type { Span } from '../../dsl/syntax.ts'
import { scan, type Token } from '../../dsl/tokens.ts'
import { frame } from '../../dsl/frame.ts'
import { random } from '../fuzz/data.ts'
import { corpus } from './corpus.ts'

/** The cells and models of the corpus, each with the functions of its file. */
export const blocks: readonly string[] = corpus.flatMap(({ path, text }) => {
  const file = parse(path, text).file
  if (file === undefined) return []
  const part = (i: (typeof file.items)[0]): string => text.slice(i.span.start, i.span.end)
  const shared = file.items.filter(i => i.kind === 'fn' || i.kind === 'import').map(part)
  return file.items.flatMap(i => (i.kind === 'cell' || i.kind === 'model' ? [[...shared, part(i)].join('\n')] : []))
})

const pick = <T>(list: readonly T[], draw: () => number): T => list[Math.floor(draw() * list.length)]!

export interface Mutant {
  readonly text: string
  /** Where the change is. */
  readonly at: { readonly start: number; readonly end: number }
}

/** A token dropped, doubled, exchanged with another, or put in its place. */
export const broken = (seed: number): Mutant => {
  const draw = random(seed)
  const text = pick(blocks, draw)
  const { tokens } = scan('a.cell', text)
  const [a, b] = [pick(tokens, draw), pick(tokens, draw)].sort((x, y) => x.start - y.start) as [Token, Token]
  const put = (at: Token, by: string, t: string): string => t.slice(0, at.start) + by + t.slice(at.end)
  const made = [put(a, '', text), put(a, `${a.text} ${a.text}`, text), put(b, a.text, text), put(a, b.text, put(b, a.text, text)), text.slice(0, a.start)]
  return { text: pick(made, draw), at: a }
}

type Sort = 'name' | 'number' | 'operator' | 'other'
const sortOf = (t: Token): Sort =>
  t.kind === 'number' ? 'number' : t.kind === 'word' && !isReserved(t.text) ? 'name' : /^(?:[-+*/@^]|[<>]=?|[=!]=)$/.test(t.text) ? 'operator' : 'other'

/** A name, a number or an operator that became another one of the same text. */
export const changed = (seed: number): Mutant | undefined => {
  const draw = random(seed)
  const text = pick(blocks, draw)
  const { tokens } = scan('a.cell', text)
  const some = tokens.filter(t => sortOf(t) !== 'other')
  const at = pick(some, draw)
  const by = pick(
    some.filter(t => sortOf(t) === sortOf(at) && t.text !== at.text),
    draw,
  ) as Token | undefined
  if (by === undefined) return undefined
  return { text: text.slice(0, at.start) + by.text + text.slice(at.end), at: { start: at.start, end: at.start + by.text.length } }
}

/** What is wrong with diagnostics of a text; nothing, where all of them have places inside of it, a sentence and a frame. */
export const faultIn = (text: string, diagnostics: readonly Diagnostic[]): string | undefined => {
  for (const d of diagnostics) {
    for (const { start, end } of placesOf(d)) if (!(0 <= start && start <= end && end <= text.length)) return `${d.code} at ${start}..${end} of ${text.length}`
    if (d.message.length === 0 || d.message.length >= 300) return `${d.code} says ${d.message.length} characters`
    if (!frame(d, () => text).includes(d.code)) return `${d.code} has no frame`
  }
  return undefined
}

/** The same of everything that there is to say of a text. */
export const faultOf = (text: string): string | undefined => faultIn(text, checkText('a.cell', text))

const placesOf = (d: Diagnostic): readonly Span[] => [d.span, ...(d.related ?? []).map(r => r.span)]

/** Of a mutant that is refused: does a place that is shown touch the change? */
export const touches = ({ text, at }: Mutant): boolean | undefined => {
  if (parse('a.cell', text).file === undefined) return undefined
  const errors = checkText('a.cell', text).filter(d => d.severity === 'error')
  // What this version does not compile yet says so wherever it stands.
  if (errors.length === 0 || errors.some(d => d.code === 'E0390')) return undefined
  return errors.some(d => placesOf(d).some(s => s.start <= at.end && at.start <= s.end))
}
