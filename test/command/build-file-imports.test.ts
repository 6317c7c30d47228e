import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { artifactLocation } from '../../src/s3/artifacts.ts'
import { s3Url } from '../../src/s3/location.ts'
import { atImageSite, type ImageSite } from '../support/image-site.ts'

const file = `images:
  - name: child
    base: whole
    run: 'true'
  - name: whole
    import: tree
    metadata: {note: from a folder}
  - name: parts
    import:
      rootfs: tree/rootfs
      boot_parameters: words
    arch: aarch64
`

function writeFiles({ folder }: ImageSite): void {
  mkdirSync(join(folder, 'tree'))
  writeFileSync(join(folder, 'tree/rootfs'), 'hsqs and more')
  writeFileSync(join(folder, 'tree/vmlinuz-6.4'), 'a kernel')
  writeFileSync(join(folder, 'words'), 'quiet')
}

const ofImages = ({ asked }: ImageSite, method: string) => asked.filter((one) => one.method === method && one.path.startsWith('/images'))

test('images are imported, and others made from them; killed and begun again, nothing is there twice', () =>
  atImageSite({}, async (site) => {
    writeFiles(site)
    site.write('i.yaml', file)
    const planned = await site.build('i.yaml', '--dry-run')
    expect(planned).toMatchObject({ exit: 0, stderr: '' })
    const lines = planned.stdout.trimEnd().split('\n')
    expect(lines.map((line) => line.replace(/ {2}\d.*| \{.*/, ''))).toEqual([
      '# whole',
      'POST /apis/ims/v3/images',
      ...['rootfs', 'kernel', 'manifest.json'].map((name) => `PUT s3://boot-images/NEW_IMAGE_ID/${name}`),
      'PATCH /apis/ims/v3/images/NEW_IMAGE_ID',
      '# child',
      'POST /apis/ims/v3/public-keys',
      'POST /apis/ims/v3/jobs',
      'DELETE /apis/ims/v3/jobs/NEW_JOB_ID',
      '# parts',
      'POST /apis/ims/v3/images',
      ...['rootfs', 'boot_parameters', 'manifest.json'].map((name) => `PUT s3://boot-images/NEW_IMAGE_ID/${name}`),
      'PATCH /apis/ims/v3/images/NEW_IMAGE_ID',
    ])
    expect(planned.stdout).toContain('"artifact_id":"IMAGE_ID_OF_whole"')
    expect(site.writes()).toEqual([])

    const killed = site.start('i.yaml', '--parallel', '1')
    let times = 0
    site.between = {
      async before({ method, path }) {
        if (method !== 'PATCH' || !path.startsWith('/images/') || times++ > 0) return
        killed.kill('SIGKILL')
        await killed.ended
        throw new Error('gone')
      },
    }
    expect((await killed.ended).exit).toBe('SIGKILL')
    site.between = {}
    const { exit, stdout, stderr } = await site.build('i.yaml', '--format', 'json')
    const images = site.images()
    expect(exit, stderr).toBe(0)
    expect(JSON.parse(stdout)).toEqual(['child', 'whole', 'parts'].map((name) => ({ name, image_id: images[name]![0], result: 'made' })))
    expect(Object.values(images).map((found) => found.length)).toEqual([1, 1, 1])
    expect(stderr).toContain(`whole: Resuming image ${images.whole![0]}: it has no link yet\n`)
    expect(stderr).toMatch(new RegExp(`\n✔ whole: ${images.whole![0]} {2}linked\n`))
    expect(ofImages(site, 'POST')).toHaveLength(2)
    expect(site.created.map((job) => job.artifact_id)).toEqual([images.whole![0]])
    const whole = site.mock.state.images.get(images.whole![0]!)!
    expect(whole).toMatchObject({
      metadata: { note: 'from a folder' },
      arch: 'x86_64',
      link: { path: s3Url(artifactLocation(whole.id, 'manifest.json')) },
    })
    expect(site.mock.state.images.get(images.parts![0]!)).toMatchObject({ arch: 'aarch64' })

    const writes = () => site.writes().filter((one) => one !== 'PUT /apis/sts/token')
    const before = writes().length
    const again = await site.build('i.yaml', '--format', 'json')
    expect(JSON.parse(again.stdout).map(({ result, image_id: id }: any) => [result, id])).toEqual(
      ['child', 'whole', 'parts'].map((name) => ['kept', images[name]![0]]),
    )
    expect(writes()).toHaveLength(before)

    writeFileSync(join(site.folder, 'words'), 'other')
    const changed = await site.build('i.yaml')
    expect(changed).toMatchObject({ exit: 2, stdout: '' })
    expect(changed.stderr).toContain('i.yaml:8: the image name parts is taken, by a different image\n')
  }))

test('what can not be imported is said with its line, before anything is asked', () =>
  atImageSite({}, async (site) => {
    writeFiles(site)
    site.write(
      'bad.yaml',
      'images:\n  - {name: a, import: nowhere}\n  - name: b\n    import: {rootfs: tree/none, kernel: words}\n  - {name: c, import: tree}\n',
    )
    const refused = await site.build('bad.yaml', '--if-exists', 'replace')
    expect(refused).toMatchObject({ exit: 2, stdout: '' })
    expect(refused.stderr).toMatch(/^Error: bad\.yaml: 5 mistakes; nothing was sent\n/)
    expect(refused.stderr).toMatch(/\n {2}bad\.yaml:2: .*nowhere can't be read: no such file/)
    expect(refused.stderr).toMatch(/\n {2}bad\.yaml:4: .*tree\/none can't be read: no such file/)
    expect(refused.stderr).toContain('bad.yaml:5: c is imported, and --if-exists replace is for builds: give it an if-exists of its own\n')
    expect(site.asked).toEqual([])
  }))
