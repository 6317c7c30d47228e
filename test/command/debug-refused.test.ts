import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { run } from '../support/program.ts'
import { customizing, failedBuild, ids, jailed, programLine, startSite, type Site } from '../support/site.ts'
import { fillCluster, standInCluster, type ClusterContents } from '../support/site-kubectl.ts'
import { ended, initializing, pod, running } from '../support/pods.ts'
import { makeKey, startAgent, temporaryFolder } from '../support/sshd.ts'
import { standInKubectl, type StandIn } from '../support/stand-in-kubectl.ts'
import { describeWithTmux, openTerminal } from '../support/tmux.ts'
import { withSite } from '../support/watched-site.ts'

const building = { artifact_id: ids.hanging, status: 'building_image' } as const
const jobs = {
  succeeded: failedBuild({ status: 'success', resultant_image_id: ids.image }),
  failed: failedBuild({ status: 'error', artifact_id: ids.fetchFailing }),
  failedLater: failedBuild({ status: 'error' }),
  packaging: failedBuild(building),
  dying: failedBuild({ ...building, status: 'packaging_artifacts' }),
  withoutDebug: failedBuild({ ...building, enable_debug: false, image_root_archive_name: 'two words' }),
  building: failedBuild(building),
  deleted: failedBuild(building),
  waiting: failedBuild(),
  other: failedBuild(),
  verified: failedBuild(),
  changed: failedBuild(),
  strange: failedBuild({ public_key_id: ids.strangeKey }),
  keyless: customizing({ public_key_id: ids.goneKey }),
  jailedKeyless: jailed({ public_key_id: ids.goneKey }),
}

let site: Site
const standIns: StandIn[] = []
beforeAll(async () => {
  site = await startSite({ jobs: Object.values(jobs) })
})
afterAll(async () => {
  await site.close()
  for (const standIn of standIns) standIn.remove()
})

/** The environment of a kubectl with such a cluster. */
function cluster(contents: ClusterContents, script = standInCluster): Record<string, string> {
  const standIn = standInKubectl(script)
  standIns.push(standIn)
  fillCluster(standIn, contents)
  return { PATH: standIn.env.PATH! }
}

/** What differs from run to run, by its name. */
const masked = (text: string, { id }: { id: string }) =>
  text
    .replaceAll(id, 'JOB')
    .replaceAll(`${id.slice(0, 8)}…`, 'JOB…')
    .replace(/SHA256:[\w+/]+/g, 'SHA256')
    .replace(/127\.0\.0\.1:\d+/g, 'ADDRESS')

