import { Bell, DocumentChecked, Grid, Location, Monitor, SetUp, Upload } from '@element-plus/icons-vue'
import type { MenuEntry } from '../../menu'

export default [
  { name: 'grid', label: 'admin.grid.menu', icon: Grid, group: 'manage', order: 30, roles: ['admin'] },
  {
    name: 'sites',
    label: 'admin.sites.menu',
    icon: Location,
    group: 'manage',
    order: 40,
    roles: ['supervisor', 'admin'],
  },
  {
    name: 'imports',
    label: 'admin.imports.menu',
    icon: Upload,
    group: 'manage',
    order: 45,
    roles: ['supervisor', 'admin'],
  },
  {
    name: 'checklists',
    label: 'admin.checklists.menu',
    icon: DocumentChecked,
    group: 'manage',
    order: 50,
    roles: ['supervisor', 'admin'],
  },
  { name: 'rules', label: 'admin.rules.menu', icon: SetUp, group: 'manage', order: 60, roles: ['admin'] },
  { name: 'hooks', label: 'admin.hooks.menu', icon: Bell, group: 'manage', order: 70, roles: ['admin'] },
  { name: 'running', label: 'admin.running.menu', icon: Monitor, group: 'manage', order: 80, roles: ['admin'] },
] as MenuEntry[]
