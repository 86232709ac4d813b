/**
 * Names in files: those of tensors, and the keys of metadata. What means nothing here may be a path, a prototype or the end of a
 * line to the next program, which makes files, properties or rows of it. So a name is one or more parts between single
 * slashes: `layers.0.weight` of PyTorch, `dense/kernel:0` of TensorFlow, `optimiser/m/Wi` of ours.
 */

/** What is wrong with a name, if anything is: `"../x" is a path`. */
export const nameProblem = (name: string): string | undefined => {
  if (name === '') return 'is empty'
  // oxlint-disable-next-line no-control-regex
  if (/[\0-\x1f\x7f-\x9f\u2028\u2029]/.test(name)) return 'has a control character'
  if (/\p{Surrogate}/u.test(name)) return 'is not Unicode'
  if (name.includes('\\')) return 'has a backslash'
  const parts = name.split('/')
  if (parts.some(part => part === '' || part === '.' || part === '..') || /^[A-Za-z]:\//.test(name)) return 'is a path'
  if (parts.includes('__proto__')) return 'is not a name'
  return undefined
}
