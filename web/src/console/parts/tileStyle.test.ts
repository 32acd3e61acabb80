import { expect, test } from 'vitest'
import { tilesOf, tileStyle, viewOf, viewText } from './tileStyle'

test('tiles are narrowed by what the list is narrowed by', () => {
  expect(tilesOf('findings', { topic: 'dust,straw', text: '' }, 'https://a.example')).toBe(
    'https://a.example/api/v1/tiles/findings/{z}/{x}/{y}.mvt?topic=dust%2Cstraw',
  )
})

test('fire points are narrowed as their list is, the cells below them by nothing', () => {
  const style = tileStyle({ points: 'fire_points', query: { source: 'drone' }, dark: false, signs: { open: 'o' } }, '')
  expect(JSON.stringify(style.sources.points)).toContain('source=drone')
  expect(JSON.stringify(style.sources.cells)).not.toContain('drone')
})

test('findings and the counts of their cells are narrowed alike', () => {
  const style = tileStyle({ points: 'findings', query: { topic: 'dust' }, dark: false, signs: { minor: 'm' } }, '')
  for (const source of Object.values(style.sources)) expect(JSON.stringify(source)).toContain('topic=dust')
})

test('where the map stands goes into the address and comes back', () => {
  expect(viewOf(viewText(109.33121, 24.126, 13.24))).toEqual({ lon: 109.3312, lat: 24.126, zoom: 13.2 })
  for (const broken of ['', '1,2', '1,2,x', '200,0,3', '1,2,99']) expect(viewOf(broken)).toBeNull()
})
