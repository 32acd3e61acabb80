/** What is asked of a list, kept in the page's address: a link shows the same, and going back brings it back. */
import { reactive, watch } from 'vue'
import { useRoute, useRouter, type LocationQuery } from 'vue-router'

/** The values of `names` in a query, '' where one is not there. Of a repeated one the first counts. */
export function askedIn<Name extends string>(names: readonly Name[], query: LocationQuery): Record<Name, string> {
  const value = (name: Name): string => {
    const found = query[name]
    return (Array.isArray(found) ? found[0] : found) ?? ''
  }
  return Object.fromEntries(names.map((name) => [name, value(name)])) as Record<Name, string>
}

/** `asked` for the form; `ask` writes it into the address; `run` is called now and whenever the address changes. */
export function useAsked<Name extends string>(names: readonly Name[], run: (asked: Record<Name, string>) => unknown) {
  const route = useRoute()
  const router = useRouter()
  const here = route.name
  const asked = reactive(askedIn(names, route.query)) as Record<Name, string>

  function ask(): Promise<unknown> {
    const said = Object.entries<string>(asked).filter(([, value]) => value !== '' && value !== null)
    return router.replace({ query: { ...without(route.query, names), ...Object.fromEntries(said) } })
  }

  function clear(): Promise<unknown> {
    for (const name of names) asked[name] = ''
    return ask()
  }

  watch(
    () => route.query,
    (query) => {
      if (route.name !== here) return // on the way to another page
      Object.assign(asked, askedIn(names, query))
      void run({ ...asked })
    },
    { immediate: true },
  )
  return { asked, ask, clear }
}

function without(query: LocationQuery, names: readonly string[]): LocationQuery {
  return Object.fromEntries(Object.entries(query).filter(([name]) => !names.includes(name)))
}
