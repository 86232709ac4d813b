/** What the names of one block or function are, and the mistakes that show without looking at shapes. */
import { enough, type Diagnostic } from './diagnostics.ts'
import { messages, report, type Message } from './messages.ts'
import { partHint } from './slips/parts.ts'
import { stepOf } from './slips/steps.ts'
import { suggest } from './suggest.ts'
import type { Block, Declaration, DeclaredName, DeclarationKind, Equation, Expr, Fn, Init, Name, Span, Type } from './syntax.ts'
import { children, expressions } from './walk.ts'

/** A declared name with what it takes from its neighbours. */
export interface Declared {
  readonly of: DeclarationKind
  readonly name: Name
  readonly type?: Type
  readonly init?: Init
  readonly from?: Expr
  readonly value?: Expr
  readonly declaration: Declaration
}

/**
 * A name without a type takes type, `~` and `from` of the next name that has one, where it has none of its own. The last
 * names of a declaration without one stay without: they are scalars. An output without one always stays so.
 */
export const expand = (declaration: Declaration): readonly Declared[] => {
  const { of, names } = declaration
  let next: DeclaredName | undefined
  const result: Declared[] = []
  for (const n of names.toReversed()) {
    if (n.type !== undefined) next = n
    const lender = n.type === undefined && of !== 'output' ? next : undefined
    const type = n.type ?? lender?.type
    const init = n.init ?? lender?.init
    const from = n.from ?? lender?.from
    result.push({
      of,
      name: n.name,
      ...(type === undefined ? {} : { type }),
      ...(init === undefined ? {} : { init }),
      ...(from === undefined ? {} : { from }),
      ...(n.value === undefined ? {} : { value: n.value }),
      declaration,
    })
  }
  return result.toReversed()
}

/** All declared names of a block, in order. */
export const declared = (block: Block): readonly Declared[] => block.body.flatMap(s => (s.kind === 'declaration' ? expand(s) : []))

/** The axes of a block: `t`, and those that its declarations name after `over`. */
export const axesOf = (block: Block): ReadonlySet<string> =>
  new Set(['t', ...declared(block).flatMap(d => (d.type?.over === undefined ? [] : [d.type.over.name]))])

type Parts = 'an initialiser' | 'a `from`' | 'a value' | 'a type' | 'an `over`' | 'a `once`' | 'a `shared`' | 'an `index` type' | 'a `scaled`' | 'a `fixed`'

/** What each kind of declaration may have; `output` and `hyper` are the sparest. */
const may: Readonly<Record<DeclarationKind, readonly Parts[]>> = {
  input: ['a type', 'an `index` type', 'an `over`', 'a `once`', 'a `from`'],
  target: ['a type', 'an `index` type', 'an `over`', 'a `once`', 'a `from`'],
  state: ['a type', 'an `over`', 'a `from`'],
  output: ['a type', 'an `over`', 'a `once`'],
  param: ['a type', 'an initialiser', 'a `scaled`', 'a `fixed`'],
  hyper: ['a value'],
  noise: ['a type', 'an `over`', 'a `once`', 'a `shared`', 'an initialiser'],
}

/** The parts that a name has itself, each with its place. */
const parts = (n: DeclaredName): readonly (readonly [Parts, Span])[] => [
  ...(n.type === undefined ? [] : [['a type', n.type.span] as const]),
  ...(n.type?.index === undefined ? [] : [['an `index` type', n.type.span] as const]),
  ...(n.type?.over === undefined ? [] : [['an `over`', n.type.over.span] as const]),
  ...(n.type?.once === true ? [['a `once`', n.type.span] as const] : []),
  ...(n.type?.shared === true ? [['a `shared`', n.type.span] as const] : []),
  ...(n.init === undefined ? [] : [['an initialiser', n.init.span] as const]),
  ...(n.init?.scaled === undefined ? [] : [['a `scaled`', n.init.scaled.span] as const]),
  ...(n.init?.fixed === true ? [['a `fixed`', n.init.span] as const] : []),
  ...(n.from === undefined ? [] : [['a `from`', n.from.span] as const]),
  ...(n.value === undefined ? [] : [['a value', n.value.span] as const]),
]

