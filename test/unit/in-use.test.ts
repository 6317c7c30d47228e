import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { createInUse, type BootService } from '../../src/commands/prune/in-use.ts'
import type { CommandContext } from '../../src/context.ts'
import { isAlive } from '../support/stand-in-kubectl.ts'

const folder = mkdtempSync(join(tmpdir(), 'in-use-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const id = (digit: number) => `${String(digit).repeat(8)}-abcd-4000-8000-000000000000`

/** Puts a script onto PATH as `cray`. */
function cray(script: string): void {
  writeFileSync(join(folder, 'cray'), `#!/bin/sh\ncd ${folder}\n${script}\n`)
  chmodSync(join(folder, 'cray'), 0o755)
}

/** What is asked of `cray`, as a command asks it. */
function ask(services: readonly BootService[], { core = {}, global = {}, program = '/cray-ims', limits = undefined as never } = {}) {
  const context = {
    io: {
      env: { PATH: `${folder}:/usr/bin:/bin`, CRAY_CONFIG_DIR: '/c', CRAY_BSS_BOOTPARAMETERS_LIST_HOSTS: 'x' },
      program,
      interrupted: new AbortController().signal,
    },
    global,
    configuration: () => ({ core, path: '/c/default' }),
    progress: async () => ({ update() {}, log() {}, stop() {} }),
  }
  return createInUse(context as unknown as CommandContext, services, limits)
}

beforeEach(() => cray('exit 9'))

describe('what is in use', () => {
  test('is said of the id wherever it stands, with who names it', async () => {
    cray(`case $1 in
bos) echo '[{"name": "plain"}, {"name": "compute", "boot_sets": {"c": {"path": "s3://boot-images/${id(1).toUpperCase()}/manifest.json"}}}]' ;;
bss) echo '[{"hosts": ["x1", "x2"], "params": "root=craycps-s3:s3://b/${id(2)}/rootfs:e"}, {"macs": [], "nids": [7], "kernel": "${id(3)}"}, "${id(4)}", {"nids": null, "initrd": "s3://b/odd_id/initrd"}]' ;;
esac`)
    const inUse = await ask(['bos', 'bss'])()
    expect([1, 2, 3, 4, 5].map((digit) => inUse(id(digit)))).toEqual([
      'named by BOS session template compute',
      'named by BSS boot parameters of x1 and 1 more',
      'named by BSS boot parameters of 7',
      'named by BSS boot parameters',
      undefined,
    ])
    expect([inUse('odd_id'), inUse('other_id')]).toEqual(['named by BSS boot parameters', undefined])
  })

  test('is asked with the configuration and token in use, and without variables that choose', async () => {
    cray('echo "$*" > args; env > env; echo "[]"')
    const inUse = await ask(['bss'], { global: { configuration: 'other', token: 't.json' } })()
    expect(inUse(id(1))).toBeUndefined()
    const written = (name: string) => readFileSync(join(folder, name), 'utf8')
    expect(written('args')).toBe('bss bootparameters list --format json --configuration other --token t.json\n')
    expect(written('env')).toMatch(/^CRAY_CONFIG_DIR=\/c$/m)
    expect(written('env')).not.toContain('CRAY_BSS_')
  })

  test('is asked in the words of an older cray, where this one does not know the newer', async () => {
    cray(`[ $2 = v2 ] && { echo "Error: No such command 'v2'." >&2; exit 2; }; echo '[{"name": "old", "path": "${id(1)}"}]'`)
    expect((await ask(['bos'])())(id(1))).toBe('named by BOS session template old')
  })

  test.each([
    ['fails', 'echo "[]"; echo "503 Service Unavailable" >&2; exit 1', /exit code 1$/, /503 Service Unavailable/],
    ['fails with a usage error of another kind', '[ $2 = v2 ] || echo "[]"; [ $2 != v2 ] || exit 2', /exit code 2$/],
    ['is killed', 'echo "[]"; kill -9 $$', /exit code 137$/],
    ['prints nothing', 'true', /printed nothing$/],
    ['prints a part', `echo '[{"name": "a"'`, /not JSON$/],
    ['prints another format', 'echo "[[results]]"', /not JSON$|not a list$/],
    ['prints no list', `echo '{"results": []}'`, /not a list$/],
    ['prints null', 'echo null', /not a list$/],
    ['knows no such command at all', 'echo "No such command" >&2; exit 2', /exit code 2$/],
  ])('a cray that %s is no answer', async (_, script, message, more = /./) => {
    cray(script)
    const failure = ask(['bos'])()
    await expect(failure).rejects.toThrow(message)
    await expect(failure).rejects.toMatchObject({
      exit: 2,
      more: expect.arrayContaining([expect.stringMatching(more), 'Nothing was deleted: what is in use is not known.']),
      next: expect.stringMatching(/^cray bos \S+( \S+)? list --format json$/),
    })
  })

  test('one that hangs, or never stops printing, is ended', async () => {
    cray('echo $$ > pid; exec sleep 1000')
    await expect(ask(['bos'], { limits: { limit: 500, longest: 100 } as never })()).rejects.toThrow('no answer within')
    const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'))
    await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false)
    cray('yes')
    await expect(ask(['bss'], { limits: { limit: 60_000, longest: 2 ** 20 } as never })()).rejects.toThrow('printed more than 1 MiB')
  })

  test('nobody is asked where that is no other program, or shows a part alone', () => {
    rmSync(join(folder, 'cray'))
    expect(() => ask(['bss'])).toThrow('none on PATH')
    cray('exit 9')
    expect(() => ask(['bss'], { program: join(folder, 'cray') })).toThrow('none on PATH')
    expect(() => ask(['bos'], { core: { tenant: 'blue' } })).toThrow('names a tenant')
    expect(() => ask(['bos'], { core: { tenant: '' } })).not.toThrow()
    expect(() => ask(['bss'], { core: { tenant: 'blue' } })).not.toThrow()
  })
})
