/** How a convex ground is shared out among areas that may lie over one another. Exact up to rounding: no grid of samples.
 *
 * The plane is cut into strips at every corner and crossing, so that within a strip lines do not cross; between two lines
 * that follow one another lies a trapezoid, which is inside or outside of each area as a whole.
 */
import { area, type Ring, type Shape } from './rings'

export interface Sharing {
  /** The part of the ground in each area, whatever lies over it. */
  own: number[]
  /** The part that each area decides: where areas meet, the earlier one does. */
  decided: number[]
  /** The part in no area. */
  rest: number
}

interface Line {
  low: readonly [x: number, y: number]
  high: readonly [x: number, y: number]
  /** Of the polygons, counted through; the ground is 0. */
  polygon: number
}

/** Shares of `ground` (a closed ring in metres) among areas; own shares may overlap, decided ones and the rest make 1. */
export function shareOut(ground: Ring, areas: readonly Shape[]): Sharing {
  const owners = [-1, ...areas.flatMap((shape, i) => shape.map(() => i))]
  const polygons: (readonly Ring[])[] = [[ground], ...areas.flat()]
  const [bottom, top] = reach(ground)
  const lines = polygons.flatMap((rings, polygon) => linesOf(rings, polygon, bottom, top))
  const total = area(ground)
  const sharing: Sharing = { own: areas.map(() => 0), decided: areas.map(() => 0), rest: 0 }
  const heights = [...new Set([...lines.flatMap(({ low, high }) => [low[1], high[1]]), ...crossings(lines)])]
    .filter((y) => y >= bottom && y <= top)
    .sort((a, b) => a - b)
  for (let i = 1; i < heights.length; i++) strip(lines, owners, heights[i - 1]!, heights[i]!, total, sharing)
  return sharing
}

function strip(lines: Line[], owners: number[], y0: number, y1: number, total: number, sharing: Sharing): void {
  const middle = (y0 + y1) / 2
  const met = lines
    .filter(({ low, high }) => low[1] < middle && high[1] > middle)
    .map((line) => ({ x: xAt(line, middle), polygon: line.polygon }))
    .sort((a, b) => a.x - b.x)
  const inside = owners.map(() => false)
  for (const [i, { x, polygon }] of met.entries()) {
    const right = met[i + 1]?.x
    inside[polygon] = !inside[polygon]
    if (right === undefined || !inside[0] || right <= x) continue
    const part = ((right - x) * (y1 - y0)) / total
    const here = new Set(owners.filter((owner, each) => owner >= 0 && inside[each]))
    for (const owner of here) sharing.own[owner]! += part
    if (here.size === 0) sharing.rest += part
    else sharing.decided[Math.min(...here)]! += part
  }
}

function linesOf(rings: readonly Ring[], polygon: number, bottom: number, top: number): Line[] {
  const lines: Line[] = []
  for (const ring of rings)
    for (let i = 1; i < ring.length; i++) {
      const [a, b] = [ring[i - 1]!, ring[i]!]
      const [low, high] = a[1] < b[1] ? [a, b] : [b, a]
      if (low[1] < high[1] && high[1] > bottom && low[1] < top) lines.push({ low, high, polygon })
    }
  return lines
}

/** Heights at which two lines cross within both. */
function crossings(lines: Line[]): number[] {
  const found: number[] = []
  for (const [i, one] of lines.entries())
    for (const two of lines.slice(i + 1)) {
      const [from, to] = [Math.max(one.low[1], two.low[1]), Math.min(one.high[1], two.high[1])]
      if (from >= to) continue
      const [before, after] = [xAt(one, from) - xAt(two, from), xAt(one, to) - xAt(two, to)]
      if (before * after < 0) found.push(from + ((to - from) * before) / (before - after))
    }
  return found
}

function xAt({ low, high }: Line, y: number): number {
  return low[0] + ((high[0] - low[0]) * (y - low[1])) / (high[1] - low[1])
}

function reach(ring: Ring): [bottom: number, top: number] {
  const ys = ring.map(([, y]) => y)
  return [Math.min(...ys), Math.max(...ys)]
}
