/** What to call a fault of the phone itself, in the group `frame.fault`: no error's own text is for a screen. */

const KNOWN = ['storage-full', 'not-kept', 'not-enrolled', 'op-too-large']

/** The key of the words for an exception of the device; `other` for one that nobody expected. */
export function faultKey(error: unknown): string {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown }
  if (name === 'QuotaExceededError') return 'frame.fault.storage-full'
  return `frame.fault.${typeof code === 'string' && KNOWN.includes(code) ? code : 'other'}`
}
