/** Days and times as they are shown: by the clock of China, in the form of the language spoken. */
const ZONE = 'Asia/Shanghai'

/** An instant to the minute: 2026-11-26 10:05. The form is the same in both languages, and sorts. */
export function toMinute(instant: string | null | undefined): string {
  if (!instant) return '—'
  const parts = Object.fromEntries(MINUTES.formatToParts(new Date(instant)).map((part) => [part.type, part.value]))
  return `${parts.year}-${parts.month}-${parts.day} ${parts.hour}:${parts.minute}`
}

/** The day in China of an instant: 2026-11-26. */
export function dayOf(instant: string | Date): string {
  return toMinute(new Date(instant).toISOString()).slice(0, 10)
}

/** How long ago an instant was, in the largest unit that is not nothing: 3 小时前, 3 hours ago. */
export function ago(instant: string, now: Date, language: string): string {
  const seconds = Math.round((now.getTime() - new Date(instant).getTime()) / 1000)
  const unit = UNITS.find(([, length]) => Math.abs(seconds) >= length) ?? (['minute', 60] as const)
  return new Intl.RelativeTimeFormat(language, { numeric: 'auto' }).format(-Math.trunc(seconds / unit[1]), unit[0])
}

const UNITS = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
] as const
const MINUTES = new Intl.DateTimeFormat('en-GB', {
  timeZone: ZONE,
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
})
