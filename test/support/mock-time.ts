import type { Clock, Mock } from '../../src/mock/library.ts'

/** A clock that a test moves; nothing rings by itself. */
export function testClock(start = Date.UTC(2026, 0, 2, 3, 4, 5)): Clock & { pass(seconds: number): void } {
  let now = start
  return {
    now: () => now,
    sleep: () => new Promise(() => {}),
    pass(seconds) {
      now += seconds * 1000
    },
  }
}

/** Sends a request to a mock, and reads its answer. */
export async function ask(mock: Pick<Mock, 'handle'>, method: string, path: string, data?: unknown) {
  const response = await mock.handle(
    new Request(`http://ims/apis/ims${path}`, {
      method,
      ...(data !== undefined && { body: JSON.stringify(data), headers: { 'Content-Type': 'application/json' } }),
    }),
  )
  const text = await response.text()
  return { status: response.status, text, data: text === '' ? undefined : JSON.parse(text) }
}

/** Ids that count: 00000000-0000-4000-8000-000000000001 and so on. */
export function countedIds(): () => string {
  let count = 0
  return () => `00000000-0000-4000-8000-${String(++count).padStart(12, '0')}`
}
