// The field app's device core in Node, over an IndexedDB in memory: does what JSON lines on its input say, one after the
// other, and answers each with a JSON line. Its modules are loaded by Vite, as the app's build does.
//
// {do: "begin" | "power" | "enrol" | "record" | "sync" | "state" | "scramble" | "pretend" | "export" | "chunks", …}; see tests/field_device.py.
import { createInterface } from 'node:readline'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

const web = process.argv[2]
const resolve = createRequire(`${web}/package.json`).resolve
await import(pathToFileURL(resolve('fake-indexeddb/auto')).href)
const { createServer } = await import(pathToFileURL(resolve('vite').replace(/index\.cjs$/, 'dist/node/index.js')).href)
const vite = await createServer({
  root: web,
  configFile: false,
  logLevel: 'error',
  appType: 'custom',
  optimizeDeps: { noDiscovery: true },
  resolve: { alias: { '@shared': `${web}/src/shared` } },
  server: { middlewareMode: true, hmr: false, ws: false, watch: null },
})
const load = (name) => vite.ssrLoadModule(`/src/field/sync/${name}.ts`)
const { Device } = await load('index')
const { FieldDatabase } = await load('database')
const { FetchTransport } = await load('transport')
const { Mirror } = await load('mirror')
const { outboxFile } = await load('outbox_file')

const devices = new Map()

// The power goes at a write: from then on nothing reaches any database, until the app begins again.
let writesLeft = Infinity
const transaction = IDBDatabase.prototype.transaction
IDBDatabase.prototype.transaction = function (names, mode, options) {
  if (mode === 'readwrite') writesLeft -= 1
  if (writesLeft < 0) throw new DOMException('the power is gone', 'AbortError')
  return transaction.call(this, names, mode, options)
}

const steps = {
  // The app starts: over the same database as before, against this server.
  async begin(device, { database, url }) {
    writesLeft = Infinity
    device?.db.close()
    devices.set(database, new Device({ db: new FieldDatabase(database), transport: new FetchTransport(url) }))
  },
  // `writes` more succeed; how many are left tells whether it came to that.
  power: (_, { writes }) => Promise.resolve([writesLeft, (writesLeft = writes)][0]),
  enrol: (device, { code }) => device.enrol(code, 'phone'),
  chunks: (device, { bytes }) => device.db.meta.put(bytes, 'chunk_bytes'),
  async record(device, { acts, photo, photoOf, submission }) {
    const captured = photo && (await device.hold(new Blob([Buffer.from(photo, 'base64')]), 'photo.jpg', 'image/jpeg'))
    for (const act of acts) if (captured) act.args.photos = [captured.sha256]
    return device.record(acts, captured ? [{ ...captured, ...photoOf }] : [], submission)
  },
  sync: (device) => device.sync(),
  // Another key in the place of the one that was enrolled: what a signature is for.
  async scramble(device) {
    await device.db.meta.delete('key')
    await device.db.outbox.toCollection().modify({ sig: 'A'.repeat(86) })
  },
  // Its stream has another name than the server knows.
  async pretend(device, { stream }) {
    await device.db.meta.put({ ...(await device.db.known('stream')), id: stream }, 'stream')
  },
  // The encrypted file, in small chunks so that there are several, and with a key that is derived quickly.
  async export(device, { passphrase, chunkBytes }) {
    const parts = []
    for await (const part of outboxFile(device.db, passphrase, { iterations: 1000, chunkBytes })) parts.push(part)
    return Buffer.concat(parts).toString('base64')
  },
  async state(device) {
    const submissions = await device.db.submissions.toArray()
    return {
      stream: await device.db.known('stream'),
      token: await device.db.known('token'),
      outbox: await device.db.outbox.toArray(),
      retained: await device.db.retained.toArray(),
      rows: await device.db.rows.toArray(),
      media: await device.db.media.toArray(),
      digests: await new Mirror(device.db).digests(),
      submissions,
      standings: await Promise.all(submissions.map((submission) => device.standing(submission))),
    }
  },
}

for await (const line of createInterface({ input: process.stdin })) {
  const { do: step, ...rest } = JSON.parse(line)
  const said = await steps[step](devices.get(rest.database), rest).then(
    (value) => ({ value: value ?? null }),
    (error) => ({ error: String(error.stack ?? error) }),
  )
  console.log(JSON.stringify(said))
}
await vite.close()
process.exit(0)
