import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { pack as beginTar, type Header } from 'tar-stream'
import { afterAll, describe, expect, test } from 'vitest'
import { archiveFile, readArchive, type ArchiveLimits } from '../../src/recipes/archive.ts'
import { recipeFolder } from '../../src/recipes/folder.ts'
import { digestRecipe } from '../../src/recipes/read-recipe.ts'
import type { RecipeSource } from '../../src/recipes/source.ts'
import { unpackRecipe } from '../../src/recipes/unpack.ts'
import { temporaryFolder } from '../support/sshd.ts'

const { path: root, remove } = temporaryFolder()
afterAll(remove)

let made = 0
const newPath = () => join(root, `p${++made}`)

/** A folder of files by their paths; text by path, or what a link leads to. */
function folderOf(files: Readonly<Record<string, string | { link: string }>>): string {
  const folder = newPath()
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    if (typeof content === 'string') writeFileSync(join(folder, path), content)
    else symlinkSync(content.link, join(folder, path))
  }
  return folder
}

const never = new AbortController().signal

async function packed(folder: string, exclude?: readonly string[]): Promise<Buffer> {
  const { md5, size, open } = await (await recipeFolder(folder, folder, exclude)).archive()
  const bytes = await buffer(open())
  expect({ md5: createHash('md5').update(bytes).digest('hex'), size: bytes.length }).toEqual({ md5, size })
  return bytes
}

const longName = `${'d'.repeat(120)}/${'f'.repeat(200)}`
const odd = {
  'config.xml': '<image/>',
  [longName]: 'long',
  'ü/日本 name\n\x1b[31m"\'': 'odd',
  'e mpty/x': '',
  l: { link: 'config.xml' },
  large: 'x'.repeat(300_000),
  'run.sh': '#!',
}

describe('the archive of a folder', () => {
  test('is the same for the same content, whoever has it and whenever it was changed', async () => {
    const [one, other] = [folderOf(odd), folderOf(Object.fromEntries(Object.entries(odd).toReversed()))]
    utimesSync(join(other, 'config.xml'), 1, 1)
    chmodSync(join(other, 'config.xml'), 0o600)
    chmodSync(join(other, 'ü'), 0o700)
    linkSync(join(other, 'e mpty/x'), join(root, 'linked'))
    expect((await packed(one)).equals(await packed(other))).toBe(true)
    chmodSync(join(other, 'run.sh'), 0o755)
    expect((await packed(one)).equals(await packed(other))).toBe(false)
  })

  test('is read by tar, which finds what was there', async () => {
    const folder = folderOf(odd)
    chmodSync(join(folder, 'run.sh'), 0o700)
    const bytes = await packed(folder)
    const out = newPath()
    mkdirSync(out)
    execFileSync('tar', ['-xzf', '-', '-C', out], { input: bytes })
    expect(await digestRecipe(await recipeFolder(out, out))).toEqual(await digestRecipe(await recipeFolder(folder, folder)))
    expect(readFileSync(join(out, longName), 'utf8')).toBe('long')
    expect(readlinkSync(join(out, 'l'))).toBe('config.xml')
    expect(
      execFileSync('tar', ['-tvzf', '-', 'run.sh', 'config.xml'], { input: bytes, encoding: 'utf8', env: { ...process.env, TZ: 'UTC' } }),
    ).toMatch(/^-rw-r--r-- 0\/0 +8 1980-01-01 00:00 config\.xml\n-rwxr-xr-x 0\/0 +2 1980-01-01 00:00 run\.sh\n$/)
  })

  const python = spawnSync('python3', ['--version']).status === 0
  test.skipIf(!python && !process.env.CI)("is read by Python's tarfile", async () => {
    const script = 'import json, sys, tarfile; print(json.dumps([m.name for m in tarfile.open(fileobj=sys.stdin.buffer, mode="r|gz")]))'
    const names = JSON.parse(execFileSync('python3', ['-c', script], { input: await packed(folderOf(odd)), encoding: 'utf8' }))
    expect(names).toEqual([
      'config.xml',
      'd'.repeat(120),
      longName,
      'e mpty',
      'e mpty/x',
      'l',
      'large',
      'run.sh',
      'ü',
      'ü/日本 name\n\x1b[31m"\'',
    ])
  })

  test('has not what is ignored or excluded', async () => {
    const folder = folderOf({
      '.git/config': '',
      '.gitignore': '*.log\n!keep.log\n/build/\n',
      '.imsignore': 'docs\n',
      'a.log': '',
      'keep.log': '',
      'A.LOG': '',
      'build/x': '',
      'sub/build/x': '',
      'sub/.gitignore': '!a.log\nb\n',
      'sub/a.log': '',
      'sub/b': '',
      b: '',
      'docs/x': '',
      'x.tmp': '',
    })
    const source = await recipeFolder(folder, folder, ['*.tmp'])
    expect([...(await digestRecipe(source)).keys()]).toEqual([
      '.gitignore',
      'A.LOG',
      'b',
      'keep.log',
      'sub/.gitignore',
      'sub/a.log',
      'sub/build/x',
    ])
    expect(['x.tmp', 'a.log', 'sub/b', 'b'].map((path) => source.leftOut!(path))).toEqual([
      '--exclude',
      'an ignore file in the recipe',
      'an ignore file in sub',
      undefined,
    ])
  })

  test('of many files opens only what is read', async () => {
    const folder = folderOf(Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`f${at}`, ''])))
    const before = readdirSync('/proc/self/fd').length
    let listed = 0
    for await (const [entry] of (await recipeFolder(folder, folder)).read()) listed += entry.kind === 'file' ? 1 : 0
    expect([listed, readdirSync('/proc/self/fd').length - before < 50]).toEqual([300, true])
  })

  test('fails where a file is gone once it is read', async () => {
    const folder = folderOf({ a: 'one', b: 'two' })
    const source = await recipeFolder(folder, folder)
    rmSync(join(folder, 'b'))
    await expect(source.archive()).rejects.toThrow(`${join(folder, 'b')} can't be read: no such file or directory`)
  })

  test.each([
    ['grows', 'one', 'longer'],
    ['shrinks', 'longer', 'one'],
    ['is large, and grows', 'x'.repeat(300_000), 'x'.repeat(300_001)],
    ['is large, and shrinks', 'x'.repeat(300_000), 'x'],
  ])('fails where a file %s while it is read', async (_, before, after) => {
    const folder = folderOf({ a: before })
    const source = await recipeFolder(folder, folder)
    writeFileSync(join(folder, 'a'), after)
    await expect(source.archive()).rejects.toThrow(`${join(folder, 'a')} changed while it was read`)
  })
})

