/** Which zones hold where one stands, for components: what this device keeps of them, and in words. */
import { liveQuery } from 'dexie'
import { computed, shallowRef, type Ref } from 'vue'
import { useI18n } from 'vue-i18n'
import { useDevice } from './device'
import { useNow } from './frame/now'
import type { Verdicts } from './geo/zone_rules'
import { useGround } from './ground'
import type { Position } from './sync'
import { spotOf, verdictsAt, zonesInForce, type InForce, type Spot } from './zones-in-force'

const inForce = shallowRef<InForce | null>(null)
let begun = false

/** The zones in force; null until they were read, and while some of them are not on this device. */
export function useZonesInForce(): Readonly<Ref<InForce | null>> {
  if (!begun) {
    begun = true
    const device = useDevice()
    liveQuery(() => zonesInForce(device)).subscribe((found) => (inForce.value = found))
  }
  return inForce
}

/** `禁烧区`, `疑似禁燃区`, `露天焚烧：待核定`: what holds there now, nothing of what no zone is about. */
export function useRulesHere(position: Readonly<Ref<Position | null>>): Ref<string[]> {
  return useRulesAt(computed(() => spotOf(position.value)))
}

/** The same of any place. */
export function useRulesAt(spot: Readonly<Ref<Spot | null>>): Ref<string[]> {
  const { t } = useI18n()
  const [zones, ground, now] = [useZonesInForce(), useGround(), useNow()]
  const here = computed(() => verdictsAt(zones.value, ground.value, spot.value, now.value))
  return computed(() =>
    rulesIn(here.value).map(([form, zone, subject]) =>
      t(`capture.zone.${form}`, {
        zone: t(`code.zone_outcome.${zone}`),
        subject: t(`code.zone_subject.${subject}`),
      }),
    ),
  )
}

/** How each outcome is said, its zone and its subject. */
export function rulesIn(verdicts: Verdicts | null): ['certain' | 'suspected' | 'undetermined', string, string][] {
  return Object.entries(verdicts ?? {})
    .filter(([, { outcome }]) => outcome !== 'no-rule')
    .map(([subject, { outcome, certainty }]) => [outcome === 'undetermined' ? outcome : certainty, outcome, subject])
}
