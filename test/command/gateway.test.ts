import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Speed } from '../../src/mock/job-clock.ts'
import { ownKeys } from '../support/own-keys.ts'
import { run } from '../support/program.ts'
import { image, imageOf, recipeOf, withSite, endingSeed, type Instead, type WatchedSite } from '../support/watched-site.ts'
import { sampled } from '../support/sampled.ts'

const keys = ownKeys()

const page = (status: number) =>
  new Response('<html><body>no healthy upstream</body></html>', { status, headers: { 'Content-Type': 'text/html' } })

/** What isn't the service's own word. */
const faults: [string, () => Instead][] = [
  ['404 without a body', () => 404],
  ['404 with a page', () => page(404)],
  [
    '404 with JSON of a gateway',
    () =>
      new Response('{"message":"no Route matched with those values"}', { status: 404, headers: { 'Content-Type': 'application/json' } }),
  ],
  ['500', () => 500],
  [
    '500 of the service',
    () =>
      new Response('{"status":500,"title":"Internal Server Error","detail":"x"}', {
        status: 500,
        headers: { 'Content-Type': 'application/problem+json' },
      }),
  ],
  ['429', () => 429],
  ['502 with a page', () => page(502)],
  ['503', () => 503],
  ['504', () => 504],
  ['a reset', () => 'reset'],
]

const keyId = 'c0000000-0000-4000-8000-000000000009'
const jobId = 'd0000000-0000-4000-8000-000000000001'
const otherId = 'd0000000-0000-4000-8000-000000000002'
const job = {
  created: '2026-01-02T03:04:05',
  job_type: 'create',
  artifact_id: recipeOf('succeeds'),
  public_key_id: keyId,
  image_root_archive_name: 'mine',
  enable_debug: false,
  status: 'creating',
} as const
const seed = { ...endingSeed, public_keys: [{ id: keyId, created: '2026-01-01T00:00:00', name: 'k', public_key: keys['id_ed25519.pub'] }] }
const at = <R>(work: (site: WatchedSite) => Promise<R>, jobs: object[] = [], speed: Speed = 'step') =>
  withSite({ keys, speed, seed: { ...seed, jobs } as never }, work)

const looks = 10

/** Answers that reads don't get once a job is there and looked at: so many, twice. */
function faultAt(site: WatchedSite, fault: () => Instead, isLook: (step: string) => boolean): () => number {
  let [seen, given] = [0, 0]
  site.intervene({
    before({ step }) {
      if (!isLook(step) || ++seen < 2 || given >= looks) return undefined
      given++
      return fault()
    },
  })
  return () => given
}

describe.concurrent.each(sampled(faults, 2))('%s for some looks ends no watch of hours:', (_, fault) => {
  test('build', () =>
    at(async (site) => {
      const given = faultAt(site, fault, (step) => step.startsWith('GET jobs/ONE'))
      const { exit, stdout, stderr } = await site.ims('build', 'succeeds', '--name', 'mine')
      expect({ exit, given: given(), stderr }).toEqual({
        exit: 0,
        given: looks,
        stderr: expect.stringContaining('the service is unavailable ('),
      })
      expect(site.mock.state.images.get(stdout.trim())).toMatchObject({ name: 'mine' })
    }))

  test('jobs wait of one', () =>
    at(
      async (site) => {
        const given = faultAt(site, fault, (step) => step.startsWith('GET jobs/ONE'))
        expect(await site.ims('jobs', 'wait', jobId, '--query', 'status')).toMatchObject({ exit: 0, stdout: 'success\n' })
        expect(given()).toBe(looks)
      },
      [{ ...job, id: jobId }],
    ))
})

