import { dirname } from 'node:path'
import { CliError, isTooManyFiles, moreFiles } from '../errors.ts'
import { pastedWords } from '../text/shell-words.ts'

/** Errors of Linux that Node has no words for. */
const unnamed: Readonly<Record<number, string>> = { [-116]: 'stale file handle', [-122]: 'disk quota exceeded' }

/** What the system says went wrong with a file, in words. */
export function reasonOf(error: unknown): string {
  const { errno = 0, message } = error as NodeJS.ErrnoException
  // Few commands fail so, and it takes the executable a while to load.
  return process.getBuiltinModule('node:util').getSystemErrorMap().get(errno)?.[1] ?? unnamed[errno] ?? message
}

/** That a file can't be read or written, why, and what shows more. */
export function fileError(path: string, what: 'read' | 'written' | 'removed', cause: unknown, more: readonly string[] = []): CliError {
  return new CliError(`${path} can't be ${what}: ${reasonOf(cause)}`, { more, next: lookAt(path, cause), cause })
}

function lookAt(path: string, error: unknown): string | undefined {
  const { code = '', errno = 0 } = error as NodeJS.ErrnoException
  if (code === 'ENOSPC') return pastedWords(['df', '-h', dirname(path)])
  if (isTooManyFiles(error)) return moreFiles
  if (errno === -122) return 'quota -s'
  if (code === 'EROFS') return pastedWords(['findmnt', '--target', dirname(path)])
  if (['EACCES', 'EPERM', 'ENOTDIR', 'ELOOP', 'EISDIR', 'ENOTREG'].includes(code)) return pastedWords(['namei', '-l', path])
  return undefined
}
