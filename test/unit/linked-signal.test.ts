import { getEventListeners } from 'node:events'
import { expect, test, vi } from 'vitest'
import type { CommandContext } from '../../src/context.ts'
import { pollUntil } from '../../src/jobs/poll.ts'
import type { Progress } from '../../src/terminal/progress.ts'
import { linkSignals } from '../../src/time/linked-signal.ts'

test('it follows the first of several, with its reason', () => {
  const [one, other] = [new AbortController(), new AbortController()]
  const linked = linkSignals(one.signal, undefined, other.signal)
  expect(linked.signal.aborted).toBe(false)
  other.abort('other')
  one.abort('one')
  expect(linked.signal.reason).toBe('other')
  expect(linkSignals(one.signal).signal.reason).toBe('one')
})

test('its end aborts it, and leaves nothing with what it followed', () => {
  const { signal } = new AbortController()
  const linked = linkSignals(signal)
  linked.end()
  expect(linked.signal.aborted).toBe(true)
  expect(getEventListeners(signal, 'abort')).toEqual([])
})

test('a thousand looks within a time limit leave nothing with the signal of the process', async () => {
  const any = vi.spyOn(AbortSignal, 'any')
  const { signal: interrupted } = new AbortController()
  const sleep = (milliseconds: number, signal: AbortSignal) =>
    milliseconds === 1 ? Promise.resolve() : new Promise((_, fail) => signal.addEventListener('abort', () => fail(signal.reason)))
  const context = { io: { monotonic: () => 0, interrupted, sleep } } as unknown as CommandContext
  const progress = { update() {}, log() {}, stop() {}, isInteractive: false } as unknown as Progress
  let looks = 0
  try {
    await pollUntil(context, { interval: 1, timeout: 9 * 3_600_000, progress }, async () => ++looks, {
      enough: (seen) => (seen === 1000 ? true : undefined),
    })
    expect({ looks, any: any.mock.calls.length, listening: getEventListeners(interrupted, 'abort').length }).toEqual({
      looks: 1000,
      any: 0,
      listening: 0,
    })
  } finally {
    any.mockRestore()
  }
})
