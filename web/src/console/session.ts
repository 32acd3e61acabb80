/** Who is signed in here, and signing in again over the page when that has ended. */
import { defineStore } from 'pinia'
import { ref } from 'vue'
import { Problem } from '@shared/problem'
import { Api, api } from './api'

export type Role = 'inspector' | 'supervisor' | 'admin' | 'handler'
export type Owes = 'password-change' | 'second-factor' | 'second-factor-code'

export interface Me {
  id: string
  name: string
  display_name: string
  phone: string | null
  role: Role
  grants: string[]
  office: string | null
}

interface OwnSession {
  user: Me
  owes: Owes | null
  proof: string | null
  idle_minutes: number
  second_factor: boolean
  recovery_codes: number
}

/** Asks without a word to the person when there is no sign-in any more. */
const quiet = new Api()

export const useSession = defineStore('session', () => {
  const user = ref<Me | null>(null)
  const owes = ref<Owes | null>(null)
  const idleMinutes = ref(0)
  const secondFactor = ref(false)
  const recoveryCodes = ref(0)
  /** True while the sign-in over the page is open. */
  const asking = ref(false)
  let waiting: Promise<boolean> | null = null
  let answer: (again: boolean) => void = () => undefined

  /** Ask the server who this browser is; false when nobody is signed in. */
  async function load(): Promise<boolean> {
    const seen = await seenByServer()
    if (seen === null && asking.value) return false // the page below stays as it is
    user.value = seen?.user ?? null
    owes.value = seen?.owes ?? null
    idleMinutes.value = seen?.idle_minutes ?? 0
    secondFactor.value = seen?.second_factor ?? false
    recoveryCodes.value = seen?.recovery_codes ?? 0
    api.proof = seen?.proof ?? null
    return seen !== null
  }

  async function enter(username: string, password: string, code: string | null): Promise<void> {
    const opened = await api.post<{ proof: string }>('/auth/session', { username, password, code })
    api.proof = opened.proof
    await load()
  }

  async function leave(): Promise<void> {
    try {
      if (user.value) await quiet.post('/auth/logout', undefined, { headers: api.headers() })
    } catch (error) {
      if (!(error instanceof Problem && error.status === 401)) throw error
    } finally {
      user.value = null
      owes.value = null
      api.proof = null
    }
  }

  /** Open the sign-in over the page; true when the person is in again. Several who ask wait for the same one. */
  function signInAgain(): Promise<boolean> {
    if (user.value === null) return Promise.resolve(false)
    waiting ??= new Promise<boolean>((settle) => {
      asking.value = true
      answer = settle
    })
    return waiting
  }

  /** What came of the sign-in over the page. */
  function settle(again: boolean): void {
    asking.value = false
    waiting = null
    answer(again)
  }

  async function freshProof(): Promise<string | null> {
    return (await seenByServer())?.proof ?? null
  }

  api.hooks = { signInAgain, freshProof }
  return { user, owes, idleMinutes, secondFactor, recoveryCodes, asking, load, enter, leave, signInAgain, settle }
})

/** The sign-in of this browser as the server sees it, null without one; the person is not asked. Throws NoAnswer. */
async function seenByServer(): Promise<OwnSession | null> {
  try {
    return await quiet.get<OwnSession>('/auth/session')
  } catch (error) {
    if (error instanceof Problem && error.status === 401) return null
    throw error
  }
}
