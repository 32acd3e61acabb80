import { Notebook } from '@element-plus/icons-vue'
import type { MenuEntry } from '../../menu'

export default [
  { name: 'audit', label: 'audit.menu', icon: Notebook, group: 'manage', order: 90, roles: ['admin'] },
] as MenuEntry[]
