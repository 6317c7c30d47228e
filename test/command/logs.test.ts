import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { idOf, seedOf } from '../support/job-seed.ts'
import { startProgram } from '../support/live-program.ts'
import { startMock, type RunningMock } from '../support/mock.ts'
import { list, pod, ended, running } from '../support/pods.ts'
import { program, run } from '../support/program.ts'
import { isAlive, standInKubectl, type StandIn } from '../support/stand-in-kubectl.ts'

const withoutKubectl = spawnSync('kubectl', ['version', '--client']).error !== undefined
if (withoutKubectl) console.warn('There is no kubectl in PATH (Debian: kubernetes-client): its tests are skipped.')
// In CI it has to be there.
const skip = withoutKubectl && !process.env.CI

const failed = idOf('aaaa0001')
const waits = idOf('aaaa0002')
const succeeded = idOf('aaaa0003')
const hanging = idOf('aaaa0004')
const failing = idOf('bbbb0001')
const succeeding = idOf('bbbb0002')
const deleted = idOf('bbbb0003')
const containers = ['fetch-recipe', 'wait-for-repos', 'build-ca-rpm', 'build-image', 'buildenv-sidecar', 'sshd']

let folder: string
let mock: RunningMock
let env: Record<string, string>
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'logs-'))
  const jobs = [
    { id: failed, ends: 'fails', status: 'error' },
    { id: waits, ends: 'fails', debug: true, status: 'waiting_on_user' },
    { id: succeeded, status: 'success' },
    { id: hanging, ends: 'hangs', status: 'building_image' },
    { id: failing, ends: 'fails', debug: true, status: 'waiting_on_user' },
    { id: succeeding, ends: 'fails', debug: true, status: 'waiting_on_user' },
    { id: deleted, ends: 'fails', debug: true, status: 'waiting_on_user' },
    { id: idOf('cccc0002'), name: 'tried again', ends: 'fails', status: 'error' },
    { id: idOf('cccc0001'), name: 'tried again', status: 'success', created: '2026-01-01T03:04:05' },
  ] as const
  writeFileSync(join(folder, 'seed.json'), JSON.stringify(seedOf(jobs)))
  mock = await startMock(['--seed', join(folder, 'seed.json'), '--speed', '200'])
  env = { PATH: process.env.PATH!, HOME: folder, LANG: 'C.UTF-8', CRAY_CONFIG_DIR: mock.configDir, KUBECONFIG: mock.kubeconfig }
})
afterAll(async () => {
  await mock.stop()
  rmSync(folder, { recursive: true, force: true })
})

const logs = (id: string, ...argv: string[]) => run(['jobs', 'logs', id, ...argv], { cwd: folder, env })
const lines = (text: string) => text.trimEnd().split('\n')
const prefixes = (text: string) => [...new Set(lines(text).map((line) => line.split(' | ')[0]))]

