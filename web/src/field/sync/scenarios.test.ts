import 'fake-indexeddb/auto'
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { Teller, type Step } from './storyteller'

const FOLDER = new URL('../../../../tests/scenarios/', import.meta.url)
const SCENARIOS = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.json'))
  .map((name) => JSON.parse(readFileSync(new URL(name, FOLDER), 'utf-8')) as { title: string; story: Step[] })

test.each(SCENARIOS)('$title', async ({ story }) => {
  await new Teller().tell(story)
})

test('every scenario of the reference client is told', () => {
  expect(SCENARIOS.length).toBeGreaterThanOrEqual(30)
})
