/** Frozen periods and what each is called, read once: for figures and files that are narrowed by one. */
import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import { useI18n } from 'vue-i18n'
import { api } from '../api'
import { useCells } from './cells'

export interface NamedPeriod {
  id: string
  cell: string
  topic: string | null
  year: number
  number: number
  state: string
  starts_at: string | null
  cut_off: string
}

export const usePeriods = defineStore('periods of exports', () => {
  const { t } = useI18n()
  const cells = useCells()
  const frozen = shallowRef<NamedPeriod[]>([])

  async function load(): Promise<void> {
    const all = await api.all<NamedPeriod>('/periods')
    frozen.value = all.filter((each) => each.state !== 'open')
  }

  function called(id: string): string {
    const found = frozen.value.find((each) => each.id === id)
    if (!found) return id
    const topic = found.topic && t(`code.topic.${found.topic}`)
    const nth = t('periods.nth', { year: found.year, n: found.number })
    return [cells.called(found.cell), topic, nth].filter(Boolean).join(' · ')
  }

  return { frozen, load, called }
})
