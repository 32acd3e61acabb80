import catalogue from '@catalogue/en.yaml'
import { problemWords } from '@shared/problemWords'
import { merged, type Words } from '@shared/words'

const files = import.meta.glob<Words>('./*.en.json', { eager: true, import: 'default' })

export default { ...merged(files), code: { ...catalogue, problem: problemWords('en') } } as Words
