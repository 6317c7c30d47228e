import { spawnSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { artifactLocation, artifactName, readManifest } from '../../src/s3/artifacts.ts'
import { parseLocation, s3Url } from '../../src/s3/location.ts'
import { startGatewayStore, withoutGateway } from '../support/object-stores.ts'
import { run, type Outcome } from '../support/program.ts'
import { startStoreSite, type Step, type StoreSite } from '../support/store-site.ts'
import { sampled } from '../support/sampled.ts'

const MiB = 1024 * 1024
const oddName = "it's a “näme” $(x) --name"
const md5 = (bytes: Buffer) => createHash('md5').update(bytes).digest('hex')

const sites: StoreSite[] = []
afterAll(async () => {
  for (const site of sites.splice(0)) await site.close()
})

/** A site with the files of an image in its folder, whose rootfs is uploaded in parts. */
async function start(options: Parameters<typeof startStoreSite>[0] = {}): Promise<StoreSite> {
  const site = await startStoreSite({ seed: {}, ...options })
  sites.push(site)
  writeFileSync(join(site.folder, 'root'), Buffer.concat([Buffer.from('hsqs'), randomBytes(10 * MiB)]))
  writeFileSync(join(site.folder, 'vmlinuz'), 'a kernel')
  writeFileSync(join(site.folder, 'initrd'), 'an initrd')
  writeFileSync(join(site.folder, 'words'), 'console=ttyS0 quiet metal.server=s3://elsewhere/rootfs\n')
  return site
}

const files = ['--rootfs', 'root', '--kernel', 'vmlinuz', '--initrd', 'initrd', '--boot-parameters', 'words']
const fileOf: Record<string, string> = { rootfs: 'root', kernel: 'vmlinuz', initrd: 'initrd', boot_parameters: 'words' }
const importing = (name: string, ...more: string[]) => ['images', 'import', `--name=${name}`, ...files, ...more]

/** That there is one image of a name, complete, with the objects of our files; nothing else, and nothing half-done. @returns its id */
async function expectWhole({ mock, store, folder }: StoreSite, name: string): Promise<string> {
  const { images, deletedImages } = mock.state
  expect([...images.values()].map((image) => image.name)).toEqual([name])
  expect([...deletedImages.values()]).toEqual([])
  const { id, link } = [...images.values()][0]!
  const place = artifactLocation(id, 'manifest.json')
  expect(link).toEqual({ path: s3Url(place), etag: (await store.head(place))?.etag, type: 's3' })
  const { artifacts } = readManifest((await store.read(place, MiB)).toString(), 'it')
  expect(artifacts.map((artifact) => artifactName(artifact))).toEqual(Object.keys(fileOf))
  for (const artifact of artifacts) {
    const found = await store.head(parseLocation(artifact.link.path, 'it'))
    const sum = md5(readFileSync(join(folder, fileOf[artifactName(artifact)]!)))
    expect([found?.md5, artifact.md5, artifact.link.etag]).toEqual([sum, sum, found?.etag])
  }
  return id
}

test('an image moves to another system', async () => {
  const [here, there] = [await start(), await start()]
  const words = importing(oddName, '--arch', 'aarch64', '--metadata', 'note=ä b', '--metadata', 'key=value')
  const planned = await here.ims(...words, '--dry-run')
  expect(planned).toMatchObject({ exit: 0, stderr: '' })
  expect(planned.stdout.split('\n').map((line) => line.split(/[ ?]/)[0])).toEqual([
    'POST',
    'PUT',
    'PUT',
    'PUT',
    'PUT',
    'PUT',
    'PATCH',
    'PATCH',
    '',
  ])
  expect(here.steps).toEqual(['GET images'])

  const made = await here.ims(...words)
  const id = await expectWhole(here, oddName)
  expect(made).toMatchObject({ exit: 0, stdout: `${id}\n` })
  expect(here.mock.state.images.get(id)).toMatchObject({ arch: 'aarch64', metadata: { note: 'ä b', key: 'value' } })

  here.steps.length = 0
  const again = await here.ims(...words, '--format', 'json')
  expect(JSON.parse(again.stdout)).toMatchObject({ id, name: oddName })
  expect(again.stderr).toBe(`Image ${id} is the same: nothing is uploaded\n`)
  expect(here.writes()).toEqual([])

  const out = join(there.folder, 'out')
  const exported = await here.ims('images', 'export', oddName, '--dir', out, '--format', 'json')
  expect(exported.exit).toBe(0)
  expect(JSON.parse(exported.stdout).map(({ type, path }: any) => [type, path])).toEqual(
    Object.keys(fileOf).map((type) => [type, join(out, type)]),
  )
  expect(readdirSync(out).toSorted()).toEqual(['boot_parameters', 'image.json', 'initrd', 'kernel', 'rootfs'])
  for (const [name, file] of Object.entries(fileOf)) {
    expect(readFileSync(join(out, name)).equals(readFileSync(join(here.folder, file)))).toBe(true)
    expect(statSync(join(out, name)).mode & 0o777).toBe(0o600)
  }
  const description = readFileSync(join(out, 'image.json'), 'utf8')
  here.steps.length = 0
  expect((await here.ims('images', 'export', id, '--dir', out, '--type', 'kernel')).exit).toBe(0)
  expect(here.steps.filter((step) => /^GET (rootfs|kernel)/.test(step))).toEqual([])
  expect(readFileSync(join(out, 'image.json'), 'utf8')).toBe(description)

  for (const name of Object.keys(fileOf)) writeFileSync(join(there.folder, fileOf[name]!), readFileSync(join(out, name)))
  const moved = await there.ims('images', 'import', '--from-dir', 'out')
  const other = await expectWhole(there, oddName)
  expect(moved).toMatchObject({ exit: 0, stdout: `${other}\n` })
  expect(there.mock.state.images.get(other)).toMatchObject({ arch: 'aarch64', metadata: { note: 'ä b', key: 'value' } })
  expect((await there.ims('images', 'verify', other, '--content')).exit).toBe(0)

  const altered = await there.ims(
    'images',
    'import',
    '--from-dir',
    'out',
    '--name',
    'altered',
    '--metadata',
    'note=c',
    '--boot-parameters',
    'vmlinuz',
  )
  expect(altered.exit).toBe(0)
  const differ = await there.ims('images', 'diff', other, 'altered', '--format', 'json')
  expect({ ...differ, stdout: JSON.parse(differ.stdout) }).toMatchObject({
    exit: 1,
    stdout: {
      same: false,
      fields: [
        { field: 'name', a: oddName, b: 'altered' },
        { field: 'metadata.note', a: 'ä b', b: 'c' },
      ],
      artifacts: [{ type: 'boot_parameters' }],
      kernel_parameters: { removed: ['console=ttyS0', 'quiet'], added: ['a', 'kernel'], reordered: false },
    },
  })
  expect((await there.ims('images', 'diff', other, other)).exit).toBe(0)
})

describe('an import that is killed is gone on with by the same command', () => {
  const points: [Step, 'before' | 'after'][] = [
    ['POST images', 'after'],
    ['PUT rootfs part 2', 'before'],
    ['PUT manifest.json', 'after'],
    ['PATCH images/ID', 'after'],
  ]
  test.concurrent.each(sampled(points, 2, 1))('at %s, %s it is handled', async (step, when) => {
    const site = await start()
    const words = importing('killed', '--metadata', 'a=b')
    expect(await site.cutOff({ at: step, when, signal: 'SIGKILL' }, ...words)).toMatchObject({ exit: 'SIGKILL', stdout: '' })
    const before = [...site.mock.state.images.values()].map(({ id }) => id)
    site.steps.length = 0
    const again = await site.ims(...words)
    const id = await expectWhole(site, 'killed')
    expect(again).toMatchObject({ exit: 0, stdout: `${id}\n` })
    expect(before).toEqual([id])
    expect(site.steps.filter((one) => one === 'POST images')).toEqual([])
    if (step === 'PUT manifest.json') expect(site.writes()).toEqual(['PATCH images/ID'])
    // What the killed one has begun is taken back before it is begun anew.
    if (step === 'PUT rootfs part 2') expect(site.writes()).toContain('DELETE rootfs abort')
    if (step === 'PATCH images/ID') expect(site.writes()).toEqual([])
  })
})

test('what fails or is interrupted says what is left, and the line that goes on', async () => {
  const site = await start({ faults: ['POST s3://boot-images/*/rootfs 500 x6'] })
  const name = "Bob's"
  const failed = await site.ims(...importing(name))
  const { id } = [...site.mock.state.images.values()][0]!
  expect(failed).toMatchObject({ exit: 2, stdout: '' })
  expect(failed.stderr).toMatch(/Error: s3:\/\/boot-images\/\S+\/rootfs can't be written: HTTP 500/)
  expect(failed.stderr).toMatch(new RegExp(`Image ${id} is left unfinished; uploaded: (\\w+, ){2}\\w+\\.`))
  const line = `cray-ims images import --name 'Bob'\\''s' ${files.join(' ')}`
  expect(failed.stderr).toContain(line)

  const stopped = await site.cutOff({ at: 'PUT rootfs part 1', when: 'before', signal: 'SIGINT' }, ...importing(name))
  expect(stopped).toMatchObject({ exit: 130, stdout: '' })
  expect(stopped.stderr).toContain(`Resuming image ${id}`)
  expect(stopped.stderr).toContain(`Image ${id} is left unfinished; uploaded: kernel, initrd, boot_parameters.\nNext: ${line}\n`)
  const again = await site.ims(...importing(name))
  expect(again).toMatchObject({ exit: 0, stdout: `${id}\n` })
  expect(await expectWhole(site, name)).toBe(id)
})

test('an answer that is lost ends no import, and nothing is made twice', async () => {
  const site = await start()
  const lost = new Set<Step>(['POST images', 'PUT rootfs part 1', 'POST rootfs complete', 'PUT kernel', 'PATCH images/ID'])
  site.intervene({ after: (step) => (lost.delete(step) ? 'reset' : undefined) })
  const made = await site.ims(...importing('lost'))
  expect([...lost]).toEqual([])
  expect(made).toMatchObject({ exit: 0, stdout: `${await expectWhole(site, 'lost')}\n` })
  expect(site.steps.filter((step) => step === 'POST images')).toHaveLength(1)
})

test('two at the same time make one image', async () => {
  const site = await start()
  const outcomes = await Promise.all([site.ims(...importing('twice')), site.ims(...importing('twice'))])
  for (const { exit, stdout, stderr } of outcomes) expect([exit, stdout === ''], stderr).toEqual(exit === 0 ? [0, false] : [2, true])
  expect(await site.ims(...importing('twice'))).toMatchObject({ exit: 0, stdout: `${await expectWhole(site, 'twice')}\n` })
})

test('an import that another process or machine goes on with is refused, and what it has uploaded stays', async () => {
  const site = await start()
  let tried: Outcome[] = []
  const second = async () => {
    const other = join(site.folder, 'other machine')
    mkdirSync(join(other, '.config/cray/configurations'), { recursive: true })
    writeFileSync(
      join(other, '.config/cray/configurations/default'),
      readFileSync(join(site.folder, '.config/cray/configurations/default')),
    )
    tried = await Promise.all([
      site.ims(...importing('shared')),
      run(importing('shared'), { cwd: site.folder, env: { ...site.env, CRAY_CONFIG_DIR: other } }),
    ])
  }
  let begun = false
  site.intervene({
    async before(step) {
      if (step !== 'PUT rootfs part 2' || begun) return
      begun = true
      await second()
    },
  })
  const first = await site.ims(...importing('shared'))
  const id = await expectWhole(site, 'shared')
  expect(first).toMatchObject({ exit: 0, stdout: `${id}\n` })
  const [here, there] = tried as [Outcome, Outcome]
  expect(here).toMatchObject({
    exit: 2,
    stdout: '',
    stderr: expect.stringMatching(/^Error: image shared is being imported by process \d+\n {2}since .*\nNext: ps -fp \d+\n$/),
  })
  expect(there).toMatchObject({ exit: 2, stdout: '' })
  expect(there.stderr).toMatch(
    new RegExp(
      `^Error: image shared is being imported by another command, as ${id}\nIt was created 20\\S+; the last was uploaded 20\\S+Z\\.\nOnce nothing`,
    ),
  )
  expect(site.steps.filter((step) => step.endsWith(' abort') || step === 'POST images')).toEqual(['POST images'])
})

test('the record of another import that is a moment older stays, and ours goes', async () => {
  const site = await start()
  const { images } = site.mock.state
  const id = '11111111-0000-4000-8000-000000000001'
  const older = () => void images.set(id, { ...[...images.values()][0]!, id, created: '2026-01-01T00:00:00' })
  site.intervene({ after: (step) => (step === 'POST images' && images.get(id) === undefined ? older() : undefined) })
  const refused = await site.ims(...importing('twice'))
  expect(refused).toMatchObject({ exit: 2, stdout: '' })
  expect(refused.stderr).toContain(`Error: image twice is being imported by another command, which created ${id} a moment before\n`)
  expect(await site.ims(...importing('twice'))).toMatchObject({ exit: 0, stdout: `${id}\n` })
  expect(await expectWhole(site, 'twice')).toBe(id)
})

test('a name that is taken, and files that are wrong, are refused before anything is written', async () => {
  const site = await start({ faults: ['HEAD s3://boot-images/** 403 x1'] })
  expect((await site.ims(...importing('taken'))).stderr).toContain("can't be looked at: access denied\n")
  expect(site.writes()).toEqual([])
  const [one] = (await site.ims(...importing('taken'))).stdout.split('\n')
  site.steps.length = 0
  const other = ['images', 'import', '--name', 'taken', '--rootfs', 'root']
  const refused = await site.ims(...other)
  expect(refused).toMatchObject({ exit: 2, stdout: '' })
  expect(refused.stderr).toContain('Error: the image name taken is taken, by a different image\n')
  expect(await site.ims(...other, '--if-exists', 'skip')).toMatchObject({ exit: 0, stdout: `${one}\n` })

  const { images, jobs } = site.mock.state
  const { id } = [...images.values()][0]!
  images.set(id, { ...images.get(id)!, link: null })
  const job = {
    id: '11111111-0000-4000-8000-000000000001',
    job_type: 'create',
    status: 'packaging_artifacts',
    image_root_archive_name: 'taken',
  }
  jobs.set(job.id, job as never)
  expect((await site.ims(...importing('taken'))).stderr).toContain(`Error: job ${job.id} makes an image called taken\n`)

  writeFileSync(join(site.folder, 'empty'), '')
  const wrong = await site.ims('images', 'import', '--name', 'x', '--rootfs', 'empty', '--kernel', 'nowhere')
  expect(wrong.stderr).toMatch(/^Error: 2 files of the image can't be used\n {2}empty is empty.*\n {2}nowhere can't be read: no such file/)
  for (const [words, why] of [
    [['--rootfs', 'root'], "Missing option '--name'."],
    [['--name', 'x', '--rootfs', ''], "Invalid value for '--rootfs': it is empty."],
    [['--name', 'x', '--rootfs', 'root', '--metadata', 'a'], "Invalid value for '--metadata': a is not KEY=VALUE."],
  ] as const)
    expect((await site.ims('images', 'import', ...words)).stderr).toContain(why)
  expect(site.writes()).toEqual([])
})

test('an export goes on where it was killed, and refuses what is broken or would be overwritten', async () => {
  const site = await start({ faults: ['GET s3://boot-images/*/rootfs truncate x1'] })
  const [id] = (await site.ims(...importing('whole'))).stdout.split('\n') as [string]
  const words = ['images', 'export', 'whole', '--dir', 'out', '--format', 'json']
  const out = join(site.folder, 'out')
  expect((await site.cutOff({ at: 'GET rootfs from there', when: 'before', signal: 'SIGKILL' }, ...words)).exit).toBe('SIGKILL')
  expect(readdirSync(out)).not.toContain('image.json')
  const [part] = readdirSync(out).filter((name) => name.endsWith('.part')) as [string]
  expect(statSync(join(out, part)).size).toBeGreaterThan(MiB)
  const stopped = await site.cutOff({ at: 'GET rootfs from there', when: 'before', signal: 'SIGTERM' }, ...words)
  expect(stopped).toMatchObject({ exit: 143, stdout: '' })
  expect(stopped.stderr).toContain('What has come is kept in out.\nNext: cray-ims images export whole --dir out\n')
  site.steps.length = 0
  expect((await site.ims(...words)).exit).toBe(0)
  expect(site.steps.filter((step) => step.startsWith('GET rootfs'))).toEqual(['GET rootfs from there'])
  expect(readFileSync(join(out, 'rootfs')).equals(readFileSync(join(site.folder, 'root')))).toBe(true)

  const inTheWay = await site.ims('images', 'export', 'whole', '--dir', 'root')
  expect(inTheWay.stderr).toMatch(/^Error: root\/rootfs can't be written: not a directory\n/)
  writeFileSync(join(out, 'kernel'), 'mine')
  const refused = await site.ims(...words)
  expect(refused).toMatchObject({ exit: 2, stdout: '' })
  expect(refused.stderr).toContain('Error: out/kernel would be overwritten')
  expect(readFileSync(join(out, 'kernel'), 'utf8')).toBe('mine')

  // Of the right size and with metadata that lie, so that only its content tells.
  const { bucket, key } = artifactLocation(id, 'initrd')
  const stored = readdirSync(site.objects).map((name) => join(site.objects, name))
  for (const path of stored) if (readFileSync(path, 'latin1') === 'an initrd') writeFileSync(path, 'an inItrd')
  const broken = await site.ims('images', 'export', 'whole', '--dir', 'other')
  expect(broken).toMatchObject({ exit: 2, stdout: '' })
  expect(broken.stderr).toContain(`Error: ${s3Url({ bucket, key })} is broken, or was broken on its way\n`)
  expect(readdirSync(join(site.folder, 'other')).toSorted()).toEqual(['boot_parameters', 'kernel', 'rootfs'])
  await site.store.put({ bucket, key }, Buffer.from('another initrd'), 'text/plain')
  const replaced = await site.ims('images', 'export', 'whole', '--dir', 'third')
  expect(replaced.stderr).toMatch(/initrd is not what the manifest says: its md5 sum is [0-9a-f]{32}, and [0-9a-f]{32} in the manifest\n/)
})

test.skipIf(withoutGateway)('with the S3 of these systems', async () => {
  const [site, gateway] = [await start(), await startGatewayStore()]
  try {
    const { accessKeyId, secretAccessKey, sessionToken } = await gateway.credentials.keys()
    Object.assign(site.env, { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey })
    if (sessionToken !== undefined) site.env.AWS_SESSION_TOKEN = sessionToken
    const there = ['--s3-endpoint', gateway.credentials.endpoint]
    const made = await site.ims(...importing('real'), ...there)
    expect(made).toMatchObject({ exit: 0, stdout: expect.stringMatching(/^[0-9a-f-]{36}\n$/) })
    expect(await site.ims(...importing('real'), ...there)).toMatchObject({ exit: 0, stdout: made.stdout })
    expect(
      site.steps.filter((step) => /rootfs|manifest/.test(step)),
      'of the S3 of the service',
    ).toEqual([])
    expect((await site.ims('images', 'export', 'real', '--dir', 'out', ...there)).exit).toBe(0)
    for (const [name, file] of Object.entries(fileOf)) {
      expect(readFileSync(join(site.folder, 'out', name)).equals(readFileSync(join(site.folder, file)))).toBe(true)
    }
    const copied = await site.ims('images', 'copy', 'real', 'copied', ...there)
    expect(copied).toMatchObject({ exit: 0, stdout: expect.stringMatching(/^[0-9a-f-]{36}\n$/) })
    const description = await site.ims('images', 'export', 'copied', '--dir', 'copy', '--format', 'json', ...there)
    expect(JSON.parse(description.stdout)).toHaveLength(4)
    expect(readFileSync(join(site.folder, 'copy/rootfs')).equals(readFileSync(join(site.folder, 'root')))).toBe(true)
  } finally {
    await gateway.close()
  }
})

const hasSquashfs = spawnSync('mksquashfs', ['-version']).error === undefined

// In CI it has to be there.
test.skipIf(!hasSquashfs && !process.env.CI)('a squashfs is an image without a warning', async () => {
  const site = await start()
  expect(spawnSync('mksquashfs', ['words', 'root', '-noappend', '-quiet'], { cwd: site.folder }).status).toBe(0)
  const made = await site.ims(...importing('squashed'))
  expect(made.stderr).not.toContain('squashfs')
  expect(made.stdout).toBe(`${await expectWhole(site, 'squashed')}\n`)
})