/** More than a number, a name, a shape, or the call of an initialiser: what is meant as an equation. */
const isEquation = (e: Expr): boolean =>
  e.kind === 'binary' || e.kind === 'index' || e.kind === 'if' || e.kind === 'repeat' || (e.kind === 'call' && e.args.some(a => isEquation(a.value)))

export const blockErrors = (block: Block, builtins: ReadonlySet<string>): readonly Diagnostic[] => {
  const found: Diagnostic[] = []
  const fault = (span: Span, message: Message, first?: Span): void => {
    found.push(report(span, message, first === undefined ? undefined : [{ span: first, message: 'the first' }]))
  }
  const axes = axesOf(block)
  const roles = new Map<string, { readonly what: string; readonly span: Span }>()
  const outputs = new Map<string, Declared>()
  const equations = new Map<string, Name>()

  /** True, with an error, for a name that belongs to an axis. */
  const axisCheck = (name: Name): boolean => {
    if (axes.has(name.name)) fault(name.span, messages.axisName(name.name))
    return axes.has(name.name)
  }
  const define = (name: Name, what: string): void => {
    if (axisCheck(name)) return
    const before = roles.get(name.name)
    if (before !== undefined) return fault(name.span, messages.duplicate(name.name, what, before.what), before.span)
    roles.set(name.name, { what, span: name.span })
    if (builtins.has(name.name)) fault(name.span, messages.hidesFunction(name.name))
  }

  for (const d of block.dims) {
    define(d.name, 'dim')
    const { value } = d
    if (value !== undefined && !(value.kind === 'number' && Number.isSafeInteger(value.value) && value.value >= 1))
      fault(value.span, messages.dimDefault(d.name.name))
  }
  const names = new Map<string, number>()
  for (const d of declared(block)) names.set(d.name.name, (names.get(d.name.name) ?? 0) + 1)
  /** `param a, b: [H],` and an equation: the comma before it is too much. */
  const equationsBehind = new Set<Name>()
  const behindComma = (s: Declaration, n: DeclaredName): boolean =>
    n.value !== undefined && n.type === undefined && s.of !== 'hyper' && n !== s.names[0] && (names.get(n.name.name)! > 1 || isEquation(n.value))
  /** What has a wrong part is not said to lack the right one. */
  const odd = new Set<string>()
  for (const s of block.body) {
    if (s.kind !== 'declaration') continue
    if (s.of === 'target' && block.kind === 'cell') fault(s.span, messages.modelOnly('target'))
    for (const n of s.names) {
      if (behindComma(s, n)) {
        fault(n.name.span, messages.equationBehindComma(n.name.name))
        equationsBehind.add(n.name)
        continue
      }
      for (const [part, span] of parts(n))
        if (!may[s.of].includes(part)) {
          const what = part === 'an initialiser' ? 'a `~`' : part === 'a value' ? 'a `=`' : part
          fault(span, messages.notHere(what, s.of, n.name.name, partHint(part, s.of, n)))
          odd.add(n.name.name)
        }
    }
  }
  for (const d of declared(block)) {
    if (equationsBehind.has(d.name)) equations.set(d.name.name, d.name)
    else if (d.of !== 'output') define(d.name, d.of)
    else {
      axisCheck(d.name)
      const before = outputs.get(d.name.name)
      if (before !== undefined) fault(d.name.span, messages.duplicate(d.name.name, 'output', 'output'), before.name.span)
      else outputs.set(d.name.name, d)
    }
    if (odd.has(d.name.name)) continue
    if (d.of === 'noise' && d.init === undefined) fault(d.name.span, messages.initMissing(d.name.name))
    if (d.of === 'hyper' && d.value === undefined) fault(d.name.span, messages.valueMissing(d.name.name))
  }

  const equation = (name: Name): void => {
    if (axisCheck(name)) return
    const before = equations.get(name.name)
    if (before !== undefined) return fault(name.span, messages.twoEquations(name.name), before.span)
    equations.set(name.name, name)
    const role = roles.get(name.name)
    if (role === undefined) {
      if (builtins.has(name.name)) fault(name.span, messages.hidesFunction(name.name))
    } else if (role.what !== 'state') {
      const related = [{ span: role.span, message: `the ${role.what}` }]
      found.push(report(name.span, messages.inputEquation(name.name, role.what), related))
    }
  }
  let window: Span | undefined
  for (const s of block.body) {
    if (s.kind === 'equation') for (const target of s.targets) equation(target.name)
    if (s.kind === 'loss' && block.kind === 'cell') fault(s.span, messages.modelOnly('loss'))
    if (s.kind !== 'window') continue
    if (block.kind === 'cell') fault(s.span, messages.modelOnly('window'))
    else if (window !== undefined) fault(s.span, messages.twoWindows(), window)
    window ??= s.span
  }
  for (const e of expressions(block)) repeatErrors(e, axisCheck, fault)

  const free = [...equations.keys()].filter(n => !roles.has(n) && !outputs.has(n))
  /** `h_t = …` for the state `h`. */
  const stepped = (name: string): Name | undefined => {
    const found = free.find(f => stepOf(f, n => n === name) !== undefined)
    return found === undefined ? undefined : equations.get(found)
  }
  const missing = (kind: 'state' | 'output', name: string, span: Span): void => {
    // To find what is meant takes its time.
    if (enough(found)) return
    const other = stepped(name)
    if (other === undefined) fault(span, messages.noEquation(kind, name, suggest(name, free)))
    else found.push(report(other.span, messages.noEquation(kind, name, undefined, other.name), [{ span, message: `the ${kind} ${name}` }]))
  }
  for (const [name, role] of roles) if (role.what === 'state' && !equations.has(name)) missing('state', name, role.span)
  for (const [name, d] of outputs) {
    if (equations.has(name)) continue
    const role = roles.get(name)
    if (role === undefined && d.value !== undefined) continue
    if (role === undefined) missing('output', name, d.name.span)
    else if (role.what !== 'state') fault(d.name.span, messages.outputOf(name, role.what), role.span)
  }
  return found
}

