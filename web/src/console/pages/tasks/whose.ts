/** What a task or rule may name: checklists on offer and campaigns that run. Read once. */
import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import { api } from '../../api'
import type { Choice } from '../../parts/choices'

interface Checklist {
  code: string
  title: { zh: string; en: string }
  retired_at: string | null
}

export const useWhose = defineStore('task-choices', () => {
  const checklists = shallowRef<Checklist[]>([])
  const campaigns = shallowRef<{ id: string; name: string; state: string }[]>([])

  async function load(): Promise<void> {
    const [lists, running] = await Promise.all([
      api.get<{ items: Checklist[] }>('/checklists'),
      api.get<{ id: string; name: string; state: string }[]>('/campaigns'),
    ])
    const offered = lists.items.filter((each) => each.retired_at === null)
    checklists.value = [...new Map(offered.map((each) => [each.code, each])).values()]
    campaigns.value = running.filter((each) => each.state === 'running')
  }

  const lists = (language: string): Choice[] =>
    checklists.value.map(({ code, title }) => [code, title[language === 'en' ? 'en' : 'zh']])

  return { campaigns, lists, load }
})
