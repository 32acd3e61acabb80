import { List } from '@element-plus/icons-vue'
import type { MenuEntry } from '../../menu'

export default [
  { name: 'tasks', label: 'tasks.menu', icon: List, group: 'work', order: 60, roles: ['supervisor', 'admin'] },
] as MenuEntry[]
