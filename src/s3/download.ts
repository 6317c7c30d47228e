import { CliError } from '../errors.ts'
import { withLock } from '../files/lock.ts'
import { openPartial, type PartialFile } from '../files/partial-file.ts'
import { TransportError } from '../http/transport-error.ts'
import { pastedWords } from '../text/shell-words.ts'
import type { ByteCount } from './content.ts'
import { s3Url } from './location.ts'
import type { ObjectInfo, ObjectStore } from './store.ts'

/** How often in a row a download goes on after a connection that was lost before anything came. */
const mostTries = 6
const firstWait = 500

export interface DownloadOptions {
  store: ObjectStore
  /** Resolves after so many milliseconds. */
  sleep(milliseconds: number): Promise<void>
  onProgress?: ByteCount
}

/**
 * Downloads an object into a file, which is there once all of it has come and its md5 sum is right. What was cut off is
 * gone on with, now or when it is called again.
 *
 * @throws CliError where it can't be read or written, or its md5 sum is wrong.
 */
export async function download(info: ObjectInfo, path: string, { store, sleep, onProgress = () => {} }: DownloadOptions): Promise<void> {
  const busy = (who: string) => `${path} is being downloaded by ${who}`
  await withLock(path, ({ target }) => downloadLocked(info, target, { store, sleep, onProgress }), { busy })
}

async function downloadLocked(info: ObjectInfo, path: string, { store, sleep, onProgress }: Required<DownloadOptions>): Promise<void> {
  const partial = await openPartial(path, tagOf(info))
  let kept = false
  try {
    for (let tries = 0; partial.size < info.size;) {
      const before = partial.size
      try {
        for await (const chunk of await store.open(info, partial.size)) {
          await partial.write(chunk as Buffer)
          onProgress(partial.size)
        }
      } catch (error) {
        if (!(error instanceof TransportError)) throw error
        tries = partial.size > before ? 0 : tries + 1
        if (tries >= mostTries) throw await store.explain(error, info.location)
        await sleep(firstWait * 2 ** tries)
      }
      if (partial.size === before) tries++
      if (tries >= mostTries) throw new CliError(`${s3Url(info.location)} can't be read: nothing more comes after ${partial.size} bytes`)
    }
    await partial.flush()
    kept = true
    await verify(info, partial, path)
    await partial.commit()
  } finally {
    if (!kept) await partial.close()
  }
}

async function verify({ location, size, md5 }: ObjectInfo, partial: PartialFile, path: string): Promise<void> {
  const found = partial.md5()
  if (partial.size === size && (md5 === undefined || md5 === found)) return
  await partial.discard()
  throw new CliError(`${s3Url(location)} is broken, or was broken on its way`, {
    more: [`Its md5 sum should be ${md5 ?? 'unknown'} and is ${found}; ${path} was not written.`],
    next: pastedWords(['ls', '-l', path]),
  })
}

const tagOf = ({ etag }: ObjectInfo) => etag.replace(/[^0-9A-Za-z-]/g, '').slice(0, 64) || 'whole'
