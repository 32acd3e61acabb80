/** Zones as their file says them: a rule, its ground, and when it holds. As `geo/zones/zone.py` and `windows.py`.
 *
 * All days and hours are those of Guangxi's clocks. Windows are half-open; the last day of a season or a validity is in it.
 */
import { shapeOf } from './grid'
import type { Shape } from './rings'

/** What a kind is about; kinds of one subject from the strictest on. */
export const SUBJECTS = {
  burning: ['no-burn', 'restricted-burn'],
  fuel: ['no-high-polluting-fuel'],
  fireworks: ['no-fireworks'],
  machinery: ['machinery-control'],
} as const
export type Subject = keyof typeof SUBJECTS
export type Kind = (typeof SUBJECTS)[Subject][number]
const SUBJECT = new Map(
  Object.entries(SUBJECTS).flatMap(([subject, kinds]) => kinds.map((kind) => [kind as string, subject as Subject])),
)

/** The subject of a kind's word; undefined for a word that is no kind of zone. */
export function subjectOf(kind: string): Subject | undefined {
  return SUBJECT.get(kind)
}

interface Window {
  seasons?: { from: string; through: string }[]
  days?: (string | { from: string; through: string })[]
  hours?: { from: string; to: string }[]
}

interface Stated {
  id: string
  name: string
  kind: string
  valid: { from: string; through?: string | null }
  windows?: Window[]
  lifted?: Window[]
  extent?: 'exact' | 'within'
  default?: boolean
  area?: { polygons?: { type: string; coordinates: unknown }[] } | null
}

/** What a file of zones holds, as far as it is read here. */
export interface ZoneFile {
  zones: Stated[]
}

export interface Zone {
  id: string
  name: string
  kind: Kind
  subject: Subject
  /** CGCS2000 degrees. */
  shape: Shape
  /** `within`: in an unknown part of the shape. */
  extent: 'exact' | 'within'
  default: boolean
  stated: Pick<Stated, 'valid' | 'windows' | 'lifted'>
}

/** The zones of files that have a place, those that go first where they meet before the others.
 *
 * Throws RangeError for what this app does not know: a zone that is left out would be a rule that is not seen.
 */
export function zonesOf(files: readonly ZoneFile[]): Zone[] {
  const found = files.flatMap((file) => file.zones).flatMap((stated) => zoneOf(stated) ?? [])
  return found.sort(goesFirst)
}

function zoneOf(stated: Stated): Zone | null {
  const polygons = stated.area?.polygons ?? []
  if (polygons.length === 0) return null
  const subject = subjectOf(stated.kind)
  const days = [stated.valid.from, stated.valid.through ?? stated.valid.from]
  if (subject === undefined || !days.every(isDay)) throw new RangeError(`zone ${stated.id} is not understood`)
  const { id, name, extent = 'exact', default: isDefault } = stated
  const shape = polygons.flatMap(shapeOf).map((rings) => rings.map((ring) => ring.map(rounded)))
  return { id, name, kind: stated.kind as Kind, subject, shape, extent, default: isDefault === true, stated }
}

/** Any zone before a default, the stricter rule, an exact extent, the later paper, the smaller id. */
function goesFirst(one: Zone, two: Zone): number {
  const from = ({ stated }: Zone): string => stated.valid.from
  return (
    Number(one.default) - Number(two.default) ||
    strictness(two) - strictness(one) ||
    Number(one.extent === 'within') - Number(two.extent === 'within') ||
    (from(one) > from(two) ? -1 : from(one) < from(two) ? 1 : one.id < two.id ? -1 : 1)
  )
}

const strictness = ({ kind, subject }: Zone): number => -(SUBJECTS[subject] as readonly string[]).indexOf(kind)

/** To the 9 decimals that the server reads. */
const rounded = ([x, y]: readonly [number, number]): [number, number] => [Number(x.toFixed(9)), Number(y.toFixed(9))]

/** Whether a zone's rule holds at an instant. */
export function holdsAt({ stated: { valid, windows = [], lifted = [] } }: Zone, instant: Date): boolean {
  const local = localOf(instant)
  if (!inForce(valid, local.day) || lifted.some((window) => isIn(window, local))) return false
  return windows.length === 0 || windows.some((window) => isIn(window, local))
}

/** Whether the paper behind a zone is valid on the day of an instant, whatever the hour. */
export function isValidOn({ stated: { valid } }: Zone, instant: Date): boolean {
  return inForce(valid, localOf(instant).day)
}

function inForce({ from, through }: Stated['valid'], day: string): boolean {
  return from <= day && (through == null || day <= through)
}

interface Local {
  day: string
  before: string
  /** Minutes since midnight. */
  minute: number
}

/** China has had one clock, eight hours before UTC, since 1992. */
function localOf(instant: Date): Local {
  const text = (ms: number): string => new Date(ms + 8 * 3_600_000).toISOString()
  const at = text(instant.getTime())
  const before = text(instant.getTime() - 86_400_000).slice(0, 10)
  return { day: at.slice(0, 10), before, minute: minutes(at.slice(11, 16)) }
}

const minutes = (clock: string): number => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3, 5))
const isDay = (text: string): boolean => /^\d{4}-\d\d-\d\d$/.test(text)

function isIn(window: Window, local: Local): boolean {
  const { hours = [] } = window
  if (hours.length === 0) return holdsDay(window, local.day)
  return hours.some(({ from, to }) => {
    const day = dayOfHours(minutes(from), minutes(to), local)
    return day !== null && holdsDay(window, day)
  })
}

/** The day whose hours a time is in: hours that cross midnight belong to the day on which they begin. */
function dayOfHours(start: number, end: number, { day, before, minute }: Local): string | null {
  if (start < end) return start <= minute && minute < end ? day : null
  if (minute >= start) return day
  return minute < end ? before : null
}

function holdsDay({ seasons = [], days = [] }: Window, day: string): boolean {
  if (seasons.length + days.length === 0) return true
  const at = day.slice(5)
  const inSeason = seasons.some(({ from, through }) =>
    from <= through ? from <= at && at <= through : at >= from || at <= through,
  )
  return (
    inSeason ||
    days.some((span) => {
      const { from, through } = typeof span === 'string' ? { from: span, through: span } : span
      return from <= day && day <= through
    })
  )
}
