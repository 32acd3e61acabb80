/** Taking an invitation: what is asked of the device, and in plain words what went wrong. */
import { NoAnswer, Problem } from '@shared/problem'
import { faultKey } from '../../frame/device_fault'
import { saidOf } from '../../frame/problem_words'
import { askToPersist, WorkOfAnother, type Device } from '../../sync'

export type Failure =
  /** No network, or no server at the other end: the code is not used up, the same again is harmless. */
  | { why: 'no-answer' }
  /** The server said no; `said` is a sentence for the person. */
  | { why: 'problem'; code: string; said: string }
  /** The device still has work of somebody else, which must not be sent in this person's name. */
  | { why: 'work-of-another'; owner: string }
  /** The phone could not do its part (storage, keys); `said` is the key of the words for it. */
  | { why: 'device'; said: string }

/** Enrols, asks the browser to keep the data, and begins the first sync. Null when it worked. */
export async function enrol(
  device: Pick<Device, 'enrol'>,
  code: string,
  name: string,
  language: string,
): Promise<Failure | null> {
  try {
    await device.enrol(code, name.trim())
  } catch (error) {
    return failureOf(error, language)
  }
  await askToPersist()
  return null
}

export async function failureOf(error: unknown, language: string): Promise<Failure> {
  if (error instanceof NoAnswer) return { why: 'no-answer' }
  if (error instanceof WorkOfAnother) return { why: 'work-of-another', owner: error.owner }
  if (error instanceof Problem) return { why: 'problem', code: error.code, said: await saidOf(error, language) }
  return { why: 'device', said: faultKey(error) }
}
