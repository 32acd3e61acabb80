/** A recheck or a look-back as the steps that it is: which commands its outcome becomes for this person. No Vue. */
import type { Act, Person, PhotoOf, Position } from '../../sync'
import { commentAct, stepAct } from '../finding/acts'
import type { FindingRow } from '../finding/rows'
import { STEPS, roleOf } from '../finding/steps'

export type Outcome = 'pass' | 'return'
/** What the page is for; null where there is nothing to check. */
export type Kind = 'recheck' | 'look-back' | null

type Checked = Pick<FindingRow, 'id' | 'state' | 'case' | 'merged_into'>

const WAY: Record<string, Record<Outcome, string[]>> = {
  feedback: { pass: ['recheck', 'closed'], return: ['recheck', 'returned'] },
  recheck: { pass: ['closed'], return: ['returned'] },
  closed: { pass: ['look_back', 'closed'], return: ['look_back', 'reopened'] },
  look_back: { pass: ['closed'], return: ['reopened'] },
}

export function kindOf(finding: Checked): Kind {
  if (finding.merged_into !== null || !(finding.state in WAY)) return null
  return ['feedback', 'recheck'].includes(finding.state) ? 'recheck' : 'look-back'
}

/** The states that an outcome leads through for this person: as far as her role goes. */
export function wayOf(finding: Checked, outcome: Outcome, person: Person | null): string[] {
  const way: string[] = []
  let from = finding.state
  for (const to of WAY[finding.state]?.[outcome] ?? []) {
    const step = STEPS.find((each) => each.from === from && each.to === to)
    if (!step?.roles.includes(roleOf(person))) break
    way.push(to)
    from = to
  }
  return way
}

/** Whoever said that it was put right does not check it. Look-backs are open to all. */
export function isOwn(finding: Checked, person: Person | null): boolean {
  return kindOf(finding) === 'recheck' && person !== null && finding.case?.rectified_by === person.id
}

export interface Said {
  outcome: Outcome
  note: string
  photos: readonly PhotoOf[]
  position: Position | null
}

export type Missing = 'reason' | 'photo-or-reason'

/** What is missing: sending back needs a reason, a pass needs a photo or the reason why there is none. */
export function missingOf({ outcome, note, photos }: Pick<Said, 'outcome' | 'note' | 'photos'>): Missing | null {
  if (outcome === 'return') return note.trim() === '' ? 'reason' : null
  return photos.length === 0 && note.trim() === '' ? 'photo-or-reason' : null
}

/** The commands. Photos and note go with the first step that says the outcome; a pass that this person may not close is
 * said as a comment, for whoever closes it. `passed`: the words for that.
 */
export function actsOf(finding: Checked, said: Said, person: Person | null, passed: string): Act[] {
  const way = wayOf(finding, said.outcome, person)
  const closes = said.outcome === 'return' || way.at(-1) === 'closed'
  const note = said.note.trim()
  if (way.length === 0) return [commentAct(finding.id, [passed, note].filter(Boolean).join('：'), said.photos)]
  return way.map((to, i) => {
    const from = i === 0 ? finding.state : way[i - 1]!
    const last = i === way.length - 1
    const told = last && !closes ? [passed, note].filter(Boolean).join('：') : last ? note : ''
    return stepAct(finding.id, { from, to, note: told, photos: last ? said.photos : [], position: said.position })
  })
}

/** Photos as they are recorded: what shows that it was put right is `after`, what shows that it was not is `scene`. */
export function photosOf(said: Said): PhotoOf[] {
  return said.photos.map((photo) => ({ ...photo, role: said.outcome === 'pass' ? 'after' : 'scene' }))
}
