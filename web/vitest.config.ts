import yaml from '@rollup/plugin-yaml'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'
import { alias } from './vite.shared.ts'

export default defineConfig({
  plugins: [vue(), yaml()],
  resolve: { alias },
  test: { include: ['src/**/*.test.ts'], environment: 'node', restoreMocks: true },
})
