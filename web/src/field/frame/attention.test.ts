import 'fake-indexeddb/auto'
import { beforeEach, expect, test } from 'vitest'
import type { Submission } from '../sync'
import { FieldDatabase, type Outcome } from '../sync/database'
import { attentionOf, putAside, storiesOf } from './attention'

let db: FieldDatabase
let made = 0

beforeEach(() => {
  db = new FieldDatabase(`stories ${made++}`)
})

async function submitted(id: string, outcome: Partial<Outcome>, more: Partial<Submission> = {}): Promise<Submission> {
  const subject = { type: 'finding', id: `finding of ${id}` }
  const at = `2026-11-26T09:0${made % 10}:00+08:00`
  const submission: Submission = { id, kind: 'finding', title: id, subject, at, ops: [`op ${id}`], media: [], ...more }
  await db.submissions.put(submission)
  await db.results.put({ first: `op ${id}`, status: 'applied', seq: 1, problem: null, conflict: null, ...outcome })
  return submission
}

async function pulled(type: string, id: string, row: object): Promise<void> {
  const entry = { rev: 1, seq: 1, scopes: ['user:wei'], entered: { 'user:wei': 1 } }
  await db.rows.put({ key: `${type}|${id}`, type, id, ...entry, row: { id, ...row } })
}

test('what was applied or merged has no story', async () => {
  await submitted('one', { status: 'applied' })
  await submitted('two', { status: 'merged' })
  expect(await attentionOf(db)).toEqual([])
})

test('what is held waits for a supervisor, and what was rejected names why', async () => {
  const held = await submitted('held', { status: 'held', problem: { code: 'right-lost' } })
  const rejected = await submitted('rejected', { status: 'rejected', problem: { code: 'args-invalid' } })
  expect(await storiesOf(db, held)).toEqual([{ kind: 'held', code: 'right-lost' }])
  expect(await storiesOf(db, rejected)).toEqual([{ kind: 'rejected', code: 'args-invalid' }])
})

test('who was overtaken hears by whom, and whether it has been decided', async () => {
  const closed = await submitted('closed', { status: 'conflict', conflict: 'c' })
  await pulled('finding', 'finding of closed', {
    case: { closed_by: 'luo', rechecked_by: null, rectified_by: 'qin' },
  })
  expect(await storiesOf(db, closed)).toEqual([{ kind: 'overtaken', who: null, decided: false }])
  await pulled('comment', 'hers', { author: { id: 'luo', name: '罗芳' } })
  expect(await storiesOf(db, closed)).toEqual([{ kind: 'overtaken', who: '罗芳', decided: false }])
  await pulled('conflict', 'c', { state: 'resolved' })
  expect(await storiesOf(db, closed)).toEqual([{ kind: 'overtaken', who: '罗芳', decided: true }])
})

test('a task that a colleague took first is no error of the person', async () => {
  const problem = { code: 'task-taken', by: { id: 'qin', name: '覃强' } }
  const task = await submitted('task', { status: 'rejected', problem })
  expect(await storiesOf(db, task)).toEqual([{ kind: 'overtaken', who: '覃强', decided: true }])
})

test('a photo that the server does not take is told with its record', async () => {
  const photo = { sha256: 'a'.repeat(64), size: 1, mediaType: 'image/jpeg', filename: 'a.jpg', sent: 0, seq: null }
  await db.media.put({ ...photo, state: 'refused', at: '', kept: true, url: null, problem: 'media-too-large' })
  await submitted('photo', {}, { media: [photo.sha256] })
  expect((await attentionOf(db)).map((each) => each.stories)).toEqual([
    [{ kind: 'photo-refused', code: 'media-too-large' }],
  ])
})

test('of a photo that is gone from the phone it is not said that it is still there, nor that the server refused it', async () => {
  const photo = { sha256: 'b'.repeat(64), size: 1, mediaType: 'image/jpeg', filename: 'a.jpg', sent: 0, seq: null }
  const other = { ...photo, sha256: 'c'.repeat(64), problem: 'media-kind' }
  for (const each of [{ ...photo, problem: 'bytes-lost' }, other])
    await db.media.put({ ...each, state: 'refused', at: '', kept: false, url: null })
  const lost = await submitted('photo', {}, { media: [photo.sha256, other.sha256] })
  expect(await storiesOf(db, lost)).toEqual([
    { kind: 'photo-lost', code: null },
    { kind: 'photo-refused', code: 'media-kind' },
  ])
})

test('what was read stays away until there is something new to say', async () => {
  await submitted('held', { status: 'held', problem: { code: 'right-lost' } })
  await putAside(db, (await attentionOf(db))[0]!)
  expect(await attentionOf(db)).toEqual([])
  await db.results.update('op held', { status: 'rejected', problem: { code: 'dismissed' } })
  expect((await attentionOf(db)).map((each) => each.submission.id)).toEqual(['held'])
})
