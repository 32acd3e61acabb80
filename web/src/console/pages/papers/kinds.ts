/** The kinds of papers, read once, and what each is called. */
import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import { api } from '../../api'
import type { Kind } from './papers'

export const useKinds = defineStore('kinds of papers', () => {
  const all = shallowRef<Kind[]>([])
  let loading: Promise<void> | null = null

  function load(): Promise<void> {
    loading ??= api
      .get<Kind[]>('/paper-kinds')
      .then((read) => void (all.value = read))
      .catch((error: unknown) => {
        loading = null
        throw error
      })
    return loading
  }

  const find = (code: string): Kind | undefined => all.value.find((each) => each.kind === code)
  const called = (code: string, language: string): string => find(code)?.name[language] ?? code

  return { all, load, find, called }
})
