/** What became of the things that this device sent, where somebody should know of it. */
import type { FieldDatabase, MediaRecord, Outcome } from '../sync/database'
import type { Conflict, Finding, FirePoint, Named } from '../rows'
import type { Submission } from '../sync'

export type Story =
  /** A supervisor decides; nothing has to be done again. */
  | { kind: 'held'; code: string | null }
  /** Somebody else was first; nothing of the person's own was lost. `who` is null where it is not known. */
  | { kind: 'overtaken'; who: string | null; decided: boolean }
  /** The server cannot take it as it is: the person may do it again, better. */
  | { kind: 'rejected'; code: string | null }
  /** A photo that the server does not take; it stays on the device. */
  | { kind: 'photo-refused'; code: string | null }
  /** A photo whose bytes are gone from the device before the server had them. */
  | { kind: 'photo-lost'; code: null }

const SEEN = 'seen-stories'

/** The stories of one submission, each once. */
export async function storiesOf(db: FieldDatabase, { ops, media, subject }: Submission): Promise<Story[]> {
  const outcomes = (await db.results.bulkGet(ops)).filter((each): each is Outcome => each !== undefined)
  const stories = await Promise.all(outcomes.map((each) => storyOf(db, each, subject)))
  const aside = await db.aside.where('first').anyOf(ops).first()
  const files = (await db.media.bulkGet(media)).filter((each) => each !== undefined)
  const all = [
    ...stories,
    aside ? ({ kind: 'rejected', code: aside.problem ?? 'op-unreadable' } as const) : null,
    ...files.filter(({ state }) => state === 'refused').map(ofPhoto),
  ].filter((each): each is Story => each !== null)
  return [...new Map(all.map((each) => [JSON.stringify(each), each])).values()]
}

function ofPhoto({ problem }: MediaRecord): Story {
  return problem === 'bytes-lost' ? { kind: 'photo-lost', code: null } : { kind: 'photo-refused', code: problem }
}

async function storyOf(db: FieldDatabase, outcome: Outcome, subject: Submission['subject']): Promise<Story | null> {
  const code = outcome.problem?.code ?? null
  if (outcome.status === 'held') return { kind: 'held', code }
  if (outcome.status === 'conflict') return overtaken(db, outcome, subject)
  if (outcome.status !== 'rejected') return null
  const by = outcome.problem?.by as Named | undefined
  return code === 'task-taken'
    ? { kind: 'overtaken', who: by?.name ?? null, decided: true }
    : { kind: 'rejected', code }
}

async function overtaken(db: FieldDatabase, outcome: Outcome, subject: Submission['subject']): Promise<Story> {
  const conflict = outcome.conflict ? await rowOf<Conflict>(db, 'conflict', outcome.conflict) : undefined
  return { kind: 'overtaken', who: await whoWas(db, subject), decided: conflict?.state === 'resolved' }
}

/** The name of whoever last had a step of this row, where this device knows it. */
async function whoWas(db: FieldDatabase, { type, id }: Submission['subject']): Promise<string | null> {
  const row = await rowOf<Partial<FirePoint & Finding>>(db, type, id)
  if (row?.answered_by?.name) return row.answered_by.name
  const who = row?.case?.closed_by ?? row?.case?.rechecked_by ?? row?.case?.rectified_by
  return who ? nameOf(db, who) : null
}

/** Rows name persons of a case by id alone; what they wrote elsewhere has their names. */
async function nameOf(db: FieldDatabase, user: string): Promise<string | null> {
  for (const type of ['comment', 'inspection', 'finding', 'conflict']) {
    const found = await db.rows
      .where({ type })
      .and(({ row }) => (row.author as Named | undefined)?.id === user)
      .first()
    const name = (found?.row.author as Named | undefined)?.name
    if (name) return name
  }
  return null
}

async function rowOf<T>(db: FieldDatabase, type: string, id: string): Promise<T | undefined> {
  return (await db.rows.get(`${type}|${id}`))?.row as T | undefined
}

export interface Attention {
  submission: Submission
  stories: Story[]
}

/** Ids of submissions whose op or photo had trouble: found from the few troubled ones, not by asking after each. */
const TROUBLED: Outcome['status'][] = ['held', 'rejected', 'conflict']

/** Submissions that have a story and that the person has not put aside, the newest first. */
export async function attentionOf(db: FieldDatabase): Promise<Attention[]> {
  const ops = new Set<string>(
    (await db.results.filter(({ status }) => TROUBLED.includes(status)).toArray()).map(({ first }) => first),
  )
  for (const { first } of await db.aside.toArray()) ops.add(first)
  const media = new Set((await db.media.where({ state: 'refused' }).toArray()).map(({ sha256 }) => sha256))
  if (ops.size === 0 && media.size === 0) return []
  const seen = await seenStories(db)
  const found: Attention[] = []
  const newestFirst = await db.submissions.orderBy('at').reverse().toArray()
  for (const submission of newestFirst) {
    if (!submission.ops.some((id) => ops.has(id)) && !submission.media.some((hash) => media.has(hash))) continue
    const stories = await storiesOf(db, submission)
    if (stories.length > 0 && seen[submission.id] !== JSON.stringify(stories)) found.push({ submission, stories })
  }
  return found
}

/** The person has read it. It comes back when there is something new to say about it. */
export async function putAside(db: FieldDatabase, { submission, stories }: Attention): Promise<void> {
  await db.transaction('rw', db.drafts, async () => {
    const value = { ...(await seenStories(db)), [submission.id]: JSON.stringify(stories) }
    await db.drafts.put({ key: SEEN, value, at: new Date().toISOString() })
  })
}

async function seenStories(db: FieldDatabase): Promise<Record<string, string>> {
  return ((await db.drafts.get(SEEN))?.value ?? {}) as Record<string, string>
}
