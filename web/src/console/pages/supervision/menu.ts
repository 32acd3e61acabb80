import { AlarmClock } from '@element-plus/icons-vue'
import type { MenuEntry } from '../../menu'

export default [
  {
    name: 'supervision',
    label: 'supervision.menu',
    icon: AlarmClock,
    group: 'work',
    order: 55,
    roles: ['supervisor', 'admin'],
  },
] as MenuEntry[]
