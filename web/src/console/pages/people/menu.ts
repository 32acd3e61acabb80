import { Postcard, User } from '@element-plus/icons-vue'
import type { MenuEntry } from '../../menu'

export default [
  { name: 'people', label: 'people.menu', icon: User, group: 'manage', order: 10, roles: ['admin'] },
  {
    name: 'certificates',
    label: 'certificates.menu',
    icon: Postcard,
    group: 'manage',
    order: 15,
    roles: ['supervisor', 'admin'],
  },
] as MenuEntry[]
