import 'fake-indexeddb/auto'
import { expect, test } from 'vitest'
import { FieldDatabase } from '../../sync/database'
import { begun } from './drafts'

test('what was begun is counted by kind, and what the app keeps for itself is not', async () => {
  const db = new FieldDatabase('begun')
  for (const key of ['inspection|a', 'inspection|b', 'finding|c', 'seen-stories'])
    await db.drafts.put({ key, value: {}, at: '' })
  expect(await begun(db)).toEqual([
    { kind: 'inspection', n: 2, to: '/inspections' },
    { kind: 'finding', n: 1, to: '/findings' },
  ])
  await db.drafts.clear()
  expect(await begun(db)).toEqual([])
})
