import { expect, test } from 'vitest'
import { useLoaded } from './loaded'

test('the answer to an earlier question that comes late is thrown away', async () => {
  const answers: ((value: string) => void)[] = []
  const { data, load, busy } = useLoaded(() => new Promise<string>((answer) => answers.push(answer)))
  const [old, latest] = [load(), load()]
  answers[1]!('new')
  await latest
  answers[0]!('old')
  await old
  expect([data.value, busy.value]).toEqual(['new', false])
})

test('what went wrong is kept, and what was there stays', async () => {
  let wrong = false
  const { data, error, load } = useLoaded(() => (wrong ? Promise.reject(new Error('away')) : Promise.resolve(7)))
  await load()
  wrong = true
  await load()
  expect([data.value, String(error.value)]).toEqual([7, 'Error: away'])
})