describe.concurrent.each(sampled(faults.slice(0, 5), 2))('%s for some looks ends no watch of hours, either:', (_, fault) => {
  test('jobs wait of several', () =>
    at(
      async (site) => {
        let seen = 0
        site.intervene({
          before({ step }) {
            if (step !== 'GET jobs') return undefined
            if (++seen > looks + 2)
              for (const one of [...site.mock.state.jobs.values()]) site.mock.state.jobs.set(one.id, { ...one, status: 'success' })
            return seen >= 2 && seen < looks + 2 ? fault() : undefined
          },
        })
        expect(await site.ims('jobs', 'wait', jobId, otherId, '--query', '[].status')).toMatchObject({
          exit: 0,
          stdout: 'success\nsuccess\n',
        })
        expect(seen).toBeGreaterThan(looks + 2)
      },
      [
        { ...job, id: jobId },
        { ...job, id: otherId, image_root_archive_name: 'other' },
      ],
    ))

  test('jobs debug', () =>
    at(
      async (site) => {
        const given = faultAt(site, fault, (step) => step.startsWith('GET jobs/ONE'))
        expect(
          await run(['jobs', 'debug', jobId, '--interval', '0.01', '--', 'echo', 'in'], { cwd: site.home, env: site.env }),
        ).toMatchObject({ exit: 0, stdout: 'in\n' })
        expect(given()).toBe(looks)
      },
      [{ ...job, id: jobId, artifact_id: recipeOf('fails'), enable_debug: true }],
    ))

  test('customize', () =>
    at(async (site) => {
      const given = faultAt(site, fault, (step) => /^GET jobs\/ONE (fetching|packaging)/.test(step))
      const { exit, stdout } = await site.ims('customize', 'image-succeeds', '--name', 'mine', '--run', 'true')
      expect({ exit, given: given() }).toEqual({ exit: 0, given: looks })
      expect(site.mock.state.images.get(stdout.trim())).toMatchObject({ name: 'mine' })
    }))

  test('build --file', () =>
    at(
      async (site) => {
        writeFileSync(join(site.home, 'images.yaml'), 'images:\n  - {name: a, recipe: succeeds}\n  - {name: b, recipe: succeeds}\n')
        let given = 0
        site.intervene({
          before: ({ method }) =>
            method === 'GET' && site.mock.state.jobs.values().next().value !== undefined && given < looks && ++given > 0
              ? fault()
              : undefined,
        })
        expect(await site.ims('build', '--file', 'images.yaml')).toMatchObject({ exit: 0 })
        expect(given).toBe(looks)
      },
      [],
      3000,
    ))
})

const withoutKubectl = spawnSync('kubectl', ['version', '--client']).error !== undefined

test.skipIf(withoutKubectl && !process.env.CI).concurrent.each(sampled(faults.slice(0, 5), 2))('jobs logs -f: %s', (_, fault) =>
  withSite(
    { keys, speed: 500, kubectl: 'real', seed: { ...seed, jobs: [{ ...job, id: jobId, created: undefined }] } as never },
    async (site) => {
      const given = faultAt(site, fault, (step) => step.startsWith('GET jobs/ONE'))
      const { exit, stdout, stderr } = await run(['jobs', 'logs', jobId, '-f'], { cwd: site.home, env: site.env })
      expect({ exit, stderr }).toEqual({ exit: 0, stderr: expect.not.stringContaining('gone') })
      expect(stdout).toMatch(/^buildenv-sidecar \| /m)
      expect(given()).toBeGreaterThan(0)
    },
  ),
)

