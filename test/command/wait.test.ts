import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { createMock, type Seed } from '../../src/mock/library.ts'
import { serveMock } from '../../src/mock/serve.ts'
import { idOf, seedOf, type SeededJob } from '../support/job-seed.ts'
import { startProgram } from '../support/live-program.ts'
import { closedPort, serveHttp, serveSocket } from '../support/loopback.ts'
import { startMock, type RunningMock } from '../support/mock.ts'
import { program, run } from '../support/program.ts'
import { isAlive, standInKubectl } from '../support/stand-in-kubectl.ts'

const withoutKubectl = spawnSync('kubectl', ['version', '--client']).error !== undefined
if (withoutKubectl) console.warn('There is no kubectl in PATH (Debian: kubernetes-client): its tests are skipped.')
// In CI it has to be there.
const skip = withoutKubectl && !process.env.CI

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'wait-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let count = 0

/** An environment in which a service is configured. No kubectl is found in it. */
function environment(url: string): Record<string, string> {
  const home = join(folder, String(++count))
  mkdirSync(join(home, '.config/cray/configurations'), { recursive: true })
  writeFileSync(join(home, '.config/cray/configurations/default'), `[core]\nhostname = "${url}"\n`)
  return { PATH: '/nowhere', HOME: home, LANG: 'C.UTF-8', CRAY_CONFIG_DIR: home }
}

async function mockOf(jobs: readonly SeededJob[], ...options: string[]): Promise<RunningMock> {
  const seed = join(folder, `${++count}.json`)
  writeFileSync(seed, JSON.stringify(seedOf(jobs)))
  return startMock(['--seed', seed, ...options])
}

const often = ['--interval', '0.05']
/** For those that are ended from outside: should that not happen, they end by themselves. */
const bounded = ['--timeout', '100']
const runIn =
  (env: Record<string, string>) =>
  (...argv: string[]) =>
    run(argv, { cwd: folder, env })
const lines = (text: string) => text.trimEnd().split('\n')

