/** The offices that findings are given to, read once. */
import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import { api } from '../api'

export interface Office {
  id: string
  code: string
  name: string
  kind: string
  cell: string | null
  phone: string | null
  active: boolean
}

export const useOffices = defineStore('offices', () => {
  const all = shallowRef<Office[]>([])
  const active = computed(() => all.value.filter((office) => office.active))
  let loading: Promise<void> | null = null

  /** Read them, once; asked again after it failed. */
  function load(): Promise<void> {
    loading ??= api
      .get<Office[]>('/offices')
      .then((read) => void (all.value = read))
      .catch((error: unknown) => {
        loading = null
        throw error
      })
    return loading
  }

  return { all, active, load }
})
