/** Administrative cells with their shapes and hierarchy, and which of them a point touches. As `geo/admin.py`. */
import { box, clipped, lineDistance, touches, type Ring, type Shape } from './rings'

export interface Cell {
  code: string
  name: string
  level: string
  parent: string | null
  /** CGCS2000 degrees; null for a cell that is known by name only. */
  shape: Shape | null
}

type Bounds = readonly [west: number, south: number, east: number, north: number]

/** An immutable set of cells, in the order of their codes: a smaller index is a smaller code. */
export class Grid {
  readonly cells: readonly Cell[]
  readonly depth: readonly number[]
  private readonly at: ReadonlyMap<string, number>
  private readonly lines: readonly (readonly number[])[]
  private readonly bounds: readonly (Bounds | null)[]

  /** `levels`: coarsest first. A parent that is not among the cells counts as none. */
  constructor(cells: readonly Cell[], levels: readonly string[]) {
    this.cells = [...cells].sort((a, b) => (a.code < b.code ? -1 : a.code > b.code ? 1 : 0))
    this.at = new Map(this.cells.map((cell, i) => [cell.code, i]))
    this.depth = this.cells.map((cell) => levels.indexOf(cell.level))
    this.lines = this.cells.map((cell) => this.lineOf(cell))
    this.bounds = this.cells.map((cell) => (cell.shape === null ? null : boundsOf(cell.shape)))
  }

  cell(code: string): Cell | undefined {
    const i = this.at.get(code)
    return i === undefined ? undefined : this.cells[i]
  }

  /** The index given and those of its ancestors, nearest first. */
  line(i: number): readonly number[] {
    return this.lines[i]!
  }

  isUnder(i: number, j: number): boolean {
    return this.lines[i]!.includes(j)
  }

  /** Indices of the cells that hold or touch a point, ascending; ancestors included. */
  hits(lon: number, lat: number): number[] {
    return this.near(lon, lat, 0).filter((i) => touches(this.cells[i]!.shape!, lon, lat))
  }

  touches(i: number, lon: number, lat: number): boolean {
    return touches(this.cells[i]!.shape!, lon, lat)
  }

  /** Whether the border of a cell comes within a plane distance, in degrees, of a point. */
  borderWithin(i: number, lon: number, lat: number, degrees: number): boolean {
    return lineDistance(this.cells[i]!.shape!, lon, lat) <= degrees
  }

  /** Indices of the cells within a plane distance, in degrees, of a point, ascending. */
  within(lon: number, lat: number, degrees: number): number[] {
    return this.near(lon, lat, degrees).filter(
      (i) => this.touches(i, lon, lat) || this.borderWithin(i, lon, lat, degrees),
    )
  }

  /** The part of a cell that lies in a box of degrees: each of its polygons as rings, the outer one first. */
  part(i: number, west: number, south: number, east: number, north: number): Ring[][] {
    const window = box(west, south, east, north)
    return this.cells[i]!.shape!.map((rings) => rings.map((ring) => clipped(ring, window))).filter(
      ([outer]) => (outer?.length ?? 0) > 0,
    )
  }

  private near(lon: number, lat: number, degrees: number): number[] {
    const found: number[] = []
    for (const [i, bounds] of this.bounds.entries()) {
      if (bounds === null) continue
      const [west, south, east, north] = bounds
      if (lon >= west - degrees && lon <= east + degrees && lat >= south - degrees && lat <= north + degrees)
        found.push(i)
    }
    return found
  }

  private lineOf(cell: Cell): number[] {
    const line: number[] = []
    let next: string | null = cell.code
    while (next !== null) {
      const i = this.at.get(next)
      if (i === undefined || line.includes(i)) break
      line.push(i)
      next = this.cells[i]!.parent
    }
    return line
  }
}

/** What `GET /api/v1/cells?format=geojson` gives, as far as it is used. */
export interface CellCollection {
  levels: string[]
  /** The cells above those with a shape that have none themselves. */
  above: Omit<Cell, 'shape'>[]
  features: {
    properties: Omit<Cell, 'shape'>
    geometry: { type: string; coordinates: unknown }
  }[]
}

export function gridOf(collection: CellCollection): Grid {
  const shaped = collection.features.map(({ properties: { code, name, level, parent }, geometry }) => ({
    ...{ code, name, level, parent },
    shape: shapeOf(geometry),
  }))
  const named = collection.above.map((cell) => ({ ...cell, shape: null }))
  return new Grid([...named, ...shaped], collection.levels)
}

/** The rings of a GeoJSON Polygon or MultiPolygon. */
export function shapeOf(geometry: { type: string; coordinates: unknown }): Shape {
  return geometry.type === 'Polygon' ? [geometry.coordinates as Shape[number]] : (geometry.coordinates as Shape)
}

function boundsOf(shape: Shape): Bounds {
  let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity]
  for (const [outer] of shape)
    for (const [x, y] of outer!) {
      west = Math.min(west, x)
      south = Math.min(south, y)
      east = Math.max(east, x)
      north = Math.max(north, y)
    }
  return [west, south, east, north]
}
