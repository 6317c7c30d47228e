import { expect, test } from 'vitest'
import type { BuildContext } from '../../src/builds/build-context.ts'
import { retryWhileUnavailable } from '../../src/builds/retry-while-unavailable.ts'
import { connectionError } from '../../src/ims/connection-error.ts'
import { TransportError } from '../../src/http/transport-error.ts'

const minutes = 60_000

/** A making whose clock passes as it is slept; whoever sleeps for long is only woken when `pass` says so. */
function scene() {
  let now = 0
  const alarms: { at: number; ring: () => void }[] = []
  const io = {
    monotonic: () => now,
    interrupted: new AbortController().signal,
    sleep: (milliseconds: number) =>
      milliseconds >= 10_000
        ? new Promise<void>((ring) => alarms.push({ at: now + milliseconds, ring }))
        : Promise.resolve(void (now += milliseconds)),
  }
  const pass = async (milliseconds: number) => {
    now += milliseconds
    for (const { at, ring } of alarms) if (at <= now) ring()
    await new Promise(setImmediate)
  }
  const build = { context: { io }, progress: { update() {}, log() {}, stop() {} }, supervision: { interval: 5 } } as unknown as BuildContext
  return { build, pass, now: () => now }
}

test('an answer that takes longer than a service may be away is waited for', async () => {
  const { build, pass } = scene()
  let answer = (_: string) => {}
  const done = retryWhileUnavailable(build, () => new Promise<string>((resolve) => (answer = resolve)))
  done.catch(() => {})
  await pass(40 * minutes)
  answer('deleted')
  expect(await done).toBe('deleted')
})

test('a service that is away is given up after a quarter of an hour', async () => {
  const { build, now } = scene()
  const refused = () => Promise.reject(connectionError(['refused'], { cause: new TransportError('refused', { sent: false }) }))
  await expect(retryWhileUnavailable(build, refused)).rejects.toMatchObject({
    exit: 3,
    message: 'timed out after 15m; the service did not answer',
  })
  expect(now()).toBe(15 * minutes)
})
