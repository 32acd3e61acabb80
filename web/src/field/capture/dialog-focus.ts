/** The keyboard in a dialog that lies over a page: it comes in, stays in, leaves by Escape, and goes back where it was. */
import { onBeforeUnmount, onMounted, type Ref } from 'vue'

const REACHED = 'button:not(:disabled), a[href], input, textarea, audio, video[controls], [tabindex="0"]'

/** `root` is the dialog's element, which is there as long as the component; `leave` is what Escape does. */
export function useDialogFocus(root: Readonly<Ref<HTMLElement | null>>, leave: () => void): void {
  let before: Element | null = null

  function pressed(event: KeyboardEvent): void {
    if (event.key === 'Escape') {
      event.stopPropagation()
      leave()
    }
    if (event.key !== 'Tab' || root.value === null) return
    const reached = [...root.value.querySelectorAll<HTMLElement>(REACHED)]
    const [first, last] = [reached[0], reached.at(-1)]
    const edge = event.shiftKey ? first : last
    if (document.activeElement !== edge) return
    event.preventDefault()
    ;(event.shiftKey ? last : first)?.focus()
  }

  onMounted(() => {
    before = document.activeElement
    // Of the document: a button that is pressed may be disabled and lose the keyboard to nothing.
    document.addEventListener('keydown', pressed)
    root.value?.querySelector<HTMLElement>(REACHED)?.focus()
  })
  onBeforeUnmount(() => {
    document.removeEventListener('keydown', pressed)
    if (before instanceof HTMLElement) before.focus()
  })
}