describe.concurrent('jobs that move each time they are described', () => {
  let mock: RunningMock
  let ims: ReturnType<typeof runIn>
  beforeAll(async () => {
    mock = await mockOf(
      [
        { id: idOf('aaaa0001'), name: 'first', status: 'creating' },
        { id: idOf('aaaa0002'), name: 'second', status: 'creating' },
        { id: idOf('aaaa0003'), ends: 'fails', status: 'creating' },
        { id: idOf('aaaa0004'), ends: 'fails', debug: true, status: 'creating' },
        { id: idOf('aaaa0005'), ends: 'fails', status: 'creating' },
        { id: idOf('aaaa0006'), ends: 'fails', status: 'creating' },
        { id: idOf('aaaa0007'), status: 'creating' },
        { id: idOf('aaaa0008'), ends: 'fails', status: 'creating' },
        { id: idOf('aaaa0009'), status: 'creating' },
        { id: idOf('aaaa0010'), type: 'customize', status: 'creating' },
        { id: idOf('aaaa0011'), type: 'customize', status: 'packaging_artifacts' },
        { id: idOf('aaaa0012'), status: 'success' },
        { id: idOf('aaaa0013'), status: 'creating' },
        { id: idOf('bbbb0001'), name: 'shared', status: 'error' },
        { id: idOf('bbbb0002'), name: 'shared', status: 'success' },
        { id: idOf('bbbb0003'), name: 'shared', status: 'creating' },
        { id: idOf('cccc0001'), name: 'twice', status: 'waiting_on_user', type: 'customize' },
        { id: idOf('cccc0002'), name: 'twice', status: 'creating' },
      ],
      '--speed',
      'step',
    )
    ims = runIn(environment(mock.hostname))
  })
  afterAll(() => mock.stop())

  const wait = (...argv: string[]) => ims('jobs', 'wait', ...often, ...argv)

  test('0 for success: the last record as describe prints it, and a line a change', async () => {
    const id = idOf('aaaa0001')
    const { exit, stdout, stderr } = await wait(id)
    expect(exit).toBe(0)
    expect(stdout).toBe((await ims('jobs', 'describe', id)).stdout)
    expect(stdout).toContain('status = "success"')
    expect(lines(stderr).map((line) => line.replace(/ \d+s /, ' … '))).toEqual([
      'aaaa0001… first, create: creating',
      'aaaa0001… creating … → fetching_recipe',
      'aaaa0001… fetching_recipe … → waiting_for_repos',
      'aaaa0001… waiting_for_repos … → building_image',
      'aaaa0001… building_image … → packaging_artifacts',
      'aaaa0001… packaging_artifacts … → success',
    ])
  })

  test('quiet, by the beginning of the id, and a query', async () => {
    const { exit, stdout, stderr } = await wait('aaaa0002', '--quiet', '--query', 'resultant_image_id')
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' })
    expect((await ims('images', 'describe', stdout.trim(), '--query', 'name')).stdout).toBe('second\n')
  })

  test('4 for a query that finds nothing', async () => {
    expect(await wait(idOf('aaaa0012'), '--query', 'nothing')).toMatchObject({ exit: 4, stdout: '' })
  })

  test('1 for a job that ends in error', async () => {
    const id = idOf('aaaa0003')
    const { exit, stdout, stderr } = await wait(id, '--format', 'json')
    expect(exit).toBe(1)
    expect(stdout).toBe((await ims('jobs', 'describe', id, '--format', 'json')).stdout)
    expect(lines(stderr).slice(-2)).toEqual([`Error: job ${id} ended in error`, `Next: cray-ims jobs logs ${id} --failed`])
  })

  test('1 for a create job that waits on its user', async () => {
    const id = idOf('aaaa0004')
    const { exit, stdout, stderr } = await wait(id, '--query', 'status')
    expect({ exit, stdout }).toEqual({ exit: 1, stdout: 'waiting_on_user\n' })
    expect(stderr).toContain(`Error: job ${id} waits on its user: its build failed, and it ends in error whatever is done`)
    expect(stderr).toContain(`Next: cray-ims jobs debug ${id}`)
    expect((await wait(id, '--for', 'error', '--timeout', '0.1')).exit).toBe(3)
    expect((await wait(id, '--for', 'building_image')).exit).toBe(0)
  })

  test.each([
    ['done', 'aaaa0005', 0, 'error'],
    ['error', 'aaaa0006', 0, 'error'],
    ['building_image', 'aaaa0007', 0, 'building_image'],
    ['packaging_artifacts', 'aaaa0008', 1, 'error'],
    ['ready', 'aaaa0009', 1, 'creating'],
    ['waiting_on_user', 'aaaa0013', 1, 'creating'],
    ['fetching_image', 'aaaa0012', 1, 'success'],
    ['ready', 'aaaa0010', 0, 'waiting_on_user'],
    ['ready', 'aaaa0011', 1, 'packaging_artifacts'],
  ])('--for %s: %s', async (goal, id, exit, status) => {
    const outcome = await wait(idOf(id), '--for', goal, '--query', 'status')
    expect(outcome).toMatchObject({ exit, stdout: `${status}\n` })
  })

  test('a JOB that is unknown, or may be several', async () => {
    expect(await wait(idOf('dddd0001'))).toMatchObject({ exit: 2, stdout: '', stderr: expect.stringContaining('Next: cray-ims jobs list') })
    expect(await wait('dddd')).toMatchObject({ exit: 2, stdout: '', stderr: expect.stringContaining('no unfinished job matches "dddd"') })
    const ambiguous = await wait('cccc')
    expect(ambiguous).toMatchObject({ exit: 2, stdout: '' })
    expect(ambiguous.stderr).toContain('Error: cccc is more than one job')
    for (const id of ['cccc0001', 'cccc0002']) expect(ambiguous.stderr).toContain(`  ${idOf(id)}  `)
    expect((await wait('twice')).stderr).toContain('twice is more than one job')
    // Ended jobs give their names free, and are told of where nothing else has them.
    expect((await wait('shared', '--query', 'id')).stdout).toBe(`${idOf('bbbb0003')}\n`)
    const old = await wait('shared')
    expect(old.exit).toBe(2)
    for (const id of ['bbbb0001', 'bbbb0002', 'bbbb0003']) expect(old.stderr).toContain(`  ${idOf(id)}  `)
  })

  test('what can not be waited for is refused before anything is sent', async () => {
    const env = environment(`http://127.0.0.1:${await closedPort()}`)
    const outcome = await runIn(env)('jobs', 'wait', 'aaaa0001', '--for', 'finished')
    expect(outcome).toMatchObject({ exit: 2, stdout: '' })
    expect(outcome.stderr).toContain("'--for': invalid choice: finished. (choose from success, done, ready, creating")
  })
})