type Member = Partial<Header> & { name: string; text?: string }

/** A gzipped tar archive. */
async function archiveOf(...members: readonly Member[]): Promise<Buffer> {
  const tar = beginTar()
  for (const { text, ...header } of members) tar.entry({ ...header }, text ?? '')
  tar.finalize()
  return gzipSync(await buffer(tar as unknown as Readable))
}

function fileOf(bytes: Buffer): string {
  const path = newPath()
  writeFileSync(path, bytes)
  return path
}

async function readAll(bytes: Buffer, limits?: ArchiveLimits): Promise<string[]> {
  const found: string[] = []
  for await (const [{ path, kind }, content] of readArchive(() => Readable.from([bytes]), 'it', limits)) {
    found.push(`${kind} ${path} ${kind === 'file' ? (await buffer(content)).length : ''}`.trim())
  }
  return found
}

describe('an archive that somebody made', () => {
  test.each(['gnu', 'pax', 'ustar', 'v7'])('by tar in format %s', async (format) => {
    const folder = folderOf(format === 'gnu' || format === 'pax' ? odd : { 'config.xml': '<image/>', 'a/b': 'x' })
    linkSync(join(folder, 'config.xml'), join(folder, 'z'))
    const path = newPath()
    execFileSync('tar', [`--format=${format}`, '-czf', path, '-C', folder, '.'])
    expect(await digestRecipe(archiveFile(path))).toEqual(await digestRecipe(await recipeFolder(folder, folder)))
  })

  const file = { name: 'a', text: 'x'.repeat(600) }
  test.each<[string, () => Promise<Buffer> | Buffer, ArchiveLimits | undefined, string]>([
    ['is none', () => Buffer.from('hello'), undefined, "it isn't gzipped, or is broken (incorrect header check)"],
    ['is empty', () => Buffer.alloc(0), undefined, 'it ends in the middle'],
    ['has something else in it', () => gzipSync(Buffer.alloc(2000, 'x')), undefined, 'Invalid tar header'],
    ['is cut off', async () => (await archiveOf(file)).subarray(0, 40), undefined, 'it ends in the middle'],
    ['has too many entries', () => archiveOf(file, { name: 'b' }), { entries: 1, bytes: 1000 }, 'it has more than 1 entries'],
    ['has too much in it', () => archiveOf(file, file), { entries: 9, bytes: 1000 }, 'unpacked it is larger than 1.0 KiB'],
    [
      'is a bomb behind its end',
      async () => gzipSync(Buffer.alloc(100_000)),
      { entries: 1, bytes: 1000 },
      'unpacked it is larger than 1.0 KiB',
    ],
  ])('is refused where it %s', async (_, bytes, limits, message) => {
    await expect(readAll(await bytes(), limits)).rejects.toThrow(message)
  })
})

