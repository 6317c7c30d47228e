import { CliError } from '../../errors.ts'
import { absolutePath } from '../../files/path.ts'
import { readStdin, readTextFile, textOf } from '../../files/read-file.ts'
import { fileError } from '../../files/reason.ts'

/**
 * The text that mentions what is kept; `-` is stdin.
 *
 * @param from what has the folder that the path starts from.
 * @throws CliError where it can't be read, or is empty: what was to write it may have failed.
 */
export function readKeepList(path: string, from: { readonly cwd: string }): string {
  const text = path === '-' ? stdinText() : readTextFile(absolutePath(path, from), 'keepList')
  if (text === undefined) throw new CliError(`${path}: no such file`)
  if (text.trim() === '') throw new CliError(`${path === '-' ? 'stdin' : path} is empty: it mentions nothing to keep. Nothing was deleted.`)
  return text
}

function stdinText(): string {
  try {
    return textOf('stdin', readStdin('keepList'))
  } catch (cause) {
    throw cause instanceof CliError ? cause : fileError('stdin', 'read', cause)
  }
}
