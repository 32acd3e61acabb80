import { expect, test } from 'vitest'
import { after, type Proposal } from './supervision'

const row = (id: string, state: Proposal['state']): Proposal => ({ id, state }) as Proposal

test('a proposal that was decided goes from the list of open ones, and stays in the list of all', () => {
  const rows = [row('a', 'proposed'), row('b', 'proposed')]
  expect(after(rows, row('a', 'issued'), 'proposed').map((each) => each.id)).toEqual(['b'])
  expect(after(rows, row('a', 'issued'), '').map((each) => each.state)).toEqual(['issued', 'proposed'])
})
