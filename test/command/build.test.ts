import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Job } from '../../src/mock/library.ts'
import { endingSeed, image, imageOf, recipeOf, withSite, type WatchedSite, type WatchedSiteOptions } from '../support/watched-site.ts'
import { startProgram } from '../support/live-program.ts'
import { run } from '../support/program.ts'
import { programLine, startSite } from '../support/site.ts'
import { ownKeys } from '../support/own-keys.ts'

const withoutKubectl = spawnSync('kubectl', ['version', '--client']).error !== undefined
if (withoutKubectl) console.warn('There is no kubectl in PATH (Debian: kubernetes-client): its tests are skipped.')
// In CI it has to be there.
const skip = withoutKubectl && !process.env.CI

const keys = ownKeys()

/** Tries something at a site of its own. */
const at = <R>(options: WatchedSiteOptions, work: (site: WatchedSite) => Promise<R>) => withSite({ keys, ...options }, work)

/** Minutes of a real system in a fraction of a second. */
const fast = { speed: 3000 } as const

const jobsOf = ({ mock }: WatchedSite): Job[] => [...mock.state.jobs.values()]
const imagesOf = ({ mock }: WatchedSite, name = 'mine') => [...mock.state.images.values()].filter((one) => one.name === name)
const lines = (text: string) => text.trimEnd().split('\n')

