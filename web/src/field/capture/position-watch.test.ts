import { beforeEach, expect, test, vi } from 'vitest'
import { PositionWatch, STALE_MS, type Datum } from './position-watch'

const START = new Date('2026-11-26T02:00:00Z')

class FakeReceiver {
  found: PositionCallback = () => {}
  failed: PositionErrorCallback = () => {}
  watching = false
  watchPosition(found: PositionCallback, failed?: PositionErrorCallback | null): number {
    this.found = found
    this.failed = failed ?? this.failed
    this.watching = true
    return 7
  }
  clearWatch(): void {
    this.watching = false
  }
}

let now: Date
let datum: Datum
let receiver: FakeReceiver
let watch: PositionWatch

function fix(accuracy: number): void {
  const coords = { longitude: 109.4117, latitude: 24.3146, accuracy, altitude: null }
  receiver.found({ coords, timestamp: now.getTime() } as unknown as GeolocationPosition)
}

function fail(code: number): void {
  receiver.failed({ code } as GeolocationPositionError)
}

beforeEach(() => {
  now = START
  datum = 'WGS84'
  receiver = new FakeReceiver()
  watch = new PositionWatch({ receiver, secure: true, now: () => now, datum: () => datum, changed: vi.fn() })
})

test('a coarse fix is shown but waited on, a good one answers', async () => {
  const asked = watch.ask()
  fix(80)
  expect(watch.state).toBe('coarse')
  fix(8)
  expect(watch.state).toBe('good')
  expect(await asked).toMatchObject({ lon: 109.4117, accuracy_m: 8, datum: 'WGS84', mock: null })
})

test('the person may take a coarse fix', async () => {
  const asked = watch.ask()
  fix(80)
  watch.take()
  expect(await asked).toMatchObject({ accuracy_m: 80 })
})

test('a fix grows old, and an old one is not written down', async () => {
  watch.start()
  fix(8)
  now = new Date(START.getTime() + STALE_MS + 1)
  expect(watch.state).toBe('stale')
  expect(watch.fresh()).toBeNull()
})

test('a receiver that is silent while the phone stays is asked anew', () => {
  watch.start()
  fix(8)
  now = new Date(START.getTime() + STALE_MS + 1)
  watch.renew()
  fix(9)
  expect(watch.fresh()).toMatchObject({ accuracy_m: 9 })
})

test('the datum is the declared one, never a guess', () => {
  datum = 'GCJ02'
  watch.start()
  fix(8)
  expect(watch.position?.datum).toBe('GCJ02')
})

test('who is refused gets no position and no waiting', async () => {
  const asked = watch.ask()
  fail(1)
  expect(await asked).toBeNull()
  expect(watch.state).toBe('refused')
  expect(watch.running).toBe(false)
})

test('no fix yet is told, and the watch goes on', () => {
  watch.start()
  fail(3)
  expect(watch.state).toBe('unavailable')
  fix(8)
  expect(watch.state).toBe('good')
})

test('a place put by hand is manual, without an accuracy, and stands against the receiver', async () => {
  const asked = watch.ask()
  watch.put(109.5, 24.5)
  fix(8)
  expect(await asked).toMatchObject({ lon: 109.5, provider: 'manual', datum: 'CGCS2000', accuracy_m: null })
  expect(watch.state).toBe('manual')
  watch.release()
  fix(8)
  expect(watch.state).toBe('good')
})

test('without HTTPS the browser gives no position, and that is what is said', async () => {
  const open = new PositionWatch({
    ...{ receiver, secure: false, now: () => now, datum: () => datum, changed: vi.fn() },
  })
  expect(await open.ask()).toBeNull()
  expect(open.state).toBe('insecure')
})

test('to stop lets the receiver go and answers who waits', async () => {
  const asked = watch.ask()
  watch.stop()
  expect(await asked).toBeNull()
  expect(receiver.watching).toBe(false)
})
