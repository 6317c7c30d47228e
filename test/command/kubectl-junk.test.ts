import { describe, expect, test } from 'vitest'
import { ownKeys } from '../support/own-keys.ts'
import { run, type Outcome } from '../support/program.ts'
import { recipeOf, withSite, type WatchedSite, type WatchedSiteOptions } from '../support/watched-site.ts'
import { sampled } from '../support/sampled.ts'

const print = (text: string) => `cat <<'.'\n${text}\n.`

/** What kubectl does in place of what it should; more of the kind is in the tests of what is read of it. */
const junk: readonly (readonly [what: string, script: string])[] = [
  ['pods of nulls', print('{"items":[{"metadata":{"name":"p","creationTimestamp":null},"spec":null,"status":null,"reason":null}]}')],
  [
    'states that are none',
    print(
      '{"items":[{"metadata":{"name":"p"},"spec":{"containers":[{"name":"sshd"}]},"status":{"reason":{},"containerStatuses":[{"name":"sshd","state":"running","lastState":[]}]}}]}',
    ),
  ],
  ['HTML', print('<html>')],
  ['nothing, and dies', 'kill -9 $$'],
  ['without an end', 'exec cat /dev/zero'],
]

/** Commands that ask kubectl besides what they do, each at a site of its own. */
const commands: Record<string, { more?: WatchedSiteOptions; line: (site: WatchedSite) => Promise<Outcome>; exit: number }> = {
  'jobs wait': {
    more: { speed: 1000 },
    line: async (site) => site.ims('jobs', 'wait', await jobOf(site, 'hangs'), '--timeout', '2s'),
    exit: 3,
  },
  'jobs debug': { line: async (site) => site.ims('jobs', 'debug', await jobOf(site, 'fetch-fails')), exit: 1 },
  build: { line: (site) => site.ims('build', 'succeeds', '--name', 'mine', '--logs'), exit: 0 },
  'a build that fails': { line: (site) => site.ims('build', 'fails', '--name', 'mine', '--on-failure', 'delete', '--logs'), exit: 1 },
  customize: { line: (site) => site.ims('customize', 'image-succeeds', '--name', 'mine', '--run', 'true', '--logs'), exit: 0 },
}

const keys = ownKeys()

async function jobOf({ mock }: WatchedSite, ends: Parameters<typeof recipeOf>[0]): Promise<string> {
  const ask = async (path: string, body: object) =>
    (await (
      await mock.handle(
        new Request(`http://ims/apis/ims/v3/${path}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        }),
      )
    ).json()) as { id: string }
  const { id: key } = await ask('public-keys', { name: 'k', public_key: keys['id_ed25519.pub'] })
  return (
    await ask('jobs', {
      job_type: 'create',
      artifact_id: recipeOf(ends),
      public_key_id: key,
      image_root_archive_name: 'result',
      enable_debug: true,
    })
  ).id
}

describe.each(Object.entries(commands).map(([name, command], at) => [name, command, at] as const))('%s', (_, { more, line, exit }, at) => {
  test.concurrent.each(sampled(junk, 2, at))('where kubectl prints %s', (_, script) =>
    withSite({ keys, kubectl: script, ...more }, async (site) => {
      const outcome = await line(site)
      expect(outcome).toMatchObject({ exit, stderr: expect.not.stringContaining('should not') })
      expect(outcome.stderr).not.toContain('background task')
      expect(site.kubectl.calls().length).toBeGreaterThan(0)
    }),
  )
})

test.concurrent.each(junk)('jobs logs says that it has none where kubectl prints %s', (_, script) =>
  withSite({ keys, kubectl: script }, async (site) => {
    const { exit, stdout, stderr } = await run(['jobs', 'logs', await jobOf(site, 'hangs')], { cwd: site.home, env: site.env })
    // A pod without containers has no logs; else it says what is wrong.
    expect(exit === 0 || /^Error: can't read the logs of job .*\n.*\nNext: kubectl /.test(stderr), stderr).toBe(true)
    expect(stdout).toBe('')
  }),
)
