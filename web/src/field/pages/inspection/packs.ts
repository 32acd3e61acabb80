/** The checklists on this device: which are offered for a place and day, and the packs that inspections were made by.
 *
 * No Vue. Packs are immutable and named by their hash, so each is read once.
 */
import { applicable, type Context, type Pack } from '../../checklists'
import { areaTruth, inForce } from '../../checklists/selection'
import type { Device, Row } from '../../sync'
import { zonesAsked, type ZonesThere } from '../../zones-in-force'

export type ChecklistRow = Row & {
  code: string
  version: string
  pack: string
  title: { zh: string; en: string }
  published_at: string
  retired_at: string | null
}

export interface Offer {
  row: ChecklistRow
  pack: Pack
  /** How many items surely apply at the place. */
  certain: number
  possible: number
}

const read = new Map<string, Pack>()

/** The pack that a hash names, or null while its bytes are not on this device. */
export async function packOf(device: Device, sha256: string): Promise<Pack | null> {
  const known = read.get(sha256)
  if (known !== undefined) return known
  const bytes = await device.pack(sha256)
  if (bytes === undefined) return null
  const pack = JSON.parse(await bytes.text()) as Pack
  read.set(sha256, pack)
  return pack
}

/** The pack of a checklist's version, as an inspection or a finding names it. */
export async function packOfVersion(device: Device, code: string, version: string): Promise<Pack | null> {
  const rows = await device.rows<ChecklistRow>('checklist')
  const row = rows.find((each) => each.code === code && each.version === version)
  return row === undefined ? null : packOf(device, row.pack)
}

/** The newest version of each checklist that is not retired by `now`. */
export function newest(rows: ChecklistRow[], now: Date): ChecklistRow[] {
  const kept = new Map<string, ChecklistRow>()
  for (const row of rows) {
    if (row.retired_at !== null && new Date(row.retired_at) <= now) continue
    const best = kept.get(row.code)
    if (best === undefined || after(row.version, best.version)) kept.set(row.code, row)
  }
  return [...kept.values()].sort((one, two) => (one.code < two.code ? -1 : 1))
}

/** What is offered at a place: packs whose area and days may hold, those with most certain items first.
 *
 * `there` says what the zones at the place are, of those that a pack asks about.
 */
export async function offered(
  device: Device,
  context: Context,
  now: Date,
  there: (asked: string[]) => ZonesThere | null,
): Promise<{ offers: Offer[]; missing: number }> {
  const offers: Offer[] = []
  let missing = 0
  for (const row of newest(await device.rows<ChecklistRow>('checklist'), now)) {
    const pack = await packOf(device, row.pack)
    if (pack === null) {
      missing += 1
      continue
    }
    const holds = [areaTruth(pack.area, context.unit), inForce(pack.valid_from, pack.valid_to, context.date)]
    const zones = there(zonesAsked(pack))
    const known = { ...context, zones: zones?.hold ?? null, doubtful_zones: zones?.doubtful ?? [] }
    const items = holds.includes('false') ? [] : applicable(pack, known)
    if (items.length > 0)
      offers.push({ row, pack, certain: items.filter((each) => each.certain).length, possible: items.length })
  }
  offers.sort((one, two) => two.certain - one.certain || two.possible - one.possible)
  return { offers, missing }
}

/** Versions compare by number: 2024.10 follows 2024.9. */
function after(one: string, two: string): boolean {
  const [first, second] = [one.split('.').map(Number), two.split('.').map(Number)]
  for (let i = 0; i < Math.max(first.length, second.length); i++)
    if ((first[i] ?? -1) !== (second[i] ?? -1)) return (first[i] ?? -1) > (second[i] ?? -1)
  return false
}
