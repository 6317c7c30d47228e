import { afterAll, describe, expect, test } from 'vitest'
import { artifactLocation, artifactName, readManifest } from '../../src/s3/artifacts.ts'
import { parseLocation, s3Url } from '../../src/s3/location.ts'
import type { Outcome } from '../support/program.ts'
import { sampled } from '../support/sampled.ts'
import { startStoreSite, type Step, type StoreSite } from '../support/store-site.ts'

const old = 'b0000000-0000-4000-8000-000000000001'
const metadata = { note: 'ä b', key: 'value' }
const names = ['rootfs', 'kernel', 'initrd', 'boot_parameters']
const seeded = (id: string, name: string, more: object = {}) => ({
  ...{ id, name, arch: 'x86_64', created: '2026-01-01T00:00:00', link: { path: `s3://boot-images/${id}/manifest.json`, type: 's3' } },
  ...more,
})
const image = seeded(old, 'old name', { arch: 'aarch64', metadata })
const recipe = {
  ...{ id: 'a0000000-0000-4000-8000-000000000001', name: 'recipe', recipe_type: 'kiwi-ng', linux_distribution: 'sles12' },
  ...{ arch: 'aarch64', require_dkms: true, template_dictionary: [{ key: 'A', value: 'b c' }] },
  link: { path: 's3://ims/recipes/a0000000-0000-4000-8000-000000000001/mine.tgz', type: 's3' },
} as const

const sites: StoreSite[] = []
afterAll(async () => {
  for (const site of sites.splice(0)) await site.close()
})
async function start({ seed = {}, ...options }: Parameters<typeof startStoreSite>[0] = {}): Promise<StoreSite> {
  const site = await startStoreSite({ seed: { images: [image as never], ...seed }, ...options })
  sites.push(site)
  return site
}

const contents = (site: StoreSite, id: string) =>
  Promise.all(names.map(async (name) => (await site.store.read(artifactLocation(id, name), 1000)).toString()))

/** That there is one image of a name, complete, with objects of its own that are those of the old one. @returns its id */
async function expectCopy({ store, mock }: StoreSite, name: string, expected: readonly string[]): Promise<string> {
  const made = [...mock.state.images.values()].filter((one) => one.name === name)
  expect(made).toHaveLength(1)
  const { id, link, arch, metadata: kept } = made[0]!
  expect({ arch, metadata: kept }).toEqual({ arch: 'aarch64', metadata })
  const place = artifactLocation(id, 'manifest.json')
  expect(link).toEqual({ path: s3Url(place), etag: (await store.head(place))?.etag, type: 's3' })
  const { artifacts } = readManifest((await store.read(place, 10_000)).toString(), 'it')
  expect(artifacts.map(artifactName)).toEqual(names)
  for (const [at, artifact] of artifacts.entries()) {
    expect(artifact.link.path).toBe(s3Url(artifactLocation(id, names[at]!)))
    const found = await store.head(parseLocation(artifact.link.path, 'it'))
    expect([artifact.md5, artifact.link.etag, artifact.type]).toEqual([found?.md5, found?.etag, found?.type])
    expect((await store.read(found!.location, 1000)).toString()).toBe(expected[at])
  }
  return id
}

