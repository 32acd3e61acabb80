/** Which cells a map of an area shows: the nearest below it that have a shape, else itself, else the nearest above it. */
import type { Cell } from '../../parts/cells'

/** `below`: cells whose direct children are to be drawn. `only`: of these children that one alone. */
export interface Shown {
  below: string[]
  only: string | null
}

export function shownOf(cells: readonly Cell[], area: string): Shown {
  const children = new Map<string, Cell[]>()
  for (const cell of cells) {
    if (cell.parent !== null) children.set(cell.parent, [...(children.get(cell.parent) ?? []), cell])
  }
  for (let parents = [area]; parents.length;) {
    const all = parents.flatMap((code) => children.get(code) ?? [])
    const below = parents.filter((code) => children.get(code)?.some((cell) => cell.has_shape))
    if (below.length) return { below, only: null }
    parents = all.map((cell) => cell.code)
  }
  const codes = new Map(cells.map((cell) => [cell.code, cell]))
  let one = codes.get(area)
  while (one && !one.has_shape) one = one.parent === null ? undefined : codes.get(one.parent)
  return one?.parent ? { below: [one.parent], only: one.code } : { below: [], only: null }
}
