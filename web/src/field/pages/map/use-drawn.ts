/** The content of the map for components: rows of the mirror, zones of the packs, cells, and the phone itself. */
import { circle, collection, point, type Drawn } from '@shared/map/features'
import { computed, ref, type Ref } from 'vue'
import { useI18n } from 'vue-i18n'
import { useDevice, useLive } from '../../device'
import { toCgcs2000 } from '../../geo/datum'
import { useGround } from '../../ground'
import { useZonesInForce } from '../../rules-here'
import type { Position } from '../../sync'
import {
  cellNamesOf,
  cellsOf,
  placed,
  KINDS,
  pointsOf,
  zonesDrawn,
  type FindingRow,
  type FireRow,
  type Item,
  type Kind,
  type SiteRow,
} from './drawn'

export interface UsedDrawn {
  items: Ref<Item[]>
  drawn: Ref<Drawn>
  /** Kinds that the person wants to see. */
  shown: Ref<Kind[]>
  zones: Ref<boolean>
  me: Ref<{ lon: number; lat: number } | null>
}

export function useDrawn(position: Readonly<Ref<Position | null>>): UsedDrawn {
  const { t } = useI18n()
  const device = useDevice()
  const ground = useGround()
  const sites = useLive(() => device.rows<SiteRow>('site'), [])
  const findings = useLive(() => device.rows<FindingRow>('finding'), [])
  const fires = useLive(() => device.rows<FireRow>('fire_point'), [])
  const inForce = useZonesInForce()
  const shown = ref<Kind[]>([...KINDS])
  const zones = ref(true)
  const me = computed(() => placeOf(position.value))
  // Not by distance: the phone moves each second, and there may be some ten thousand.
  const items = computed(() => placed(sites.value, findings.value, fires.value))
  const cells = computed(() => cellsOf(ground.value))
  const names = computed(() => cellNamesOf(ground.value))
  const labelOf = (kind: string, isKnown: boolean): string => {
    const zone = t(`code.zone_outcome.${kind}`)
    return isKnown ? zone : t('map.zone-within', { zone })
  }
  const zoned = computed(() => zonesDrawn(inForce.value?.zones ?? [], new Date(), labelOf))
  const signs = computed(() => ({
    ...{ fire_points: t('map.sign.fire_points'), findings: t('map.sign.findings'), sites: t('map.sign.sites') },
  }))
  const points = computed(() =>
    Object.fromEntries(
      KINDS.map((kind) => [
        kind,
        shown.value.includes(kind) ? pointsOf(items.value, kind, signs.value) : collection([]),
      ]),
    ),
  )
  const drawn = computed<Drawn>(() => ({
    ...points.value,
    ...hereOf(position.value),
    cells: cells.value,
    cell_names: names.value,
    zones: zones.value ? zoned.value : collection([]),
  }))
  return { items, drawn, shown, zones, me }
}

/** The phone's place in CGCS2000 degrees. */
export function placeOf(position: Position | null): { lon: number; lat: number } | null {
  if (position === null) return null
  const [lon, lat] = toCgcs2000(position.lon, position.lat, position.datum)
  return { lon, lat }
}

/** The phone on the map, and the circle that it is somewhere in. */
export function hereOf(position: Position | null): Drawn {
  const at = placeOf(position)
  if (at === null) return { me: collection([]), accuracy: collection([]) }
  const metres = position!.accuracy_m
  return { me: collection([point(at, {})]), accuracy: collection(metres === null ? [] : [circle(at, metres)]) }
}
