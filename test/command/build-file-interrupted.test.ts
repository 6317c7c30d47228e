import { chmodSync, existsSync, lutimesSync, mkdirSync, readdirSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { run } from '../support/program.ts'
import { atImageSite, namesOf, yamlOf, type ImageSite } from '../support/image-site.ts'

const lines = (text: string) => text.trimEnd().split('\n')

describe.concurrent('interrupted', () => {
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s leaves the jobs running; the same command ends it', (signal, exit) =>
    atImageSite({ speed: 400 }, async (site) => {
      site.write('images.yaml', yamlOf('name: a, recipe: good', 'name: b, recipe: twins', `name: c, base: a, run: 'true'`))
      const running = site.start('images.yaml', '--arch', 'x86_64', '--parallel', '2', '--if-exists', 'skip')
      await running.says(': job ', 2)
      running.kill(signal)
      const outcome = await running.ended
      expect(outcome).toMatchObject({ exit, stdout: '' })
      expect(lines(outcome.stderr).slice(-3)).toEqual([
        `Error: Interrupted by ${signal}`,
        'The jobs keep running.',
        'Next: cray-ims build --file images.yaml --arch x86_64 --if-exists skip --parallel 2',
      ])
      expect(site.writes().filter((write) => write.startsWith('DELETE'))).toEqual([])
      const again = await site.build('images.yaml', '--arch', 'x86_64', '--if-exists', 'skip', '--parallel', '2')
      expect(again.exit).toBe(0)
      expect(namesOf(site).sort()).toEqual(['a', 'b', 'c'])
      expect(Object.values(site.images()).map((found) => found.length)).toEqual([1, 1, 1])
    }),
  )

  test('--cancel-on-interrupt deletes them, also where one is gone already', () =>
    atImageSite({}, async (site) => {
      site.write('images.yaml', yamlOf('name: a, recipe: hanging', 'name: b, recipe: hanging', 'name: c, recipe: hanging'))
      const running = site.start('images.yaml', '--cancel-on-interrupt')
      await running.says(': job ', 3)
      const ids = site.created.map(({ id }) => id)
      site.between.before = ({ method, path }) => {
        if (method === 'DELETE' && path.endsWith(ids[0]!)) site.mock.state.jobs.delete(ids[0]!)
      }
      running.kill('SIGTERM')
      const { exit, stderr } = await running.ended
      expect(exit).toBe(143)
      expect([...site.mock.state.jobs.values()]).toEqual([])
      for (const [at, id] of ids.entries()) expect(lines(stderr)).toContain(`Job ${id} is ${at === 0 ? 'gone already' : 'deleted'}.`)
    }))

  test('while its script runs: the same command follows that to its end', () =>
    atImageSite({}, async (site) => {
      site.write(
        'images.yaml',
        yamlOf(`name: a, base: there, run: 'echo run >>/opt/runs; echo begun; until [ -e /opt/go ]; do sleep 0.1; done; wc -l </opt/runs'`),
      )
      const running = site.start('images.yaml', '--on-failure', 'delete')
      await running.says('a: begun')
      running.kill('SIGINT')
      expect(await running.ended).toMatchObject({
        exit: 130,
        stderr: expect.stringContaining('The job keeps running.\nNext: cray-ims build --file images.yaml --on-failure delete\n'),
      })
      expect([...site.mock.state.jobs.values()].map(({ status }) => status)).toEqual(['waiting_on_user'])
      const again = site.start('images.yaml')
      await again.says('a: begun')
      expect(await run(['jobs', 'debug', 'a', '--quiet', '--', 'touch', '/opt/go'], { cwd: site.folder, env: site.env })).toMatchObject({
        exit: 0,
      })
      const { exit, stderr } = await again.ended
      expect(exit).toBe(0)
      expect(lines(stderr)).toContain('a: 1')
      expect(namesOf(site)).toEqual(['a'])
    }))

  test('while jobs are created: their answers are waited for, and what stays in doubt is said', () =>
    atImageSite({}, async (site) => {
      site.write('images.yaml', yamlOf('name: a, recipe: hanging', 'name: b, recipe: hanging'))
      let answer = () => {}
      site.between.before = ({ method, path, body }) => {
        if (method !== 'POST' || path !== '/jobs') return undefined
        return new Promise((resolve) => body.includes('"a"') && (answer = () => resolve(undefined)))
      }
      const running = site.start('images.yaml', '--cancel-on-interrupt')
      await vi.waitFor(() => expect(site.asked.filter(({ method, path }) => method === 'POST' && path === '/jobs')).toHaveLength(2), 60_000)
      running.kill('SIGTERM')
      await running.says("waiting up to 30s for the service's answer", 2)
      answer()
      await running.says('a: job ')
      running.kill('SIGTERM')
      const { exit, stderr } = await running.ended
      expect(exit).toBe(143)
      expect(lines(stderr)).toContain('b: the service did not say whether it created the job; the same command looks for it.')
      expect(lines(stderr)).toContain(`Job ${site.created[0]!.id} is deleted.`)
      expect([...site.mock.state.jobs.values()]).toEqual([])
    }))

  test('before anything is begun', () =>
    atImageSite({}, async (site) => {
      site.write('images.yaml', yamlOf('name: a, recipe: good'))
      const running = site.start('images.yaml')
      site.between.before = () => new Promise(() => {})
      await vi.waitFor(() => expect(site.asked.length).toBeGreaterThan(0), 60_000)
      running.kill('SIGINT')
      expect(await running.ended).toEqual({
        exit: 130,
        stdout: '',
        stderr: 'Error: Interrupted by SIGINT\nNext: cray-ims build --file images.yaml\n',
      })
    }))
})

