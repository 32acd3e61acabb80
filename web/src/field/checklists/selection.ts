/** Which items of a pack apply: by area, site kind, attributes, zone, month and day, three-valued, as
 * checklists/selection.py does. An item that might apply is shown and marked. Must not know of answers.
 */
import { conjunction, disjunction, evaluate, negate, truthOf, unknownFields, type Attributes } from './conditions'
import type { Area, Item, Pack, Truth } from './pack'

/** What is known of the inspected place and day; what is absent or null is unknown.
 *
 * `date` is YYYY-MM-DD in China. `zones`: kinds of zones that hold there, null when nobody asked.
 */
export interface Context {
  date?: string | null
  unit?: string | null
  site_kinds?: string[]
  attributes?: Attributes
  zones?: string[] | null
  doubtful_zones?: string[]
}

/** An item to ask. `certain` is false when something unknown (`unknown`: field names) could rule it out. */
export interface Applicable {
  item: Item
  certain: boolean
  unknown: string[]
  exempt: string[]
  /** A must that surely applies and that nothing exempts. */
  required: boolean
}

/** The items to ask, in pack order; none outside the pack's own area or validity, and no archived ones. */
export function applicable(pack: Pack, context: Context): Applicable[] {
  const whole = conjunction(areaTruth(pack.area, context.unit), inForce(pack.valid_from, pack.valid_to, context.date))
  return pack.items.flatMap((item) => {
    const truth = conjunction(whole, itemTruth(item, context))
    if (item.archived !== null || truth === 'false') return []
    const certain = truth === 'true'
    const exempt = exemptions(item, context)
    const required = item.modality === 'must' && certain && exempt.length === 0
    return [{ item, certain, unknown: certain ? [] : missing(pack, item, context), exempt, required }]
  })
}

/** Does the item apply here and now, leaving the pack's own area and validity aside? */
export function itemTruth(item: Item, context: Context): Truth {
  const { applies } = item
  return conjunction(
    areaTruth(applies.area, context.unit),
    kindsTruth(applies.site_kinds, context.site_kinds ?? []),
    zonesTruth(applies.zones ?? [], context),
    monthsTruth(applies.months ?? [], context.date),
    inForce(applies.valid_from, applies.valid_to, context.date),
    evaluate(applies.when, context.attributes ?? {}),
  )
}

/** Codes of the exemptions that surely hold; an unknown one does not exempt. */
export function exemptions(item: Item, context: Context): string[] {
  return item.exemptions
    .filter((each) => evaluate(each.when, context.attributes ?? {}) === 'true')
    .map((each) => each.code)
}

/** Is an administrative unit (any code length) in an area? Unknown when it reaches beyond it or is unknown. */
export function areaTruth(area: Area, unit: string | null | undefined): Truth {
  if (area.include.length === 0 && area.exclude.length === 0) return 'true'
  if (unit === null || unit === undefined) return 'unknown'
  const inside = area.include.length > 0 ? disjunction(...area.include.map((code) => within(unit, code))) : 'true'
  return conjunction(inside, negate(disjunction(...area.exclude.map((code) => within(unit, code)))))
}

/** Is a day within inclusive dates, either of which may be open? ISO days order as texts. */
export function inForce(begin: string | null, end: string | null, day: string | null | undefined): Truth {
  if (begin === null && end === null) return 'true'
  if (day === null || day === undefined) return 'unknown'
  return truthOf((begin === null || begin <= day) && (end === null || day <= end))
}

function within(unit: string, code: string): Truth {
  if (unit.startsWith(code)) return 'true'
  return code.startsWith(unit) ? 'unknown' : 'false'
}

function kindsTruth(asked: string[], actual: string[]): Truth {
  if (asked.length === 0) return 'true'
  return actual.length > 0 ? truthOf(asked.some((kind) => actual.includes(kind))) : 'unknown'
}

function zonesTruth(asked: string[], context: Context): Truth {
  if (asked.length === 0) return 'true'
  const { zones } = context
  if (zones === null || zones === undefined) return 'unknown'
  if (asked.some((zone) => zones.includes(zone))) return 'true'
  return asked.some((zone) => context.doubtful_zones?.includes(zone)) ? 'unknown' : 'false'
}

function monthsTruth(asked: number[], day: string | null | undefined): Truth {
  if (asked.length === 0) return 'true'
  return day === null || day === undefined ? 'unknown' : truthOf(asked.includes(Number(day.slice(5, 7))))
}

function missing(pack: Pack, item: Item, context: Context): string[] {
  const { applies } = item
  const attributes = context.attributes ?? {}
  const reasons: string[] = []
  const places = [areaTruth(pack.area, context.unit), areaTruth(applies.area, context.unit)]
  if (places.includes('unknown')) reasons.push('unit')
  if (kindsTruth(applies.site_kinds, context.site_kinds ?? []) === 'unknown') reasons.push('site_kinds')
  if (zonesTruth(applies.zones ?? [], context) === 'unknown') reasons.push('zones')
  if (context.date === null || context.date === undefined) reasons.push('date')
  if (evaluate(applies.when, attributes) === 'unknown') reasons.push(...unknownFields(applies.when, attributes))
  // One for each reason, as the server lists them: a field may be named as a dimension is.
  return reasons.sort()
}
