import { closeSync, constants, fsyncSync, openSync } from 'node:fs'
import { openDraft, writeAll } from './draft.ts'
import { fileError } from './reason.ts'

/**
 * Replaces a file's content as a whole: a reader, or a crash, finds the old text or the new one. The mode is 0600,
 * or what an existing file leaves of it. Symbolic links are followed where nobody else could have made them. Folders
 * that are missing are made, with 0700.
 *
 * @throws CliError that names the file and the reason; the file is as it was then.
 */
export function replaceFile(path: string, content: string | Uint8Array): void {
  const draft = openDraft(path)
  draft.write(content)
  draft.commit()
}

/** The same for what can be had again, by the rules of {@link openDraft}. A link in its place makes it fail. */
export function replaceCache(path: string, content: string): void {
  const draft = openDraft(path, { cache: true })
  draft.write(content)
  draft.commit()
}

/**
 * Adds to the end of a file that is there, where it is: others may add to it, too.
 *
 * @throws CliError that names the file and the reason.
 */
export function appendFile(target: string, content: string): void {
  try {
    const file = openSync(target, constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW)
    try {
      writeAll(file, content)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
  } catch (cause) {
    throw fileError(target, 'written', cause)
  }
}