describe.concurrent('cray-ims build', () => {
  test('from the recipe to the id of its image, and nothing else on stdout', () =>
    at({}, async (site) => {
      const { exit, stdout, stderr } = await site.ims('build', 'succeeds', '--name', 'mine')
      const [made] = imagesOf(site)
      expect({ exit, stdout }).toEqual({ exit: 0, stdout: `${made!.id}\n` })
      const [, id] = /^Job (\S+)$/m.exec(stderr)!
      const short = `${id!.slice(0, 8)}…`
      expect(lines(stderr).map((line) => line.replace(/ \d+s /, ' … ').replace(/\(\d+s\)/, '(…)'))).toEqual([
        'Key ~/.ssh/id_ed25519.pub uploaded as "jane public key"',
        `Job ${id}`,
        `Resume with: cray-ims build --resume ${id}`,
        `${short} creating … → fetching_recipe`,
        `${short} fetching_recipe … → waiting_for_repos`,
        `${short} waiting_for_repos … → building_image`,
        `${short} building_image … → packaging_artifacts`,
        `${short} packaging_artifacts … → success`,
        `✔ image ${made!.id.slice(0, 8)}… linked; job deleted (…)`,
      ])
      expect(site.writes().map(({ step }) => step)).toEqual(['POST public-keys', 'POST jobs', 'DELETE jobs/ONE success'])
      expect(JSON.parse(site.writes()[1]!.body)).toEqual({
        job_type: 'create',
        artifact_id: recipeOf('succeeds'),
        public_key_id: [...site.mock.state.publicKeys.values()][0]!.id,
        image_root_archive_name: 'mine',
        enable_debug: false,
        initrd_file_name: 'initrd',
        kernel_parameters_file_name: 'kernel-parameters',
      })
      expect([...site.mock.state.publicKeys.values()]).toMatchObject([{ name: 'jane public key', public_key: keys['id_ed25519.pub'] }])
    }))

  test.each([
    ['a format on the line prints the record', ['--format', 'json'], {}, '{\n', 0],
    ['one in the environment does not', [], { CRAY_FORMAT: 'json' }, undefined, 0],
    ['a query prints what it finds', ['--query', 'name'], { CRAY_FORMAT: 'json' }, 'mine\n', 0],
    ['a query that finds nothing is 4', ['--query', 'nothing'], {}, '', 4],
  ] as const)('%s', (_, words, env, begins, exit) =>
    at({}, async (site) => {
      const outcome = await run(['build', 'succeeds', '--name', 'mine', '--interval', '0.01', ...words], {
        cwd: site.home,
        env: { ...site.env, ...env },
      })
      const [made] = imagesOf(site)
      expect(outcome.exit).toBe(exit)
      if (begins === undefined) expect(outcome.stdout).toBe(`${made!.id}\n`)
      else expect(outcome.stdout.slice(0, begins.length || undefined)).toBe(begins)
      if (begins === '{\n') expect(JSON.parse(outcome.stdout)).toEqual(site.mock.state.images.served(made!))
      expect(jobsOf(site)).toEqual([])
    }),
  )

  test('an id that a full disk has no room for is told of once, with how to go on', () =>
    at({}, async (site) => {
      const command = ['/bin/sh', '-c', 'exec $0 "$@" >/dev/full', programLine]
      const { exit, stderr } = await run(['build', 'succeeds', '--name', 'mine', '--interval', '0.01'], {
        cwd: site.home,
        env: site.env,
        command,
      })
      expect(exit).toBe(2)
      expect(lines(stderr).filter((line) => line.includes('ENOSPC'))).toHaveLength(1)
      expect(stderr).toMatch(/\nResume with: cray-ims build --resume \S+\n$/)
    }))

  test('--keep-job keeps it', () =>
    at({}, async (site) => {
      expect(await site.ims('build', 'succeeds', '--name', 'mine', '--keep-job')).toMatchObject({
        exit: 0,
        stderr: expect.stringContaining('linked; job kept ('),
      })
      expect(jobsOf(site)).toMatchObject([{ status: 'success' }])
    }))

  test('the id of the job is said before anything else is asked of it, and also when quiet', () =>
    at({}, async (site) => {
      let [said, asked] = [false, false]
      const program = startProgram(['build', 'succeeds', '--name', 'mine', '--interval', '0.01', '--quiet'], {
        cwd: site.home,
        env: site.env,
      })
      site.intervene({
        async before({ step, job }) {
          if (step !== 'GET jobs/ONE creating') return undefined
          asked = true
          await program.says(`Job ${job!.id}\nResume with: cray-ims build --resume ${job!.id}\n`)
          said = true
          return undefined
        },
      })
      const { exit, stderr } = await program.ended
      expect({ exit, said, asked }).toEqual({ exit: 0, said: true, asked: true })
      expect(lines(stderr)).toEqual([
        expect.stringMatching(/^Job \S+$/),
        expect.stringMatching(/^Resume with: cray-ims build --resume \S+$/),
      ])
    }))

  test('what is asked of the job goes with it', () =>
    at({}, async (site) => {
      const words = [
        '--kernel-file-name',
        'linux',
        '--initrd-file-name',
        'ramdisk',
        '--kernel-parameters-file-name',
        'parameters',
        '--build-env-size',
        '15',
        '--job-mem-size',
        '4',
        '--require-dkms',
        'true',
        '--debug',
      ]
      expect((await site.ims('build', 'succeeds', '--name', 'mine', '--keep-job', ...words)).exit).toBe(0)
      expect(jobsOf(site)).toMatchObject([
        {
          kernel_file_name: 'linux',
          initrd_file_name: 'ramdisk',
          kernel_parameters_file_name: 'parameters',
          build_env_size: 15,
          job_mem_size: 4,
          require_dkms: true,
          enable_debug: true,
        },
      ])
    }))

  const keyId = 'c0000000-0000-4000-8000-000000000009'
  test.each([
    [
      'jobs create',
      [
        'jobs',
        'create',
        '--job-type',
        'create',
        '--artifact-id',
        recipeOf('succeeds'),
        '--image-root-archive-name',
        'mine',
        '--public-key-id',
        keyId,
      ],
    ],
    ['customize', ['customize', 'image-succeeds', '--name', 'mine', '--run', 'true', '--keep-job']],
  ])('the memory of a job is a number of GiB: %s', (_, words) =>
    at(
      {
        seed: {
          ...endingSeed,
          public_keys: [{ id: keyId, created: '2026-01-01T00:00:00', name: 'k', public_key: keys['id_ed25519.pub'] }],
        },
      },
      async (site) => {
        expect((await run([...words, '--job-mem-size', '24'], { cwd: site.home, env: site.env })).exit).toBe(0)
        expect(
          site
            .writes()
            .filter(({ step }) => step === 'POST jobs')
            .map(({ body }) => JSON.parse(body).job_mem_size),
        ).toEqual([24])
        const refused = await run([...words, '--job-mem-size', 'much'], { cwd: site.home, env: site.env })
        expect(refused).toMatchObject({
          exit: 2,
          stderr: expect.stringContaining("Invalid value for '--job-mem-size': much is not a valid integer"),
        })
      },
    ),
  )

  test('a field that the service refuses is named by its option', () =>
    at({}, async (site) => {
      const { exit, stdout, stderr } = await site.ims('build', 'succeeds', '--name', 'mine', '--build-env-size', '0')
      expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' })
      expect(stderr).toContain('--build-env-size 0')
    }))

  test('an image that is gone, or has no link, is no success; the job stays', () =>
    at({}, async (site) => {
      const broken = (step: string, spoil: (id: string) => void) => {
        let done = false
        site.intervene({
          before(asked) {
            if (asked.step === step && !done) spoil(asked.path.split('/')[1]!)
            done ||= asked.step === step
            return undefined
          },
        })
      }
      const { images } = site.mock.state
      broken('GET images/ONE', (id) => images.delete(id))
      const gone = await site.ims('build', 'succeeds', '--name', 'gone')
      broken('GET images/ONE', (id) => images.set(id, { ...images.get(id)!, link: null }))
      const bare = await site.ims('build', 'succeeds', '--name', 'bare')
      expect([gone.exit, gone.stdout, bare.exit, bare.stdout]).toEqual([1, '', 1, ''])
      expect(gone.stderr).toMatch(
        /Error: job \S+ succeeded, but its image \S+ is gone\nThe job is left as it is\.\nResume with: cray-ims build --resume \S+\nNext: cray-ims deleted images describe /,
      )
      expect(bare.stderr).toMatch(/Error: job \S+ succeeded, but its image \S+ has no link/)
      expect(jobsOf(site).map(({ status }) => status)).toEqual(['success', 'success'])
    }))

  test('a job that somebody deletes', () =>
    at({}, async (site) => {
      site.intervene({ before: ({ step, job }) => void (step === 'GET jobs/ONE building_image' && site.mock.state.jobs.delete(job!.id)) })
      const { exit, stdout, stderr } = await site.ims('build', 'succeeds', '--name', 'mine')
      expect({ exit, stdout }).toEqual({ exit: 1, stdout: '' })
      expect(stderr).toMatch(/Error: job \S+ is gone: it was deleted\n/)
    }))
})