describe.concurrent('what is kept beside the file', () => {
  const state = 'images.yaml.state'

  test('is for its owner alone, and names what was made', () =>
    atImageSite({}, async (site) => {
      site.write('images.yaml', yamlOf('name: a, recipe: good'))
      expect((await site.build('images.yaml')).exit).toBe(0)
      expect(statSync(join(site.folder, state)).mode & 0o777).toBe(0o600)
      expect(JSON.parse(site.read(state))).toEqual({
        version: 1,
        images: { a: { order: expect.stringMatching(/^[\da-f]{64}$/), image: site.images().a![0] } },
      })
    }))

  test.each<[string, (site: ImageSite) => void, string]>([
    ['broken', (site) => site.write(state, '{"version": 1, "ima'), "can't be used: it is not JSON"],
    ['of something else', (site) => site.write(state, '[]'), "can't be used: it is not what a build of this file keeps there"],
    ['a folder', (site) => mkdirSync(join(site.folder, state)), "can't be used: it is a folder"],
  ])('%s: nothing is sent', (_, spoil, why) =>
    atImageSite({}, async (site) => {
      site.write('images.yaml', yamlOf('name: a, recipe: good'))
      spoil(site)
      const { exit, stdout, stderr } = await site.build('images.yaml')
      expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' })
      expect(stderr).toContain(`Error: ${join(site.folder, state)} ${why}\n`)
      expect(site.asked).toEqual([])
    }),
  )

  test.skipIf(process.getuid?.() === 0)('in a folder that can not be written: nothing is sent', () =>
    atImageSite({}, async (site) => {
      site.write('images.yaml', yamlOf('name: a, recipe: good'))
      chmodSync(site.folder, 0o500)
      const { exit, stderr } = await site.build('images.yaml')
      chmodSync(site.folder, 0o700)
      expect(exit).toBe(2)
      expect(stderr).toContain("can't be written: permission denied\n")
      expect(site.asked).toEqual([])
    }),
  )
})

