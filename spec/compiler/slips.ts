/** Texts with one slip each: `«what is written|what is meant»`, and where the hint says less than that, `«…|…|the hint»`. */

const rnn = {
  head: 'cell RNN(D, H) {',
  input: 'input x: [D]',
  state: 'state h: [H]',
  param: 'param W: [H, D], U: [H, H], b: [H]',
  more: '',
  equation: 'h = tanh(W @ x + U @ h[t-1] + b)',
}
const cell = (changed: Partial<typeof rnn>): string => {
  const { head, ...lines } = { ...rnn, ...changed }
  return `${head}\n${Object.values(lines)
    .filter(l => l !== '')
    .map(l => `  ${l}\n`)
    .join('')}}\n`
}
const model = (...lines: readonly string[]): string => `model M(V, E, H) {\n${lines.map(l => `  ${l}\n`).join('')}}\n`

export const texts: Readonly<Record<string, string>> = { 'the plain cell': cell({}) }

const equations = [
  // Products.
  'h = tanh(«W . x|W @ x» + U @ h[t-1] + b)',
  'h = tanh(W @ x + «U . h[t-1]|U @ h[t-1]» + b)',
  'h = tanh(«dot(W, x)|W @ x» + U @ h[t-1] + b)',
  'h = tanh(W @ x + «dot(U, h[t-1])|U @ h[t-1]» + b)',
  'h = tanh(«W*x|W @ x» + U @ h[t-1] + b)',
  'h = tanh(W @ x + «U * h[t-1]|U @ h[t-1]» + b)',
  'h = tanh(«x @ W|W @ x» + U @ h[t-1] + b)',
  'h = tanh(«np.dot(W, x)|W @ x» + U @ h[t-1] + b)',
  'h = tanh(«matmul(W, x)|W @ x» + U @ h[t-1] + b)',
  'h = tanh(«torch.mm(W, x)|W @ x» + b)',
  'h = tanh(«W.matmul(x)|W @ x» + b)',
  'h = tanh(«bmm(W, x)|W @ x» + b)',
  'h = tanh(«mul(W, x)|W @ x» + b)',
  'h = tanh(«W(x)|W @ x» + U @ h[t-1] + b)',
  'h = tanh(«W x|W @ x» + b)',
  'h = tanh(W «·|@» x + b)',
  'h = b «⊙|*» h[t-1]',
  'h = b «∘|*» h[t-1]',
  'h = b «×|*» h[t-1]',
  'h = b «.*|*» h[t-1]',
  'h = b * «dot_product(b, b)|dot(b, b)»',
  'h = «einsum("ij,j->i", W, x)|contract("ij,j->i", W, x)» + b',
  'h = «linear(x, W, b)|W @ x + b»',
  'h = tanh(«Wx|W @ x» + b)',
  // Transposes.
  'h = tanh(«U.T|transpose(U)» @ h[t-1] + b)',
  'h = tanh(«U.t()|transpose(U)» @ h[t-1] + b)',
  'h = tanh(«U.transpose()|transpose(U)» @ h[t-1] + b)',
  "h = tanh(«U'|transpose(U)» @ h[t-1] + b)",
  'h = tanh(«U^T|transpose(U)» @ h[t-1] + b)',
  'h = tanh(«U^{T}|transpose(U)» @ h[t-1] + b)',
  'h = tanh(«Uᵀ|transpose(U)» @ h[t-1] + b)',
  'h = tanh(U @ «h[t-1].T|h[t-1]» + b)',
  // Steps.
  'h = tanh(W @ «x_t|x» + b)',
  'h = tanh(W @ «xt|x» + b)',
  'h = tanh(W @ «x_{t}|x» + b)',
  'h = tanh(W @ «xₜ|x» + b)',
  'h = tanh(W @ «x(t)|x» + b)',
  'h = tanh(W @ «x_next|x[t+1]» + b)',
  'h = tanh(U @ «h_prev|h[t-1]» + b)',
  'h = tanh(U @ «h_{t-1}|h[t-1]» + b)',
  'h = tanh(U @ «h^{(t-1)}|h[t-1]» + b)',
  'h = tanh(U @ «hₜ₋₁|h[t-1]» + b)',
  'h = tanh(U @ «h_t_1|h[t-1]» + b)',
  'h = tanh(U @ «ht_1|h[t-1]» + b)',
  'h = tanh(U @ «h_tm1|h[t-1]» + b)',
  'h = tanh(U @ «h_t_minus_2|h[t-2]» + b)',
  'h = tanh(U @ «prev_h|h[t-1]» + b)',
  'h = tanh(U @ «hPrev|h[t-1]» + b)',
  'h = tanh(U @ «h_old|h[t-1]» + b)',
  'h = tanh(U @ «h_last|h[t-1]» + b)',
  'h = tanh(U @ «h(t-1)|h[t-1]» + b)',
  'h = tanh(U @ «h[t]|h[t-1]» + b)',
  'h = tanh(U @ «prev(h)|h[t-1]» + b)',
  'h = tanh(U @ «delay(h, 2)|h[t-2]» + b)',
  'h = tanh(U @ h[«t-1, :|t-1|h[t-1]»] + b)',
  // The left side.
  'h«[t]||h = …» = tanh(W @ x + U @ h[t-1] + b)',
  'h«(t)||h = …» = tanh(W @ x + U @ h[t-1] + b)',
  '«h_t|h» = tanh(W @ x + U @ h[t-1] + b)',
  'h «:=|=» tanh(W @ x)',
  'h «<-|=» tanh(W @ x)',
  'h «←|=» tanh(W @ x)',
  'h «==|=» tanh(W @ x)',
  '«let ||h = …»h = tanh(W @ x)',
  '«var ||h = …»h = tanh(W @ x)',
  '«def ||h = …»h = tanh(W @ x)',
  '«const ||h = …»h = tanh(W @ x)',
  // Functions of libraries.
  'h = «torch.tanh(W @ x)|tanh(W @ x)»',
  'h = «tf.nn.relu(W @ x)|relu(W @ x)»',
  'h = «jnp.exp(b)|exp(b)»',
  'h = «math.sqrt(b)|sqrt(b)»',
  'h = «K.sigmoid(b)|sigmoid(b)»',
  'h = «F.softmax(W @ x, dim=-1)|softmax(W @ x)»',
  'h = «sigm(W @ x)|sigmoid(W @ x)»',
  'h = «logistic(W @ x)|sigmoid(W @ x)»',
  'h = «σ|sigmoid»(W @ x)',
  'h = «\\sigma|sigmoid»(W @ x)',
  'h = «hard_sigmoid(b)|clamp(0.2 * b + 0.5, 0, 1)»',
  'h = «swish(W @ x)|silu(W @ x)»',
  'h = «relu6(W @ x)|clamp(W @ x, 0, 6)»',
  'h = «leaky_relu(W @ x)|max(W @ x, 0.01 * (W @ x))»',
  'h = «LeakyReLU(b, 0.2)|max(b, 0.2 * b)»',
  'h = «Tanh(b)|tanh(b)»',
  'h = «ln(b)|log(b)»',
  'h = «log2(b)|log(b) / log(2)»',
  'h = «exp2(b)|2^b»',
  'h = «pow(b, 2)|b^2»',
  'h = b «**|^» 2',
  'h = «square(b)|b^2»',
  'h = «clip(b, 0, 1)|clamp(b, 0, 1)»',
  'h = «maximum(b, 0)|max(b, 0)»',
  'h = b * «mse(b, h[t-1])|squared_error(b, h[t-1])»',
  'h = b - «mean(x, axis=0)|mean(x over D)»',
  'h = b - «mean(x, dim=-1)|mean(x over D)»',
  'h = b - «sum(x, 0)|sum(x over D)»',
  'h = b - «x.sum()|sum(x)»',
  'h = b - «np.mean(x, axis=0)|mean(x over D)»',
  'h = «sum(W, axis=1)|sum(W over D)»',
  'h = «sum(W, axis=1, keepdims=True)|sum(W over D)[:, new]»[:, 0]',
  'h = «reduce_sum(W, 1)|sum(W over D)»',
  'h = «softmax(b, axis=0)|softmax(b)»',
  'h = «concat([b, b])|concat(b, b)»[0:H]',
  'h = «torch.cat([b, b], dim=-1)|concat(b, b)»[0:H]',
  'h = b * «len(x)|D»',
  'h = «zeros(H)|0» + b',
  'h = b + «ones_like(b)|1»',
  'h = b * «x[-1]|x[D-1]»',
  'h = b * sum(«x[:-1]|x[0:D-1]»)',
  'h = b * «pi|PI»',
  'h = b * 2 * «math.pi|PI»',
  'h = b * 2 * «np.pi|PI»',
  // Choices.
  'h = «b if x[0] > 0 else 0|if x[0] > 0 then b else 0»',
  'h = «x[0] > 0 ? b : h[t-1]|if x[0] > 0 then b else h[t-1]»',
  'h = «where(b > 0, b, 0)|if b > 0 then b else 0»',
  'h = «np.where(b > 0, b, 0)|if b > 0 then b else 0»',
  'h = if x[0] > 0 then b «elif|else if» x[0] < 0 then -b else 0 * b',
  'h = if x[0] > 0 «&&|and» x[1] > 0 then b else -b',
  'h = if x[0] > 0 «|| x[1] > 0|or x[1] > 0|or» then b else -b',
  'h = if «!|not |not»(x[0] > 0) then b else -b',
  'h = if x[0] «<>|!=» 0 then b else -b',
  // Comments and signs.
  'h = tanh(W @ x)«;||leave it out»',
  'h = tanh(W @ x) «//|#» the new state',
  'h = tanh(W @ x) «%|#» the new state',
  'h = tanh(W @ x) «--|#» the new state',
]

