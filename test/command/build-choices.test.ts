import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Job, PublicKey } from '../../src/mock/library.ts'
import { endingSeed, image, recipe, recipeOf, withSite, type WatchedSite, type WatchedSiteOptions } from '../support/watched-site.ts'
import { run } from '../support/program.ts'
import { makeKey, startAgent, temporaryFolder } from '../support/sshd.ts'

const { path: folder, remove } = temporaryFolder()
afterAll(remove)

let own: string
let others: string
let keys: Record<string, string>
beforeAll(() => {
  own = makeKey(join(folder, 'own')).publicKey
  others = makeKey(join(folder, 'others')).publicKey
  keys = { 'id_ed25519.pub': own }
})

/** Tries something at a site of its own. */
const at = <R>(options: WatchedSiteOptions, work: (site: WatchedSite) => Promise<R>) => withSite({ keys, ...options }, work)

const id = (at: number) => `c0000000-0000-4000-8000-00000000000${at}`
const jobsOf = ({ mock }: WatchedSite): Job[] => [...mock.state.jobs.values()]
const keysOf = ({ mock }: WatchedSite): PublicKey[] => [...mock.state.publicKeys.values()]
const imagesOf = ({ mock }: WatchedSite, name = 'mine') =>
  [...mock.state.images.values()].filter((one) => one.name === name).map((one) => one.id)
const build = (site: WatchedSite, ...words: string[]) => site.ims('build', 'succeeds', '--name', 'mine', ...words)

describe.concurrent('a recipe', () => {
  test('that several could be is refused with the candidates, before anything is written', () =>
    at(
      { seed: { recipes: [recipe(id(1), 'r', { created: '2026-01-01T00:00:00' }), recipe(id(2), 'r', { arch: 'aarch64' })] } },
      async (site) => {
        const { exit, stdout, stderr } = await site.ims('build', 'r', '--name', 'mine')
        expect({ exit, stdout, writes: site.writes() }).toEqual({ exit: 2, stdout: '', writes: [] })
        expect(stderr).toContain(
          `Error: "r" names 2 recipes\n  ${id(2)}  2026-01-02 03:04  aarch64  r\n  ${id(1)}  2026-01-01 00:00  x86_64   r\n`,
        )
        for (const [words, chosen] of [
          [['--arch', 'x86_64'], id(1)],
          [['--latest'], id(2)],
        ] as const) {
          expect((await site.ims('build', 'r', '--name', 'mine', '--dry-run', ...words)).stdout).toContain(`"artifact_id":"${chosen}"`)
        }
      },
    ))

  test('that is deleted just before its job is created', () =>
    at({}, async (site) => {
      site.intervene({ before: ({ step }) => (step === 'POST jobs' && site.mock.state.recipes.delete(recipeOf('succeeds')), undefined) })
      const { exit, stdout, stderr } = await build(site)
      expect({ exit, stdout, jobs: jobsOf(site) }).toEqual({ exit: 2, stdout: '', jobs: [] })
      expect(stderr).toContain(`No IMS recipe record found matching id=${recipeOf('succeeds')}`)
    }))
})

