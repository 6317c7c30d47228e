import { usageError } from '../errors.ts'
import type { FileKind } from '../files/limits.ts'
import { absolutePath } from '../files/path.ts'
import { readFile, readStdin } from '../files/read-file.ts'
import { reasonOf } from '../files/reason.ts'

/** How the original words the commonest reasons, which differ from Node's. */
const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'No such file or directory',
  EISDIR: 'Is a directory',
  EACCES: 'Permission denied',
}

/**
 * The text of a file that an option names; `-` is stdin. CRLF becomes LF, as in the original.
 *
 * @param from what has the folder that it is relative to.
 * @throws CliError where it can't be read, or isn't UTF-8.
 */
export function readTextFile(flag: string, path: string, kind: FileKind, from: { readonly cwd: string }): string {
  const bytes = read(flag, path, kind, from)
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes).replace(/\r\n?/g, '\n')
  } catch (cause) {
    throw usageError(`Invalid value for '${flag}': ${path} is not text: it isn't UTF-8`, { cause })
  }
}

function read(flag: string, path: string, kind: FileKind, from: { readonly cwd: string }): Buffer {
  try {
    return path === '-' ? readStdin(kind) : readFile(absolutePath(path, from), kind).bytes
  } catch (cause) {
    const reason = reasons[(cause as NodeJS.ErrnoException).code ?? ''] ?? reasonOf(cause)
    throw usageError(`Invalid value for '${flag}': Could not open file: ${path}: ${reason}`, { cause })
  }
}
