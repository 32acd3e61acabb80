import catalogue from '@catalogue/zh-CN.yaml'
import { merged, type Words } from '@shared/words'

const files = import.meta.glob<Words>('./*.zh-CN.json', { eager: true, import: 'default' })

export default { ...merged(files), code: catalogue } as Words
