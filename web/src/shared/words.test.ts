import { describe, expect, test } from 'vitest'
import { chosenLanguage, type Words } from './words'

const FILES = {
  ...import.meta.glob<Words>('../field/words/*.json', { eager: true, import: 'default' }),
  ...import.meta.glob<Words>('../console/words/*.json', { eager: true, import: 'default' }),
}

function keys(words: Words, above = ''): string[] {
  return Object.entries(words).flatMap(([name, word]) =>
    typeof word === 'string' ? [`${above}${name}`] : keys(word, `${above}${name}.`),
  )
}

function placeholders(words: Words): string[] {
  return Object.values(words).flatMap((word) =>
    typeof word === 'string' ? [(word.match(/\{\w+\}/g) ?? []).sort().join()] : placeholders(word),
  )
}

const chinese = Object.keys(FILES).filter((path) => path.endsWith('.zh-CN.json'))

describe.each(chinese)('%s', (path) => {
  const zh = FILES[path]!
  const en = FILES[path.replace('.zh-CN.json', '.en.json')]

  test('has an English twin with the same keys and placeholders', () => {
    expect(keys(en ?? {})).toEqual(keys(zh))
    expect(placeholders(en ?? {})).toEqual(placeholders(zh))
  })

  test('has no empty word', () => {
    expect(JSON.stringify([zh, en])).not.toContain('""')
  })
})

test('every English file has a Chinese twin', () => {
  const english = Object.keys(FILES).filter((path) => path.endsWith('.en.json'))
  expect(english.map((path) => path.replace('.en.json', '.zh-CN.json')).sort()).toEqual(chinese.sort())
  expect(english.length).toBeGreaterThan(0)
})

test('Chinese comes first, unless something else was chosen or Chinese is not spoken', () => {
  expect(chosenLanguage(null, ['en-US', 'zh-CN'])).toBe('zh-CN')
  expect(chosenLanguage(null, ['en-US'])).toBe('en')
  expect(chosenLanguage('zh-CN', ['en-US'])).toBe('zh-CN')
})
