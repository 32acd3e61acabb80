/** An inspection that is being filled in: what is kept at every change, and what the engine makes of it. No Vue. */
import {
  applicable,
  asked,
  findingId,
  grade,
  judge,
  limitOf,
  measured,
  valueFault,
  type Applicable,
  type Context,
  type Gate,
  type Grade,
  type Item,
  type Judgement,
  type MediaByHash,
  type Pack,
  type Result,
  type Verdict,
  type WireAnswer,
} from '../../checklists'
import { GeoFault, type LonLat } from '../../geo/coordinate'
import { canonical } from '../../geo/datum'
import type { Act, Json, PhotoOf, Position, Row } from '../../sync'
import type { ZonesThere } from '../../zones-in-force'

export interface ItemDraft {
  result: Result | null
  /** What was typed for a number, a text or a date. */
  typed: string
  /** Options that were chosen. */
  chosen: string[]
  note: string
  photos: PhotoOf[]
  /** Why evidence that is asked for could not be had. */
  why: string
}

export interface Officer {
  user: string | null
  name: string
  certificate_no: string
}

export type Signing =
  { kind: 'open' } | { kind: 'signed'; photo: PhotoOf } | { kind: 'refused'; reason: string; witness: string }

export interface InspectionDraft {
  id: string
  checklist: { code: string; version: string; pack: string }
  site: string | null
  task: string | null
  title: string
  mode: 'patrol' | 'administrative'
  approval_no: string
  officers: Officer[]
  started_at: string
  position: Position | null
  /** What the inspector said of the site so that the list could leave out what does not apply. */
  attributes: Json
  answers: Record<string, ItemDraft>
  /** When an item was last answered. */
  answered_at?: string
  representative: { name: string; post: string; phone: string }
  signing: Signing
  /** Why it ends with required items unanswered. */
  stopped: string
}

/** The part of a `site` row that an inspection reads. */
export type Site = Row & { name: string; kind: string; cell: string | null; attributes: Json }

export const KEY = 'inspection|'
export const EMPTY: Readonly<ItemDraft> = { result: null, typed: '', chosen: [], note: '', photos: [], why: '' }

/** Why an item is not done: nothing said, no value, a value that cannot be, no reason, or evidence neither there nor
 * explained.
 */
export type Open = 'unanswered' | 'value' | 'value-invalid' | 'reason' | 'evidence'

/** One item of the list as the page shows it. */
export interface Asked extends Applicable {
  answer: ItemDraft
  verdict: Verdict | null
  open: Open | null
}

export interface Reading {
  items: Asked[]
  judgement: Judgement
  /** Required or begun, and not done. */
  open: Asked[]
  done: number
  /** Facts about the site that would settle which items apply, by how many items wait for them. */
  toSettle: string[]
  grade: Grade
}

/** The day in China, as the server counts days. */
export function chinaDay(at: Date): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone: 'Asia/Shanghai', dateStyle: 'short' }).format(at)
}

/** Where and when an inspection is: its site, the cell that its position is in, the zones that hold there, and the day in
 * China. `zones`: null where nobody can tell, so that nothing is ruled out.
 */
export interface Place {
  site: Site | null
  cell: string | null
  zones: ZonesThere | null
  today: string
}

/** What is known of the place: the register's word, then what the inspector said here. */
export function contextOf(attributes: Json, { site, cell, zones, today }: Place): Context {
  return {
    date: today,
    unit: cell ?? site?.cell ?? null,
    site_kinds: site ? [site.kind] : [],
    attributes: { ...site?.attributes, ...attributes },
    zones: zones?.hold ?? null,
    doubtful_zones: zones?.doubtful ?? [],
  }
}

/** The value that goes on the wire, or null while there is none that can be read. */
export function valueOf(item: Item, answer: ItemDraft): unknown {
  const { kind, multiple } = item.answer
  if (kind === 'choice') return answer.chosen.length === 0 ? null : multiple ? answer.chosen : answer.chosen[0]
  const typed = answer.typed.normalize('NFKC').trim()
  if (typed === '' || kind === 'pass_fail') return null
  if (kind !== 'number') return typed
  const number = Number(typed.replaceAll(',', ''))
  return Number.isFinite(number) ? number : null
}

