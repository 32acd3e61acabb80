/** One inspection's draft with its pack and site, and what the engine makes of them, for its three pages. */
import { computed, ref, shallowRef, watch } from 'vue'
import { usePosition } from '../../capture/position'
import type { Pack } from '../../checklists'
import { useDevice } from '../../device'
import { locatedIn, useGround } from '../../ground'
import { useZonesInForce } from '../../rules-here'
import { spotOf, zonesAsked, zonesThere } from '../../zones-in-force'
import { chinaDay, isBetter, KEY, readingOf, type InspectionDraft, type Place, type Reading, type Site } from './draft'
import { packOf } from './packs'
import { isRecorded, useDraft } from './use-draft'

export function useInspection(id: string) {
  const device = useDevice()
  const used = useDraft<InspectionDraft>(KEY + id, undefined, isRecorded('inspection', id))
  const pack = shallowRef<Pack | null>(null)
  const site = shallowRef<Site | null>(null)
  const packMissing = ref(false)
  const today = chinaDay(new Date())
  const [ground, inForce] = [useGround(), useZonesInForce()]
  const place = computed<Place>(() => {
    const position = used.draft.value?.position ?? null
    const cell = locatedIn(ground.value, position)?.code ?? null
    const asked = pack.value === null ? [] : zonesAsked(pack.value)
    const zones = zonesThere(asked, inForce.value, ground.value, spotOf(position, site.value), new Date())
    return { site: site.value, cell, zones, today }
  })
  const ready = ref(false)
  watch(
    () => used.draft.value?.checklist.pack,
    async (sha256) => {
      const { draft } = used
      if (sha256 === undefined || draft.value === null) return
      site.value = draft.value.site === null ? null : ((await device.row<Site>('site', draft.value.site)) ?? null)
      pack.value = await packOf(device, sha256)
      packMissing.value = pack.value === null
      ready.value = pack.value !== null
    },
  )
  // Where one stands is the inspection's place: the best fix while it is filled in, or the one put by hand.
  const { position } = usePosition()
  watch([position, used.draft], ([now]) => {
    if (used.draft.value !== null && now !== null && isBetter(now, used.draft.value.position))
      used.draft.value.position = now
  })
  const reading = computed<Reading | null>(() =>
    used.draft.value && pack.value && ready.value ? readingOf(used.draft.value, pack.value, place.value) : null,
  )
  return { ...used, pack, site, packMissing, reading, place } as const
}

export type UsedInspection = ReturnType<typeof useInspection>
