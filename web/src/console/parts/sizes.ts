/** Sizes of files. */

/** A size as people read it: 312 KB, 4.1 MB. */
export function sizeOf(bytes: number | null): string {
  if (bytes === null) return '—'
  if (bytes < 1024 * 1024) return `${Math.max(1, Math.round(bytes / 1024))} KB`
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`
}