describe.concurrent('several jobs', () => {
  /** A service whose list of jobs is another at each look; the last one stays. */
  async function service(looks: readonly Record<string, string>[]) {
    const asked: string[] = []
    const server = await serveHttp((request, response) => {
      const statuses = looks[Math.min(asked.push(`${request.method} ${request.url}`), looks.length) - 1]!
      const jobs = Object.entries(statuses).map(([beginning, status]) => ({
        id: idOf(beginning),
        status,
        job_type: 'create',
        image_root_archive_name: 'n',
        enable_debug: false,
      }))
      response.setHeader('Content-Type', 'application/json').end(JSON.stringify(jobs))
    })
    return { asked, server, wait: (...argv: string[]) => runIn(environment(server.url))('jobs', 'wait', ...often, ...argv) }
  }

  test('500 cost one request a look, and are printed as a list', async () => {
    const names = Array.from({ length: 500 }, (_, at) => String(10_000_000 + at))
    const all = (status: string, others: Record<string, string> = {}) => ({
      ...Object.fromEntries(names.map((name) => [name, status])),
      dddd0001: 'error',
      ...others,
    })
    const { asked, server, wait } = await service([
      all('building_image'),
      all('success', { [names[7]!]: 'packaging_artifacts' }),
      all('success', { [names[7]!]: 'packaging_artifacts' }),
      all('success'),
    ])
    try {
      const { exit, stdout, stderr } = await wait(...names.map(idOf), '--format', 'json')
      expect(exit).toBe(0)
      expect(asked).toEqual(Array(4).fill('GET /apis/ims/v3/jobs'))
      expect((JSON.parse(stdout) as { id: string }[]).map(({ id }) => id)).toEqual(names.map(idOf))
      // Each once as it was found, each once as it changed, one of them twice.
      expect(lines(stderr).length).toBe(1001)
      expect(
        lines(stderr)
          .filter((line) => line.startsWith(`${names[7]}… `))
          .map((line) => line.replace(/ \d+s /, ' … ')),
      ).toEqual([
        `${names[7]}… n, create: building_image`,
        `${names[7]}… building_image … → packaging_artifacts`,
        `${names[7]}… packaging_artifacts … → success`,
      ])
    } finally {
      await server.close()
    }
  })

  test('1 as soon as one can not get there any more', async () => {
    const { asked, server, wait } = await service([
      { aaaa0001: 'building_image', aaaa0002: 'building_image', aaaa0003: 'success' },
      { aaaa0001: 'building_image', aaaa0002: 'error', aaaa0003: 'success' },
    ])
    try {
      const { exit, stdout, stderr } = await wait('aaaa0001', 'aaaa0002', idOf('aaaa0003'), '--query', '[].status')
      expect({ exit, stdout }).toEqual({ exit: 1, stdout: 'building_image\nerror\nsuccess\n' })
      expect(stderr).toContain(`Error: job ${idOf('aaaa0002')} ended in error`)
      expect(asked.length).toBe(2)
    } finally {
      await server.close()
    }
  })

  test('one that is deleted', async () => {
    const { server, wait } = await service([{ aaaa0001: 'building_image', aaaa0002: 'building_image' }, { aaaa0001: 'building_image' }])
    try {
      const { exit, stderr } = await wait('aaaa0001', 'aaaa0002', '--for', 'done')
      expect(exit).toBe(1)
      expect(stderr).toContain(`Error: job ${idOf('aaaa0002')} is gone: it was deleted\nNext: cray-ims jobs list\n`)
    } finally {
      await server.close()
    }
  })

  test('the same one twice is one', async () => {
    const { server, wait } = await service([{ aaaa0001: 'success' }])
    try {
      expect(await wait('aaaa0001', idOf('aaaa0001'), '--query', 'status')).toMatchObject({ exit: 0, stdout: 'success\n' })
    } finally {
      await server.close()
    }
  })
})

