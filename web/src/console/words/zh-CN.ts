import catalogue from '@catalogue/zh-CN.yaml'
import { problemWords } from '@shared/problemWords'
import { merged, type Words } from '@shared/words'

const files = import.meta.glob<Words>('./*.zh-CN.json', { eager: true, import: 'default' })

export default { ...merged(files), code: { ...catalogue, problem: problemWords('zh') } } as Words