/** What the value by itself says; null where it says nothing. */
export function byValue(item: Item, answer: ItemDraft, context: Context): Result | null {
  const value = valueOf(item, answer)
  if (valueFault(item.answer, value) !== null) return null
  const passes = measured(item, value, limitOf(item, context).limit)
  return passes === null ? null : passes ? 'pass' : 'fail'
}

/** Everything that the page shows of a draft. */
export function readingOf(draft: InspectionDraft, pack: Pack, place: Place): Reading {
  const context = contextOf(draft.attributes, place)
  const given = pack.items.flatMap((item) => wireOf(item, draft.answers[item.code]) ?? [])
  const photos = Object.values(draft.answers).flatMap((answer) => answer.photos)
  const known = { media: mediaOf(photos), gate: gateOf(place.site), positioned: draft.position !== null }
  const judgement = judge(pack, given, context, known)
  const verdicts = new Map(judgement.verdicts.map((verdict) => [verdict.item.code, verdict]))
  const items = applicable(pack, context).map((each): Asked => {
    const answer = draft.answers[each.item.code] ?? EMPTY
    const verdict = verdicts.get(each.item.code) ?? null
    return { ...each, answer, verdict, open: openOf(each.item, answer, verdict, known.gate) }
  })
  const waiting = new Map<string, number>()
  for (const field of items.flatMap((each) => each.unknown))
    if (field in pack.tables.fields) waiting.set(field, (waiting.get(field) ?? 0) + 1)
  const said = Object.keys(draft.attributes).filter((field) => field in pack.tables.fields)
  return {
    items,
    judgement,
    open: items.filter((each) => each.open !== null && (each.required || each.answer.result !== null)),
    done: items.filter((each) => each.open === null).length,
    toSettle: [...new Set([...said, ...[...waiting].sort((one, two) => two[1] - one[1]).map(([field]) => field)])],
    grade: gradeOf(draft),
  }
}

/** Whether it is a lead or evidence, by the papers as they are. */
export function gradeOf(draft: InspectionDraft): Grade {
  return grade(draft.mode, draft.approval_no, draft.officers, draft.representative, signatureOf(draft.signing))
}

function openOf(item: Item, answer: ItemDraft, verdict: Verdict | null, gate: Gate | null): Open | null {
  if (answer.result === null) return 'unanswered'
  if (answer.typed.trim() !== '' && item.answer.kind !== 'pass_fail') {
    const value = valueOf(item, answer)
    if (value === null || valueFault(item.answer, value) !== null) return 'value-invalid'
  }
  if (answer.result === 'not_applicable') return answer.note.trim() === '' ? 'reason' : null
  if (item.answer.kind !== 'pass_fail' && valueOf(item, answer) === null && answer.why.trim() === '') return 'value'
  const lacks = (verdict?.lacks ?? []).filter((lack) => !(lack.reason === 'unlocated' && isUnmeasurable(answer, gate)))
  return lacks.length > 0 && answer.why.trim() === '' ? 'evidence' : null
}

/** Nobody registered the gate that spots are measured from: three photos are all that an inspector can do. */
function isUnmeasurable(answer: ItemDraft, gate: Gate | null): boolean {
  return gate === null && answer.photos.length >= 3
}

/** An item's answer as the contract has it; null where nothing was said. A value that cannot be is left out. */
function wireOf(item: Item, answer: ItemDraft | undefined): (WireAnswer & { evidence_reason?: string }) | null {
  if (answer === undefined || answer.result === null) return null
  const value = valueOf(item, answer)
  const why = answer.why.trim()
  return {
    item: item.code,
    result: answer.result,
    value: valueFault(item.answer, value) === null ? value : null,
    note: answer.note.trim() || null,
    photos: answer.photos.map((photo) => photo.sha256),
    position: null,
    finding: null,
    ...(why && { evidence_reason: why }),
  }
}