test('a copy has objects of its own, and is made once', async () => {
  const name = "it's a “näme” $(x) --name"
  const site = await start()
  const words = ['images', 'copy', 'b000', `--name=${name}`]
  const before = await contents(site, old)
  site.steps.length = 0
  const made = await site.ims(...words)
  expect(
    site.steps.filter((step) => /^GET (rootfs|kernel|initrd)/.test(step)),
    'through this machine',
  ).toEqual([])
  const id = await expectCopy(site, name, before)
  expect(made).toMatchObject({ exit: 0, stdout: `${id}\n` })
  site.steps.length = 0
  const again = await site.ims('images', 'copy', 'old name', name)
  expect(again).toMatchObject({ exit: 0, stdout: `${id}\n`, stderr: `Image ${id} is the same: nothing is copied\n` })
  const { images } = site.mock.state
  const copy = images.get(id)!
  images.set(id, { ...copy, metadata: { ...metadata, note: 'another' } })
  const differs = await site.ims(...words)
  expect(differs).toMatchObject({ exit: 2, stdout: '', stderr: expect.stringContaining('is taken, by a different image\n') })
  images.set(id, copy)
  expect(site.writes()).toEqual([])

  const gone = await site.mock.answer({
    ...{ method: 'DELETE', path: `/apis/ims/v3/images/${old}`, query: '', body: '' },
    ...{ contentType: undefined, authorization: undefined },
  })
  expect([gone.status, await site.store.head(artifactLocation(old, 'rootfs'))]).toEqual([204, undefined])
  await expectCopy(site, name, before)
})

test('what is incomplete, or has the name, is refused before anything is created', async () => {
  const site = await start({ seed: { images: [image as never, seeded('b0000000-0000-4000-8000-000000000002', 'taken') as never] } })
  const renamed = await site.ims('images', 'rename', old, '--name', 'taken')
  expect(renamed).toMatchObject({
    exit: 2,
    stdout: '',
    stderr: expect.stringMatching(/different image\n(.*\n)*Next: choose another --name\n$/),
  })
  expect((await site.ims('images', 'copy', old, 'old name')).stderr).toContain(`Error: image ${old} is called old name itself\n`)
  expect((await site.ims('images', 'rename', old, '')).stderr).toContain("Invalid value for 'NEW_NAME': it is empty (unset variable?).")

  await site.store.put(artifactLocation(old, 'kernel'), Buffer.from('another'), 'text/plain')
  await site.store.remove(artifactLocation(old, 'initrd'))
  const broken = await site.ims('images', 'rename', old, '--name', 'new')
  expect(broken).toMatchObject({ exit: 2, stdout: '' })
  expect(broken.stderr).toMatch(
    new RegExp(
      `^Error: image ${old} can't be copied: it is not complete\n {2}kernel: its etag is .*\n {2}kernel: its md5 sum is .*\n {2}initrd: s3://\\S+ is not there\nNothing was created\\.\nNext: cray-ims images verify ${old}\n$`,
    ),
  )
  // Ours.
  expect(site.writes()).toEqual(['PUT kernel', 'DELETE initrd'])
})

