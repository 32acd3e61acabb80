import { expect, test } from 'vitest'
import { AutoSync, REGULAR_MS, type Occasions } from './auto_sync'
import { BackOff } from './backoff'
import type { SyncReport, Trouble } from './types'

/** Occasions that a test brings about, and the timers that were asked for. */
class Stage implements Occasions {
  readonly acts: Record<string, () => void> = {}
  readonly ended: string[] = []
  readonly timers: { ms: number; act: () => void; live: boolean }[] = []
  onForeground = (act: () => void) => this.on('foreground', act)
  onOnline = (act: () => void) => this.on('online', act)
  onRecorded = (act: () => void) => this.on('recorded', act)

  private on(name: string, act: () => void): () => void {
    this.acts[name] = act
    return () => this.ended.push(name)
  }

  after(ms: number, act: () => void): () => void {
    const timer = { ms, act, live: true }
    this.timers.push(timer)
    return () => (timer.live = false)
  }

  get waiting() {
    return this.timers.filter(({ live }) => live)
  }
}

function played(...troubles: (Trouble | null)[]) {
  const stage = new Stage()
  const whys: string[] = []
  const finish: (() => void)[] = []
  const sync = async (why: string) => {
    whys.push(why)
    await new Promise<void>((resolve) => finish.push(resolve))
    return { trouble: troubles.shift() ?? null } as SyncReport
  }
  const auto = new AutoSync(sync, stage, () => 0.5)
  const end = async () => {
    finish.shift()!()
    await new Promise(setImmediate)
  }
  return { auto, stage, whys, end }
}

test('it syncs at the start, in the foreground, online again, after a record, and regularly', async () => {
  const { auto, stage, whys, end } = played()
  auto.start()
  await end()
  for (const name of ['foreground', 'online', 'recorded']) {
    stage.acts[name]!()
    await end()
  }
  expect(stage.waiting.map(({ ms }) => ms)).toEqual([REGULAR_MS])
  stage.waiting[0]!.act()
  expect(whys).toEqual(['start', 'foreground', 'online', 'recorded', 'regular'])
})

test('what comes during a sync is done once, after it', async () => {
  const { auto, stage, whys, end } = played()
  auto.start()
  stage.acts.recorded!()
  stage.acts.recorded!()
  expect(whys).toEqual(['start'])
  await end()
  await end()
  expect([whys, stage.waiting.length]).toEqual([['start', 'recorded'], 1])
})

test('after trouble it waits longer each time, and not again after a success', async () => {
  const trouble = { code: 'no-answer' }
  const { auto, stage, end } = played(trouble, trouble, null, trouble)
  auto.start()
  const waits: number[] = []
  for (let i = 0; i < 4; i++) {
    await end()
    const [timer] = stage.waiting
    waits.push(timer!.ms)
    timer!.live = false
    timer!.act()
  }
  expect(waits).toEqual([3750, 7500, REGULAR_MS, 3750])
})

test('what was recorded during a failed sync does not make it try again at once', async () => {
  const { auto, stage, whys, end } = played({ code: 'overloaded', retryAfterS: 30 })
  auto.start()
  stage.acts.recorded!()
  await end()
  expect([whys, stage.waiting.map(({ ms }) => ms)]).toEqual([['start'], [33_750]])
})

test('a network that comes back during a failed sync is tried at once, and the waits begin anew', async () => {
  const trouble = { code: 'no-answer' }
  const { auto, stage, whys, end } = played(trouble, trouble, trouble)
  auto.start()
  await end()
  stage.waiting[0]!.act()
  stage.acts.online!()
  await end()
  expect(whys).toEqual(['start', 'again', 'online'])
  await end()
  expect(stage.waiting.at(-1)!.ms).toBe(3750)
})

test('a sync that fails in a way nobody thought of is tried again as any other', async () => {
  const stage = new Stage()
  const auto = new AutoSync(
    () => Promise.reject(new Error('unheard of')),
    stage,
    () => 0.5,
  )
  auto.start()
  await new Promise(setImmediate)
  expect(stage.waiting.map(({ ms }) => ms)).toEqual([3750])
})

test('stopped, it does nothing more', async () => {
  const { auto, stage, end } = played()
  auto.start()
  auto.stop()
  await end()
  expect([stage.ended, stage.waiting]).toEqual([['foreground', 'online', 'recorded'], []])
})

test('the wait has an upper bound, differs between devices, and is never shorter than the server asks', () => {
  for (const random of [0, 0.999]) {
    const backOff = new BackOff(() => random)
    const waits = Array.from({ length: 40 }, () => backOff.failed())
    expect(Math.max(...waits)).toBeLessThanOrEqual(600_000)
    expect(waits.at(-1)).toBe(random === 0 ? 300_000 : 599_700)
    expect(backOff.failed(3600)).toBeGreaterThanOrEqual(3_600_000)
  }
})
