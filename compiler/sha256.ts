/** SHA-256 (FIPS 180-4) of a text in UTF-8, in hexadecimal: to tell sources apart, in the browser as well. */
export const sha256 = (text: string): string => {
  const data = new TextEncoder().encode(text)
  const length = Math.ceil((data.length + 9) / 64) * 64
  const bytes = new Uint8Array(length)
  bytes.set(data)
  bytes[data.length] = 0x80
  const view = new DataView(bytes.buffer)
  view.setUint32(length - 8, Math.floor(data.length / 2 ** 29))
  view.setUint32(length - 4, data.length * 8)
  const primes = firstPrimes(64)
  const k = primes.map(p => fraction(Math.cbrt(p)))
  const h = primes.slice(0, 8).map(p => fraction(Math.sqrt(p)))
  const w = new Uint32Array(64)
  const rotate = (v: number, by: number): number => (v >>> by) | (v << (32 - by))
  for (let block = 0; block < length; block += 64) {
    for (let i = 0; i < 16; i++) w[i] = view.getUint32(block + i * 4)
    for (let i = 16; i < 64; i++) {
      const [a, b] = [w[i - 15]!, w[i - 2]!]
      const s0 = rotate(a, 7) ^ rotate(a, 18) ^ (a >>> 3)
      const s1 = rotate(b, 17) ^ rotate(b, 19) ^ (b >>> 10)
      w[i] = w[i - 16]! + s0 + w[i - 7]! + s1
    }
    let [a, b, c, d, e, f, g, l] = h as [number, number, number, number, number, number, number, number]
    for (let i = 0; i < 64; i++) {
      const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
      const t1 = (l + s1 + ((e & f) ^ (~e & g)) + k[i]! + w[i]!) | 0
      const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
      ;[l, g, f, e, d, c, b, a] = [g, f, e, (d + t1) | 0, c, b, a, (t1 + t2) | 0]
    }
    ;[a, b, c, d, e, f, g, l].forEach((v, i) => {
      h[i] = (h[i]! + v) | 0
    })
  }
  return h.map(v => (v >>> 0).toString(16).padStart(8, '0')).join('')
}

/** The first 32 bits behind the point. Roots of small primes are known well beyond that. */
const fraction = (v: number): number => Math.floor((v - Math.floor(v)) * 2 ** 32)

const firstPrimes = (count: number): readonly number[] => {
  const primes: number[] = []
  for (let n = 2; primes.length < count; n++) if (primes.every(p => n % p !== 0)) primes.push(n)
  return primes
}
