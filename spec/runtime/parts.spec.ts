import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { FileError, InputError } from '../../runtime/errors.ts'
import { load } from '../../runtime/load.ts'
import { createModel, type Model } from '../../runtime/model.ts'
import { adam } from '../../runtime/optimisers.ts'
import { loadParts, withoutFrozen } from '../../runtime/parts.ts'
import { saveWeights } from '../../runtime/weights.ts'

const tasks = readFileSync(new URL('../../examples/cells/tasks.cell', import.meta.url), 'utf8')
const translate = readFileSync(new URL('../../examples/cells/translate.cell', import.meta.url), 'utf8')
const files = { files: (): undefined => undefined }

const modelOf = async (text: string, cell: string, dims: Readonly<Record<string, number>>, seed: number): Promise<Model> => {
  const module = await load(text, { cell, ...files })
  const sizes = { ...Object.fromEntries(module.signature.sequences.map(a => [a, 3])), t: 3, batch: 2 }
  const model = createModel(module, dims, sizes)
  model.net.initialise(seed)
  return model
}

describe('parts of models', () => {
  it('a language model starts an encoder, a decoder and a classifier', async () => {
    const lm = await modelOf(tasks, 'LanguageModel', { V: 7, E: 3, H: 4 }, 1)
    const bytes = saveWeights(lm)
    const translator = await modelOf(translate, 'EncoderDecoder', { V: 7, W: 7, E: 3, H: 4 }, 2)
    const { loaded, untouched } = loadParts(translator, bytes, { 'l1.*': 'enc.*', Emb: 'EmbS' })
    assert.deepEqual(loaded.get('enc.Ui'), 'l1.Ui')
    assert.deepEqual([...translator.net.params['enc.Ui']!], [...lm.net.params['l1.Ui']!])
    assert.deepEqual([...translator.net.params['EmbS']!], [...lm.net.params['Emb']!])
    assert.ok(untouched.includes('dec.Ui') && untouched.includes('EmbT') && !untouched.includes('EmbS'))
    loadParts(translator, bytes, { 'l1.*': 'dec.*', Emb: 'EmbT', 'W*': 'W*', by: 'by' })
    assert.deepEqual([...translator.net.params['Wy']!], [...lm.net.params['Wy']!])
    const classifier = await modelOf(tasks, 'Sentiment', { V: 7, E: 3, H: 4 }, 3)
    assert.equal(loadParts(classifier, bytes, { 'l*': 'l*', Emb: 'Emb' }).untouched.join(), 'w,b')
  })

  it('what does not match is listed, all at once, and nothing is changed', async () => {
    const lm = await modelOf(tasks, 'LanguageModel', { V: 7, E: 3, H: 4 }, 1)
    const other = await modelOf(tasks, 'Sentiment', { V: 7, E: 3, H: 5 }, 3)
    const before = Object.values(other.net.params).map(p => [...p])
    assert.throws(
      () => loadParts(other, saveWeights(lm), { 'l1.*': 'l1.*', Emb: 'Emb', 'l2.*': 'nobody.*', 'l3.*': 'l2.*', Wy: 'Emb' }),
      (e: unknown) =>
        e instanceof FileError &&
        ['l1.Wi is F32 [4, 3]: l1.Wi is F32 [5, 3]', 'no parameter nobody.Wi', 'l3.*: the file has no such parameter', 'Emb would be Emb and Wy'].every(m =>
          e.message.includes(m),
        ),
    )
    assert.deepEqual(
      Object.values(other.net.params).map(p => [...p]),
      before,
    )
    for (const bad of [{ '': 'x' }, { 'a*b*': 'x*' }, { Emb: 'E*' }])
      assert.throws(() => loadParts(other, saveWeights(lm), bad as unknown as Record<string, string>), InputError)
  })

  it('what is not finite is refused, unless the caller wants it', async () => {
    const lm = await modelOf(tasks, 'LanguageModel', { V: 7, E: 3, H: 4 }, 1)
    lm.net.params['Emb']![4] = NaN
    lm.net.params['by']![0] = Infinity
    const other = await modelOf(tasks, 'LanguageModel', { V: 7, E: 3, H: 4 }, 2)
    const before = [...other.net.params['Wy']!]
    assert.throws(
      () => loadParts(other, saveWeights(lm), { Wy: 'Wy', Emb: 'Emb' }),
      (e: unknown) => e instanceof FileError && e.message.startsWith('Emb is NaN at element 4'),
    )
    assert.deepEqual([...other.net.params['Wy']!], before)
    loadParts(other, saveWeights(lm), { Wy: 'Wy' })
    loadParts(other, saveWeights(lm), { Emb: 'Emb' }, { notFinite: true })
    assert.deepEqual([...other.net.params['Emb']!], [...lm.net.params['Emb']!])
    const bad = (rules: unknown, options: unknown, message: RegExp): void =>
      assert.throws(
        () => loadParts(other, saveWeights(lm), rules as Record<string, string>, options as object),
        (e: unknown) => e instanceof InputError && message.test(e.message),
      )
    bad({ Emb: 3 }, {}, /rules\.Emb must be a string/)
    bad(new Map([['Emb', 'Emb']]), {}, /rules must be an object/)
    bad({ Emb: 'Emb' }, { fromOther: true }, /loadParts: there is no option "fromOther"/)
  })

  it('what is frozen stays to the last bit', async () => {
    const lm = await modelOf(tasks, 'LanguageModel', { V: 7, E: 3, H: 4 }, 1)
    const { net } = lm
    net.forward()
    net.backward()
    const before = Object.fromEntries(Object.entries(net.params).map(([n, p]) => [n, [...p]]))
    adam({ rate: 0.1 }).update(net.params, withoutFrozen(net.grads, ['l1.*', 'Emb']))
    for (const [n, p] of Object.entries(net.params)) assert.equal(JSON.stringify([...p]) === JSON.stringify(before[n]), n.startsWith('l1.') || n === 'Emb', n)
    assert.throws(() => withoutFrozen(net.grads, ['enc.*', 'l1.*']), /nothing to freeze fits "enc\.\*"/)
    for (const bad of ['l1.*', [3], [{ toString: () => 'l1.*' }]])
      assert.throws(
        () => withoutFrozen(net.grads, bad as never),
        (e: unknown) => e instanceof InputError && e.message.startsWith('the frozen patterns'),
      )
  })
})
