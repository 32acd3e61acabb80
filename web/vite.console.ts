import components from 'unplugin-vue-components/vite'
import { ElementPlusResolver } from 'unplugin-vue-components/resolvers'
import { defineConfig } from 'vite'
import { app } from './vite.shared.ts'

export default defineConfig(
  app('console', '/console/', [components({ resolvers: [ElementPlusResolver()], dts: false, dirs: [] })]),
)
