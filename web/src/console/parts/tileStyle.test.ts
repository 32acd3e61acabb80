import { expect, test } from 'vitest'
import { tilesOf, tileStyle, viewOf, viewText } from './tileStyle'

test('tiles are narrowed by what the list is narrowed by', () => {
  expect(tilesOf('findings', { topic: 'dust,straw', text: '' }, 'https://a.example')).toBe(
    'https://a.example/api/v1/tiles/findings/{z}/{x}/{y}.mvt?topic=dust%2Cstraw',
  )
})

test('fire points and the cells below them are asked for without a finding filter', () => {
  const style = tileStyle({ points: 'fire_points', query: { topic: 'dust' }, dark: false, signs: { open: 'o' } }, '')
  expect(JSON.stringify(style.sources)).not.toContain('dust')
  expect(Object.values(style.sources)).toHaveLength(2)
})

test('where the map stands goes into the address and comes back', () => {
  expect(viewOf(viewText(109.33121, 24.126, 13.24))).toEqual({ lon: 109.3312, lat: 24.126, zoom: 13.2 })
  for (const broken of ['', '1,2', '1,2,x', '200,0,3', '1,2,99']) expect(viewOf(broken)).toBeNull()
})