describe.concurrent('a public key', () => {
  const posted = async (site: WatchedSite, words: string[] = [], env: Record<string, string> = {}) => {
    const { exit, stdout, stderr } = await run(['build', 'succeeds', '--name', 'mine', '--dry-run', ...words], {
      cwd: site.home,
      env: { ...site.env, ...env },
    })
    const [, body] = /^POST \/apis\/ims\/v3\/public-keys (.*)$/m.exec(stdout) ?? []
    return { exit, stderr, stdout, body: body === undefined ? undefined : JSON.parse(body) }
  }

  test("the first of the home, else the agent's", async () => {
    const agent = await startAgent(folder)
    agent.add(join(folder, 'others'))
    try {
      const names = ['id_ed25519.pub', 'id_ecdsa.pub', 'id_rsa.pub']
      for (const [at_, name] of names.entries()) {
        const there = Object.fromEntries(names.slice(at_).map((one) => [one, `ssh-ed25519 AAAA${one.slice(3, 6)} mine`]))
        await at({ keys: there }, async (site) =>
          expect((await posted(site, [], { SSH_AUTH_SOCK: agent.socket })).body).toEqual({
            name: 'jane public key',
            public_key: there[name],
          }),
        )
      }
      await at({ keys: {} }, async (site) =>
        expect((await posted(site, [], { SSH_AUTH_SOCK: agent.socket })).body).toEqual({ name: 'jane public key', public_key: others }),
      )
    } finally {
      agent.stop()
    }
  })

  test('none at all', () =>
    at({ keys: {} }, async (site) => {
      const { exit, stderr } = await posted(site)
      expect({ exit, asked: site.asked }).toEqual({ exit: 2, asked: [] })
      expect(stderr).toContain(
        "Error: you have no public key\n  looked for ~/.ssh/id_ed25519.pub, ~/.ssh/id_ecdsa.pub, ~/.ssh/id_rsa.pub, and an agent's\nNext: ssh-keygen -t ed25519, or --public-key FILE\n",
      )
    }))

  test('a file that is named', () =>
    at({}, async (site) => {
      writeFileSync(join(site.home, 'other.pub'), `${others}\n`)
      expect((await posted(site, ['--public-key', 'other.pub'])).body).toEqual({ name: 'jane public key', public_key: others })
      expect(await posted(site, ['--public-key', 'nowhere.pub'])).toMatchObject({
        exit: 2,
        stdout: '',
        stderr: expect.stringContaining('nowhere.pub: no such file'),
      })
    }))

  test('a private key is refused, and nothing of it said or sent', () =>
    at({ keys: {} }, async (site) => {
      const { path } = makeKey(join(site.home, 'secret'))
      const { exit, stdout, stderr } = await posted(site, ['--public-key', path, '-vvv'])
      expect({ exit, stdout, asked: site.asked }).toEqual({ exit: 2, stdout: '', asked: [] })
      expect(stderr).toContain(
        'Error: ~/secret holds a private key, which must never leave this machine\nNext: --public-key ~/secret.pub\n',
      )
      expect(stderr).not.toMatch(/BEGIN|b3BlbnNz/)
    }))

  test('is found by its content, whatever it and its comment are called there', () =>
    at(
      {
        seed: {
          ...endingSeed,
          public_keys: [
            { id: id(1), created: '2026-01-01T00:00:00', name: 'jane public key', public_key: others },
            {
              id: id(2),
              created: '2026-01-01T00:00:00',
              name: 'laptop',
              public_key: `${own.split(' ').slice(0, 2).join(' ')} another comment\n`,
            },
          ],
        },
      },
      async (site) => {
        const { exit, stderr } = await build(site, '--keep-job')
        expect({ exit, keys: keysOf(site).length, used: jobsOf(site)[0]!.public_key_id }).toEqual({ exit: 0, keys: 2, used: id(2) })
        expect(stderr).not.toContain('uploaded')
      },
    ))

  const bare = () => own.split(' ').slice(0, 2).join(' ')

  test.each(['jane: laptop', 'jane:'])('is uploaded without a comment that breaks the YAML of jobs: %s', (comment) =>
    at({ keys: { 'id_ed25519.pub': `${bare()} ${comment}\n` } }, async (site) =>
      expect((await posted(site)).body).toEqual({ name: 'jane public key', public_key: bare() }),
    ),
  )

  test('of an agent, too', async () => {
    const agent = await startAgent(folder)
    const { path, publicKey } = makeKey(join(folder, 'colon'), { comment: 'jane: laptop' })
    agent.add(path)
    try {
      const key = publicKey.split(' ').slice(0, 2).join(' ')
      await at({ keys: {} }, async (site) => expect((await posted(site, [], { SSH_AUTH_SOCK: agent.socket })).body.public_key).toBe(key))
    } finally {
      agent.stop()
    }
  })

  test('that is there with such a comment is not chosen', () =>
    at(
      {
        seed: {
          ...endingSeed,
          public_keys: [{ id: id(1), created: '2026-01-01T00:00:00', name: 'laptop', public_key: `${bare()} jane: laptop\n` }],
        },
      },
      async (site) => {
        expect(await build(site, '--keep-job')).toMatchObject({ exit: 0 })
        expect(keysOf(site).map(({ id }) => id)).toEqual([id(1), jobsOf(site)[0]!.public_key_id])
        expect(jobsOf(site)[0]!.public_key_id).not.toBe(id(1))
      },
    ))

  test('that breaks YAML without its comment is refused', () =>
    at({ keys: { 'id_ed25519.pub': 'odd: key\n' } }, async (site) => {
      const { exit, stderr } = await posted(site)
      expect({ exit, asked: site.asked }).toEqual({ exit: 2, asked: [] })
      expect(stderr).toContain('Error: ~/.ssh/id_ed25519.pub breaks the YAML')
    }))
})

