import { expect, test } from 'vitest'
import type { Query } from '../api'
import { find } from './colleagues'

const person = (id: string) => ({ id, name: id, role: 'inspector' })
const asked: Query[] = []
const api = {
  get: <T>(_path: string, options?: { query?: Query }): Promise<T> => {
    asked.push(options!.query!)
    const here = Boolean(options!.query!.cell)
    return Promise.resolve({ items: here ? [person('wei')] : [person('qin'), person('wei')], more: !here } as T)
  },
}

test('those of the cell come first, and nobody twice', async () => {
  const found = await find(' 韦 ', '450206100', api)
  expect(found.here.map((each) => each.id)).toEqual(['wei'])
  expect(found.others.map((each) => each.id)).toEqual(['qin'])
  expect(found.more).toBe(true)
  expect(asked.map((each) => each.name)).toEqual(['韦', '韦'])
})

test('without a cell all are others', async () => {
  const found = await find('', null, api)
  expect(found.here).toEqual([])
  expect(found.others).toHaveLength(2)
})
