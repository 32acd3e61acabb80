/** What a person may do with a finding: the steps that the server offers, and the dealings with its office.
 *
 * The server judges all of it; this only says what is asked for beforehand, and what is sent.
 */
import type { Role } from '../../session'
import type { Extension, FindingDetail, Hop } from './finding'

export interface MayTake {
  action: string
  to: string
  needs: string[]
}

export interface Draft {
  note: string
  office: string
  due: Date | null
  photos: string[]
  documents: string[]
}

export const emptyDraft = (): Draft => ({ note: '', office: '', due: null, photos: [], documents: [] })

type Need = 'no' | 'may' | 'must'

/** One thing that may be done, with what its form asks for. */
export interface Choice {
  action: string
  /** The state that a step leads to; null for a dealing, which leaves it. */
  to: string | null
  note: Need
  office: Need
  due: Need
  photos: Need
  documents: Need
  /** Conditions that no form can fill, by their codes. */
  conditions: string[]
  /** Leads on in the common course. */
  common: boolean
}

const WITH_OFFICE = new Set(['dispatched', 'rectifying'])
const WITH_PHOTOS = new Set(['reply', 'recheck', 'send-back', 'close', 'look-back', 'holds', 'reopen', 'close-at-once'])
const BACKWARDS = new Set(['reject', 'take-back', 'transfer', 'close-at-once', 'send-back', 'reopen'])

const choice = (action: string, to: string | null, more: Partial<Choice>): Choice => ({
  ...{ action, to, note: 'may', office: 'no', due: 'no', photos: 'no', documents: 'no', conditions: [], common: false },
  ...more,
})

export function stepChoice({ action, to, needs }: MayTake): Choice {
  const photos = needs.includes('at-once') ? 'must' : WITH_PHOTOS.has(action) ? 'may' : 'no'
  return choice(action, to, {
    note: needs.includes('note') ? 'must' : 'may',
    office: action === 'dispatch' ? 'must' : 'no',
    due: action === 'dispatch' ? 'may' : 'no',
    photos,
    documents: action === 'reply' ? 'may' : 'no',
    conditions: needs.filter((need) => need !== 'note'),
    common: !BACKWARDS.has(action),
  })
}

/** The stay with an office that is open now. */
export const openHop = (finding: Pick<FindingDetail, 'hops'>): Hop | null =>
  finding.hops.find((hop) => hop.ended_at === null) ?? null

/** More time that waits for an answer. */
export const waitingExtension = (hop: Hop | null): Extension | null =>
  hop?.extensions.find((each) => each.state === 'waiting') ?? null

/** All that may be done now: steps, then dealings. Nothing where the server offers no step: it is not this person's. */
export function choices(finding: Pick<FindingDetail, 'state' | 'hops'>, may: readonly MayTake[], role: Role): Choice[] {
  const steps = may.map(stepChoice)
  const handles = role === 'handler' || role === 'supervisor' || role === 'admin'
  if (steps.length === 0 || !WITH_OFFICE.has(finding.state) || !handles) return steps
  const hop = openHop(finding)
  const found = [
    ...steps,
    choice('pass-on', null, { office: 'must' }),
    choice('park', null, { note: 'must', due: 'must' }),
  ]
  if (role === 'handler') {
    if (!hop?.return) found.push(choice('ask-return', null, { note: 'must' }))
    if (!waitingExtension(hop)) found.push(choice('ask-extension', null, { note: 'must', due: 'must' }))
    return found
  }
  if (hop?.return) found.push(choice('refuse-return', null, {}))
  if (waitingExtension(hop)) {
    found.push(choice('grant-extension', null, { due: 'must', common: true }), choice('refuse-extension', null, {}))
  }
  return found
}

/** The fields of a form that still miss something. */
export function missing(of: Choice, draft: Draft): ('note' | 'office' | 'due' | 'photos')[] {
  const empty = {
    note: draft.note.trim() === '',
    office: draft.office === '',
    due: draft.due === null,
    photos: draft.photos.length === 0,
  }
  return (['note', 'office', 'due', 'photos'] as const).filter((field) => of[field] === 'must' && empty[field])
}

const DEALINGS: Record<string, [method: string, path: string]> = {
  'pass-on': ['POST', 'pass'],
  'ask-return': ['POST', 'return'],
  'refuse-return': ['DELETE', 'return'],
  'ask-extension': ['POST', 'extension'],
  'grant-extension': ['PUT', 'extension'],
  'refuse-extension': ['PUT', 'extension'],
  park: ['POST', 'parking'],
}

/** What is sent for a choice; `from` is the state that the person saw. */
export function requestOf(of: Choice, draft: Draft, finding: { id: string; state: string }) {
  const body: Record<string, unknown> = {}
  if (draft.note.trim() !== '') body.note = draft.note.trim()
  if (of.office !== 'no' && draft.office !== '') body.office = draft.office
  if (of.due !== 'no' && draft.due !== null) body.due_at = draft.due.toISOString()
  if (of.action === 'refuse-extension') body.due_at = null
  if (of.photos !== 'no' && draft.photos.length) body.photos = draft.photos
  if (of.documents !== 'no' && draft.documents.length) body.documents = draft.documents
  const [method, path] = of.to === null ? DEALINGS[of.action]! : (['POST', 'steps'] as const)
  return {
    method,
    path: `/findings/${finding.id}/${path}`,
    body: of.to === null ? body : { from: finding.state, to: of.to, ...body },
  }
}
