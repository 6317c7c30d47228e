import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Job } from '../../src/mock/library.ts'
import { withSite, type WatchedSite, type WatchedSiteOptions } from '../support/watched-site.ts'
import { run } from '../support/program.ts'
import { ownKeys } from '../support/own-keys.ts'
import { makeKey } from '../support/sshd.ts'

const withoutKubectl = spawnSync('kubectl', ['version', '--client']).error !== undefined
if (withoutKubectl) console.warn('There is no kubectl in PATH (Debian: kubernetes-client): its tests are skipped.')
// In CI it has to be there.
const skip = withoutKubectl && !process.env.CI

const namespaces = spawnSync('unshare', ['--user', '--map-root-user', '--mount', '--pid', '--fork', 'true']).status === 0
if (!namespaces)
  console.warn("Namespaces of Linux are not allowed here: what runs in an image root isn't tested, for there is none to change into.")

const keys = ownKeys()

/** Tries something at a site of its own. */
const at = <R>(options: WatchedSiteOptions, work: (site: WatchedSite) => Promise<R>) => withSite({ keys, ...options }, work)

const jobsOf = ({ mock }: WatchedSite): Job[] => [...mock.state.jobs.values()]
const madeBy = ({ mock }: WatchedSite) => [...mock.state.images.values()].filter(({ name }) => name === 'mine').map(({ id }) => `${id}\n`)
const lines = (text: string) => text.trimEnd().split('\n')
const customize = (site: WatchedSite, ...words: string[]) => site.ims('customize', 'image-succeeds', '--name', 'mine', ...words)