describe.concurrent('a wait that something comes in between', () => {
  test.each([
    ['503', 'the service is unavailable (Error received from server: 503 Service Unavailable); looking again\n'],
    ['reset', 'the service is unavailable (the server closed the connection without an answer); looking again\n'],
  ])('a server that is away from the first look on: %s', async (fault, said) => {
    const mock = await mockOf(
      [{ id: idOf('aaaa0001'), status: 'packaging_artifacts' }],
      '--speed',
      'step',
      '--fault',
      `GET /jobs/* ${fault} x5`,
    )
    try {
      const { exit, stdout, stderr } = await runIn(environment(mock.hostname))(
        'jobs',
        'wait',
        idOf('aaaa0001'),
        ...often,
        '--query',
        'status',
      )
      expect({ exit, stdout }).toEqual({ exit: 0, stdout: 'success\n' })
      expect(stderr.split(said).length - 1).toBe(1)
    } finally {
      await mock.stop()
    }
  })

  test('a server that is stopped and started again', async () => {
    const id = idOf('aaaa0001')
    const mock = createMock({ speed: 'step', seed: seedOf([{ id, type: 'customize', status: 'waiting_on_user' }]) as Seed })
    const start = (port?: number) => serveMock(mock, { port })
    let server = await start()
    const port = Number(new URL(server.url).port)
    const env = environment(server.url)
    const waiting = startProgram(['jobs', 'wait', id, '--for', 'done', ...often, ...bounded], { cwd: folder, env })
    try {
      for (let times = 1; times <= 2; times++) {
        await waiting.says('waiting_on_user', 1)
        await server.close()
        await waiting.says('connection refused', times)
        server = await start(port)
        await waiting.says('the service is back', times)
      }
      expect((await runIn(env)('jobs', 'delete', id)).exit).toBe(0)
      const { exit, stdout, stderr } = await waiting.ended
      expect({ exit, stdout }).toEqual({ exit: 1, stdout: '' })
      expect(stderr).toContain(`Error: job ${id} is gone: it was deleted`)
    } finally {
      waiting.kill('SIGKILL')
      await server.close()
      mock.close()
    }
  })

  test('3 at the time limit, and how to go on', async () => {
    const id = idOf('aaaa0001')
    const mock = await mockOf([{ id, status: 'waiting_on_user', type: 'customize' }])
    try {
      const wait = (...argv: string[]) =>
        runIn(environment(mock.hostname))('jobs', 'wait', id, '--interval', '1h', '--timeout', '0.2', ...argv)
      const { exit, stdout, stderr } = await wait('--for', 'done')
      expect({ exit, stdout }).toEqual({ exit: 3, stdout: '' })
      expect(stderr).toContain(
        `  it waits on its user: cray-ims jobs debug ${id}\nError: timed out after 0s; job aaaa0001… is still waiting_on_user\nNext: cray-ims jobs wait ${id} --for done\n`,
      )
      expect((await wait()).stderr).toContain(`Next: cray-ims jobs wait ${id}\n`)
    } finally {
      await mock.stop()
    }
  })

  test('3 also for a server that takes requests and never answers', async () => {
    const server = await serveSocket(() => {})
    try {
      const { exit, stderr } = await runIn(environment(server.url))('jobs', 'wait', idOf('aaaa0001'), ...often, '--timeout', '0.2')
      expect(exit).toBe(3)
      expect(stderr).toContain('the service did not answer')
    } finally {
      await server.close()
    }
  })

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s leaves the job alone and says how to go on', async (signal, exit) => {
    const id = idOf('aaaa0001')
    const mock = await mockOf([{ id, status: 'waiting_on_user', type: 'customize' }])
    const env = environment(mock.hostname)
    try {
      const waiting = startProgram(['jobs', 'wait', 'aaaa', '--interval', '1h', '--for', 'done', ...bounded], { cwd: folder, env })
      await waiting.says('it waits on its user')
      waiting.kill(signal)
      const outcome = await waiting.ended
      expect(outcome).toMatchObject({ exit, stdout: '' })
      expect(outcome.stderr).toContain(
        `Error: Interrupted by ${signal}\nThe job keeps running.\nNext: cray-ims jobs wait ${id} --for done\n`,
      )
      expect((await runIn(env)('jobs', 'describe', id, '--query', 'status')).stdout).toBe('waiting_on_user\n')
    } finally {
      await mock.stop()
    }
  })

  test('SIGINT before the first answer', async () => {
    const server = await serveSocket(() => {})
    try {
      const waiting = startProgram(['jobs', 'wait', 'aaaa', '-v', ...bounded], { cwd: folder, env: environment(server.url) })
      while (server.connections() === 0) await new Promise((again) => setTimeout(again, 20))
      waiting.kill('SIGINT')
      const { exit, stderr } = await waiting.ended
      expect(exit).toBe(130)
      expect(stderr).toContain('Next: cray-ims jobs wait aaaa\n')
    } finally {
      await server.close()
    }
  })
})

