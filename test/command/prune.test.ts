import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { run } from '../support/program.ts'
import { programLine } from '../support/site.ts'
import { image, recipe, withSite, type WatchedSite } from '../support/watched-site.ts'

const id = (digit: number) => `${String(digit).repeat(8)}-0000-4000-8000-000000000000`
const short = (digit: number) => `${String(digit).repeat(8)}…`
const old = { created: '2024-01-01T00:00:00' }
const job = (one: string, more: object) => ({ id: one, created: '2026-01-01T00:00:00', public_key_id: id(5), ...more })
const seed = {
  images: [
    image(id(1), 'test-a', old),
    image(id(2), 'test-b', old),
    image(id(3), 'test-c', old),
    image(id(4), 'test-new', { created: new Date().toISOString() }),
    image(id(5), 'prod', old),
  ],
  recipes: [recipe(id(6), 'test-recipe', old), recipe(id(7), 'test-used', old)],
  jobs: [
    job(id(8), { job_type: 'customize', artifact_id: id(3), status: 'waiting_on_user', image_root_archive_name: 'x' }),
    job(id(9), { job_type: 'create', artifact_id: id(6), status: 'error', image_root_archive_name: 'y' }),
    job(id(0), { job_type: 'create', artifact_id: id(7), status: 'building_image', image_root_archive_name: 'y' }),
  ],
}

const at = <R>(work: (site: WatchedSite) => Promise<R>) => withSite({ seed: seed as never, speed: 1 }, work)
const ims = (site: WatchedSite, ...words: string[]) => run(words, { cwd: site.home, env: site.env })
const imagesOf = ({ mock }: WatchedSite) => [...mock.state.images.values()].map((one) => one.id[0]).join('')
const writes = (site: WatchedSite) => site.writes().map(({ method, path }) => `${method} ${path}`)
const old90 = ['--name', 'test-*', '--older-than', '90d']

