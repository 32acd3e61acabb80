import { Download } from '@element-plus/icons-vue'
import type { MenuEntry } from '../../menu'

export default [
  {
    name: 'exports',
    label: 'exports.menu',
    icon: Download,
    group: 'office',
    order: 20,
    roles: ['supervisor', 'admin'],
  },
] as MenuEntry[]
