/** The lines over a picture, for components: of the camera now, and of a photo that is held. */
import { computed, onBeforeUnmount, ref, type Ref } from 'vue'
import { useI18n } from 'vue-i18n'
import { useMe } from '../frame/me'
import { useCellName } from '../ground'
import type { PhotoOf, Position } from '../sync'
import { marks } from './marks'

function useInspector(): Ref<string | null> {
  const me = useMe()
  return computed(() => me.value?.name ?? null)
}

/** The lines as they would be this second. */
export function useMarks(position: Readonly<Ref<Position | null>>): Ref<string[]> {
  const { t } = useI18n()
  const inspector = useInspector()
  const cell = useCellName(position)
  const now = ref(new Date())
  const ticking = setInterval(() => (now.value = new Date()), 1_000)
  onBeforeUnmount(() => clearInterval(ticking))
  return computed(() =>
    marks({ at: now.value, position: position.value, cell: cell.value, inspector: inspector.value }, (key, values) =>
      t(key, values ?? {}),
    ),
  )
}

/** The lines of a photo that is held. */
export function useMarksOf(photo: () => PhotoOf | null): Ref<string[]> {
  const { t } = useI18n()
  const inspector = useInspector()
  const cell = useCellName(() => photo()?.position ?? null)
  return computed(() => {
    const held = photo()
    if (held === null) return []
    const what = {
      at: new Date(held.capturedAt),
      position: held.position,
      cell: cell.value,
      inspector: inspector.value,
    }
    return marks(what, (key, values) => t(key, values ?? {}))
  })
}
