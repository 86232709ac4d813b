/** A minimum cut between a source and a sink (Dinic 1970), the one that lies nearest to the sink. */

export interface FlowEdge {
  readonly from: number
  readonly to: number
  readonly capacity: number
}

/** The vertices on the sink's side. */
export const sinkSide = (vertices: number, edges: readonly FlowEdge[], source: number, sink: number): ReadonlySet<number> => {
  const out: number[][] = Array.from({ length: vertices }, () => [])
  const to: number[] = []
  const left: number[] = []
  const link = (a: number, b: number, capacity: number): void => {
    out[a]!.push(to.length)
    to.push(b)
    left.push(capacity)
  }
  for (const e of edges) {
    link(e.from, e.to, e.capacity)
    link(e.to, e.from, 0)
  }
  for (;;) {
    const level = levels(vertices, out, to, left, source)
    if (level[sink] === -1) break
    const next = new Int32Array(vertices)
    while (push(source, sink, level, next, out, to, left) > 0);
  }
  // Everything from which the sink can still be reached: edge e goes to[e ^ 1] -> to[e].
  const side = new Set([sink])
  const queue = [sink]
  for (let v = queue.pop(); v !== undefined; v = queue.pop())
    for (const e of out[v]!) {
      const from = to[e]!
      if (left[e ^ 1]! > 0 && !side.has(from)) {
        side.add(from)
        queue.push(from)
      }
    }
  return side
}

const levels = (vertices: number, out: readonly (readonly number[])[], to: readonly number[], left: readonly number[], source: number): Int32Array => {
  const level = new Int32Array(vertices).fill(-1)
  level[source] = 0
  const queue = [source]
  for (let i = 0; i < queue.length; i++)
    for (const e of out[queue[i]!]!)
      if (left[e]! > 0 && level[to[e]!] === -1) {
        level[to[e]!] = level[queue[i]!]! + 1
        queue.push(to[e]!)
      }
  return level
}

/** Sends what fits along one path of rising levels; 0 when there is none left. */
const push = (
  source: number,
  sink: number,
  level: Int32Array,
  next: Int32Array,
  out: readonly (readonly number[])[],
  to: readonly number[],
  left: number[],
): number => {
  const path: number[] = []
  let at = source
  while (at !== sink) {
    const edges = out[at]!
    let step: number | undefined
    while (next[at]! < edges.length) {
      const e = edges[next[at]!]!
      if (left[e]! > 0 && level[to[e]!] === level[at]! + 1) {
        step = e
        break
      }
      next[at]!++
    }
    if (step !== undefined) {
      path.push(step)
      at = to[step]!
      continue
    }
    const back = path.pop()
    if (back === undefined) return 0
    at = to[back ^ 1]!
    next[at]!++
  }
  const amount = Math.min(...path.map(e => left[e]!))
  for (const e of path) {
    left[e]! -= amount
    left[e ^ 1]! += amount
  }
  return amount
}
