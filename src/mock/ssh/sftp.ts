import { constants } from 'node:fs'
import * as files from 'node:fs/promises'
import { posix } from 'node:path'
import ssh2, { type Attributes, type FileEntry, type InputAttributes, type SFTPWrapper } from 'ssh2'
import type { Container } from './container.ts'
import { attributesOf, entriesOf } from './file-entry.ts'
import { home } from './image-tree.ts'
import { reasonOf } from './reason.ts'
import { hold } from './tree.ts'

const { STATUS_CODE: code, OPEN_MODE: mode } = ssh2.utils.sftp

const codes: Readonly<Record<string, number>> = {
  ENOENT: code.NO_SUCH_FILE,
  EACCES: code.PERMISSION_DENIED,
  EPERM: code.PERMISSION_DENIED,
  EROFS: code.PERMISSION_DENIED,
}

/** Most that is read at once, in bytes; clients ask again for what is left. */
const mostRead = 256 * 1024

interface Inner {
  readonly _protocol: { exitStatus(channel: number, code: number): void }
  readonly outgoing: { readonly id: number }
}

interface Folder {
  readonly entries: AsyncIterator<FileEntry[]>
  close(): void
}

/** Serves the files of a container. */
export function serveSftp(sftp: SFTPWrapper, { files: tree, owner }: Pick<Container, 'files' | 'owner'>): void {
  const opened = new Map<number, files.FileHandle | Folder>()
  let count = 0
  let last = Promise.resolve()
  const absolute = (path: string) => posix.resolve(home, path)
  /** Does something with a name there, whose path must not be followed: links were. */
  async function at<R>(path: string, work: (real: string) => Promise<R>, follow = true): Promise<R> {
    const found = tree.find(absolute(path), follow)
    try {
      return await work(found.path)
    } finally {
      found.release()
    }
  }
  /** Does something with a file there, for which there are only calls that follow links. */
  const held = <R>(path: string, work: (real: string) => Promise<R>): Promise<R> =>
    at(path, async (real) => {
      const one = hold(real)
      try {
        return await work(one.path)
      } finally {
        one.release()
      }
    })
  const own = async (real: string) => (owner === undefined ? undefined : files.lchown(real, owner, owner))

  const keep = (id: number, one: files.FileHandle | Folder): void => {
    const handle = Buffer.alloc(4)
    handle.writeUInt32BE(++count)
    opened.set(count, one)
    sftp.handle(id, handle)
  }
  const one = (handle: Buffer) => opened.get(handle.length === 4 ? handle.readUInt32BE() : 0)
  const file = (handle: Buffer): files.FileHandle => {
    const there = one(handle)
    if (!there || 'entries' in there) throw new Error('no such file is open')
    return there
  }
  const done = (id: number) => sftp.status(id, code.OK)
  const failed = (id: number, error: NodeJS.ErrnoException): void =>
    sftp.status(id, codes[error.code ?? ''] ?? code.FAILURE, reasonOf(error))
  /**
   * Answers by a function that throws what goes wrong. One after another, as OpenSSH does it: its scp cuts off files
   * whose pieces come in another order.
   */
  const by =
    <Given extends unknown[]>(answer: (id: number, ...given: Given) => Promise<void>) =>
    (id: number, ...given: Given): void => {
      // By then ssh2 has put other packets where this one is.
      const own = given.map((one) => (Buffer.isBuffer(one) ? Buffer.from(one) : one)) as Given
      last = last.then(() => answer(id, ...own)).catch((error: NodeJS.ErrnoException) => failed(id, error))
    }

  sftp.on(
    'OPEN',
    by(async (id, path: string, flags: number, attributes: InputAttributes) => {
      const opened = await at(path, async (real) => {
        // What is no file might be waited for without end.
        const opened = await files.open(real, openFlags(flags) | constants.O_NOFOLLOW | constants.O_NONBLOCK, attributes.mode)
        if (!(await opened.stat()).isFile()) return opened.close()
        if (flags & mode.CREAT && owner !== undefined) await opened.chown(owner, owner)
        return opened
      })
      if (!opened) throw new Error('EINVAL: not a file')
      keep(id, opened)
    }),
  )
  sftp.on(
    'READ',
    by(async (id, handle: Buffer, offset: number, length: number) => {
      const buffer = Buffer.allocUnsafe(Math.min(length, mostRead))
      const { bytesRead } = await file(handle).read(buffer, 0, buffer.length, offset)
      if (bytesRead === 0) sftp.status(id, code.EOF)
      else sftp.data(id, buffer.subarray(0, bytesRead))
    }),
  )
  sftp.on(
    'WRITE',
    by(async (id, handle: Buffer, offset: number, data: Buffer) => {
      const target = file(handle)
      for (let at = 0; at < data.length;) at += (await target.write(data, at, data.length - at, offset + at)).bytesWritten
      done(id)
    }),
  )
  sftp.on(
    'CLOSE',
    by(async (id, handle: Buffer) => {
      const there = one(handle)
      opened.delete(handle.readUInt32BE())
      if (there) await there.close()
      done(id)
    }),
  )
  sftp.on(
    'OPENDIR',
    by(async (id, path: string) => {
      const folder = await at(path, async (real) => hold(real, constants.O_DIRECTORY))
      const entries = entriesOf(folder.path)
      keep(id, { entries, close: () => void Promise.resolve(entries.return(undefined)).finally(folder.release) })
    }),
  )
  sftp.on(
    'READDIR',
    by(async (id, handle: Buffer) => {
      const there = one(handle)
      if (!there || !('entries' in there)) throw new Error('no such folder is open')
      const next = await there.entries.next()
      if (next.done) sftp.status(id, code.EOF)
      else sftp.name(id, next.value)
    }),
  )
  const stat = (follow: boolean) =>
    by(async (id, path: string) => sftp.attrs(id, attributesOf(await at(path, (real) => files.lstat(real), follow))))
  sftp.on('STAT', stat(true))
  sftp.on('LSTAT', stat(false))
  sftp.on(
    'FSTAT',
    by(async (id, handle: Buffer) => sftp.attrs(id, attributesOf(await file(handle).stat()))),
  )
  sftp.on(
    'SETSTAT',
    by(async (id, path: string, attributes: InputAttributes) => {
      await held(path, (real) =>
        change(attributes, {
          mode: (mode) => files.chmod(real, mode),
          size: (size) => files.truncate(real, size),
          times: (access, changed) => files.utimes(real, access, changed),
        }),
      )
      done(id)
    }),
  )
  sftp.on(
    'FSETSTAT',
    by(async (id, handle: Buffer, attributes: InputAttributes) => {
      const target = file(handle)
      await change(attributes, {
        mode: (mode) => target.chmod(mode),
        size: (size) => target.truncate(size),
        times: (access, changed) => target.utimes(access, changed),
      })
      done(id)
    }),
  )
  sftp.on(
    'REALPATH',
    by(async (id, path: string) => {
      const filename = absolute(path)
      sftp.name(id, [{ filename, longname: filename, attrs: {} as Attributes }])
    }),
  )
  sftp.on(
    'READLINK',
    by(async (id, path: string) => {
      const filename = await at(path, (real) => files.readlink(real), false)
      sftp.name(id, [{ filename, longname: filename, attrs: {} as Attributes }])
    }),
  )
  sftp.on(
    'SYMLINK',
    by(async (id, path: string, target: string) => {
      await at(path, (real) => files.symlink(target, real).then(() => own(real)), false)
      done(id)
    }),
  )
  sftp.on(
    'MKDIR',
    by(async (id, path: string, { mode }: InputAttributes) => {
      await at(path, (real) => files.mkdir(real, { mode }).then(() => own(real)), false)
      done(id)
    }),
  )
  sftp.on(
    'RMDIR',
    by(async (id, path: string) => at(path, (real) => files.rmdir(real), false).then(() => done(id))),
  )
  sftp.on(
    'REMOVE',
    by(async (id, path: string) => at(path, (real) => files.unlink(real), false).then(() => done(id))),
  )
  sftp.on(
    'RENAME',
    by(async (id, from: string, to: string) => {
      await at(from, (one) => at(to, (other) => files.rename(one, other), false), false)
      done(id)
    }),
  )
  sftp.once('end', () => {
    // Without it scp takes all that it did for failed; ssh2 has no such call for files.
    const { _protocol, outgoing } = sftp as unknown as Inner
    _protocol.exitStatus(outgoing.id, 0)
    sftp.end()
  })
  sftp.once('close', () => {
    for (const there of opened.values()) void Promise.resolve(there.close()).catch(() => {})
  })
}

// ssh2's own reading of them knows only what `fopen` does; scp wants more.
function openFlags(flags: number): number {
  const { O_RDONLY, O_WRONLY, O_RDWR, O_APPEND, O_CREAT, O_TRUNC, O_EXCL } = constants
  const has = (one: number, flag: number) => (flags & one ? flag : 0)
  const access = !(flags & mode.WRITE) ? O_RDONLY : flags & mode.READ ? O_RDWR : O_WRONLY
  return access | has(mode.APPEND, O_APPEND) | has(mode.CREAT, O_CREAT) | has(mode.TRUNC, O_TRUNC) | has(mode.EXCL, O_EXCL)
}

interface Setters {
  mode(mode: number): Promise<void>
  size(size: number): Promise<void>
  times(access: number | Date, changed: number | Date): Promise<void>
}

async function change({ mode, size, atime, mtime }: InputAttributes, set: Setters): Promise<void> {
  if (size !== undefined) await set.size(size)
  if (mode !== undefined) await set.mode(Number(mode) & 0o7777)
  if (atime !== undefined && mtime !== undefined) await set.times(atime, mtime)
}