describe.concurrent('a job that is gone when its image is there:', () => {
  /** Deletes the job as soon as it has a status, as who follows it does once the image is there. */
  const finishedByAnother = (site: WatchedSite, status: string) =>
    site.intervene({
      before({ step, job }) {
        if (job && step.startsWith(`GET jobs/ONE ${status}`) && site.mock.state.jobs.delete(job.id)) {
          const made = image('e0000000-0000-4000-8000-000000000001', job.image_root_archive_name, {
            created: new Date().toISOString().replace('Z', ''),
          })
          site.mock.state.images.set(made.id, made as never)
        }
        return undefined
      },
    })
  const made = 'e0000000-0000-4000-8000-000000000001'

  test.each(['building_image', 'packaging_artifacts'])('build finds it, from %s', (status) =>
    at(async (site) => {
      finishedByAnother(site, status)
      const { exit, stdout, stderr } = await site.ims('build', 'succeeds', '--name', 'mine')
      expect({ exit, stdout, stderr }).toEqual({
        exit: 0,
        stdout: `${made}\n`,
        stderr: expect.stringMatching(/Job \S+ is gone; its image e0000000… is there/),
      })
    }),
  )

  test.each([[[]], [['--for', 'done']]])('jobs wait finds it: %j', (words) =>
    at(
      async (site) => {
        finishedByAnother(site, 'packaging_artifacts')
        const { exit, stdout, stderr } = await site.ims('jobs', 'wait', jobId, '--query', 'resultant_image_id', ...words)
        expect({ exit, stdout, stderr }).toEqual({
          exit: 0,
          stdout: `${made}\n`,
          stderr: expect.stringContaining(`is gone; its image ${made} is there`),
        })
      },
      [{ ...job, id: jobId }],
    ),
  )

  test('jobs complete finds it', () =>
    at(
      async (site) => {
        finishedByAnother(site, 'packaging_artifacts')
        expect(await site.ims('jobs', 'complete', jobId)).toMatchObject({ exit: 0, stdout: `${made}\n` })
      },
      [{ ...job, id: jobId, job_type: 'customize', artifact_id: imageOf('succeeds'), status: 'waiting_on_user' }],
    ))

  test('one that made none was deleted', () =>
    at(
      async (site) => {
        site.intervene({ before: ({ step, job }) => void (step === 'GET jobs/ONE building_image' && site.mock.state.jobs.delete(job!.id)) })
        expect(await site.ims('jobs', 'wait', jobId)).toMatchObject({
          exit: 1,
          stdout: '',
          stderr: expect.stringContaining(`Error: job ${jobId} is gone: it was deleted\n`),
        })
      },
      [{ ...job, id: jobId }],
    ))
})

describe.concurrent('an interruption whose DELETE is refused', () => {
  const interrupted = (answers: (count: number) => Instead) =>
    withSite({ keys, speed: 3000 }, async (site) => {
      const program = site.start('build', 'hangs', '--name', 'mine', '--cancel-on-interrupt')
      await program.says('→ building_image')
      let count = 0
      site.intervene({ before: ({ method }) => (method === 'DELETE' ? answers(++count) : undefined) })
      program.kill('SIGTERM')
      const { exit, stderr } = await program.ended
      const [, id] = /^Job (\S+)$/m.exec(stderr)!
      return { id, exit, count, last: stderr.trimEnd().split('\n').at(-1), jobs: [...site.mock.state.jobs.values()].length }
    })

  test.each([500, 503, 'reset'] as const)('twice by %s is repeated until it is done', async (instead) => {
    const { id, ...outcome } = await interrupted((count) => (count <= 2 ? instead : undefined))
    expect(outcome).toEqual({ exit: 143, count: 3, jobs: 0, last: `Job ${id} is deleted.` })
  })

  test('each time is told, with the line that does it', async () => {
    const { id, ...outcome } = await interrupted(() => 403)
    expect(outcome).toEqual({
      exit: 143,
      count: 4,
      jobs: 1,
      last: expect.stringMatching(new RegExp(`^Job ${id} is not deleted: .*403 Forbidden\\. To delete it: cray-ims jobs delete ${id}$`)),
    })
  })

  test('a job whose POST is under way: its answer is waited for, and the job deleted', () =>
    withSite({ keys, speed: 3000 }, async (site) => {
      const program = site.start('build', 'hangs', '--name', 'mine', '--cancel-on-interrupt')
      site.intervene({
        async after({ step }) {
          if (step !== 'POST jobs') return undefined
          program.kill('SIGTERM')
          await program.says("waiting up to 30s for the service's answer")
          return undefined
        },
      })
      const { exit, stderr } = await program.ended
      expect({ exit, stderr, jobs: [...site.mock.state.jobs.values()] }).toEqual({
        exit: 143,
        stderr: expect.stringMatching(/Job \S+ is deleted\.\n$/),
        jobs: [],
      })
    }))
})