describe.concurrent('a build that fails', () => {
  type End = [what: string, recipe: string, words: string[], says: RegExp, job: object]
  const ends: End[] = [
    [
      'in its build, debug off',
      'fails',
      [],
      /Error: image mine was not made: job \S+ ended in error\n  build-image: .*ERROR.*\nNext: cray-ims jobs logs \S+ --failed\n/s,
      { status: 'error', enable_debug: false },
    ],
    [
      'in its build, with --debug',
      'fails',
      ['--debug'],
      /Error: image mine was not made: its build failed\n  build-image: .*ERROR.*Job \S+ waits on its user, holding 16 GiB\..*\nNext: cray-ims jobs debug \S+\n/s,
      { status: 'waiting_on_user' },
    ],
    [
      'in its fetch, with --debug',
      'fetch-fails',
      ['--debug'],
      /ended in error\n  fetch-recipe: .*Failed to download .*\nNext: cray-ims recipes describe a/s,
      { status: 'error' },
    ],
    [
      'as repositories do not answer',
      'repos-fail',
      [],
      /ended in error\n  wait-for-repos: [^\n]*Read timed out[^\n]*\n  wait-for-repos: [^\n]* - Repos failed to be ready before timeout\nNext: /,
      { status: 'error' },
    ],
    [
      'in packaging',
      'packaging-fails',
      [],
      /ended in error\n  buildenv-sidecar: Write failed because No space left on device\n  buildenv-sidecar: FATAL ERROR: [^\n]*\nNext: /,
      { status: 'error' },
    ],
    [
      'as its image has no kernel',
      'no-kernel',
      [],
      /ended in error\n  buildenv-sidecar: Error: Image artifact \S+ does not exist or is not a regular file\.\nNext: /,
      { status: 'error' },
    ],
    [
      'as its recipe has no repositories',
      'no-repos',
      [],
      /ended in error\n  wait-for-repos: [^\n]* - No matching http\(s\) repos found\. Exiting\.\nNext: /,
      { status: 'error' },
    ],
    [
      'by an exception in its fetch',
      'fetch-crashes',
      [],
      /ended in error\n  fetch-recipe: ERROR:[^\n]*\n  fetch-recipe: tarfile\.ReadError: not a gzip file\nNext: cray-ims recipes describe a/,
      { status: 'error' },
    ],
    [
      'for want of memory',
      'out-of-memory',
      [],
      /ended in error\n  build-image: OOMKilled: exit code \d+\n  It needs more memory: --job-mem-size GIB\n  build-image: [^\n]* Killed [^\n]*\n/,
      { status: 'error' },
    ],
  ]
  test.skipIf(skip).each(ends)('%s', (_, recipe, words, says, job) =>
    at({ ...fast, kubectl: 'real' }, async (site) => {
      const { exit, stdout, stderr } = await site.ims('build', recipe, '--name', 'mine', ...words)
      expect({ exit, stdout }).toEqual({ exit: 1, stdout: '' })
      expect(stderr).toMatch(says)
      expect(jobsOf(site)).toMatchObject([job])
    }),
  )

  test('without kubectl it says where to look', () =>
    at({}, async (site) => {
      const { exit, stderr } = await site.ims('build', 'fails', '--name', 'mine')
      const [{ id }] = jobsOf(site) as [Job]
      expect({ exit, last: lines(stderr).slice(-2) }).toEqual({
        exit: 1,
        last: [`Error: image mine was not made: job ${id.slice(0, 8)}… ended in error`, `Next: cray-ims jobs describe ${id}`],
      })
    }))

  test.skipIf(skip).each([[[]], [['--debug']]])('--on-failure delete saves its logs first, for their owner alone: %j', (words) =>
    at({ ...fast, kubectl: 'real' }, async (site) => {
      const { exit, stdout, stderr } = await site.ims('build', 'fails', '--name', 'mine', '--on-failure', 'delete', ...words)
      expect({ exit, stdout, jobs: jobsOf(site) }).toEqual({ exit: 1, stdout: '', jobs: [] })
      const [, path] = /^Logs (.*)$/m.exec(stderr)!
      const [, id] = /^Job (\S+)$/m.exec(stderr)!
      expect(path).toBe(join(site.config, 'ims_job_logs', `${id}.log`))
      expect(statSync(path!).mode & 0o777).toBe(0o600)
      expect(statSync(join(path!, '..')).mode & 0o777).toBe(0o700)
      expect(readFileSync(path!, 'utf8')).toMatch(/^build-image \| .*ERROR/m)
      expect(stderr).toContain(`Job ${id} is deleted.\n`)
      expect(lines(stderr).slice(3).join('\n')).not.toContain('Again:')
    }),
  )

  test('--on-failure delete keeps a job whose logs can not be saved, and says so', () =>
    at({}, async (site) => {
      const { exit, stderr } = await site.ims('build', 'fails', '--name', 'mine', '--on-failure', 'delete')
      const [{ id, status }] = jobsOf(site) as [Job]
      expect({ exit, status }).toEqual({ exit: 1, status: 'error' })
      expect(stderr).toContain(`The logs of job ${id} can't be saved: The connection to the server localhost:8080 was refused\n`)
      expect(stderr).toContain(
        `Job ${id} is kept: its logs would be lost with it (--without-logs accepts that). To delete it: cray-ims jobs delete ${id}\n`,
      )
    }))

  test.each([[['--without-logs']], [['--on-failure', 'delete']]])('… but deletes it all the same with %j', (words) =>
    at({}, async (site) => {
      const { exit, stderr } = await site.ims('build', 'fails', '--name', 'mine', '--on-failure', 'delete', ...words)
      expect({ exit, jobs: jobsOf(site) }).toEqual({ exit: 1, jobs: [] })
      expect(stderr).toContain("can't be saved")
      expect(existsSync(join(site.config, 'ims_job_logs'))).toBe(false)
    }),
  )

  test.skipIf(skip)('logs that can not be written: the job stays', () =>
    at({ ...fast, kubectl: 'real' }, async (site) => {
      writeFileSync(join(site.config, 'ims_job_logs'), '')
      const { exit, stderr } = await site.ims('build', 'fails', '--name', 'mine', '--on-failure', 'delete')
      expect(exit).toBe(1)
      expect(stderr).toMatch(/Error: the logs of job \S+ can't be saved to .*\nThe job is left as it is\.\n/)
      expect(jobsOf(site)).toMatchObject([{ status: 'error' }])
    }),
  )

  test.skipIf(skip)('logs through a link that others may have made: the job stays', () =>
    at({ ...fast, kubectl: 'real' }, async (site) => {
      const link = join(site.config, 'ims_job_logs')
      symlinkSync(join(site.home, 'elsewhere'), link)
      chmodSync(site.config, 0o777)
      const { exit, stderr } = await site.ims('build', 'fails', '--name', 'mine', '--on-failure', 'delete')
      expect(exit).toBe(1)
      expect(stderr).toMatch(
        /Error: the logs of job \S+ can't be saved to .*ims_job_logs is a symbolic link in a folder that others can write\n/,
      )
      expect(existsSync(join(site.home, 'elsewhere'))).toBe(false)
      expect(jobsOf(site)).toMatchObject([{ status: 'error' }])
    }),
  )

  test('--on-failure keep', () =>
    at({}, async (site) => {
      expect(await site.ims('build', 'fails', '--name', 'mine', '--debug', '--on-failure', 'keep')).toMatchObject({
        exit: 1,
        stdout: '',
        stderr: expect.stringContaining('Next: cray-ims jobs debug '),
      })
      expect(jobsOf(site)).toMatchObject([{ status: 'waiting_on_user' }])
    }))

  test('--on-failure shell runs what is piped in, off our stdout, and leaves the job', () =>
    at({}, async (site) => {
      const argv = ['build', 'fails', '--name', 'mine', '--debug', '--on-failure', 'shell', '--interval', '0.01']
      const { exit, stdout, stderr } = await run(argv, { cwd: site.home, env: site.env, stdin: 'ls /mnt/image\n' })
      expect({ exit, stdout }).toEqual({ exit: 1, stdout: '' })
      expect(stderr).toContain('\nbuild\nkiwi.log\n')
      expect(stderr).toMatch(/Job \S+ still waits, holding 16 GiB\. Discard it: cray-ims jobs fail /)
      expect(jobsOf(site)).toMatchObject([{ status: 'waiting_on_user' }])
    }))

  test('--on-failure shell without the key that opens it is a failed build all the same', () =>
    at({ keys: { 'id_ed25519.pub': keys['id_ed25519.pub']! } }, async (site) => {
      const { exit, stdout, stderr } = await site.ims('build', 'fails', '--name', 'mine', '--debug', '--on-failure', 'shell')
      expect({ exit, stdout }).toEqual({ exit: 1, stdout: '' })
      expect(stderr).toMatch(
        /\nError: no key here opens job [^]*\nResume with: cray-ims build --resume \S+ --on-failure shell\nNext: cray-ims jobs debug \S+ -i FILE\n$/,
      )
      expect(jobsOf(site)).toMatchObject([{ status: 'waiting_on_user' }])
    }))

  test('3 at the time limit, and how to go on; the job goes on', () =>
    at(fast, async (site) => {
      const { exit, stdout, stderr } = await site.ims('build', 'hangs', '--name', 'mine', '--timeout', '4')
      const [{ id, status }] = jobsOf(site) as [Job]
      expect({ exit, stdout, status }).toEqual({ exit: 3, stdout: '', status: 'building_image' })
      expect(lines(stderr).slice(-2)).toEqual([
        `Error: timed out after 4s; job ${id.slice(0, 8)}… is still building_image`,
        `Next: cray-ims build --resume ${id}`,
      ])
    }))

  test.skipIf(skip)('why a pod can not run is said, once', () =>
    at({ ...fast, kubectl: 'real' }, async (site) => {
      const program = site.start('build', 'hangs', '--name', 'mine', '--timeout', '100')
      await program.says("building_image: its pod can't run: Unschedulable: 0/7 nodes are available")
      program.kill('SIGINT')
      const { exit, stderr } = await program.ended
      expect({ exit, times: stderr.split("its pod can't run").length - 1 }).toEqual({ exit: 130, times: 1 })
    }),
  )
})

describe.concurrent('a build that is interrupted', () => {
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s leaves the job running, and says how to go on', (signal, code) =>
    at(fast, async (site) => {
      const program = site.start('build', 'hangs', '--name', 'mine', '--if-exists', 'replace', '--keep-job')
      await program.says('→ building_image')
      program.kill(signal)
      const { exit, stdout, stderr } = await program.ended
      const [{ id, status }] = jobsOf(site) as [Job]
      expect({ exit, stdout, status }).toEqual({ exit: code, stdout: '', status: 'building_image' })
      expect(lines(stderr).slice(-3)).toEqual([
        `Error: Interrupted by ${signal}`,
        'The job keeps running.',
        `Next: cray-ims build --resume ${id} --if-exists replace --keep-job`,
      ])
    }),
  )

  test('--cancel-on-interrupt deletes it', () =>
    at(fast, async (site) => {
      const program = site.start('build', 'hangs', '--name', 'mine', '--cancel-on-interrupt')
      await program.says('→ building_image')
      const [{ id }] = jobsOf(site) as [Job]
      program.kill('SIGTERM')
      const { exit, stdout, stderr } = await program.ended
      expect({ exit, stdout, jobs: jobsOf(site) }).toEqual({ exit: 143, stdout: '', jobs: [] })
      expect(lines(stderr).slice(-2)).toEqual(['Error: Interrupted by SIGTERM', `Job ${id} is deleted.`])
    }))

  /** Interrupts at a step, whose answer is held back until the program has ended. */
  const interruptAt = async (site: WatchedSite, step: string, when: 'before' | 'after', ...words: string[]) => {
    const program = site.start('build', 'succeeds', '--name', 'mine', ...words)
    let done = false
    site.intervene({
      async [when](asked: { step: string }) {
        if (done || asked.step !== step) return undefined
        done = true
        program.kill('SIGINT')
        await program.ended
        return 'reset' as const
      },
    })
    return program.ended
  }

  test('before anything is under way', () =>
    at({}, async (site) => {
      const { exit, stdout, stderr } = await interruptAt(site, 'GET images', 'before', '--cancel-on-interrupt')
      expect({ exit, stdout, writes: site.writes() }).toEqual({ exit: 130, stdout: '', writes: [] })
      expect(stderr).toContain('Error: Interrupted by SIGINT\n')
      expect(stderr).not.toContain('goes on')
    }))

  test('while its job is being created: it may be there, and the same command takes it up', () =>
    at({}, async (site) => {
      const { exit, stdout, stderr } = await interruptAt(site, 'POST jobs', 'after')
      expect({ exit, stdout }).toEqual({ exit: 130, stdout: '' })
      expect(stderr).toContain('Error: Interrupted by SIGINT\n')
      expect(stderr).toContain('POST ')
      expect(lines(stderr).at(-1)).toBe('Next: the same command again: it resumes the unfinished job')
      expect(jobsOf(site).length).toBe(1)
      expect((await site.ims('build', 'succeeds', '--name', 'mine')).exit).toBe(0)
      expect({ jobs: jobsOf(site), made: imagesOf(site).length }).toEqual({ jobs: [], made: 1 })
    }))

  test('once its image is printed: the job that is left is named', () =>
    at({}, async (site) => {
      const { exit, stdout, stderr } = await interruptAt(site, 'DELETE jobs/ONE success', 'before')
      expect({ exit, stdout }).toEqual({ exit: 130, stdout: `${imagesOf(site)[0]!.id}\n` })
      expect(stderr).toContain(`Next: cray-ims build --resume ${jobsOf(site)[0]!.id}`)
    }))
})

