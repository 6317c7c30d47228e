import { readFileSync } from 'node:fs'
import { getSystemErrorMap } from 'node:util'
import { Failure } from '../errors.ts'

/**
 * The text of a file, without a byte order mark; undefined where there is none, or a folder in its place.
 *
 * @throws Failure that names the file where it can't be read, or isn't UTF-8.
 */
export function readTextFile(path: string): string | undefined {
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch (cause) {
    const { code = '' } = cause as NodeJS.ErrnoException
    if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes(code)) return undefined
    throw new Failure(`${path} can't be read: ${reasonOf(cause)}`, { cause })
  }
  const text = bytes.toString('utf8')
  if (text.includes('\ufffd') && !Buffer.from(text).equals(bytes)) {
    throw new Failure(`${path} is no text: line ${text.slice(0, text.indexOf('\ufffd')).split('\n').length} isn't UTF-8`)
  }
  return text.startsWith('\ufeff') ? text.slice(1) : text
}

/** What the system says went wrong with a file, in words. */
export function reasonOf(error: unknown): string {
  const { errno = 0, message } = error as NodeJS.ErrnoException
  return getSystemErrorMap().get(errno)?.[1] ?? message
}