describe.concurrent('cray-ims customize', () => {
  test('by a command: from the image to the id of the new one, and nothing else on stdout', () =>
    at({}, async (site) => {
      const { exit, stdout, stderr } = await customize(site, '--run', 'echo out; echo err >&2')
      expect({ exit, stdout: [stdout] }).toEqual({ exit: 0, stdout: madeBy(site) })
      const [, id] = /^Job (\S+)$/m.exec(stderr)!
      const short = `${id!.slice(0, 8)}…`
      const words = stderr
        .replace(/ \d+s /g, ' … ')
        .replace(/\(\d+s\)/, '(…)')
        .replace(/127\.0\.0\.1:\d+/g, 'HOST')
        .replace(/SHA256:\S+/, 'SHA256:…')
        .replace(/^(out|err)\n(out|err)$/m, 'out\nerr')
      // Whether it is still seen to wait after it was told is a matter of time.
      const said = lines(words).filter((line) => !line.endsWith('→ packaging_artifacts'))
      expect(said).toEqual([
        'Key ~/.ssh/id_ed25519.pub uploaded as "jane public key"',
        `Job ${id}`,
        `Resume with: cray-ims customize --resume ${id} --run 'echo out; echo err >&2'`,
        `${short} creating … → fetching_image`,
        `${short} fetching_image … → waiting_on_user`,
        `${short} waiting_on_user; reaching customer HOST, cluster HOST`,
        '  host key SHA256:… new, accepted',
        `Job ${short} runs: echo out; echo err >&2`,
        'out',
        'err',
        `${short} packaging_artifacts … → success`,
        `✔ image ${stdout.slice(0, 8)}… linked; job deleted (…)`,
      ])
      expect(site.writes().map(({ step }) => step)).toEqual(['POST public-keys', 'POST jobs', 'DELETE jobs/ONE success'])
      expect(JSON.parse(site.writes()[1]!.body)).toMatchObject({
        job_type: 'customize',
        ssh_containers: [{ name: 'customize', jail: true }],
      })
      expect(JSON.parse(site.writes()[1]!.body)).not.toHaveProperty('enable_debug')
    }))

  const where = 'test ! -e /mnt && cat /etc/cray-release && echo new >/etc/new && cat /etc/new'
  test.runIf(namespaces).each([
    [[], true],
    [['--jail'], true],
    [['--no-jail'], false],
  ] as const)('a command runs in the image root: %j', (words, jail) =>
    at({}, async (site) => {
      const { exit, stdout, stderr } = await customize(site, '--run', where, ...words)
      expect({ exit, stdout: [stdout] }).toEqual({ exit: 0, stdout: madeBy(site) })
      expect(stderr).toContain('\nmine\nnew\n')
      expect(JSON.parse(site.writes()[1]!.body).ssh_containers).toEqual([{ name: 'customize', jail }])
    }),
  )

  const scripts: [string, string, number][] = [
    ['with an interpreter', '#!/bin/sh\ncat /etc/cray-release\necho "$0"\n', 0o755],
    ['without one, and not to be run', 'cat /etc/cray-release\necho "$0"\n', 0o644],
  ]
  test
    .runIf(namespaces)
    .each(scripts.flatMap((script) => ([['--jail'], ['--no-jail']] as const).map((words) => [...script, words] as const)))(
    'a script %s',
    (_, text, mode, words) =>
      at({}, async (site) => {
        mkdirSync(join(site.home, 'own'))
        writeFileSync(join(site.home, 'own/script'), text, { mode })
        // Its path is said as it was given, and starts from where the program was started.
        const { exit, stdout, stderr } = await customize(site, '--script', 'own/script', ...words)
        const [, id] = /^Job (\S+)$/m.exec(stderr)!
        expect({ exit, stdout: [stdout] }).toEqual({ exit: 0, stdout: madeBy(site) })
        expect(stderr).toContain(`Job ${id!.slice(0, 8)}… runs own/script\nmine\n/.cray-ims-${id}/script.`)
        expect(stderr).toContain(`Resume with: cray-ims customize --resume ${id} --script own/script\n`)
      }),
  )

  const refused: [string, string[], RegExp][] = [
    ['no way to do it by hand', [], /Error: Without a terminal a customisation needs --script or --run\.\n/],
    ['two ways', ['--run', 'x', '--script', 'y'], /--script and --run don't go together/],
    ['a jail and none', ['--run', 'x', '--jail', '--no-jail'], /--jail and --no-jail don't go together/],
    ['a script that is not there', ['--script', 'nowhere/script'], /Error: nowhere\/script: no such file\n/],
    ['a script that is empty', ['--script', 'empty'], /Error: empty is empty\n/],
    [
      'a script of Windows',
      ['--script', 'windows'],
      /Error: windows has a CR at the end in line 1.*\nNext: sed -i 's\/\\r\$\/\/' windows\n/,
    ],
    ['a script that is no text', ['--script', 'binary'], /Error: binary is not text: line 2 has a NUL\n/],
    ['a script without its interpreter', ['--script', 'nothing'], /Error: nothing has no interpreter after #!\n/],
    ['an empty command', ['--run', ' '], /--run.*the command is empty \(unset variable\?\)/],
  ]
  test.each(refused)('refuses before anything is sent: %s', (_, words, says) =>
    at({}, async (site) => {
      for (const [name, text] of Object.entries({
        empty: '\n',
        windows: '#!/bin/sh\r\necho one\r\n',
        binary: '#!/bin/sh\n\0',
        nothing: '#!\n',
      }))
        writeFileSync(join(site.home, name), text)
      const { exit, stdout, stderr } = await customize(site, ...words)
      expect({ exit, stdout, asked: site.asked }).toEqual({ exit: 2, stdout: '', asked: [] })
      expect(stderr).toMatch(says)
    }),
  )

  test.runIf(namespaces).each([['--jail'], ['--no-jail']])(
    'a script whose interpreter the image lacks has done nothing: the job waits for another (%s)',
    (jail) =>
      at({}, async (site) => {
        writeFileSync(join(site.home, 'script'), '#!/usr/bin/no-such-python3\nprint(1)\n')
        const { exit, stdout, stderr } = await customize(site, '--script', 'script', jail)
        expect({ exit, stdout, statuses: jobsOf(site).map(({ status }) => status) }).toEqual({
          exit: 255,
          stdout: '',
          statuses: ['waiting_on_user'],
        })
        expect(stderr).toContain(
          "Error: the script couldn't be started: there is no /usr/bin/no-such-python3 in the image root, which its first line names\n",
        )
        const [, again] = /\nResume with: cray-ims (.*)\n$/.exec(stderr) ?? []
        writeFileSync(join(site.home, 'script'), '#!/usr/bin/env sh\nexit 0\n')
        const second = await site.ims(...again!.split(' '))
        expect(second).toMatchObject({ exit: 0, stdout: madeBy(site)[0] })
      }),
  )

  test('a job that is done needs no command to be taken up', () =>
    at({}, async (site) => {
      expect((await customize(site, '--run', 'exit 0', '--keep-job')).exit).toBe(0)
      const [{ id }] = jobsOf(site) as [Job]
      const { exit, stdout } = await site.ims('customize', '--resume', id)
      expect({ exit, stdout: [stdout], jobs: jobsOf(site) }).toEqual({ exit: 0, stdout: madeBy(site), jobs: [] })
    }))
})

describe.concurrent('a customisation that fails', () => {
  test.each([
    ['a command', ['--run', 'echo out; exit 7'], 'the command ended with 7'],
    ['a command by a signal', ['--run', 'kill -9 $$'], 'the command ended with 137'],
    ['a script', ['--script', 'script'], 'script ended with 9'],
  ])('%s: the job is told to end without a result', (_, words, why) =>
    at({}, async (site) => {
      writeFileSync(join(site.home, 'script'), 'exit 9\n')
      const { exit, stdout, stderr } = await customize(site, ...words)
      expect({ exit, stdout, made: madeBy(site) }).toEqual({ exit: 1, stdout: '', made: [] })
      const [{ id }] = jobsOf(site) as [Job]
      expect(stderr).toContain(`✖ ${why}\n`)
      expect(stderr).toMatch(
        new RegExp(
          `Error: image mine was not made: ${why}\nJob ${id} was told to discard its image\\.\nNext: cray-ims jobs delete ${id}\n$`,
        ),
      )
      await expect.poll(() => jobsOf(site)[0]!.status, { timeout: 30_000 }).toBe('error')
    }),
  )

  test('--on-failure keep leaves it waiting, and says how to go on', () =>
    at({}, async (site) => {
      const { exit, stdout, stderr } = await customize(site, '--run', 'exit 7', '--on-failure', 'keep')
      const [{ id, status }] = jobsOf(site) as [Job]
      expect({ exit, stdout, status }).toEqual({ exit: 1, stdout: '', status: 'waiting_on_user' })
      expect(lines(stderr).slice(-4)).toEqual([
        'Error: image mine was not made: the command ended with 7',
        `Job ${id} waits on its user, holding 16 GiB. To begin again: --new, or first cray-ims jobs delete ${id}`,
        `Resume with: cray-ims customize --resume ${id} --on-failure keep --run 'exit 7'`,
        `Next: cray-ims jobs debug ${id}`,
      ])
      // What is half changed is no place for another try, nor for another command.
      for (const [command, why] of [
        ['exit 7', 'the script ended with 7, and may have changed half of its image root'],
        ['exit 0', 'another script or command was started in its image root'],
      ] as const) {
        const again = await site.ims('customize', '--resume', id, '--run', command)
        expect({ exit: again.exit, stdout: again.stdout }).toEqual({ exit: 1, stdout: '' })
        expect(again.stderr).toContain(`Error: image mine was not made: ${why} (by jane@`)
        expect(again.stderr).toContain('add --new')
        expect(lines(again.stderr).at(-1)).toBe(`Next: cray-ims jobs debug ${id}`)
      }
    }))

  test.skipIf(skip)('--on-failure delete saves its logs, and deletes', () =>
    at({ speed: 3000, kubectl: 'real' }, async (site) => {
      const { exit, stdout, stderr } = await customize(site, '--run', 'exit 7', '--on-failure', 'delete')
      expect({ exit, stdout, jobs: jobsOf(site) }).toEqual({ exit: 1, stdout: '', jobs: [] })
      const [, path] = /^Logs (.*)$/m.exec(stderr)!
      expect(statSync(path!).mode & 0o777).toBe(0o600)
      expect(readFileSync(path!, 'utf8')).toContain('prepare | ')
    }),
  )

  test('--on-failure delete where the logs can not be saved keeps the job', () =>
    at({}, async (site) => {
      expect(await customize(site, '--run', 'exit 7', '--on-failure', 'delete')).toMatchObject({
        exit: 1,
        stdout: '',
        stderr: expect.stringContaining("can't be saved"),
      })
      expect(jobsOf(site)).toMatchObject([{ status: 'waiting_on_user' }])
    }))

  test('--on-failure shell runs what is piped in', () =>
    at({}, async (site) => {
      const argv = ['customize', 'image-succeeds', '--name', 'mine', '--run', 'exit 7', '--on-failure', 'shell', '--interval', '0.01']
      const { exit, stdout, stderr } = await run(argv, { cwd: site.home, env: site.env, stdin: 'touch /tmp/complete\n' })
      expect(stderr).toContain('✖ the command ended with 7\n')
      // Whoever releases the job in the shell gets what comes of it.
      expect({ exit, stdout: [stdout] }).toEqual({ exit: 0, stdout: madeBy(site) })
    }))

  const ends: [string, string, RegExp][] = [
    ['in its fetch', 'image-fetch-fails', /ended in error\n  prepare: .*Failed to download .*\nNext: cray-ims images describe b/s],
    ['in packaging', 'image-packaging-fails', /ended in error\n  buildenv-sidecar: .*ERROR.*\nNext: cray-ims jobs logs /s],
  ]
  test.skipIf(skip).each(ends)('%s', (_, image, says) =>
    at({ speed: 3000, kubectl: 'real' }, async (site) => {
      const { exit, stdout, stderr } = await site.ims('customize', image, '--name', 'mine', '--run', 'exit 0')
      expect({ exit, stdout, status: jobsOf(site)[0]!.status }).toEqual({ exit: 1, stdout: '', status: 'error' })
      expect(stderr).toMatch(says)
    }),
  )

  test('3 at the time limit', () =>
    at({ speed: 3000 }, async (site) => {
      const { exit, stdout, stderr } = await site.ims('customize', 'image-hangs', '--name', 'mine', '--run', 'exit 0', '--timeout', '1')
      expect({ exit, stdout }).toEqual({ exit: 3, stdout: '' })
      expect(lines(stderr).at(-1)).toBe(`Next: cray-ims customize --resume ${jobsOf(site)[0]!.id} --run 'exit 0'`)
    }))

  test('a command that releases its job itself', () =>
    at({}, async (site) => {
      const { exit, stdout } = await customize(site, '--run', 'touch /tmp/complete; exec sleep 1000')
      expect({ exit, stdout: [stdout] }).toEqual({ exit: 0, stdout: madeBy(site) })
    }))

  test('a command that ends its job itself', () =>
    at({}, async (site) => {
      const { exit, stdout, stderr } = await customize(site, '--run', 'touch /tmp/failed; exec sleep 1000')
      expect({ exit, stdout }).toEqual({ exit: 1, stdout: '' })
      expect(stderr).toMatch(/Error: image mine was not made: job \S+ ended in error\n/)
    }))

  /** Counts its runs, says so, and ends once it may. */
  const counting =
    'echo run >>/opt/runs; echo "runs: $(wc -l </opt/runs)"; until [ -e /opt/go ]; do sleep 0.1; done; echo "over: $(wc -l </opt/runs)"; exit 0'
  const letGo = (site: WatchedSite) =>
    run(['jobs', 'debug', 'mine', '--quiet', '--interval', '0.05', '--', 'touch', '/opt/go'], { cwd: site.home, env: site.env })

  test('a connection that breaks off is no failure, whatever was asked for: the command runs on, once', () =>
    at({}, async (site) => {
      const program = site.start(
        'customize',
        'image-succeeds',
        '--name',
        'mine',
        '--run',
        counting,
        '--on-failure',
        'delete',
        '--without-logs',
      )
      await program.says('\nruns: 1\n')
      for (const times of [1, 2]) {
        site.dropShells()
        await program.says('✔ connected again\n', times)
      }
      expect(await letGo(site)).toMatchObject({ exit: 0 })
      const { exit, stdout, stderr } = await program.ended
      expect({ exit, stdout: [stdout] }).toEqual({ exit: 0, stdout: madeBy(site) })
      expect(stderr.match(/^(runs|over): .*$/gm)).toEqual(['runs: 1', 'over: 1'])
    }))

  test('the same line a second time follows what runs already, to the same end', () =>
    at({}, async (site) => {
      const line = ['customize', 'image-succeeds', '--name', 'mine', '--run', counting]
      const first = site.start(...line)
      await first.says('\nruns: 1\n')
      const second = site.start(...line)
      await second.says('\nruns: 1\n')
      expect(await letGo(site)).toMatchObject({ exit: 0 })
      const [one, other] = await Promise.all([first.ended, second.ended])
      expect([one.exit, one.stdout].join()).toBe([0, ...madeBy(site)].join())
      expect(other.stderr).toContain('\nover: 1\n')
    }))

  test('somebody deletes the job while its command runs', () =>
    at({}, async (site) => {
      const program = site.start('customize', 'image-succeeds', '--name', 'mine', '--run', 'echo "it runs"; exec sleep 1000')
      await program.says('\nit runs\n')
      const [{ id }] = jobsOf(site) as [Job]
      await site.mock.handle(new Request(`http://ims/apis/ims/v3/jobs/${id}`, { method: 'DELETE' }))
      const { exit, stdout, stderr } = await program.ended
      expect({ exit, stdout }).toEqual({ exit: 1, stdout: '' })
      expect(lines(stderr).slice(-2)).toEqual([`Error: job ${id} is gone: it was deleted`, 'Next: cray-ims jobs list'])
    }))

  test.each([
    ['SIGINT', 130, []],
    ['SIGTERM', 143, ['--cancel-on-interrupt']],
    ['SIGHUP', 129, ['--cancel-on-interrupt']],
    ['SIGHUP', 129, []],
  ] as const)('%s while its command runs: %i %j', (signal, code, words) =>
    at({}, async (site) => {
      const program = site.start('customize', 'image-succeeds', '--name', 'mine', '--run', 'echo "it runs"; exec sleep 1000', ...words)
      await program.says('\nit runs\n')
      const [{ id }] = jobsOf(site) as [Job]
      program.kill(signal)
      const { exit, stdout, stderr } = await program.ended
      expect({ exit, stdout, jobs: jobsOf(site).map(({ status }) => status) }).toEqual({
        exit: code,
        stdout: '',
        jobs: words.length > 0 ? [] : ['waiting_on_user'],
      })
      const last =
        words.length > 0
          ? [`Job ${id} is deleted.`]
          : [
              'The job waits on its user, holding 16 GiB; what was run in it may still run.',
              `Next: cray-ims customize --resume ${id} --run 'echo "it runs"; exec sleep 1000'`,
            ]
      expect(lines(stderr).slice(-last.length)).toEqual(last)
    }),
  )

  test('a key that is named, in a folder that nobody looks through', () =>
    at({ keys: {} }, async (site) => {
      const { publicKey } = makeKey(join(site.home, 'other'))
      const { exit, stdout } = await customize(site, '--public-key', 'other.pub', '--run', 'exit 1', '--on-failure', 'keep')
      expect({ exit, stdout }).toEqual({ exit: 1, stdout: '' })
      expect([...site.mock.state.publicKeys.values()].map((key) => key.public_key)).toEqual([publicKey])
      // It opens the shell again, in which the command has failed.
      const [{ id }] = jobsOf(site) as [Job]
      expect((await site.ims('customize', '--resume', id, '--run', 'exit 1', '--public-key', 'other.pub')).stderr).toContain(
        'the script ended with 1',
      )
    }))

  test('a key whose private half is not here is told before its script could run', () =>
    at({}, async (site) => {
      writeFileSync(join(site.home, 'lone.pub'), `${makeKey(join(site.home, 'elsewhere')).publicKey}\n`)
      const { exit, stdout, stderr } = await customize(site, '--public-key', 'lone.pub', '--run', 'exit 0')
      expect({ exit, stdout }).toEqual({ exit: 255, stdout: '' })
      expect(stderr).toContain('Error: no key here opens job ')
      expect(stderr).toContain(`Resume with: cray-ims customize --resume ${jobsOf(site)[0]!.id} --public-key lone.pub --run 'exit 0'\n`)
    }))
})
