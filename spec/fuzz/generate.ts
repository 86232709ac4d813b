/** Numbers to the text of a program that should compile. */
import * as dim from '../../dsl/dims.ts'
import { Chooser, type Choices } from './choices.ts'
import { dimNames, Draft, shapes, showShape, type Shape, type Value } from './draft.ts'
import { close, makers, ofWhole } from './ops.ts'

export interface Program {
  readonly text: string
  readonly dims: readonly string[]
}

export const generate = (choices: Choices): Program => {
  const d = new Draft(choices.kind % 2 === 1)
  choices.states.forEach((row, i) => declareState(d, `h${i}`, new Chooser(row)))
  if (d.states.length === 0) d.input([dim.variable('H')], new Chooser([]))
  for (const row of choices.ops) {
    const c = new Chooser(row)
    c.of(makers)(d, c)
  }
  while (!d.settled) close(d, new Chooser([]))
  for (const row of choices.behind) {
    const c = new Chooser(row)
    const whole = c.once(2) && d.model
    c.of(whole ? ofWhole : makers)(d, c)
  }
  choices.outputs.forEach((row, i) => output(d, `y${i}`, new Chooser(row)))
  if (choices.outputs.length === 0 && d.states.length === 0) output(d, 'y0', new Chooser([]))
  if (d.model) {
    choices.losses.forEach(row => loss(d, new Chooser(row)))
    const [first] = choices.losses
    if (first !== undefined && first.length % 3 === 0) d.window = 1 + (first.at(-1)! % 4)
  }
  return { text: print(d), dims: dimNames }
}

const declareState = (d: Draft, name: string, c: Chooser): void => {
  const shape = c.of(shapes)
  const [uses, start] = [c.below(5), c.below(6)]
  let from = ''
  if (start === 2) from = ' from 0.5'
  if (start === 3) from = ` from tanh(${d.param(shape, c)})`
  if (start === 4) {
    const z = d.fresh('z')
    d.declarations.push(`input ${z}: ${showShape(shape)} once`)
    d.add({ text: z, shape, timed: false, named: true, late: false })
    from = ` from ${z}`
  }
  if (start === 5) from = ` from ${d.param(shape, c)}`
  d.declarations.push(`state ${name}: ${showShape(shape)}${from}`)
  d.states.push({ name, shape, closed: false })
  if (uses < 4) d.add({ text: `${name}[t-1]`, shape, timed: true, named: false, late: false })
  if (uses === 1) d.add({ text: `${name}[t-2]`, shape, timed: true, named: false, late: false })
}

const pick = (d: Draft, c: Chooser, fits: (v: Value) => boolean = () => true): Value | undefined => {
  const list = d.candidates(fits)
  return list.length === 0 ? undefined : c.of(list)
}

const output = (d: Draft, name: string, c: Chooser): void => {
  const v = pick(d, c)
  if (v === undefined) return
  if (d.states.some(s => s.name === v.text) && c.once(2) && !d.declarations.includes(`output ${v.text}`)) {
    d.declarations.push(`output ${v.text}`)
    return
  }
  d.declarations.push(`output ${name}${c.once(2) ? `: ${showShape(v.shape)}` : ''}`)
  d.equations.push(`${name} = ${v.text}`)
}

const loss = (d: Draft, c: Chooser): void => {
  const v = pick(d, c)
  if (v === undefined) return
  const form = c.below(8)
  const target = (shape: Shape): string => {
    const name = d.fresh('z')
    d.declarations.push(`target ${name}: ${showShape(shape)}${v.timed && !c.once(6) ? '' : ' once'}`)
    return name
  }
  const masks = [...d.indices.filter(i => i.timed === v.timed).map(i => `${i.text} >= 0`), ...(v.timed ? ['t >= 1', 't > 20', 't != 1 and t < 4'] : [])]
  const where = (): string => (masks.length > 0 && c.once(3) ? ` where ${c.of(masks)}` : '')
  const total = c.once(3) ? 'total ' : ''
  const add = (e: string, mask = where()): void => void d.losses.push(`${total}loss ${e}${mask}`)
  if (form === 7 && v.shape.length === 0) return add(v.text)
  if (form === 6 && v.shape.length === 1) {
    const i = d.index(v.shape[0]!, c)
    return add(`cross_entropy(0.9 * ${v.text}, ${i.text})`, c.once(2) ? ` where ${i.text} >= 0` : '')
  }
  if (form === 5) return add(`0.1 * sum(${v.text})`)
  if (form === 4) return add(v.shape.length === 1 ? `dot(${v.text}, ${v.text})` : `sum(${v.text} * ${v.text})`)
  const f = ['squared_error', 'absolute_error', 'huber', 'binary_cross_entropy'][form] ?? 'squared_error'
  const scaled = f === 'binary_cross_entropy' ? `0.9 * ${v.text}` : v.text
  add(`${f}(${scaled}, ${target(v.shape)})`)
}

const print = (d: Draft): string => {
  const imports = d.imports.size === 0 ? [] : [`import { ${[...d.imports].join(', ')} } from "std"`]
  const body = [...d.declarations, ...d.equations, ...d.losses, ...(d.window === undefined ? [] : [`window ${d.window}`])]
  return [...imports, ...d.fns.values(), `${d.model ? 'model' : 'cell'} Main(${dimNames.join(', ')}) {`, ...body.map(l => `  ${l}`), '}', ''].join('\n')
}
