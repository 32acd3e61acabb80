import { Iphone } from '@element-plus/icons-vue'
import type { MenuEntry } from '../../menu'

export default [
  { name: 'devices', label: 'devices.menu', icon: Iphone, group: 'manage', order: 20, roles: ['admin'] },
] as MenuEntry[]
