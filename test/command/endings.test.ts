import { spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { closedPort, serveSocket } from '../support/loopback.ts'
import { startMock, type RunningMock } from '../support/mock.ts'
import { ended, pod, running } from '../support/pods.ts'
import { program, run } from '../support/program.ts'
import { customizing, failedBuild, programLine, startSite } from '../support/site.ts'
import { fillCluster, standInCluster } from '../support/site-kubectl.ts'

let folder: string
let mock: RunningMock
let env: Record<string, string>
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'endings-'))
  mock = await startMock([])
  env = { PATH: '/nowhere', HOME: folder, CRAY_CONFIG_DIR: mock.configDir }
})
afterAll(async () => {
  await mock.stop()
  rmSync(folder, { recursive: true, force: true })
})

let count = 0
/** Runs the program with a fault that a file of JavaScript, loaded before it, brings about. */
function withFault(source: string, argv: readonly string[], more: Record<string, string> = {}) {
  const fault = join(folder, `fault-${count++}.cjs`)
  writeFileSync(fault, source)
  return run(argv, { cwd: folder, env: { ...env, ...more }, command: [process.execPath, '--require', fault, program] })
}

describe('work that comes to no end', () => {
  const neverSpeaks = "Object.defineProperty(process, 'stdin', { value: new (require('node:stream').Readable)({ read() {} }) })"
  test.each([
    [['auth', 'login'], {}],
    [['init', '--hostname', 'h'], { CRAY_CONFIG_DIR: 'fresh' }],
  ])('%j is no success', async (argv, more) => {
    const { exit, stderr } = await withFault(neverSpeaks, argv, more)
    expect(exit).toBe(2)
    expect(stderr).toMatch(
      /\nError: cray-ims ended before its work was done, .*\nNext: run it again with -vvv, and report what it prints\n$/s,
    )
  })

  test.each([
    [['images', 'list']],
    [['images', 'delete', 'x']],
    [['jobs', 'debug', 'x']],
    [['images', 'list', '--query', 'length(@)']],
    [['auth', 'login', '--username', 'u', '--password', 'p']],
  ])('%j of a server that switches protocols is no success', async (argv) => {
    const server = await serveSocket((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n'))
    })
    const home = join(folder, 'switching')
    mkdirSync(join(home, '.config/cray/configurations'), { recursive: true })
    writeFileSync(join(home, '.config/cray/configurations/default'), `[core]\nhostname = "${server.url}"\n`)
    try {
      const { exit, stdout, stderr } = await run([...argv, '--retries', '0'], { cwd: folder, env: { ...env, CRAY_CONFIG_DIR: home } })
      expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' })
      expect(stderr).toMatch(/^Error: /m)
    } finally {
      await server.close()
    }
  })
})

describe('a defect', () => {
  test('that is thrown where nobody catches it ends with 2 and no trace', async () => {
    const { exit, stdout, stderr } = await withFault(
      "require('node:http').request = () => { setTimeout(() => { throw new Error('a defect') }); return { on() { return this }, end() {}, destroy() {} } }",
      ['images', 'list'],
    )
    expect({ exit, stdout, stderr }).toEqual({
      exit: 2,
      stdout: '',
      stderr:
        'Error: cray-ims failed in a way that it should not: a defect\nNext: run it again with CRAY_IMS_DEBUG=1, and report what it prints\n',
    })
  })

  test('in a task that nobody waits for changes no outcome', async () => {
    const outcome = await withFault("setTimeout(() => Promise.reject(new Error('a defect')))", ['images', 'list', '--query', 'length(@)'])
    expect(outcome).toEqual({ exit: 0, stdout: '2\n', stderr: 'Warning: a background task failed: a defect\n' })
  })
})

describe('streams that take nothing', () => {
  /** Runs the program with descriptors of these, by shell: nothing else closes one. */
  const redirected = (argv: readonly string[], redirection: string, more: Record<string, string> = {}) =>
    run([...argv], {
      cwd: folder,
      env: { ...env, ...more },
      command: ['/bin/sh', '-c', `exec "$0" "$@" ${redirection}`, process.execPath, program],
    })
  const unknown = '11111111-0000-4000-8000-000000000000'

  test.each([
    ['a success', ['images', 'list'], 0],
    ['an error of the service', ['images', 'describe', unknown], 2],
    ['an error of the command line', ['images', 'lst'], 2],
    ['a job that is unknown', ['jobs', 'wait', unknown], 2],
    ['a question without an answer', ['auth', 'login'], 1],
    ['a log', ['images', 'list', '--insecure', '-vvv'], 0],
  ] as const)('%s comes to the same where stderr is full, or closed', async (_, argv, exit) => {
    for (const redirection of ['2>/dev/full', '2>&-', '2>/dev/null'])
      expect((await redirected(argv, redirection)).exit, redirection).toBe(exit)
  })

  test('a time limit comes to the same, too', async () => {
    const home = join(folder, 'away')
    mkdirSync(join(home, '.config/cray/configurations'), { recursive: true })
    writeFileSync(join(home, '.config/cray/configurations/default'), `[core]\nhostname = "http://127.0.0.1:${await closedPort()}"\n`)
    expect((await redirected(['jobs', 'wait', unknown, '--timeout', '0s'], '2>/dev/full', { CRAY_CONFIG_DIR: home })).exit).toBe(3)
  })

  test.each([
    ['a list', ['images', 'list']],
    ['a list in pieces', ['images', 'list', '--format', 'yaml']],
    ['a query', ['images', 'list', '--query', '[].name']],
    ['help', ['--help']],
    ['completions', ['completion', 'bash']],
  ])('%s that a full disk has no room for is an error', async (_, argv) => {
    const { exit, stderr } = await redirected(argv, '>/dev/full')
    expect({ exit, stderr }).toEqual({
      exit: 2,
      stderr: "Error: can't write stdout: ENOSPC: no space left on device, write\nWhat it holds is not complete.\n",
    })
  })

  test.each(['>&-', '<&-', '<&- >&-'])('closed ones: %s', async (redirection) => {
    expect(await redirected(['images', 'list'], redirection)).toMatchObject({ exit: 0, stderr: '' })
  })

  test('a pipe whose reader went away is no failure', async () => {
    const { exit, stderr } = await run(['-c', '"$0" "$1" images list | true; wait', process.execPath, program], {
      cwd: folder,
      env,
      command: ['/bin/sh'],
    })
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' })
  })
})

