/** What a person calls a browser, from how it names itself: 'Chrome 130 · Windows'. */
const BROWSERS: [RegExp, string][] = [
  [/MicroMessenger\/(\d+)/, 'WeChat'],
  [/Edg(?:A|iOS)?\/(\d+)/, 'Edge'],
  [/Firefox\/(\d+)/, 'Firefox'],
  [/(?:HeadlessChrome|Chrome|CriOS)\/(\d+)/, 'Chrome'],
  [/Version\/(\d+).*Safari/, 'Safari'],
]
const SYSTEMS: [RegExp, string][] = [
  [/Android/, 'Android'],
  [/iPhone|iPad/, 'iOS'],
  [/Windows/, 'Windows'],
  [/Mac OS X/, 'macOS'],
  [/Linux/, 'Linux'],
]

/** Null for what is no browser (a program). */
export function browserOf(agent: string | null): string | null {
  if (!agent) return null
  for (const [pattern, name] of BROWSERS) {
    const version = pattern.exec(agent)?.[1]
    if (version === undefined) continue
    const system = SYSTEMS.find(([sign]) => sign.test(agent))?.[1]
    return system ? `${name} ${version} · ${system}` : `${name} ${version}`
  }
  return null
}
