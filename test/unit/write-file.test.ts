import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { CliError } from '../../src/errors.ts'
import { isDraft, openDraft } from '../../src/files/draft.ts'
import { replaceFile } from '../../src/files/write-file.ts'
import { describeAsRoot, describeWithMounts, makeDisk, stranger, type Disk } from '../support/mounts.ts'

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'write-file-'))
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

function failureOf(act: () => unknown): CliError {
  try {
    act()
  } catch (error) {
    return error as CliError
  }
  throw new Error('it did not fail')
}

const text = (path: string) => readFileSync(path, 'utf8')

describe('a replaced file', () => {
  test('is 0600 in folders of 0700, and leaves nothing beside it', () => {
    const file = join(home, 'a/b/file')
    replaceFile(file, 'x')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(statSync(dirname(file)).mode & 0o777).toBe(0o700)
    expect(readdirSync(dirname(file))).toEqual(['file'])
  })
  test.each([
    [0o644, 0o600],
    [0o400, 0o400],
    [0o600, 0o600],
  ])('of mode %o gets %o', (old, mode) => {
    const file = join(home, 'file')
    writeFileSync(file, 'old')
    chmodSync(file, old)
    replaceFile(file, 'new')
    expect(statSync(file).mode & 0o777).toBe(mode)
  })
  test('leaves what else leads to the old one as it was', () => {
    const file = join(home, 'file')
    writeFileSync(file, 'old')
    linkSync(file, join(home, 'other'))
    replaceFile(file, 'new')
    expect([text(file), text(join(home, 'other'))]).toEqual(['new', 'old'])
  })
  test('is whole, however large', () => {
    const file = join(home, 'file')
    const content = Buffer.alloc(5_000_000, 'abc')
    replaceFile(file, content)
    expect(readFileSync(file).equals(content)).toBe(true)
  })
  test('its next version is hidden, and its name is not to be guessed', () => {
    const drafts = [1, 2].map(() => openDraft(join(home, 'file')))
    const names = readdirSync(home)
    for (const draft of drafts) draft.discard()
    expect(names).toEqual(Array.from({ length: 2 }, () => expect.stringMatching(/^\.file\.[\da-f]{16}\.tmp$/)))
    expect(names.every(isDraft)).toBe(true)
    expect(readdirSync(home)).toEqual([])
  })
})

describe('what is in the way is left alone', () => {
  test.each<[string, string, (path: string) => void]>([
    ['a folder', 'it is a folder, not a file', (path) => mkdirSync(path)],
    ['a named pipe', 'it is a named pipe, not a file', (path) => void execFileSync('mkfifo', [path])],
  ])('%s', (_, why, put) => {
    const file = join(home, 'file')
    put(file)
    const before = lstatSync(file).ino
    expect(failureOf(() => replaceFile(file, 'x'))).toMatchObject({
      message: `${file} can't be written: ${why}`,
      exit: 2,
      next: `namei -l ${file}`,
    })
    expect(lstatSync(file).ino).toBe(before)
    expect(readdirSync(home)).toEqual(['file'])
  })
  test('a file where a folder should be', () => {
    writeFileSync(join(home, 'file'), 'x')
    expect(failureOf(() => replaceFile(join(home, 'file/a/b'), 'x')).message).toBe(
      `${join(home, 'file/a/b')} can't be written: not a directory`,
    )
  })
})

describe('a symbolic link', () => {
  test('is followed where nobody else could have made it', () => {
    mkdirSync(join(home, 'real'))
    symlinkSync('real/target', join(home, 'link'))
    replaceFile(join(home, 'link'), 'x')
    expect(lstatSync(join(home, 'link')).isSymbolicLink()).toBe(true)
    expect(text(join(home, 'real/target'))).toBe('x')
  })
  test('also one of a folder, one after the other, up and down', () => {
    mkdirSync(join(home, 'a/b'), { recursive: true })
    symlinkSync(join(home, 'a'), join(home, 'absolute'))
    symlinkSync('absolute/b/../b', join(home, 'relative'))
    replaceFile(join(home, 'relative/new/file'), 'x')
    expect(text(join(home, 'a/b/new/file'))).toBe('x')
  })
  test('that leads round in circles', () => {
    symlinkSync('two', join(home, 'one'))
    symlinkSync('one', join(home, 'two'))
    expect(failureOf(() => replaceFile(join(home, 'one'), 'x')).message).toBe(
      `${join(home, 'one')} can't be written: too many symbolic links`,
    )
  })
  test.each([
    ['that all can write', 0o777],
    ['that all can write, sticky as /tmp', 0o1777],
    ['that its group can write', 0o770],
  ])('in a folder %s is refused, and named', (_, mode) => {
    const shared = join(home, 'shared')
    const victim = join(home, 'victim')
    mkdirSync(shared)
    writeFileSync(victim, 'precious')
    symlinkSync(victim, join(shared, 'file'))
    chmodSync(shared, mode)
    const failure = failureOf(() => replaceFile(join(shared, 'file'), 'x'))
    expect(failure).toMatchObject({
      message: `${join(shared, 'file')} can't be written: it is a symbolic link in a folder that others can write`,
      exit: 2,
    })
    expect(text(victim)).toBe('precious')
    expect(readdirSync(shared)).toEqual(['file'])
  })
  test.each<[string, (shared: string, inner: string) => string]>([
    ['of a folder there', (shared, inner) => (symlinkSync(inner, join(shared, 'link')), join(shared, 'link/file'))],
    [
      'that a good one leads to',
      (shared, inner) => {
        symlinkSync(join(inner, 'victim'), join(shared, 'link'))
        symlinkSync(join(shared, 'link'), join(home, 'good'))
        return join(home, 'good')
      },
    ],
    [
      'in a folder of ours, which others could have put in that place',
      (shared, inner) => {
        mkdirSync(join(shared, 'sub'))
        symlinkSync(join(inner, 'victim'), join(shared, 'sub/link'))
        return join(shared, 'sub/link')
      },
    ],
  ])('%s is refused as well', (_, make) => {
    const [shared, inner] = [join(home, 'shared'), join(home, 'inner')]
    for (const path of [shared, inner]) mkdirSync(path)
    const path = make(shared, inner)
    chmodSync(shared, 0o777)
    expect(failureOf(() => replaceFile(path, 'x')).message).toMatch(/ is a symbolic link in a folder that others can write$/)
    expect(readdirSync(inner)).toEqual([])
  })
  test('in a folder of ours in a sticky one is followed: nobody else can have put it there', () => {
    const shared = join(home, 'shared')
    mkdirSync(join(shared, 'mine'), { recursive: true })
    symlinkSync('target', join(shared, 'mine/link'))
    chmodSync(shared, 0o1777)
    replaceFile(join(shared, 'mine/link'), 'x')
    expect(text(join(shared, 'mine/target'))).toBe('x')
  })
})

