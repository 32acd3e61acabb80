/** One inspection's draft with its pack and site, and what the engine makes of them, for its three pages. */
import { computed, ref, shallowRef, watch } from 'vue'
import { usePosition } from '../../capture/position'
import type { Pack } from '../../checklists'
import { useDevice } from '../../device'
import { locatedIn, useGround } from '../../ground'
import { useZonesInForce } from '../../rules-here'
import { spotOf, zonesAsked, zonesThere } from '../../zones-in-force'
import { isBetter } from './best-fix'
import { chinaDay, KEY, readingOf, type InspectionDraft, type Place, type Reading, type Site } from './draft'
import { packOf } from './packs'
import { useDraft } from './use-draft'

export function useInspection(id: string) {
  const device = useDevice()
  const used = useDraft<InspectionDraft>(KEY + id)
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
  const { position } = usePosition()
  // Not before the site is known: its registered place has a say.
  watch([position, ready], ([now]) => {
    const draft = used.draft.value
    if (draft === null || now === null || !ready.value) return
    const doing = { lastDone: draft.answered_at ?? null, registered: spotOf(null, site.value)?.at ?? null }
    if (isBetter(now, draft.position, doing)) draft.position = now
  })
  const reading = computed<Reading | null>(() =>
    used.draft.value && pack.value && ready.value ? readingOf(used.draft.value, pack.value, place.value) : null,
  )
  return { ...used, pack, site, packMissing, reading, place } as const
}

export type UsedInspection = ReturnType<typeof useInspection>