describe('unpacking', () => {
  const source = (bytes: Buffer): RecipeSource => archiveFile(fileOf(bytes), 'it')

  test('gives what was packed', async () => {
    const folder = folderOf(odd)
    chmodSync(join(folder, 'run.sh'), 0o700)
    const out = newPath()
    await unpackRecipe(source(await packed(folder)), out, 'out', never)
    expect(await digestRecipe(await recipeFolder(out, out))).toEqual(await digestRecipe(await recipeFolder(folder, folder)))
  })

  test.each<[string, readonly Member[], string]>([
    ['an absolute path', [{ name: '/tmp/absolute', text: 'x' }], '/tmp/absolute leads outside the recipe'],
    ['a path upwards', [{ name: '../up', text: 'x' }], '../up leads outside the recipe'],
    [
      'a link, and a file below it',
      [
        { name: 'l', type: 'symlink', linkname: '/tmp' },
        { name: 'l/x', text: 'x' },
      ],
      'l is a link to /tmp',
    ],
    ...['root/./l', 'root//l', './/root/l/'].map((name): [string, Member[], string] => [
      `a link ${name} out of the recipe, and a link below it`,
      [
        { name, type: 'symlink', linkname: '/tmp' },
        { name: 'root/l/x', type: 'symlink', linkname: 'y' },
      ],
      'root/l/x is below root/l, which is a link',
    ]),
    ['a hard link to a file of the machine', [{ name: 'h', type: 'link', linkname: '/etc/passwd' }], 'h is a hard link to /etc/passwd'],
    ['a device', [{ name: 'd', type: 'block-device' }], 'd is a device'],
  ])('is refused for %s, and leaves nothing', async (_, members, problem) => {
    const out = newPath()
    const failure = await unpackRecipe(source(await archiveOf(...members)), out, 'out', never).catch((error: unknown) => error)
    expect(failure).toMatchObject({
      message: "it can't be unpacked safely",
      more: expect.arrayContaining([expect.stringContaining(problem)]),
    })
    expect([existsSync(out), existsSync(join(root, 'up')), readdirSync(root).filter((name) => name.startsWith('.'))]).toEqual([
      false,
      false,
      [],
    ])
  })

  test('drops set-id bits, keeps hard links, lets the last of one name win', async () => {
    const out = newPath()
    const members = [
      { name: 'a', text: 'old' },
      { name: 'a', text: 'new', mode: 0o6755 },
      { name: 'b', type: 'link', linkname: './a' },
    ] as const
    await unpackRecipe(source(await archiveOf(...members)), out, 'out', never)
    expect([readFileSync(join(out, 'b'), 'utf8'), statSync(join(out, 'a')).mode & 0o7777]).toEqual(['new', 0o755 & ~process.umask()])
    expect(statSync(join(out, 'a')).ino).toBe(statSync(join(out, 'b')).ino)
  })

  test('takes an empty folder, and no other', async () => {
    const bytes = await archiveOf({ name: 'a', text: 'x' })
    const [empty, used] = [newPath(), folderOf({ mine: 'x' })]
    mkdirSync(empty)
    await unpackRecipe(source(bytes), empty, 'empty', never)
    expect(readdirSync(empty)).toEqual(['a'])
    await expect(unpackRecipe(source(bytes), used, 'used', never)).rejects.toThrow("used isn't empty")
    expect(readdirSync(used)).toEqual(['mine'])
  })

  test('leaves nothing where it fails in the middle', async () => {
    const out = newPath()
    const members = [
      { name: 'a', text: 'x' },
      { name: 'a/b', text: 'y' },
    ]
    await expect(unpackRecipe(source(await archiveOf(...members)), out, 'out', never)).rejects.toThrow("out/a/b can't be written")
    expect([existsSync(out), readdirSync(root).filter((name) => name.startsWith('.'))]).toEqual([false, []])
  })
})
