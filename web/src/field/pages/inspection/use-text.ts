/** Words that come with the data, in both languages: the one that the person reads. */
import { useI18n } from 'vue-i18n'
import type { Item, Pack, Text } from '../../checklists'

export function useText() {
  const { locale } = useI18n()
  const text = (words: Text | null | undefined): string => (words ? words[locale.value === 'en' ? 'en' : 'zh'] : '')
  /** Where a duty is written: document and clause, those not verified marked by the caller. */
  const basis = (pack: Pack, item: Item): { text: string; sure: boolean }[] =>
    item.sources.map(({ id, clause, confidence }) => {
      const document = pack.tables.documents[id]
      return { text: `${text(document) || id} ${clause}`, sure: confidence === 'read' }
    })
  const moment = (instant: string): string =>
    new Intl.DateTimeFormat(locale.value, {
      ...{ month: 'numeric', day: 'numeric', hour: '2-digit', minute: '2-digit', hour12: false },
      timeZone: 'Asia/Shanghai',
    }).format(new Date(instant))
  return { text, basis, moment }
}