describe.concurrent('in a terminal', () => {
  const inTerminal = async (size: string, more: Record<string, string> = {}) => {
    const mock = await mockOf([
      { id: idOf('aaaa0001'), type: 'customize', status: 'waiting_on_user' },
      { id: idOf('aaaa0002'), status: 'success' },
    ])
    try {
      const line = `${size}${process.execPath} ${program} jobs wait aaaa0001 aaaa0002 --for done --interval 0.1 --timeout 5`
      const env = { ...environment(mock.hostname), PATH: process.env.PATH!, TERM: 'xterm', ...more }
      return await run(['-qec', line, '/dev/null'], { cwd: folder, env, command: ['script'] })
    } finally {
      await mock.stop()
    }
  }

  test('a spinner says how many are there', async () => {
    const { exit, stdout } = await inTerminal('stty cols 100 rows 30; ')
    expect(exit).toBe(3)
    expect(stdout).toMatch(/1 of 2 there; aaaa0001… waiting_on_user \d+s; \d+s in all/)
    expect(stdout).toContain('\x1b[1m\x1b[31mError:\x1b[39m\x1b[22m timed out after 5s')
    expect(stdout).toContain('\x1b[1mNext:\x1b[22m cray-ims jobs wait')
  })

  test('one that says it has no columns gets plain lines', async () => {
    const { exit, stdout } = await inTerminal('stty cols 0 rows 0; ', { NO_COLOR: '1' })
    expect(exit).toBe(3)
    expect(lines(stdout.replaceAll('\r', ''))).toEqual([
      'aaaa0001… result, customize: waiting_on_user',
      `  it waits on its user: cray-ims jobs debug ${idOf('aaaa0001')}`,
      'aaaa0002… result, create: success',
      'Error: timed out after 5s; job aaaa0001… is waiting_on_user, job aaaa0002… is success',
      `Next: cray-ims jobs wait ${idOf('aaaa0001')} ${idOf('aaaa0002')} --for done`,
    ])
  })
})

describe.concurrent('a job that hangs', () => {
  const id = idOf('aaaa0001')
  const hanging: SeededJob[] = [{ id, ends: 'hangs', status: 'building_image' }]

  test.skipIf(skip)('says why, once, through the real kubectl', async () => {
    const mock = await mockOf(hanging)
    const env = { ...environment(mock.hostname), PATH: process.env.PATH!, KUBECONFIG: mock.kubeconfig }
    const waiting = startProgram(['jobs', 'wait', id, ...often, ...bounded], { cwd: folder, env })
    try {
      await waiting.says("aaaa0001… building_image: its pod can't run: Unschedulable: 0/7 nodes are available")
      waiting.kill('SIGINT')
      expect((await waiting.ended).stderr.split("its pod can't run").length).toBe(2)
    } finally {
      waiting.kill('SIGKILL')
      await mock.stop()
    }
  })

  test('without kubectl it is said that this lasts longer than it ever does, and how to look', async () => {
    const mock = await mockOf(hanging)
    try {
      const { exit, stderr } = await runIn(environment(mock.hostname))('jobs', 'wait', id, ...often, '--timeout', '3')
      expect(exit).toBe(3)
      expect(lines(stderr)).toEqual([
        'aaaa0001… result, create: building_image',
        expect.stringMatching(
          /^aaaa0001… is still building_image \d+d(?:\d+h)? after it was created, longer than that ever takes: its pod may have failed\. Where kubectl works \(here: there is no kubectl in PATH\): kubectl get pods -n ims -l job-name=\S+$/,
        ),
        'Error: timed out after 3s; job aaaa0001… is still building_image',
        `Next: cray-ims jobs wait ${id}`,
      ])
    } finally {
      await mock.stop()
    }
  })

  test('a kubectl that hangs holds nothing up, and is not left behind', async () => {
    const mock = await mockOf(hanging)
    const { env, folder: place, remove } = standInKubectl('echo $$ > $DIR/pid; exec sleep 300')
    const waiting = startProgram(['jobs', 'wait', id, ...often, ...bounded], {
      cwd: folder,
      env: { ...environment(mock.hostname), ...env },
    })
    try {
      const pid = await vi.waitFor(() => Number(readFileSync(join(place, 'pid'), 'utf8').trim() || expect.fail()), 30_000)
      waiting.kill('SIGTERM')
      expect((await waiting.ended).exit).toBe(143)
      await vi.waitFor(() => expect(isAlive(pid)).toBe(false), 30_000)
    } finally {
      waiting.kill('SIGKILL')
      remove()
      await mock.stop()
    }
  })
})
