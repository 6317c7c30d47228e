import { lstatSync, mkdirSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { pack, type Header } from 'tar-stream'
import { afterAll, expect, test } from 'vitest'
import { readArchive } from '../../src/recipes/archive.ts'
import { unpackRecipe } from '../../src/recipes/unpack.ts'
import { acceptable } from '../support/acceptable.ts'
import type { RandomInput } from '../support/random-input.ts'
import { testRandomly } from '../support/random-test.ts'
import { temporaryFolder } from '../support/sshd.ts'

const { path: folder, remove } = temporaryFolder()
afterAll(remove)

// The folder that is unpacked into has neighbours that links may lead to.
const place = join(folder, 'place/of/recipes')
const victim = join(folder, 'victim')
const out = join(place, 'out')
const never = new AbortController().signal
const limits = { entries: 200, bytes: 2 ** 20 }

/** All that is in a folder but in the one that is unpacked, with what links lead to. */
function contentsOf(of: string): string[] {
  return readdirSync(of).flatMap((name) => {
    const path = join(of, name)
    if (path === out) return []
    const stats = lstatSync(path)
    if (stats.isDirectory()) return [path, ...contentsOf(path)]
    return [`${path} ${stats.isSymbolicLink() ? readlinkSync(path) : stats.size}`]
  })
}

/** Paths inside, which are the same ones, and below each other. */
const inside = [
  ...['a', 'a/', 'a/b', 'a//b', 'a/./b', 'd/l', 'd/./l', 'd//l', 'd/l/x', 'd/l/y/z'],
  ...['root/l', 'root/./l', 'root//l', 'root/l/x', 'root/l//y', 'root/l/d/x', 'p/q', 'p/./q', 'p/q/x'],
]
const insideTargets = ['a', '.', '..', 'q/..', '../p/q/../victim', '../p/q/..']

const outside = [
  ...['../up', 'a/../../up', '/abs', `${victim}/x`, '', '.', '..', '/', 'a\0b', 'n'.repeat(300), 'd/'.repeat(90), 'é/日', '\x1b[2J'],
  ...['a\\..\\b', '.out.unpacking', './.', './/a', 'root', 'd'],
]
const outsideTargets = ['../..', 'p/q/../victim', victim, '/', '/tmp', 'a\0b', 'x'.repeat(5000), '']

/** An archive of members that an honest one wouldn't have. */
async function hostileArchive({ below, pick }: RandomInput): Promise<Buffer> {
  const isSly = below(4) > 0
  const [names, targets] = isSly
    ? [inside, insideTargets]
    : [
        [...inside, ...outside],
        [...insideTargets, ...outsideTargets],
      ]
  const kinds = isSly ? (['symlink', 'symlink', 'file'] as const) : (['file', 'directory', 'symlink', 'link', 'fifo'] as const)
  const tar = pack()
  for (let left = 2 + below(3); left > 0; left--) {
    const [name, type] = [pick(names), pick(kinds)]
    const linkname = type === 'link' ? pick(names) : type !== 'symlink' ? undefined : name.startsWith('root/') ? victim : pick(targets)
    const pax = isSly ? undefined : pick([undefined, { size: pick(['5', '-1', '1e9', '99999999999']) }, { path: pick(names) }])
    tar.entry({ name, type, mode: pick([0o644, 0o7777, 0]), linkname, pax } as Header, type === 'file' ? 'x'.repeat(below(2000)) : '')
  }
  tar.finalize()
  return buffer(tar as unknown as Readable)
}

async function soundArchive(): Promise<Buffer> {
  const tar = pack()
  tar.entry({ name: './config.xml' }, '<image/>')
  tar.entry({ name: `${'d'.repeat(120)}/${'f'.repeat(120)}` }, 'long')
  tar.entry({ name: 'ü', type: 'symlink', linkname: 'config.xml' })
  tar.entry({ name: 'h', type: 'link', linkname: './config.xml' })
  tar.entry({ name: 'big' }, 'x'.repeat(70_000))
  tar.finalize()
  return buffer(tar as unknown as Readable)
}

/** Unpacks an archive; nothing but its own folder may have changed then. */
async function unpack(bytes: Buffer, pieces: readonly Buffer[] = [bytes]): Promise<void> {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(place, { recursive: true })
  mkdirSync(victim)
  writeFileSync(join(victim, 'file'), 'mine')
  const before = contentsOf(folder)
  let given = 0
  async function* read() {
    for await (const [entry, content] of readArchive(() => Readable.from(pieces), 'it', limits)) yield [entry, counted(content)] as const
  }
  async function* counted(content: AsyncIterable<Buffer>) {
    for await (const chunk of content) {
      given += chunk.length
      yield chunk
    }
  }
  await acceptable(bytes.toString('base64'), () => unpackRecipe({ shown: 'it', read }, out, 'out', never))
  expect(contentsOf(folder), bytes.toString('base64')).toEqual(before)
  expect(given).toBeLessThanOrEqual(limits.bytes)
}

test('an archive, as it should be, is unpacked', async () => {
  await unpack(gzipSync(await soundArchive()))
  expect(readdirSync(out)).toContain('config.xml')
})

testRandomly('an archive of hostile members is unpacked in its folder, or not at all', { all: 4000, nth: 16 }, async (random) =>
  unpack(gzipSync(await hostileArchive(random), { level: 1 })),
)

testRandomly('an archive that is spoiled inside is unpacked in its folder, or not at all', { all: 2000, nth: 16 }, async (random) => {
  const sound = random.below(2) === 0 ? await soundArchive() : await hostileArchive(random)
  await unpack(gzipSync(random.spoiledBytes(sound), { level: 1 }))
})

testRandomly('an archive that is spoiled is unpacked in its folder, or not at all', { all: 2000, nth: 16 }, async (random) => {
  const spoiled = random.spoiledBytes(gzipSync(await soundArchive()))
  await unpack(spoiled, random.pieces(spoiled))
})