/** What is known of photos by their own records, in the gate's datum. */
function mediaOf(photos: PhotoOf[]): MediaByHash {
  const kinds = { image: 'photo', video: 'film', audio: 'audio', application: 'document' } as const
  return Object.fromEntries(
    photos.map(({ sha256, mediaType, role, position }) => {
      const kind = role === 'document' ? 'document' : kinds[mediaType.split('/')[0] as keyof typeof kinds]
      const [lon, lat] = (position && placed(position)) ?? [null, null]
      return [sha256, { kind: kind ?? null, lon, lat, accuracy_m: position?.accuracy_m ?? null }]
    }),
  )
}

function placed({ lon, lat, datum }: Position): LonLat | null {
  try {
    return canonical(lon, lat, datum)
  } catch (error) {
    if (error instanceof GeoFault) return null
    throw error
  }
}

function gateOf(site: Site | null): Gate | null {
  const { gate_lon: lon, gate_lat: lat, road_bearing_deg: bearing } = site?.attributes ?? {}
  if (typeof lon !== 'number' || typeof lat !== 'number') return null
  return { place: { lon, lat }, bearing_deg: typeof bearing === 'number' ? bearing : null }
}

function signatureOf(signing: Signing): Json | null {
  if (signing.kind === 'open') return null
  if (signing.kind === 'signed') return { sha256: signing.photo.sha256 }
  return { refused: true, reason: signing.reason.trim(), witness: signing.witness.trim() }
}

/** Files that an answer is asked for, failed or not. */
export function evidenceAsked(each: Asked): Item['evidence'] {
  return asked(each.item.evidence, each.verdict?.outcome === 'finding')
}

/** What is recorded: one command, and a record for each photo. Photos of a failed duty are its finding's. */
export async function submissionOf(
  draft: InspectionDraft,
  pack: Pack,
  place: Place,
  at: string,
): Promise<{ acts: Act[]; photos: PhotoOf[]; findings: string[] }> {
  const { judgement } = readingOf(draft, pack, place)
  const failed = new Map<string, string>()
  for (const verdict of judgement.verdicts)
    if (verdict.outcome === 'finding') failed.set(verdict.item.code, await findingId(draft.id, verdict.item.code))
  const answers = pack.items.flatMap((item) => {
    const answer = wireOf(item, draft.answers[item.code])
    return answer ? [{ ...answer, finding: failed.get(item.code) ?? null }] : []
  })
  const photos = Object.entries(draft.answers).flatMap(([code, answer]) =>
    answer.result === null ? [] : answer.photos.map((photo) => subjectOf(photo, draft.id, failed.get(code))),
  )
  const { representative, signing, stopped } = draft
  const named = representative.name.trim() !== ''
  const args: Json = {
    checklist: draft.checklist.code,
    checklist_version: draft.checklist.version,
    mode: draft.mode,
    approval_no: draft.approval_no.trim() || null,
    officers: draft.officers
      .filter((officer) => officer.name.trim() || officer.certificate_no.trim())
      .map((officer) => ({ ...officer, certificate_no: officer.certificate_no.trim() || null })),
    site: draft.site,
    cell: place.cell ?? place.site?.cell ?? null,
    task: draft.task,
    started_at: draft.started_at,
    finished_at: at,
    position: draft.position,
    answers,
    representative: named ? { ...representative } : null,
    signature: signatureOf(signing),
    ...(Object.keys(draft.attributes).length > 0 && { attributes: draft.attributes }),
    ...(stopped.trim() && { stopped_because: stopped.trim() }),
  }
  return {
    acts: [{ cmd: 'inspection.submit', row: draft.id, args, baseRev: null }],
    photos: signing.kind === 'signed' ? [...photos, signing.photo] : photos,
    findings: [...failed.values()],
  }
}

function subjectOf(photo: PhotoOf, inspection: string, finding: string | undefined): PhotoOf {
  if (finding === undefined) return { ...photo, subject: { type: 'inspection', id: inspection } }
  const role = photo.role === 'document' ? 'document' : 'before'
  return { ...photo, subject: { type: 'finding', id: finding }, role }
}
