import type { Stats } from 'node:fs'
import { lstat, opendir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Attributes, FileEntry } from 'ssh2'

/** What is in a folder of this machine, one by one, as SFTP lists it. */
export async function* entriesOf(folder: string): AsyncGenerator<FileEntry[]> {
  for await (const { name } of await opendir(folder)) {
    const stats = await lstat(join(folder, name)).catch(() => undefined)
    if (stats) yield [{ filename: name, longname: longName(name, stats), attrs: attributesOf(stats) }]
  }
}

/** What SFTP says of a file. All there is in a container is its root's. */
export function attributesOf({ mode, size, atimeMs, mtimeMs }: Stats): Attributes {
  const seconds = (milliseconds: number) => Math.floor(milliseconds / 1000)
  return { mode, uid: 0, gid: 0, size, atime: seconds(atimeMs), mtime: seconds(mtimeMs) }
}

/** What `ls -l` of clients shows, as `ls -l` writes it. */
export function longName(name: string, stats: Stats): string {
  const kind = stats.isDirectory() ? 'd' : stats.isSymbolicLink() ? 'l' : '-'
  const rights = Array.from('rwxrwxrwx', (letter, index) => (stats.mode & (0o400 >> index) ? letter : '-')).join('')
  const time = stats.mtime.toUTCString().replace(/^\w+, (\d+) (\w+) \d+ (\d+:\d+):.*/, '$2 $1 $3')
  const column = (value: number, width: number) => String(value).padStart(width)
  return [kind + rights, column(stats.nlink, 3), column(0, 8), column(0, 8), column(stats.size, 8), time, name].join(' ')
}