describe('in a folder that all can write', () => {
  test('a file of ours is replaced, and one that is missing made', () => {
    const shared = join(home, 'shared')
    mkdirSync(shared)
    chmodSync(shared, 0o1777)
    for (const content of ['one', 'two']) {
      replaceFile(join(shared, 'file'), content)
      expect(text(join(shared, 'file'))).toBe(content)
    }
  })
})

describeAsRoot('as root', () => {
  test("a user's file in the user's folder stays that user's", () => {
    const file = join(home, 'file')
    writeFileSync(file, 'old')
    for (const path of [home, file]) chownSync(path, stranger, stranger)
    replaceFile(file, 'new')
    const { uid, gid } = statSync(file)
    expect({ uid, gid, text: text(file) }).toEqual({ uid: stranger, gid: stranger, text: 'new' })
  })
  test("a user's link in the user's folder is not followed", () => {
    writeFileSync(join(home, 'victim'), 'precious')
    mkdirSync(join(home, 'theirs'))
    symlinkSync('../victim', join(home, 'theirs/link'))
    chownSync(join(home, 'theirs'), stranger, stranger)
    expect(failureOf(() => replaceFile(join(home, 'theirs/link'), 'x')).message).toContain(
      'it is a symbolic link in a folder that others can write',
    )
    expect(text(join(home, 'victim'))).toBe('precious')
  })
  test("a user's file in a folder that all can write is refused", () => {
    const file = join(home, 'shared/file')
    mkdirSync(dirname(file))
    chmodSync(dirname(file), 0o1777)
    writeFileSync(file, 'theirs')
    chownSync(file, stranger, stranger)
    expect(failureOf(() => replaceFile(file, 'x')).message).toBe(
      `${file} can't be written: it is the file of user ${stranger}, in a folder that others can write`,
    )
    expect({ text: text(file), uid: statSync(file).uid, left: readdirSync(dirname(file)) }).toEqual({
      text: 'theirs',
      uid: stranger,
      left: ['file'],
    })
  })
})

describeWithMounts('on a disk that is full', () => {
  let disk: Disk
  beforeEach(() => {
    disk = makeDisk()
  })
  afterEach(() => disk.remove())

  test.each([0, 4096, 8192])('with %i bytes left: the file is as it was, and the reason is said', (free) => {
    const file = join(disk.path, 'file')
    writeFileSync(file, 'old '.repeat(2775))
    disk.fill(free)
    const failure = failureOf(() => replaceFile(file, 'new '.repeat(2775)))
    expect(failure).toMatchObject({ message: `${file} can't be written: no space left on device`, exit: 2, next: `df -h ${disk.path}` })
    expect(text(file)).toBe('old '.repeat(2775))
    expect(readdirSync(disk.path).sort()).toEqual(['file', 'filling'])
    disk.empty()
    replaceFile(file, 'new')
    expect(text(file)).toBe('new')
  })

  test('one that fills up while a file is written in pieces', () => {
    const file = join(disk.path, 'log')
    writeFileSync(file, 'old')
    const draft = openDraft(file)
    draft.write('x'.repeat(100_000))
    disk.fill(0)
    expect(failureOf(() => draft.write('x'.repeat(100_000))).message).toContain('no space left on device')
    draft.discard()
    expect({ text: text(file), left: readdirSync(disk.path).sort() }).toEqual({ text: 'old', left: ['filling', 'log'] })
  })

  test('one that is read only', () => {
    const file = join(disk.path, 'file')
    writeFileSync(file, 'old')
    disk.readOnly()
    expect(failureOf(() => replaceFile(file, 'new'))).toMatchObject({
      message: `${file} can't be written: read-only file system`,
      exit: 2,
      next: `findmnt --target ${disk.path}`,
    })
    expect(text(file)).toBe('old')
  })
})
