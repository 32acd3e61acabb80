import { Switch } from '@element-plus/icons-vue'
import type { MenuEntry } from '../../menu'

export default [
  {
    name: 'conflicts',
    label: 'conflicts.menu',
    icon: Switch,
    group: 'work',
    order: 45,
    roles: ['supervisor', 'admin'],
  },
] as MenuEntry[]
