import { Message } from '@element-plus/icons-vue'
import type { MenuEntry } from '../../menu'

const inbox = { name: 'inbox', label: 'inbox.menu', icon: Message, group: 'work' } as const

/** A handler's day begins here; a dispatcher's with the morning. */
export default [
  { ...inbox, order: 5, roles: ['handler'] },
  { ...inbox, order: 50, roles: ['supervisor', 'admin'] },
] as MenuEntry[]
