/**
 * Instructions of WebAssembly by the names of its specification: opcode, and what stands behind it in the code.
 * Core: WebAssembly 2.0, section 5.4; vectors: 5.4.9; relaxed vectors: the relaxed SIMD proposal.
 */

/** What follows an opcode: `memory` an alignment and an offset, `lane` one byte, `lanes` sixteen. */
type Immediate = 'none' | 'index' | 'i32' | 'f32' | 'v128' | 'memory' | 'memoryLane' | 'lane' | 'lanes' | 'block' | 'zero' | 'zeros'

export interface Instruction {
  readonly code: readonly number[]
  readonly immediate: Immediate
  /** Bytes that a memory instruction touches. */
  readonly size?: number
}

const core = (code: number, immediate: Immediate = 'none', size?: number): Instruction => ({ code: [code], immediate, ...(size === undefined ? {} : { size }) })

/** Vector opcodes are numbers in LEB128 behind a prefix. */
const vector = (code: number, immediate: Immediate = 'none', size?: number): Instruction => {
  const bytes = [0xfd]
  for (let rest = code; ; rest >>= 7) {
    if (rest < 128) return { code: [...bytes, rest], immediate, ...(size === undefined ? {} : { size }) }
    bytes.push((rest & 127) | 128)
  }
}

export const instructions = {
  block: core(0x02, 'block'),
  loop: core(0x03, 'block'),
  if: core(0x04, 'block'),
  else: core(0x05),
  end: core(0x0b),
  br: core(0x0c, 'index'),
  br_if: core(0x0d, 'index'),
  return: core(0x0f),
  call: core(0x10, 'index'),
  drop: core(0x1a),
  select: core(0x1b),
  'local.get': core(0x20, 'index'),
  'local.set': core(0x21, 'index'),
  'local.tee': core(0x22, 'index'),
  'i32.load': core(0x28, 'memory', 4),
  'f32.load': core(0x2a, 'memory', 4),
  'i32.store': core(0x36, 'memory', 4),
  'f32.store': core(0x38, 'memory', 4),
  'i32.const': core(0x41, 'i32'),
  'f32.const': core(0x43, 'f32'),
  'i32.eqz': core(0x45),
  'i32.eq': core(0x46),
  'i32.ne': core(0x47),
  'i32.lt_u': core(0x49),
  'i32.lt_s': core(0x48),
  'i32.gt_s': core(0x4a),
  'i32.le_s': core(0x4c),
  'i32.ge_s': core(0x4e),
  'f32.ne': core(0x5c),
  'f32.lt': core(0x5d),
  'f32.gt': core(0x5e),
  'i32.add': core(0x6a),
  'i32.sub': core(0x6b),
  'i32.mul': core(0x6c),
  'i32.div_u': core(0x6e),
  'i32.and': core(0x71),
  'i32.or': core(0x72),
  'i32.shl': core(0x74),
  'i32.shr_u': core(0x76),
  'f32.add': core(0x92),
  'f32.sub': core(0x93),
  'f32.mul': core(0x94),
  'f32.convert_i32_s': core(0xb2),
  'f32.convert_i32_u': core(0xb3),
  'v128.load': vector(0, 'memory', 16),
  'v128.load32_splat': vector(9, 'memory', 4),
  'v128.store': vector(11, 'memory', 16),
  'v128.const': vector(12, 'v128'),
  'i8x16.shuffle': vector(13, 'lanes'),
  'i32x4.splat': vector(17),
  'f32x4.splat': vector(19),
  'i32x4.extract_lane': vector(27, 'lane'),
  'f32x4.extract_lane': vector(31, 'lane'),
  'f32x4.replace_lane': vector(32, 'lane'),
  'f32x4.eq': vector(65),
  'f32x4.ne': vector(66),
  'f32x4.lt': vector(67),
  'f32x4.gt': vector(68),
  'f32x4.le': vector(69),
  'f32x4.ge': vector(70),
  'v128.not': vector(77),
  'v128.and': vector(78),
  'v128.andnot': vector(79),
  'v128.or': vector(80),
  'v128.xor': vector(81),
  'v128.bitselect': vector(82),
  'v128.store32_lane': vector(90, 'memoryLane', 4),
  'v128.load32_zero': vector(92, 'memory', 4),
  'f32x4.floor': vector(104),
  'i32x4.shl': vector(171),
  'i32x4.shr_s': vector(172),
  'i32x4.add': vector(174),
  'i32x4.sub': vector(177),
  'f32x4.abs': vector(224),
  'f32x4.neg': vector(225),
  'f32x4.sqrt': vector(227),
  'f32x4.add': vector(228),
  'f32x4.sub': vector(229),
  'f32x4.mul': vector(230),
  'f32x4.div': vector(231),
  'f32x4.min': vector(232),
  'f32x4.max': vector(233),
  /** b < a ? b : a, and a < b ? b : a: one instruction of the machine. */
  'f32x4.pmin': vector(234),
  'f32x4.pmax': vector(235),
  'i32x4.trunc_sat_f32x4_s': vector(248),
  'f32x4.convert_i32x4_s': vector(250),
  /** a * b + c, rounded once or twice: as the machine does it. */
  'f32x4.relaxed_madd': vector(261),
  /** c - a * b. */
  'f32x4.relaxed_nmadd': vector(262),
} satisfies Record<string, Instruction>

export type Name = keyof typeof instructions
