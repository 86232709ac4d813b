/** The TypeScript target: kernels are functions on typed arrays. */
import type { Plan } from '../../plan/plan.ts'
import type { Reach } from '../../passes/reach.ts'
import type { Kernel } from '../../schedule/schedule.ts'
import type { Signature } from '../../signature.ts'
import { dimNames, type Backend } from '../module.ts'
import { only } from '../writer.ts'
import { kernelTexts } from './kernels.ts'

const helpers: Readonly<Record<string, string>> = {
  near: `/** True when a gradient may pass between the steps: no truncation boundary lies between them, neither that of chunks nor that at a step. */
function near(a${only(': number')}, b${only(': number')}, window${only(': number')}, at${only(': number')})${only(': boolean')} {
  return Math.floor(a / window) === Math.floor(b / window) && a < at === b < at
}
`,
}

export const typescriptBackend = (plan: Plan, signature: Signature, reach: Reach, headOf: (kernel: Kernel) => string): Backend => {
  const { functions, forward, backward, used } = kernelTexts(plan, dimNames(signature), signature.dtype, reach, headOf)
  const own = [...used].flatMap(u => helpers[u] ?? []).join('\n')
  return {
    declarations: [...functions, own].join('\n'),
    forward,
    backward,
    library: [...used].filter(u => helpers[u] === undefined),
    alignment: 1,
    reserved: 0,
    rooms: [],
    memory: [`const memory = new ArrayBuffer(top * ${signature.dtype === 'f32' ? 4 : 8})`],
    ready: [],
  }
}
