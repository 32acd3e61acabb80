import { Calendar, Tickets } from '@element-plus/icons-vue'
import type { MenuEntry } from '../../menu'

export default [
  {
    name: 'periods',
    label: 'periods.menu',
    icon: Calendar,
    group: 'office',
    order: 10,
    roles: ['supervisor', 'admin'],
  },
  {
    name: 'county-tables',
    label: 'counties.menu',
    icon: Tickets,
    group: 'office',
    order: 15,
    roles: ['handler', 'admin'],
  },
] as MenuEntry[]
