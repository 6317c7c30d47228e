import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CliError } from '../../src/errors.ts'
import { checkFiles, kernelArch, type SummedFile } from '../../src/images/check-files.ts'
import { compareImages, type ComparedImage } from '../../src/images/compare-images.ts'
import { exportNames, readExport, writeExport } from '../../src/images/export-manifest.ts'
import { filesIn, filesNamed } from '../../src/images/image-files.ts'
import {
  createRequest,
  metadataRequests,
  planImport,
  plannedImport,
  type ImportOrder,
  type NamedImage,
} from '../../src/images/import-plan.ts'
import { metadataOf, parseMetadata } from '../../src/images/metadata.ts'
import type { Image } from '../../src/ims/records.ts'
import { writeJson } from '../../src/json/write.ts'
import { artifactTypes, type ArtifactName } from '../../src/s3/artifacts.ts'

const sum = (letter: string) => letter.repeat(32)
const failure = (work: () => unknown): CliError => {
  try {
    work()
  } catch (error) {
    if (error instanceof CliError) return error
  }
  return expect.unreachable('it takes what it should refuse')
}

describe('what an import comes to', () => {
  const file = (name: ArtifactName, md5: string) => ({ name, type: artifactTypes[name], md5, size: 2048 }) as SummedFile
  const files = [file('rootfs', sum('a')), file('kernel', sum('b'))]
  const order: ImportOrder = { name: 'compute', arch: 'x86_64', metadata: {}, files, ifExists: 'fail' }
  const content = (...sums: [ArtifactName, string | undefined][]) => sums.map(([name, md5]) => ({ type: artifactTypes[name], md5 }))
  const whole = content(['rootfs', sum('a')], ['kernel', sum('b')])
  const record = (id: string, more: Partial<Image> = {}) =>
    ({ id, name: 'compute', arch: 'x86_64', created: '2026-01-01T00:00:00', link: null, metadata: {}, ...more }) as Image
  const linked = (id: string, more: Partial<Image> = {}) => record(id, { link: { path: 's3://b/k', type: 's3' }, ...more })

  const cases: [string, NamedImage[], Partial<ImportOrder>, string][] = [
    ['there is none', [], {}, 'create'],
    ['the same', [{ image: linked('1'), content: whole }], {}, 'nothing 1 same'],
    ['the same in another order', [{ image: linked('1'), content: whole.toReversed() }], {}, 'nothing 1 same'],
    [
      'of several the newest',
      [
        { image: linked('1'), content: whole },
        { image: linked('2', { created: '2026-02-01T00:00:00' }), content: whole },
      ],
      {},
      'nothing 2 same',
    ],
    ['another arch', [{ image: linked('1', { arch: 'aarch64' }), content: whole }], {}, 'taken'],
    ['another arch, skipped', [{ image: linked('1', { arch: 'aarch64' }), content: whole }], { ifExists: 'skip' }, 'nothing 1 skipped'],
    ['another kernel', [{ image: linked('1'), content: content(['rootfs', sum('a')], ['kernel', sum('c')]) }], {}, 'taken'],
    ['one artifact less', [{ image: linked('1'), content: whole.slice(1) }], {}, 'taken'],
    ['one artifact more', [{ image: linked('1'), content: [...whole, ...content(['initrd', sum('d')])] }], {}, 'taken'],
    ['one artifact twice', [{ image: linked('1'), content: [whole[0]!, whole[0]!] }], {}, 'taken'],
    ['an object that is gone', [{ image: linked('1'), content: content(['rootfs', sum('a')], ['kernel', undefined]) }], {}, 'taken'],
    ['a manifest that is gone', [{ image: linked('1'), content: undefined }], {}, 'taken'],
    ['unfinished, nothing uploaded', [{ image: record('1'), content: [] }], {}, 'resume 1'],
    ['unfinished, half uploaded', [{ image: record('1'), content: whole.slice(1) }], {}, 'resume 1'],
    ['unfinished, of another arch', [{ image: record('1', { arch: 'aarch64' }), content: [] }], {}, 'never completed'],
    ['unfinished, of another content', [{ image: record('1'), content: content(['kernel', sum('c')]) }], {}, 'never completed'],
    ['unfinished, of unknown content', [{ image: record('1'), content: content(['kernel', undefined]) }], {}, 'never completed'],
    ['unfinished and different, skipped', [{ image: record('1'), content: content(['kernel', sum('c')]) }], { ifExists: 'skip' }, 'never'],
    [
      'unfinished beside a different one',
      [
        { image: record('1'), content: [] },
        { image: linked('2'), content: [] },
      ],
      {},
      'taken',
    ],
  ]
  test.each(cases)('%s', (_, named, more, expected) => {
    let outcome: string
    try {
      const plan = planImport({ ...order, ...more }, named)
      outcome = [plan.do, 'image' in plan && plan.image.id, 'why' in plan && plan.why].filter(Boolean).join(' ')
    } catch (error) {
      outcome = (error as CliError).message
    }
    expect(outcome).toContain(expected)
  })

  test('metadata go with the first request, but for those beside one that is called key', () => {
    const body = (metadata: Record<string, string>) => writeJson(createRequest({ ...order, metadata }).body)
    expect(body({})).toBe('{"name":"compute","arch":"x86_64"}')
    expect(body({ a: '1', b: '2' })).toBe('{"name":"compute","arch":"x86_64","metadata":{"a":"1","b":"2"}}')
    expect(body({ a: '1', key: '2' })).toBe('{"name":"compute","arch":"x86_64","metadata":{"key":"key","value":"2"}}')
    const later = metadataRequests('1', { a: '1', b: '2', __proto__x: '' }, { a: '1', b: 'other' }).map(({ body: sent }) =>
      writeJson(sent!),
    )
    expect(later).toEqual([
      '{"metadata":{"operation":"set","key":"b","value":"2"}}',
      '{"metadata":{"operation":"set","key":"__proto__x","value":""}}',
    ])
  })

  test('all that would be sent is said', () => {
    const own = { ...order, metadata: { key: 'x', a: 'b' } }
    expect(plannedImport(own, { do: 'create' })).toEqual([
      'POST /apis/ims/v3/images {"name":"compute","arch":"x86_64","metadata":{"key":"key","value":"x"}}',
      `PUT s3://boot-images/NEW_IMAGE_ID/rootfs  2.0 KiB, md5 ${sum('a')}`,
      `PUT s3://boot-images/NEW_IMAGE_ID/kernel  2.0 KiB, md5 ${sum('b')}`,
      'PUT s3://boot-images/NEW_IMAGE_ID/manifest.json',
      'PATCH /apis/ims/v3/images/NEW_IMAGE_ID {"metadata":{"operation":"set","key":"a","value":"b"}}',
      'PATCH /apis/ims/v3/images/NEW_IMAGE_ID {"link":{"path":"s3://boot-images/NEW_IMAGE_ID/manifest.json","etag":"ETAG","type":"s3"}}',
    ])
    const resumed = plannedImport(order, { do: 'resume', image: record('1') }, whole.slice(0, 1))
    expect(resumed.map((line) => line.replace(/ {.*| {2}.*/, ''))).toEqual([
      'PUT s3://boot-images/1/kernel',
      'PUT s3://boot-images/1/manifest.json',
      'PATCH /apis/ims/v3/images/1',
    ])
    const from = { location: { bucket: 'boot-images', key: '2/rootfs' }, etag: 'x', md5: sum('a') }
    const [, copied] = plannedImport(
      { ...order, files: [{ name: 'rootfs', type: 't', size: 2048, md5: sum('a'), from }] },
      { do: 'create' },
    )
    expect(copied).toBe(`PUT s3://boot-images/NEW_IMAGE_ID/rootfs  copy of s3://boot-images/2/rootfs, 2.0 KiB, md5 ${sum('a')}`)
  })
})

describe('notes', () => {
  test('are pairs', () => {
    expect(parseMetadata('--metadata', ['a=b', 'c==d', 'e='])).toEqual({ a: 'b', c: '=d', e: '' })
    for (const [words, why] of [
      [['a'], 'a is not KEY=VALUE'],
      [['=b'], '=b is not KEY=VALUE'],
      [[''], 'an empty text is not KEY=VALUE'],
      [['a=1', 'a=2'], 'a has two values'],
    ] as const)
      expect(failure(() => parseMetadata('--metadata', words)).message).toContain(why)
  })

  test('of an older service are none', () => {
    expect(metadataOf({ metadata: undefined as never })).toEqual({})
    expect(metadataOf({ metadata: { a: 'b', c: 1 as never } })).toEqual({ a: 'b' })
  })
})

describe('files of a folder', () => {
  let top: string
  beforeAll(() => {
    top = mkdtempSync(join(tmpdir(), 'image-files-'))
    writeFileSync(join(top, 'secret'), 'secret')
  })
  afterAll(() => rmSync(top, { recursive: true, force: true }))
  const folder = (files: Record<string, string>, links: Record<string, string> = {}) => {
    const path = mkdtempSync(join(top, 'f-'))
    for (const [name, text] of Object.entries(files)) {
      if (name.includes('/')) mkdirSync(join(path, name.split('/')[0]!), { recursive: true })
      writeFileSync(join(path, name), text)
    }
    for (const [name, target] of Object.entries(links)) symlinkSync(target, join(path, name))
    return path
  }
  const found = (path: string) => filesIn(path, []).files.map((file) => `${file.name} ${basename(file.path)}`)

  test.each([
    [
      ['rootfs', 'kernel', 'initrd', 'boot_parameters', 'manifest.json'],
      ['rootfs rootfs', 'kernel kernel', 'initrd initrd', 'boot_parameters boot_parameters'],
    ],
    [
      ['compute.squashfs', 'vmlinuz-5.14', 'initrd-5.14', 'kernel-parameters'],
      ['rootfs compute.squashfs', 'kernel vmlinuz-5.14', 'initrd initrd-5.14', 'boot_parameters kernel-parameters'],
    ],
    [
      ['rootfs', 'Image', 'initramfs-cray.img'],
      ['rootfs rootfs', 'kernel Image', 'initrd initramfs-cray.img'],
    ],
    [
      ['x y.squashfs', '5.14-default.kernel', 'initrd.img-6.2.xz'],
      ['rootfs x y.squashfs', 'kernel 5.14-default.kernel', 'initrd initrd.img-6.2.xz'],
    ],
    [['rootfs'], ['rootfs rootfs']],
  ])('%j', (names, expected) => {
    expect(found(folder(Object.fromEntries(names.map((name) => [name, name]))))).toEqual(expected)
  })

  test('a link beside what it leads to is one file, and one that leads out is refused', () => {
    expect(found(folder({ rootfs: 'r', 'vmlinuz-5': 'k' }, { vmlinuz: 'vmlinuz-5' }))).toEqual(['rootfs rootfs', 'kernel vmlinuz-5'])
    expect(failure(() => found(folder({ rootfs: 'r' }, { kernel: '../secret' }))).message).toContain('link to a file outside of the folder')
    expect(failure(() => found(folder({ rootfs: 'r' }, { kernel: 'nowhere' }))).message).toContain('is not there')
  })

  test('what is ambiguous is refused with all candidates, and what is missing', () => {
    const { message, more } = failure(() => found(folder({ rootfs: 'r', 'a.squashfs': 's', kernel: 'k', Image: 'i' })))
    expect(message).toBe("2 files of the image can't be used")
    expect(more.join('\n')).toMatch(/the rootfs: a\.squashfs, rootfs\n.*the kernel: Image, kernel/)
    expect(failure(() => found(folder({ kernel: 'k' }))).message).toContain('has no rootfs')
    expect(failure(() => found(join(top, 'nowhere'))).message).toContain("can't be read: no such file")
    // What is named needn't be unambiguous.
    const named = filesNamed({ kernel: join(top, 'secret') })
    const path = folder({ rootfs: 'r', kernel: 'k', Image: 'i' })
    expect(filesIn(path, named).files.map(({ name }) => name)).toEqual(['rootfs', 'kernel'])
  })

  const type = artifactTypes.rootfs
  const artifact = { type, file: 'rootfs', md5: sum('a'), size: 1 }
  const described = (artifacts: unknown, more = {}) =>
    JSON.stringify({ version: '1.0', name: 'n', arch: 'x86_64', metadata: {}, artifacts, ...more })

  test.each([
    ['no JSON', '{', "it isn't JSON"],
    ['no object', '[]', 'it is not an object'],
    ['another version', '{"version":"2.0"}', 'its version is "2.0"'],
    ['no name', described([], { name: 1 }), 'no name or no arch'],
    ['odd metadata', described([], { metadata: { a: 1 } }), 'its metadata are not text'],
    ['no artifacts', described('x'), 'no list of artifacts'],
    ['no rootfs', described([]), 'has no rootfs'],
    ['no type', described([{ ...artifact, type: 1 }]), 'artifact 1 has no type'],
    ['no md5', described([{ ...artifact, md5: 'x' }]), 'has no md5 sum'],
    ['no size', described([{ ...artifact, size: -1 }]), 'has no size'],
    ['a file twice', described([artifact, artifact]), 'names rootfs twice'],
    ...['../secret', '/etc/passwd', 'a/b', '..', '.', '', '.ssh', 'a\0b', 'a\nb', 'image.json', 'manifest.json', 1, null].map(
      (file): [string, string, string] => [
        `the file ${JSON.stringify(file)}`,
        described([{ ...artifact, file }]),
        'not a name in this folder',
      ],
    ),
  ])('a description with %s is refused', (_, text, why) => {
    const path = folder({ 'image.json': text, rootfs: 'r', 'a/b': '' })
    expect(failure(() => filesIn(path, [])).message).toContain(why)
  })

  test('a description whose files lead out of the folder, or are others, is refused', () => {
    expect(failure(() => filesIn(folder({ 'image.json': described([artifact]) }, { rootfs: '../secret' }), [])).message).toContain(
      'outside',
    )
    const { files } = filesIn(folder({ 'image.json': described([artifact]), rootfs: 'other' }), [])
    expect(failure(() => checkFiles(files, 'x86_64', () => {})).message).toContain('is not what was exported: it has 5 bytes, and had 1')
  })

  test('artifacts of one type, and of unknown types, keep their places', () => {
    const image = {
      name: 'n',
      arch: 'aarch64',
      metadata: { a: 'ü' },
      artifacts: [{ ...artifact, file: 'rootfs-2' }, artifact, { ...artifact, type: 'text/x', file: 'x.txt' }],
    }
    expect(readExport(writeExport(image), 'it')).toEqual(image)
    const { files } = filesIn(folder({ 'image.json': writeExport(image), rootfs: 'r', 'rootfs-2': 's', 'x.txt': 'x' }), [])
    expect(files.map(({ name }) => name)).toEqual(['rootfs-2', 'rootfs', 'x.txt'])
  })

  test('files are looked at all at once', () => {
    const path = folder({ rootfs: 'r', kernel: '', 'dir/x': '' })
    const paths = {
      rootfs: join(path, 'rootfs'),
      kernel: join(path, 'kernel'),
      initrd: join(path, 'dir'),
      boot_parameters: join(path, 'none'),
    }
    const warned: string[] = []
    const { message, more } = failure(() => checkFiles(filesNamed(paths), 'x86_64', (line) => warned.push(line)))
    expect(message).toBe("3 files of the image can't be used")
    expect(more.join('\n')).toMatch(/kernel is empty.*\n.*dir can't be read: .*\n.*none can't be read: no such file/)
    expect(warned).toEqual([expect.stringContaining('rootfs is not a squashfs')])
  })

  test('a kernel for another arch is refused', () => {
    const arm = Buffer.alloc(1024)
    arm.write('ARMd', 0x38, 'latin1')
    const x86 = Buffer.alloc(1024)
    x86.write('HdrS', 0x202, 'latin1')
    expect([arm, x86, Buffer.alloc(1024), Buffer.alloc(0)].map(kernelArch)).toEqual(['aarch64', 'x86_64', undefined, undefined])
    const path = folder({ rootfs: 'hsqs' })
    writeFileSync(join(path, 'kernel'), arm)
    const { files } = filesIn(path, [])
    expect(failure(() => checkFiles(files, 'x86_64', () => {})).message).toContain('is a kernel for aarch64, and the image is for x86_64')
    expect(checkFiles(files, 'aarch64', () => {})).toHaveLength(2)
  })
})

test('artifacts are exported by their usual names, and no name leaves the folder', () => {
  const artifact = (type: string, path: string) => ({ type, md5: undefined, link: { path, type: 's3' } })
  expect(
    exportNames([
      artifact(artifactTypes.rootfs, 's3://b/odd name'),
      artifact(artifactTypes.kernel, 's3://b/k'),
      artifact(artifactTypes.kernel, 's3://b/k'),
      artifact('text/x', 's3://b/deep/notes.txt'),
      artifact('text/x', 's3://b/..'),
      artifact('text/x', 's3://b/image.json'),
      artifact('text/x', 's3://b/'),
      artifact('text/x', 's3://b/initrd'),
      artifact(artifactTypes.initrd, 's3://b/initrd'),
    ]),
  ).toEqual(['rootfs', 'kernel', 'kernel-2', 'notes.txt', 'artifact', 'artifact-2', 'artifact-3', 'initrd', 'initrd-2'])
})

describe('two images', () => {
  const image = (more: Partial<ComparedImage> = {}): ComparedImage => ({
    fields: { name: 'a', arch: 'x86_64' },
    artifacts: [{ type: 'kernel', md5: sum('a'), size: 1 }],
    parameters: ['console=tty0', 'quiet'],
    ...more,
  })
  const none = { fields: [], artifacts: [], parameters: { removed: [], added: [], reordered: false } }

  test('are the same', () => expect(compareImages(image(), image())).toEqual({ same: true, ...none }))

  test.each([
    ['a field', { fields: { name: 'a', arch: 'aarch64' } }, { fields: [{ field: 'arch', a: 'x86_64', b: 'aarch64' }] }],
    ['a field less', { fields: { name: 'a' } }, { fields: [{ field: 'arch', a: 'x86_64', b: null }] }],
    [
      'an artifact',
      { artifacts: [{ type: 'kernel', md5: sum('b'), size: 2 }] },
      { artifacts: [{ type: 'kernel', a: { md5: sum('a'), size: 1 }, b: { md5: sum('b'), size: 2 } }] },
    ],
    ['an artifact less', { artifacts: [] }, { artifacts: [{ type: 'kernel', a: { md5: sum('a'), size: 1 }, b: null }] }],
    [
      'words',
      { parameters: ['console=tty1', 'quiet', 'quiet'] },
      { parameters: { removed: ['console=tty0'], added: ['console=tty1', 'quiet'], reordered: false } },
    ],
    ['their order', { parameters: ['quiet', 'console=tty0'] }, { parameters: { removed: [], added: [], reordered: true } }],
  ])('differ in %s', (_, more, expected) => {
    expect(compareImages(image(), image(more))).toEqual({ same: false, ...none, ...expected })
  })
})
