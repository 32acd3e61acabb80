/** The five places at the bottom of the screen. */

export const TABS = [
  { path: '/', word: 'today', drawing: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Zm0 4v5l3.5 2.5' },
  { path: '/tasks', word: 'tasks', drawing: 'M4 5h3v3H4zM11 6.5h9M4 11h3v3H4zM11 12.5h9M4 17h3v3H4zM11 18.5h9' },
  { path: '/sites', word: 'sites', drawing: 'M4 21V9l5 3V9l5 3V4h6v17ZM8 16h.01M12 16h.01M16 16h.01' },
  { path: '/map', word: 'map', drawing: 'm9 4-6 2.5V20l6-2.5 6 2.5 6-2.5V4l-6 2.5ZM9 4v13.5M15 6.5V20' },
  { path: '/outbox', word: 'mine', drawing: 'M4 13v7h16v-7M12 16V4M7.5 8.5 12 4l4.5 4.5' },
] as const

/** Where the bar is shown: on the five places; elsewhere the bottom belongs to what the page is about. */
export function showsTabs(path: string): boolean {
  return TABS.some((tab) => tab.path === path)
}