const declarations: readonly Partial<typeof rnn>[] = [
  ...[
    'input x: «D|[D]|x: [D]»',
    'input x: «(D)|[D]|x: [D]»',
    'input x: [D«,||leave»]',
    'input x «[D]|: [D]|x: [D]»',
    'input x: «{D}|[D]|x: [D]»',
    'input «x: [D] = 0|x: [D] from 0»',
    '«inputs|input» x: [D]',
  ].map(input => ({ input })),
  ...[
    'state «h: [H] = 0|h: [H] from 0»',
    'state «h: [H] ~ zeros|h: [H] from 0»',
    'state «h: [H] = zeros(H)|h: [H] from 0»',
    '«states|state» h: [H]',
    '«hidden|state» h: [H]',
  ].map(state => ({ state })),
  ...[
    '«params|param» W: [H, D], U: [H, H], b: [H]',
    '«parameter|param» W: [H, D], U: [H, H], b: [H]',
    '«weights|param» W: [H, D], U: [H, H], b: [H]',
    'param W: «(H, D)|[H, D]», U: [H, H], b: [H]',
    'param W: «H, D|[H, D]», U: [H, H], b: [H]',
    'param W: «[H x D]|[H, D]», U: [H, H], b: [H]',
    'param W: [H, D], «U: [H, H] = orthogonal|U: [H, H] ~ orthogonal», b: [H]',
    'param W: [H, D], «U: [H, H] orthogonal|U: [H, H] ~ orthogonal», b: [H]',
    'param W: [H, D], «U: [H, H] = 0.1|U: [H, H] ~ constant(0.1)», b: [H]',
    'param W: [H, D], U: [H, H] ~ «identity(H)|identity», b: [H]',
    'param W: [H, D], U: [H, H] ~ «eye|identity», b: [H]',
    'param W: [H, D], U: [H, H] ~ «orthogonal_|orthogonal», b: [H]',
    'param W: [H, D], U: [H, H] ~ «nn.init.orthogonal|orthogonal», b: [H]',
    'param W: [H, D] ~ «xavier|glorot», U: [H, H], b: [H]',
    'param W: [H, D] ~ «glorot_uniform|glorot», U: [H, H], b: [H]',
    'param W: [H, D] ~ «kaiming|he», U: [H, H], b: [H]',
    'param W: [H, D] ~ «he_normal|he», U: [H, H], b: [H]',
    'param W: [H, D] ~ «randn|normal(0, 1)», U: [H, H], b: [H]',
    'param W: [H, D] ~ «gaussian(0, 0.02)|normal(0, 0.02)», U: [H, H], b: [H]',
    'param W: [H, D] ~ «uniform(0.1)|uniform(-0.1, 0.1)», U: [H, H], b: [H]',
    'param W: [H, D] ~ «normal(0.1)|normal(0, 0.1)», U: [H, H], b: [H]',
    'param W: [H, D], U: [H, H], b: [H] ~ «zero|zeros»',
  ].map(param => ({ param })),
  ...[
    'hyper r«: 0.1| = 0.1|hyper r = 0.1»',
    'hyper r «0.1|= 0.1|hyper r = 0.1»',
    '«const|hyper» r = 0.1',
    '«noise m: [H] ~ bernoulli(0.5) once|noise m: [H] once ~ bernoulli(0.5)|m: [H] once ~ bernoulli(0.5)»',
    '«noise m: [H] ~ bernoulli(0.5) shared|noise m: [H] shared ~ bernoulli(0.5)|m: [H] shared ~ bernoulli(0.5)»',
    '«noise m: [H] ~ normal(0, 1) over s|noise m: [H] over s ~ normal(0, 1)|m: [H] over s ~ normal(0, 1)»',
    'noise «m: [H] = bernoulli(0.5)|m: [H] ~ bernoulli(0.5)»',
    'noise m: [H] ~ «dropout(0.5)|bernoulli(1 - 0.5)»',
    'noise m: [H] ~ «gaussian(0, 1)|normal(0, 1)»',
    '«% the state|# the state|#»',
    '«// the state|# the state|#»',
    '«-- the state|# the state|#»',
    '«return h|output h»',
    '«bias|param» c: [H]',
    '«outputs|output» h',
    '«(a, c)|a, c» = split(concat(b, b), 2)',
    'a, c = «chunk(concat(b, b), 2)|split(concat(b, b), 2)»',
  ].map(more => ({ more })),
  ...['cell RNN«[D, H] {|(D, H) {|RNN(D, H)»', 'cell RNN(D«: int||`D`», H) {', '«class|cell» RNN(D, H) {'].map(head => ({ head })),
]