describe.concurrent('prune', () => {
  test('shows what would be deleted, and what is kept and why', () =>
    at(async (site) => {
      const { exit, stdout, stderr } = await ims(site, 'images', 'prune', ...old90, '--dry-run')
      expect({ exit, stdout }).toEqual({ exit: 0, stdout: `${id(1)}\n${id(2)}\n` })
      expect(stderr.replaceAll(/ +\d+\w( {2}test-[ab])/g, '  AGE$1')).toBe(
        [
          'To delete: 2 images',
          `  ${short(1)}  AGE  test-a`,
          `  ${short(2)}  AGE  test-b`,
          'Kept: 1 image',
          `  ${short(3)}  test-c: job ${short(8)} (waiting_on_user) uses it`,
          '',
        ].join('\n'),
      )
      expect(writes(site)).toEqual([])
    }))

  test('deletes them, and says how to bring them back', () =>
    at(async (site) => {
      const { exit, stdout, stderr } = await ims(site, 'images', 'prune', ...old90, '--yes')
      expect({ exit, stdout }).toEqual({ exit: 0, stdout: `${id(1)}\n${id(2)}\n` })
      expect(stderr).toContain(`deleted image ${id(1)}  test-a\n`)
      expect(stderr).toContain(`To bring back: cray-ims images undelete ${id(1)} ${id(2)}\n`)
      expect(imagesOf(site)).toBe('345')
      expect(await ims(site, 'images', 'undelete', id(1), id(2))).toMatchObject({ exit: 0 })
      expect([...imagesOf(site)].sort().join('')).toBe('12345')
    }))

  test('a format prints their records', () =>
    at(async (site) => {
      const { stdout } = await ims(site, 'images', 'prune', ...old90, '--dry-run', '-o', 'name')
      expect(stdout).toBe(`image/${id(1)}\nimage/${id(2)}\n`)
      expect(await ims(site, 'images', 'prune', '--name', 'none', '--yes', '-o', 'json')).toEqual({
        exit: 0,
        stdout: '[]\n',
        stderr: 'No image to delete.\n',
      })
    }))

  test.each([
    ['an id anywhere in a text', `{"kernel": "s3://boot-images/${id(1).toUpperCase()}/kernel"}`, id(2)],
    ['a name in a line of its own', 'test-b \n', id(1)],
    ['both', `see ${id(1)}\ntest-b`, ''],
  ])('--keep mentions %s', (_, text, deleted) =>
    at(async (site) => {
      writeFileSync(join(site.home, 'keep'), text)
      const words = ['images', 'prune', ...old90, '--dry-run', '--keep']
      const { stdout, stderr } = await ims(site, ...words, 'keep')
      expect(stdout).toBe(deleted && `${deleted}\n`)
      expect(stderr).toContain('--keep mentions it')
      expect(await run([...words, '-'], { cwd: site.home, env: site.env, stdin: text })).toMatchObject({ stdout })
    }),
  )

  test.each([
    ['an empty list of what is kept', ['--keep', '-'], 'stdin is empty'],
    ['no such list', ['--keep', 'none'], 'none: no such file'],
    ['nobody who could answer', [], '--yes is needed'],
  ])('%s: nothing is deleted', (_, words, why) =>
    at(async (site) => {
      const outcome = await run(['images', 'prune', ...old90, ...words], { cwd: site.home, env: site.env, stdin: '' })
      expect(outcome).toMatchObject({ exit: 2, stdout: '', stderr: expect.stringContaining(why) })
      expect(writes(site)).toEqual([])
    }),
  )

  test('--quiet says nothing, but to whoever is asked', () =>
    at(async (site) => {
      const { stdout } = await inTerminal(site, 'n\n', '--quiet')
      expect(stdout).toContain('To delete: 2 images')
      expect(await ims(site, 'images', 'prune', ...old90, '--yes', '--quiet')).toEqual({
        exit: 0,
        stdout: `${id(1)}\n${id(2)}\n`,
        stderr: '',
      })
    }))

  test('without a filter nothing is asked for', () =>
    at(async (site) => {
      const { exit, stderr } = await ims(site, 'images', 'prune', '--yes')
      expect({ exit, asked: site.asked.length }).toEqual({ exit: 2, asked: 0 })
      expect(stderr).toContain('Error: Missing option: at least one of --name, --arch, --older-than, --newer-than.')
    }))

  test('recipes that an unfinished job uses stay, and so do unfinished jobs', () =>
    at(async (site) => {
      expect(await ims(site, 'recipes', 'prune', '--name', 'test-*', '--yes')).toMatchObject({ exit: 0, stdout: `${id(6)}\n` })
      const { stdout, stderr } = await ims(site, 'jobs', 'prune', '--name', '?', '--yes')
      expect(stdout).toBe(`${id(9)}\n`)
      expect(stderr).toContain(`  ${short(8)}  x: it is waiting_on_user\n`)
      expect(stderr).toContain(`  ${short(0)}  y: it is building_image\n`)
      expect(stderr).not.toContain('To bring back')
    }))

  test('a job that can not be read may use anything', () =>
    at(async (site) => {
      site.intervene({
        before: ({ path }) =>
          path === 'jobs' ? new Response('[{"id":"odd"}]', { headers: { 'content-type': 'application/json' } }) : undefined,
      })
      const { exit, stderr } = await ims(site, 'images', 'prune', ...old90, '--yes')
      expect({ exit, writes: writes(site) }).toEqual({ exit: 2, writes: [] })
      expect(stderr).toContain('Nothing was deleted: what that job uses is not known.')
    }))

  test('one that can not be deleted does not keep the others', () =>
    at(async (site) => {
      site.intervene({ before: ({ method, path }) => (method === 'DELETE' && path.endsWith(id(1)) ? 403 : undefined) })
      const { exit, stdout, stderr } = await ims(site, 'images', 'prune', ...old90, '--yes')
      expect({ exit, stdout }).toEqual({ exit: 2, stdout: `${id(2)}\n` })
      expect(stderr).toContain(`Error: ${id(1)}  test-a: `)
      expect(stderr).toContain(`To bring back: cray-ims images undelete ${id(2)}\n`)
    }))

  test('delete does the same with filters, and keeps what BOS and BSS name', () =>
    at(async (site) => {
      const cray = join(site.kubectl.folder, 'cray')
      const answers = `case $1 in bos) echo '[{"name": "blue", "path": "s3://b/${id(2)}/m"}]' ;; bss) echo '[]' ;; esac`
      writeFileSync(cray, `#!/bin/sh\n[ "$CRAY_IMS_HANDED_OVER" ] || exit 1\n${answers}\n`)
      chmodSync(cray, 0o755)
      const words = ['images', 'delete', ...old90, '--in-use', 'bos,bss']
      expect(await ims(site, ...words, '--dry-run')).toMatchObject({ exit: 0, stdout: `${id(1)}\n` })
      expect(await ims(site, ...words)).toMatchObject({ exit: 2, stderr: expect.stringContaining('--yes is needed') })
      expect(writes(site)).toEqual([])
      const { exit, stdout, stderr } = await ims(site, ...words, '--yes')
      expect({ exit, stdout, left: imagesOf(site) }).toEqual({ exit: 0, stdout: `${id(1)}\n`, left: '2345' })
      expect(stderr).toContain(`  ${short(2)}  test-b: named by BOS session template blue\n`)
      writeFileSync(cray, '#!/bin/sh\nexit 0\n')
      expect(await ims(site, ...words, '--yes')).toMatchObject({ exit: 2, stderr: expect.stringContaining('Nothing was deleted') })
      expect(imagesOf(site)).toBe('2345')
    }))

  test('delete takes ids or filters, and filters of the environment only without ids', () =>
    at(async (site) => {
      for (const [words, why] of [
        [[], "Missing argument 'IMAGE_ID...'."],
        [[id(1), '--name', 'x'], "IMAGE_ID and --name don't go together."],
      ] as const)
        expect(await ims(site, 'images', 'delete', ...words)).toMatchObject({ exit: 2, stderr: expect.stringContaining(why) })
      expect(site.asked).toEqual([])
      expect(await ims(site, 'jobs', 'delete', 'y', '--latest', '--dry-run', '-o', 'name')).toMatchObject({
        exit: 0,
        stdout: `job/${id(9)}\n`,
      })
      expect(writes(site)).toEqual([])
      const env = { ...site.env, CRAY_IMS_IMAGES_DELETE_NAME: '*' }
      expect(await run(['images', 'delete', id(1)], { cwd: site.home, env })).toEqual({ exit: 0, stdout: '\n', stderr: '' })
      expect(site.asked.at(-1)).toMatchObject({ method: 'DELETE', path: `images/${id(1)}` })
      expect(imagesOf(site)).toBe('2345')
    }))

  test('a service that is away for a moment is waited for', () =>
    at(async (site) => {
      let tries = 0
      site.intervene({ before: ({ method }) => (method === 'DELETE' && ++tries === 1 ? 503 : undefined) })
      expect(await ims(site, 'images', 'prune', ...old90, '--yes')).toMatchObject({ exit: 0, stdout: `${id(1)}\n${id(2)}\n` })
      expect(imagesOf(site)).toBe('345')
    }))

  const inTerminal = (site: WatchedSite, typed: string, ...more: string[]) =>
    run(['-qefc', `${programLine} images prune --name 'test-*' --older-than 90d ${more.join(' ')}`, '/dev/null'], {
      cwd: site.home,
      env: { ...site.env, TERM: 'xterm', SHELL: '/bin/sh' },
      stdin: typed,
      command: ['script'],
    })

  test.each([
    ['2\n', 0, '345'],
    ['y\n', 1, '12345'],
    ['3\n', 1, '12345'],
    ['\n', 1, '12345'],
  ])('a terminal is asked for the number: %j', (typed, exit, left) =>
    at(async (site) => {
      const outcome = await inTerminal(site, typed)
      expect({ exit: outcome.exit, left: imagesOf(site) }).toEqual({ exit, left })
      expect(outcome.stdout).toContain('Delete these 2 images? Type 2 to delete them: ')
    }),
  )

  test('what is used by the time of the answer is kept, and nothing is deleted that was not shown', () =>
    at(async (site) => {
      let looks = 0
      site.intervene({
        before({ path }) {
          if (path !== 'jobs' || ++looks !== 2) return undefined
          Object.assign(site.mock.state.images.get(id(4))!, old)
          const begun = { ...job(id(9), { job_type: 'customize', artifact_id: id(1), status: 'creating' }), image_root_archive_name: 'y' }
          return new Response(JSON.stringify([begun]), { headers: { 'content-type': 'application/json' } })
        },
      })
      const { exit, stdout } = await inTerminal(site, '2\n')
      expect({ exit, left: imagesOf(site) }).toEqual({ exit: 0, left: '1345' })
      expect(stdout).toContain(`test-a: job ${short(9)} (creating) uses it`)
      expect(stdout).not.toContain('No image to delete.')
    }))
})
