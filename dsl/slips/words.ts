/** Words that other languages and libraries have, and what is written here. */

/** Words before a name that mean one of the declarations. */
export const declarationWords: ReadonlyMap<string, string> = new Map(
  Object.entries({
    input: 'inputs inp in feature features placeholder arg args',
    output: 'outputs out result results',
    state: 'states hidden hiddens memory carry recurrent register buffer latch',
    param: 'params parameter parameters par weight weights w bias biases learnable learned trainable variable Parameter Variable Linear Dense',
    hyper: 'hypers hyperparam hyperparams hyperparameter hyperparameters constant constants config option setting',
    noise: 'noises random rand dropout Dropout sample',
    target: 'targets label labels teacher',
    loss: 'losses cost objective minimize minimise criterion',
  }).flatMap(([kind, words]) => words.split(' ').map(w => [w, kind] as const)),
)

/** Words before an equation that say nothing here. */
export const assignmentWords: ReadonlySet<string> = new Set(
  'let var val const def auto local global set define mut double float int real tensor Tensor number vec mat static final public private assign'.split(' '),
)

/** Words for what has no kind of its own: the declaration must say what it is. */
export const shapeWords: ReadonlySet<string> = new Set('vector matrix scalar array Vector Matrix Scalar Array Tensor tensor float real double int'.split(' '))

/** Words that begin a loop, a function or a block elsewhere. */
export const blockWords: ReadonlyMap<string, 'rounds' | 'function' | 'end' | 'nothing'> = new Map(
  (
    [
      ['rounds', 'for while loop foreach do'],
      ['function', 'def function func fun lambda method'],
      ['end', 'end pass endcell begin endif done fi'],
      ['nothing', 'print yield assert del global nonlocal with try except async await'],
    ] as const
  ).flatMap(([meaning, words]) => words.split(' ').map(w => [w, meaning] as const)),
)

/** Words that begin a block elsewhere. */
export const itemAliases: ReadonlyMap<string, string> = new Map(
  Object.entries({
    fn: 'def function func fun proc procedure method macro',
    cell: 'class struct module layer rnn lstm gru network net unit recurrent block component object type',
    model: 'program sequence pipeline architecture',
    import: 'include using use require from load open',
  }).flatMap(([item, words]) => words.split(' ').map(w => [w, item] as const)),
)

/** The names of initial values elsewhere, in lower case and without `_`, to those here. */
export const initialisers: ReadonlyMap<string, string> = new Map(
  Object.entries({
    glorot: 'xavier xavieruniform glorotuniform xaviernormal glorotnormal xavierinit',
    he: 'kaiming kaimingnormal kaiminguniform henormal heuniform msra',
    lecun: 'lecunnormal lecununiform',
    zeros: 'zero none null zerosinit zeroinit',
    ones: 'one onesinit oneinit',
    identity: 'eye id ident unit',
    orthogonal: 'orth ortho orthonormal orthogonalinit qr unitary',
    'normal(0, 1)': 'randn standardnormal n',
    'normal(0, 0.1)': 'gaussian gauss truncnormal truncatednormal randomnormal random',
    'uniform(0, 1)': 'rand u',
    'uniform(-0.1, 0.1)': 'randomuniform unif',
    'constant(0)': 'const fill full',
  }).flatMap(([here, words]) => words.split(' ').map(w => [w, here] as const)),
)

/** What is written here for the name of an initial value elsewhere, or for a misspelt one. */
export const initialiserFor = (name: string): string | undefined =>
  initialisers.get(
    name
      .toLowerCase()
      .replaceAll('_', '')
      .replace(/init(ialized|ializer|ialiser)?$/, ''),
  )

export const schemeNames: readonly string[] = ['zeros', 'ones', 'constant', 'uniform', 'normal', 'glorot', 'he', 'lecun', 'orthogonal', 'identity']

/** Modules and aliases of libraries, which stand before their functions. */
export const libraries: ReadonlySet<string> = new Set(
  'torch nn F np numpy tf keras K jnp jax lax math Math scipy special sp sc cp cupy mx nd tensorflow flax linen theano T tt mxnet activations layers init initializers ops functional random linalg self this std'.split(
    ' ',
  ),
)

/** Constants that are called otherwise. */
export const constants: ReadonlyMap<string, string> = new Map([
  ['pi', 'PI'],
  ['Pi', 'PI'],
  ['M_PI', 'PI'],
])
