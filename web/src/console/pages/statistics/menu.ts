import { DataAnalysis } from '@element-plus/icons-vue'
import type { MenuEntry } from '../../menu'

export default [
  {
    name: 'statistics',
    label: 'statistics.menu',
    icon: DataAnalysis,
    group: 'office',
    order: 30,
    roles: ['supervisor', 'admin', 'handler'],
  },
] as MenuEntry[]
