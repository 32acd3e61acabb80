// What the builds of both apps have in common.
import { fileURLToPath } from 'node:url'
import yaml from '@rollup/plugin-yaml'
import vue from '@vitejs/plugin-vue'
import { budget } from './vite.budget.ts'
import type { PluginOption, UserConfig } from 'vite'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

export const alias = {
  '@shared': here('./src/shared'),
  '@field': here('./src/field'),
  '@console': here('./src/console'),
  '@catalogue': here('../backend/catalogue'),
}

/** What a page may weigh at first, packed, without map and charts. */
const FIRST_LOAD_KIB = 350

/** The build of one app: its sources in src/<name>, served under `base`, its files in dist/<name>. */
export function app(name: 'field' | 'console', base: string, plugins: PluginOption[]): UserConfig {
  return {
    root: here(`./src/${name}`),
    base,
    plugins: [vue(), yaml(), budget(FIRST_LOAD_KIB), ...plugins],
    resolve: { alias },
    build: {
      outDir: here(`./dist/${name}`),
      emptyOutDir: true,
      target: 'es2022',
      reportCompressedSize: false,
      // what loads what, for the check of the first load's size
      manifest: true,
    },
    server: {
      fs: { allow: [here('..')] },
      proxy: { '/api': { target: 'http://127.0.0.1:8000', changeOrigin: false } },
    },
    define: { __VUE_OPTIONS_API__: 'false', __VUE_PROD_DEVTOOLS__: 'false' },
  }
}