describe.concurrent('a name', () => {
  const seed = { ...endingSeed, images: [image(id(1), 'mine')] }

  test('that is taken is refused', () =>
    at({ seed }, async (site) => {
      const { exit, stdout, stderr } = await build(site)
      expect({ exit, stdout, writes: site.writes() }).toEqual({ exit: 2, stdout: '', writes: [] })
      expect(stderr).toContain(
        `Error: the image name mine is taken\n  ${id(1).slice(0, 8)}  2026-01-02 03:04  x86_64  mine\nNext: add --if-exists skip or replace, or another --name\n`,
      )
    }))

  test('--if-exists skip prints the id of the one that is there', () =>
    at({ seed }, async (site) => {
      const { exit, stdout, stderr } = await build(site, '--if-exists', 'skip')
      expect({ exit, stdout, writes: site.writes() }).toEqual({ exit: 0, stdout: `${id(1)}\n`, writes: [] })
      expect(stderr).toContain('nothing is made')
      expect(JSON.parse((await build(site, '--if-exists', 'skip', '--format', 'json')).stdout)).toMatchObject({ id: id(1), name: 'mine' })
      const table = await build(site, '--if-exists', 'skip', '-o', 'table')
      expect(table).toMatchObject({ exit: 0, stdout: expect.stringMatching(/^[^\n]*\bNAME\b[^\n]*\n[^\n]*\bmine\b[^\n]*\n$/) })
    }))

  test('--if-exists replace deletes the old one once the new one is made', () =>
    at({ seed }, async (site) => {
      let before: string[] = []
      site.intervene({ before: ({ step }) => (step === 'GET images/ONE' && (before = imagesOf(site)), undefined) })
      const { exit, stdout, stderr } = await build(site, '--if-exists', 'replace')
      expect({ exit, made: imagesOf(site).map((one) => `${one}\n`), jobs: jobsOf(site) }).toEqual({ exit: 0, made: [stdout], jobs: [] })
      expect(before).toEqual([id(1), stdout.trim()])
      expect(site.writes().map(({ step, path }) => (step === 'DELETE images/ONE' ? `DELETE ${path}` : step))).toEqual([
        'POST public-keys',
        'POST jobs',
        `DELETE images/${id(1)}`,
        'DELETE jobs/ONE success',
      ])
      expect(stderr).toContain(
        `Deleting image ${id(1)}, created 2026-01-02T03:04:05, which ${stdout.slice(0, 8)}… replaces; to bring it back: cray-ims images undelete ${id(1)}\n`,
      )
    }))

  test('--if-exists replace deletes no image that is newer than the job', () =>
    at({}, async (site) => {
      const { stdout } = await build(site, '--keep-job')
      const [job] = jobsOf(site) as [Job]
      const newer = image(id(2), 'mine', { created: new Date(Date.now() + 1000).toISOString() })
      for (const one of [image(id(1), 'mine'), newer]) site.mock.state.images.set(one.id, one as never)
      const { exit, stderr, ...again } = await site.ims('build', '--resume', job.id, '--if-exists', 'replace')
      expect({ exit, again: again.stdout, left: imagesOf(site).sort() }).toEqual({
        exit: 0,
        again: stdout,
        left: [id(2), stdout.trim()].sort(),
      })
      expect(stderr).toContain(`Deleting image ${id(1)}, created 2026-01-02T03:04:05, which `)
    }))

  test('an image that has got a newer one in its place by the time that it would go is kept', () =>
    at({ seed }, async (site) => {
      site.intervene({
        before({ step, path }) {
          if (step === 'GET images/ONE' && !path.endsWith(id(1)))
            site.mock.state.images.set(id(1), image(id(1), 'mine', { created: new Date(Date.now() + 1000).toISOString() }) as never)
          return undefined
        },
      })
      const { exit, stderr } = await build(site, '--if-exists', 'replace')
      expect({ exit, kept: imagesOf(site).includes(id(1)) }).toEqual({ exit: 0, kept: true })
      expect(stderr).toContain(`Image ${id(1)} is kept: it is not an older image called mine\n`)
    }))

  test('but not when the build fails', () =>
    at({ seed }, async (site) => {
      expect((await site.ims('build', 'fails', '--name', 'mine', '--if-exists', 'replace')).exit).toBe(1)
      expect(imagesOf(site)).toEqual([id(1)])
    }))

  test('a replacement that is killed before the old one is deleted is taken up as it says', () =>
    at({ seed }, async (site) => {
      const program = site.start('build', 'succeeds', '--name', 'mine', '--if-exists', 'replace')
      let done = false
      site.intervene({
        async before({ step }) {
          if (done || step !== 'DELETE images/ONE') return undefined
          done = true
          program.kill('SIGKILL')
          await program.ended
          return 'reset'
        },
      })
      const { stdout } = await program.ended
      const again = await build(site, '--if-exists', 'replace')
      const [, line] = /\nNext: cray-ims (.*)\n/.exec(again.stderr)!
      expect(await site.ims(...line!.split(' '))).toMatchObject({ exit: 0, stdout })
      expect({ made: imagesOf(site).map((one) => `${one}\n`), jobs: jobsOf(site) }).toEqual({ made: [stdout], jobs: [] })
    }))

  test.each([
    ['123', '--name'],
    ['12:30', '--name'],
    ['a/b', '--name'],
    ['größe', '--name'],
    ['x'.repeat(251), '--name'],
    ['a"b', '--name'],
    ['null', '--initrd-file-name'],
    ['<<', '--kernel-file-name'],
    ['=', '--kernel-parameters-file-name'],
  ])('%j that the service can not work with is refused before anything is sent: %s', (text, flag) =>
    at({}, async (site) => {
      writeFileSync(join(site.home, 'images.yaml'), 'images: [{name: mine, recipe: succeeds}]\n')
      const ways =
        flag === '--name'
          ? [
              ['build', 'succeeds'],
              ['customize', 'image-succeeds', '--run', 'true'],
            ]
          : [
              ['build', 'succeeds', '--name', 'mine'],
              ['build', '--file', 'images.yaml'],
            ]
      for (const words of ways) {
        const { exit, stdout, stderr } = await site.ims(...words, flag, text)
        expect({ exit, stdout, asked: site.asked }).toEqual({ exit: 2, stdout: '', asked: [] })
        expect(stderr).toContain(`Invalid value for '${flag}': the service can't work with the name`)
      }
    }),
  )
})

