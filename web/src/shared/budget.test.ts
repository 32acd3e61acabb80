import { expect, test } from 'vitest'
import { firstLoads, type Chunk } from '../../vite.budget'

const chunk = (size: number, more: Partial<Chunk> = {}): Chunk => ({
  size,
  entry: false,
  imports: [],
  module: null,
  apart: false,
  ...more,
})

test('a page weighs what the app, the larger language and the page import, each once, without maps', () => {
  const chunks = new Map([
    ['main.js', chunk(10, { entry: true, imports: ['vue.js'] })],
    ['vue.js', chunk(100)],
    ['zh.js', chunk(5, { module: '/src/console/words/zh-CN.ts' })],
    ['en.js', chunk(6, { module: '/src/console/words/en.ts' })],
    ['list.js', chunk(20, { module: '/pages/list/List.vue', imports: ['vue.js', 'table.js'] })],
    ['map.js', chunk(30, { module: '/pages/map/Map.vue', imports: ['maplibre.js'] })],
    ['table.js', chunk(40)],
    ['maplibre.js', chunk(900, { apart: true })],
  ])
  expect(firstLoads(chunks)).toEqual([
    ['/pages/list/List.vue', 176],
    ['/pages/map/Map.vue', 146],
  ])
})
