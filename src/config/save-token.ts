import { replaceFile } from '../files/write-file.ts'
import type { Token } from './tokens.ts'

/**
 * Writes a token file, whole, with 0600. Only for who holds its lock: whoever renews a token reads and writes it.
 *
 * @throws CliError where it can't be written; the old token is there then.
 */
export function saveToken(path: string, token: Token): void {
  replaceFile(path, JSON.stringify(token))
}
