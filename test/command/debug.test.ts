import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { run } from '../support/program.ts'
import { customizing, failedBuild, ids, jailed, programLine, startSite, type SeededJob, type Site } from '../support/site.ts'

const twins = [failedBuild({ image_root_archive_name: 'twin' }), failedBuild({ image_root_archive_name: 'twin' })]
const old = failedBuild({ image_root_archive_name: 'reused', status: 'error' })
const waiting = {
  create: failedBuild({ image_root_archive_name: 'reused' }),
  customize: customizing(),
  jailed: jailed(),
  remote: failedBuild({ remote_build_node: 'x3000c0s1b0n0' }),
}
const fated: (SeededJob & { id: string })[] = []
const fate = (job: SeededJob & { id: string }) => {
  fated.push(job)
  return job.id
}

// Each ends as its own job does, so that none stands in another's way.
const fates: [string, string, string[], number, { stdout?: RegExp; stderr?: RegExp }][] = [
  [
    'complete prints the image after a shell',
    fate(customizing()),
    ['--on-exit', 'save'],
    0,
    { stdout: /^[0-9a-f-]{36}\n$/, stderr: /✔ success: image / },
  ],
  ['complete in a jail', fate(jailed()), ['--on-exit', 'save'], 0, { stdout: /^[0-9a-f-]{36}\n$/ }],
  [
    'complete prints it on stderr after a command',
    fate(customizing()),
    ['--on-exit', 'save', '--', 'echo mine'],
    0,
    { stdout: /^mine\n$/, stderr: /\n[0-9a-f-]{36}\n$/ },
  ],
  [
    "a command's own code comes before the outcome",
    fate(customizing()),
    ['--on-exit', 'save', '--', 'exit 5'],
    5,
    { stdout: /^$/, stderr: /✔ success/ },
  ],
  [
    "complete of an image that can't be packaged",
    fate(customizing({ artifact_id: ids.badImage })),
    ['--on-exit', 'save', '--', 'true'],
    1,
    { stderr: /✖ error\. Logs: cray-ims jobs logs / },
  ],
  [
    'complete of a create job, which ends in error either way',
    fate(failedBuild()),
    ['--on-exit', 'save', '--', 'true'],
    0,
    { stderr: /✖ error/ },
  ],
  ['fail of a create job', fate(failedBuild()), ['--on-exit', 'discard', '--', 'true'], 0, { stderr: /✖ error/ }],
  ['discard by its old name', fate(customizing()), ['--on-exit', 'fail', '--', 'true'], 1, { stderr: /✖ error/ }],
  [
    'keep says how to release',
    fate(customizing()),
    ['--on-exit', 'later', '--', 'true'],
    0,
    { stderr: /still waits, holding 32 GiB\. Save the image: cray-ims jobs complete [0-9a-f-]{36}\n$/ },
  ],
  ['keep of a create job', fate(failedBuild()), ['--', 'exit 3'], 3, { stderr: /Discard it: cray-ims jobs fail [0-9a-f-]{36}\n$/ }],
  ['delete', fate(customizing()), ['--on-exit', 'delete', '--', 'exit 4'], 4, { stderr: /Job [0-9a-f]{8}… deleted\n$/ }],
  [
    'a job that was completed in the shell',
    fate(customizing()),
    ['--on-exit', 'later', '--', 'touch /mnt/image/complete'],
    0,
    { stderr: /✔ success/ },
  ],
  [
    'a job that was completed by a long command, which that ends',
    fate(jailed()),
    ['--', 'touch /tmp/complete; sleep 100'],
    0,
    { stderr: /✔ success/ },
  ],
  ['a job that was failed by a long command', fate(customizing()), ['--', 'touch /mnt/image/failed; sleep 100'], 1, { stderr: /✖ error/ }],
]

let site: Site
beforeAll(async () => {
  site = await startSite({ jobs: [...twins, old, ...Object.values(waiting), ...fated] })
})
afterAll(() => site.close())

