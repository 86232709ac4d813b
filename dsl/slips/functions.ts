/** Functions of other languages and libraries, and how the same is written here. */

/**
 * Names in lower case and without `_`, to what is written here: `$1` is the first argument, `%1` the same in parentheses
 * where an operator needs them, `$*` are all of them. Where the number of arguments matters, it stands before a colon.
 */
const rows: Readonly<Record<string, string>> = {
  'sigmoid($*)': 'sigm logistic expit sigmoide logisticsigmoid sigmoidfn stablesigmoid',
  'silu($*)': 'swish',
  'tanh($*)': 'tanhyp th tanhactivation hyperbolictangent',
  'relu($*)': 'rectify rectifier rectifiedlinear rectlin',
  'exp($*)': 'exponential',
  'log($*)': 'ln loge naturallog',
  'log($1) / log(2)': 'log2',
  'log($1) / log(10)': 'log10 lg',
  '2^%1': 'exp2',
  '10^%1': 'exp10',
  '2: %1^%2': 'pow power',
  '%1^2': 'square sq sqr squared',
  '%1^3': 'cube',
  '1 / sqrt($1)': 'rsqrt invsqrt',
  '1 / %1': 'reciprocal recip',
  'abs($*)': 'fabs absolute absval',
  'sign($*)': 'sgn signum',
  '-floor(-%1)': 'ceil ceiling',
  'floor(%1 + 0.5)': 'round rint',
  'mod($*)': 'fmod remainder modulo',
  'max($*)': 'maximum fmax amax reducemax maxval',
  'min($*)': 'minimum fmin amin reducemin minval',
  'clamp($*)': 'clip clipbyvalue',
  'sum($*)': 'reducesum nansum sumall',
  'mean($*)': 'reducemean average avg nanmean',
  'var($*)': 'variance reducevariance',
  'sqrt(var($*))': 'std stddev stdev reducestd standarddeviation',
  'norm($*)': 'l2norm vectornorm norm2 euclideannorm',
  '%1 / norm($1)': 'normalize normalise l2normalize',
  '2: dot($1, $2) / (norm($1) * norm($2))': 'cosinesimilarity cossim cosine',
  'softmax(-%1)': 'softmin',
  'clamp($1, -1, 1)': 'hardtanh',
  'clamp(0.2 * %1 + 0.5, 0, 1)': 'hardsigmoid',
  'clamp($1, 0, 6)': 'relu6',
  '1: max($1, 0.01 * %1)': 'leakyrelu lrelu leakyrectify',
  '2: max($1, %2 * %1)': 'leakyrelu lrelu prelu leakyrectify',
  '%1 / (1 + abs($1))': 'softsign',
  '%1 * tanh(softplus($1))': 'mish',
  '1.0507 * (if %1 > 0 then %1 else 1.67326 * expm1($1))': 'selu',
  'if %1 > 0 then 1 else 0': 'heaviside step unitstep',
  '3: if $1 then $2 else $3': 'where select ifelse iif cond ternary ifthenelse',
  'sin($1) / cos($1)': 'tan',
  '(exp($1) - exp(-%1)) / 2': 'sinh',
  '(exp($1) + exp(-%1)) / 2': 'cosh',
  '3: %1 + %3 * (%2 - %1)': 'lerp mix',
  '2: %1 + %2': 'add plus',
  '2: %1 - %2': 'sub subtract minus',
  '2: %1 / %2': 'div divide truediv',
  '1: -%1': 'neg negative negate minus',
  'contract($*)': 'einsum tensorcontract einops',
  'concat($*)': 'cat concatenate hstack cbind concatv torchcat',
  'split($*)': 'chunk',
  'outer($*)': 'outerproduct tensorproduct ger',
  'transpose($1)': 't trans permute swapaxes movedim tr transp',
  'stop_gradient($1)': 'detach stopgrad nograd blockgrad blockgradient',
  'reverse($1)': 'flip reversed rev reversesequence fliplr',
  'cumsum($*)': 'cumulativesum runningsum',
  'range($*)': 'arange iota',
  'squared_error($1, $2)': 'mse mseloss meansquarederror l2loss sse squarederror squarederrorloss sumsquarederror',
  'absolute_error($1, $2)': 'mae l1loss l1 meanabsoluteerror absoluteerror',
  'huber($1, $2)': 'smoothl1 smoothl1loss huberloss',
  'binary_cross_entropy($1, $2)': 'bce bceloss bcewithlogits bcewithlogitsloss binarycrossentropywithlogits sigmoidcrossentropy binaryxent',
  'cross_entropy($1, $2)':
    'crossentropyloss nll nllloss categoricalcrossentropy sparsecategoricalcrossentropy softmaxcrossentropy softmaxcrossentropywithlogits ce xent celoss',
  $1: 'float double tensor astensor totensor array asarray contiguous clone copy identityfn cast asfloat',
  '1: %1[t-1]': 'prev previous delay delayed lag lagged shift before unitdelay zinv pre',
  '1: %1[t+1]': 'next lead advance ahead lookahead',
  '2: %1[t-$2]': 'delay lag shift delayed',
}