describe.skipIf(skip).concurrent('logs by the real kubectl', () => {
  test('all containers in the order they ran, each line with the name of its own, plain in a pipe', async () => {
    const { exit, stdout, stderr } = await logs('aaaa0001')
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' })
    expect(prefixes(stdout)).toEqual(containers)
    expect(stdout).toMatch(/^build-image \| ERROR: Kiwi reported a build error\.$/m)
    expect(stdout).not.toContain('\x1b')
  })

  test('one container, some of its lines, without its name', async () => {
    expect(await logs(failed, '-c', 'build-image', '--tail', '2', '--no-prefix')).toEqual({
      exit: 0,
      stdout: '+ touch /mnt/image/build_failed\n+ exit 0\n',
      stderr: '',
    })
    const nobody = await logs(failed, '-c', 'nobody')
    expect(nobody).toMatchObject({ exit: 1, stdout: '' })
    expect(nobody.stderr).toContain(`It has ${containers.join(', ')}.`)
  })

  test('the last lines of each container, with their times', async () => {
    const { stdout } = await logs(failed, '--tail', '1', '--timestamps')
    expect(prefixes(stdout)).toEqual(containers)
    expect(lines(stdout).length).toBe(containers.length)
    for (const line of lines(stdout)) expect(line).toMatch(/^[a-z-]+ \| \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z \S/)
  })

  test('only what is new enough', async () => {
    const all = await logs(failed, '--since', '10000h')
    expect(prefixes(all.stdout)).toEqual(containers)
    const { stdout } = await logs(failed, '--since', '1h')
    expect(prefixes(stdout)).not.toContain('fetch-recipe')
  })

  test.each([
    ['error', failing, 1],
    ['success', succeeding, 0],
  ])('followed to the end, which is %s', async (status, id, exit) => {
    const following = startProgram(['jobs', 'logs', id, '-f'], { cwd: folder, env })
    try {
      await following.says('buildenv-sidecar | Waiting for SSH container to set /mnt/image/exiting flag')
      await following.says('sshd | Waiting for User to mark this shell as either successful or failed.')
      await mock.fetch(`/apis/ims/v3/jobs/${id}`, {
        method: 'PATCH',
        body: JSON.stringify({ status }),
        headers: { 'Content-Type': 'application/json' },
      })
      const followed = await following.ended
      expect(followed).toMatchObject({ exit, stderr: '' })
      expect(prefixes(followed.stdout).slice(0, 4)).toEqual(containers.slice(0, 4))
      expect(lines(followed.stdout).toSorted()).toEqual(lines((await logs(id)).stdout).toSorted())
    } finally {
      following.kill('SIGKILL')
    }
  })

  test('one that ended is not waited for', async () => {
    const { exit, stdout } = await logs(failed, '-f', '--tail', '1')
    expect({ exit, prefixes: prefixes(stdout).toSorted() }).toEqual({ exit: 1, prefixes: containers.toSorted() })
    expect((await logs(succeeded, '-f', '-c', 'build-image')).exit).toBe(0)
  })

  test('the container that failed', async () => {
    for (const id of [failed, waits]) {
      const { exit, stdout } = await logs(id, '--failed', '--tail', '3')
      expect(exit).toBe(0)
      expect(prefixes(stdout)).toEqual(['build-image'])
      expect(stdout).toContain('build-image | ERROR: Kiwi reported a build error.\n')
    }
  })

  test('a name that only jobs have that have ended is the newest of these', async () => {
    const { exit, stdout } = await logs('tried again', '--failed', '--tail', '3')
    expect({ exit, prefixes: prefixes(stdout) }).toEqual({ exit: 0, prefixes: ['build-image'] })
  })

  test('no container that failed', async () => {
    expect(await logs(succeeded, '--failed')).toMatchObject({
      exit: 1,
      stdout: '',
      stderr: expect.stringContaining(`has failed: it is success\nNext: cray-ims jobs logs ${succeeded}\n`),
    })
    const { exit, stdout, stderr } = await logs(hanging, '--failed')
    expect({ exit, stdout }).toEqual({ exit: 1, stdout: '' })
    expect(stderr).toMatch(
      /has failed: it is building_image\n  its pod can't run: Unschedulable: 0\/7 nodes are available.*\nNext: cray-ims jobs describe /,
    )
    expect(await logs(failed, '--failed', '-f')).toMatchObject({
      exit: 2,
      stdout: '',
      stderr: expect.stringContaining("--failed and --follow don't go together."),
    })
  })

  test('a pod that can not run: why is told while it is followed', async () => {
    const following = startProgram(['jobs', 'logs', hanging, '-f'], { cwd: folder, env })
    try {
      await following.says('Unschedulable: 0/7 nodes are available')
      following.kill('SIGINT')
      expect((await following.ended).exit).toBe(130)
    } finally {
      following.kill('SIGKILL')
    }
  })

  test('a job that is deleted while it is followed', async () => {
    const following = startProgram(['jobs', 'logs', deleted, '-f'], { cwd: folder, env })
    try {
      await following.says('buildenv-sidecar | Waiting for')
      expect((await run(['jobs', 'delete', deleted], { cwd: folder, env })).exit).toBe(0)
      const { exit, stderr } = await following.ended
      expect(exit).toBe(1)
      expect(stderr).toContain(`Error: job ${deleted} is gone: it was deleted`)
    } finally {
      following.kill('SIGKILL')
    }
  })

  test('coloured in a terminal, each container in its own, unless NO_COLOR', async () => {
    const inTerminal = (more: Record<string, string>) =>
      run(['-qec', `${process.execPath} ${program} jobs logs ${failed} --tail 1`, '/dev/null'], {
        cwd: folder,
        env: { ...env, TERM: 'xterm', ...more },
        command: ['script'],
      })
    const coloured = (await inTerminal({})).stdout
    expect(coloured).toMatch(/\x1b\[36mfetch-recipe\x1b\[39m \| /)
    expect(coloured).toMatch(/\x1b\[35mwait-for-repos\x1b\[39m \| /)
    const plain = (await inTerminal({ NO_COLOR: '1' })).stdout
    expect(plain).toContain('fetch-recipe | ')
    expect(plain).not.toContain('\x1b[3')
  })
})

describe.concurrent('logs by a stand-in', () => {
  const theirs = (standIn: StandIn) => ({ ...env, PATH: standIn.env.PATH! })

  /** A cluster with one pod, whose logs have no end. */
  function endless(log = 'yes "2026-01-02T03:04:05.000000001Z on and on"'): StandIn {
    const standIn = standInKubectl(`case "$1" in get) cat $DIR/pods ;; logs) echo $$ >>$DIR/pids; exec ${log} ;; esac`)
    writeFileSync(join(standIn.folder, 'pods'), list(pod({ 'fetch-recipe': ended(0), 'build-image': running })))
    return standIn
  }
  const pids = (standIn: StandIn) => lines(readFileSync(join(standIn.folder, 'pids'), 'utf8')).map(Number)

  test.each([[[]], [['-f']]])('a reader that goes away ends all quietly: %s', async (options) => {
    const standIn = endless()
    try {
      const line = `${process.execPath} ${program} jobs logs ${waits} ${options.join(' ')} | head -1; echo "\${PIPESTATUS[0]}"`
      const outcome = await run(['-c', line], { cwd: folder, env: theirs(standIn), command: ['bash'] })
      expect(outcome).toEqual({ exit: 0, stdout: 'fetch-recipe | on and on\n0\n', stderr: '' })
      for (const pid of pids(standIn)) await vi.waitFor(() => expect(isAlive(pid)).toBe(false), 30_000)
    } finally {
      standIn.remove()
    }
  })

  test('Ctrl-C ends kubectl, too', async () => {
    const standIn = endless('sleep 300')
    const following = startProgram(['jobs', 'logs', waits, '-f'], { cwd: folder, env: theirs(standIn) })
    try {
      // Its shell makes the file before it writes to it.
      const pid = await vi.waitFor(() => {
        const [first] = pids(standIn)
        if (!first) throw new Error('not started yet')
        return first
      }, 30_000)
      following.kill('SIGINT')
      expect(await following.ended).toMatchObject({ exit: 130, stdout: '' })
      await vi.waitFor(() => expect(isAlive(pid)).toBe(false), 30_000)
    } finally {
      following.kill('SIGKILL')
      standIn.remove()
    }
  })

  test('containers that have ended under a job that has not', async () => {
    const standIn = standInKubectl('case "$1" in get) cat $DIR/pods ;; logs) echo "2026-01-02T03:04:05.000000001Z $C" ;; esac')
    writeFileSync(
      join(standIn.folder, 'pods'),
      list(pod({ 'fetch-recipe': ended(0), 'build-image': ended(137, 'OOMKilled') }, { phase: 'Failed' })),
    )
    try {
      const { exit, stdout, stderr } = await run(['jobs', 'logs', waits, '-f'], { cwd: folder, env: theirs(standIn) })
      expect({ exit, stdout }).toEqual({ exit: 1, stdout: 'fetch-recipe | fetch-recipe\nbuild-image | build-image\n' })
      expect(stderr).toContain(
        'Error: job aaaa0002-0000-4000-8000-000000000001 stays waiting_on_user: its pod has failed\n  build-image: OOMKilled: exit code 137\n  It needs more memory: --job-mem-size GIB\n',
      )
      expect(stderr).toMatch(/\nNext: cray-ims jobs delete aaaa0002-0000-4000-8000-000000000001\n$/)
    } finally {
      standIn.remove()
    }
  })

  test('a pod that was evicted: why, whatever is asked of it', async () => {
    const standIn = standInKubectl('case "$1" in get) cat $DIR/pods ;; logs) echo "Error: no such container" >&2; exit 1 ;; esac')
    const evicted = { phase: 'Failed', reason: 'Evicted', message: 'The node was low on resource: memory.' }
    writeFileSync(join(standIn.folder, 'pods'), list(pod({ 'build-image': running }, { ...evicted, initContainerStatuses: [] })))
    const theirLogs = (...argv: string[]) => run(['jobs', 'logs', ...argv], { cwd: folder, env: theirs(standIn) })
    const why = 'Evicted: The node was low on resource: memory.\n'
    try {
      expect(await theirLogs(waits)).toEqual({ exit: 0, stdout: '', stderr: `No logs: ${why}` })
      expect(await theirLogs(failed, '-f')).toEqual({ exit: 1, stdout: '', stderr: why })
      expect(await theirLogs(hanging, '--failed')).toMatchObject({
        exit: 1,
        stdout: '',
        stderr: `Error: job ${hanging} stays building_image: its pod has failed\n  ${why}Next: cray-ims jobs delete ${hanging}\n`,
      })
    } finally {
      standIn.remove()
    }
  })

  test('a container that was killed under a job that is followed to its error: that it was', async () => {
    const standIn = standInKubectl('case "$1" in get) cat $DIR/pods ;; logs) echo "2026-01-02T03:04:05.000000001Z $C" ;; esac')
    writeFileSync(join(standIn.folder, 'pods'), list(pod({ 'build-image': ended(0, 'OOMKilled') }, { phase: 'Failed' })))
    try {
      expect(await run(['jobs', 'logs', failed, '-f'], { cwd: folder, env: theirs(standIn) })).toEqual({
        exit: 1,
        stdout: 'build-image | build-image\n',
        stderr: 'build-image: OOMKilled: exit code 0\nIt needs more memory: --job-mem-size GIB\n',
      })
    } finally {
      standIn.remove()
    }
  })

  test.each([[[]], [['-f']], [['--failed']]])('no kubectl: what is needed: %s', async (options) => {
    const { exit, stdout, stderr } = await run(['jobs', 'logs', waits, ...options], { cwd: folder, env: { ...env, PATH: '/nowhere' } })
    expect({ exit, stdout }).toEqual({ exit: 1, stdout: '' })
    expect(stderr).toBe(
      "Error: can't read the logs of job aaaa0002…: there is no kubectl in PATH\nIt needs kubectl in PATH, and a kubeconfig that may read pods and their logs. A master node has both: try again there.\nNext: ssh ncn-m001\n",
    )
  })

  test.each([[[]], [['-f']], [['--failed']]])('not allowed: what is needed: %s', async (options) => {
    const standIn = standInKubectl(
      `echo 'Error from server (Forbidden): pods is forbidden: User "jane" cannot list resource "pods"' >&2; exit 1`,
    )
    try {
      const { exit, stdout, stderr } = await run(['jobs', 'logs', waits, ...options], { cwd: folder, env: theirs(standIn) })
      expect({ exit, stdout }).toEqual({ exit: 1, stdout: '' })
      expect(stderr).toContain(
        'cannot list resource "pods"\nIt needs the right to get and list pods, pods/log and events in namespace ims.\nNext: kubectl auth can-i get pods/log -n ims\n',
      )
    } finally {
      standIn.remove()
    }
  })

  test('a JOB that is unknown', async () => {
    expect(await run(['jobs', 'logs', 'ffff'], { cwd: folder, env })).toMatchObject({
      exit: 2,
      stdout: '',
      stderr: expect.stringContaining('Next: cray-ims jobs list'),
    })
  })
})