describe.concurrent('--dry-run', () => {
  const taken = image('c0000000-0000-4000-8000-000000000001', 'mine')
  const cases: [string, string[]][] = [
    ['a build', ['build', 'succeeds', '--name', 'mine']],
    [
      'with settings',
      [
        'build',
        'succeeds',
        '--name',
        'mine',
        '--debug',
        '--build-env-size',
        '15',
        '--require-dkms',
        'false',
        '--kernel-file-name',
        'linux',
        '--keep-job',
      ],
    ],
    ['one that replaces', ['build', 'succeeds', '--name', 'mine', '--if-exists', 'replace']],
    ['a customisation', ['customize', 'image-succeeds', '--name', 'mine', '--run', 'exit 0']],
    [
      'one that is not confined',
      ['customize', 'image-succeeds', '--name', 'mine', '--no-jail', '--initrd-file-name', 'ramdisk', '--run', 'exit 0'],
    ],
  ]
  test.each(cases)('%s: prints what is sent then', (what, argv) =>
    at({ seed: { ...endingSeed, images: [...endingSeed.images, ...(what === 'one that replaces' ? [taken] : [])] } }, async (site) => {
      const { exit, stdout } = await site.ims(...argv, '--dry-run')
      expect({ exit, writes: site.writes() }).toEqual({ exit: 0, writes: [] })
      // Without namespaces nobody can change into an image root; what is sent until then is the same.
      const real = await site.ims(...argv)
      const [key] = [...site.mock.state.publicKeys.values()]
      const [, job] = /^Job (\S+)$/m.exec(real.stderr)!
      const sent = site.writes().map(({ method, path, body }) => `${method} /apis/ims/v3/${path}${body && ` ${body}`}`)
      const printed = lines(stdout.replaceAll('NEW_PUBLIC_KEY_ID', key!.id).replaceAll('NEW_JOB_ID', job!))
      expect(printed.slice(0, sent.length)).toEqual(sent)
      if (real.exit === 0) expect(printed).toEqual(sent)
    }),
  )

  test('what is there already is not sent', () =>
    at({}, async (site) => {
      expect((await site.ims('build', 'fails', '--name', 'mine', '--debug')).exit).toBe(1)
      const [{ id }] = jobsOf(site) as [Job]
      expect(await site.ims('build', 'fails', '--name', 'mine', '--debug', '--dry-run')).toMatchObject({
        exit: 0,
        stdout: `DELETE /apis/ims/v3/jobs/${id}\n`,
      })
      expect((await site.ims('build', 'fails', '--name', 'other', '--dry-run')).stdout).toMatch(
        /^POST \/apis\/ims\/v3\/jobs [^\n]*\nDELETE /,
      )
    }))

  test('what is wrong is told all the same', () =>
    at({}, async (site) => {
      expect(await site.ims('build', 'succeeds', '--name', 'image-succeeds', '--dry-run')).toMatchObject({
        exit: 2,
        stdout: '',
        stderr: expect.stringContaining(imageOf('succeeds').slice(0, 8)),
      })
      expect(site.writes()).toEqual([])
    }))
})

