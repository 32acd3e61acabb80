import { VantResolver } from '@vant/auto-import-resolver'
import components from 'unplugin-vue-components/vite'
import { defineConfig } from 'vite'
import { VitePWA } from 'vite-plugin-pwa'
import type { Plugin } from 'vite'
import { app } from './vite.shared.ts'

/** Vant's icons come inlined, with a second source on somebody else's host: that one goes, nothing is fetched from elsewhere. */
const noForeignFonts: Plugin = {
  name: 'no-foreign-fonts',
  enforce: 'pre',
  transform: (code, id) =>
    id.includes('/vant/') && id.endsWith('.css')
      ? code.replace(/,\s*url\(["']?\/\/[^)]+\)\s*format\("woff"\)/g, '')
      : null,
}

export default defineConfig(
  app('field', '/app/', [
    noForeignFonts,
    components({ resolvers: [VantResolver()], dts: false, dirs: [] }),
    VitePWA({
      strategies: 'injectManifest',
      srcDir: '.',
      filename: 'sw.ts',
      injectRegister: false,
      registerType: 'prompt',
      injectManifest: { globPatterns: ['**/*.{js,css,html,svg,png,webmanifest}'], maximumFileSizeToCacheInBytes: 4e6 },
      manifest: {
        id: '/app/',
        name: '蓝格现场检查',
        short_name: '蓝格',
        lang: 'zh-CN',
        start_url: '/app/',
        scope: '/app/',
        display: 'standalone',
        background_color: '#f7f8fa',
        theme_color: '#1456a0',
        icons: [
          { src: 'icon.svg', sizes: 'any', type: 'image/svg+xml', purpose: 'any' },
          { src: 'icon-maskable.svg', sizes: 'any', type: 'image/svg+xml', purpose: 'maskable' },
        ],
      },
    }),
  ]),
)
