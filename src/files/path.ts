import { isAbsolute, resolve } from 'node:path'
import { CliError } from '../errors.ts'

/**
 * The folder that a process works in.
 *
 * @throws CliError where it was deleted.
 */
export function currentFolder(of: Pick<NodeJS.Process, 'cwd'> = process): string {
  try {
    return of.cwd()
  } catch (cause) {
    throw new CliError('the current folder is gone', { next: 'cd', cause })
  }
}

const here = {
  get cwd() {
    return currentFolder()
  },
}

/**
 * A path without what it is relative to, which is only asked for where that is needed.
 *
 * @throws CliError where it is needed, and was deleted.
 */
export function absolutePath(path: string, from: { readonly cwd: string } = here): string {
  return isAbsolute(path) ? resolve(path) : resolve(from.cwd, path)
}
