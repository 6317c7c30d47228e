import { rmSync } from 'node:fs'
import { isMissing } from './read-file.ts'
import { fileError } from './reason.ts'

/**
 * Removes a file, or the symbolic link in its place.
 *
 * @returns whether there was one.
 * @throws CliError where it is there and can't be removed.
 */
export function removeFile(path: string): boolean {
  try {
    rmSync(path)
    return true
  } catch (cause) {
    if (isMissing(cause)) return false
    throw fileError(path, 'removed', cause)
  }
}
