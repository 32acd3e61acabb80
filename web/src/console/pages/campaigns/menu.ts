import { Flag } from '@element-plus/icons-vue'
import type { MenuEntry } from '../../menu'

export default [
  { name: 'campaigns', label: 'campaigns.menu', icon: Flag, group: 'work', order: 70, roles: ['supervisor', 'admin'] },
] as MenuEntry[]
