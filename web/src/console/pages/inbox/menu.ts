import { Message } from '@element-plus/icons-vue'
import type { MenuEntry } from '../../menu'

export default [
  {
    name: 'inbox',
    label: 'inbox.menu',
    icon: Message,
    group: 'work',
    order: 50,
    roles: ['handler', 'supervisor', 'admin'],
  },
] as MenuEntry[]