/** The host keys of a job's shell, as their files have them. */
async function hostKeys({ id }: { id: string }): Promise<string> {
  const { port } = (await site.ask('GET', `/jobs/${id}`)).ssh_containers[0].connection_info.customer_access
  for (;;) {
    const found = execFileSync('ssh-keyscan', ['-p', String(port), '127.0.0.1'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    if (found !== '') return found.replaceAll(/^\S+ /gm, '')
  }
}

test('without a job and a terminal, before anything is asked', () =>
  withSite({}, async (watched) => {
    expect(await watched.ims('jobs', 'debug')).toEqual({
      exit: 2,
      stdout: '',
      stderr: expect.stringMatching(/\nError: Missing argument 'JOB'\.\nNext: cray-ims jobs list --status waiting_on_user\n$/),
    })
    expect(watched.asked).toEqual([])
  }))

describe.concurrent('no shell will come', () => {
  test('to a job that succeeded', async () => {
    const { exit, stdout, stderr } = await site.debug([jobs.succeeded.id])
    expect({ exit, stdout }).toEqual({ exit: 1, stdout: '' })
    expect(masked(stderr, jobs.succeeded)).toMatchInlineSnapshot(`
      "Job JOB… image-1, create
      Error: no shell will come: job JOB… succeeded
        image 66666666-0000-4000-8000-000000000000
      Next: cray-ims images describe 66666666-0000-4000-8000-000000000000
      "
    `)
  })

  test('to one that failed; without kubectl', async () => {
    const { exit, stderr } = await site.debug([jobs.failed.id])
    expect(exit).toBe(1)
    expect(masked(stderr, jobs.failed)).toMatchInlineSnapshot(`
      "Job JOB… image-2, create
      Error: no shell will come: job JOB… ended in error
      A shell opens only when the build itself fails with debug on.
      Next: cray-ims jobs describe JOB
      "
    `)
  })

  test('to one that failed; with kubectl: the screen', async () => {
    const env = cluster({
      pod: pod({ 'fetch-recipe': ended(1), 'build-image': initializing, sshd: initializing }, { phase: 'Failed' }),
      logs: { 'fetch-recipe': 'fetching\n404 s3://ims/recipes/my_recipe.tgz\n' },
    })
    const { exit, stderr } = await site.debug([jobs.failed.id], { env })
    expect(exit).toBe(1)
    expect(masked(stderr, jobs.failed)).toMatchInlineSnapshot(`
      "Job JOB… image-2, create
      Error: no shell will come: job JOB… ended in error
        fetch-recipe: fetching
        fetch-recipe: 404 s3://ims/recipes/my_recipe.tgz
      A shell opens only when the build itself fails with debug on.
      Next: cray-ims recipes describe 55555555-0000-4000-8000-000000000000
      "
    `)
  })

  test('to one that failed while it was packaged: the line that says why, not the tail', async () => {
    const env = cluster({
      pod: pod({ 'fetch-recipe': ended(0), 'build-image': ended(0), 'buildenv-sidecar': ended(1), sshd: ended(0) }, { phase: 'Failed' }),
      logs: { 'build-image': 'all well\n', 'buildenv-sidecar': 'a\nERROR no kernel\n1\n2\n3\n4\n5\n' },
    })
    const { stderr } = await site.debug([jobs.failedLater.id], { env })
    expect(stderr).toContain('ended in error\n  buildenv-sidecar: ERROR no kernel\nA shell opens only')
    expect(stderr).toContain(`\nNext: cray-ims jobs logs ${jobs.failedLater.id} --failed\n`)
  })

  test('to a job that packages its image', async () => {
    await site.ask('PATCH', `/jobs/${jobs.packaging.id}`, { status: 'packaging_artifacts' })
    expect(await site.debug([jobs.packaging.id])).toMatchObject({
      exit: 1,
      stderr: expect.stringContaining('is past that: it packages its image'),
    })
  })

  test('to one with debug off: the line that creates it again', async () => {
    const { exit, stderr } = await site.debug([jobs.withoutDebug.id])
    expect(exit).toBe(1)
    expect(masked(stderr, jobs.withoutDebug)).toMatchInlineSnapshot(`
      "Job JOB… two words, create
      Error: no shell will come: job JOB… was created with debug off
      A shell opens only when the build itself fails with debug on.
      Next: cray-ims jobs create --job-type create --artifact-id 88888888-0000-4000-8000-000000000000 --public-key-id 11111111-0000-4000-8000-000000000000 --image-root-archive-name 'two words' --build-env-size 60 --enable-debug True
      "
    `)
    const line = /^Next: cray-ims (jobs create .*)$/m.exec(stderr)![1]!
    expect(await run(['-c', `${programLine} ${line}`], { cwd: site.home, env: site.env, command: ['sh'] })).toMatchObject({
      exit: 0,
      stdout: expect.stringContaining('enable_debug = true'),
    })
  })

  const place = 'FailedScheduling 0/3 nodes are available: 3 Insufficient memory.'
  const pull = { waiting: { reason: 'ImagePullBackOff', message: 'Back-off pulling image "registry/x"' } }
  const stuck: [string, ClusterContents['pod'], string][] = [
    [
      'no place',
      {
        ...pod(
          { 'build-image': {} },
          { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: place }] },
        ),
        spec: { containers: [] },
      },
      `Unschedulable: ${place}`,
    ],
    ['no image', pod({ 'build-image': pull }, { phase: 'Pending' }), 'build-image: ImagePullBackOff: Back-off pulling image "registry/x"'],
  ]
  test.each(stuck)('to a job whose pod has %s', async (_, found, why) => {
    const { exit, stderr } = await site.debug([jobs.building.id], { env: cluster({ pod: found }) })
    expect({ exit, stderr }).toEqual({
      exit: 1,
      stderr: expect.stringContaining(
        `can't run\n  ${why}\nNext: kubectl describe pods -n ims -l job-name=cray-ims-${jobs.building.id}-create\n`,
      ),
    })
  })

  test.each([
    ['with debug on', jobs.building],
    ['with debug off', jobs.withoutDebug],
    ['that packages', jobs.dying],
  ])('to a job %s whose pod was killed: it never ends', async (_, job) => {
    const env = cluster({ pod: pod({ 'build-image': ended(137, 'OOMKilled') }, { phase: 'Failed' }) })
    const { exit, stderr } = await site.debug([job.id], { env })
    const lines = [
      `no shell will come: job ${job.id} stays ${job.status}: its pod has failed`,
      '  build-image: OOMKilled: exit code 137',
      '  It needs more memory: --job-mem-size GIB',
      `Next: cray-ims jobs delete ${job.id}`,
    ]
    expect({ exit, stderr }).toEqual({ exit: 1, stderr: expect.stringContaining(`Error: ${lines.join('\n')}\n`) })
  })

  test('to a job that is deleted meanwhile', async () => {
    const env = cluster({}, `[ "$1" = get ] && [ ! -e "$DIR/told" ] && : >"$DIR/told"; ${standInCluster}`)
    const outcome = site.debug([jobs.deleted.id], { env })
    // It asks about the pod at its first look.
    await until(() => standIns.some((one) => one.env.PATH === env.PATH && one.calls().length > 0))
    await site.ask('DELETE', `/jobs/${jobs.deleted.id}`)
    expect(await outcome).toMatchObject({
      exit: 1,
      stderr: expect.stringContaining(`Error: job ${jobs.deleted.id} is gone: it was deleted\nNext: cray-ims jobs list\n`),
    })
  })

  test('in time: exit 3, and how to go on', async () => {
    const { exit, stderr } = await site.debug([jobs.building.id, '--timeout', '1s'])
    expect({ exit, stderr }).toEqual({
      exit: 3,
      stderr: expect.stringMatching(
        /building_image; waits for the build, should it fail\n\S+ is still building_image .* after it was created, longer than that ever takes: its pod may have failed\..*\nError: timed out after 1s; job \S+ is still building_image\nNext: cray-ims jobs debug \S+\n$/,
      ),
    })
    expect(stderr).toContain(`Next: cray-ims jobs debug ${jobs.building.id}\n`)
  })
})

