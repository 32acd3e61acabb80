/** Whether the page is shown dark now; for maps and charts, which cannot use the style sheet's colours. */
import { onBeforeUnmount, ref, type Ref } from 'vue'

export function useDark(): Ref<boolean> {
  const root = document.documentElement
  const dark = ref(root.classList.contains('dark'))
  const seen = new MutationObserver(() => (dark.value = root.classList.contains('dark')))
  seen.observe(root, { attributeFilter: ['class'] })
  onBeforeUnmount(() => seen.disconnect())
  return dark
}
