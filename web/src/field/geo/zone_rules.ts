/** Which rules hold at a point and an instant: one verdict a subject. As `geo/zones/rules.py` and `holding.py`. */
import { GeoFault, lonLat } from './coordinate'
import { LEAST_RADIUS_M, reachDegrees, SURE } from './locate'
import { epsgFor, project } from './projection'
import { box, clipped, disc, touches, type Ring, type Shape } from './rings'
import { shareOut } from './sharing'
import { holdsAt, SUBJECTS, subjectOf, type Kind, type Subject, type Zone } from './zones'

export type Outcome = Kind | 'no-rule' | 'undetermined'

export interface Verdict {
  outcome: Outcome
  certainty: 'certain' | 'suspected'
  /** Of every outcome, adding up to 1. */
  shares: Partial<Record<Outcome, number>>
  /** The zone that the outcome rests on. */
  deciding: Zone | null
}

export type Verdicts = Record<Subject, Verdict>

/** The verdict on each subject at a point in canonical CGCS2000 degrees. `zones` as `zonesOf` gives them. Throws GeoFault. */
export function rulesAt(
  zones: readonly Zone[],
  lon: number,
  lat: number,
  instant: Date,
  accuracyM: number | null = null,
): Verdicts {
  lonLat(lon, lat)
  const held = zones.filter((zone) => holdsAt(zone, instant))
  const verdictOf = (subject: Subject): Verdict => {
    const asked = held.filter((zone) => zone.subject === subject)
    return (accuracyM ?? 0) < LEAST_RADIUS_M
      ? ofPoint(asked.filter((zone) => touches(zone.shape, lon, lat)))
      : ofCircle(asked, lon, lat, accuracyM!)
  }
  return Object.fromEntries(subjects().map((subject) => [subject, verdictOf(subject)])) as Verdicts
}

const subjects = (): Subject[] => Object.keys(SUBJECTS) as Subject[]

/** Where a bare point lies in several, the first decides. */
function ofPoint(met: Zone[]): Verdict {
  return told(met, [1, ...met.map(() => 0)], met.length === 0 ? 1 : 0)
}

function ofCircle(zones: Zone[], lon: number, lat: number, radius: number): Verdict {
  const epsg = epsgFor(null, lon)
  const [east, north] = project(lon, lat, epsg)
  if (!Number.isFinite(east) || !Number.isFinite(north)) throw new GeoFault('outside-frame', 'too far for metres')
  const reach = 1.01 * reachDegrees(radius, lat)
  const window = box(lon - reach, lat - reach, lon + reach, lat + reach)
  const parts = zones.map(({ shape }) => within(shape, window).map((rings) => rings.map(inMetres)))
  // From the middle on: large coordinates would eat the digits of a small area.
  function inMetres(ring: Ring): Ring {
    return ring.map(([x, y]) => project(x, y, epsg)).map(([x, y]) => [x - east, y - north])
  }
  const near = zones.map((zone, i) => ({ zone, part: parts[i]! })).filter(({ part }) => part.length > 0)
  const sharing = shareOut(
    disc(0, 0, radius),
    near.map(({ part }) => part),
  )
  return told(
    near.map(({ zone }) => zone),
    sharing.decided,
    sharing.rest,
  )
}

/** The part of a shape in a box of degrees, rings closed. */
function within(shape: Shape, window: Ring): Ring[][] {
  const close = (ring: Ring): Ring => (ring.length > 0 ? [...ring, ring[0]!] : ring)
  return shape
    .map((rings) => rings.map((ring) => close(clipped(ring, window))))
    .filter(([outer]) => (outer?.length ?? 0) > 0)
}

/** `pieces`: what each zone decides; `rest`: what none does. Of equal shares the first in rank is the outcome. */
function told(zones: Zone[], pieces: number[], rest: number): Verdict {
  const sums = new Map<Outcome, number>()
  const deciding = new Map<Outcome, Zone>()
  for (const [i, zone] of zones.entries()) {
    const outcome = zone.extent === 'within' ? 'undetermined' : zone.kind
    sums.set(outcome, (sums.get(outcome) ?? 0) + pieces[i]!)
    if (pieces[i]! > 0 && !deciding.has(outcome)) deciding.set(outcome, zone)
  }
  sums.set('no-rule', rest)
  const shares = [...sums]
    .filter(([, share]) => share > 0.5e-6)
    .map(([each, share]) => [each, sixDigits(share)] as const)
  const [outcome, share] = shares.reduce((best, each) => (each[1] > best[1] ? each : best))
  return {
    outcome,
    certainty: share >= SURE ? 'certain' : 'suspected',
    shares: Object.fromEntries(shares),
    deciding: deciding.get(outcome) ?? null,
  }
}

const sixDigits = (value: number): number => Math.round(value * 1e6) / 1e6

/** The kinds of zones that hold for sure, and those of the ones asked about of which nobody can tell. */
export interface ZonesThere {
  hold: string[]
  doubtful: string[]
}

/** What verdicts say of the kinds that are `wanted`. `kept`: the subjects that somebody keeps zones of. */
export function holding(verdicts: Verdicts, kept: ReadonlySet<Subject>, wanted: Iterable<string>): ZonesThere {
  const hold = new Set<string>()
  for (const { outcome, certainty } of Object.values(verdicts))
    if (certainty === 'certain' && subjectOf(outcome) !== undefined) hold.add(outcome)
  const unclear = (kind: string): boolean => {
    const subject = subjectOf(kind)
    if (subject === undefined || !kept.has(subject)) return true
    return verdicts[subject].certainty !== 'certain' || verdicts[subject].outcome === 'undetermined'
  }
  const doubtful = [...new Set(wanted)].filter((kind) => unclear(kind) && !hold.has(kind))
  return { hold: [...hold].sort(), doubtful: doubtful.sort() }
}