describe.concurrent('keys', () => {
  test('none here is the one: the screen', async () => {
    const { exit, stderr } = await site.debug([jobs.strange.id])
    expect(exit).toBe(255)
    expect(masked(stderr, jobs.strange)).toMatchInlineSnapshot(`
      "Job JOB… image-13, create
      Error: no key here opens job JOB…
        wants  "joe's" ssh-ed25519 SHA256
        found  agent: none
               ~/.ssh/id_ed25519  ssh-ed25519 SHA256
      Next: cray-ims jobs debug JOB -i FILE
      "
    `)
  })

  test('-i names the one', async () => {
    expect(await site.debug([jobs.strange.id, '-i', 'strange', '--', 'echo', 'in'])).toMatchObject({
      exit: 0,
      stdout: 'in\n',
      stderr: expect.stringContaining('key ~/strange\n'),
    })
  })

  test('-i names another', async () => {
    expect(await site.debug([jobs.strange.id, '-i', '.ssh/id_ed25519'])).toMatchObject({
      exit: 255,
      stderr: expect.stringContaining('no key here opens job'),
    })
  })

  test('the agent has it', async () => {
    const folder = temporaryFolder()
    const agent = await startAgent(folder.path)
    try {
      agent.add(join(site.home, 'strange'))
      const env = { SSH_AUTH_SOCK: agent.socket }
      expect(await site.debug([jobs.strange.id, '--', 'echo', 'in'], { env })).toMatchObject({
        exit: 0,
        stdout: 'in\n',
        stderr: expect.stringContaining('key agent\n'),
      })
      expect(await site.debug([jobs.strange.id, '--openssh', '--', 'echo', 'in'], { env })).toMatchObject({ exit: 0, stdout: 'in\n' })
    } finally {
      agent.stop()
      folder.remove()
    }
  })

  test.each([
    ['debug', ['--on-exit', 'later', '--', 'true']],
    ['fail', ['--no-wait']],
  ])('its record is looked for again after an error of the service: jobs %s', async (verb, words) => {
    const job = customizing()
    const site = await startSite({ jobs: [job], mock: ['--fault', 'GET /public-keys/* 500 x3'] })
    try {
      const { exit, stderr } = await run(['jobs', verb, job.id, '--interval', '0.1', ...words], { cwd: site.home, env: site.env })
      expect(exit).toBe(0)
      expect(stderr).toContain('the service is unavailable (Internal Server Error: The mock was told to answer so.); looking again\n')
    } finally {
      await site.close()
    }
  })

  test('an error of the service that stays is told', async () => {
    const job = customizing()
    const site = await startSite({ jobs: [job], mock: ['--fault', 'GET /public-keys/* 500 x9'] })
    try {
      const { exit, stderr } = await site.debug([job.id, '--', 'true'])
      expect(exit).toBe(2)
      expect(stderr).toContain(`HTTP 500 Internal Server Error: GET /apis/ims/v3/public-keys/${ids.key}\n`)
    } finally {
      await site.close()
    }
  })

  test('its record is gone', async () => {
    const { exit, stderr } = await site.debug([jobs.keyless.id])
    expect(exit).toBe(255)
    expect(stderr).toContain(`  wants  the public key ${ids.goneKey}, whose record is gone\n`)
    expect(stderr).not.toContain('CFS')
  })

  test('its record is gone, and the job is jailed: whose it probably is', async () => {
    const { exit, stderr } = await site.debug([jobs.jailedKeyless.id])
    expect({ exit, stderr }).toEqual({
      exit: 255,
      stderr: expect.stringContaining('most likely of the Configuration Framework Service (CFS)'),
    })
  })

  test('nothing secret is logged, or told to kubectl', async () => {
    const job = failedBuild()
    const secure = await startSite({ jobs: [job], mock: ['--tls'] })
    try {
      const login = ['auth', 'login', '--username', 'jane', '--password', secure.mock.token]
      expect(await run(login, { cwd: secure.home, env: secure.env })).toMatchObject({ exit: 0 })
      const folder = join(secure.mock.configDir, '.config/cray/tokens')
      const token = JSON.parse(
        readFileSync(
          join(
            folder,
            readdirSync(folder).find((name) => name.endsWith('.jane'))!,
          ),
          'utf8',
        ),
      ) as Record<string, unknown>
      const { exit, stdout, stderr } = await secure.debug(['-vvvv', job.id, '--', 'env'])
      expect(exit).toBe(0)
      expect(stderr).toContain('GET https://')
      const key = readFileSync(join(secure.home, '.ssh/id_ed25519'), 'utf8')
        .split('\n')
        .filter((line) => line.length > 20 && !line.startsWith('-'))
      const secrets = [...key, secure.mock.token, String(token.access_token), String(token.refresh_token)]
      const told = [stdout, stderr, ...secure.kubectl.calls()].join('\n')
      expect(secrets.filter((secret) => told.includes(secret)).length).toBe(0)
    } finally {
      await secure.close()
    }
  })

  describe("encrypted by a cipher that can't be read here", () => {
    let other: Site
    let path: string
    const job = failedBuild()
    const folder = temporaryFolder()
    const key = makeKey(join(folder.path, 'id_chacha'), { passphrase: 'open sesame', cipher: 'chacha20-poly1305@openssh.com' })
    beforeAll(async () => {
      other = await startSite({ jobs: [job], publicKey: key.publicKey })
      path = join(other.home, '.ssh/id_chacha')
      for (const end of ['', '.pub']) writeFileSync(`${path}${end}`, readFileSync(`${key.path}${end}`), { mode: 0o600 })
    })
    afterAll(async () => {
      await other.close()
      folder.remove()
    })
    const screen = () =>
      `${path}: its cipher chacha20-poly1305@openssh.com can't be read here\nAn ssh-agent can: one that has the key is asked first. To start one: eval "$(ssh-agent)"\nSo can the system's ssh: add --openssh.\nNext: ssh-add ${path}\n`

    test('it is said who can, without a terminal', async () => {
      expect(await other.debug([job.id, '--', 'true'])).toMatchObject({ exit: 255, stderr: expect.stringContaining(screen()) })
    })

    test('of -i, too', async () => {
      expect(await other.debug([job.id, '-i', path, '--', 'true'])).toMatchObject({
        exit: 255,
        stderr: expect.stringContaining(`add --openssh.\nNext: ssh-add ${path}\n`),
      })
    })

    test.each(['', '-i'])('the agent opens the job with it %s', async (option) => {
      const own = temporaryFolder()
      const agent = await startAgent(own.path)
      try {
        // What ssh-add does, with its passphrase from nobody: by a copy that has none.
        const copy = join(own.path, 'copy')
        copyFileSync(path, copy)
        chmodSync(copy, 0o600)
        execFileSync('ssh-keygen', ['-q', '-p', '-P', 'open sesame', '-N', '', '-f', copy])
        agent.add(copy)
        const words = option === '' ? [] : [option, path]
        expect(
          await other.debug([job.id, ...words, '--on-exit', 'later', '--', 'echo in'], { env: { SSH_AUTH_SOCK: agent.socket } }),
        ).toMatchObject({ exit: 0, stdout: 'in\n' })
      } finally {
        agent.stop()
        own.remove()
      }
    })

    describeWithTmux('in a terminal', () => {
      test('its passphrase is not asked for', async () => {
        const terminal = await openTerminal({ cwd: other.home, columns: 300 })
        try {
          const exports = Object.entries(other.env).map(([name, value]) => `export ${name}='${value}'`)
          writeFileSync(join(other.home, 'open'), `${exports.join('\n')}\n${programLine} jobs debug ${job.id} -- echo in; echo "exit=$?"\n`)
          terminal.type('sh open', 'Enter')
          const shown = await terminal.shows('exit=255')
          expect(shown).toContain(`Next: ssh-add ${path}`)
          expect(shown).not.toMatch(/passphrase/i)
        } finally {
          terminal.close()
        }
      })
    })
  })

  describe('with a passphrase', () => {
    let locked: Site
    const job = failedBuild()
    const folder = temporaryFolder()
    const key = makeKey(join(folder.path, 'locked'), { passphrase: 'open sesame' })
    beforeAll(async () => {
      locked = await startSite({ jobs: [job], publicKey: key.publicKey })
      mkdirSync(join(locked.home, '.ssh'), { recursive: true })
      for (const end of ['', '.pub'])
        writeFileSync(join(locked.home, `.ssh/id_locked${end}`), readFileSync(`${key.path}${end}`), { mode: 0o600 })
    })
    afterAll(async () => {
      await locked.close()
      folder.remove()
    })

    test('never without a terminal', async () => {
      const { exit, stderr } = await locked.debug([job.id, '--', 'true'], { stdin: 'open sesame\n' })
      expect({ exit, stderr }).toEqual({
        exit: 255,
        stderr: expect.stringContaining('needs its passphrase, and there is no terminal to ask for it'),
      })
    })

    describeWithTmux('on one', () => {
      test('it is asked for, and not shown', async () => {
        const terminal = await openTerminal({ cwd: locked.home })
        try {
          const exports = Object.entries(locked.env).map(([name, value]) => `export ${name}='${value}'`)
          writeFileSync(
            join(locked.home, 'open'),
            `${exports.join('\n')}\n${programLine} jobs debug ${job.id} -vvvv -- echo in; echo "exit=$?"\n`,
          )
          terminal.type('sh open', 'Enter')
          await terminal.shows('Passphrase of ')
          terminal.type('wrong', 'Enter')
          await terminal.shows(/Passphrase of [^]*Passphrase of /)
          terminal.type('open sesame', 'Enter')
          const screen = await terminal.shows('exit=0')
          expect(screen).toMatch(/^in$/m)
          expect(screen).not.toContain('sesame')
        } finally {
          terminal.close()
        }
      })
    })
  })
})

