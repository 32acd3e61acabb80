/** What a dry run draws: the shapes that would come, change and go, and each fault at its place. Knows no map library. */
import { boundsOf, collection, line, point, type Collection, type Drawn, type Feature } from '@shared/map/features'
import type { Fault, Report } from './faults'

export const CHANGES = ['removed', 'changed', 'sent', 'added', 'same'] as const
export type Change = (typeof CHANGES)[number]
/** So that colour is not all that tells them apart. */
export const SIGNS: Record<Change, string> = { removed: '−', changed: '~', sent: '·', added: '+', same: '=' }

export interface Shown {
  n: number
  change: Change
  id: string
  name: string
  at: [number, number]
  feature: Feature
}

/** The shapes of a report, each with the middle of its box; none for a report without a map. */
export function shownOf(report: Report): Shown[] {
  const features = (report.map as Collection | undefined)?.features ?? []
  return features.flatMap((feature, n) => {
    const box = boundsOf([collection([feature])])
    const { change, id, name } = feature.properties as { change: Change; id: string; name: string }
    const at: [number, number] | null = box && [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2]
    return at ? [{ n, change, id, name, at, feature }] : []
  })
}

/** How many shapes the report has that are not on its map. */
export const leftOut = (report: Report): number => (report.map as { left_out?: number } | undefined)?.left_out ?? 0

/** Where a fault lies: its own place, else in the middle of the cell or zone that it names. */
export function placeOf(fault: Fault, shown: readonly Shown[]): [number, number] | null {
  return fault.at ?? shown.find((each) => each.id === fault.where)?.at ?? null
}

/** Everything on the map; `chosen` is what the person is looking at, in a ring. */
export function drawnOf(
  shown: readonly Shown[],
  faults: readonly Fault[],
  around: Collection | null,
  chosen: [number, number] | null,
): Drawn {
  const marks = faults.flatMap((fault, n) => {
    const at = placeOf(fault, shown)
    return at ? [point(lonLat(at), { id: String(n), sign: fault.grave ? '!' : '?', name: fault.where })] : []
  })
  return {
    ...(around ? { cells: around } : {}),
    changes: collection(shown.map(labelled)),
    track: collection(shown.flatMap(moved)),
    fire_points: collection(marks),
    me: collection(chosen ? [point(lonLat(chosen), {})] : []),
  }
}

const lonLat = ([lon, lat]: [number, number]) => ({ lon, lat })

function labelled({ n, change, id, name, feature }: Shown): Feature {
  return { ...feature, properties: { id: String(n), change, sign: SIGNS[change], name: name || id } }
}

/** From where a site lies to where it would lie. */
function moved({ at, feature }: Shown): Feature[] {
  const before = feature.properties.before as unknown as [number, number] | undefined
  return before ? [line([before, at])] : []
}
