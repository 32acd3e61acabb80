import { List } from '@element-plus/icons-vue'
import type { MenuEntry } from '../../menu'

export default [{ name: 'findings', label: 'findings.menu', icon: List, group: 'work', order: 20 }] as MenuEntry[]
