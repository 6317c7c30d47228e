import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { getSystemErrorMap } from 'node:util'
import { usageFailure } from '../errors.ts'

/** How the original words the commonest reasons, which differ from Node's. */
const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'No such file or directory',
  EISDIR: 'Is a directory',
  EACCES: 'Permission denied',
}

/**
 * The text of a file that an option names; `-` is stdin. CRLF becomes LF, as in the original.
 *
 * @throws Failure where it can't be read, or isn't UTF-8.
 */
export function readTextFile(flag: string, path: string, cwd: string): string {
  const bytes = read(flag, path, cwd)
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes).replace(/\r\n?/g, '\n')
  } catch (cause) {
    throw usageFailure(`Invalid value for '${flag}': ${path} is no text: it isn't UTF-8`, { cause })
  }
}

function read(flag: string, path: string, cwd: string): Buffer {
  try {
    return path === '-' ? readFileSync(0) : readFileSync(resolve(cwd, path))
  } catch (cause) {
    const { code = '', errno = 0 } = cause as NodeJS.ErrnoException
    const reason = reasons[code] ?? getSystemErrorMap().get(errno)?.[1] ?? code
    throw usageFailure(`Invalid value for '${flag}': Could not open file: ${path}: ${reason}`, { cause })
  }
}
