/** The keyboard's place is kept: a button that is off while it works has the focus again when it is on.
 *
 * A browser takes the focus from what is switched off. Without this, who works by keyboard or by ear would begin at the
 * top of the page again after each save that is refused and each drawer that is closed.
 */
export function keepFocus(page: Document = document): void {
  let last: EventTarget | null = null
  page.addEventListener('focusin', (event) => (last = event.target))
  new MutationObserver((changes) => {
    for (const { target } of changes) {
      const lost = page.activeElement === null || page.activeElement === page.body
      if (target === last && lost && target instanceof HTMLElement && !target.hasAttribute('disabled')) {
        target.focus({ preventScroll: true })
      }
    }
  }).observe(page, { subtree: true, attributeFilter: ['disabled'] })
}
