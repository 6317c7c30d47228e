import { describe, expect, test } from 'vitest'
import { createIdempotently } from '../../src/builds/create-idempotently.ts'
import type { BuildContext } from '../../src/builds/build-context.ts'
import { jobs } from '../../src/definitions/records.ts'
import { CliError } from '../../src/errors.ts'
import { connectionError } from '../../src/ims/connection-error.ts'
import { TransportError } from '../../src/http/transport-error.ts'
import { ServerError } from '../../src/ims/server-error.ts'

const status = (code: number) => new ServerError(`HTTP ${code}`, { status: code, fields: [], ofService: false })
const fault = (kind: 'reset' | 'refused' | 'idle-timeout' | 'connect-timeout') =>
  connectionError([kind], { cause: new TransportError(kind, { sent: kind === 'reset' || kind === 'idle-timeout' }) })

interface Scene {
  /** What each request gets: the id that was created, or why not. The last one stays. */
  answers: (string | null | Error)[]
  /** The ids that are there from so many milliseconds on. */
  there?: (now: number, sent: number) => string[]
  /** What is answered in a terminal. */
  answer?: boolean
  /** What is there may be another command's. */
  shared?: true
}

/** Creates something, by a clock that passes as it is slept. */
async function create({ answers, there = () => [], answer, shared }: Scene) {
  const interrupt = new AbortController()
  const lines: string[] = []
  const ends: (() => Promise<void>)[] = []
  let [now, sent, looks] = [0, 0, 0]
  const io = {
    monotonic: () => now,
    interrupted: interrupt.signal,
    nextInterruption: () => new AbortController().signal,
    // The alarm beside a look never rings here.
    sleep: (milliseconds: number, signal?: AbortSignal) =>
      signal === interrupt.signal ? Promise.resolve(void (now += milliseconds)) : new Promise(() => {}),
  }
  const api = {
    async send() {
      const given = answers[Math.min(sent++, answers.length - 1)]
      if (given instanceof Error) throw given
      return given
    },
    close: async () => {},
  }
  const context = {
    io,
    commandLine: (...words: readonly string[]) => ['cray-ims', ...words].join(' '),
    api: async () => api,
    warn: (line: string) => lines.push(line),
    questions: { confirm: async () => answer },
  }
  const build = {
    context,
    api,
    progress: { update() {}, log() {}, stop() {} },
    attended: answer !== undefined,
    supervision: { interval: 5 },
    tell: (line: string) => lines.push(line),
    atEnd: (work: () => Promise<void>) => ends.push(work),
  } as unknown as BuildContext
  const outcome = await createIdempotently(build, {
    what: 'job of image mine',
    kind: jobs,
    request: { method: 'POST', path: '/apis/ims/v3/jobs' },
    read: (id) => {
      if (typeof id !== 'string') throw new CliError('no record')
      return { id }
    },
    find: async () => {
      looks++
      return there(now, sent).map((id) => ({ id }))
    },
    shared,
  }).catch((error: unknown) => error as CliError)
  for (const end of ends) await end()
  return { outcome, sent, looks, now, lines }
}

test('an answer is all that is needed', async () => {
  expect(await create({ answers: ['j1'] })).toMatchObject({ outcome: { id: 'j1' }, sent: 1, looks: 0 })
})

describe('what has not reached the service is sent again', () => {
  test.each([
    ['refused', fault('refused')],
    ['not connected in time', fault('connect-timeout')],
    ['429', status(429)],
  ])('%s', async (_, error) => {
    expect(await create({ answers: [error, error, 'j1'] })).toMatchObject({ outcome: { id: 'j1' }, sent: 3, looks: 0, now: 10_000 })
  })

  test('for a quarter of an hour', async () => {
    const { outcome, now } = await create({ answers: [fault('refused')] })
    expect(outcome).toBeInstanceOf(CliError)
    expect(now).toBeGreaterThanOrEqual(15 * 60_000)
    expect(now).toBeLessThan(16 * 60_000)
  })

  test.each([
    ['422', status(422)],
    ['500', status(500)],
    ['403', status(403)],
  ])('%s is not', async (_, error) => {
    expect(await create({ answers: [error] })).toMatchObject({ outcome: error, sent: 1, looks: 0 })
  })
})

const doubts = [
  ['502', status(502)],
  ['503', status(503)],
  ['504', status(504)],
  ['reset', fault('reset')],
  ['no answer in time', fault('idle-timeout')],
  ['an empty answer', null],
] as const

describe.each(doubts)('after %s', (_, doubt) => {
  test('what appears late is taken, and nothing sent again', async () => {
    expect(await create({ answers: [doubt, 'j2'], there: (now) => (now >= 45_000 ? ['j1'] : []) })).toMatchObject({
      outcome: { id: 'j1' },
      sent: 1,
      lines: [],
    })
  })

  test('what does not appear is not sent again where nobody can be asked', async () => {
    const { outcome, sent, now } = await create({ answers: [doubt, 'j2'] })
    expect(outcome).toMatchObject({
      exit: 2,
      inDoubt: true,
      message: expect.stringContaining('did not say whether it created the job of image mine'),
      next: ['jobs', 'list'],
    })
    expect([sent, now]).toEqual([1, 60_000])
  })

  test('a user who is asked says whether it is sent again', async () => {
    expect(await create({ answers: [doubt, 'j2'], answer: false })).toMatchObject({ outcome: { inDoubt: true }, sent: 1 })
    expect(await create({ answers: [doubt, 'j2'], answer: true })).toMatchObject({ outcome: { id: 'j2' }, sent: 2 })
  })
})

test('of several of which one may be of another command none is taken, or said to be deleted', async () => {
  const { outcome, lines, sent } = await create({ answers: [status(504)], there: () => ['j1', 'j2'], shared: true })
  expect(outcome).toMatchObject({
    inDoubt: true,
    message: expect.stringContaining('2 have appeared'),
    more: ['  j1', '  j2'],
    next: ['jobs', 'list'],
  })
  expect([sent, lines.join()]).toEqual([1, expect.not.stringContaining('delete')])
  expect(lines).toHaveLength(2)
  expect((await create({ answers: [status(504)], there: () => ['j1'], shared: true })).outcome).toEqual({ id: 'j1' })
})

test('a second one that has turned up is named at the end, with what deletes it', async () => {
  const twice = await create({ answers: [status(504)], there: () => ['j1', 'j2'] })
  expect(twice.outcome).toEqual({ id: 'j1' })
  expect(twice.lines).toEqual([
    'Job j2 is there, too: the service carried out the request for the job of image mine whose answer was lost. To delete it: cray-ims jobs delete j2',
  ])
  const late = await create({ answers: [status(504), 'j2'], answer: true, there: (_, sent) => (sent > 1 ? ['j1', 'j2'] : []) })
  expect(late.outcome).toEqual({ id: 'j2' })
  expect(late.lines.at(-1)).toContain('jobs delete j1')
})
