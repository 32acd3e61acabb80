import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const FOLDER = new URL('.', import.meta.url)
const MODULES = readdirSync(FOLDER).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))

test.each(MODULES)('%s knows no screen, and is one concern', (name) => {
  const text = readFileSync(new URL(name, FOLDER), 'utf-8')
  const imported = [...text.matchAll(/from '([^']+)'/g)].map((found) => found[1]!)
  const allowed = /^(\.\/|\.$|@shared\/problem$|dexie$|tus-js-client$)/
  expect(imported.filter((module) => !allowed.test(module) && name !== 'storyteller.ts')).toEqual([])
  expect(text.startsWith('/**')).toBe(true)
  expect(text.split('\n').length).toBeLessThanOrEqual(300)
})
