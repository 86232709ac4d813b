/**
 * Matrices that multiply the same vector become one product: their parameters lie side by side in memory, so nothing is
 * copied. Where the products end up in sums, a later product continues the sum of an earlier one, biases first. It is
 * done before differentiation, so that the adjoint has one product for the vector and one for all the weights as well.
 */
import * as dim from '../../dsl/dims.ts'
import { sameAxes, type Graph, type Id, type Node } from '../graph.ts'
import { components } from '../schedule/components.ts'
import type { Builder } from '../builder.ts'
import { copyInto, liveNodes, mapInterface, rebuild, useCounts, type Pass } from './rebuild.ts'

/** One matrix times one vector, a term of the sum at `root`. */
interface Product {
  readonly root: Id
  readonly matrix: Id
  readonly vector: Id
  readonly rows: dim.Dim
}

/** A sum that ends in `root`: products in the order of their groups, a bias that starts it, and what else is added. */
interface Sum {
  readonly root: Id
  readonly products: readonly Product[]
  readonly bias: Id | undefined
  readonly others: readonly Id[]
}

interface Group {
  readonly vector: Id
  readonly members: readonly Product[]
}

/** Where a sum stands after some products: a stretch of a node. */
interface Part {
  readonly node: Id
  readonly from: dim.Dim
  readonly to: dim.Dim
}

const isMatrixVector = (n: Node): boolean =>
  n.op === 'contract' && n.attrs.continued !== true && n.attrs.over!.length === 0 && n.attrs.spec!.operands.join() === 'ij,j' && n.attrs.spec!.result === 'i'

const sumsOf = (graph: Graph): readonly Sum[] => {
  const uses = useCounts(graph)
  const live = liveNodes(graph)
  const inner = new Set<Id>()
  const node = (id: Id): Node => graph.nodes[id]!
  const isParam = (id: Id): boolean => node(id).op === 'source' && node(id).attrs.role === 'param' && uses.get(id) === 1
  const productOf = (id: Id, root: Id): Product | undefined => {
    const n = node(id)
    if (!isMatrixVector(n) || !isParam(n.args[0]!) || node(n.args[1]!).axes.length === 0) return undefined
    return { root, matrix: n.args[0]!, vector: n.args[1]!, rows: n.shape[0]! }
  }
  const sums: Sum[] = []
  for (let id = graph.nodes.length - 1; id >= 0; id--) {
    const root = node(id)
    if (!live.has(id) || inner.has(id)) continue
    const terms: Id[] = []
    const collect = (t: Id): void => {
      const n = node(t)
      const alike = dim.sameShape(n.shape, root.shape) && sameAxes(n.axes, root.axes)
      if (n.op === 'add' && alike && (t === id || uses.get(t) === 1)) {
        if (t !== id) inner.add(t)
        n.args.forEach(collect)
      } else terms.push(t)
    }
    if (root.op === 'add') collect(id)
    else if (isMatrixVector(root)) terms.push(id)
    else continue
    const products: Product[] = []
    const others: Id[] = []
    let bias: Id | undefined
    for (const t of terms) {
      const single = t === id || uses.get(t) === 1
      const product = single ? productOf(t, id) : undefined
      // The same vector twice in one sum: the second product stands by itself.
      const again = products.some(p => p.vector === product?.vector)
      if (product !== undefined && !again && dim.sameShape(node(t).shape, root.shape)) {
        products.push(product)
        if (t !== id) inner.add(t)
      } else if (bias === undefined && isParam(t) && dim.sameShape(node(t).shape, root.shape)) bias = t
      else others.push(t)
    }
    if (products.length > 0) sums.unshift({ root: id, products, bias, others })
  }
  return sums
}

/** Products by vector: those outside of loops first, since their sums can be started for all steps at once. */
const groupsOf = (graph: Graph, sums: readonly Sum[]): readonly Group[] => {
  const looped = new Set(components(graph, liveNodes(graph)).flatMap(c => (c.direction === 0 ? [] : c.nodes)))
  const byVector = new Map<Id, Product[]>()
  for (const s of sums) for (const p of s.products) byVector.set(p.vector, [...(byVector.get(p.vector) ?? []), p])
  const order = [...byVector.keys()]
  const rank = (v: Id): number => (looped.has(v) ? order.length : 0) + order.indexOf(v)
  order.sort((a, b) => rank(a) - rank(b))
  const signature = (p: Product): string =>
    sums
      .find(s => s.root === p.root)!
      .products.map(q => order.indexOf(q.vector))
      .sort((a, b) => a - b)
      .join()
  return order.map(vector => {
    const members = byVector.get(vector)!
    const kinds = [...new Set(members.map(signature))]
    return { vector, members: [...members].sort((a, b) => kinds.indexOf(signature(a)) - kinds.indexOf(signature(b))) }
  })
}

