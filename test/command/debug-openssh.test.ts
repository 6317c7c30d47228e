import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { run } from '../support/program.ts'
import { customizing, failedBuild, jailed, startSite, type Site } from '../support/site.ts'
import { describeWithSshd } from '../support/describe-with-sshd.ts'

// It comes with the client that is tested here.
describeWithSshd("the system's ssh", () => {
  const jobs = { create: failedBuild(), copied: failedBuild(), released: customizing(), left: jailed(), signalled: customizing() }
  let site: Site
  beforeAll(async () => {
    site = await startSite({ jobs: Object.values(jobs) })
  })
  afterAll(() => site.close())

  const system = (words: string[], stdin?: string) => run(words.slice(1), { cwd: site.home, env: site.env, stdin, command: [words[0]!] })

  test('--print-command prints a line that does the same', async () => {
    const { exit, stdout, stderr } = await site.debug([jobs.create.id, '--print-command', '--', 'cat; exit 3'])
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: expect.stringMatching(/host key SHA256:\S+ new, accepted\n$/) })
    expect(stdout).toMatch(/^ssh .*\n$/)
    expect(await system(['sh', '-c', stdout], 'in')).toEqual({ exit: 3, stdout: 'in', stderr: '' })
  })

  test('--print-command of a shell whose host is known', async () => {
    const { stdout, stderr } = await site.debug([jobs.create.id, '--print-command'])
    expect(await system(['sh', '-c', stdout], 'ls /mnt/image\nexit 4\n')).toMatchObject({ exit: 4, stdout: 'build\nkiwi.log\n' })
    expect(stderr).not.toContain('host key')
  })

  test('--ssh-config prints a Host block for scp and sftp', async () => {
    const { exit, stdout } = await site.debug([jobs.copied.id, '--ssh-config'])
    expect(exit).toBe(0)
    writeFileSync(join(site.home, 'config'), stdout)
    const host = /^Host (\S+)$/m.exec(stdout)![1]!
    expect(await system(['scp', '-F', 'config', '-q', `${host}:/mnt/image/kiwi.log`, 'copied'])).toMatchObject({ exit: 0 })
    expect(readFileSync(join(site.home, 'copied'), 'utf8')).toContain('ERROR')
    expect(
      await system(['sftp', '-F', 'config', '-q', '-b', '-', host], 'put seed.json /mnt/image/seed\nls -l /mnt/image/seed\n'),
    ).toMatchObject({
      exit: 0,
      stdout: expect.stringContaining(String(statSync(join(site.home, 'seed.json')).size)),
    })
    expect(await system(['ssh', '-F', 'config', host, 'exit 6'])).toMatchObject({ exit: 6 })
  })

  test('--openssh runs a command with its streams and exit code; the job is seen to afterwards', async () => {
    const outcome = await site.debug([jobs.left.id, '--openssh', '--', 'cat; exit 7'], { stdin: 'through' })
    expect(outcome).toEqual({
      exit: 7,
      stdout: 'through',
      stderr: expect.stringMatching(/host key SHA256:\S+ new, accepted\n(.*\n)*Job .* still waits/),
    })
  })

  test('--openssh with --on-exit', async () => {
    expect(await site.debug([jobs.released.id, '--openssh', '--on-exit', 'save'], { stdin: 'exit\n' })).toMatchObject({
      exit: 0,
      stdout: expect.stringMatching(/^[0-9a-f-]{36}\n$/),
    })
  })

  test('--openssh in a shell that releases the job and is ended by that', async () => {
    expect(await site.debug([jobs.signalled.id, '--openssh', '--', 'touch /mnt/image/failed; sleep 100'])).toMatchObject({
      exit: 1,
      stderr: expect.stringContaining('✖ error'),
    })
  })
})