describe.concurrent('jobs that are there already', () => {
  const begun = async (site: WatchedSite, ...words: string[]): Promise<Job> => {
    const program = site.start('build', 'hangs', '--name', 'mine', ...words)
    await program.says('→ building_image')
    program.kill('SIGKILL')
    await program.ended
    return jobsOf(site).at(-1)!
  }
  const fast = { speed: 3000 } as const
  const dry = async (site: WatchedSite, ...words: string[]) =>
    (await site.ims('build', 'hangs', '--name', 'mine', '--dry-run', ...words)).stdout

  test('one that waits on its user for long is named', () =>
    at({}, async (site) => {
      await site.ims('build', 'fails', '--name', 'forgotten', '--debug')
      const [job] = jobsOf(site) as [Job]
      site.mock.state.jobs.set(job.id, Object.assign(job, { created: new Date(Date.now() - 5 * 3600_000).toISOString() }))
      expect((await build(site)).stderr).toMatch(
        new RegExp(
          `^Job ${job.id.slice(0, 8)}… forgotten, made 5h ago, waits on its user, holding 16 GiB: cray-ims jobs fail ${job.id}$`,
          'm',
        ),
      )
    }))

  test('an unfinished one that makes the same is taken up, and said so', () =>
    at(fast, async (site) => {
      const { id } = await begun(site)
      const { exit, stderr } = await site.ims('build', 'hangs', '--name', 'mine', '--timeout', '0.2')
      expect({ exit, jobs: jobsOf(site).length }).toEqual({ exit: 3, jobs: 1 })
      expect(stderr).toContain(`Resuming job ${id}, building_image\nResume with: cray-ims build --resume ${id}\n`)
    }))

  test('--new, another name or another recipe make another', () =>
    at(fast, async (site) => {
      await begun(site)
      for (const argv of [
        ['hangs', '--name', 'mine', '--new'],
        ['hangs', '--name', 'other'],
        ['fails', '--name', 'mine'],
      ]) {
        expect((await site.ims('build', ...argv, '--dry-run')).stdout).toMatch(/^POST \/apis\/ims\/v3\/jobs /)
      }
    }))

  test('other settings are refused; the same ones are not', () =>
    at(fast, async (site) => {
      const { id } = await begun(site, '--build-env-size', '15')
      const { exit, stderr } = await site.ims('build', 'hangs', '--name', 'mine', '--build-env-size', '20', '--kernel-file-name', 'linux')
      expect({ exit, jobs: jobsOf(site).length }).toEqual({ exit: 2, jobs: 1 })
      expect(stderr).toContain(
        `Error: job ${id} makes mine already, with other settings\n  --build-env-size 15, not 20\n  --kernel-file-name vmlinuz, not linux\nTo build it with these settings now: add --new.\nNext: cray-ims build --resume ${id}\n`,
      )
      expect(await dry(site, '--build-env-size', '15')).toBe(`DELETE /apis/ims/v3/jobs/${id}\n`)
      expect(await dry(site)).toBe(`DELETE /apis/ims/v3/jobs/${id}\n`)
    }))

  test("somebody else's is followed, and left as it is", () =>
    at(fast, async (site) => {
      await begun(site)
      writeFileSync(join(site.home, '.ssh/id_ed25519.pub'), others)
      expect(await dry(site)).toBe('')
    }))

  test('--resume takes a job by the beginning of its id, and in whatever status it is', () =>
    at({}, async (site) => {
      expect((await site.ims('build', 'fails', '--name', 'mine')).exit).toBe(1)
      const [failed] = jobsOf(site) as [Job]
      expect(await site.ims('build', '--resume', failed.id.slice(0, 8))).toMatchObject({
        exit: 1,
        stdout: '',
        stderr: expect.stringContaining('image mine was not made'),
      })
      expect((await build(site, '--keep-job')).exit).toBe(0)
      const done = jobsOf(site).find(({ status }) => status === 'success')!
      expect(await site.ims('build', '--resume', done.id)).toMatchObject({ exit: 0, stdout: `${done.resultant_image_id}\n` })
      expect(await site.ims('build', '--resume', done.id)).toMatchObject({ exit: 2, stdout: '' })
      expect(await site.ims('build', '--resume', 'nothing')).toMatchObject({
        exit: 2,
        stdout: '',
        stderr: expect.stringContaining('no unfinished job matches "nothing"'),
      })
    }))

  test.each([
    [['build'], "Missing argument 'RECIPE'"],
    [['build', 'succeeds'], "Missing option '--name'"],
    [['build', 'succeeds', '--resume', 'x'], "RECIPE and --resume don't go together"],
    [['build', '--resume', 'x', '--name', 'mine'], '--name only goes with RECIPE'],
    [['customize', '--name', 'mine'], "Missing argument 'IMAGE'"],
  ])('%j', (argv, says) =>
    at({}, async (site) => {
      const { exit, stdout, stderr } = await site.ims(...argv)
      expect({ exit, stdout, asked: site.asked }).toEqual({ exit: 2, stdout: '', asked: [] })
      expect(stderr).toContain(says)
    }),
  )
})