describe.concurrent('two runs of the same file', () => {
  test('the second is refused while the first lives, and takes over from one that was killed', () =>
    atImageSite({}, async (site) => {
      site.write('images.yaml', yamlOf('name: a, recipe: hanging', 'name: b, recipe: good'))
      const first = site.start('images.yaml')
      await first.says('✔ b')
      const writes = site.writes()
      const second = await site.build('images.yaml')
      expect(second).toMatchObject({ exit: 2, stdout: '' })
      expect(second.stderr).toMatch(/^Error: images\.yaml: process (\d+) makes its images already\n  since \S+\nNext: ps -fp \1\n$/)
      expect(site.writes()).toEqual(writes)
      first.kill('SIGKILL')
      await first.ended
      const third = site.start('images.yaml')
      await third.says('a: resuming job ')
      third.kill('SIGINT')
      expect((await third.ended).stderr).toContain(
        `a: resuming job ${site.created.find(({ image_root_archive_name: name }) => name === 'a')!.id}, `,
      )
      expect(namesOf(site).sort()).toEqual(['a', 'b'])
      expect(existsSync(join(site.folder, 'images.yaml.state.lock'))).toBe(false)
    }))

  test('the second is refused also while the first is stopped, however long it has been silent', () =>
    atImageSite({}, async (site) => {
      site.write('images.yaml', yamlOf('name: a, recipe: hanging', 'name: b, recipe: good'))
      const first = site.start('images.yaml')
      await first.says('✔ b')
      first.kill('SIGSTOP')
      const lock = join(site.folder, 'images.yaml.state.lock')
      lutimesSync(lock, 0, 0)
      const [writes, state] = [site.writes(), site.read('images.yaml.state')]
      site.write('images.yaml', yamlOf('name: a, recipe: good', 'name: b, recipe: other, if-exists: replace'))
      const second = await site.build('images.yaml')
      expect(second).toMatchObject({ exit: 2, stdout: '' })
      expect(second.stderr).toMatch(
        /^Error: images\.yaml: process (\d+) makes its images already\n  since \S+; it is stopped, and goes on once it is continued\nNext: kill -CONT \1\n$/,
      )
      expect([site.writes(), site.read('images.yaml.state')]).toEqual([writes, state])
      first.kill('SIGCONT')
      first.kill('SIGTERM')
      expect(await first.ended).toMatchObject({ exit: 143 })
      expect(readdirSync(site.folder).sort()).toEqual(['images.yaml', 'images.yaml.state'])
    }))

  test('one whose lock is taken away stops, says so, and leaves what the other has written', () =>
    atImageSite({}, async (site) => {
      site.write('images.yaml', yamlOf('name: a, recipe: good', 'name: b, recipe: hanging'))
      const first = site.start('images.yaml')
      let held = true
      await first.says('a: job ')
      site.between.before = ({ method, path }) => {
        if (!held || method !== 'GET' || !path.startsWith('/images/')) return
        // Its image is made, and it is about to note that.
        held = false
        rmSync(join(site.folder, 'images.yaml.state.lock'))
        site.write('images.yaml.state', '{"version": 1, "images": {"z": {"order": "newer"}}}')
      }
      const { exit, stdout, stderr } = await first.ended
      expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' })
      const state = join(site.folder, 'images.yaml.state')
      expect(stderr).toContain(
        `Error: ${state} isn't written: ${state}.lock isn't ours any more\nSomeone removed it, and another process may be at work by now.\n`,
      )
      expect(site.read('images.yaml.state')).toBe('{"version": 1, "images": {"z": {"order": "newer"}}}')
      expect(site.writes().filter((write) => write.startsWith('DELETE'))).toEqual([])
    }))

  test('a lock of another machine stays: it is named, and how to end that', () =>
    atImageSite({}, async (site) => {
      site.write('images.yaml', yamlOf('name: a, recipe: good'))
      const lock = join(site.folder, 'images.yaml.state.lock')
      symlinkSync('pid=77 host=ncn-m002 since=2026-01-02T03:04:05.678Z start=1 boot=another space=pid:[1] at=1', lock)
      lutimesSync(lock, 0, 0)
      expect(await site.build('images.yaml')).toEqual({
        exit: 2,
        stdout: '',
        stderr: [
          'Error: images.yaml: process 77 of ncn-m002 makes its images already',
          '  since 2026-01-02T03:04:05.678Z; only there it can be seen whether it goes on',
          `Once it is certain that it has ended: rm '${lock}'`,
          'Next: ssh ncn-m002 ps -fp 77',
          '',
        ].join('\n'),
      })
      expect(site.asked).toEqual([])
      rmSync(lock)
      expect((await site.build('images.yaml')).exit).toBe(0)
    }))

  test('begun at the same moment', () =>
    atImageSite({}, async (site) => {
      site.write('images.yaml', yamlOf('name: a, recipe: good', 'name: b, recipe: good'))
      const runs = await Promise.all([site.build('images.yaml'), site.build('images.yaml'), site.build('images.yaml')])
      const exits = runs.map(({ exit }) => exit).sort()
      // One that comes late finds all made.
      expect(exits[0]).toBe(0)
      expect(exits.every((exit) => exit === 0 || exit === 2)).toBe(true)
      expect(namesOf(site).sort()).toEqual(['a', 'b'])
      expect([...site.mock.state.publicKeys.values()]).toHaveLength(1)
      expect(Object.keys(JSON.parse(site.read('images.yaml.state')).images).sort()).toEqual(['a', 'b'])
    }))
})
