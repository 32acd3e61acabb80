/** Times, sizes and distances as people read them. Times are shown in the phone's own zone. */

/** Bytes as "8.4 MB". */
export function shownSize(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB']
  let value = Math.max(0, bytes)
  let unit = 0
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1024
    unit += 1
  }
  return `${unit > 1 && value < 100 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`
}

/** Metres as "350 m" or "2.4 km". */
export function shownDistance(metres: number): string {
  if (metres < 995) return `${Math.round(metres / 10) * 10} m`
  return `${metres < 99_500 ? (metres / 1000).toFixed(1) : Math.round(metres / 1000)} km`
}

/** A moment: the time alone when it is of today, else with its day. */
export function shownMoment(at: string | number | Date, now: Date, language: string): string {
  const when = new Date(at)
  const time = when.toLocaleTimeString(language, { hour: '2-digit', minute: '2-digit', hour12: false })
  return dayOf(when) === dayOf(now) ? time : `${shownDay(when, now, language)} ${time}`
}

/** A day, with the year when it is not this one. */
export function shownDay(at: string | number | Date, now: Date, language: string): string {
  const when = new Date(at)
  const year = when.getFullYear() === now.getFullYear() ? undefined : 'numeric'
  return when.toLocaleDateString(language, { year, month: year ? '2-digit' : 'short', day: 'numeric' })
}

/** The local day of a moment as 2026-11-26. */
export function dayOf(at: Date): string {
  const two = (n: number): string => String(n).padStart(2, '0')
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
}

/** Days from one calendar day to another, both as 2026-11-26. */
export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / 86_400_000)
}
