import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { limits, type FileKind } from '../../src/files/limits.ts'
import { descriptorOf, readFile, readTextFile } from '../../src/files/read-file.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'read-file-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const put = (name: string, content: string | Buffer) => {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

describe('what is no file is refused at once', () => {
  test('a named pipe that nobody writes to', () => {
    const path = join(folder, 'pipe')
    execFileSync('mkfifo', [path])
    expect(() => readTextFile(path, 'token')).toThrow(`${path} can't be read: it is a named pipe, not a file`)
  })
  test.each(['/dev/zero', '/dev/full', '/dev/null'])('%s', (path) => {
    expect(() => readTextFile(path, 'token')).toThrow(`${path} can't be read: it is a device, not a file`)
  })
  test('a folder', () => {
    const path = join(folder, 'folder')
    mkdirSync(path)
    expect(() => readTextFile(path, 'token')).toThrow(
      expect.objectContaining({ message: `${path} can't be read: it is a folder, not a file`, exit: 2, next: `namei -l ${path}` }),
    )
  })
  test('a socket', async () => {
    const path = join(folder, 'socket')
    const server = createServer()
    await new Promise<void>((done) => server.listen(path, done))
    try {
      expect(() => readTextFile(path, 'token')).toThrow(/can't be read: /)
    } finally {
      server.close()
    }
  })
})

describe.each(Object.entries(limits))('%s', (kind, { most }) => {
  test('is read up to its limit, and refused beyond it', () => {
    const path = put(kind, '')
    // Holes take no room on the disk.
    truncateSync(path, most + 1)
    const size = most % 2 ** 20 === 0 ? `${most / 2 ** 20} MiB` : `${most / 2 ** 10} KiB`
    expect(() => readFile(path, kind as FileKind)).toThrow(new RegExp(`^it is larger than .* may be, which is ${size}$`))
    truncateSync(path, Math.min(most, 2 ** 22))
    expect(readFile(path, kind as FileKind).bytes).toHaveLength(Math.min(most, 2 ** 22))
    rmSync(path)
  })
})

test('a file that says nothing of its size', () => {
  expect(readTextFile('/proc/self/status', 'token')).toContain('Name:')
})

test('a file that is gone, or below a file, is none', () => {
  const path = put('text', 'x')
  expect([readTextFile(join(folder, 'none'), 'token'), readTextFile(join(path, 'below'), 'token')]).toEqual([undefined, undefined])
})

test('text without its byte order mark; what is no text is named with its line', () => {
  expect(readTextFile(put('bom', '\ufeffa\ufffd'), 'token')).toBe('a\ufffd')
  const path = put('latin1', Buffer.from('a\n\xe9', 'latin1'))
  expect(() => readTextFile(path, 'token')).toThrow(`${path} is not text: line 2 isn't UTF-8`)
})

test.each([
  ['/dev/stdin', 0],
  ['/dev/fd/63', 63],
  ['/proc/self/fd/7', 7],
  ['/dev/fd', undefined],
  ['/dev/fd/x', undefined],
  ['/proc/1/fd/3', undefined],
  ['/proc/self/stdin', undefined],
  ['/dev/stdin/x', undefined],
  ['dev/fd/3', undefined],
])('%s is our open file %s', (path, number) => expect(descriptorOf(path)).toBe(number))

test('an open file is read from its beginning, by its number too', () => {
  const file = openSync(put('open', 'all of it'), 'r')
  try {
    expect([1, 2].map(() => readTextFile(`/dev/fd/${file}`, 'token'))).toEqual(['all of it', 'all of it'])
  } finally {
    closeSync(file)
  }
})