describe.concurrent('jobs debug', () => {
  test('follows a job from its start to its shell', async () => {
    // Each look moves the job on.
    const stepping = await startSite({ mock: ['--speed', 'step'] })
    try {
      const asked = {
        job_type: 'create',
        artifact_id: ids.failing,
        public_key_id: ids.key,
        image_root_archive_name: 'followed',
        enable_debug: true,
      }
      const { id } = await stepping.ask('POST', '/jobs', asked)
      const { exit, stdout, stderr } = await stepping.debug(['followed', '--', 'ls', '/mnt/image'])
      expect({ exit, stdout }).toEqual({ exit: 0, stdout: 'build\nkiwi.log\n' })
      const words = (text: string) =>
        text
          .replaceAll(id, 'ID')
          .replaceAll(id.slice(0, 8), 'ID')
          .replace(/\d+s /g, '')
          .replace(/\d{4,}/g, 'PORT')
          .replace(/SHA256:\S+/, 'SHA256')
      expect(words(stderr)).toMatchInlineSnapshot(`
        "Job ID… followed, create
        ID… creating; waits for its build
        ✔ creating → fetching_recipe
        ID… fetching_recipe; waits for its build
        ✔ fetching_recipe → waiting_for_repos
        ID… waiting_for_repos; waits for its build
        ✔ waiting_for_repos → building_image
        ID… building_image; waits for the build, should it fail
        ✔ building_image → waiting_on_user
        ID… waiting_on_user; reaching customer 127.0.0.1:PORT, cluster 127.0.0.1:PORT
        ✔ 127.0.0.1:PORT, key ~/.ssh/id_edPORT
          host key SHA256 new, accepted
        Job ID… still waits, holding 16 GiB. Discard it: cray-ims jobs fail ID
        "
      `)
    } finally {
      await stepping.close()
    }
  })

  test.each([
    ['its exit code', ['exit', '42'], 42],
    ['a signal', ['kill -TERM $$'], 143],
    ['another', ['kill -9 $$'], 137],
    ['nothing found', ['no-such-command'], 127],
  ])('a command ends with %s', async (_, command, exit) => {
    expect((await site.debug([waiting.create.id, '--', ...command])).exit).toBe(exit)
  })

  test('a command gets and gives bytes as they are', async () => {
    const bytes = randomBytes(3_000_000)
    writeFileSync(join(site.home, 'in'), bytes)
    for (const [command, where] of [
      ['cat', 'out'],
      ['cat >&2', 'err'],
    ] as const) {
      const line = `${programLine} jobs debug --quiet ${waiting.create.id} -- '${command}' <in >out 2>err`
      expect(await run(['-c', line], { cwd: site.home, env: site.env, command: ['sh'] })).toMatchObject({ exit: 0 })
      expect(readFileSync(join(site.home, where)).equals(bytes)).toBe(true)
    }
  })

  test('a command has no terminal where we have none, even with -t', async () => {
    expect(await site.debug([waiting.create.id, '-t', '--', 'test -t 0 || echo none'])).toMatchObject({ exit: 0, stdout: 'none\n' })
  })

  test('a shell reads commands from a pipe', async () => {
    expect(await site.debug([waiting.create.id], { stdin: 'cd /mnt/image; ls build; exit 9\n' })).toMatchObject({
      exit: 9,
      stdout: 'image-root\n',
    })
  })

  const create = ['Image root /mnt/image/build/image-root', 'Log        /mnt/image/kiwi.log', 'Discard it touch /mnt/image/failed']
  const places: [keyof typeof waiting, string[]][] = [
    ['create', create],
    ['customize', ['Image root /mnt/image/image-root', 'Save it    touch /mnt/image/complete', 'Discard it touch /mnt/image/failed']],
    ['jailed', ['Image root /', 'Save it    touch /tmp/complete', 'Discard it touch /tmp/failed']],
    ['remote', ['Image root none, and no log: a remote build that failed copies nothing back', 'Discard it touch /mnt/image/failed']],
  ]
  test.each(places)('says where things are: %s', async (kind, lines) => {
    const { stderr } = await site.debug([waiting[kind].id], { stdin: 'exit\n' })
    const [, after] = /host key .*\n((?:(?:Image root|Log|Save it|Discard it) .*\n)*)/.exec(stderr)!
    expect(after!.trimEnd().split('\n')).toEqual(lines)
  })

  test.each(fates)('%s', async (_, id, words, exit, { stdout = /^/, stderr = /^/ }) => {
    const outcome = await site.debug([id, ...words])
    expect(outcome).toEqual({ exit, stdout: expect.stringMatching(stdout), stderr: expect.stringMatching(stderr) })
  })

  test('a job is named by the beginning of its id, or by a name that only one unfinished job has', async () => {
    for (const name of [waiting.create.id.slice(0, 8), 'reused']) {
      expect(await site.debug([name, '--quiet', '--', 'echo', 'there'])).toMatchObject({ exit: 0, stdout: 'there\n' })
    }
  })

  test('else the candidates are listed', async () => {
    const { exit, stdout, stderr } = await site.debug(['twin'])
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' })
    for (const { id } of twins) expect(stderr).toContain(id)
    expect(stderr).not.toContain(old.id)
  })

  test.each([[[]], [['--', 'ls']]])('without a job and a terminal, it names the command that lists those that wait: %j', async (words) => {
    expect(await site.debug(words)).toEqual({
      exit: 2,
      stdout: '',
      stderr: expect.stringMatching(/\nError: Missing argument 'JOB'\.\nNext: cray-ims jobs list --status waiting_on_user\n$/),
    })
  })
})