const whole: readonly string[] = [
  model('input word: index(V)', 'param Emb: [V, E]', 'output y', 'y = «embedding(word, Emb)|Emb[word]»'),
  model('input x: [E]', 'target z: [E]', 'loss «mse(x, z)|squared_error(x, z)»'),
  model('input x: [E]', 'target z: [E]', 'loss«: squared_error(x, z)| squared_error(x, z)|loss squared_error(x, z)»'),
  model('input x: [E]', '«labels|target» z: [E]', 'loss squared_error(x, z)'),
  model('param a: [H], B: [H, E]', 'output y', 'y = «a * B|a[:, new] * B»'),
  model('input x: [H]', 'param a: [H]', 'output y', 'y = «a.dot(x)|dot(a, x)»'),
  model('input x: [H]', 'output y', 'y = «flip(x)|reverse(x)»'),
  `«import LSTM from "std"|import { LSTM } from "std"»\n${cell({})}`,
  `«import { LSTM } from std|import { LSTM } from "std"»\n${cell({})}`,
  `«from std import LSTM|import { LSTM } from "std"»\n${cell({})}`,
  `«def f(v)|fn f(v)» = v\n${cell({})}`,
]

export interface SlipText {
  readonly text: string
  /** What is wrong, what the hint must hold, and the texts with the one and the other. */
  readonly mark: string
  readonly mend: string
  readonly wrong: string
  readonly right: string
}

const read = (text: string): SlipText => {
  const [marked, mark, meant, hint] = /«((?:[^|»]|\|\| )*)\|((?:[^|»])*)(?:\|([^»]*))?»/.exec(text)! as unknown as [string, string, string, string | undefined]
  return { text, mark, mend: hint ?? meant, wrong: text.replace(marked, () => mark), right: text.replace(marked, () => meant) }
}

export const slips: readonly SlipText[] = [...equations.map(equation => cell({ equation })), ...declarations.map(cell), ...whole].map(read)