export const mergeProducts: Pass = {
  name: 'merge-products',
  doc: 'one product for all matrices that multiply the same vector; sums of products continue one another, biases first',
  exact: false,
  run: graph => {
    const sums = new Map(sumsOf(graph).map(s => [s.root, s]))
    const groups = groupsOf(graph, [...sums.values()])
    /** The stretch in which each sum stands, by root, and whether its bias is in it. */
    const parts = new Map<Id, Part>()
    const biased = new Set<Id>()
    const made = new Set<Group>()

    const make = (b: Builder, group: Group, copied: (id: Id) => Id): void => {
      // Parameters of a later block may not have been copied yet.
      const map = (id: Id): Id => (graph.nodes[id]!.op === 'source' ? b.source(graph.nodes[id]!.attrs, graph.nodes[id]!) : copied(id))
      if (made.has(group)) return
      made.add(group)
      const before = group.members.map(m => parts.get(m.root))
      const members = [...group.members]
      if (before.every(p => p !== undefined && p.node === before[0]!.node)) {
        const at = (m: Product): number => order(parts.get(m.root)!, before as Part[])
        members.sort((x, y) => at(x) - at(y))
      }
      const held = members.map(m => parts.get(m.root))
      const weights = b.concat(
        members.map(m => map(m.matrix)),
        0,
      )
      const biases = members.map(m => sums.get(m.root)!.bias)
      const spec = { operands: ['ij', 'j'], result: 'i' }
      let start: Id | undefined
      if (held.every(p => p !== undefined) && adjoining(held)) {
        start = b.slice(held[0]!.node, 0, held[0]!.from, held.at(-1)!.to)
      } else if (held.every(p => p === undefined) && biases.every(x => x !== undefined)) {
        start = b.concat(biases.map(map), 0)
        members.forEach(m => biased.add(m.root))
      }
      const vector = map(group.vector)
      const node =
        start === undefined
          ? b.add('contract', [weights, vector], { spec, over: [] })
          : b.add('contract', [start, weights, vector], { spec, over: [], continued: true })
      let from = dim.zero
      members.forEach((m, i) => {
        const to = dim.add(from, m.rows)
        const previous = held[i]
        if (previous === undefined || start !== undefined) parts.set(m.root, { node, from, to })
        else loose.set(m.root, [...(loose.get(m.root) ?? []), { node, from, to }])
        from = to
      })
    }
    /** Parts that could not continue a sum, and are added to it. */
    const loose = new Map<Id, Part[]>()

    const { builder, map } = copyInto(graph, (b, node, to) => {
      const sum = sums.get(node.id)
      if (sum === undefined) return undefined
      for (const g of groups) if (g.members.some(m => m.root === node.id)) make(b, g, to)
      const cut = (p: Part): Id => b.slice(p.node, 0, p.from, p.to)
      const rest = [...(loose.get(node.id) ?? []).map(cut), ...(sum.bias !== undefined && !biased.has(node.id) ? [to(sum.bias)] : []), ...sum.others.map(to)]
      return rest.reduce((x, y) => b.map('add', x, y), cut(parts.get(node.id)!))
    })
    // The terms of the old sums are read by nobody now.
    return rebuild({ nodes: builder.nodes, face: mapInterface(graph.face, map) })
  },
}

/** How many of the stretches end before this one begins. */
const order = (p: Part, all: readonly Part[]): number => all.filter(q => !dim.equal(q.from, p.from) && dim.dominates(p.from, q.to)).length

const adjoining = (parts: readonly (Part | undefined)[]): boolean =>
  parts.every((p, i) => i === 0 || (p!.node === parts[i - 1]!.node && dim.equal(p!.from, parts[i - 1]!.to)))