describe('host keys', () => {
  const debug = (job: { id: string }, words: string[] = [], env: Record<string, string> = {}) =>
    site.debug([job.id, ...words, '--', 'echo', 'in'], { env })

  test('a new one is shown and kept, with 0600; then it is known', async () => {
    expect(await debug(jobs.waiting)).toMatchObject({
      exit: 0,
      stdout: 'in\n',
      stderr: expect.stringMatching(/\n {2}host key SHA256:\S+ new, accepted\n/),
    })
    expect(statSync(site.knownHosts).mode & 0o777).toBe(0o600)
    expect(readFileSync(site.knownHosts, 'utf8')).toContain(`${jobs.waiting.id} ssh-ed25519 `)
    expect(await debug(jobs.waiting)).toMatchObject({ exit: 0, stderr: expect.stringMatching(/\n {2}host key SHA256:\S+ known\n/) })
  })

  test('a changed one is refused: no shell', async () => {
    const [type, key] = makeKey(join(site.home, 'changed')).publicKey.split(' ')
    writeFileSync(site.knownHosts, `${jobs.changed.id} ${type} ${key}\n`, { flag: 'a' })
    const { exit, stdout, stderr } = await debug(jobs.changed)
    expect({ exit, stdout }).toEqual({ exit: 255, stdout: '' })
    expect(masked(stderr, jobs.changed).replace(site.knownHosts, 'FILE')).toMatchInlineSnapshot(`
      "Job JOB… image-12, create
      JOB… waiting_on_user; reaching customer ADDRESS, cluster ADDRESS
      Error: the host key of job JOB… is refused: it changed
        shown SHA256
        another is kept in FILE: someone is in between, or the job has another container
      Next: kubectl get pods -n ims -l job-name=cray-ims-JOB-create -o wide
      "
    `)
    for (const word of ['--openssh', '--print-command']) expect(await debug(jobs.changed, [word])).toMatchObject({ exit: 255, stdout: '' })
    expect(await site.debug([jobs.changed.id, '--ssh-config'])).toMatchObject({ exit: 255, stdout: '' })
  })

  test("one that is the pod's", async () => {
    const env = cluster({ pod: pod({ sshd: running }), hostKeys: await hostKeys(jobs.verified) })
    expect(await debug(jobs.verified, ['--host-key', 'verify'], env)).toMatchObject({
      exit: 0,
      stderr: expect.stringMatching(/host key SHA256:\S+ new, same as the pod's\n/),
    })
    // It was compared once, which is enough.
    expect(await debug(jobs.verified, ['--host-key', 'verify'])).toMatchObject({
      exit: 0,
      stderr: expect.stringMatching(/host key SHA256:\S+ known\n/),
    })
  })

  test("one that isn't: no shell", async () => {
    const env = cluster({ pod: pod({ sshd: running }), hostKeys: await hostKeys(jobs.waiting) })
    expect(await debug(jobs.other, [], env)).toMatchObject({
      exit: 255,
      stdout: '',
      stderr: expect.stringContaining("is refused: it isn't the pod's\n"),
    })
    expect(readFileSync(site.knownHosts, 'utf8')).not.toContain(jobs.other.id)
  })

  test("one that can't be compared: refused where that is asked for", async () => {
    expect(await debug(jobs.other, ['--host-key', 'verify'])).toMatchObject({
      exit: 255,
      stdout: '',
      stderr: expect.stringContaining("is refused: it couldn't be compared with the pod's\n"),
    })
    rmSync(site.knownHosts)
    expect(await debug(jobs.waiting)).toMatchObject({ exit: 0, stderr: expect.stringContaining(' new, accepted\n') })
  })
})

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((again) => setTimeout(again, 20))
}
