/** Rings of a polygon in a plane: is a point inside or on the line (exactly), how far is it, what share lies in a circle. */

export type Point = readonly [x: number, y: number]
export type Ring = readonly Point[]
/** A shape: polygons, each an outer ring and its holes. */
export type Shape = readonly (readonly Ring[])[]

/** Whether a point lies in a shape or on its line. Decided exactly: no distance is "nearly zero". */
export function touches(shape: Shape, x: number, y: number): boolean {
  return shape.some((rings) => {
    const [outer, ...holes] = rings.map((ring) => where(ring, x, y))
    if (outer === undefined || outer < 0) return false
    return outer === 0 || holes.every((hole) => hole <= 0)
  })
}

/** 1 inside a ring, 0 on its line, -1 outside. */
function where(ring: Ring, x: number, y: number): -1 | 0 | 1 {
  let crossings = 0
  for (let i = 1; i < ring.length; i++) {
    const [ax, ay] = ring[i - 1]!
    const [bx, by] = ring[i]!
    if (ax < x && bx < x) continue // wholly to the left of a ray to the right
    if (bx === x && by === y) return 0
    if (ay === y && by === y) {
      if (Math.min(ax, bx) <= x && x <= Math.max(ax, bx)) return 0
      continue
    }
    if (ay > y === by > y) continue
    let side = turn(ax, ay, bx, by, x, y)
    if (side === 0) return 0
    if (by < ay) side = -side
    if (side > 0) crossings += 1
  }
  return crossings % 2 === 1 ? 1 : -1
}

/** The share of rounding that can be in the plain formula, by its terms' size. */
const ROUNDING = 3.3306690738754716e-16
const SCALE = 2 ** 200

/** The sign of twice the area of a, b, c: positive when c lies to the left of the way from a to b. Exact. */
export function turn(ax: number, ay: number, bx: number, by: number, cx: number, cy: number): number {
  const left = (ax - cx) * (by - cy)
  const right = (ay - cy) * (bx - cx)
  const plain = left - right
  if (Math.abs(plain) > ROUNDING * (Math.abs(left) + Math.abs(right))) return plain
  // Doubles times a power of two are whole numbers, so that nothing is lost.
  const [a, b, c, d, e, f] = [ax, ay, bx, by, cx, cy].map((value) => BigInt(value * SCALE)) as [
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
  ]
  const exact = (a - e) * (d - f) - (b - f) * (c - e)
  return exact > 0n ? 1 : exact < 0n ? -1 : 0
}

/** The plane distance of a point from the lines of a shape. */
export function lineDistance(shape: Shape, x: number, y: number): number {
  let least = Infinity
  for (const rings of shape)
    for (const ring of rings)
      for (let i = 1; i < ring.length; i++) least = Math.min(least, segmentDistance(ring[i - 1]!, ring[i]!, x, y))
  return least
}

function segmentDistance([ax, ay]: Point, [bx, by]: Point, x: number, y: number): number {
  const [dx, dy] = [bx - ax, by - ay]
  const size = dx * dx + dy * dy
  const along = size === 0 ? 0 : Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / size))
  return Math.hypot(x - ax - along * dx, y - ay - along * dy)
}

/** The part of a ring on the inner (left) side of each edge of a convex ring that turns left. */
export function clipped(ring: Ring, convex: Ring): Ring {
  let part: Ring = ring
  for (let i = 1; i < convex.length && part.length > 0; i++) part = half(part, convex[i - 1]!, convex[i]!)
  return part
}

function half(ring: Ring, [ax, ay]: Point, [bx, by]: Point): Ring {
  const side = ([x, y]: Point): number => (bx - ax) * (y - ay) - (by - ay) * (x - ax)
  const kept: Point[] = []
  let before = ring.at(-1)!
  let beforeSide = side(before)
  for (const point of ring) {
    const pointSide = side(point)
    if (pointSide >= 0 !== beforeSide >= 0) {
      const t = beforeSide / (beforeSide - pointSide)
      kept.push([before[0] + t * (point[0] - before[0]), before[1] + t * (point[1] - before[1])])
    }
    if (pointSide >= 0) kept.push(point)
    before = point
    beforeSide = pointSide
  }
  return kept
}

/** The area that a ring encloses, whichever way it turns; parts that a clip joined by a line add nothing. */
export function area(ring: Ring): number {
  let twice = 0
  let before = ring.at(-1)
  if (before === undefined) return 0
  // From the first corner on: large coordinates would eat the digits of a small area.
  const [x0, y0] = before
  for (const point of ring) {
    twice += (before[0] - x0) * (point[1] - y0) - (point[0] - x0) * (before[1] - y0)
    before = point
  }
  return Math.abs(twice) / 2
}

/** A circle as a ring of 64 corners that turns left. */
export function disc(x: number, y: number, radius: number): Ring {
  const corners: Point[] = []
  for (let i = 0; i <= 64; i++) {
    const angle = ((i % 64) * Math.PI) / 32
    corners.push([x + radius * Math.cos(angle), y + radius * Math.sin(angle)])
  }
  return corners
}

export function box(west: number, south: number, east: number, north: number): Ring {
  const corners: Point[] = [
    [west, south],
    [east, south],
    [east, north],
    [west, north],
  ]
  return [...corners, corners[0]!]
}

/** A place inside of a shape for its name: the middle of the widest stretch of some lines across its largest polygon. */
export function insideOf(shape: Shape): { lon: number; lat: number } {
  const largest = [...shape].sort((a, b) => area(b[0]!) - area(a[0]!))[0]!
  const ys = largest[0]!.map(([, y]) => y)
  const [low, high] = [Math.min(...ys), Math.max(...ys)]
  let best = { lon: largest[0]![0]![0], lat: largest[0]![0]![1], width: -1 }
  for (const part of [0.5, 0.4, 0.6, 0.3, 0.7]) {
    const lat = low + part * (high - low)
    const crossings = largest.flatMap((ring) => crossingsAt(ring, lat)).sort((a, b) => a - b)
    for (let i = 1; i < crossings.length; i += 2) {
      const width = crossings[i]! - crossings[i - 1]!
      if (width > best.width * 1.25) best = { lon: (crossings[i]! + crossings[i - 1]!) / 2, lat, width }
    }
  }
  return { lon: best.lon, lat: best.lat }
}

function crossingsAt(ring: Ring, y: number): number[] {
  const found: number[] = []
  for (let i = 1; i < ring.length; i++) {
    const [ax, ay] = ring[i - 1]!
    const [bx, by] = ring[i]!
    if (ay > y !== by > y) found.push(ax + ((y - ay) / (by - ay)) * (bx - ax))
  }
  return found
}
