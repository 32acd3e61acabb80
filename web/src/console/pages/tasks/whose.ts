/** What a task or rule may name: checklists on offer, campaigns that run, and who may be sent. Read once. */
import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import { api } from '../../api'
import { useSession } from '../../session'
import type { Person } from './tasks'

interface Checklist {
  code: string
  title: { zh: string; en: string }
  retired_at: string | null
}

export const useWhose = defineStore('task-choices', () => {
  const checklists = shallowRef<Checklist[]>([])
  const campaigns = shallowRef<{ id: string; name: string; state: string }[]>([])
  const people = shallowRef<Person[]>([])

  async function load(): Promise<void> {
    const [lists, running] = await Promise.all([
      api.get<{ items: Checklist[] }>('/checklists'),
      api.get<{ id: string; name: string; state: string }[]>('/campaigns'),
    ])
    const offered = lists.items.filter((each) => each.retired_at === null)
    checklists.value = [...new Map(offered.map((each) => [each.code, each])).values()]
    campaigns.value = running.filter((each) => each.state === 'running')
    await find('')
  }

  /** Admins may look through the people; others give tasks to an area's people, or to whom a task was given before. */
  async function find(name: string): Promise<void> {
    if (useSession().user?.role === 'admin') {
      const query = { name, active: true, role: 'inspector', limit: 30 }
      const page = await api.get<{ items: { id: string; display_name: string }[] }>('/users', { query })
      people.value = page.items.map((each) => ({ id: each.id, name: each.display_name }))
    } else {
      const page = await api.get<{ items: { assignee: Person | null }[] }>('/tasks', { query: { limit: 200 } })
      const known = page.items.flatMap((each) => (each.assignee ? [each.assignee] : []))
      people.value = [...new Map(known.map((each) => [each.id, each])).values()]
    }
  }

  return { checklists, campaigns, people, load, find }
})
