import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { isDraft } from '../files/draft.ts'
import { isLock } from '../files/lock.ts'
import { isMissing } from '../files/read-file.ts'
import { fileError } from '../files/reason.ts'

/**
 * The names of the configurations of a folder, sorted.
 *
 * @throws CliError where it can't be read.
 */
export function configurationNames(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => !isDraft(name) && isFile(join(folder, name)))
      .sort()
  } catch (cause) {
    if (isMissing(cause)) return []
    throw fileError(folder, 'read', cause)
  }
}

// A link may lead round in circles.
function isFile(path: string): boolean {
  try {
    return statSync(path).isFile() && !isLock(path)
  } catch {
    return false
  }
}
