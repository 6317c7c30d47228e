import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { forms } from '../support/executable.ts'
import { run, type Outcome } from '../support/program.ts'

for (const { form, file, skip, path } of forms)
  describe.skipIf(skip)(form, () => {
    let folder: string
    let ours: string
    let other: string
    let others: string
    let programs: string

    beforeAll(() => {
      programs = mkdtempSync(join(tmpdir(), 'cray-link-programs-'))
      others = path(programs)
    })
    afterAll(() => rmSync(programs, { recursive: true, force: true }))

    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'cray-link-'))
      ;[ours, other] = ['ours', 'other'].map((name) => join(folder, name)) as [string, string]
      for (const path of [ours, other]) mkdirSync(path)
      symlinkSync(file, join(ours, 'cray'))
    })
    afterEach(() => rmSync(folder, { recursive: true, force: true }))

    function cray(argv: string[], { stdin = '', as = join(ours, 'cray') } = {}): Promise<Outcome> {
      const env = { PATH: `${ours}:${other}:${others}`, HOME: folder, CRAY_CONFIG_DIR: folder }
      return run(argv, { cwd: folder, env, stdin, command: [as] })
    }

    function install(script: string): void {
      writeFileSync(join(other, 'cray'), `#!/bin/sh\n${script}\n`)
      chmodSync(join(other, 'cray'), 0o755)
    }

    describe('with another cray on PATH', () => {
      test.each([
        ['bos v2 sessions list --format json'],
        [''],
        ['--help'],
        ['--version'],
        ['init --hostname x'],
        ['auth login'],
        ['config describe'],
        ['nope'],
      ])('%s goes to it, arguments untouched', async (line) => {
        install(`printf '[%s]' "$@"; echo; cat; exit 7`)
        const words = line.split(' ').filter(Boolean)
        const outcome = await cray([...words, 'a b', '--', "it's"], { stdin: 'typed\n' })
        expect(outcome).toEqual({
          exit: 7,
          stdout: `${[...words, 'a b', '--', "it's"].map((word) => `[${word}]`).join('')}\ntyped\n`,
          stderr: '',
        })
      })

      test('what begins with ims is ours', async () => {
        install('echo other')
        expect((await cray(['ims', 'jobs', 'list', '--help'])).stdout).toContain('Usage: cray ims jobs list')
        expect((await cray(['--format', 'json', 'ims', '--help'])).stdout).toContain('Usage: cray ims')
      })

      test('its end by a signal is ours', async () => {
        install('kill -TERM $$')
        expect((await cray(['bos'])).exit).toBe('SIGTERM')
      })

      test('found by its name alone, it goes to the next', async () => {
        install('echo other "$@"')
        expect(await cray(['bos'], { as: 'cray' })).toEqual({ exit: 0, stdout: 'other bos\n', stderr: '' })
        expect((await cray(['ims', '--help'], { as: 'cray' })).stdout).toContain('Usage: cray ims')
      })

      test('a signal to us reaches it', async () => {
        install(`trap 'echo got; exit 5' TERM; kill -TERM $PPID; while :; do sleep 0.05; done`)
        expect(await cray(['bos'])).toEqual({ exit: 5, stdout: 'got\n', stderr: '' })
      })

      test('a wrapper that leads back to us does not do so for ever', async () => {
        install(`exec ${join(ours, 'cray')} "$@"`)
        const outcome = await cray(['bos'])
        expect(outcome.exit).toBe(2)
        expect(outcome.stderr).toContain('found none')
      })
    })

    describe('alone', () => {
      test.each([[[]], [['--help']], [['-h']], [['--format', 'json', '--help']]])('%j shows our help', async (argv) => {
        const outcome = await cray(argv)
        expect(outcome).toMatchObject({ exit: 0, stderr: '' })
        expect(outcome.stdout).toMatch(/^Usage: cray \[OPTIONS\] COMMAND\n/)
      })

      test('--version says whose it is', async () =>
        expect(await cray(['--version'])).toMatchObject({ exit: 0, stdout: expect.stringMatching(/^cray \d/) }))

      test.each([[['bos', 'list']], [['--format', 'json', 'bos']]])('%j is refused, and says what it knows', async (argv) => {
        const outcome = await cray(argv)
        expect(outcome).toMatchObject({ exit: 2, stdout: '' })
        expect(outcome.stderr).toContain('Next: cray ims --help')
      })

      test('a link of ours further on PATH is not another', async () => {
        symlinkSync(file, join(other, 'cray'))
        expect((await cray(['bos'])).exit).toBe(2)
      })

      test('init, auth and config are ours', async () => {
        expect(await cray(['init', '--no-auth', '--hostname', 'h'])).toMatchObject({ exit: 0, stdout: 'Initialization complete.\n' })
        expect(await cray(['config', 'get', 'core.hostname'])).toMatchObject({ exit: 0, stdout: 'https://h\n' })
      })

      test('jobs without ims is not a command of cray', async () => {
        expect((await cray(['jobs', 'list'])).exit).toBe(2)
      })
    })
  })