type Fault = (span: Span, message: Message, first?: Span) => void

/** Names of axes and doubled starts in the `repeat`s of an expression. Its own stack, as expressions may be deep. */
const repeatErrors = (root: Expr, axisCheck: (name: Name) => boolean, fault: Fault): void => {
  const waiting = [root]
  for (let e = waiting.pop(); e !== undefined; e = waiting.pop()) {
    waiting.push(...children(e))
    if (e.kind !== 'repeat') continue
    axisCheck(e.index)
    const starts = new Map<string, Name>([[e.index.name, e.index]])
    for (const { name } of e.starts) {
      axisCheck(name)
      const before = starts.get(name.name)
      if (before !== undefined) fault(name.span, messages.duplicate(name.name, 'start', before === e.index ? 'counter' : 'start'), before.span)
      else starts.set(name.name, name)
    }
    for (const b of e.body) for (const t of b.targets) axisCheck(t.name)
  }
}

export const fnErrors = (fn: Fn, builtins: ReadonlySet<string>): readonly Diagnostic[] => {
  const found: Diagnostic[] = []
  const names = new Map<string, { readonly what: string; readonly span: Span }>()
  const define = (name: Name, what: string): void => {
    const before = names.get(name.name)
    if (before === undefined) {
      names.set(name.name, { what, span: name.span })
      if (builtins.has(name.name)) found.push(report(name.span, messages.hidesFunction(name.name)))
      return
    }
    const twice = what === 'equation' && before.what === 'equation'
    const message = twice ? messages.twoEquations(name.name) : messages.duplicate(name.name, what, before.what)
    found.push(report(name.span, message, [{ span: before.span, message: 'the first' }]))
  }
  for (const p of fn.params) define(p.name, 'parameter')
  for (const e of fn.body as readonly Equation[]) for (const t of e.targets) define(t.name, 'equation')
  const fault: Fault = (span, message, first) => found.push(report(span, message, first === undefined ? undefined : [{ span: first, message: 'the first' }]))
  for (const e of expressions(fn)) repeatErrors(e, () => false, fault)
  return found
}
