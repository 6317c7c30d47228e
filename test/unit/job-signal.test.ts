import type { Client } from 'ssh2'
import { describe, expect, test } from 'vitest'
import type { CommandContext } from '../../src/context.ts'
import { CliError } from '../../src/errors.ts'
import type { Api } from '../../src/ims/api.ts'
import type { Job, SshContainer } from '../../src/ims/records.ts'
import { signalJob } from '../../src/jobs/release.ts'
import { toValue } from '../../src/json/value.ts'
import type { Session } from '../../src/ssh/session.ts'
import { anyExists, touch } from '../../src/ssh/remote-files.ts'
import { ServerError } from '../../src/ims/server-error.ts'

const job = {
  id: 'ad5163d2-398d-4e93-94f0-2f439f114fe7',
  created: '2026-01-01T00:00:00',
  job_type: 'customize',
  image_root_archive_name: 'one',
  kubernetes_namespace: 'ims',
  kubernetes_job: 'j',
  kubernetes_service: 's',
  ssh_containers: [],
  artifact_id: 'a1',
  public_key_id: 'k1',
  status: 'waiting_on_user',
} as unknown as Job
const container = { name: 'customize', jail: false } as SshContainer

/** A connection over which nothing can be started; `lost` is why it is gone by then. */
const broken = (lost: string | undefined): Session => ({
  client: {
    exec: (_: string, __: object, done: (error: Error) => void) => done(new Error('no channel')),
    sftp: (done: (error: Error) => void) => done(new Error('no SFTP')),
  } as unknown as Client,
  lost: () => lost,
  close: async () => {},
})

describe('a server that gives signs of life, but never says what became of a command', () => {
  const silent: Session = { client: { exec() {} } as unknown as Client, lost: () => undefined, close: async () => {} }

  test('is not waited for when a file is touched', async () => {
    const more = ["  the server didn't say within 0.01 s that it was"]
    await expect(touch(silent, '/a', { limit: 10 })).rejects.toMatchObject({ message: "/a couldn't be touched", exit: 255, more })
  })

  test('keeps nobody who interrupts from ending, and the job may have been told', async () => {
    const ctrlC = new AbortController()
    const context = { io: { interrupted: ctrlC.signal } } as unknown as CommandContext
    const told = signalJob({ context, api: {} as Api, job, container }, silent, 'complete', { interval: 1 })
    ctrlC.abort(new CliError('Interrupted by SIGINT', { exit: 130 }))
    await expect(told).rejects.toMatchObject({
      message: 'Interrupted by SIGINT',
      exit: 130,
      more: [`Job ${job.id} may have been told all the same.`],
      next: ['jobs', 'describe', job.id],
    })
  })

  test('is not waited for when a file is looked for', async () => {
    expect(await anyExists(silent, ['/a'], 10)).toBe(false)
  })
})

describe('a signal file whose touching is not confirmed', () => {
  const told = async (lost: string | undefined, statuses: (string | undefined)[]) => {
    const seen = [...statuses]
    const send = async () => {
      const status = seen.length > 1 ? seen.shift() : seen[0]
      if (status === undefined) throw new ServerError('gone', { status: 404, fields: [], ofService: true })
      return toValue({ ...job, status })
    }
    const context = { io: { sleep: async () => {}, interrupted: new AbortController().signal } } as unknown as CommandContext
    await signalJob({ context, api: { send } as unknown as Api, job, container }, broken(lost), 'failed', { interval: 1 })
  }

  test.each([
    ['the job goes on', ['error']],
    ['it goes on a moment later', ['waiting_on_user', 'waiting_on_user', 'packaging_artifacts']],
    ['it is gone', [undefined]],
  ])('a connection lost, and %s', async (_, statuses) => {
    await told('the server closed the connection', statuses)
  })

  test('a connection lost, and the job waits on', async () => {
    await expect(told('the server closed the connection', ['waiting_on_user'])).rejects.toMatchObject({ exit: 255 })
  })

  test('a connection that is there is no such question', async () => {
    await expect(told(undefined, ['error'])).rejects.toMatchObject({
      message: "/mnt/image/failed couldn't be touched",
      next: ['jobs', 'debug', job.id],
    })
  })
})
