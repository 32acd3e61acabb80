import { Location } from '@element-plus/icons-vue'
import type { MenuEntry } from '../../menu'

export default [
  {
    ...{ name: 'fires', label: 'fires.menu', icon: Location, group: 'work', order: 40 },
    roles: ['supervisor', 'admin', 'inspector'],
  },
] as MenuEntry[]
