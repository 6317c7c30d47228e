import { spawnSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { serveSocket } from '../support/loopback.ts'
import { run } from '../support/program.ts'
import { customizing, failedBuild, ids, jailed, startSite, type SeededJob, type Site } from '../support/site.ts'

const missing = spawnSync('ssh-keygen', ['-?']).error !== undefined
if (missing) console.warn('There is no ssh-keygen in PATH (Debian: openssh-client): tests of jobs complete and jobs fail are skipped.')
// In CI it has to be there.
const skip = missing && !process.env.CI

type WithId = SeededJob & { id: string }

const jobs = {
  completed: customizing(),
  confined: jailed(),
  unpackable: customizing({ artifact_id: ids.badImage }),
  failed: customizing(),
  build: failedBuild(),
  build2: failedBuild(),
  notAwaited: customizing(),
  quiet: customizing(),
  shown: customizing(),
  strange: customizing({ public_key_id: ids.strangeKey }),
  running: failedBuild({ status: 'building_image', artifact_id: ids.hanging }),
  over: failedBuild({ status: 'error' }),
  done: customizing({ status: 'success' }),
  several: customizing(),
  several2: customizing(),
  several3: customizing(),
  strange2: customizing({ public_key_id: ids.strangeKey }),
} satisfies Record<string, WithId>

describe.skipIf(skip).concurrent('jobs complete and jobs fail', () => {
  let site: Site
  beforeAll(async () => {
    site = await startSite({ jobs: Object.values(jobs) })
  })
  afterAll(() => site.close())

  const ims = (...argv: string[]) => run(argv, { cwd: site.home, env: site.env })
  const tell = (word: 'complete' | 'fail', { id }: WithId, ...argv: string[]) => ims('jobs', word, id, '--interval', '0.1', ...argv)
  const statusOf = async ({ id }: WithId) => ((await site.ask('GET', `/jobs/${id}`)) as { status: string }).status

  test.each([
    ['a customize job', jobs.completed],
    ['one whose user is confined to the image', jobs.confined],
  ])('complete of %s prints the id of its image alone', async (_, job) => {
    const { exit, stdout, stderr } = await tell('complete', job)
    expect(exit).toBe(0)
    const { status, resultant_image_id: image } = await site.ask('GET', `/jobs/${job.id}`)
    expect({ status, stdout }).toEqual({ status: 'success', stdout: `${image}\n` })
    expect(stderr).toContain(`✔ success: image ${image}`)
    expect(stderr).toMatch(/^ {2}host key SHA256:\S+ new, accepted$/m)
    expect(stderr).not.toContain('either way')
  })

  test('complete of a customize job that ends in error is 1', async () => {
    const { exit, stdout, stderr } = await tell('complete', jobs.unpackable)
    expect({ exit, stdout }).toEqual({ exit: 1, stdout: '' })
    expect(stderr).toContain(`✖ error. Logs: cray-ims jobs logs ${jobs.unpackable.id} --failed`)
  })

  test('fail of a customize job', async () => {
    expect(await tell('fail', jobs.failed)).toMatchObject({
      exit: 0,
      stdout: '',
      stderr: expect.stringMatching(/^ {2}host key SHA256:\S+ new, accepted$/m),
    })
    expect(await statusOf(jobs.failed)).toBe('error')
  })

  test.each([
    ['complete', jobs.build],
    ['fail', jobs.build2],
  ] as const)('%s of a create job says that it ends in error either way', async (word, job) => {
    const { exit, stdout, stderr } = await tell(word, job)
    expect({ exit, stdout }).toEqual({ exit: 0, stdout: '' })
    expect(stderr).toContain('it ends in error either way')
    expect(stderr).toContain('✖ error.')
    expect(await statusOf(job)).toBe('error')
  })

  test('--no-wait leaves the outcome to others', async () => {
    const { exit, stdout, stderr } = await tell('complete', jobs.notAwaited, '--no-wait', '--format', 'json')
    expect({ exit, stdout }).toEqual({ exit: 0, stdout: '' })
    expect(stderr).not.toContain('success')
    await vi.waitFor(async () => expect(await statusOf(jobs.notAwaited)).toBe('success'), 30_000)
  })

  test('a host key is shown where it is new, and not when quiet', async () => {
    const { exit, stderr } = await tell('fail', jobs.quiet, '--quiet', '--no-wait')
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' })
    const known = await run(['jobs', 'debug', jobs.shown.id, '--on-exit', 'later', '--', 'true'], { cwd: site.home, env: site.env })
    expect(known.stderr).toMatch(/host key SHA256:\S+ new, accepted/)
    expect((await tell('fail', jobs.shown, '--no-wait')).stderr).not.toContain('host key')
  })

  test('a key that is not here', async () => {
    const { exit, stdout, stderr } = await tell('complete', jobs.strange)
    expect({ exit, stdout }).toEqual({ exit: 255, stdout: '' })
    expect(stderr).toContain(`wants  "joe's" ssh-ed25519 SHA256:`)
    expect(await statusOf(jobs.strange)).toBe('waiting_on_user')
  })

  test('several are all found before the first is told, and one that fails does not keep the others', async () => {
    const { several, several2, several3, strange2 } = jobs
    const refused = await ims('jobs', 'complete', several.id, several2.id, jobs.running.id)
    expect(refused).toMatchObject({ exit: 1, stdout: '', stderr: expect.stringContaining(`job ${jobs.running.id} does not wait`) })
    expect(await statusOf(several)).toBe('waiting_on_user')

    const words = ['jobs', 'complete', several.id, '-', '--interval', '0.1']
    const saved = await run(words, { cwd: site.home, env: site.env, stdin: `${several2.id}\n${several.id}\n` })
    const images = await Promise.all([several, several2].map(async ({ id }) => (await site.ask('GET', `/jobs/${id}`)).resultant_image_id))
    expect(saved).toMatchObject({ exit: 0, stdout: `${images.join('\n')}\n` })

    const some = await ims('jobs', 'fail', strange2.id, several3.id, '--interval', '0.1')
    expect(some).toMatchObject({ exit: 2, stdout: '', stderr: expect.stringContaining(`Error: job ${strange2.id}: no key here opens job`) })
    expect(await Promise.all([strange2, several3].map(statusOf))).toEqual(['waiting_on_user', 'error'])
  })

  test('a JOB that is unknown', async () => {
    expect(await ims('jobs', 'complete', 'ffff')).toMatchObject({
      exit: 2,
      stdout: '',
      stderr: expect.stringContaining('Next: cray-ims jobs list'),
    })
  })

  test.each([
    ['one that runs', jobs.running, 'jobs wait ID --for ready'],
    ['one that failed', jobs.over, 'jobs describe ID'],
    ['one that succeeded', jobs.done, 'jobs describe ID'],
  ] as const)('%s is refused', async (_, job, next) => {
    for (const word of ['complete', 'fail'] as const) {
      const { exit, stdout, stderr } = await tell(word, job, '-v')
      expect({ exit, stdout }).toEqual({ exit: 1, stdout: '' })
      expect(stderr).toContain(
        `Error: job ${job.id} does not wait on its user: it is ${job.status}\nNext: cray-ims ${next.replace('ID', job.id)}\n`,
      )
    }
  })
})

test.skipIf(skip)('a job that does not wait is not connected to', async () => {
  const door = await serveSocket(() => {})
  const address = { host: '127.0.0.1', port: door.port }
  const reached = [
    { name: 'customize', jail: false, status: 'pending', connection_info: { customer_access: address, 'cluster.local': address } },
  ]
  const job = customizing({ status: 'success', ssh_containers: reached as never })
  const site = await startSite({ jobs: [job] })
  try {
    for (const word of ['complete', 'fail']) expect((await run(['jobs', word, job.id], { cwd: site.home, env: site.env })).exit).toBe(1)
    expect(door.connections()).toBe(0)
  } finally {
    await site.close()
    await door.close()
  }
})

test.skipIf(skip)('a service that is away for a moment', async () => {
  const job = customizing()
  const site = await startSite({ jobs: [job], mock: ['--speed', '200', '--fault', `GET /jobs/* 503 x2`] })
  try {
    expect((await run(['jobs', 'complete', job.id, '--interval', '0.1'], { cwd: site.home, env: site.env })).exit).toBe(0)
  } finally {
    await site.close()
  }
})
