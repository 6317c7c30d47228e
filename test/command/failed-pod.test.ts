import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Job } from '../../src/mock/library.ts'
import { ownKeys } from '../support/own-keys.ts'
import { ended, pod } from '../support/pods.ts'
import { run } from '../support/program.ts'
import { customizing, startSite } from '../support/site.ts'
import { fillCluster, standInCluster } from '../support/site-kubectl.ts'
import { withSite, type WatchedSite } from '../support/watched-site.ts'

const withoutKubectl = spawnSync('kubectl', ['version', '--client']).error !== undefined
if (withoutKubectl) console.warn('There is no kubectl in PATH (Debian: kubernetes-client): its tests are skipped.')
// In CI it has to be there.
const skip = withoutKubectl && !process.env.CI

const keys = ownKeys()

/** A site whose jobs move by themselves, and its cluster. */
const at = <R>(work: (site: WatchedSite) => Promise<R>) => withSite({ keys, speed: 3000, kubectl: 'real' }, work)

const jobsOf = ({ mock }: WatchedSite): Job[] => [...mock.state.jobs.values()]
const posts = (site: WatchedSite) => site.writes().filter(({ step }) => step === 'POST jobs').length
const lines = (text: string) => text.trimEnd().split('\n')

/** What each container says that has failed. */
const reasons = {
  killed: ['  build-image: OOMKilled: exit code 137', '  It needs more memory: --job-mem-size GIB'],
  'no-config': ['  wait-for-repos: /mnt/image/recipe/config.xml does not exist.'],
  'image-killed': ['  prepare: OOMKilled: exit code 137', '  It needs more memory: --job-mem-size GIB'],
} as const
const statuses = { killed: 'building_image', 'no-config': 'waiting_for_repos', 'image-killed': 'fetching_image' } as const

const commandOf = (source: keyof typeof reasons) =>
  source === 'image-killed' ? ['customize', source, '--name', 'mine', '--run', 'true'] : ['build', source, '--name', 'mine']

describe.skipIf(skip).concurrent('a job whose pod has failed', () => {
  const sources = ['killed', 'no-config', 'image-killed'] as const

  test.each(sources)('ends build and customize soon: %s; the same line is refused, and --new makes one', (source) =>
    at(async (site) => {
      const first = await site.ims(...commandOf(source))
      const [{ id }] = jobsOf(site) as [Job]
      expect({ exit: first.exit, stdout: first.stdout }).toEqual({ exit: 1, stdout: '' })
      const told = lines(first.stderr)
      const why = `Error: image mine was not made: job ${id} stays ${statuses[source]}: its pod has failed`
      expect(told).toContain(why)
      for (const reason of reasons[source]) expect(told.filter((line) => line === reason)).toHaveLength(1)
      expect(told.at(-1)).toBe(`Next: cray-ims jobs delete ${id}`)

      const again = await site.ims(...commandOf(source))
      expect({ exit: again.exit, stdout: again.stdout, posts: posts(site) }).toEqual({ exit: 1, stdout: '', posts: 1 })
      expect(lines(again.stderr)).toEqual([
        why,
        ...reasons[source],
        `To begin again: --new, or first cray-ims jobs delete ${id}`,
        `Next: cray-ims jobs delete ${id}`,
      ])

      for (const one of [...site.mock.state.recipes.values(), ...site.mock.state.images.values()]) one.mock = { builds: 'succeeds' }
      const anew = await site.ims(...commandOf(source), '--new')
      expect({ exit: anew.exit, posts: posts(site) }).toEqual({ exit: 0, posts: 2 })
      expect(jobsOf(site).map((job) => job.id)).toEqual([id])
    }),
  )

  test('ends build --resume, jobs wait, jobs debug and jobs logs -f', { timeout: 120_000 }, () =>
    at(async (site) => {
      await site.ims(...commandOf('no-config'), '--debug')
      const [{ id }] = jobsOf(site) as [Job]
      const dead = `job ${id} stays waiting_for_repos: its pod has failed`
      const logs = run(['jobs', 'logs', id, '-f'], { cwd: site.home, env: site.env })
      for (const [words, head] of [
        [['build', '--resume', id], 'image mine was not made: '],
        [['jobs', 'wait', id], ''],
        [['jobs', 'wait', id, '--for', 'done'], ''],
        [['jobs', 'debug', id], 'no shell will come: '],
        [['jobs', 'debug', id, '--', 'true'], 'no shell will come: '],
      ] as const) {
        const { exit, stderr } = await site.ims(...words)
        expect({ words, exit, stderr }).toEqual({
          words,
          exit: 1,
          stderr: expect.stringContaining(`Error: ${head}${dead}\n${reasons['no-config'].join('\n')}\n`),
        })
        expect(lines(stderr).at(-1)).toBe(`Next: cray-ims jobs delete ${id}`)
      }
      expect(await logs).toMatchObject({
        exit: 1,
        stderr: expect.stringContaining(`Error: ${dead}\n${reasons['no-config'].join('\n')}\nNext: cray-ims jobs delete ${id}\n`),
      })
    }),
  )

  test('ends jobs wait of several, whatever the others do', () =>
    at(async (site) => {
      await site.ims(...commandOf('killed'))
      const [{ id }] = jobsOf(site) as [Job]
      await site.ims('build', 'hangs', '--name', 'other', '--timeout', '0.5')
      const other = jobsOf(site).find((job) => job.id !== id)!.id
      const { exit, stdout, stderr } = await site.ims('jobs', 'wait', other, id, '--format', 'json')
      expect({ exit, printed: (JSON.parse(stdout) as Job[]).map((job) => job.id) }).toEqual({ exit: 1, printed: [other, id] })
      expect(stderr).toContain(`Error: job ${id} stays building_image: its pod has failed\n${reasons.killed.join('\n')}\n`)
    }))

  test('is an image of a file that is not made; new: true makes it again', () =>
    at(async (site) => {
      const file = join(site.home, 'images.yaml')
      const write = (more: string) =>
        writeFileSync(file, `images:\n  - {name: a, recipe: succeeds}\n  - {name: b, recipe: no-config${more}}\n`)
      const build = () => site.ims('build', '--file', file)
      write('')
      const first = await build()
      const { id } = jobsOf(site)[0]!
      const reason = `b: ${reasons['no-config'][0].trim()}`
      expect(first).toMatchObject({
        exit: 1,
        stderr: expect.stringContaining(`job ${id} stays waiting_for_repos: its pod has failed\n${reason}\n`),
      })
      const again = await build()
      expect(again).toMatchObject({
        exit: 1,
        stderr: expect.stringContaining(`job ${id} stays waiting_for_repos: its pod has failed\n${reason}\n`),
      })
      expect({ posts: posts(site), jobs: jobsOf(site).length }).toEqual({ posts: 2, jobs: 1 })
      for (const one of site.mock.state.recipes.values()) one.mock = { builds: 'succeeds' }
      write(', new: true')
      expect(await build()).toMatchObject({ exit: 0 })
      expect({ posts: posts(site), jobs: jobsOf(site).map((job) => job.id) }).toEqual({ posts: 3, jobs: [id] })
    }))
})

