/** The id of the finding that a failed duty becomes: UUIDv5(inspection, item), whoever makes it. */

export async function findingId(inspection: string, item: string): Promise<string> {
  const space = Uint8Array.from(inspection.replaceAll('-', '').match(/../g) ?? [], (pair) => parseInt(pair, 16))
  const name = new TextEncoder().encode(item)
  const named = new Uint8Array(space.length + name.length)
  named.set(space)
  named.set(name, space.length)
  const bytes = new Uint8Array(await crypto.subtle.digest('SHA-1', named)).slice(0, 16)
  bytes[6] = (bytes[6]! & 0x0f) | 0x50
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
