import { Sunny } from '@element-plus/icons-vue'
import type { MenuEntry } from '../../menu'

export default [
  { name: 'today', label: 'today.menu', icon: Sunny, group: 'work', order: 10, roles: ['supervisor', 'admin'] },
] as MenuEntry[]