describe.concurrent('--logs', () => {
  test.skipIf(skip)("adds the containers' lines, through the real kubectl", () =>
    at({ speed: 500, kubectl: 'real' }, async (site) => {
      const { exit, stdout, stderr } = await site.ims('build', 'succeeds', '--name', 'mine', '--logs')
      expect({ exit, stdout }).toEqual({ exit: 0, stdout: `${imagesOf(site)[0]!.id}\n` })
      for (const container of ['fetch-recipe', 'wait-for-repos', 'build-image', 'buildenv-sidecar'])
        expect(stderr).toMatch(new RegExp(`^${container} \\| `, 'm'))
    }),
  )

  test('a kubectl that does not work is told of once, and is in the way of nothing', () =>
    at({}, async (site) => {
      const { exit, stderr } = await site.ims('build', 'succeeds', '--name', 'mine', '--logs')
      expect({ exit, times: stderr.split('No logs: ').length - 1 }).toEqual({ exit: 0, times: 1 })
    }))
})

test('no secret is in what is said, however much, or given to kubectl', async () => {
  const site = await startSite({ mock: ['--tls', '--speed', '3000'] })
  try {
    const env = { ...site.env, USER: 'jane' }
    const often = ['--interval', '0.01', '-vvvv', '--logs']
    expect((await run(['auth', 'login', '--username', 'jane', '--password', site.mock.token], { cwd: site.home, env })).exit).toBe(0)
    const tokens = join(site.mock.configDir, '.config/cray/tokens')
    const { access_token, refresh_token } = JSON.parse(
      readFileSync(
        join(
          tokens,
          readdirSync(tokens).find((name) => name.endsWith('.jane'))!,
        ),
        'utf8',
      ),
    )
    const secrets = [
      site.mock.token,
      access_token,
      refresh_token,
      ...readFileSync(join(site.home, '.ssh/id_ed25519'), 'utf8').split('\n').slice(1, -2),
    ]
    for (const argv of [
      ['build', 'failing', '--name', 'mine', '--debug', '--on-failure', 'delete'],
      ['customize', 'image', '--name', 'other', '--run', 'exit 0'],
    ]) {
      const { stdout, stderr } = await run([...argv, ...often], { cwd: site.home, env })
      expect(stderr).toContain('POST https://')
      for (const secret of secrets) expect([stdout, stderr, ...site.kubectl.calls()].some((text) => text.includes(secret))).toBe(false)
    }
  } finally {
    await site.close()
  }
})