describe('a rename', () => {
  const words = ['images', 'rename', 'old name', '--name', 'new name']

  /** That the new image is there once and whole, and the old one can be brought back. */
  async function expectRenamed(site: StoreSite, { exit, stdout }: Outcome, before: readonly string[]) {
    const id = await expectCopy(site, 'new name', before)
    expect([exit, stdout]).toEqual([0, `${id}\n`])
    expect([...site.mock.state.images.values()].map((one) => one.id)).toEqual([id])
    expect([...site.mock.state.deletedImages.values()].map((one) => one.id)).toEqual([old])
  }

  test('keeps all but the id, says so, and is taken back by the line that it prints', async () => {
    const site = await start()
    const before = await contents(site, old)
    site.steps.length = 0
    const planned = await site.ims(...words, '--dry-run')
    const change = `The id changes: BOS session templates and BSS boot parameters that name\n${old} or its paths have to be changed.\n`
    expect(planned).toMatchObject({ exit: 0, stderr: change })
    expect(planned.stdout.split('\n').map((line) => line.split(' ')[0])).toEqual([
      'POST',
      ...['PUT', 'PUT', 'PUT', 'PUT', 'PUT'],
      ...['PATCH', 'PATCH', 'DELETE', ''],
    ])
    expect(planned.stdout).toMatch(new RegExp(`\nDELETE /apis/ims/v3/images/${old}\n$`))
    expect(site.writes()).toEqual([])
    const renamed = await site.ims(...words)
    await expectRenamed(site, renamed, before)
    expect(renamed.stderr).toContain(change)
    for (const line of renamed.stderr.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
    expect(renamed.stderr).toContain(`\n  cray-ims images artifacts ${renamed.stdout.trim()} --for bos\n`)
    const back = `cray-ims images undelete ${old} --arch aarch64`
    expect(renamed.stderr).toContain(`Image ${old} is deleted; to bring it back:\n  ${back}\n`)

    site.steps.length = 0
    const again = await site.ims(...words)
    await expectRenamed(site, again, before)
    expect(again.stderr).toBe(`Image ${old} was renamed before, and is deleted\n`)
    expect(site.writes()).toEqual([])
    expect((await site.ims(...back.split(' ').slice(1))).exit).toBe(0)
    expect(await contents(site, old)).toEqual(before)
    expect(site.mock.state.images.get(old)).toMatchObject({ name: 'old name', arch: 'aarch64', metadata })
  })

  const points: [Step, 'before' | 'after'][] = [
    ['DELETE images/ID', 'after'],
    ['PUT initrd', 'before'],
    ['POST images', 'after'],
    ['PUT manifest.json', 'before'],
    ['PATCH images/ID', 'after'],
    ['DELETE images/ID', 'before'],
  ]
  test.concurrent.each(sampled(points, 6, 4))(
    'that is killed at %s, %s it is handled, is finished by the same command',
    async (step, when) => {
      const site = await start()
      const before = await contents(site, old)
      expect((await site.cutOff({ at: step, when, signal: 'SIGKILL' }, ...words)).exit).toBe('SIGKILL')
      // Nothing is lost meanwhile.
      const known = site.mock.state.images.get(old) !== undefined
      expect(known).toBe(step !== 'DELETE images/ID' || when === 'before')
      if (known) expect(await contents(site, old)).toEqual(before)
      site.steps.length = 0
      await expectRenamed(site, await site.ims(...words), before)
      expect(site.steps).not.toContain('POST images')
    },
  )

  test('that is interrupted or fails says what is left, and the line that goes on', async () => {
    const site = await start({ faults: ['DELETE /images/* 409 x1'] })
    const before = await contents(site, old)
    const stopped = await site.cutOff({ at: 'PUT manifest.json', when: 'before', signal: 'SIGINT' }, ...words)
    const { id } = [...site.mock.state.images.values()].find((one) => one.name === 'new name')!
    expect(stopped).toMatchObject({ exit: 130, stdout: '' })
    const line = `cray-ims images rename ${old} --name 'new name'\n`
    expect(stopped.stderr).toMatch(new RegExp(`Image ${id} is left unfinished; copied: (\\w+(, )?){4}\\.\nNext: ${line}$`))
    const failed = await site.ims(...words)
    expect(failed).toMatchObject({ exit: 2, stdout: `${id}\n` })
    expect(failed.stderr).toContain(`Resuming image ${id}: it has no link yet\n`)
    expect(failed.stderr).toContain(`Image ${id} is complete. Image ${old} is not deleted.\n`)
    expect(failed.stderr).toContain(line)
    await expectRenamed(site, await site.ims(...words), before)
  })

  test('deletes nothing that a job uses, or while the new one is not whole', async () => {
    const site = await start()
    const job = { id: '11111111-0000-4000-8000-000000000001', job_type: 'customize', status: 'waiting_on_user', artifact_id: old }
    const useIt = () => void site.mock.state.jobs.set(job.id, { ...job, image_root_archive_name: 'x' } as never)
    useIt()
    site.steps.length = 0
    const refused = await site.ims(...words)
    expect(refused).toMatchObject({ exit: 2, stdout: '' })
    expect(refused.stderr).toContain("Error: image old name can't be renamed: job 11111111… (waiting_on_user) uses it\n")
    expect(site.writes()).toEqual([])

    site.mock.state.jobs.delete(job.id)
    site.intervene({ after: (step) => void (step === 'PATCH images/ID' && useIt()) })
    const late = await site.ims(...words)
    expect(late.exit).toBe(2)
    expect(late.stderr).toContain(`uses it\nImage ${late.stdout.trim()} is complete. Image ${old} is not deleted.\n`)
    site.mock.state.jobs.delete(job.id)

    const kernel = artifactLocation(late.stdout.trim(), 'kernel')
    // It goes between the look at what is there and the deletion.
    site.intervene({ before: async (step) => void (step === 'GET images/ID' && (await site.store.remove(kernel))) })
    const lost = await site.ims(...words)
    expect(lost).toMatchObject({ exit: 2, stderr: expect.stringContaining(`  kernel: ${s3Url(kernel)} is not there\n`) })
    expect([...site.mock.state.deletedImages.values()].map((one) => one.id)).toEqual([])
  })

  test('that is begun twice makes one image', async () => {
    const site = await start()
    const before = await contents(site, old)
    const outcomes = await Promise.all([site.ims(...words), site.ims(...words)])
    const whole = outcomes.find(({ exit }) => exit === 0)!
    await expectRenamed(site, whole, before)
    // The other one has found it, or gave way.
    for (const { exit, stdout } of outcomes) expect([exit, stdout]).toEqual(exit === 0 ? [0, whole.stdout] : [2, ''])
  })
})

test('a recipe is cloned with its settings, or with others, also after it was killed', async () => {
  const site = await start({ seed: { recipes: [recipe as never] } })
  const { recipes } = site.mock.state
  const named = (name: string) => [...recipes.values()].filter((one) => one.name === name)
  const archive = await site.store.read(parseLocation(recipe.link.path, 'it'), 10_000)
  const clone = ['recipes', 'clone', 'recipe', 'clone 1']
  const planned = await site.ims(...clone, '--dry-run')
  expect(planned.stdout).toMatch(
    new RegExp(
      `^POST .*\nPUT s3://ims/recipes/NEW_RECIPE_ID/recipe\\.tar\\.gz \\(copy of ${recipe.link.path}, \\d+ bytes, md5 \\S+\\)\nPATCH .*\n$`,
    ),
  )
  const killed = await site.cutOff({ at: 'PATCH recipes/ID', when: 'before', signal: 'SIGKILL' }, ...clone)
  expect([killed.exit, named('clone 1').map(({ link }) => link)]).toEqual(['SIGKILL', [null]])
  const made = await site.ims(...clone)
  const { id, link, name: _, created: __, ...settings } = named('clone 1')[0]!
  expect([made.exit, made.stdout, named('clone 1').length]).toEqual([0, `${id}\n`, 1])
  const { recipe_type, linux_distribution, arch, require_dkms, template_dictionary } = recipe
  expect(settings).toMatchObject({ recipe_type, linux_distribution, arch, require_dkms, template_dictionary })
  expect(link?.path).toBe(`s3://ims/recipes/${id}/recipe.tar.gz`)
  expect((await site.store.read(parseLocation(link!.path, 'it'), 10_000)).equals(archive)).toBe(true)

  const others = ['--arch', 'x86_64', '--linux-distribution', 'sles15', '--recipe-type', 'packer', '--require-dkms', 'false']
  const dictionary = ['--template-dictionary-key', 'X,Y', '--template-dictionary-value', '1,2']
  const other = await site.ims(...clone, ...others, ...dictionary, '--if-exists', 'replace', '--format', 'json')
  expect(JSON.parse(other.stdout)).toMatchObject({
    ...{ name: 'clone 1', arch: 'x86_64', linux_distribution: 'sles15', recipe_type: 'packer', require_dkms: false },
    template_dictionary: [
      { key: 'X', value: '1' },
      { key: 'Y', value: '2' },
    ],
  })
  expect([recipes.get(id), recipes.get(recipe.id)?.name]).toEqual([undefined, 'recipe'])
})
