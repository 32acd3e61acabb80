import type { Loader } from '@shared/words'

/** One language is loaded; the other when somebody asks for it. */
export const load: Loader = async (language) =>
  (language === 'en' ? await import('./en') : await import('./zh-CN')).default
