import { Document } from '@element-plus/icons-vue'
import type { MenuEntry } from '../../menu'

export default [
  {
    name: 'papers',
    label: 'papers.menu',
    icon: Document,
    group: 'office',
    order: 17,
    roles: ['handler', 'supervisor', 'admin'],
  },
] as MenuEntry[]
