/** Work by keyboard: one letter, one deed; not while somebody types, and not with a modifier held. */
import { onBeforeUnmount, onMounted } from 'vue'

/** The letter of a key press that is meant as a deed, or null. */
export function deedKey(
  event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'target'>,
): string | null {
  if (event.ctrlKey || event.metaKey || event.altKey) return null
  const at = event.target as Partial<HTMLInputElement> | null
  const ticked = at?.type === 'checkbox' || at?.type === 'radio' // nobody types into these
  if (at?.isContentEditable || (/^(INPUT|TEXTAREA|SELECT)$/.test(at?.tagName ?? '') && !ticked)) return null
  if (at?.closest?.('[role="dialog"],[role="listbox"],[role="combobox"],.maplibregl-map')) return null
  return event.key
}

/** Listen while the page is there. A deed says false when the key was not for it. */
export function useKeys(deeds: Record<string, () => unknown>): void {
  function pressed(event: KeyboardEvent): void {
    const key = deedKey(event)
    const deed = key === null ? undefined : deeds[key]
    if (!deed) return
    // Enter on a link or a button is theirs.
    if (key === 'Enter' && (event.target as HTMLElement).closest('a,button')) return
    event.preventDefault()
    void deed()
  }
  onMounted(() => document.addEventListener('keydown', pressed))
  onBeforeUnmount(() => document.removeEventListener('keydown', pressed))
}