test.concurrent('a pod that fails while its image is packaged ends jobs complete', async () => {
  const job = customizing()
  const site = await startSite({ jobs: [job], kubectl: standInCluster, mock: ['--speed', '1'] })
  try {
    fillCluster(site.kubectl, {
      pod: pod({ prepare: ended(0), 'buildenv-sidecar': ended(137, 'OOMKilled'), sshd: ended(0) }, { phase: 'Failed' }),
    })
    const { exit, stdout, stderr } = await run(['jobs', 'complete', job.id, '--interval', '0.1'], { cwd: site.home, env: site.env })
    expect({ exit, stdout }).toEqual({ exit: 1, stdout: '' })
    expect(stderr).toContain(
      `Error: job ${job.id} stays packaging_artifacts: its pod has failed\n  buildenv-sidecar: OOMKilled: exit code 137\n  It needs more memory: --job-mem-size GIB\nNext: cray-ims jobs delete ${job.id}\n`,
    )
  } finally {
    await site.close()
  }
})

test.concurrent.each([
  ['jobs debug', (id: string) => ['jobs', 'debug', id], ''],
  ['jobs complete', (id: string) => ['jobs', 'complete', id], ''],
  ['jobs fail', (id: string) => ['jobs', 'fail', id], ''],
  ['customize', (id: string) => ['customize', '--resume', id, '--run', 'true'], 'image image-1 was not made: '],
])('a pod that has failed while its job waits on its user ends %s', async (_, words, head) => {
  const nowhere = { host: '127.0.0.1', port: 1 }
  const job = customizing({
    ssh_containers: [
      { name: 'customize', jail: false, status: 'pending', connection_info: { customer_access: nowhere, 'cluster.local': nowhere } },
    ],
  })
  const site = await startSite({ jobs: [job], kubectl: standInCluster })
  try {
    fillCluster(site.kubectl, {
      pod: pod({ prepare: ended(0), 'buildenv-sidecar': ended(137, 'OOMKilled'), sshd: ended(255) }, { phase: 'Failed' }),
    })
    // It can't be resumed: nothing says that it could.
    const again = head && `To begin again: --new, or first cray-ims jobs delete ${job.id}\n`
    const { exit, stdout, stderr } = await run([...words(job.id), '--interval', '0.1'], { cwd: site.home, env: site.env })
    expect({ exit, stdout }).toEqual({ exit: 1, stdout: '' })
    expect(stderr).toContain(
      `Error: ${head}job ${job.id} stays waiting_on_user: its pod has failed\n  buildenv-sidecar: OOMKilled: exit code 137\n  It needs more memory: --job-mem-size GIB\n${again}Next: cray-ims jobs delete ${job.id}\n`,
    )
  } finally {
    await site.close()
  }
})

test.concurrent(
  'without kubectl, and with a cluster that does not answer: this lasts longer than it ever does, and how to look',
  async () => {
    await withSite({ keys, speed: 3000, kubectl: "echo 'no route' >&2; exit 1" }, async (site) => {
      await site.ims(...commandOf('no-config'), '--timeout', '0.5')
      const [{ id, kubernetes_job }] = jobsOf(site) as [Job]
      // As if it had begun yesterday.
      site.mock.state.jobs.set(id, { ...site.mock.state.jobs.get(id)!, created: '2026-01-02T03:04:05' })
      for (const [words, PATH] of [
        [['jobs', 'wait', id], '/nowhere'],
        [['build', '--resume', id], site.env.PATH!],
      ] as const) {
        const { exit, stderr } = await run([...words, '--interval', '0.05', '--timeout', '2'], {
          cwd: site.home,
          env: { ...site.env, PATH },
        })
        expect(exit).toBe(3)
        expect(stderr).toMatch(
          new RegExp(
            `${id.slice(0, 8)}… is still waiting_for_repos \\S+ after it was created, longer than that ever takes: its pod may have failed\\. Where kubectl works \\(here: .*\\): kubectl get pods -n ims -l job-name=${kubernetes_job}\n`,
          ),
        )
      }
    })
  },
)
