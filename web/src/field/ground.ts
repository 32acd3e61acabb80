/** The ground under one's feet, for components: the cells as they were kept, and what a place is called. */
import { liveQuery } from 'dexie'
import { computed, shallowRef, toValue, type MaybeRefOrGetter, type Ref } from 'vue'
import { useDevice } from './device'
import type { LonLat } from './geo/coordinate'
import { canonical } from './geo/datum'
import { gridOf, type CellCollection, type Grid } from './geo/grid'
import { locate, type Location } from './geo/locate'
import { kept } from './kept'
import type { Position } from './sync'

const grid = shallowRef<Grid | null>(null)
let begun = false

/** The cells; null until they were read, and where this device never had a network since it was enrolled. */
export function useGround(): Readonly<Ref<Grid | null>> {
  if (!begun) {
    begun = true
    const device = useDevice()
    liveQuery(() => kept<CellCollection>(device, 'cells')).subscribe((cells) => {
      if (cells?.levels !== undefined) grid.value = gridOf(cells)
    })
  }
  return grid
}

/** Where a position lies; null without one or without cells. */
export function locatedIn(grid: Grid | null, position: Position | null): Location | null {
  if (grid === null || position === null) return null
  try {
    return locate(...canonical(position.lon, position.lat, position.datum), grid, position.accuracy_m)
  } catch {
    return null // numbers that are no place
  }
}

/** Where a point in CGCS2000 degrees lies; null without cells. */
export function locatedAt(grid: Grid | null, [lon, lat]: LonLat): Location | null {
  return locatedIn(grid, { lon, lat, datum: 'CGCS2000', accuracy_m: null } as Position)
}

/** `柳江区拉堡镇`: the cell and the one above it; null where there is none. */
export function nameOf(grid: Grid | null, found: Location | null): string | null {
  if (grid === null || found === null || found.code === null) return null
  const names = found.chain.slice(0, 2).map(({ code }) => grid.cell(code)?.name ?? '')
  return names.reverse().join('')
}

/** The name of the cell that a position is in. */
export function useCellName(position: MaybeRefOrGetter<Position | null>): Ref<string | null> {
  const ground = useGround()
  return computed(() => nameOf(ground.value, locatedIn(ground.value, toValue(position))))
}