describe('streams of jobs that take nothing', () => {
  const jobs = { shown: failedBuild(), refused: customizing(), passed: customizing(), logged: failedBuild() }
  let site: Awaited<ReturnType<typeof startSite>>
  beforeAll(async () => {
    site = await startSite({ jobs: Object.values(jobs), kubectl: standInCluster })
    fillCluster(site.kubectl, {
      pod: pod({ 'build-image': ended(0), sshd: running }),
      logs: { 'build-image': 'a line\n'.repeat(1000), sshd: '' },
    })
  })
  afterAll(() => site.close())

  /** Runs the program in a shell, as `$0`, so that it can be redirected. */
  const inShell = (line: string, ...argv: string[]) =>
    run(argv, { cwd: site.home, env: site.env, command: ['/bin/sh', '-c', line, programLine] })
  const full = { exit: 2, stderr: expect.stringContaining("Error: can't write stdout: ENOSPC") }

  test('what a command writes, and a disk has no room for', async () => {
    expect(
      await inShell(
        'exec $0 "$@" >/dev/full',
        'jobs',
        'debug',
        jobs.shown.id,
        '--on-exit',
        'keep',
        '--',
        'head -c 1000000 /dev/zero; exit 3',
      ),
    ).toMatchObject(full)
  })

  test('logs that a disk has no room for', async () => {
    expect(await inShell('exec $0 "$@" >/dev/full', 'jobs', 'logs', jobs.logged.id)).toMatchObject(full)
  })

  test.each([
    ['went away', '{ { $0 "$@" 3>&-; echo $? >&3; } 2>&1 >/dev/null | head -n 1 >/dev/null; } 3>&1', jobs.refused, 'exit 3', '1'],
    ['is a full disk', '$0 "$@" 2>/dev/full; echo $?', jobs.passed, 'true', '0'],
  ] as const)('what a customisation writes, whose reader %s: its exit code decides all the same', async (_, line, job, last, exit) => {
    const { stdout } = await inShell(
      line,
      'customize',
      '--resume',
      job.id,
      '--interval',
      '0.1',
      '--run',
      `seq 20000; sleep 1; seq 20000; ${last}`,
    )
    expect(stdout.trim().split('\n').at(-1)).toBe(exit)
    // A job that is gone has the service's problem in place of its record.
    await vi.waitFor(async () => {
      const { status } = (await site.ask('GET', `/jobs/${job.id}`)) as { status: string | number }
      expect(status).toBe(exit === '0' ? 404 : 'error')
    }, 60_000)
  })
})

// A file on a full disk is written to in another way than /dev/full.
const mounts = spawnSync('unshare', ['-Urm', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0
test.skipIf(!mounts && !process.env.CI)('a file on a full disk', async () => {
  const script =
    'mount -t tmpfs -o size=4k none "$1" && cd "$1" && { head -c 9000 /dev/zero >fill; shift; "$@" >out 2>err; echo $?; "$@" 2>err >/dev/null; echo $?; }'
  mkdirSync(join(folder, 'disk'))
  const { stdout } = await run(
    ['-Urm', 'sh', '-c', `${script} 2>/dev/null`, 'sh', join(folder, 'disk'), process.execPath, program, 'images', 'list', '-v'],
    { cwd: folder, env: { ...env, PATH: process.env.PATH! }, command: ['unshare'] },
  )
  expect(stdout).toBe('2\n0\n')
})

test('in a folder that is gone', async () => {
  const gone = (line: string) =>
    run(
      [
        '-c',
        `mkdir "$0" && cd "$0" && rmdir "$0" && exec "$@"`,
        join(folder, `gone-${count++}`),
        process.execPath,
        program,
        ...line.split(' '),
      ],
      { cwd: folder, env: { ...env, PATH: process.env.PATH! }, command: ['/bin/sh'] },
    )
  expect(await gone('images list --query length(@)')).toEqual({ exit: 0, stdout: '2\n', stderr: '' })
  expect(await gone('customize image --name other --script file')).toMatchObject({
    exit: 2,
    stdout: '',
    stderr: expect.stringMatching(/^Error: the current folder is gone\n/),
  })
})

test('a descriptor that is opened for reading only', () => {
  const fd = openSync('/dev/null', 'r')
  try {
    const { status, stderr } = spawnSync(process.execPath, [program, 'images', 'describe', 'none'], {
      cwd: folder,
      env,
      stdio: ['ignore', 'pipe', fd],
    })
    expect({ status, stderr }).toEqual({ status: 2, stderr: null })
  } finally {
    closeSync(fd)
  }
})
