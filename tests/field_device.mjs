// The field app's device core in Node, over an IndexedDB in memory: does what JSON lines on its input say, one after the
// other, and answers each with a JSON line. Its modules are loaded by Vite, as the app's build does.
//
// {do: "begin" | "enrol" | "record" | "sync" | "state" | "scramble" | "export" | "chunks", …}; see tests/field_device.py.
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

let device
const named = new URL('https://device.invalid')

const steps = {
  // The app starts: over the same database as before, against this server.
  async begin({ url }) {
    device?.db.close()
    device = new Device({ db: new FieldDatabase(named.host), transport: new FetchTransport(url) })
  },
  enrol: ({ code }) => device.enrol(code, 'phone'),
  chunks: ({ bytes }) => device.db.meta.put(bytes, 'chunk_bytes'),
  async record({ acts, photo, photoOf, submission }) {
    const captured = photo && (await device.hold(new Blob([Buffer.from(photo, 'base64')]), 'photo.jpg', 'image/jpeg'))
    for (const act of acts) if (captured) act.args.photos = [captured.sha256]
    return device.record(acts, captured ? [{ ...captured, ...photoOf }] : [], submission)
  },
  sync: () => device.sync(),
  // Another key in the place of the one that was enrolled: what a signature is for.
  async scramble() {
    await device.db.meta.delete('key')
    await device.db.outbox.toCollection().modify({ sig: 'A'.repeat(86) })
  },
  async state() {
    const submissions = await device.db.submissions.toArray()
    return {
      stream: await device.db.known('stream'),
      token: await device.db.known('token'),
      outbox: await device.db.outbox.toArray(),
      retained: await device.db.retained.toArray(),
      rows: await device.db.rows.toArray(),
      media: await device.db.media.toArray(),
      digests: await new Mirror(device.db).digests(),
      standings: await Promise.all(submissions.map((submission) => device.standing(submission))),
    }
  },
}

for await (const line of createInterface({ input: process.stdin })) {
  const { do: step, ...rest } = JSON.parse(line)
  const said = await steps[step](rest).then(
    (value) => ({ value: value ?? null }),
    (error) => ({ error: String(error.stack ?? error) }),
  )
  console.log(JSON.stringify(said))
}
await vite.close()
process.exit(0)