const templates: ReadonlyMap<string, string> = new Map(
  Object.entries(rows).flatMap(([row, names]) => {
    const [, count, template] = /^(?:(\d): )?(.*)$/.exec(row)!
    return names.split(' ').map(n => [count === undefined ? n : `${n}/${count}`, template!] as const)
  }),
)

/** A name without what libraries write differently. */
export const plainName = (name: string): string => name.toLowerCase().replaceAll('_', '')

const simple = /^-?[\w.]+(?:\[[^[\]]*\]|\([^()]*\))*$/
/** In parentheses, where it is more than one operand. */
export const operand = (text: string): string => (simple.test(text) && !text.startsWith('-') ? text : `(${text})`)

/** What is written here for a call of `name`; undefined where nothing is known to mean the same. */
export const written = (name: string, args: readonly string[]): string | undefined => {
  const template = templates.get(`${plainName(name)}/${args.length}`) ?? templates.get(plainName(name))
  if (template === undefined) return undefined
  let complete = true
  const text = template.replace(/([$%])(\d|\*)/g, (_, sign: string, which: string) => {
    if (which === '*') return args.join(', ')
    const arg = args[Number(which) - 1]
    complete &&= arg !== undefined
    return arg === undefined ? '' : sign === '$' ? arg : operand(arg)
  })
  return complete && args.length > 0 ? text : undefined
}

/** The name of a function here that is spelt otherwise: `LayerNorm`, `logSoftmax`. */
export const spelling = (name: string, known: Iterable<string>): string | undefined => {
  for (const k of known) if (plainName(k) === plainName(name)) return k
  return undefined
}

/** Products whose operator depends on the shapes. */
export const productNames: ReadonlySet<string> = new Set(
  'matmul mm mv bmm dotproduct inner innerproduct gemv gemm vdot matvec prod product multiply mul mult times hadamard elementwise elemmul batchmatmul'.split(
    ' ',
  ),
)
/** Lookups of a row of a matrix. */
export const lookupNames: ReadonlySet<string> = new Set('embedding embed lookup gather take embeddinglookup indexselect row rows'.split(' '))
/** Affine maps, of what and with what. */
export const affineNames: ReadonlySet<string> = new Set('linear dense affine fc fullyconnected'.split(' '))
/** Sizes. */
export const sizeNames: ReadonlySet<string> = new Set('len length size numel shape ndim dim'.split(' '))
/** Constant arrays, and their entry. */
export const fills: ReadonlyMap<string, string> = new Map([
  ['zeros', '0'],
  ['zeroslike', '0'],
  ['ones', '1'],
  ['oneslike', '1'],
])
